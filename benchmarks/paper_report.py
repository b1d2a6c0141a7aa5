"""Tables, figures and words of the comparison of pruning methods.

Everything is made from the rows of ``benchmarks/results/paper.csv``, as many as there
are; where seeds are missing, the tables say which there are.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from arms import ABLATIONS, ARMS, BUDGET, LEARNING_RATE, SMALL_LEARNING_RATE
from scipy import stats

from sklearn_ecg.displays import PruningPathDisplay

KEY = ["protocol", "network", "seed", "sparsity", "arm", "test"]
NETWORKS = ("beatcnn", "acharya2017")
PROTOCOLS = {"intra": "all", "inter": "DS2"}
"""Protocols, and the test set that each is judged by."""

OURS = "multistage"
OTHERS = ("one-shot strong", "one-shot weak")
CONFIDENCE = 0.95

# arXiv:2109.00516, abstract: at 60 % sparsity, against traditional pruning with
# fine-tuning. In points.
CLAIMED_SPARSITY = 0.6
CLAIMS = {"accuracy": 3.3, "macro_f1": 9.0}
TRADITIONAL = "one-shot weak"

SCORES = {"accuracy": "Accuracy", "macro_f1": "Macro-F1"}
VARIANTS_AT = 0.9
NOTHING = "–"


def read_rows(path):
    """Read the table of results, each row once; without a file it is empty."""
    if not path.exists():
        return pd.DataFrame(columns=[*KEY, *SCORES])
    return pd.read_csv(path).drop_duplicates(KEY)


def paper_tables(rows):
    """Make every table by the name that the documentation gives it."""
    judged = rows[rows["test"] == rows["protocol"].map(PROTOCOLS)]
    tables = {
        "paper arms": arms_table(ARMS),
        "paper ablation arms": arms_table(ABLATIONS),
        "paper budget": budget_words(judged),
        "paper claim": claim_table(judged),
        "paper ablations": ablations_table(judged),
        "paper variants": variants_table(rows[rows["protocol"] == "inter"]),
    }
    for protocol in PROTOCOLS:
        of_protocol = judged[judged["protocol"] == protocol]
        tables[f"paper differences {protocol}"] = differences_table(of_protocol)
        for network in NETWORKS:
            of_network = of_protocol[of_protocol["network"] == network]
            tables[f"paper {protocol} {network}"] = scores_table(of_network)
    return tables


def arms_table(arms):
    words = [arm.description for arm in arms.values()]
    return pd.DataFrame({"Arm": list(arms), "What it does": words})


def budget_words(rows):
    """Say what every arm spends."""
    words = (
        f"Every arm takes {BUDGET.dense_epochs} epochs of dense training and "
        f"{BUDGET.retraining_epochs} of retraining, of "
        f"{', '.join(map(str, BUDGET.stage_epochs))} where there are stages; the "
        f"learning rate rises to "
        f"{LEARNING_RATE:g} and falls to nearly nothing, or is constant at "
        f"{SMALL_LEARNING_RATE:g}."
    )
    for protocol, of_protocol in rows.groupby("protocol"):
        steps = sorted(set(of_protocol["optimizer_steps"]))
        counts = " or ".join(f"{count:,.0f}" for count in steps)
        words += f" Optimizer steps, {protocol}: {counts}."
    return words


def scores_table(rows):
    """Tabulate what is left and how well it does: median of the seeds, and range."""
    table = []
    for sparsity, arm, of_arm in by_sparsity_and_arm(rows, ARMS):
        table.append(
            {
                "Sparsity": sparsity_name(sparsity),
                "Arm": arm,
                "Non-zero": f"{of_arm['n_nonzero'].median():,.0f}",
                "MACs": f"{of_arm['macs'].median():,.0f}",
                "Bytes": f"{of_arm['n_bytes'].median():,.0f}",
                "Accuracy": median_and_range(100 * of_arm["accuracy"], 2),
                "Macro-F1": median_and_range(of_arm["macro_f1"], 3),
                "Seeds": names_of_seeds(of_arm["seed"]),
            }
        )
    columns = ["Sparsity", "Arm", "Non-zero", "MACs", "Bytes", *SCORES.values()]
    return or_nothing(table, [*columns, "Seeds"])


def by_sparsity_and_arm(rows, arms):
    for sparsity in sorted(rows["sparsity"].unique()):
        for arm in arms:
            chosen = rows[(rows["sparsity"] == sparsity) & (rows["arm"] == arm)]
            if len(chosen):
                yield sparsity, arm, chosen


def differences_table(rows):
    """Tabulate multistage minus each one-shot arm, seed by seed."""
    table = []
    for network, of_network in by_network(rows):
        for sparsity in sorted(of_network["sparsity"].unique()):
            for other in OTHERS:
                found = differences_row(of_network, sparsity, OURS, other)
                if found:
                    first = {"Network": network, "Sparsity": sparsity_name(sparsity)}
                    table.append(first | {"Against": other} | found)
    columns = ["Network", "Sparsity", "Against", *in_points(), "Seeds"]
    return or_nothing(table, columns)


def ablations_table(rows):
    """Tabulate each ablation minus multistage, seed by seed."""
    table = []
    for (protocol, network), of_network in rows.groupby(["protocol", "network"]):
        for sparsity in sorted(of_network["sparsity"].unique()):
            for arm in ABLATIONS:
                found = differences_row(of_network, sparsity, arm, OURS)
                if found:
                    first = {"Protocol": protocol, "Network": network}
                    first |= {"Sparsity": sparsity_name(sparsity), "Arm": arm}
                    table.append(first | found)
    columns = ["Protocol", "Network", "Sparsity", "Arm", *in_points(), "Seeds"]
    return or_nothing(table, columns)


def in_points():
    return [f"{name}, points" for name in SCORES.values()]


def differences_row(rows, sparsity, one, other):
    """Cells of a paired difference of both scores, or nothing without a pair."""
    pairs = {score: paired(rows, sparsity, one, other, score) for score in SCORES}
    cells = dict(zip(in_points(), map(interval_name, pairs.values()), strict=True))
    seeds = pairs["accuracy"].index
    return cells | {"Seeds": names_of_seeds(seeds)} if len(seeds) else {}


def paired(rows, sparsity, one, other, score):
    """Return one arm's score minus another's in points, by the seeds that both have."""
    at = rows[rows["sparsity"] == sparsity].set_index("seed")
    by_arm = [at.loc[at["arm"] == arm, score] for arm in (one, other)]
    return 100 * (by_arm[0] - by_arm[1]).dropna().astype(float)


def t_interval(differences):
    """Return the mean and the ends of its t interval; NaN ends for a single one."""
    mean, n = differences.mean(), len(differences)
    if n < 2:
        return mean, np.nan, np.nan
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)
    half = quantile * differences.std(ddof=1) / np.sqrt(n)
    return mean, mean - half, mean + half


def interval_name(differences):
    if differences.empty:
        return NOTHING
    mean, low, high = t_interval(differences)
    interval = "no interval" if np.isnan(low) else f"{low:+z.2f} to {high:+z.2f}"
    return f"{mean:+z.2f} ({interval})"


def claim_table(rows):
    """Set what the paper claims of multistage pruning against what was found."""
    table = []
    for (protocol, network), of_network in rows.groupby(["protocol", "network"]):
        for score, claim in CLAIMS.items():
            found = paired(of_network, CLAIMED_SPARSITY, OURS, TRADITIONAL, score)
            if found.empty:
                continue
            table.append(
                {
                    "Protocol": protocol,
                    "Network": network,
                    "Score": SCORES[score],
                    "Claimed": f"{claim:+.1f}",
                    "Found": interval_name(found),
                    "So the claim is": verdict(found, claim),
                    "Seeds": names_of_seeds(found.index),
                }
            )
    columns = ["Protocol", "Network", "Score", "Claimed", "Found", "So the claim is"]
    return or_nothing(table, [*columns, "Seeds"])


def verdict(differences, claim):
    """Judge a claimed gain by where it lies in the interval of what was found."""
    _, low, high = t_interval(differences)
    if np.isnan(low):
        return "open: one seed"
    if low >= claim:
        return "confirmed"
    return "refuted: less was found" if high < claim else "within the interval"


def variants_table(rows):
    """Macro-F1 on each test set of unseen patients, an arm in each row."""
    at = rows[rows["sparsity"] == VARIANTS_AT]
    sets = list(dict.fromkeys(at["test"]))
    table = []
    for network, of_network in by_network(at):
        for _, arm, of_arm in by_sparsity_and_arm(of_network, ARMS):
            row = {"Network": network, "Arm": arm}
            for name in sets:
                of_set = of_arm.loc[of_arm["test"] == name, "macro_f1"]
                row[name] = median_and_range(of_set, 3)
            table.append(row | {"Seeds": names_of_seeds(of_arm["seed"])})
    return or_nothing(table, ["Network", "Arm", *sets, "Seeds"])


def by_network(rows):
    for network in NETWORKS:
        of_network = rows[rows["network"] == network]
        if len(of_network):
            yield network, of_network


def or_nothing(table, columns):
    """Make a table, with a row of dashes if there is no other."""
    return pd.DataFrame(table or [dict.fromkeys(columns, NOTHING)], columns=columns)


def median_and_range(values, digits):
    low, middle, high = (
        f"{value:.{digits}f}" for value in (values.min(), values.median(), values.max())
    )
    return f"{middle} ({low}–{high})"


def names_of_seeds(seeds):
    return ", ".join(str(seed) for seed in sorted(set(seeds)))


def sparsity_name(sparsity):
    return "0 (dense)" if sparsity == 0 else f"{sparsity:g}"


def draw_figures(rows, directory):
    """Draw macro-F1 along the sparsities, a figure for each network that has rows.

    Parameters
    ----------
    rows : DataFrame
        Of `read_rows`.
    directory : Path
        Where to write ``paper_NETWORK.png``.

    Returns
    -------
    list of Path
        What was written.
    """
    judged = rows[rows["test"] == rows["protocol"].map(PROTOCOLS)]
    files = []
    for network, of_network in by_network(judged):
        files.append(directory / f"paper_{network}.png")
        draw_figure(of_network, files[-1])
    return files


def draw_figure(rows, file):
    import matplotlib.pyplot as plt

    protocols = [name for name in PROTOCOLS if name in set(rows["protocol"])]
    size = (4.6 * len(protocols), 4.4)
    figure, axes = plt.subplots(
        1, len(protocols), figsize=size, layout="constrained", squeeze=False
    )
    for ax, protocol in zip(axes[0], protocols, strict=True):
        draw_protocol(rows[rows["protocol"] == protocol], ax)
        ax.set_title(f"{protocol}-patient", loc="left")
    for ax in axes[0][1:]:
        ax.get_legend().remove()
    figure.savefig(file, dpi=150)
    plt.close(figure)


def draw_protocol(rows, ax):
    """Draw a curve for each arm, which all begin at the dense network."""
    scores = rows.pivot_table(
        index="sparsity",
        columns="arm",
        values="macro_f1",
        aggfunc=["median", "min", "max"],
    )
    drawn = dict.fromkeys([OURS, *ARMS])
    arms = [arm for arm in drawn if arm != "dense" and arm in set(rows["arm"])]
    bands = [with_dense(scores[name], arms) for name in ("median", "min", "max")]
    middle, low, high = bands
    PruningPathDisplay(middle, low=low, high=high).plot(scores=arms or None, ax=ax)
    n_weights = rows.loc[rows["arm"] != "small dense", "n_prunable"].max()
    ticks = ax.get_xticks()
    names = [f"{100 * tick:g} %\n{n_weights * (1 - tick):,.0f}" for tick in ticks]
    ax.set_xticks(ticks, names, fontsize="small")
    ax.set_xlabel("Sparsity, and weights that are not zero")
    ax.set_ylabel("Macro-F1: median and range of the seeds")


def with_dense(scores, arms):
    """Give every arm the dense network's score at sparsity 0."""
    table = scores.reindex(columns=["dense", *arms]).copy()
    table.loc[table.index == 0, arms] = table.loc[
        table.index == 0, ["dense"]
    ].to_numpy()
    chosen = arms or ["dense"]
    return table[chosen].dropna(how="all").reset_index()


def figure_words(network, directory):
    """Show the figure of a network, if there is one."""
    file = Path(directory, f"paper_{network}.png")
    if not file.exists():
        return "No figure yet."
    return "\n".join(
        [
            f".. image:: images/{file.name}",
            f"   :alt: Macro-F1 of {network} against sparsity, by arm",
        ]
    )

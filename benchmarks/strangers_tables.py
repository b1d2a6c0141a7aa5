"""Tables of patients never seen, from the rows of `strangers.py` and of `stages.py`."""

import re
import textwrap

import numpy as np
import pandas as pd
from stages import ARM_NAMES, differences
from strangers_scores import CONTEXTS, MOST_S

_WITHOUT = [f"S, without {name}" for name in MOST_S.values()]
_KEY = ["trained", "tested", "model"]
_ACROSS = "across patients"
_OF_FOLDS = f"DS1 + SVDB + NSRDB, {_ACROSS}"
_SHORT = (
    ("DS1", "DS2"),
    ("DS1", "SVDB"),
    ("DS1, five minutes labelled", "DS2 from 5:00"),
    (_OF_FOLDS, "SVDB"),
)
"""What the README shows: trained on, and tested on."""

_FALSE = ("false S of 1,000", "false V an hour")


def strangers_tables(results):
    """Return all tables of patients never seen, by name."""
    rows = pd.read_csv(results / "strangers.csv")
    contexts = pd.read_csv(results / "strangers_contexts.csv")
    before = [
        pd.read_csv(results / f"strangers_before{ending}.csv")
        for ending in ("", "_contexts")
    ]
    return {
        "strangers": _scores_table(rows),
        "strangers short": _short_table(rows),
        "strangers normals": _normals_table(rows),
        "strangers normals words": _normals_words(rows),
        "strangers progress": _progress_table(before, [rows, contexts]),
    }


def score_with_interval(row, name, form="{:.3f}"):
    """Write a score and its interval over patients; nothing where there is none."""
    if np.isnan(row[name]):
        return ""
    score, low, high = (form.format(row[name + end]) for end in ("", " low", " high"))
    if np.isnan(row[f"{name} low"]):
        return score
    return f"{score} ({low} to {high})"


def _medians(rows):
    """Return medians over the random states, in the order of the protocols."""
    names = dict.fromkeys([*rows["trained"], *rows["tested"]])
    order = {name: place for place, name in enumerate(names)}
    return (
        rows.groupby(_KEY)
        .median(numeric_only=True)
        .sort_index(level=_KEY[:2], key=lambda level: level.map(order))
    )


def _scores_table(rows):
    """Show what trees and networks reach on patients never seen."""
    lines = []
    for key, row in _medians(rows[rows["tested"] != "NSRDB"]).iterrows():
        line = dict(zip(("Trained on", "Tested on", "Model"), key, strict=True))
        line["Accuracy"] = f"{100 * row['accuracy']:.1f} %"
        line |= {f"{label}: F1": score_with_interval(row, label) for label in "VS"}
        without = [score_with_interval(row, name) for name in _WITHOUT]
        line[f"S: F1, without {' or '.join(MOST_S.values())}"] = "".join(without)
        line |= {name: f"{row[name]:.3f}" for name in ("ECE V", "ECE S")}
        line["Errors left at 95 %"] = f"{100 * row['errors at 95 %']:.1f} %"
        lines.append(line)
    return pd.DataFrame(lines)


def _short_table(rows):
    """Show F1 of V and S of patients never seen, by the leads that are looked at."""
    medians = _medians(rows)
    lines = []
    networks = medians.drop("trees", level="model", errors="ignore")
    for trained, tested in dict.fromkeys(key[:2] for key in networks.index):
        if (trained, tested) not in _SHORT:
            continue
        line = {"Trained on": trained, "Tested on": tested}
        for score in ("V", "S"):
            for n_leads, model in ((2, "two leads"), (1, "one lead")):
                row = medians.loc[(trained, tested, model)]
                text = score_with_interval(row, score, "{:.2f}")
                # One word, which no line of the page breaks.
                line[f"{score}, {n_leads}"] = re.sub(" to ", "-", text).replace(
                    " ", "&nbsp;"
                )
        lines.append(line)
    return pd.DataFrame(lines)


def _normals_table(rows):
    """Show false alarms in normal people."""
    lines = []
    for (trained, _, model), row in _medians(
        rows[rows["tested"] == "NSRDB"]
    ).iterrows():
        line = {"Trained on": trained, "Model": model}
        for name in _FALSE:
            title = name.replace("false", "False").replace("1,000", "1,000 beats")
            line[title] = score_with_interval(row, name, "{:.2f}")
        lines.append(line)
    return pd.DataFrame(lines)


def _normals_words(rows):
    """Say how often normal people are called otherwise."""
    row = _of_folds(rows, "NSRDB").loc["two leads"]
    false_S, false_V = (row[name] for name in _FALSE)
    return textwrap.fill(
        "Of normal people whom it has not seen, looking at two leads, it calls "
        f"{false_S:.1f} of 1,000 beats S and {false_V:.1f} an hour V, falsely.",
        88,
    )


def _of_folds(rows, test):
    """Return medians of each model, cross-validated between patients."""
    is_this = rows["trained"].str.endswith(_ACROSS) & (rows["tested"] == test)
    return rows[is_this].groupby("model").median(numeric_only=True)


def _progress_table(before, now):
    """Show scores before and now, of the random states that were measured before."""
    seeds = before[0]["seed"].unique()
    versions = {
        "before": before,
        "now": [table[table["seed"].isin(seeds)] for table in now],
    }
    lines = {}
    for version, (rows, contexts) in versions.items():
        for title, row, score, form in _progress(rows, contexts):
            line = lines.setdefault(title, {"": title})
            for model in ("two leads", "one lead"):
                text = score_with_interval(row.loc[model], score, form)
                line[f"{model.capitalize()}, {version}"] = text
    columns = [f"{n} {v}" for n in ("Two leads,", "One lead,") for v in versions]
    return pd.DataFrame(lines.values())[["", *columns]]


def _progress(rows, contexts):
    """Yield what is compared: its title, rows by model, the score, and its form."""
    svdb = _of_folds(rows, "SVDB")
    for score in ("V", "S", "S, without 822"):
        label, *without = score.split(", ")
        yield ", ".join([f"{label}: F1", *without]), svdb, score, "{:.3f}"
    for context in CONTEXTS:
        of_context = _of_folds(contexts[contexts["context"] == context], "SVDB")
        n_beats, n_patients = of_context[["beats", "patients"]].iloc[0].astype(int)
        title = f"S {context}, {n_beats:,} beats of {n_patients} patients: Se"
        yield title, of_context, "Se", "{:.2f}"
    normals = _of_folds(rows, "NSRDB")
    for name in _FALSE:
        yield f"Normal people: {name}", normals, name, "{:.2f}"


def stages_table(rows):
    """Show what multistage pruning gains over one-shot pruning, in points."""
    table = differences(rows)
    lines = []
    for (test, score, sparsity), row in table.iterrows():
        difference, low, high = (
            f"{100 * row[name]:+.1f}" for name in ("difference", "low", "high")
        )
        line = {"Tested on": test, "Score": score, "Sparsity": f"{sparsity:g}"}
        line |= {arm.capitalize(): f"{row[arm]:.3f}" for arm in ARM_NAMES}
        line["Difference, points"] = f"{difference} ({low} to {high})"
        line["Random states"] = f"{row['n_pairs']:.0f}"
        lines.append(line)
    return pd.DataFrame(lines)

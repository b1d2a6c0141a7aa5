"""Write the tables of README.md and docs/results.rst from the measured results.

The tables stand between a line with ``results: NAME`` and one with ``results end``, and
come from the CSV files in ``benchmarks/results``. Nothing between is typed by hand.
The figures of the comparison of pruning methods go to ``docs/images``.

    python benchmarks/report.py
"""

import re
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
from archive_tables import archive_words, friction_table
from chain_tables import (
    chain_device_table,
    chain_intra_words,
    chain_short_words,
    chain_table,
    chain_words,
    compiled_table,
    cores_table,
    cycles_table,
    gate_device_table,
    gate_table,
    smallest_table,
)
from edge_tables import edge_table, edge_time_table, edge_words
from guide_words import strap_words, summary_words
from harness import with_range
from names_tables import answers_table, names_tables
from paper_report import (
    NETWORKS,
    draw_figures,
    figure_words,
    paper_tables,
    read_rows,
    sparsity_name,
)
from strangers_tables import stages_table, strangers_tables

from sklearn_ecg._files import written_whole

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
CLASSES = ["N", "S", "V", "F", "Q"]
REPORTED = 0.9


def main():
    edge = pd.read_csv(RESULTS / "edge.csv")
    tables = accuracy_tables(pd.read_csv(RESULTS / "accuracy.csv")) | {
        "edge": edge_table(edge[edge["protocol"] != "time"]),
        "edge words": edge_words(edge[edge["protocol"] == "intra"]),
        "cores": cores_table(pd.read_csv(RESULTS / "cores.csv")),
        "cycles": cycles_table(pd.read_csv(RESULTS / "cycles.csv")),
        "edge time": edge_time_table(edge[edge["protocol"] == "time"]),
        "defaults": defaults_table(pd.read_csv(RESULTS / "defaults.csv")),
        "r peaks": r_peaks_table(pd.read_csv(RESULTS / "r_peaks.csv")),
        "stages": stages_table(pd.read_csv(RESULTS / "stages.csv")),
        "noise": noise_table(pd.read_csv(RESULTS / "noise.csv")),
        "no beats": no_beats_table(pd.read_csv(RESULTS / "noise.csv")),
        "detectors": detectors_table(pd.read_csv(RESULTS / "detect.csv")),
        "fibrillation": fibrillation_table(pd.read_csv(RESULTS / "fibrillation.csv")),
        "day words": day_words(pd.read_csv(RESULTS / "report_page.csv")),
        "chain": chain_table(pd.read_csv(RESULTS / "chain.csv")),
        "chain intra words": chain_intra_words(pd.read_csv(RESULTS / "chain.csv")),
        "chain words": chain_words(pd.read_csv(RESULTS / "chain_device.csv")),
        "chain short words": chain_short_words(
            pd.read_csv(RESULTS / "chain_device.csv")
        ),
        "gate": gate_table(pd.read_csv(RESULTS / "gate.csv")),
        "gate device": gate_device_table(pd.read_csv(RESULTS / "gate_device.csv")),
        "compiled": compiled_table(pd.read_csv(RESULTS / "gate_device.csv")),
        "answers": answers_table(pd.read_csv(RESULTS / "page_answers.csv")),
        "smallest": smallest_table(pd.read_csv(RESULTS / "smallest.csv")),
        "archive words": archive_words(RESULTS / "archive.csv"),
        "summary words": summary_words(pd.read_csv(RESULTS / "summary_counts.csv")),
        "live words": strap_words(pd.read_csv(RESULTS / "strap.csv")),
        "friction": friction_table(pd.read_csv(RESULTS / "friction.csv")),
        "chain device": chain_device_table(pd.read_csv(RESULTS / "chain_device.csv")),
    }
    tables |= strangers_tables(RESULTS)
    tables |= names_tables(pd.read_csv(RESULTS / "names.csv"))
    tables |= paper(ROOT / "docs" / "images")
    fill(ROOT / "README.md", tables, as_markdown)
    fill(ROOT / "docs" / "results.rst", tables, as_rst)
    pages = ("annotating", "deploying", "detecting", "five_names", "install", "live")
    for page in (*pages, "in_browser", "rhythm"):
        fill(ROOT / "docs" / "user_guide" / f"{page}.rst", tables, as_rst)


def accuracy_tables(rows):
    """Tables of medians over the random states, with the range beside."""
    intra = rows[rows["protocol"] == "intra"]
    inter = rows[rows["protocol"] == "inter"]
    unseen = inter[inter["pipeline"] == "interpatient"]
    reported = unseen[unseen["sparsity"] == REPORTED]
    whole = inter[(inter["test"] == "DS2") & (inter["sparsity"] == REPORTED)]
    return {
        "intra": intra_table(intra[intra["pipeline"] == "default"]),
        "intra pipelines": intra_pipelines_table(intra),
        "intra words": intra_words(intra),
        "inter": inter_table(unseen[unseen["test"] == "DS2"], _SCORES),
        "inter short": inter_table(unseen[unseen["test"] == "DS2"], _MAIN_SCORES),
        "inter pipelines short": pipelines_table(inter[inter["sparsity"] == REPORTED]),
        "inter pipelines": scores_by(whole, "pipeline", "Pipeline"),
        "inter variants": scores_by(reported, "test", "Test set"),
        "inter classes": classes_table(reported[reported["test"] == "DS2"]),
        "ec57": ec57_table(reported[reported["test"] == "DS2 after 5:00"]),
    }


def paper(images):
    """Return the tables of the comparison of pruning methods; draw its figures."""
    rows = read_rows(RESULTS / "paper.csv")
    draw_figures(rows, images)
    figures = {f"paper figure {name}": figure_words(name, images) for name in NETWORKS}
    return paper_tables(rows) | figures


def percent(value):
    return "–" if pd.isna(value) else f"{100 * value:.1f} %"


def summary(rows, by, columns):
    """Summarize groups of rows: a row for each, in order, a column for each name."""
    groups = rows.groupby(by, sort=by == "sparsity")
    return pd.DataFrame(
        {
            name: [with_range(group[column], form) for _, group in groups]
            for name, (column, form) in columns.items()
        },
        index=list(groups.groups) if by == "sparsity" else rows[by].unique(),
    )


def points(value):
    return f"{100 * value:.2f} %"


def share(value):
    return f"{value:.3f}"


def number(value):
    return f"{value:,.0f}"


def intra_table(rows):
    columns = {
        "Accuracy": ("accuracy", points),
        "Macro-F1": ("macro_f1", share),
        "Non-zero weights": ("n_nonzero", number),
        "MACs per beat": ("macs", number),
        "Bytes": ("n_bytes", number),
    }
    table = summary(rows, "sparsity", columns)
    table.insert(0, "Sparsity", table.index.map(sparsity_name))
    return table


def intra_pipelines_table(rows):
    rows = rows[rows["pipeline"] != "default"]
    tables = []
    for name, of_pipeline in rows.groupby("pipeline", sort=False):
        tables.append(intra_table(of_pipeline))
        tables[-1].insert(0, "Pipeline", name)
    return pd.concat(tables)


def intra_words(rows):
    """Say what the default Pipeline reaches in patients whom it knows."""
    of = rows[rows["pipeline"] == "default"].groupby("sparsity")
    pruned, dense = of.get_group(REPORTED), of.get_group(0)
    words = (
        f"Of patients trained on, {pruned['accuracy'].median():.2%} of the beats are "
        f"labelled right (macro-F1 {share(pruned['macro_f1'].median())}), and without "
        f"pruning {dense['accuracy'].median():.2%}."
    )
    return textwrap.fill(words, 88)


_SCORES = {
    "Accuracy": ("accuracy", percent),
    "Macro-F1": ("macro_f1", share),
    **{
        f"{label}: {score}": (f"{label} {score}", percent)
        for label in ("V", "S")
        for score in ("Se", "+P", "F1")
    },
}


_MAIN_SCORES = {name: _SCORES[name] for name in ("Accuracy", "V: F1", "S: F1")}


def inter_table(rows, scores):
    table = summary(rows, "sparsity", scores)
    table.insert(0, "Sparsity", table.index.map(sparsity_name))
    table.insert(1, "Non-zero", summary(rows, "sparsity", {"n": ("n_nonzero", number)}))
    return table


def pipelines_table(rows):
    """Give the main scores of each Pipeline, with the record of most S and without."""
    tables = {
        test: summary(rows[rows["test"] == test], "pipeline", _MAIN_SCORES)
        for test in ("DS2", "DS2 without 232")
    }
    table = pd.concat(tables, axis=1)
    table.columns = [
        score + ", without 232" * (test != "DS2") for test, score in table.columns
    ]
    table.insert(0, "Pipeline", table.index)
    return table


def scores_by(rows, column, title):
    table = summary(rows, column, _SCORES)
    table.insert(0, title, table.index)
    return table


def classes_table(rows):
    return pd.DataFrame(
        {
            "Class": CLASSES,
            "Beats": [number(rows[f"{label} beats"].median()) for label in CLASSES],
            **{
                score: [
                    with_range(rows[f"{label} {score}"], percent) for label in CLASSES
                ]
                for score in ("Se", "+P", "F1")
            },
        }
    )


def ec57_table(rows):
    names = {"Se": "Se", "+P": "+P", "False positive rate": "FPR", "F1": "F1"}
    return pd.DataFrame(
        {
            "Beats": ["VEB", "SVEB"],
            **{
                name: [
                    with_range(rows[f"{beat} {score}"], percent)
                    for beat in ("VEB", "SVEB")
                ]
                for name, score in names.items()
            },
        }
    )


def defaults_table(rows):
    return pd.DataFrame(
        {
            "Variant": rows["variant"],
            "Known: accuracy": rows["known accuracy"].map("{:.2%}".format),
            "macro-F1": rows["known macro-F1"].map("{:.3f}".format),
            "Unseen: accuracy": rows["unseen accuracy"].map("{:.1%}".format),
            "VEB F1": rows["unseen VEB F1"].map("{:.1%}".format),
            "SVEB F1": rows["unseen SVEB F1"].map("{:.1%}".format),
            "Non-zero": rows["n_nonzero"].map("{:,.0f}".format),
            "MACs": rows["macs"].map("{:,.0f}".format),
        }
    )


def r_peaks_table(rows):
    """Show scores by what R peaks a model is trained and tested on."""
    keys = ["set", "trained", "tested"]
    rows = rows[rows["set"] != "QTDB"]
    lines = []
    for (name, trained, tested), group in rows.groupby(keys, sort=False):
        line = {"Test set": name, "Trained on": trained, "R peaks": tested}
        for beat in ("QRS", "VEB", "SVEB"):
            scores = group[group["class"] == beat]
            for score in ("Se", "+P", "F1"):
                line[f"{beat} {score}"] = percent(scores[score].median())
        lines.append(line)
    return pd.DataFrame(lines)


def no_beats_table(rows):
    """Tell what signals without beats are called."""
    rows = rows[rows["signal"] != "DS2"]
    shares = {
        name: [f"{100 * share:.1f} %" if n else "" for share, n in counts]
        for name, counts in (
            (name, zip(rows[name], rows["detected"], strict=True))
            for name in ("V or S", "O")
        )
    }
    detected = rows["detected"].map("{:,}".format)
    return pd.DataFrame({"Signal": rows["signal"], "Detected": detected, **shares})


def noise_table(rows):
    """Tell what is left of the scores of DS2 with noise added."""
    rows = rows[rows["signal"] == "DS2"]
    level = [f"{dB:.0f} dB" if np.isfinite(dB) else "" for dB in rows["dB"]]
    scores = {f"{name} F1": rows[f"{name} F1"].map(percent) for name in ("QRS", "VEB")}
    no_beat = {"Called no beat": rows["O"].map(percent)}
    return pd.DataFrame({"Noise": rows["noise"], "Level": level, **scores, **no_beat})


def detectors_table(rows):
    """Tell what each detector finds, and how far from the annotated R peak."""
    left_out = rows["set"] == "MIT-BIH, DS1"
    rows = rows[~left_out]
    return pd.DataFrame(
        {
            "Records": rows["set"],
            "Detector": rows["detector"],
            "Se": rows["Se"].map("{:.2f} %".format),
            "+P": rows["+P"].map("{:.2f} %".format),
            "95 % within": rows["95 % within ms"].map("{:.1f} ms".format),
            "Seconds per hour": rows["s per hour"].map("{:.2f}".format),
        }
    ).sort_values("Records", kind="stable")


def fibrillation_table(rows):
    """Tell how each detector of AF does, and what errors in the labels change."""
    keys = ["set", "flutter", "detector"]
    annotated = rows[rows["labels"] == "annotated"].reset_index(drop=True)
    spoilt, found = (
        annotated[keys].merge(rows[rows["labels"] == labels], "left", on=keys)
        for labels in ("with errors", "from the signal")
    )
    is_told = annotated["set"] == "MIT-BIH"
    flutter = (", flutter " + annotated["flutter"]).where(is_told, "")
    table = {"Set": annotated["set"] + flutter, "Detector": annotated["detector"]}
    # Without AF, all that is found is false.
    has_af = annotated["episodes"] > 0
    ways = (annotated, ""), (spoilt, ", errors in labels"), (found, ", from the signal")
    for of, ending in ways:
        for score in ("Se", "Sp", "+P"):
            shown = of[score].where(has_af | (score == "Sp"))
            table[score + ending] = shown.map(percent)
    for score in ("Se", "+P"):
        shown = annotated[f"episode {score}"].where(has_af)
        table[f"Episodes: {score}"] = shown.map(percent)
    table["Burden error"] = annotated["burden error"].map("{:.1f}".format)
    table["90 %"] = annotated["burden error, 90 %"].map("{:.1f}".format)
    return pd.DataFrame(table)


def as_markdown(table):
    """Render a table; words stay as they are."""
    if isinstance(table, str):
        return table
    lines = ["| " + " | ".join(table.columns) + " |", "|" + "---|" * table.shape[1]]
    lines += ["| " + " | ".join(row) + " |" for row in table.to_numpy().tolist()]
    return "\n".join(lines)


def day_words(rows):
    """Say what labelling and reporting a day takes."""
    row = rows.set_index("model").loc["ambulatory"]
    return textwrap.fill(
        "From the file to the page, with all imports, a process takes "
        f"{row['processor_seconds']:.0f} s of processor and {row['peak_mb']:.0f} MB, "
        f"{row['imports_mb']:.0f} of them for the imports and the model. "
        "The page has "
        f"{row['page_bytes'] / 1e6:.2f} MB; Chromium has drawn it "
        f"{row['drawn_ms_x1']:.0f} ms after it was asked to, on a processor slowed "
        f"down four times {row['drawn_ms_x4']:.0f} ms. Scrolled through, the lines of "
        f"the day come at {row['frames_a_second_x1']:.0f} frames a second, slowed down "
        f"at {row['frames_a_second_x4']:.0f}.",
        90,
    )


def as_rst(table):
    """Render a table; words stay as they are."""
    if isinstance(table, str):
        return table
    lines = [".. csv-table::", "   :header-rows: 1", ""]
    rows = [table.columns.tolist(), *table.to_numpy().tolist()]
    lines += ["   " + ", ".join(f'"{cell}"' for cell in row) for row in rows]
    return "\n".join(lines)


def fill(path, tables, rendered):
    """Replace every marked table of a file; a name without a table is an error."""
    text = path.read_text()
    pattern = re.compile(
        r"(^[^\n]*results: ([\w ]+?)(?: -->)?\n)(.*?)(^[^\n]*results end)", re.M | re.S
    )
    text, n_tables = pattern.subn(
        lambda m: f"{m[1]}\n{rendered(tables[m[2]])}\n\n{m[4]}", text
    )
    with written_whole(path) as temporary:
        temporary.write_text(text)
    print(f"{path.relative_to(ROOT)}: {n_tables} tables")


if __name__ == "__main__":
    main()

"""Tables of what a few answers are worth, from the rows of `names.py`."""

import pandas as pd
from strangers_scores import MOST_S, with_interval
from strangers_tables import score_with_interval

LEAST_BEATS = 10
"""Beats of a class that a record has at least, where its own F1 counts."""

RIGHT, MINUTES = "right", "five minutes"
_READERS = {
    RIGHT: "right, R peaks detected",
    "slips 5 %": "slips, one in twenty",
    "slips 10 %": "slips, one in ten",
    "random": "shown beats at random",
    "unsure": "shown the least certain beats",
    MINUTES: "five minutes labelled, to learn from",
    "second half": "the second half, learnt from the first",
    "second half named": "the second half, both were named",
}
"""How the second table calls what was done."""

_ONE_NUMBER = 10
"""Answers that readers are compared after."""


def names_tables(rows):
    """Return the tables of what answers are worth, by name."""
    is_main = (rows["way"] == RIGHT) & (rows["r_peaks"] == "annotated")
    others = rows[~is_main & rows["way"].isin(list(_READERS))]
    is_shown = others["answers"].isin([0, _ONE_NUMBER]) | (others["way"] == MINUTES)
    is_new = (others["answers"] > 0) | others["way"].str.startswith("second half")
    is_new |= others["r_peaks"] == "detected"
    return {
        "names": _right_table(rows[is_main]),
        "names others": _others_table(others[is_shown & is_new]),
    }


def answers_table(rows):
    """Show what five right answers are worth in the page of a chain, and by `ask`."""
    table = {"Record": rows["record"]}
    for key, form in (("right", "{:.1%}"), ("V F1", "{:.3f}"), ("S F1", "{:.3f}")):
        for way in ("before", "page", "ask"):
            values = rows[f"{way} {key}"]
            texts = values.map(form.format).where(values.notna(), "–")
            table[f"{key}, {way}"] = texts.str.replace("%", " %")
    return pd.DataFrame(table)


def _right_table(rows):
    """Show what answers of a reader who is always right are worth, by their number."""
    lines = []
    for (name, answers), group in rows.groupby(["set", "answers"], sort=False):
        lines.append({"Set": name, "Answers": str(answers), **_scores(group)})
    return pd.DataFrame(lines)


def _others_table(rows):
    """Show other readers, other questions, and what a model learns."""
    # Five minutes have another number of beats in each record.
    answers = rows["answers"].where(rows["way"] != MINUTES, -1)
    lines = []
    for way, called in _READERS.items():
        of_way = rows[rows["way"] == way]
        groups = of_way.groupby(["set", answers[of_way.index]], sort=False)
        for (name, _), group in groups:
            number = f"{group['answers'].median():.0f}"
            line = {"Set": name, "Reader": called, "Answers": number}
            lines.append(line | _scores(group))
    return pd.DataFrame(lines)


def _scores(rows):
    """Return F1 over all beats, accuracy, and medians over records, as text."""
    texts = {f"{label}: F1": _f1(rows, label) for label in "VS"}
    kept = rows[~rows["patient"].isin(list(MOST_S))]
    without = _f1(kept, "S") if len(kept) < len(rows) else ""
    texts[f"S: F1, without {' or '.join(MOST_S.values())}"] = without
    texts["Accuracy"] = f"{100 * rows['right'].sum() / rows['beats'].sum():.1f} %"
    for label in "VS":
        part, whole = _counts(rows, label)
        has_beats = rows[f"{label} true"] + rows[f"{label} missed"] >= LEAST_BEATS
        own = (part / whole)[has_beats]
        texts[f"{label}: median record"] = f"{own.median():.3f}" if len(own) else ""
    return texts


def _f1(rows, label):
    """Return F1 over all beats, with its interval over patients."""
    part, whole = _counts(rows, label)
    scores = with_interval("F1", part, whole, rows["patient"])
    return score_with_interval(scores, "F1")


def _counts(rows, label):
    """Return what F1 of each record is a ratio of."""
    part = 2 * rows[f"{label} true"]
    return part, part + rows[f"{label} missed"] + rows[f"{label} false"]

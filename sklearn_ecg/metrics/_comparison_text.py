"""Comparisons of annotations as text for people."""

from __future__ import annotations

import numpy as np
import pandas as pd

_RATIOS = ("Se", "+P", "FPR", "F1")
_MATRIX = (
    "Rows are classes of the reference, columns of the test; O no beat, X no signal"
)


def describe(comparison) -> str:
    """Return the text of an `AnnotationComparison`."""
    one = comparison
    n = one.n_rr_intervals
    facts = [
        f"RMS error of {n} RR interval{'' if n == 1 else 's'}: "
        f"{number(one.rr_error, 2)} ms",
        f"Beats within {one.window * 1000:g} ms are pairs. No signal in the test: "
        f"{one.shutdown:.0f} s, {one.missed_in_shutdown} beats missed in it.",
        f"Ventricular fibrillation in the reference: "
        f"{one.ventricular_fibrillation:.0f} s, {one.n_excused} test beats excused in "
        "it.",
    ]
    parts = [
        f"Record {one.record}: {one.test} against {one.reference}, "
        f"{clock(one.start)} to {clock(one.stop)}",
        f"{_MATRIX}\n{one.confusion}",
        printable(one.scores).to_string(),
        "\n".join(facts),
    ]
    return "\n\n".join([*parts, *text_of_runs(one.runs)])


def describe_records(comparisons) -> str:
    """Return the text of a `RecordComparison`."""
    table = comparisons.summary
    counts = [name for name in table if not name.endswith(_RATIOS)]
    digits = {name: 0 for name in counts} | {"RR error": 2}
    text = pd.DataFrame(
        {
            name: [number(value, digits.get(name, 4)) for value in table[name]]
            for name in table
        },
        index=table.index,
    )
    n = len(comparisons.per_record)
    head = (
        f"{n} record{'' if n == 1 else 's'}: {comparisons.test} against "
        f"{comparisons.reference}. Shutdown and VF in seconds, RR error in ms"
    )
    runs = [name for name in text if name.startswith(("VE ", "SVE "))]
    tables = [text.drop(columns=runs).to_string()]
    tables += [_of_runs(text, kind) for kind in ("VE", "SVE") if runs]
    parts = [
        head,
        *tables,
        f"{_MATRIX}, all records\n{comparisons.confusion}",
        f"Gross\n{printable(comparisons.scores).to_string()}",
    ]
    return "\n\n".join([*parts, *text_of_runs(comparisons.runs)])


def text_of_runs(runs) -> list[str]:
    """Return the part about runs, if there is one."""
    return [] if runs is None else [f"Runs\n{printable(runs).to_string()}"]


def printable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of counts and fractions as text."""
    return table.apply(
        lambda column: [
            number(value, 4 if column.name in _RATIOS else 0) for value in column
        ]
    )


def number(value: float, digits: int) -> str:
    """Return a number as text, and a dash for what is undefined."""
    return "–" if np.isnan(value) else f"{value:.{digits}f}"


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds, or hours before them."""
    minutes, rest = divmod(round(seconds, 3), 60)
    text = f"{rest:06.3f}".rstrip("0").rstrip(".")
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{text}" if hours else f"{minutes}:{text}"


def _of_runs(text, kind):
    """Return the columns about VE or SVE runs."""
    columns = [name for name in text if name.startswith(f"{kind} ")]
    return text[columns].to_string()

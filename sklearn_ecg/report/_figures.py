"""The summary as a reader wants it: a few figures together, each with its moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .._messages import lasting

_HOUR = 3600.0

_FEWEST_INTERVALS = 16
"""Of fewer, means of 8 intervals in a row hardly differ."""


class Line(NamedTuple):
    """One figure: what it is, its value, what it is out of, and when it was."""

    name: str
    text: str
    of: str = ""
    at: float | None = None


def cards_of(
    summary: pd.DataFrame, variability: pd.DataFrame | None
) -> list[tuple[str, list[Line]]]:
    """Return figures that belong together, under their names."""
    figures = _Figures(summary)
    cards = [
        ("Recording", list(figures.of_recording())),
        ("Heart rate", list(figures.of_rates())),
        ("Ventricular beats (V)", list(figures.of_ectopic("V"))),
        ("Supraventricular beats (S)", list(figures.of_ectopic("S"))),
        ("Atrial fibrillation", list(figures.of_fibrillation())),
        ("Pauses", list(figures.of_pauses())),
        ("Slow and fast", list(figures.of_slow_and_fast())),
    ]
    if variability is not None:
        cards.append(("Variability", list(_of_variability(variability))))
    return cards


def cards_of_short(summary: pd.DataFrame) -> list[tuple[str, list[Line]]]:
    """Return the figures that seconds can give."""
    figures = _Figures(summary)
    cards = [("Recording", list(figures.of_time()))]
    if figures.value["beats"] > 0:
        cards.append(("Heart rate", list(figures.of_rates())))
        cards.append(("Runs and pauses", list(figures.of_runs_and_pauses())))
    if np.isfinite(figures.value["AF episodes"]):
        cards.append(("Atrial fibrillation", list(figures.of_fibrillation())))
    return cards


def moments_of(cards: list[tuple[str, list[Line]]]) -> list[tuple[str, float]]:
    """Return what is to be seen in strips: a title, and when it was."""
    found = [
        (f"{card}: {line.name}, {line.text}", line.at)
        for card, lines in cards
        for line in lines
        if line.at is not None
    ]
    return sorted(found, key=lambda each: each[1])


def table_of(
    summary: pd.DataFrame, before: pd.DataFrame | None
) -> list[dict[str, Any]]:
    """Return all figures with what each is out of, and what it was by the model."""
    rows = []
    for row in summary.itertuples():
        value = _value(row.value, row.unit)
        own = None
        if before is not None:
            own = _value(before.loc[row.Index, "value"], row.unit)
        rows.append(
            {
                "name": row.Index,
                "value": value,
                "before": own,
                "is_changed": own is not None and own != value,
                "of": _out_of(row.out_of, row.of),
                "excluded": row.excluded,
                "at": None if np.isnan(row.at) else float(row.at),
            }
        )
    return rows


class _Figures:
    """The figures of a summary, by name, in words."""

    def __init__(self, summary: pd.DataFrame):
        self.table = summary
        self.value = summary["value"].to_dict()

    def line(self, name: str, figure: str, of: str | None = None) -> Line:
        """Return a figure with its moment, what it is out of in words or as it is."""
        row = self.table.loc[figure]
        at = None if np.isnan(row["at"]) else float(row["at"])
        said = _out_of(row["out_of"], row["of"]) if of is None else of
        return Line(name, _value(row["value"], row["unit"]), said, at)

    def some(self, *lines: tuple[str, str]) -> Iterator[Line]:
        """Yield lines of figures that are not zero and known."""
        for name, figure in lines:
            if self.value[figure] > 0:
                yield self.line(name, figure)

    def of_recording(self) -> Iterator[Line]:
        """Tell how long it is, how much could be analysed, and of its beats."""
        yield from self.of_time()
        yield self.line("beats", "beats")
        yield from self.of_left_out()

    def of_time(self) -> Iterator[Line]:
        """Tell how long it is, and how much of it could be analysed."""
        duration = _HOUR * self.value["duration"]
        yield Line("duration", lasting(duration))
        seconds = _HOUR * self.value["analysed time"]
        share = 100 * seconds / duration if duration else 0.0
        yield Line("analysed", lasting(seconds), f"{share:.1f} % of the time")

    def of_left_out(self) -> Iterator[Line]:
        """Tell in how many stretches no beats could be seen."""
        yield from self.some(
            ("stretches left out", "stretches not analysable"),
            ("longest of them", "longest stretch not analysable"),
        )

    def of_rates(self) -> Iterator[Line]:
        """Tell how fast the heart went."""
        yield self.line("mean", "mean rate")
        if self.table.loc["mean rate", "out_of"] >= _FEWEST_INTERVALS:
            yield self.line("lowest", "lowest rate")
            yield self.line("highest", "highest rate")

    def of_ectopic(self, label: str) -> Iterator[Line]:
        """Tell how often and how ectopic beats come."""
        share = self.value[f"{label} burden"]
        burden = f"{share:.2f} % of all" if np.isfinite(share) else ""
        yield self.line("beats", f"{label} beats", burden)
        yield self.line("couplets", f"{label} couplets")
        yield self.line("runs", f"{label} runs")
        yield from self.some(
            ("longest run", f"longest {label} run"),
            ("fastest run", f"fastest {label} run"),
        )
        names = [name for name in self.table.index if name.startswith("runs: ")]
        own = [n for n in names if self.table.loc[n, "of"] == f"{label} runs"]
        yield from self.some(*((name.removeprefix("runs: "), name) for name in own))
        for kind in ("bigeminy", "trigeminy", "quadrigeminy"):
            yield from self.some((kind, f"{label} {kind}"))

    def of_runs_and_pauses(self) -> Iterator[Line]:
        """Tell of what is seen in seconds: ectopic beats in a row, and pauses."""
        for label in "VS":
            yield self.line(f"{label} couplets", f"{label} couplets")
            yield self.line(f"{label} runs", f"{label} runs")
            yield from self.some(
                (f"longest {label} run", f"longest {label} run"),
                (f"fastest {label} run", f"fastest {label} run"),
            )
        first = next(each for each in self.table.index if each.startswith("pauses >"))
        yield self.line(first, first, "")
        yield from self.some(("longest pause", "longest pause"))

    def of_fibrillation(self) -> Iterator[Line]:
        """Tell how much atrial fibrillation there is, or that it cannot be told."""
        if np.isnan(self.value["AF episodes"]):
            yield Line("burden", "not told", "too few intervals")
            return
        yield self.line("burden", "AF burden")
        yield self.line("episodes", "AF episodes")
        yield from self.some(("longest", "longest AF"), ("fastest", "fastest AF"))

    def of_pauses(self) -> Iterator[Line]:
        """Tell how long the heart paused."""
        for name in (each for each in self.table.index if each.startswith("pauses >")):
            yield self.line(name.removeprefix("pauses "), name, "")
        yield from self.some(
            ("longest", "longest pause"),
            ("of them in AF", "pauses in AF"),
            ("beside what is left out", "pauses beside what is not analysable"),
        )

    def of_slow_and_fast(self) -> Iterator[Line]:
        """Tell how long the rate was slow and fast."""
        yield self.line("bradycardia", "bradycardia")
        yield self.line("tachycardia", "tachycardia")


_VARIABILITY = (
    ("SDNN", "ms"),
    ("SDANN", "ms"),
    ("RMSSD", "ms"),
    ("pNN50", "%"),
    ("triangular_index", ""),
    ("LF/HF", ""),
)


def _of_variability(table):
    """Yield the variability of the whole, or why there is none."""
    whole = table.loc["whole"]
    of = f"NN intervals take {100 * whole['nn_time_share']:.0f} % of the time"
    known = [(name, unit) for name, unit in _VARIABILITY if np.isfinite(whole[name])]
    for name, unit in known:
        called = name.replace("_", " ")
        yield Line(called, f"{whole[name]:.1f} {unit}".strip(), of)
    if not known:
        yield Line("not told", str(whole["reason"]))


def _value(value, unit):
    """Write a value in its unit; a dash for one that is not known."""
    if value is None or np.isnan(value):
        return "–"
    if unit in ("beats", ""):
        return f"{value:,.0f}"
    if unit == "s":
        return lasting(value)
    digits = {"h": 2, "/min": 0, "%": 2}.get(unit, 1)
    return f"{value:,.{digits}f} {unit}"


def _out_of(out_of, of):
    if np.isnan(out_of):
        return ""
    is_whole = float(out_of).is_integer()
    return f"of {out_of:,.0f} {of}" if is_whole else f"of {out_of:,.2f} {of}"

"""The summary as a reader wants it: a few figures together, each with its moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .._messages import lasting
from ..rhythm import names_of

_HOUR = 3600.0

_FEWEST_INTERVALS = 16
"""Of fewer, means of 8 intervals in a row hardly differ."""

_OF_THREE = ("bigeminy", "trigeminy", "quadrigeminy")

_FIGURES = {
    "AF": "AF episodes",
    "not analysable": "stretches not analysable",
    "pause": "pauses > 2.0 s",
    **{kind: kind for kind in ("bradycardia", "tachycardia")},
    **{f"{label} {kind}": f"{label} {kind}" for label in "VS" for kind in _OF_THREE},
}
"""Of kinds of episodes the figure that counts them, if it is not their plural."""


class Line(NamedTuple):
    """One figure: what it is, its value, what it is out of, and when it was."""

    name: str
    text: str
    of: str = ""
    at: float | None = None
    is_first: bool = False  # Of those that are counted, that at this time

    @property
    def moment(self) -> str:
        """What is seen at its time."""
        return f"{self.name}, the first" if self.is_first else self.name


class Card(NamedTuple):
    """Figures that belong together, and what they are out of where they do not say."""

    name: str
    of: str
    lines: list[Line]


def cards_of(
    summary: pd.DataFrame,
    variability: pd.DataFrame | None,
    firsts: Mapping[str, float] = MappingProxyType({}),
) -> list[Card]:
    """Return figures that belong together; `firsts` are times by figures that count."""
    figures = _Figures(summary, firsts)
    time = figures.analysed
    of_beats = f"of {figures.value['beats']:,.0f} beats in {time}"
    cards = [
        Card("Recording", "", list(figures.of_recording())),
        Card("Heart rate", "", list(figures.of_rates())),
        Card("Ventricular beats (V)", of_beats, list(figures.of_ectopic("V"))),
        Card("Supraventricular beats (S)", of_beats, list(figures.of_ectopic("S"))),
        Card("Atrial fibrillation", f"of {time}", list(figures.of_fibrillation())),
        Card("Pauses", of_beats, list(figures.of_pauses())),
        Card("Slow and fast", f"of {time}", list(figures.of_slow_and_fast())),
    ]
    if variability is not None:
        cards.append(_of_variability(variability.loc["whole"]))
    return cards


def cards_of_short(summary: pd.DataFrame) -> list[Card]:
    """Return the figures that seconds can give."""
    figures = _Figures(summary, {})
    of = f"of {figures.analysed}"
    cards = [Card("Recording", "", list(figures.of_time()))]
    if figures.value["beats"] > 0:
        cards += [
            Card("Heart rate", "", list(figures.of_rates())),
            Card("Runs and pauses", of, list(figures.of_runs_and_pauses())),
        ]
    if np.isfinite(figures.value["AF episodes"]):
        cards.append(Card("Atrial fibrillation", of, list(figures.of_fibrillation())))
    return cards


def firsts_of(beats: pd.DataFrame, episodes: pd.DataFrame) -> dict[str, float]:
    """Return when the first was of what a figure of the summary counts."""
    times = beats.groupby("label", observed=True)["time"].min()
    starts = episodes.groupby("kind", observed=True)["start"].min()
    named = runs_of(episodes).groupby("name")["start"].min()
    return {
        **{f"{label} beats": float(time) for label, time in times.items()},
        **{_FIGURES.get(kind, f"{kind}s"): float(at) for kind, at in starts.items()},
        **{f"runs: {name}": float(at) for name, at in named.items()},
    }


def runs_of(episodes: pd.DataFrame) -> pd.DataFrame:
    """Return the runs, each with its name."""
    runs = episodes[episodes["kind"].str.endswith(" run")]
    return runs.assign(name=names_of(runs))


def moments_of(cards: list[Card]) -> list[tuple[str, float]]:
    """Return what is to be seen in strips: a title, and when it was."""
    found = [
        (f"{card.name}: {line.moment}, {line.text}", line.at)
        for card in cards
        for line in card.lines
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

    def __init__(self, summary: pd.DataFrame, firsts: Mapping[str, float]):
        self.table = summary
        self.firsts = firsts
        self.value = summary["value"].to_dict()
        self.analysed = f"{lasting(_HOUR * self.value['analysed time'])} analysed"

    def line(self, name: str, figure: str, of: str | None = None) -> Line:
        """Return a figure with its moment, what it is out of in words or as it is."""
        row = self.table.loc[figure]
        at = None if np.isnan(row["at"]) else float(row["at"])
        said = _out_of(row["out_of"], row["of"]) if of is None else of
        is_first = at is None and row["value"] > 0 and figure in self.firsts
        if is_first:
            at = self.firsts[figure]
        return Line(name, _value(row["value"], row["unit"]), said, at, is_first)

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
        burden = percent(share) if np.isfinite(share) else ""
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
        for kind in _OF_THREE:
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
        yield self.line("burden", "AF burden", "")
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
        yield self.line("bradycardia", "bradycardia", "")
        yield self.line("tachycardia", "tachycardia", "")


_VARIABILITY = (
    ("SDNN", "ms"),
    ("SDANN", "ms"),
    ("RMSSD", "ms"),
    ("pNN50", "%"),
    ("triangular_index", ""),
    ("LF/HF", ""),
)


def _of_variability(whole):
    """Return the variability of the whole, or why there is none."""
    lines = [
        Line(name.replace("_", " "), f"{whole[name]:.1f} {unit}".strip())
        for name, unit in _VARIABILITY
        if np.isfinite(whole[name])
    ]
    if not lines:
        return Card("Variability", f"Not told: {whole['reason']}.", [])
    share = 100 * whole["nn_time_share"]
    return Card("Variability", f"NN intervals take {share:.0f} % of the time", lines)


def percent(share: float) -> str:
    """Write a share in percent; what is there is never nothing."""
    return "< 0.01 %" if 0 < share < 0.005 else f"{share:.2f} %"


def _value(value, unit):
    """Write a value in its unit; a dash for one that is not known."""
    if value is None or np.isnan(value):
        return "–"
    if unit in ("beats", ""):
        return f"{value:,.0f}"
    if unit == "s":
        return lasting(value)
    if unit == "%":
        return percent(value)
    digits = {"h": 2, "/min": 0}.get(unit, 1)
    return f"{value:,.{digits}f} {unit}"


def _out_of(out_of, of):
    if np.isnan(out_of):
        return ""
    if of.startswith("hours"):
        return f"of {lasting(_HOUR * out_of)}{of.removeprefix('hours')}"
    return f"of {out_of:,.0f} {of.removesuffix('s') if out_of == 1 else of}"

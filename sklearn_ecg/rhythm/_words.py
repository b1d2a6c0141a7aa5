"""A summary in a few lines that a person reads."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from .._messages import lasting, moment
from ._ectopic import CYCLE_NAMES
from ._fibrillation import AF
from ._kinds import ECTOPIC, RUN_NAMES
from ._rates import FAST, SLOW
from ._summary import PAUSES

_HOUR = 3600.0
_LEAST_LOST = 0.05
"""Seconds that could not be analysed, from which on it is said."""


def lines_of(summary: pd.DataFrame) -> list[str]:
    """Return what a person wants to know first: a line for each thing that occurs."""
    figures = _Figures(summary)
    return [
        *figures.of_recording(),
        *figures.of_fibrillation(),
        *(line for label in ECTOPIC for line in figures.of_ectopic(label)),
        *figures.of_pauses(),
        *figures.of_slow_and_fast(),
    ]


class _Figures:
    """The figures of a summary, by name."""

    def __init__(self, summary: pd.DataFrame) -> None:
        self._value, self._at = summary["value"].to_dict(), summary["at"].to_dict()
        self._seconds = _HOUR * self._value["analysed time"]

    def of_recording(self) -> Iterator[str]:
        """Tell how much was analysed, if not all."""
        duration = _HOUR * self._value["duration"]
        if duration - self._seconds >= _LEAST_LOST:
            yield f"Analysed: {lasting(self._seconds)} of {lasting(duration)}"

    def of_fibrillation(self) -> Iterator[str]:
        """Tell of atrial fibrillation."""
        n = self._value["AF episodes"]
        if n > 0:
            line = f"{self._share(AF, 'AF burden')} in {_counted(n, 'episode')}"
            longest = lasting(self._value["longest AF"])
            yield f"{line}, the longest {longest}{self._when('longest AF')}"

    def of_ectopic(self, label: str) -> Iterator[str]:
        """Tell of runs, couplets, and ectopic beats in turn with others."""
        found = []
        n_runs, longest = self._value[f"{label} runs"], f"longest {label} run"
        if n_runs:
            runs = _counted(n_runs, "run") + self._names(label)
            n_beats = self._value[longest]
            found.append(
                f"{runs}, the longest of {n_beats:.0f} beats{self._when(longest)}"
            )
        n_couplets = self._value[f"{label} couplets"]
        if n_couplets:
            found.append(_counted(n_couplets, "couplet"))
        for name in CYCLE_NAMES.values():
            n = self._value[f"{label} {name}"]
            if n:
                found.append(f"{_counted(n, 'stretch', 'stretches')} of {name}")
        if found:
            yield f"{label}: {'; '.join(found)}"

    def of_pauses(self) -> Iterator[str]:
        """Tell of pauses, and which of them are of another kind or doubtful."""
        n = self._value[f"pauses > {PAUSES[0]} s"]
        if not n:
            return
        longest = self._value["longest pause"]
        line = f"Pauses over {PAUSES[0]:g} s: {n:.0f}, the longest {longest:.1f} s"
        line += self._when("longest pause")
        for where in ("in AF", "beside what is not analysable"):
            n_there = self._value[f"pauses {where}"]
            line += f", {n_there:.0f} {where}" if n_there else ""
        yield line

    def of_slow_and_fast(self) -> Iterator[str]:
        """Tell how long the rate was slow and fast."""
        for kind in (SLOW, FAST):
            if self._value[kind] > 0:
                yield self._share(kind.capitalize(), kind)

    def _names(self, label):
        n_named = {name: self._value[f"runs: {name}"] for name in RUN_NAMES[label]}
        named = [f"{n:.0f} {name}" for name, n in n_named.items() if n]
        return f" ({', '.join(named)})" if named else ""

    def _share(self, called, name):
        share = self._value[name]
        time = lasting(share / 100 * self._seconds)
        return f"{called}: {share:.1f} % of the time, {time}"

    def _when(self, name):
        return f" at {moment(self._at[name])}"


def _counted(n, one, many=""):
    return f"{n:.0f} {one if n == 1 else many or f'{one}s'}"

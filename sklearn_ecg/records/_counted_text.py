"""Text files of recorders that number their samples, and whose header says the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ._csv import CsvFile
from ._csv_layout import encoding_of, open_text
from ._names import numbered
from ._recording import StoredLead
from ._time_axis import TimeAxis

_ROWS_AT_ONCE = 1_000_000
_LOOK_CHARACTERS, _LOOK_LINES = 1 << 18, 50
_AROUND = 250
"""Rows whose times tell together whether some were lost: those of one may be late."""

_LONGEST_GAP, _MOST_MISSING = 3600.0, 10_000_000
"""Seconds and samples beyond which the number or the time of a row must be wrong."""


@dataclass(frozen=True)
class Channel:
    """A column that is a lead, and what its numbers mean."""

    name: str
    place: int  # Of the column
    unit: str
    gain: float = 1.0
    offset: float = 0.0  # Taken off before


class CountedText(CsvFile):
    """What OpenSignals and OpenBCI have in common; `_header` tells them apart."""

    rate: float
    channels: list[Channel]
    counter: int  # Place of the column that numbers the samples
    clock: int | None = None  # Place of the column of seconds, if any
    modulus: int | None = None  # Number from which on samples are counted anew

    def __init__(self, path: str):
        super().__init__(path, None)

    def read(self, indices, spans):
        """Return stretches of some leads, in their own units; see `Source`."""
        signals = super().read(indices, spans)
        for index, signal in zip(indices, signals, strict=True):
            signal -= self.channels[index].offset
            signal *= self.channels[index].gain
        return signals

    def _describe(self, names, heads, preamble=None):
        """Take leads and rate from the header, and gaps from the numbers of rows."""
        self.columns = [channel.place for channel in self.channels]
        if not self.columns:
            raise ValueError(f"{self.path} names no channel that could be a lead.")
        if not 0 < self.rate < np.inf:
            raise ValueError(f"{self.path} gives the sampling rate {self.rate:g} Hz.")
        self.axis = self._axis()
        self.leads = [
            StoredLead(name, self.rate, self.axis.n_samples, channel.unit)
            for name, channel in zip(
                numbered([channel.name for channel in self.channels]),
                self.channels,
                strict=True,
            )
        ]

    def _axis(self):
        """Place rows by their numbers, and by their times where a turn is missing."""
        numbers, seconds = self._numbers()
        steps = self._steps(numbers, seconds)
        firsts = np.flatnonzero(np.concatenate([[True], steps != 1]))
        places = np.concatenate([[0], np.cumsum(steps)])[firsts]
        return TimeAxis(1 / self.rate, places, firsts, len(numbers))

    def _numbers(self):
        """Return the numbers of all rows, and their times if there are any."""
        wanted = [self.counter, *([] if self.clock is None else [self.clock])]
        parts = []
        with self._parse(chunksize=_ROWS_AT_ONCE, low_memory=False) as pieces:
            for piece in pieces:
                some = piece[wanted].dropna(how="all")
                try:
                    parts.append(some.to_numpy(np.float64))
                except ValueError:
                    raise ValueError(
                        f"{self.path}: the column {self.layout.names[self.counter]!r} "
                        "holds texts, and should number the samples."
                    ) from None
        rows = np.concatenate(parts)
        if not len(rows) or not np.isfinite(rows).all():
            raise ValueError(f"{self.path} has rows without a number, or none at all.")
        return rows[:, 0].astype(np.int64), None if self.clock is None else rows[:, 1]

    def _steps(self, numbers, seconds):
        """Return by how many samples each row follows the one before."""
        steps = np.diff(numbers)
        usual = self._usual(steps)
        turn = self.modulus or self._turn(numbers, steps, usual)
        steps = np.where(steps > 0, steps, steps + (turn or 0))
        steps = np.where(steps > 0, -(-steps // usual), 1)  # A counter begins anew.
        if seconds is not None and turn:
            steps = _with_turns(steps, seconds * self.rate, turn // usual)
        an_hour = min(_LONGEST_GAP * self.rate, _MOST_MISSING)
        longest = max(an_hour, 10.0 * len(numbers))
        if len(steps) and steps.max() > longest:
            row = int(steps.argmax()) + 1
            raise ValueError(
                f"{self.row_name(row)} of {self.path} lies "
                f"{steps[row - 1] / self.rate:.6g} s after the one before it: its "
                "number or its time is damaged."
            )
        return steps

    @staticmethod
    def _usual(steps):
        """Return by how much numbers rise; by two, where two boards take turns."""
        rising = steps[steps > 0]
        return int(np.bincount(rising[rising < 16]).argmax()) if len(rising) else 1

    @staticmethod
    def _turn(numbers, steps, usual):
        """Return after how many numbers they begin anew; None if they never do."""
        if not (steps < 0).any():
            return None
        return int(numbers.max()) + usual


def _with_turns(steps, times, per_turn):
    """Add whole turns of the counter, where the times are late from a row on."""
    late = np.flatnonzero(np.diff(times) - steps > per_turn / 2)
    lag = times - np.concatenate([[0], np.cumsum(steps)])
    steps = steps.copy()
    for row in late:
        before = np.median(lag[max(row + 1 - _AROUND, 0) : row + 1])
        after = np.median(lag[row + 1 : row + 1 + _AROUND])
        steps[row] += max(round((after - before) / per_turn), 0) * per_turn
    return steps


def first_lines(path: str) -> tuple[str, list[str]]:
    """Return the encoding of a text, and its first whole lines."""
    encoding = encoding_of(path)
    with open_text(path, encoding) as file:
        return encoding, file.read(_LOOK_CHARACTERS).splitlines()[:_LOOK_LINES]


def said(head: list[str], pattern: str) -> str | None:
    """Return what the first group of a pattern matches in lines of a header."""
    match = re.search(pattern, "\n".join(head), re.I | re.M)
    return match[1] if match else None

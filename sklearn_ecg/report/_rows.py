"""Rows of leads on paper: what stands side by side, and how close rows can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from ..records import Recording, ecg_leads, lead_key
from ._thinning import thinned

SPEED, GAIN = 25.0, 10.0
"""Of paper: mm a second, and mm a millivolt."""

BEFORE = 10.0
"""Room for the pulse, left of the signal."""

_SECONDS = 10.0
"""Seconds of a row."""

_COLUMNS = (
    ("i", "ii", "iii"),
    ("avr", "avl", "avf"),
    ("v1", "v2", "v3"),
    ("v4", "v5", "v6"),
)
"""Where the twelve leads stand as a rule, 2.5 s each."""

_RHYTHM = "ii"
"""The lead that is drawn below them as a whole."""

LEAST = 1.0
"""Seconds that have a row of their own at the end."""

_LEAST_OF_TWELVE = 8.0
"""Seconds below which the last of the columns would be empty, or nearly so."""

LINE = 5.0
"""Heights are whole numbers of it, so that baselines stand on thick lines."""

_LOWEST_NAME = 5.5
"""Where the name of a lead stands above its baseline, unless its signal is there."""

_OF_NAME = 10.0, 3.0
"""How wide and how tall a name is, about."""

_TALLEST = 145.0
"""What fits on a sheet in landscape, of A4 and of Letter, below its heading."""

_CLOSEST = 15.0
"""How close baselines can be, for their pulses."""

MOST = 5.0
"""Millivolts from the middle of a row at which it is cut off."""

_RATE = 500.0
"""Samples a second of what is drawn, about."""


class Piece(NamedTuple):
    """A stretch of a lead, around the middle of its values."""

    lead: str
    start: float
    x: float
    values: np.ndarray
    rate: float

    @property
    def name_at(self) -> float:
        """How far above the baseline its name is, in mm."""
        covered = self.values[: int(_OF_NAME[0] / SPEED * self.rate)]
        return max(_LOWEST_NAME, float(in_mm(covered).max(initial=0.0)) + 1)


class Row(NamedTuple):
    """Pieces side by side; of each quarter how far it goes up and down, in mm."""

    start: float
    stop: float
    pieces: list[Piece]
    above: np.ndarray  # With the names of leads
    below: np.ndarray
    is_labelled: bool


def _leads(recording, looked_at):
    """Return voltages that may be an ECG, and those that were looked at."""
    own = ecg_leads(recording.source.leads)
    return [
        lead
        for lead in recording.leads
        if recording.units[lead] == "mV" and (lead in own or lead in looked_at)
    ]


def rows_of(recording: Recording, looked_at: Sequence[str]) -> Iterator[Row]:
    """Yield rows: of the twelve leads as they are known, of others each its own."""
    leads = _leads(recording, looked_at)
    known = {lead_key(lead): lead for lead in leads}
    columns = [[known.get(key) for key in column] for column in _COLUMNS]
    four = list(zip(*columns, strict=True))
    is_twelve = all(map(all, columns)) and recording.duration > _LEAST_OF_TWELVE
    others = [[lead] for lead in leads if not is_twelve or lead not in sum(four, ())]
    last = max(recording.duration - LEAST, LEAST)
    for start in np.arange(0, last, _SECONDS).tolist():
        stop = min(start + _SECONDS, recording.duration)
        rows = [(row, False) for row in others]
        if is_twelve:
            rows.insert(0, ([known[_RHYTHM]], True))
        if is_twelve and stop - start > _LEAST_OF_TWELVE:
            rows[:0] = [(row, False) for row in four]
        for place, (row, is_labelled) in enumerate(rows):
            yield _row(recording, row, start, stop, is_labelled or place == 0)


def _row(recording, leads, start, stop, is_labelled):
    """Read what stands side by side, each lead after the one before it."""
    each = _SECONDS / len(leads)
    edges = [*(start + each * place for place in range(len(leads))), stop]
    pieces = [
        _piece(recording, lead, first, last, BEFORE + SPEED * (first - start))
        for lead, (first, last) in zip(leads, pairwise(edges), strict=True)
    ]
    return Row(start, stop, pieces, *_reach(pieces), is_labelled)


def _piece(recording, lead, start, stop, x):
    values, rate = thinned(recording, lead, start, stop, _RATE)
    if np.isfinite(values).any():
        values = values - np.nanmedian(values)
    return Piece(lead, start, x, values, rate)


def _reach(pieces):
    """Return how far pieces go up and down in each quarter of a row, in mm."""
    above, below = np.zeros(4), np.zeros(4)
    for piece in pieces:
        held = in_mm(piece.values)
        x = piece.x + SPEED * np.arange(len(held)) / piece.rate
        quarter = np.minimum(4 * (x - BEFORE) / (SPEED * _SECONDS), 3).astype(int)
        np.maximum.at(above, quarter, held)
        np.maximum.at(above, quarter[:1], piece.name_at + _OF_NAME[1])
        np.maximum.at(below, quarter, -held)
    return above + 1, below + 1


def in_mm(values: np.ndarray) -> np.ndarray:
    """Return how high values are in mm, where they are known, as far as is drawn."""
    return GAIN * np.clip(np.nan_to_num(values), -MOST, MOST)


def round_up(length: float) -> float:
    """Return a length as a whole number of thick lines."""
    return LINE * float(np.ceil(length / LINE - 1e-9))


def baselines(rows: Sequence[Row]) -> tuple[list[float], float]:
    """Return how far below the upper edge the baseline of each row is, and the end.

    Rows are as close as what is in them allows.
    """
    zeros: list[float] = []
    below = np.zeros(4)
    for row in rows:
        apart = np.max(below + row.above)
        if row.is_labelled or not zeros:
            apart = np.max(below) + LINE + np.max(row.above)
        zeros.append(sum(zeros[-1:]) + max(round_up(apart), _CLOSEST))
        below = row.below
    return zeros, zeros[-1] + round_up(np.max(below)) + LINE


def grouped(rows: Sequence[Row]) -> list[list[Row]]:
    """Return rows that fit on a sheet, those of one time together if they do."""
    groups: list[list[Row]] = []
    for _, of_one_time in groupby(rows, key=attrgetter("start")):
        together = list(of_one_time)
        if groups and _fit([*groups[-1], *together]):
            groups[-1] += together
            continue
        groups.append([])
        for row in together:
            if groups[-1] and not _fit([*groups[-1], row]):
                groups.append([])
            groups[-1].append(row)
    return groups


def _fit(rows):
    return baselines(rows)[1] <= _TALLEST

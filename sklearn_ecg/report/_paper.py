"""All leads on paper: 25 mm a second and 10 mm a millivolt, in millimetres."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..records import Recording, ecg_leads, lead_key
from ._thinning import thinned

SPEED, GAIN = 25.0, 10.0

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

_LEAST_OF_TWELVE = 7.5
"""Seconds below which the last of the columns would be empty."""

_BEFORE = 10.0
"""Room for the pulse, left of the signal."""

_LINE = 5.0
"""Heights are whole numbers of it, so that baselines stand on thick lines."""

_TALLEST = 155.0
"""What fits on a sheet in landscape, of A4 and of Letter, below its heading."""

_MOST = 5.0
"""Millivolts from the middle of a row at which it is cut off."""

_RATE = 500.0
"""Samples a second of what is drawn, about."""

_FINE = 100
"""Steps of a millimetre in which signals are drawn."""


class Text(NamedTuple):
    """A text, and where it begins."""

    x: float
    y: float
    text: str


class Mark(NamedTuple):
    """The label of a beat, and where its middle is."""

    x: float
    y: float
    label: str
    sample: int


@dataclass(frozen=True)
class Sheet:
    """A sheet of paper with some rows; places are in mm, from its upper left corner."""

    width: float
    height: float
    name: str  # What is on it, in words
    grids: dict[str, str]  # Lines of 1 and of 5 mm, as paths
    lines: str  # Calibration pulses, and ticks where a lead ends, as a path
    traces: list[str]  # Paths of hundredths of mm
    texts: list[Text]
    marks: list[Mark]


class _Piece(NamedTuple):
    """A stretch of a lead, around the middle of its values."""

    lead: str
    start: float
    x: float
    values: np.ndarray
    rate: float


class _Row(NamedTuple):
    """Pieces side by side, how high and low they go in mm, and what is above them."""

    start: float
    stop: float
    pieces: list[_Piece]
    above: float
    below: float
    is_labelled: bool


def sheets_of(
    recording: Recording,
    looked_at: Sequence[str],
    beats: pd.DataFrame,
    clock: Callable[[float], str],
) -> list[Sheet]:
    """Draw all that was recorded, ten seconds a row."""
    rows = list(_rows(recording, _leads(recording, looked_at)))
    width = _BEFORE + _round_up(
        SPEED * max((r.stop - r.start for r in rows), default=0)
    )
    # Where there is more than one row of a lead, each says when it begins.
    when = clock if any(row.start > 0 for row in rows) else None
    return [_sheet(group, width, beats, when) for group in _grouped(rows)]


def _leads(recording, looked_at):
    """Return voltages that may be an ECG, and those that were looked at."""
    own = ecg_leads(recording.source.leads)
    return [
        lead
        for lead in recording.leads
        if recording.units[lead] == "mV" and (lead in own or lead in looked_at)
    ]


def _rows(recording, leads):
    """Yield rows: of the twelve leads as they are known, of others each its own."""
    known = {lead_key(lead): lead for lead in leads}
    columns = [[known.get(key) for key in column] for column in _COLUMNS]
    is_twelve = len(leads) == 12 and all(all(column) for column in columns)
    for start in np.arange(0, recording.duration - 1e-6, _SECONDS).tolist():
        stop = min(start + _SECONDS, recording.duration)
        if not is_twelve or recording.duration < _LEAST_OF_TWELVE:
            for place, lead in enumerate(leads):
                yield _row(recording, [lead], start, stop, place == 0)
            continue
        if stop - start >= _LEAST_OF_TWELVE:
            for place, row in enumerate(zip(*columns, strict=True)):
                yield _row(recording, row, start, stop, place == 0)
        yield _row(recording, [known[_RHYTHM]], start, stop, True)


def _row(recording, leads, start, stop, is_labelled):
    """Read what stands side by side, each lead after the one before it."""
    each = _SECONDS / len(leads)
    edges = [min(start + each * place, stop) for place in range(len(leads))]
    pieces = [
        _piece(recording, lead, first, last, _BEFORE + SPEED * (first - start))
        for lead, first, last in zip(leads, edges, [*edges[1:], stop], strict=True)
    ]
    values = np.concatenate([piece.values for piece in pieces])
    low, high = np.nanmin(values, initial=0.0), np.nanmax(values, initial=0.0)
    above = max(_round_up(GAIN * min(high, _MOST) + 3), 2 * _LINE)
    below = max(_round_up(GAIN * min(-low, _MOST) + 1), _LINE)
    return _Row(start, stop, pieces, above, below, is_labelled)


def _piece(recording, lead, start, stop, x):
    values, rate = thinned(recording, lead, start, stop, _RATE)
    if np.isfinite(values).any():
        values = values - np.nanmedian(values)
    return _Piece(lead, start, x, values, rate)


def _round_up(length):
    return _LINE * float(np.ceil(length / _LINE - 1e-9))


def _height(row):
    return row.above + row.below + _LINE * row.is_labelled


def _grouped(rows):
    """Return rows that fit on a sheet, those of one time together if they do."""
    groups: list[list[_Row]] = []
    left = 0.0
    for _, of_one_time in groupby(rows, key=attrgetter("start")):
        together = list(of_one_time)
        if sum(map(_height, together)) > left:
            left = 0.0
        for row in together:
            if _height(row) > left:
                groups.append([])
                left = _TALLEST
                row = row._replace(is_labelled=True)
            groups[-1].append(row)
            left -= _height(row)
    return groups


def _sheet(rows, width, beats, when):
    """Draw rows below each other."""
    lines, traces, texts, marks = [], [], [], []
    top = 0.0
    for row in rows:
        if row.is_labelled:
            marks += _marks(row, beats, top + 3.7, width)
        zero = top + _height(row) - row.below
        lines += _lines(row, zero)
        texts += _names(row, zero - row.above + 3.2, when)
        traces += [path for piece in row.pieces for path in _paths(piece, zero)]
        top += _height(row)
    said = f"{SPEED:.0f} mm/s, {GAIN:.0f} mm/mV" + _cut_off(rows)
    height = top + _LINE
    return Sheet(
        width=width,
        height=height,
        name=f"{_named(rows, when)}, {said}. {_counted(marks)}",
        grids={
            name: _grid(width, height, apart)
            for name, apart in (("small", 1), ("large", _LINE))
        },
        lines="".join(lines),
        traces=traces,
        texts=[*texts, Text(_BEFORE + 1, height - 1.4, said)],
        marks=marks,
    )


def _marks(row, beats, y, width):
    """Yield the labels of beats above a row."""
    inside = beats["time"].between(row.start, row.stop, inclusive="left")
    own = beats.loc[inside, ["time", "label", "sample"]]
    for time, label, sample in own.itertuples(index=False):
        x = min(_BEFORE + SPEED * (float(time) - row.start), width - 2)
        yield Mark(round(x, 2), round(y, 2), str(label), int(sample))


def _lines(row, zero):
    """Yield the pulse of a millivolt for 0.2 s, and a tick where a lead begins."""
    yield f"M1 {zero:g}h1.5v{-GAIN:g}h5v{GAIN:g}h1.5"
    for piece in row.pieces[1:]:
        yield f"M{piece.x:g} {zero - row.above + 0.5:g}v3.5"


def _names(row, y, when):
    for piece in row.pieces:
        after = "" if when is None else f"   {when(piece.start)}"
        yield Text(round(piece.x + 1, 2), round(y, 2), piece.lead + after)


def _paths(piece, zero) -> Iterator[str]:
    """Yield a path for each stretch without a gap."""
    known = np.isfinite(piece.values)
    x = np.rint(_FINE * (piece.x + SPEED * np.arange(len(known)) / piece.rate))
    held = np.clip(np.nan_to_num(piece.values), -_MOST, _MOST)
    y = np.rint(_FINE * (zero - GAIN * held))
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False))
    for first, past in edges.reshape(-1, 2).tolist():
        steps = np.diff(np.column_stack([x[first:past], y[first:past]]), axis=0)
        path = " ".join(map(str, steps.astype(int).ravel().tolist())) or "0 0"
        yield f"M{x[first]:.0f} {y[first]:.0f}l{path}"


def _grid(width, height, apart):
    across = (f"M{x:g} 0V{height:g}" for x in np.arange(0, width + 0.1, apart))
    along = (f"M0 {y:g}H{width:g}" for y in np.arange(0, height + 0.1, apart))
    return "".join([*across, *along])


def _cut_off(rows):
    """Say which leads go higher or lower than is drawn."""
    pieces = [piece for row in rows for piece in row.pieces]
    over = [p.lead for p in pieces if np.nanmax(np.abs(p.values), initial=0) > _MOST]
    if not over:
        return ""
    return f", cut off at {_MOST:g} mV: {', '.join(dict.fromkeys(over))}"


def _named(rows, when):
    leads = dict.fromkeys(piece.lead for row in rows for piece in row.pieces)
    text = f"ECG on paper, {'leads' if len(leads) > 1 else 'lead'} {', '.join(leads)}"
    return text if when is None else f"{text}, from {when(rows[0].start)}"


def _counted(marks):
    """Say how many beats of each label there are."""
    counts = pd.Series({mark.sample: mark.label for mark in marks}, dtype=object)
    each = [f"{n} {label}" for label, n in counts.value_counts().items()]
    return f"Beats: {', '.join(each)}." if each else "No beats."

"""All leads on paper: 25 mm a second and 10 mm a millivolt, in millimetres."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..records import Recording
from ._rows import (
    BEFORE,
    GAIN,
    LEAST,
    LINE,
    MOST,
    SPEED,
    baselines,
    grouped,
    in_mm,
    round_up,
    rows_of,
)

_HALF = 2.0
"""Half of what a label is wide."""

_FINE = 100
"""Steps of a millimetre in which signals are drawn."""


class Text(NamedTuple):
    """A text, and where it begins."""

    x: float
    y: float
    text: str


class Labels(NamedTuple):
    """Labels of the beats above a row, each with its place and the beat's sample."""

    start: float
    stop: float
    y: float
    beats: list[tuple[float, str, int]]


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
    labels: list[Labels]


def sheets_of(
    recording: Recording, looked_at: Sequence[str], beats: pd.DataFrame
) -> list[Sheet]:
    """Draw all that was recorded, ten seconds a row."""
    rows = list(rows_of(recording, looked_at))
    longest = max((row.stop - row.start for row in rows), default=0.0)
    width = BEFORE + round_up(SPEED * longest)
    duration = recording.duration
    return [_sheet(group, width, beats, duration) for group in grouped(rows)]


def _sheet(rows, width, beats, duration):
    """Draw rows below each other."""
    lines, traces, texts, labels = [], [], [], []
    zeros, height = baselines(rows)
    for place, (row, zero) in enumerate(zip(rows, zeros, strict=True)):
        if row.is_labelled or place == 0:
            labels.append(_labels(row, beats, zero - np.max(row.above) - 1.3))
        lines += _lines(row, zero)
        texts += _names(row, zero)
        traces += [path for piece in row.pieces for path in _paths(piece, zero)]
    said = f"{SPEED:.0f} mm/s, {GAIN:.0f} mm/mV" + _left_out(rows, duration)
    return Sheet(
        width=width,
        height=height,
        name=f"{_named(rows)}, {said}. {_counted(labels)}",
        grids={
            name: _grid(width, height, apart)
            for name, apart in (("small", 1), ("large", LINE))
        },
        lines="".join(lines),
        traces=traces,
        texts=[*texts, Text(BEFORE + 1, height - 1.4, said)],
        labels=labels,
    )


def _labels(row, beats, y):
    """Return the labels of beats above a row, all of which are on the sheet."""
    inside = beats["time"].between(row.start, row.stop, inclusive="left")
    own = beats.loc[inside, ["time", "label", "sample"]].itertuples(index=False)
    last = BEFORE + SPEED * (row.stop - row.start) - _HALF
    placed = [
        (round(min(BEFORE + SPEED * (time - row.start), last), 2), str(label), sample)
        for time, label, sample in own
    ]
    return Labels(row.start, row.stop, round(float(y), 2), placed)


def _lines(row, zero):
    """Yield the pulse of a millivolt for 0.2 s, and a tick where a lead begins."""
    yield f"M1 {zero:g}h1.5v{-GAIN:g}h5v{GAIN:g}h1.5"
    for piece in row.pieces[1:]:
        yield f"M{piece.x:g} {zero - piece.name_at - 3:.2f}v3.5"


def _names(row, zero):
    """Yield the name of each lead above its signal, and when a later row begins."""
    for piece in row.pieces:
        is_later = piece is row.pieces[0] and row.start > 0
        text = f"{piece.lead}  {row.start:.0f} s" if is_later else piece.lead
        yield Text(round(piece.x + 1, 2), round(zero - piece.name_at, 2), text)


def _paths(piece, zero) -> Iterator[str]:
    """Yield a path for each stretch without a gap."""
    known = np.isfinite(piece.values)
    x = np.rint(_FINE * (piece.x + SPEED * np.arange(len(known)) / piece.rate))
    y = np.rint(_FINE * (zero - in_mm(piece.values)))
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False))
    for first, past in edges.reshape(-1, 2).tolist():
        steps = np.diff(np.column_stack([x[first:past], y[first:past]]), axis=0)
        path = " ".join(map(str, steps.astype(int).ravel().tolist())) or "0 0"
        yield f"M{x[first]:.0f} {y[first]:.0f}l{path}"


def _grid(width, height, apart):
    across = (f"M{x:g} 0V{height:g}" for x in np.arange(0, width + 0.1, apart))
    along = (f"M0 {y:g}H{width:g}" for y in np.arange(0, height + 0.1, apart))
    return "".join([*across, *along])


def _left_out(rows, duration):
    """Say which leads go beyond what is drawn, and what is too short for a row."""
    pieces = [piece for row in rows for piece in row.pieces]
    over = [p.lead for p in pieces if np.nanmax(np.abs(p.values), initial=0) > MOST]
    text, rest = "", duration - rows[-1].stop
    if over:
        text = f", cut off at {MOST:g} mV: {', '.join(dict.fromkeys(over))}"
    if 0.005 < rest <= LEAST:
        text += f", without the last {rest:.2f} s"
    return text


def _named(rows):
    leads = dict.fromkeys(piece.lead for row in rows for piece in row.pieces)
    named = f"{'leads' if len(leads) > 1 else 'lead'} {', '.join(leads)}"
    return f"ECG on paper, {rows[0].start:.0f} to {rows[-1].stop:.0f} s, {named}"


def _counted(labels):
    """Say how many beats of each label there are."""
    of_beat = {sample: label for row in labels for _, label, sample in row.beats}
    counts = pd.Series(of_beat, dtype=object).value_counts()
    each = [f"{n} {label}" for label, n in counts.items()]
    return f"Beats: {', '.join(each)}." if each else "No beats."

"""What a page draws: the heart rate with its episodes, and typical beats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .._messages import clock as since_start
from ..records import NO_BEAT, Recording
from ._clock import Clock

WIDTH, HEIGHT = 1000, 300
_MOST_BINS = 480
_LOWEST_TOP = 120.0
_FEWEST_IN_BIN = 3

_BANDS = (
    "AF",
    "V run",
    "S run",
    "pause",
    "bradycardia",
    "tachycardia",
    "not analysable",
)
"""Kinds of episodes that have a line of their own, from above."""

_AROUND = (0.3, 0.5)
_MOST_BEATS = 60


def heart_rate(
    beats: pd.DataFrame,
    episodes: pd.DataFrame | None,
    start: float,
    stop: float,
    clock: Clock,
) -> dict[str, Any]:
    """Return the course of the heart rate, ectopic beats, and lines of episodes."""
    labels = beats["label"].to_numpy(dtype=object)
    is_beat = labels != NO_BEAT
    labels, times = labels[is_beat], beats["time"].to_numpy(dtype=float)[is_beat]
    stop = max(stop, start + 1e-9)
    n_bins = int(min(_MOST_BINS, max(1, (stop - start) // 20)))
    edges = np.linspace(start, stop, n_bins + 1)
    place = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, n_bins - 1)
    rate = 60 / np.diff(times, prepend=np.nan)
    medians = pd.Series(rate).groupby(place).median().reindex(range(n_bins))
    counts = np.bincount(place, minlength=n_bins)
    medians = np.where(counts < _FEWEST_IN_BIN, np.nan, medians)
    top = max(_LOWEST_TOP, float(np.nanmax(medians, initial=0.0)) * 1.1)
    width = WIDTH / n_bins
    x = (np.arange(n_bins) + 0.5) * width
    marks = {}
    for label in ("V", "S"):
        of_label = np.bincount(place[labels == label], minlength=n_bins)
        most = max(int(of_label.max(initial=0)), 1)
        marks[label] = [
            (
                round(float(x[b]), 1),
                round(60 * of_label[b] / most + 4, 1),
                int(of_label[b]),
            )
            for b in np.flatnonzero(of_label).tolist()
        ]
    y = HEIGHT - HEIGHT * medians / top
    return {
        "lines": _polylines(x, y),
        "marks": marks,
        "bar": round(max(width, 1.5), 2),
        "top": round(top),
        "ticks": ticks(start, stop, clock),
        "bands": [] if episodes is None else _bands(episodes, start, stop),
    }


def ticks(start: float, stop: float, clock: Clock) -> list[tuple[float, str]]:
    """Return places and texts of an axis of time, at round times of the clock."""
    steps = (10, 60, 300, 900, 3600, 7200, 14400, 86400)
    step = next((s for s in steps if (stop - start) / s <= 12), steps[-1])
    begin = clock.begin or 0.0
    first = np.ceil((begin + start) / step) * step - begin
    return [
        (round(WIDTH * (t - start) / max(stop - start, 1e-9), 1), _tick(t, step, clock))
        for t in np.arange(first, stop + 1e-9, step).tolist()
    ]


def _tick(seconds, step, clock):
    if clock.begin is None:
        return since_start(seconds)
    if step == 86400:
        return clock.date_of(seconds)
    return since_start(round(clock.begin + seconds) % 86400)


def _bands(episodes, start, stop):
    """Return a line for each kind of episode that is there: places and widths."""
    bands = []
    for kind in _BANDS:
        own = episodes[episodes["kind"] == kind]
        if own.empty:
            continue
        unit = WIDTH / (stop - start)
        starts = (own["start"] - start).to_numpy() * unit
        widths = (own["stop"] - own["start"]).to_numpy() * unit
        # Of those that would lie on each other, one is enough.
        places = pd.DataFrame({"x": starts.round(), "w": widths.clip(1.5).round(1)})
        widest = places.groupby("x")["w"].max()
        boxes = list(zip(widest.index.tolist(), widest.tolist(), strict=True))
        bands.append({"kind": kind, "boxes": boxes, "n": len(own)})
    return bands


def curve(values: np.ndarray, width: float, height: float) -> str:
    """Return the points of a curve that fills a box."""
    x = np.linspace(0, width, len(values))
    low, high = float(values.min()), float(values.max())
    y = height - height * (values - low) / max(high - low, 1e-9)
    return _points(x, y)


def _polylines(x, y):
    known = np.isfinite(y)
    cuts = np.flatnonzero(np.diff(known.astype(int))) + 1
    return [
        _points(x[part], y[part])
        for part in np.split(np.arange(len(x)), cuts)
        if known[part].any()
    ]


def _points(x, y):
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def typical_beats(
    recording: Recording, lead: str, beats: pd.DataFrame, labels: list[str]
) -> dict[str, np.ndarray]:
    """Return the median beat of each label, of at most sixty in even steps."""
    before, after = _AROUND
    typical = {}
    for label in labels:
        times = beats.loc[beats["label"] == label, "time"].to_numpy(dtype=float)
        inside = (times >= before) & (times <= recording.duration - after)
        times = times[inside]
        chosen = times[
            np.linspace(0, len(times) - 1, min(len(times), _MOST_BEATS), dtype=int)
        ]
        cut = [
            np.asarray(recording.read(lead, time - before, time + after))
            for time in chosen
        ]
        length = min(map(len, cut), default=0)
        whole = [one[:length] for one in cut if np.isfinite(one[:length]).all()]
        if whole and length:
            centered = np.array(whole) - np.median(whole, axis=1, keepdims=True)
            typical[label] = np.median(centered, axis=0)
    return typical

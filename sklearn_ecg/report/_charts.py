"""What a page draws: the heart rate, strips around beats, and typical beats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .._messages import clock
from ..records import NO_BEAT, Recording

WIDTH, HEIGHT = 1000, 300
_MOST_BINS = 480
_LOWEST_TOP = 120.0
_FEWEST_IN_BIN = 3

_SECONDS = 10.0
_RATE = 125.0
"""Samples a second of what is shown, about."""

_UNITS = 200
"""Steps of a millivolt: strips hold whole numbers."""

_EDGE = 0.5
"""Seconds at either end of a strip in which a beat is not seen whole."""

_AROUND = (0.3, 0.5)
_MOST_BEATS = 60


def heart_rate(beats: pd.DataFrame, duration: float) -> dict[str, Any]:
    """Return the course of the heart rate, with marks of ectopic beats."""
    beats = beats[beats["label"] != NO_BEAT]
    times = beats["time"].to_numpy(dtype=float)
    n_bins = int(min(_MOST_BINS, max(1, duration // 20)))
    edges = np.linspace(0, max(duration, 1e-9), n_bins + 1)
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
        of_label = np.bincount(place[beats["label"] == label], minlength=n_bins)
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
        "ticks": ticks(duration),
    }


def ticks(duration: float) -> list[tuple[float, str]]:
    """Return places and texts of an axis of time."""
    steps = (10, 60, 300, 900, 3600, 7200, 14400, 86400)
    step = next((s for s in steps if duration / s <= 12), steps[-1])
    return [
        (round(WIDTH * t / max(duration, 1e-9), 1), clock(t))
        for t in np.arange(0, duration + 1e-9, step).tolist()
    ]


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


def strips_of(
    recording: Recording,
    lead: str,
    beats: pd.DataFrame,
    odd: pd.DataFrame,
    cells: np.ndarray | None = None,
) -> list[dict[str, Any]]:
    """Cut a strip around each odd beat that no strip before shows, with all labels.

    `cells` has the cell of each beat that answers to questions move, -1 for none.
    """
    cells = np.full(len(beats), -1) if cells is None else cells
    strips: list[dict[str, Any]] = []
    seen: list[tuple[float, float]] = []
    probabilities = [name for name in beats.columns if name.startswith("p_")]
    latest = max(recording.duration - _SECONDS, 0.0)
    for beat in odd.itertuples():
        if any(start <= beat.time <= stop for start, stop in seen):
            continue
        start = min(max(beat.time - _SECONDS / 2, 0.0), latest)
        stop = min(start + _SECONDS, recording.duration)
        seen.append((start + _EDGE * (start > 0), stop - _EDGE * (start < latest)))
        signal, rate = _thinned(recording, lead, start, stop)
        is_inside = ((beats["time"] >= start) & (beats["time"] < stop)).to_numpy()
        inside = beats[is_inside]
        certainty = inside[probabilities].max(axis=1) if probabilities else None
        strips.append(
            {
                "start": round(start, 3),
                "rate": rate,
                "signal": signal,
                "odd": int(beat.sample),
                "beats": [
                    [
                        int(sample),
                        round(float(time), 3),
                        str(label),
                        _share(share),
                        *([int(cell)] if cell >= 0 else []),
                    ]
                    for sample, time, label, share, cell in zip(
                        inside["sample"],
                        inside["time"],
                        inside["label"],
                        np.ones(len(inside)) if certainty is None else certainty,
                        cells[is_inside],
                        strict=True,
                    )
                ],
            }
        )
    return strips


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


def _thinned(recording, lead, start, stop):
    """Return a stretch of the lead with fewer samples, and their rate."""
    signal = np.asarray(recording.read(lead, start, stop))
    rate = len(signal) / (stop - start)
    step = max(1, int(rate // _RATE))
    whole = signal[: len(signal) // step * step].reshape(-1, step).mean(axis=1)
    whole = whole - np.nanmedian(whole) if np.isfinite(whole).any() else whole
    units = np.rint(whole * _UNITS)
    return [int(u) if np.isfinite(u) else None for u in units], rate / step


def _share(value):
    return None if not np.isfinite(value) else round(float(value), 3)

"""Charts of a page, as the points and bars of inline SVG."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..records._symbols import NO_BEAT

WIDTH, HEIGHT = 1000, 300
_MOST_BINS = 480
_LOWEST_TOP = 120.0
_FEWEST_IN_BIN = 3


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


def clock(seconds: float) -> str:
    """Return a time since the start as people write it."""
    whole = int(seconds)
    if seconds % 60 == 0:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}"
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


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

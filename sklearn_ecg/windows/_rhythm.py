"""Rhythm features: what the intervals around a beat say about it."""

from __future__ import annotations

import numpy as np

from ..beats._intervals import IntervalState
from ._features import (
    FEATURES,
    LONGEST,
    SECONDS,
    SHORTEST,
    UNKNOWN,
    BeatStep,
    feature_names,
)


class RhythmState:
    """The rhythm so far, from which the rhythm features of each beat follow."""

    def __init__(self, sampling_rate: float):
        self._intervals = IntervalState(sampling_rate)
        self._last: dict[str, float] | None = None

    def update(self, r_peak: int) -> BeatStep:
        """Take the next R peak, and compute what it makes known."""
        rr_prev, rr_local = self._intervals.update(r_peak)
        completed = self._last and _of_beat(**self._last, rr_next=rr_prev)
        self._last = {"rr_prev": rr_prev, "rr_local": rr_local}
        return BeatStep(completed, _of_beat(**self._last, rr_next=np.nan))


def rhythm_features(intervals, features):
    """Compute rhythm features; the result is finite whatever is unknown."""
    return np.column_stack(_features_of(intervals, features))


def _of_beat(**intervals):
    names = feature_names("rhythm")
    values = map(float, _features_of(intervals, names))
    return dict(zip(names, values, strict=True))


def _features_of(intervals, features):
    """Compute each feature, of one beat or of arrays of them."""
    known = {name: _known(values) for name, values in intervals.items()}
    local = _fill(known["rr_local"], _fill(known["rr_prev"], UNKNOWN))
    values = []
    for feature in map(FEATURES.get, features):
        value = _fill(known[feature.interval], local)
        if feature.unit != SECONDS:
            value = np.minimum(value / local, LONGEST)
        values.append(value)
    return values


def _known(seconds):
    """Cap long intervals, and mark by NaN what is no interval."""
    usable = np.isfinite(seconds) & (seconds >= SHORTEST)
    return np.where(usable, np.minimum(seconds, LONGEST), np.nan)


def _fill(values, replacement):
    return np.where(np.isnan(values), replacement, values)

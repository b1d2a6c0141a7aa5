"""Rhythm features: what the intervals around a beat say about it."""

from __future__ import annotations

import numpy as np

from ._features import FEATURES, LONGEST, SECONDS, SHORTEST, UNKNOWN


def rhythm_features(intervals, features):
    """Compute rhythm features; the result is finite whatever is unknown."""
    return np.column_stack(_features_of(intervals, features))


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

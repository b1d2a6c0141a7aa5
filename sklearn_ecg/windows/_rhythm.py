"""Rhythm features: what the intervals around a beat say about it."""

import numpy as np

from ._features import FEATURES, LONGEST, SECONDS, SHORTEST, UNKNOWN


def rhythm_features(intervals, features):
    """Compute rhythm features; the result is finite whatever is unknown.

    An interval that is missing, infinite or under 1 ms is unknown. An unknown local
    mean is taken to be the previous interval, or 1 s if that is unknown too; an
    unknown interval is taken to be the local mean. Intervals longer than 3 s count as
    3 s, and so do ratios above 3 count as 3.

    Parameters
    ----------
    intervals : dict of str to ndarray of shape (n_beats,)
        The columns of the beat table that the features need, in seconds.

    features : sequence of str
        Names of rhythm features.

    Returns
    -------
    ndarray of shape (n_beats, len(features)), float64

    Examples
    --------
    >>> intervals = {
    ...     "rr_prev": np.array([np.nan, 0.4]),
    ...     "rr_local": np.array([np.nan, 0.8]),
    ...     "rr_next": np.array([0.8, 5.0]),
    ... }
    >>> rhythm_features(intervals, ["rr_prev", "rr_prev_ratio", "rr_next"])
    array([[1. , 1. , 0.8],
           [0.4, 0.5, 3. ]])
    """
    known = {name: _known(values) for name, values in intervals.items()}
    local = _fill(known["rr_local"], _fill(known["rr_prev"], UNKNOWN))
    columns = []
    for feature in map(FEATURES.get, features):
        interval = _fill(known[feature.interval], local)
        in_seconds = feature.unit == SECONDS
        columns.append(
            interval if in_seconds else np.minimum(interval / local, LONGEST)
        )
    return np.column_stack(columns)


def _known(seconds):
    """Cap long intervals, and mark by NaN what is no interval."""
    usable = np.isfinite(seconds) & (seconds >= SHORTEST)
    return np.where(usable, np.minimum(seconds, LONGEST), np.nan)


def _fill(values, replacement):
    return np.where(np.isnan(values), replacement, values)

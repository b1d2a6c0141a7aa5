"""Rhythm features: what the intervals around a beat say about it."""

import numpy as np

ALL_FEATURES = ("rr_prev", "rr_next", "rr_local", "rr_prev_ratio", "rr_next_ratio")
CAUSAL_FEATURES = ("rr_prev", "rr_local", "rr_prev_ratio")
"""The features that are known at the R peak, without waiting for the next beat."""

LONGEST = 3.0
"""Limit of intervals, in seconds, and of ratios: beyond it, a pause is a pause."""

_SHORTEST = 0.001
"""A device counts milliseconds, and says 0 for an interval that it doesn't know."""

_UNKNOWN = 1.0
"""The interval, in seconds, where nothing is known yet: 60 beats per minute."""


def required_columns(features):
    """Return the columns of a beat table from which features are computed.

    Parameters
    ----------
    features : sequence of str
        Some of `ALL_FEATURES`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> required_columns(["rr_next_ratio"])
    ['rr_prev', 'rr_local', 'rr_next']
    """
    if not features:
        return []
    # The two that fill in for others are needed whatever is asked for.
    following = any(name.startswith("rr_next") for name in features)
    return ["rr_prev", "rr_local"] + ["rr_next"] * following


def rhythm_features(intervals, features):
    """Compute rhythm features; the result is finite whatever is unknown.

    An interval that is missing, infinite or under 1 ms is unknown. An unknown local
    mean is taken to be the previous interval, or 1 s if that is unknown too; an
    unknown interval is taken to be the local mean. Intervals longer than 3 s count as
    3 s, and so do ratios above 3 count as 3.

    Parameters
    ----------
    intervals : dict of str to ndarray of shape (n_beats,)
        The columns that `required_columns` names, in seconds.

    features : sequence of str
        Some of `ALL_FEATURES`.

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
    local = _fill(known["rr_local"], _fill(known["rr_prev"], _UNKNOWN))
    columns = {"rr_local": local}
    for name in known.keys() - {"rr_local"}:
        interval = _fill(known[name], local)
        columns[name] = interval
        columns[f"{name}_ratio"] = np.minimum(interval / local, LONGEST)
    return np.column_stack([columns[name] for name in features])


def _known(seconds):
    """Cap long intervals, and mark by NaN what is no interval."""
    usable = np.isfinite(seconds) & (seconds >= _SHORTEST)
    return np.where(usable, np.minimum(seconds, LONGEST), np.nan)


def _fill(values, replacement):
    return np.where(np.isnan(values), replacement, values)

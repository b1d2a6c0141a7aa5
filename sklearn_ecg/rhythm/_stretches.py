"""Stretches of time, and what intervals have to do with them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._messages import listed

Stretches: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Starts and stops in seconds, in order; none touches another."""

_FOREVER = 2.0**62
"""Samples that are more than any recording has."""


def stretches_of(unreadable: ArrayLike | pd.DataFrame | None) -> np.ndarray:
    """Return stretches as pairs of seconds, by their start; refuse what is none.

    Returns
    -------
    ndarray of shape (n_stretches, 2)
    """
    if unreadable is None:
        return np.zeros((0, 2))
    if isinstance(unreadable, pd.DataFrame):
        missing = [name for name in ("start", "stop") if name not in unreadable]
        if missing:
            raise ValueError(
                f"unreadable has no column {listed(missing)}; it must have start and "
                "stop, in seconds."
            )
        unreadable = unreadable[["start", "stop"]]
    pairs = _floats(unreadable)
    if pairs.size == 0:
        return np.zeros((0, 2))
    if pairs.shape[1:] != (2,) or not (pairs[:, 0] <= pairs[:, 1]).all():
        raise ValueError(
            "unreadable must hold stretches: pairs of a start and a stop that is not "
            "before it, in seconds since the recording began."
        )
    return pairs[np.argsort(pairs[:, 0], kind="stable")]


def _floats(values):
    """Return numbers as floats; of anything else, one that is no pair."""
    try:
        array = np.asarray(values)
        # Dates would become numbers of nanoseconds.
        return np.array([np.nan]) if array.dtype.kind in "mM" else array.astype(float)
    except (TypeError, ValueError):
        return np.array([np.nan])


def in_samples(pairs: np.ndarray, sampling_rate: float) -> list[tuple[int, int]]:
    """Return pairs of seconds in samples; one may be without a start or an end."""
    samples = np.clip(pairs * sampling_rate, -_FOREVER, _FOREVER)
    return [(start, stop) for start, stop in np.rint(samples).astype(np.int64).tolist()]


def merged(stretches: np.ndarray) -> Stretches:
    """Return stretches, of shape (n, 2), in order, and those that touch as one."""
    starts, stops = stretches[np.argsort(stretches[:, 0], kind="stable")].T
    reach = np.maximum.accumulate(stops)
    is_first = np.append(True, starts[1:] > reach[:-1])[: len(starts)]
    is_last = np.append(is_first[1:], True)[: len(starts)]
    return starts[is_first], reach[is_last]


def seconds_between(edges: np.ndarray, stretches: Stretches) -> np.ndarray:
    """Return how many seconds stretches take from each edge to the next.

    One may begin where another ends.
    """
    starts, stops = stretches
    if len(starts) == 0 or len(edges) == 0:
        return np.zeros(max(len(edges) - 1, 0))
    ends = np.append(0, np.cumsum(stops - starts))
    times = np.column_stack([starts, stops]).ravel()
    taken = np.column_stack([ends[:-1], ends[1:]]).ravel()
    return np.diff(np.interp(edges, times, taken))


def touched(
    starts: np.ndarray, stops: np.ndarray, episodes: pd.DataFrame
) -> np.ndarray:
    """Tell which stretches episodes reach into, those in time order."""
    n_begun = np.searchsorted(episodes["start"].to_numpy(), stops, side="left")
    n_over = np.searchsorted(episodes["stop"].to_numpy(), starts, side="right")
    return n_begun > n_over

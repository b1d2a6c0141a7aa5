"""Features of beats as columns of X: floats that are exact multiples of their unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from ..patient import FEATURES, milliseconds_of, rhythm_features


def columns_of(
    features: Mapping[str, np.ndarray],
    names: Sequence[str],
    n_beats: int,
    window_rate: float = 1.0,
) -> np.ndarray:
    """Return features in their units, of shape (n_beats, n_names)."""
    if not names:
        return np.empty((n_beats, 0))
    values = np.array([features[name] for name in names])
    return values.T * _worth(tuple(names), window_rate)


@lru_cache(maxsize=32)
def _worth(names, window_rate):
    """Return what one of each feature's integers is worth."""
    return np.array([FEATURES[name].worth(window_rate) for name in names])


def rhythm_columns(
    intervals: Mapping[str, np.ndarray], names: Sequence[str], n_beats: int
) -> np.ndarray:
    """Return rhythm features in their units, from intervals in seconds."""
    known = {name: milliseconds_of(each) for name, each in intervals.items()}
    return columns_of(rhythm_features(known) if names else {}, names, n_beats)

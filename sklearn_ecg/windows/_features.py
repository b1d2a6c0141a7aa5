"""Features of beats as columns of X: floats that are exact multiples of their unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..patient import in_units, milliseconds_of, rhythm_features


def columns_of(
    features: Mapping[str, np.ndarray],
    names: Sequence[str],
    n_beats: int,
    window_rate: float = 1.0,
) -> np.ndarray:
    """Return features in their units, of shape (n_beats, n_names)."""
    columns = np.empty((n_beats, len(names)))
    for place, name in enumerate(names):
        columns[:, place] = in_units(name, features[name], window_rate)
    return columns


def rhythm_columns(
    intervals: Mapping[str, np.ndarray], names: Sequence[str], n_beats: int
) -> np.ndarray:
    """Return rhythm features in their units, from intervals in seconds."""
    known = {name: milliseconds_of(each) for name, each in intervals.items()}
    return columns_of(rhythm_features(known) if names else {}, names, n_beats)

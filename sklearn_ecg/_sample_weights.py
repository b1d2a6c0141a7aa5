"""Weights of beats, checked."""

from numbers import Real

import numpy as np
from sklearn.utils import check_array

from ._messages import listed


def checked_weights(sample_weight, n_beats, dtype=np.float64):
    """Check the weights of the beats."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        sample_weight = np.full(n_beats, sample_weight)
    with np.errstate(over="ignore"):
        weights = check_array(
            sample_weight, dtype=dtype, ensure_2d=False, input_name="sample_weight"
        )
    if weights.shape != (n_beats,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}, must be ({n_beats},): a weight "
            "for each beat."
        )
    negative = np.flatnonzero(weights < 0).tolist()
    if negative:
        raise ValueError(
            f"sample_weight is negative for {len(negative)} of {n_beats} beats: "
            f"{listed(negative)}. Weights must be 0 or more."
        )
    if not weights.any():
        raise ValueError("Every sample_weight is zero: no beat counts.")
    return weights

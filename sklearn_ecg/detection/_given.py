"""R peaks from elsewhere: what they must be, and what is often taken for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def samples_of(
    r_peaks: ArrayLike,
    called: str,
    n_samples: int,
    sampling_rate: float,
    *,
    rounds: bool = False,
) -> np.ndarray:
    """Return R peaks as whole samples; refuse seconds, masks, and what is no list.

    `rounds` allows places between two samples. Those outside of the signal stay.
    """
    found = np.asarray(r_peaks)
    if found.size == 0:
        return np.zeros(0, dtype=np.int64)
    if found.ndim != 1:
        raise ValueError(
            f"{called} must have one dimension, a number for each beat, not the shape "
            f"{found.shape}."
        )
    if _is_mask(found, n_samples):
        raise ValueError(
            f"{called} must be the samples of the beats, and not a mask of "
            f"{len(found)} entries. np.flatnonzero(mask) has their samples."
        )
    if found.dtype.kind not in "iuf":
        raise ValueError(
            f"{called} must be whole numbers of samples, not {found.dtype}."
        )
    _check_whole(found, called, n_samples / sampling_rate, rounds)
    return np.rint(found).astype(np.int64)


def refuse_outside(r_peaks: np.ndarray, called: str, n_samples: int) -> None:
    """Refuse R peaks that are no samples of the signal."""
    outside = np.flatnonzero((r_peaks < 0) | (r_peaks >= n_samples))
    if len(outside):
        raise ValueError(
            f"{called} must be samples of the signal, 0 to {n_samples - 1}; position "
            f"{outside[0]} holds {r_peaks[outside[0]]}."
        )


def refuse_falling(r_peaks: np.ndarray, called: str) -> None:
    """Refuse R peaks that do not rise."""
    falling = np.flatnonzero(np.diff(r_peaks) <= 0)
    if len(falling):
        first, second = r_peaks[falling[0] : falling[0] + 2]
        raise ValueError(
            f"{called} must rise; {second}, at position {falling[0] + 1}, comes after "
            f"{first}."
        )


def _is_mask(found, n_samples):
    if found.dtype.kind == "b":
        return True
    is_long = len(found) == n_samples and len(found) > 2
    return is_long and bool(((found == 0) | (found == 1)).all())


def _check_whole(found, called, duration, rounds):
    """Refuse numbers that are not finite, seconds, or else between two samples."""
    are_seconds = _are_seconds(found, duration)
    is_wrong = ~np.isfinite(found)
    if are_seconds or not rounds:
        is_wrong |= found != np.round(found)
    bad = np.flatnonzero(is_wrong)
    if len(bad) == 0 and not are_seconds:
        return
    first = bad[0] if len(bad) else 0
    others = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    remedy = ""
    if are_seconds:
        remedy = (
            " They seem to be seconds: np.rint(seconds * sampling_rate) makes samples "
            "of them."
        )
    raise ValueError(
        f"{called} must be whole numbers of samples: position {first} holds "
        f"{found[first]}{others}.{remedy}"
    )


def _are_seconds(found, duration):
    """Tell whether all numbers are inside of the signal as seconds, but no samples."""
    if not np.isfinite(found).all() or found.max() > duration:
        return False
    is_whole = (found == np.round(found)).all()
    # Whole numbers may be the samples of the first few beats, one by one apart not so.
    return not is_whole or (len(found) > 2 and np.median(np.diff(found)) <= 2)

"""Which numbers in memory can be samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

LARGEST = 2.0**32
"""Absolute value from which a sample is no measurement, in the units of its record.

No converter in use counts further; the marks that other formats put for missing
samples, such as 9.97e36 and 1e20, lie beyond.
"""


def without_mask(samples: ArrayLike) -> np.ndarray:
    """Return samples as an array in which what is masked is NaN."""
    if isinstance(samples, np.ma.MaskedArray) and np.ma.is_masked(samples):
        return np.ma.filled(samples.astype(np.float64), np.nan)
    return np.asarray(samples)


def refuse_impossible(samples: np.ndarray, called: str) -> None:
    """Refuse infinite and huge numbers; files have other marks, and may hold them."""
    is_short = samples.dtype.kind in "iu" and samples.dtype.itemsize < 4
    if is_short or samples.size == 0:
        return
    # These two pass over NaN, which says that a sample is missing.
    lowest, highest = np.fmin.reduce(samples, None), np.fmax.reduce(samples, None)
    if not (float(lowest) <= -LARGEST or float(highest) >= LARGEST):
        return
    is_wrong = np.abs(samples.astype(float)) >= LARGEST
    first = tuple(int(places[0]) for places in np.nonzero(is_wrong))
    place = first[0] if len(first) == 1 else first
    raise ValueError(
        f"{called} holds {samples[first]:g} at index {place}, which no converter gives:"
        f" samples lie within ±{LARGEST:.2g}. Put NaN where a sample is missing."
    )

"""Where in a beat its R peak is: the fiducial point of the package.

The R peak is where the signal, smoothed over 24 ms and without its baseline, is
farthest from zero. The detector looks for it near the energy of a beat, and
`align_r_peaks` near the mark of someone else.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ._filters import BoxSum, HighPass
from ._lengths import Lengths


class Sharpen:
    """The smoothed signal without its baseline, of each working sample."""

    def __init__(self, lengths: Lengths):
        self._low_pass = BoxSum(lengths.box)
        self._high_pass = HighPass(lengths.high_pass)

    def update(self, block: np.ndarray) -> np.ndarray:
        """Return a value for each value of the block, later by `sharp_delay`."""
        return self._high_pass.update(self._low_pass.update(block))


def farthest_from_zero(
    sharp: np.ndarray, last: np.ndarray, n_near: int, lengths: Lengths
) -> tuple[np.ndarray, np.ndarray]:
    """Return where the sharpened signal is farthest from zero, of a parabola."""
    near = np.abs(ending_at(sharp, last + 1, n_near + 2))
    inside = near[:, 1:-1].argmax(axis=1) + 1
    rows = np.arange(len(last))
    left, middle, right = (near[rows, inside + k] for k in (-1, 0, 1))
    is_top = (middle >= left) & (middle >= right)
    curvature = np.maximum(2 * middle - left - right, 1)
    half_steps = np.where(is_top, lengths.factor * (right - left) // curvature, 0)
    top = last - n_near + inside
    center = lengths.factor * (2 * top - lengths.sharp_delay) + lengths.factor - 1
    return (center + half_steps + 1) // 2, is_top & (middle > 0)


def ending_at(values: np.ndarray, ends: np.ndarray, length: int) -> np.ndarray:
    """Return the `length` values up to each of some places, the place included."""
    return sliding_window_view(values, length)[ends - (length - 1)]

"""How broad and how smooth a wave is, in the samples around a peak of the energy.

A wide ventricular beat is low where only steep and narrow waves count. It is high in
the slow wave: the mean of 56 ms less that of 0.4 s. The noise of muscles and of moved
electrodes bends otherwise than beats do, for the same height: by the sum of second
differences.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ._filters import Lengths, log2


def broad_and_smooth(
    working: np.ndarray, peaks: np.ndarray, heights: np.ndarray, lengths: Lengths
) -> tuple[np.ndarray, np.ndarray]:
    """Return how high the slow wave near each peak is, and how little it bends."""
    middles = peaks - lengths.lag - lengths.sharp_delay // 2
    slow = _slow_waves(working, middles, lengths).max(axis=1)
    return log2(slow), heights - log2(_bends(working, middles, lengths))


def _slow_waves(working, middles, lengths):
    """Return sizes of the slow wave, from before each middle until after it."""
    half, inner = lengths.around // 2, lengths.broad // 2
    n_slow = lengths.broad_before + 1 + lengths.broad_after
    ends = middles + lengths.broad_after + half
    near = ending_at(working, ends, n_slow + 2 * half)
    sums = np.pad(np.cumsum(near, axis=1), ((0, 0), (1, 0)))
    around = sums[:, lengths.around :] - sums[:, :n_slow]
    first = half - inner
    stop = first + lengths.broad
    broad = sums[:, stop : stop + n_slow] - sums[:, first : first + n_slow]
    return np.abs(lengths.around * broad - lengths.broad * around)


def _bends(working, middles, lengths):
    """Return the sum of second differences around each middle."""
    reach = lengths.bends
    near = ending_at(working, middles + reach + 1, 2 * reach + 2)
    return np.abs(np.diff(near, 2, axis=1)).sum(axis=1)


def ending_at(values: np.ndarray, ends: np.ndarray, length: int) -> np.ndarray:
    """Return the `length` values up to each of some places, the place included."""
    return sliding_window_view(values, length)[ends - (length - 1)]

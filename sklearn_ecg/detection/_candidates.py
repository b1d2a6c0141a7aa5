"""Where beats may be, and where in a beat its R peak is.

A candidate is a peak of the energy of steep, narrow waves. Its R peak is where the
signal near it, smoothed over 24 ms and without its baseline, is farthest from zero: the
fiducial point of the package, which `align_r_peaks` looks for near given marks.

The chain of filters is after Pan and Tompkins [1]_ and Hamilton [2]_, with sums in
place of their recursive filters: the delay is the same at every frequency, and nothing
is rounded.

References
----------
.. [1] J. Pan, W. J. Tompkins (1985), "A real-time QRS detection algorithm", IEEE
   Transactions on Biomedical Engineering 32(3):230-236.
.. [2] P. Hamilton (2002), "Open source ECG analysis", Computers in Cardiology
   29:101-104.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.ndimage import maximum_filter1d

from ._filters import BoxSum, HighPass, Lengths, Sharpen, Slope, log2
from ._shape import broad_and_smooth, ending_at


class Candidate(NamedTuple):
    """A peak of the energy."""

    time: int  # Of the peak, in working samples
    height: int
    slope: int
    broad: int  # Height of the slow wave
    smooth: int  # Height over how much the signal bends
    sample: int  # The R peak, in samples of the recording
    rival: int = 0  # By how much earlier a peak half as high is, 0.1 to 0.2 s; else 0


class Energy:
    """Energy, slope and sharpened signal for each working sample."""

    def __init__(self, lengths: Lengths):
        self._low_pass = BoxSum(lengths.box), BoxSum(lengths.box)
        self._high_pass = HighPass(lengths.high_pass)
        self._slope = Slope(lengths.slope)
        self._box = BoxSum(lengths.energy)
        self._sharpen = Sharpen(lengths)

    def update(self, block: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return energy, slope and sharpened signal for each value of the block."""
        first, second = self._low_pass
        smooth = first.update(block)
        slope = self._slope.update(self._high_pass.update(second.update(smooth)))
        return self._box.update(slope), slope, self._sharpen.update(block)


class FindCandidates:
    """The peaks of the energy that are the highest for 200 ms before and after them."""

    def __init__(self, lengths: Lengths):
        self._lengths = lengths
        n_before = lengths.lag + lengths.sharp_delay // 2 + lengths.broad_before
        n_past = lengths.apart + n_before + lengths.around // 2 + 1
        self._past = [np.zeros(n_past, dtype=np.int64) for _ in range(4)]
        self._n_done = 0

    def update(
        self,
        working: np.ndarray,
        energy: np.ndarray,
        slope: np.ndarray,
        sharp: np.ndarray,
    ) -> list[Candidate]:
        """Return the candidates that are certain with these working samples."""
        n_past = len(self._past[0])
        blocks = zip(self._past, (working, energy, slope, sharp), strict=True)
        values = [np.concatenate(pair) for pair in blocks]
        self._past = [value[-n_past:] for value in values]
        working, energy, slope, sharp = values
        peaks = self._peaks_of(energy, n_past)
        before = self._n_done - n_past
        self._n_done += len(energy) - n_past
        if len(peaks) == 0:
            return []
        heights = log2(energy[peaks])
        slopes = log2(ending_at(slope, peaks, self._lengths.energy).max(axis=1))
        broad, smooth = broad_and_smooth(working, peaks, heights, self._lengths)
        samples = self._samples_of(sharp, peaks, before)
        rivals = _rivals_of(energy, peaks, self._lengths.apart)
        times = peaks + before
        columns = (times, heights, slopes, broad, smooth, samples, rivals)
        return [
            Candidate(*row)
            for row in zip(*(column.tolist() for column in columns), strict=True)
        ]

    def skip(self, n_working: int) -> None:
        """Take so many working samples without energy."""
        self._n_done += n_working

    def _peaks_of(self, energy, n_past):
        apart = self._lengths.apart
        start, stop = n_past - apart, len(energy) - apart
        highest = maximum_filter1d(energy, 2 * apart + 1, mode="constant")[start:stop]
        inside = energy[start:stop]
        peaks = start + np.flatnonzero((inside == highest) & (inside > 0))
        if len(peaks) == 0:
            return peaks
        earlier = ending_at(energy, peaks - 1, apart).max(axis=1)
        return peaks[energy[peaks] > earlier]

    def _samples_of(self, sharp, peaks, before):
        """Return the R peaks: the farthest from the baseline, near the energy."""
        lengths = self._lengths
        last = peaks - lengths.lag + lengths.after_peak
        n_near = lengths.before_peak + 1 + lengths.after_peak
        samples, _ = farthest_from_zero(sharp, last, n_near, lengths)
        return samples + before * lengths.factor


def _rivals_of(energy, peaks, apart):
    """Return by how much earlier another peak is that is too near to be found, or 0."""
    near = ending_at(energy, peaks, apart + 1)
    earlier = near[:, : apart // 2 + 1]
    place = earlier.argmax(axis=1)
    # Lowest between a place and the peak, in the order of time.
    lowest = np.minimum.accumulate(near[:, ::-1], axis=1)[:, ::-1]
    rows = np.arange(len(peaks))
    height = earlier[rows, place]
    is_apart = 5 * lowest[rows, place] < 4 * height
    is_rival = (2 * height >= energy[peaks]) & is_apart
    return np.where(is_rival, apart - place, 0)


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

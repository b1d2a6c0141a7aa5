"""R peaks from elsewhere, moved to where this package has its own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._parameter_checks import Number, check
from ._candidates import farthest_from_zero
from ._detector import RATE, RESOLUTION, checked_signal
from ._filters import Decimate, Digitize, Lengths, Sharpen
from ._given import refuse_falling, refuse_outside, samples_of

_REACH = Number(0, 0.5, closed="right", noun="number of seconds")
_APART = 0.1
"""Seconds within which no second beat can follow."""

_BLOCK = 2**18


class AlignedRPeaks(NamedTuple):
    """R peaks at the fiducial point of this package.

    Attributes
    ----------
    r_peaks : ndarray of shape (n_beats,), int64
        In samples of the signal, rising; those that were not aligned as they were.
    is_aligned : ndarray of shape (n_beats,), bool
        Which were found in the signal, whether they moved or not.
    """

    r_peaks: np.ndarray
    is_aligned: np.ndarray


def align_r_peaks(
    signal: ArrayLike,
    sampling_rate: float,
    r_peaks: ArrayLike,
    *,
    reach: float = 0.1,
    resolution: float = 0.1,
) -> AlignedRPeaks:
    """Move R peaks to the fiducial point of this package.

    Experts and other detectors mark a beat 10 to 60 ms away from where `detect_r_peaks`
    has its R peak: on the R wave, at the onset of the QRS complex, or where their
    filters are late. A classifier that was trained on one of these does worse on the
    other. Aligned, all are where the signal, smoothed over 24 ms and without its
    baseline, is farthest from zero.

    Parameters
    ----------
    signal : array-like of shape (n_samples,)
        One lead: millivolts as floats, or counts as integers.
    sampling_rate : float
        In Hz, from 100 to 2000.
    r_peaks : array-like of int, shape (n_beats,)
        In samples of the signal, strictly increasing.
    reach : float, default=0.1
        How far an R peak may move, in seconds; at most 0.5.
    resolution : float, default=0.1
        As in `detect_r_peaks`.

    Returns
    -------
    AlignedRPeaks
        ``r_peaks`` and ``is_aligned``. A beat stays where it was if a sample within
        reach is missing or outside of the signal, if the signal is flat there or
        highest at the very end of the reach, or if it would come within 0.1 s of
        another beat.

    Raises
    ------
    ValueError
        If a parameter is not allowed, the signal is not one lead of numbers, or the R
        peaks are not rising samples of it.

    See Also
    --------
    detect_r_peaks : Its R peaks need no alignment.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.detection import align_r_peaks, detect_r_peaks
    >>> record = make_ecg(1, duration=10, random_state=0).records[0]
    >>> signal = record.p_signal[:, 0]
    >>> r_peaks = detect_r_peaks(signal, record.fs)
    >>> aligned = align_r_peaks(signal, record.fs, r_peaks - 20)  # 56 ms early
    >>> bool((np.abs(aligned.r_peaks - r_peaks) <= 1).all())
    True
    """
    owner = "align_r_peaks"
    sampling_rate = check(owner, "sampling_rate", sampling_rate, RATE)
    reach = check(owner, "reach", reach, _REACH)
    resolution = check(owner, "resolution", resolution, RESOLUTION)
    signal = checked_signal("signal", signal)
    r_peaks = samples_of(r_peaks, "r_peaks", len(signal), sampling_rate)
    refuse_outside(r_peaks, "r_peaks", len(signal))
    refuse_falling(r_peaks, "r_peaks")
    if len(r_peaks) == 0:
        return AlignedRPeaks(r_peaks, np.zeros(0, dtype=bool))
    lengths = Lengths.at(sampling_rate)
    sharp = _sharpened(signal, lengths, resolution)
    found, is_aligned = _nearest_fiducials(sharp, r_peaks, lengths, reach)
    is_aligned &= (found >= 0) & (found < len(signal))
    is_aligned &= _is_whole(signal, r_peaks, round(reach * sampling_rate))
    return _apart(r_peaks, found, is_aligned, round(_APART * sampling_rate) + 1)


def _sharpened(signal, lengths, resolution):
    """Return the signal in which fiducial points are looked for, with its tail."""
    digitize, decimate = Digitize(resolution), Decimate(lengths.factor, lengths.shift)
    working = []
    counts = np.zeros(1, dtype=np.int64)
    for start in range(0, len(signal), _BLOCK):
        counts = digitize.update(signal[start : start + _BLOCK])
        working.append(decimate.update(counts))
    # As if the signal stayed where it ended, so that the last peak leaves the filters.
    tail = np.full(lengths.factor * (lengths.sharp_delay + 2), counts[-1])
    working = np.concatenate([*working, decimate.update(tail)])
    return Sharpen(lengths).update(working - working[0])


def _nearest_fiducials(sharp, r_peaks, lengths, reach):
    """Return the fiducial point within reach of each R peak, and whether it is one."""
    n_reach = max(1, round(reach * lengths.working_rate))
    # Before the first and after the last beat there must be something to look at.
    padded = np.pad(sharp, n_reach + 2)
    center = r_peaks // lengths.factor + (lengths.sharp_delay + 1) // 2
    last = center + n_reach + n_reach + 2
    found, is_top = farthest_from_zero(padded, last, 2 * n_reach + 1, lengths)
    return found - (n_reach + 2) * lengths.factor, is_top


def _is_whole(signal, r_peaks, n_reach):
    """Tell around which R peaks the signal has all its samples."""
    inside = (r_peaks >= n_reach) & (r_peaks < len(signal) - n_reach)
    if signal.dtype.kind != "f":
        return inside
    is_missing = ~np.isfinite(signal)
    if not is_missing.any():
        return inside
    n_missing_before = np.concatenate([[0], np.cumsum(is_missing)])
    first = np.maximum(r_peaks - n_reach, 0)
    stop = np.minimum(r_peaks + n_reach + 1, len(signal))
    return inside & (n_missing_before[stop] == n_missing_before[first])


def _apart(r_peaks, found, is_aligned, n_apart):
    """Leave beats that would come too near to one another where they were."""
    allowed = np.minimum(np.diff(r_peaks), n_apart)
    while True:
        moved = np.where(is_aligned, found, r_peaks)
        near = np.flatnonzero(np.diff(moved) < allowed)
        if len(near) == 0:
            return AlignedRPeaks(moved, is_aligned)
        is_aligned = is_aligned.copy()
        is_aligned[near] = is_aligned[near + 1] = False

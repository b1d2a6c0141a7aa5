"""R peaks of a whole lead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .._parameter_checks import check
from ._detector import RATE, RESOLUTION, RPeakDetector, checked_signal


def detect_r_peaks(
    signal: ArrayLike,
    sampling_rate: float,
    *,
    method: Callable[[np.ndarray, float], ArrayLike] | None = None,
    resolution: float = 0.1,
) -> np.ndarray:
    """Detect the R peaks of a lead.

    Parameters
    ----------
    signal : array-like of shape (n_samples,)
        One lead: millivolts as floats, or counts as integers. A sample that is NaN or
        infinite counts as the last valid one.
    sampling_rate : float
        In Hz, from 100 to 2000.
    method : callable, default=None
        Another detector: ``method(signal, sampling_rate)`` returns the R peaks in
        samples. If None, `RPeakDetector` detects them.
    resolution : float, default=0.1
        What one count is when millivolts become integers, in microvolts. Nothing is
        taken from the rest of the signal, so a device can do the same.

    Returns
    -------
    r_peaks : ndarray of int64 of shape (n_beats,)
        The samples of the R peaks, increasing; empty if there are none or the signal is
        shorter than 2 s.

    Raises
    ------
    ValueError
        If a parameter is not allowed, the signal is not one lead of numbers, or
        `method` returns something else than samples of the signal.

    See Also
    --------
    RPeakDetector : The same from a live signal, bit for bit, and how it works.
    sklearn_ecg.metrics.match_beats : Detected beats against annotated ones.

    Examples
    --------
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.detection import detect_r_peaks
    >>> record = make_ecg(1, duration=10, random_state=0).records[0]
    >>> signal = record.p_signal[:, 0]
    >>> r_peaks = detect_r_peaks(signal, record.fs)
    >>> len(r_peaks), r_peaks.dtype
    (13, dtype('int64'))
    """
    sampling_rate = check("detect_r_peaks", "sampling_rate", sampling_rate, RATE)
    resolution = check("detect_r_peaks", "resolution", resolution, RESOLUTION)
    signal = checked_signal("signal", signal)
    if method is not None:
        return _r_peaks_by(method, signal, sampling_rate)
    detector = RPeakDetector(sampling_rate, resolution=resolution)
    return np.concatenate([detector.push(signal), detector.flush()])


def _r_peaks_by(method, signal, sampling_rate):
    if not callable(method):
        raise ValueError(
            "detect_r_peaks: method must be None or a callable that takes a signal "
            f"and its sampling rate; it is {method!r}."
        )
    found = np.asarray(method(signal, sampling_rate))
    if found.size == 0:
        return np.zeros(0, dtype=np.int64)
    if found.ndim != 1 or found.dtype.kind not in "iuf":
        raise ValueError(
            "detect_r_peaks: method must return a list of samples; it returned an "
            f"array of type {found.dtype} and shape {found.shape}."
        )
    outside = found[~((found >= 0) & (found < len(signal)))]
    if len(outside):
        raise ValueError(
            f"detect_r_peaks: method must return samples of the signal, 0 to "
            f"{len(signal) - 1}; it returned {outside[0]}."
        )
    return np.unique(np.rint(found).astype(np.int64).clip(max=len(signal) - 1))

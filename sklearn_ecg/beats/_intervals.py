"""RR intervals of a recording, from the R peaks of all its beats."""

import numpy as np

N_LOCAL_INTERVALS = 10
"""How many RR intervals the local mean `rr_local` looks back."""


def rr_intervals(r_peaks, sampling_rate):
    """Compute the columns of intervals of a beat table.

    Parameters
    ----------
    r_peaks : ndarray of shape (n_beats,), int64
        All of the recording, in samples, strictly increasing.
    sampling_rate : float
        In Hz.

    Returns
    -------
    dict of str to ndarray of shape (n_beats,), float64
        In seconds, NaN where unknown. ``rr_prev`` is the interval since the previous
        beat, ``rr_next`` that to the next one, and ``rr_local`` the mean of the last
        `N_LOCAL_INTERVALS` up to the beat, or of as many as there are.

    Examples
    --------
    >>> rr_intervals(np.array([40, 120, 250]), 100)["rr_local"]
    array([ nan, 0.8 , 1.05])
    """
    intervals = np.diff(r_peaks) / sampling_rate
    # The sum of successive intervals is the distance between their two ends.
    position = np.arange(len(r_peaks))
    n_intervals = np.minimum(position, N_LOCAL_INTERVALS)
    spanned = r_peaks - r_peaks[position - n_intervals]
    local = np.full(len(r_peaks), np.nan)
    local[1:] = spanned[1:] / n_intervals[1:] / sampling_rate
    return {
        "rr_prev": np.concatenate([[np.nan], intervals]),
        "rr_next": np.concatenate([intervals, [np.nan]]),
        "rr_local": local,
    }

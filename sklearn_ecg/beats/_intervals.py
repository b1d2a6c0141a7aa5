"""RR intervals of a recording, from the R peaks of all its beats."""

from __future__ import annotations

from collections import deque

import numpy as np

N_LOCAL_INTERVALS = 10
"""How many RR intervals the local mean `rr_local` looks back."""


class IntervalState:
    """The last few R peaks of a recording, and the intervals up to the last one."""

    def __init__(self, sampling_rate: float):
        self.sampling_rate = sampling_rate
        self._r_peaks: deque[int] = deque(maxlen=N_LOCAL_INTERVALS + 1)

    def update(self, r_peak: int) -> tuple[float, float]:
        """Take the next R peak."""
        r_peaks = self._r_peaks
        r_peaks.append(int(r_peak))
        n_intervals = len(r_peaks) - 1
        if n_intervals == 0:
            return np.nan, np.nan
        # The sum of successive intervals is the distance between their two ends.
        local = (r_peaks[-1] - r_peaks[0]) / n_intervals / self.sampling_rate
        return (r_peaks[-1] - r_peaks[-2]) / self.sampling_rate, local


def rr_intervals(r_peaks, sampling_rate):
    """Compute the columns of intervals of a beat table, as `IntervalState` does."""
    intervals = np.diff(r_peaks) / sampling_rate
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

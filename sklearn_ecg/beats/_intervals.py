"""RR intervals of a recording, from the R peaks of all its beats."""

from __future__ import annotations

from collections import deque

import numpy as np

N_LOCAL_INTERVALS = 10
"""How many RR intervals the local mean `rr_local` looks back."""

PATIENCE = 3.5
"""Seconds that a beat waits for the next one; `rr_next` of a longer pause.

Features take an interval of 3 s and more for one of 3 s, so they lose nothing by it.
"""

LONGEST_PAUSE = 120.0
"""Seconds without a beat after which the rhythm begins anew: no heart stands so long.

Ventricular fibrillation in record 207 of MIT-BIH leaves 100 s between two beats.
"""


class IntervalState:
    """The last few R peaks of a recording, and the intervals up to the last one."""

    def __init__(self, sampling_rate: float):
        self.sampling_rate = sampling_rate
        self._r_peaks: deque[int] = deque(maxlen=N_LOCAL_INTERVALS + 1)

    def update(self, r_peak: int) -> tuple[float, float]:
        """Take the next R peak; return `rr_prev` and `rr_local`, NaN where unknown."""
        r_peaks = self._r_peaks
        if r_peaks and r_peak - r_peaks[-1] > LONGEST_PAUSE * self.sampling_rate:
            r_peaks.clear()
        r_peaks.append(int(r_peak))
        n_intervals = len(r_peaks) - 1
        if n_intervals == 0:
            return np.nan, np.nan
        # The sum of successive intervals is the distance between their two ends.
        local = (r_peaks[-1] - r_peaks[0]) / n_intervals / self.sampling_rate
        return (r_peaks[-1] - r_peaks[-2]) / self.sampling_rate, local


def came_late(r_peak, known, sampling_rate):
    """Tell whether a beat knew nothing of the next one for as long as it waits."""
    return known - r_peak > PATIENCE * sampling_rate


def rr_intervals(r_peaks, sampling_rate, n_samples=0, known=None):
    """Compute the columns of intervals of a beat table, as a stream has them.

    `known` has the number of samples after which each beat was certain; None is as soon
    as its R peak came. The signal has `n_samples`.
    """
    known = r_peaks if known is None else known
    distances = np.diff(r_peaks)
    position = np.arange(len(r_peaks))
    is_new = np.append(True, distances > LONGEST_PAUSE * sampling_rate)[: len(r_peaks)]
    n_before = position - np.maximum.accumulate(np.where(is_new, position, 0))
    n_intervals = np.minimum(n_before, N_LOCAL_INTERVALS)
    spanned = r_peaks - r_peaks[position - n_intervals]
    local = np.full(len(r_peaks), np.nan)
    local[~is_new] = spanned[~is_new] / n_intervals[~is_new] / sampling_rate
    rr_prev = np.append(np.nan, distances / sampling_rate)[: len(r_peaks)]
    rr_prev[is_new] = np.nan
    rr_next = np.append(distances / sampling_rate, np.nan)[: len(r_peaks)]
    until = np.append(known[1:], n_samples)[: len(r_peaks)]
    rr_next[came_late(r_peaks, until, sampling_rate)] = PATIENCE
    return {"rr_prev": rr_prev, "rr_next": rr_next, "rr_local": local}

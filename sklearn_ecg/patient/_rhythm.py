"""Intervals beside those typical of their patient, in integers.

An interval of 0.6 s is early at 60 beats a minute and late at 120. So each is compared
with means and quantiles of the intervals so far, which are followed from beat to beat.
A quantile is not moved by a few early beats; a short mean soon calls a run of them
usual, a long one does not. All look back only and take a few bytes.

Intervals are in milliseconds, 0 where unknown; what is typical is in 1/65536 ms.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from ..beats import N_LOCAL_INTERVALS
from ._features import JUMPS, LOG_MAX, LONGEST_MS, MEANS, QUANTILES, RATIO_MAX
from ._integers import divided, logarithm

LEAST_SHARE, MOST_SHARE = 262, 16384
"""By which share of itself a quantile moves, in 1/65536: 1/250 to a quarter."""

TYPICAL_JUMP = 31
"""The irregularity where nothing is known yet, in 1/1024."""

LONG_OF, LONG_OVER = 7, 4
"""An interval is long from 7/4 of the running median."""

_REFERENCES = [f"mean{n}" for n in MEANS] + [f"q{q}" for q in QUANTILES]
OF_PREV = [f"rr_prev_over_{name}" for name in (*_REFERENCES, "before")]
OF_NEXT = [f"rr_next_over_{name}" for name in (*_REFERENCES, "prev")]
IRREGULARITIES = [f"rr_irregularity{n}" for n in JUMPS]
MEAN_OF_32 = MEANS.index(32)
_MEDIAN = len(MEANS) + QUANTILES.index(50)


class RunningMean:
    """The mean of about the last `n_values` values, in 1/65536."""

    __slots__ = ("_n_met", "n_values", "value")

    def __init__(self, n_values: int):
        self.n_values = n_values
        self.value = self._n_met = 0

    def update(self, value: int) -> int:
        """Take the next value, in 1/65536; return the mean from now on."""
        n = self._n_met
        if n < self.n_values:
            n = self._n_met = n + 1
        step = value - self.value
        # Rounded to the nearest, halves away from zero.
        self.value += (step + n // 2) // n if step > 0 else -((n // 2 - step) // n)
        return self.value


class RunningQuantile:
    """A quantile of the values so far, in 1/65536, by stochastic approximation."""

    __slots__ = ("_down", "_n_met", "_up", "value")

    def __init__(self, percent: float):
        self._up = quantile_step(percent)
        self._down = 512 - self._up
        self.value = self._n_met = 0

    def update(self, value: int) -> int:
        """Take the next value, in 1/65536; return the quantile from now on."""
        if self._n_met == 0:
            self.value = value
        self._n_met = n = min(self._n_met + 1, 65535)
        share = max(min(65536 // n, MOST_SHARE), LEAST_SHARE)
        step = ((self.value >> 12) * share) >> 8
        if value > self.value:
            self.value += (step * self._up) >> 4
        else:
            self.value -= (step * self._down) >> 4
        return self.value


def quantile_step(percent: float) -> int:
    """Return by how much a running quantile goes up, of 512 for up and down."""
    return round(512 * percent / 100)


class Rhythm(NamedTuple):
    """What the intervals around some beats tell."""

    features: dict[str, np.ndarray]  # By name, each of shape (n_beats,)
    is_long: np.ndarray  # Whether the interval before each is long, shape (n_beats,)


class RhythmState:
    """The rhythm of a patient so far, with which that of each beat is compared."""

    def __init__(self) -> None:
        means = [RunningMean(n) for n in MEANS]
        quantiles = [RunningQuantile(q) for q in QUANTILES]
        self._of_intervals: list[RunningMean | RunningQuantile] = [*means, *quantiles]
        self._of_jumps = [RunningMean(n) for n in JUMPS]
        self._before = 0  # The interval before the last beat; 0 if unknown
        self._median = 0

    def update(self, rr_prev: np.ndarray, rr_next: np.ndarray) -> Rhythm:
        """Take the intervals before and after the next beats, and compare them.

        After an unknown one, what is typical stays, and nothing is compared with it.
        """
        prev = np.minimum(rr_prev, LONGEST_MS)
        typical, jumps, medians = self._follow(prev.tolist())
        is_known = prev > 0
        logs = logarithm(np.maximum(typical, 1))
        of_prev = _over(prev, logs, is_known)
        # The interval after a beat is compared with the one before it, not with both.
        logs[:, -1] = logarithm(np.maximum(prev << 16, 1))
        of_next = _over(np.minimum(rr_next, LONGEST_MS), logs, is_known & (rr_next > 0))
        features = dict(zip(OF_PREV, of_prev.T, strict=True))
        features |= zip(OF_NEXT, of_next.T, strict=True)
        mean = np.maximum(typical[:, MEAN_OF_32] >> 14, 1)
        for name, jump in zip(IRREGULARITIES, jumps.T, strict=True):
            ratio = np.minimum((jump >> 4) // mean, RATIO_MAX)
            features[name] = np.where(is_known, ratio, TYPICAL_JUMP)
        is_long = (medians > 0) & (rr_prev * LONG_OVER > medians * LONG_OF)
        return Rhythm(features, is_long)

    def _follow(self, intervals):
        """Follow what is typical; return it at each beat, and the median before it."""
        n = len(intervals)
        typical = np.zeros((n, len(OF_PREV)), dtype=np.int64)
        jumps = np.zeros((n, len(JUMPS)), dtype=np.int64)
        medians = np.zeros(n, dtype=np.int64)
        for number, interval in enumerate(intervals):
            if interval == 0:
                self._before = 0
                continue
            medians[number] = self._median
            before = self._before or interval
            value, jump = interval << 16, abs(interval - before) << 16
            row = [each.update(value) for each in self._of_intervals]
            typical[number] = [*row, before << 16]
            jumps[number] = [each.update(jump) for each in self._of_jumps]
            self._before, self._median = interval, row[_MEDIAN] >> 16
        return typical, jumps, medians


def _over(intervals, logs, is_known):
    """Return logarithms of intervals over what is typical; 0 where one is unknown."""
    own = logarithm(np.maximum(intervals << 16, 1))
    ratios = np.clip(own[:, np.newaxis] - logs, -LOG_MAX, LOG_MAX)
    return np.where(is_known[:, np.newaxis], ratios, 0)


class Milliseconds:
    """Intervals in milliseconds, from R peaks in samples."""

    MOST = 65535

    def __init__(self, sampling_rate: float) -> None:
        self.per_sample = round(1000 / sampling_rate * 65536)
        self.longest = int(self.MOST * sampling_rate / 1000)

    def __call__(self, n_samples: np.ndarray) -> np.ndarray:
        """Return intervals in ms, of at least 1."""
        n_samples = np.minimum(n_samples, self.longest)
        return np.maximum((n_samples * self.per_sample + 32768) >> 16, 1)


class LocalMean:
    """The mean of the last ten intervals that were known, in ms; 0 if none was."""

    def __init__(self) -> None:
        self._last: deque[int] = deque(maxlen=N_LOCAL_INTERVALS)

    def update(self, rr_prev: np.ndarray) -> np.ndarray:
        """Take the intervals before the next beats; return the mean at each."""
        means = []
        for interval in rr_prev.tolist():
            if interval:
                self._last.append(interval)
            n = max(len(self._last), 1)
            means.append(int(divided(sum(self._last), n)))
        return np.array(means, dtype=np.int64)

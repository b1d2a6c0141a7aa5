"""Features that compare the intervals around a beat with those typical of its patient.

An interval of 0.6 s is early at 60 beats a minute and late at 120. So each is compared
with means and quantiles of the intervals so far, which are followed from beat to beat.
A quantile is not moved by a few early beats; a short mean soon calls a run of them
usual, a long one does not. All look back only and take a few bytes: a device can follow
them too.
"""

from __future__ import annotations

from math import log

import numpy as np

from ._features import FARTHEST, JUMPS, LONGEST, MEANS, QUANTILES, BeatStep

_SLOWEST = 0.004
"""Least share of a running quantile by which it moves, after 125 beats."""

_FASTEST = 0.25

_TYPICAL_JUMP = 0.03
"""The irregularity, over the mean interval, where nothing is known yet."""

_REFERENCES = [f"mean{n}" for n in MEANS] + [f"q{q}" for q in QUANTILES]
_MEAN_OF_32 = MEANS.index(32)


class RunningMean:
    """The mean of about the last `n_values` values."""

    __slots__ = ("_n_met", "n_values", "value")

    def __init__(self, n_values: int):
        self.n_values = n_values
        self.value = 0.0
        self._n_met = 0

    def update(self, value: float) -> float:
        """Take the next value, and return the mean from now on."""
        if self._n_met < self.n_values:
            self._n_met += 1
        self.value += (value - self.value) / self._n_met
        return self.value


class RunningQuantile:
    """A quantile of the values so far, by stochastic approximation [1]_."""

    __slots__ = ("_down", "_n_met", "_up", "value")

    def __init__(self, percent: float):
        self._up = 2 * percent / 100
        self._down = 2 - self._up
        self.value = 0.0
        self._n_met = 0

    def update(self, value: float) -> float:
        """Take the next value, and return the quantile from now on."""
        if self._n_met == 0:
            self.value = value
        self._n_met += 1
        step = self.value * max(min(1 / self._n_met, _FASTEST), _SLOWEST)
        self.value += step * self._up if value > self.value else -step * self._down
        return self.value


class RelativeRhythmState:
    """The rhythm of a patient so far, with which each beat is compared."""

    def __init__(self, sampling_rate: float):
        self.sampling_rate = sampling_rate
        means = [RunningMean(n) for n in MEANS]
        quantiles = [RunningQuantile(q) for q in QUANTILES]
        self._of_intervals = [*means, *quantiles]
        self._of_jumps = [RunningMean(n) for n in JUMPS]
        self._r_peak: int | None = None
        self._interval: float | None = None
        self._typical: list[float] = []
        self._last = _AT_FIRST_BEAT

    def update(self, r_peak: int) -> BeatStep:
        """Take the next R peak, and compute what it makes known."""
        r_peak, before = int(r_peak), self._r_peak
        self._r_peak = r_peak
        if before is None:
            return BeatStep(None, dict(self._last))
        interval = min((r_peak - before) / self.sampling_rate, LONGEST)
        completed = self._last | self._of_next(interval)
        self._last = self._of_prev(interval)
        self._interval = interval
        return BeatStep(completed, dict(self._last))

    def _of_next(self, interval):
        """Compare the interval after the last beat with what was typical at it."""
        if self._interval is None:  # nothing was, at the first beat
            return {}
        ratios = [interval / typical for typical in self._typical]
        ratios.append(interval / self._interval)
        return dict(zip(_OF_NEXT, map(_log, ratios), strict=True))

    def _of_prev(self, interval):
        """Compare the interval before the beat with what is typical, it included."""
        before = interval if self._interval is None else self._interval
        self._typical = [each.update(interval) for each in self._of_intervals]
        ratios = [interval / typical for typical in self._typical]
        ratios.append(interval / before)
        mean = self._typical[_MEAN_OF_32]
        jump = abs(interval - before)
        features = dict(zip(_OF_PREV, map(_log, ratios), strict=True))
        for name, mean_jump in zip(_IRREGULARITIES, self._of_jumps, strict=True):
            features[name] = min(mean_jump.update(jump) / mean, LONGEST)
        return _UNKNOWN_NEXT | features


def _log(ratio):
    return max(min(log(ratio), FARTHEST), -FARTHEST)


_OF_PREV = [f"rr_prev_over_{name}" for name in (*_REFERENCES, "before")]
_OF_NEXT = [*(f"rr_next_over_{name}" for name in _REFERENCES), "rr_next_over_prev"]
_IRREGULARITIES = [f"rr_irregularity{n}" for n in JUMPS]
_UNKNOWN_NEXT = dict.fromkeys(_OF_NEXT, 0.0)
_AT_FIRST_BEAT = (
    _UNKNOWN_NEXT
    | dict.fromkeys(_OF_PREV, 0.0)
    | dict.fromkeys(_IRREGULARITIES, _TYPICAL_JUMP)
)
"""As in a regular rhythm, where nothing is known yet."""


def relative_rhythm(r_peaks, sampling_rate):
    """Compare the intervals of every beat of a recording with those typical so far."""
    state = RelativeRhythmState(sampling_rate)
    steps = [state.update(r_peak) for r_peak in r_peaks.tolist()]
    rows = [step.completed for step in steps[1:]] + [
        step.provisional for step in steps[-1:]
    ]
    return {
        name: np.array([row[name] for row in rows], dtype=float)
        for name in _AT_FIRST_BEAT
    }

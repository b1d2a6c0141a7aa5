"""Features that compare the intervals around a beat with those typical of its patient.

An interval of 0.6 s is early at 60 beats a minute and late at 120. So each is compared
with means and quantiles of the intervals so far, which are followed from beat to beat.
A quantile is not moved by a few early beats; a short mean soon calls a run of them
usual, a long one does not. All look back only and take a few bytes: a device can follow
them too.
"""

from __future__ import annotations

from math import isnan, log

import numpy as np

from ..beats._table import rr_intervals
from ._features import FARTHEST, JUMPS, LONGEST, MEANS, QUANTILES

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
    """The rhythm of a patient so far, with which that of each beat is compared."""

    def __init__(self) -> None:
        means = [RunningMean(n) for n in MEANS]
        quantiles = [RunningQuantile(q) for q in QUANTILES]
        self._of_intervals: list[RunningMean | RunningQuantile] = [*means, *quantiles]
        self._of_jumps = [RunningMean(n) for n in JUMPS]
        self._interval: float | None = None  # Before the last beat; None if unknown
        self._typical: list[float] = []

    def update(self, rr_prev: float) -> dict[str, float]:
        """Take the interval before the next beat, NaN if unknown; compare it.

        After an unknown one, what is typical stays, and nothing is compared with it.
        """
        if isnan(rr_prev):
            self._interval = None
            return dict(_UNKNOWN_PREV)
        interval = min(rr_prev, LONGEST)
        before = interval if self._interval is None else self._interval
        self._interval = interval
        self._typical = [each.update(interval) for each in self._of_intervals]
        ratios = [interval / typical for typical in self._typical]
        ratios.append(interval / before)
        mean = self._typical[_MEAN_OF_32]
        jump = abs(interval - before)
        features = dict(zip(_OF_PREV, map(_log, ratios), strict=True))
        for name, mean_jump in zip(_IRREGULARITIES, self._of_jumps, strict=True):
            features[name] = min(mean_jump.update(jump) / mean, LONGEST)
        return features

    def of_next(self, rr_next: float) -> dict[str, float]:
        """Compare the interval after the last beat with what was typical at it."""
        if self._interval is None or isnan(rr_next):
            return dict(_UNKNOWN_NEXT)
        interval = min(rr_next, LONGEST)
        ratios = [interval / typical for typical in self._typical]
        ratios.append(interval / self._interval)
        return dict(zip(_OF_NEXT, map(_log, ratios), strict=True))


def _log(ratio):
    return max(min(log(ratio), FARTHEST), -FARTHEST)


_OF_PREV = [f"rr_prev_over_{name}" for name in (*_REFERENCES, "before")]
_OF_NEXT = [*(f"rr_next_over_{name}" for name in _REFERENCES), "rr_next_over_prev"]
_IRREGULARITIES = [f"rr_irregularity{n}" for n in JUMPS]
_UNKNOWN_NEXT = dict.fromkeys(_OF_NEXT, 0.0)
_UNKNOWN_PREV = dict.fromkeys(_OF_PREV, 0.0) | dict.fromkeys(
    _IRREGULARITIES, _TYPICAL_JUMP
)
"""As in a regular rhythm, where nothing is known."""


def relative_rhythm(r_peaks, sampling_rate, rr_next=None):
    """Compare the intervals around every beat of a recording with those typical so far.

    `rr_next` has the intervals to the next beats in seconds, NaN where unknown.
    """
    intervals = rr_intervals(r_peaks, sampling_rate)
    before = intervals["rr_prev"].tolist()
    after = (intervals["rr_next"] if rr_next is None else rr_next).tolist()
    state = RelativeRhythmState()
    # The interval after a beat is compared before the next beat is taken.
    rows = [
        state.update(rr_prev) | state.of_next(following)
        for rr_prev, following in zip(before, after, strict=True)
    ]
    return {
        name: np.array([row[name] for row in rows], dtype=float)
        for name in (*_UNKNOWN_NEXT, *_UNKNOWN_PREV)
    }

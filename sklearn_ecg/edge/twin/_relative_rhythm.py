"""Intervals beside those typical of their patient, in integers.

What `RelativeRhythmState` does in floating point, from intervals in milliseconds.
"""

from __future__ import annotations

from ...windows._features import JUMPS, LONGEST, MEANS, QUANTILES
from ._integers import ONE, logarithm
from ._rhythm import LONGEST_MS

_LEAST_SHARE, _MOST_SHARE = 262, 16384
"""Shares of a running quantile by which it moves, in 1/65536."""

_TYPICAL_JUMP = 31
"""The irregularity where nothing is known yet, in 1/1024."""

_RATIO_MAX = round(LONGEST * ONE)
_LOG_MAX = 4432
"""Limit of the logarithms, 3 natural ones, in 1/1024 of a binary one."""

_REFERENCES = [f"mean{n}" for n in MEANS] + [f"q{q}" for q in QUANTILES]
OF_PREV = [f"rr_prev_over_{name}" for name in (*_REFERENCES, "before")]
OF_NEXT = [*(f"rr_next_over_{name}" for name in _REFERENCES), "rr_next_over_prev"]
IRREGULARITIES = [f"rr_irregularity{n}" for n in JUMPS]
MEAN_OF_32 = MEANS.index(32)
_MEDIAN = len(MEANS) + QUANTILES.index(50)


class RunningMean:
    """The mean of about the last `n_values` values, in 1/65536."""

    def __init__(self, n_values):
        self.n_values = n_values
        self.value = self.n_met = 0

    def update(self, value):
        """Take the next value, in 1/65536."""
        self.n_met = min(self.n_met + 1, self.n_values)
        self.value += _divided(value - self.value, self.n_met)
        return self.value


class RunningQuantile:
    """A quantile of the values so far, in 1/65536."""

    def __init__(self, percent):
        self.up = round(512 * percent / 100)
        self.value = self.n_met = 0

    def update(self, value):
        """Take the next value, in 1/65536."""
        if self.n_met == 0:
            self.value = value
        self.n_met = min(self.n_met + 1, 65535)
        share = max(min(65536 // self.n_met, _MOST_SHARE), _LEAST_SHARE)
        step = ((self.value >> 12) * share) >> 8
        is_above = value > self.value
        moved = (step * (self.up if is_above else 512 - self.up)) >> 4
        self.value += moved if is_above else -moved
        return self.value


class RelativeRhythm:
    """The rhythm of a patient so far: means, quantiles, and the interval before."""

    def __init__(self):
        means = [RunningMean(n) for n in MEANS]
        quantiles = [RunningQuantile(q) for q in QUANTILES]
        self._of_intervals = [*means, *quantiles]
        self._of_jumps = [RunningMean(n) for n in JUMPS]
        self._before = 0

    @property
    def typical(self):
        """Logarithms of what is typical, then of the last interval; 0 if unknown."""
        values = [each.value for each in self._of_intervals]
        return [_log(value) for value in (*values, self._before << 16)]

    @property
    def median(self):
        """The running median of the intervals, in ms; 0 if there are none yet."""
        return self._of_intervals[_MEDIAN].value >> 16

    def of_prev(self, interval):
        """Compare the interval before a beat with what is typical, it included."""
        if interval == 0:
            return dict.fromkeys(OF_PREV, 0) | dict.fromkeys(
                IRREGULARITIES, _TYPICAL_JUMP
            )
        interval = min(interval, LONGEST_MS)
        before = self._before or interval
        for each in self._of_intervals:
            each.update(interval << 16)
        self._before = before
        log_interval = _log(interval << 16)
        features = {
            name: _limited(log_interval - log)
            for name, log in zip(OF_PREV, self.typical, strict=True)
        }
        jump = abs(interval - before) << 16
        mean = self._of_intervals[MEAN_OF_32].value
        for name, each in zip(IRREGULARITIES, self._of_jumps, strict=True):
            ratio = (each.update(jump) >> 4) // max(mean >> 14, 1)
            features[name] = min(ratio, _RATIO_MAX)
        self._before = interval
        return features

    def of_next(self, interval):
        """Compare the interval after the last beat with what was typical at it."""
        if interval == 0 or self._before == 0:
            return dict.fromkeys(OF_NEXT, 0)
        log_interval = _log(min(interval, LONGEST_MS) << 16)
        return {
            name: _limited(log_interval - log)
            for name, log in zip(OF_NEXT, self.typical, strict=True)
        }

    def forget_interval(self):
        """Forget the last interval, as after a gap; what is typical stays."""
        self._before = 0


def _divided(value, by):
    size = (abs(value) + by // 2) // by
    return size if value >= 0 else -size


def _log(value):
    return int(logarithm(value)) if value else 0


def _limited(log):
    return max(min(log, _LOG_MAX), -_LOG_MAX)

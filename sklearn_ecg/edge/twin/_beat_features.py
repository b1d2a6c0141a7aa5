"""The features of beats, from their intervals and windows, in integers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from ...beats._table import N_LOCAL_INTERVALS
from ...windows._features import FEATURES, LOG_RATIO, SECONDS
from ...windows._features import RHYTHM as OF_RHYTHM
from ._integers import ONE, divided
from ._relative_beats import units as units_of_beats
from ._rhythm import RHYTHM_MAX

_LONGEST_COUNTED = 65535


@dataclass(frozen=True)
class FeatureScaling:
    """How features become integers from 0 to 255."""

    names: tuple[str, ...]
    low: tuple[int, ...]  # The value of each that becomes 0, in its fixed point
    # Units for one of the fixed point, times 2**16, in 16 bits
    multiplier: tuple[int, ...]
    worth: tuple[float, ...]  # What one of the fixed point is worth

    @classmethod
    def of(cls, names, values, window_rate):
        """Choose the range of each feature from calibration beats."""
        if not names:
            return cls((), (), (), ())
        low, high = np.percentile(values, [0.05, 99.95], axis=0)
        low = np.floor(low).astype(int)
        width = np.maximum(np.ceil(high).astype(int) - low, RHYTHM_MAX + 1)
        multiplier = (RHYTHM_MAX << 16) // width
        worth = [worth_of(name, window_rate) for name in names]
        return cls(
            tuple(names), tuple(low.tolist()), tuple(multiplier.tolist()), tuple(worth)
        )

    def units(self):
        """Value of one unit of each feature, in its own unit."""
        return 2.0**16 / np.array(self.multiplier) * np.array(self.worth)

    def offsets(self):
        """Value of each feature, in its own unit, at 0."""
        return np.array(self.low) * np.array(self.worth)

    def __call__(self, values):
        """Scale features."""
        if not self.names:
            return values
        above = np.clip(values - np.array(self.low), 0, 65535)
        scaled = (above * np.array(self.multiplier) + 2**15) >> 16
        return np.minimum(scaled, RHYTHM_MAX)


def worth_of(name, window_rate):
    """Return what one of the fixed point of a feature is worth, in its unit."""
    feature = FEATURES[name]
    base = name
    for back in "123":
        base = base.removesuffix(f"_{back}_before")
    if feature.group == OF_RHYTHM:
        return 1 / 1000 if feature.unit == SECONDS else 1 / ONE
    if feature.unit == LOG_RATIO:
        return np.log(2) / ONE
    return units_of_beats(window_rate).get(base, 1 / ONE)


class Intervals:
    """RR intervals in milliseconds, from R peaks in samples."""

    def __init__(self, sampling_rate):
        self.per_sample = round(1000 / sampling_rate * 65536)
        self.longest = int(_LONGEST_COUNTED * sampling_rate / 1000)
        self._last = deque(maxlen=N_LOCAL_INTERVALS)

    def milliseconds(self, n_samples):
        """Return an interval in ms, of at least 1."""
        n_samples = min(n_samples, self.longest)
        return max((n_samples * self.per_sample + 32768) >> 16, 1)

    def local(self, rr_prev):
        """Take the interval before a beat, 0 if unknown; return the local mean."""
        if rr_prev:
            self._last.append(rr_prev)
        if not self._last:
            return 0
        return int(divided(sum(self._last), len(self._last)))

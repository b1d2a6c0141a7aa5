"""How the features of beats become small integers that enter the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...patient import FEATURES, RATIO, required_columns, rhythm_features

FEATURE_MAX = 255
_ABOVE_MAX = 65535
_PERCENTS = 0.05, 99.95
"""Of calibration beats, between which the range of a feature is not clipped."""


@dataclass(frozen=True)
class FeatureScaling:
    """How features become integers from 0 to 255."""

    names: tuple[str, ...] = ()
    low: tuple[int, ...] = ()  # The value of each that becomes 0, in its fixed point
    # Units for one of the fixed point, times 2**16, in 16 bits
    multiplier: tuple[int, ...] = ()
    worth: tuple[float, ...] = ()  # What one of the fixed point is worth

    @classmethod
    def of(cls, names, values, window_rate=1.0):
        """Choose the range of each feature from calibration beats."""
        if not names:
            return cls()
        low, high = np.percentile(values, _PERCENTS, axis=0)
        low = np.floor(low).astype(int)
        width = np.maximum(np.ceil(high).astype(int) - low, FEATURE_MAX + 1)
        multiplier = (FEATURE_MAX << 16) // width
        worth = [FEATURES[name].worth(window_rate) for name in names]
        return cls(
            tuple(names), tuple(low.tolist()), tuple(multiplier.tolist()), tuple(worth)
        )

    @property
    def intervals(self):
        """The RR intervals that are needed, in the order of `of_intervals`."""
        return tuple(required_columns(self.names))

    @property
    def has_ratios(self):
        """Whether a ratio is among the features."""
        return any(FEATURES[name].unit == RATIO for name in self.names)

    def units(self):
        """Value of one unit of each feature, in its own unit."""
        return 2.0**16 / np.array(self.multiplier) * np.array(self.worth)

    def offsets(self):
        """Value of each feature, in its own unit, at 0."""
        return np.array(self.low) * np.array(self.worth)

    def integers(self, columns):
        """Return the integers that columns of X are multiples of."""
        return np.rint(columns / np.array(self.worth)).astype(np.int64)

    def __call__(self, values):
        """Scale features, of shape (n_beats, n_features)."""
        if not self.names:
            return values
        above = np.clip(values - np.array(self.low), 0, _ABOVE_MAX)
        scaled = (above * np.array(self.multiplier) + 2**15) >> 16
        return np.minimum(scaled, FEATURE_MAX)

    def of_intervals(self, intervals):
        """Scale the rhythm features of RR intervals in ms."""
        if not self.names:
            return np.empty((len(intervals), 0), dtype=np.int64)
        columns = zip(self.intervals, intervals.T.astype(np.int64), strict=True)
        features = rhythm_features(dict(columns))
        return self(np.column_stack([features[name] for name in self.names]))

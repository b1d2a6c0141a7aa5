"""From RR intervals in milliseconds to the rhythm features that enter the network.

What `BeatSegmenter` does in floating point to the intervals of one beat, in integers.
Every step is defined here once; the C does the same steps in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...windows._features import (
    FEATURES,
    LONGEST,
    RATIO,
    SECONDS,
    UNKNOWN,
    feature_names,
    required_columns,
)

LONGEST_MS = round(1000 * LONGEST)
UNKNOWN_MS = round(1000 * UNKNOWN)
RATIO_ONE = 1024
"""The ratio 1, in the fixed point of ratios."""

RATIO_MAX = round(LONGEST * RATIO_ONE)

RHYTHM_MAX = 255


@dataclass(frozen=True)
class RhythmScaling:
    """How RR intervals become rhythm features, integers from 0 to 255."""

    features: tuple[str, ...] = ()  # Names, in order: intervals in ms, ratios in 1/1024
    low: tuple[int, ...] = ()  # The value of each that becomes 0
    multiplier: tuple[int, ...] = ()  # Units for each ms, or each 1/1024, times 2**16

    @property
    def intervals(self):
        """The RR intervals that are needed, in the order of `__call__`."""
        return tuple(required_columns(self.features))

    @property
    def has_ratios(self):
        """Whether a ratio is among the features."""
        return any(FEATURES[name].unit == RATIO for name in self.features)

    @property
    def intervals_of_features(self):
        """The RR intervals that features are made of."""
        return {FEATURES[name].interval for name in self.features}

    @classmethod
    def of(cls, features, low, high):
        """Choose the fixed point for ranges of features, in ms and 1/1024."""
        low = np.floor(low).astype(int)
        width = np.maximum(np.ceil(high).astype(int) - low, RHYTHM_MAX)
        multiplier = (RHYTHM_MAX << 16) // width
        return cls(tuple(features), tuple(low.tolist()), tuple(multiplier.tolist()))

    def units(self):
        """Value of one unit of each feature, in seconds or as a ratio."""
        return 2.0**16 / np.array(self.multiplier) / self.fixed_point(self.features)

    def offsets(self):
        """Value of each feature, in seconds or as a ratio, at 0."""
        return np.array(self.low) / self.fixed_point(self.features)

    @staticmethod
    def fixed_point(features):
        """Return what stands for 1 second, or a ratio of 1, in each feature."""
        units = [FEATURES[name].unit for name in features]
        return np.array(
            [1000 if unit == SECONDS else RATIO_ONE for unit in units], float
        )

    def __call__(self, intervals):
        """Compute the features."""
        if not self.features:
            return np.empty((len(intervals), 0), dtype=np.int64)
        values = fixed_point_features(
            dict(zip(self.intervals, intervals.T, strict=True))
        )
        values = np.column_stack([values[name] for name in self.features])
        above = np.maximum(values - np.array(self.low), 0)
        scaled = (above * np.array(self.multiplier) + 2**15) >> 16
        return np.minimum(scaled, RHYTHM_MAX)


def fixed_point_features(intervals):
    """Do what `rhythm_features` does, in ms and in 1/1024."""
    known = {
        name: np.minimum(values.astype(np.int64), LONGEST_MS)
        for name, values in intervals.items()
    }
    local = known["rr_local"]
    local = np.where(local == 0, known["rr_prev"], local)
    local = np.where(local == 0, UNKNOWN_MS, local)
    features = {}
    for feature in map(FEATURES.get, feature_names("rhythm")):
        if feature.interval not in known:
            continue
        interval = known[feature.interval]
        value = np.where(interval == 0, local, interval)
        if feature.unit == RATIO:
            ratio = (value * RATIO_ONE + local // 2) // local
            value = np.minimum(ratio, RATIO_MAX)
        features[feature.name] = value
    return features


def milliseconds_of(seconds):
    """Convert RR intervals to ms, with 0 where one is unknown."""
    usable = np.isfinite(seconds) & (seconds >= 0.001)
    counts = np.floor(np.where(usable, seconds, 0) * 1000 + 0.5)
    return np.minimum(counts, np.iinfo(np.uint16).max).astype(np.uint16)

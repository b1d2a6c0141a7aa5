"""From rows that are normalized already to the integers that enter the network.

A classifier without a segmenter doesn't say how its rows came about. The host
rounds them to units, by the scales in the header; the C limits them. Where the worth of
a count is known, the units of samples are counts, which the C scales.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ._arithmetic import BYTES
from ._features import FEATURE_MAX
from ._window import WindowScaling

_LEAST_PERCENT, _MOST_PERCENT = 0.05, 99.95
"""Of calibration beats whose features are limited to the range of the others."""

COUNT_MAX = 32767
"""The greatest count that 16 bits hold."""


@dataclass(frozen=True)
class RowScaling:
    """How a row becomes small integers."""

    n_window: int  # Samples of all channels; they come first
    scale: float  # Units per one of a sample
    low: tuple[float, ...] = ()  # Value of each feature at 0 units
    step: tuple[float, ...] = ()  # What one unit of each feature is worth
    most: int = BYTES.activation_max  # Largest absolute value of the units of a sample
    # What becomes of the samples then; None: they enter as they are
    window: WindowScaling | None = None

    @classmethod
    def of(cls, scale, n_window, features, most=BYTES.activation_max):
        """Choose the range of each feature from calibration beats."""
        if features.shape[1] == 0:
            return cls(n_window, float(scale), most=most)
        percents = [_LEAST_PERCENT, _MOST_PERCENT]
        low, high = np.percentile(features, percents, axis=0)
        step = np.where(high > low, high - low, 1.0) / FEATURE_MAX
        return cls(
            n_window, float(scale), tuple(low.tolist()), tuple(step.tolist()), most
        )

    def in_counts(self, input_scale):
        """Let samples come in as counts."""
        window = WindowScaling.of(
            self.scale * input_scale, self.n_window, False, self.most
        )
        return replace(self, scale=1 / input_scale, most=COUNT_MAX, window=window)

    @property
    def limits(self):
        """Least and greatest units of each column."""
        features = np.full(len(self.low), FEATURE_MAX)
        window = np.full(self.n_window, self.most)
        return (
            np.concatenate([-window, np.zeros_like(features)]),
            np.concatenate([window, features]),
        )

    def units(self):
        """Value of one unit of each feature."""
        return np.array(self.step)

    def offsets(self):
        """Value of each feature at 0."""
        return np.array(self.low)

    def units_of(self, rows):
        """Round rows to units."""
        units = np.empty(rows.shape)
        units[:, : self.n_window] = rows[:, : self.n_window] * self.scale
        units[:, self.n_window :] = (rows[:, self.n_window :] - self.low) / self.step
        return np.clip(np.floor(units + 0.5), *self.limits).astype(np.int16)

    def limited(self, units):
        """Limit units to what the network takes."""
        entering = np.clip(units.astype(np.int64), *self.limits)
        if self.window is not None:
            samples = np.s_[:, : self.n_window]
            entering[samples] = self.window(units[samples])
        return entering

"""From ADC samples to the integers that enter the network.

What `BeatSegmenter` does in floating point to one window, in integers. Every step is
defined here once; the C does the same steps in the same order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...patient import shifted
from ._arithmetic import BYTES

_WIDEST_SHIFT = 32
"""A shift by 32 is none at all: it takes the upper half of a 64-bit product."""


@dataclass(frozen=True)
class WindowScaling:
    """How a window of counts becomes small integers."""

    n_samples: int
    standardized: bool  # Whether windows get mean 0 and standard deviation 1 first
    numerator: int  # Scale = numerator / 2**exponent, in units of the network
    exponent: int  # numerator has 32 bits
    shift: int  # Fraction bits of the factor by which samples are multiplied
    most: int = BYTES.activation_max  # Largest absolute value of the integers

    @classmethod
    def of(cls, scale, n_samples, standardized, most=BYTES.activation_max):
        """Choose the fixed point for a scale."""
        exponent = 31 - math.floor(math.log2(scale))
        numerator = min(round(scale * 2.0**exponent), 2**32 - 1)
        # The largest factor is that of the smallest deviation that counts, half a
        # count: scale * 2**shift / (n_samples / 2); it must stay below 2**31.
        largest = 2 * scale / n_samples if standardized else scale
        shift = min(_WIDEST_SHIFT, 30 - math.floor(math.log2(largest)))
        return cls(n_samples, standardized, numerator, exponent, shift, most)

    @property
    def factor(self):
        """Of windows that are not standardized: units per count, times 2**shift."""
        return self.numerator >> max(0, self.exponent - self.shift)

    def __call__(self, windows):
        """Scale windows."""
        windows = windows.astype(np.int64)
        if self.standardized:
            deviations, factor = self._standardize(windows)
        else:
            deviations, factor = windows, self.factor
        scaled = (deviations * factor + (1 << (self.shift - 1))) >> self.shift
        return np.clip(scaled, -self.most, self.most)

    def _standardize(self, windows):
        """Return n times the deviations from the mean, and the factor for each."""
        n = self.n_samples
        total = windows.sum(axis=-1, keepdims=True)
        # n**2 times the variance: at most 2**60, exact.
        spread = n * np.square(windows).sum(axis=-1, keepdims=True) - total**2
        flat = 4 * spread < n * n
        root, halvings = _normalized_root(np.where(flat, 1, spread))
        factor = shifted(self.numerator // root, self.shift - self.exponent - halvings)
        return n * windows - total, np.where(flat, 0, factor)


def _normalized_root(spread):
    """Return root, of 16 bits, and h so that root * 2**h is the root of `spread`."""
    halvings = np.zeros_like(spread)
    spread = spread.copy()
    for _ in range(16):
        large, small = spread >= 2**32, spread < 2**30
        halvings += large.astype(np.int64) - small
        spread = np.where(large, spread >> 2, np.where(small, spread << 2, spread))
    # Exact below 2**52, as a double's square root is correctly rounded.
    return np.sqrt(spread).astype(np.int64), halvings


def counts_of(millivolts, adc_gain):
    """Convert millivolts to what an ADC reads, saturated to an int16."""
    counts = np.floor(np.multiply(millivolts, adc_gain, dtype=np.float64) + 0.5)
    limits = np.iinfo(np.int16)
    return np.clip(counts, limits.min, limits.max).astype(np.int16)

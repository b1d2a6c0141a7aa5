"""From ADC samples and milliseconds to the integers that enter the network.

What `BeatSegmenter` does in floating point to one window, in integers. Every step is
defined here once; the C does the same steps in the same order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...windows._features import (
    FEATURES,
    LONGEST,
    SECONDS,
    SHORTEST,
    UNKNOWN,
    feature_names,
    required_columns,
)
from ._arithmetic import BYTES

LONGEST_MS = round(1000 * LONGEST)
UNKNOWN_MS = round(1000 * UNKNOWN)
RATIO_ONE = 1024
"""The ratio 1, in the fixed point of ratios."""

RATIO_MAX = round(LONGEST * RATIO_ONE)

RHYTHM_MAX = 255

_WIDEST_SHIFT = 32
"""A shift by 32 is none at all: it takes the upper half of a 64-bit product."""


@dataclass(frozen=True)
class WindowScaling:
    """How a window of counts becomes small integers.

    Attributes
    ----------
    n_samples : int
    standardized : bool
        Whether windows get mean 0 and standard deviation 1 first.
    numerator, exponent : int
        The scale as ``numerator / 2**exponent``, with a numerator of 32 bits: units of
        the network per standard deviation, or per count.
    shift : int
        Fraction bits of the factor by which samples are multiplied.
    most : int
        Largest absolute value of the integers.
    """

    n_samples: int
    standardized: bool
    numerator: int
    exponent: int
    shift: int
    most: int = BYTES.activation_max

    @classmethod
    def of(cls, scale, n_samples, standardized, most=BYTES.activation_max):
        """Choose the fixed point for a scale.

        Parameters
        ----------
        scale : float
            Units per standard deviation, or per count if not `standardized`.
        n_samples : int
            Up to 32767.
        standardized : bool
        most : int

        Returns
        -------
        WindowScaling
        """
        exponent = 31 - math.floor(math.log2(scale))
        numerator = min(round(scale * 2.0**exponent), 2**32 - 1)
        # The largest factor is that of the smallest deviation that counts, half a
        # count: scale * 2**shift / (n_samples / 2); it must stay below 2**31.
        largest = 2 * scale / n_samples if standardized else scale
        shift = min(_WIDEST_SHIFT, 30 - math.floor(math.log2(largest)))
        return cls(n_samples, standardized, numerator, exponent, shift, most)

    def __call__(self, windows):
        """Scale windows.

        Parameters
        ----------
        windows : ndarray of shape (..., n_samples), int16

        Returns
        -------
        ndarray of the same shape, int64
            From -`most` to `most`; a flat window becomes 0.
        """
        windows = windows.astype(np.int64)
        if self.standardized:
            deviations, factor = self._standardize(windows)
        else:
            deviations, factor = windows, self.numerator >> (self.exponent - self.shift)
        scaled = (deviations * factor + (1 << (self.shift - 1))) >> self.shift
        return np.clip(scaled, -self.most, self.most)

    def _standardize(self, windows):
        """Return n times the deviations from the mean, and the factor for each."""
        n = self.n_samples
        total = windows.sum(axis=-1, keepdims=True)
        # n**2 times the variance: at most 2**60, exact.
        spread = n * np.square(windows).sum(axis=-1, keepdims=True) - total**2
        flat = 4 * spread < n * n
        root, halvings = _normalised_root(np.where(flat, 1, spread))
        factor = _shifted(self.numerator // root, self.shift - self.exponent - halvings)
        return n * windows - total, np.where(flat, 0, factor)


def _normalised_root(spread):
    """Return root, of 16 bits, and h so that root * 2**h is the root of `spread`."""
    halvings = np.zeros_like(spread)
    spread = spread.copy()
    for _ in range(16):
        large, small = spread >= 2**32, spread < 2**30
        halvings += large.astype(np.int64) - small
        spread = np.where(large, spread >> 2, np.where(small, spread << 2, spread))
    # Exact below 2**52, as a double's square root is correctly rounded.
    return np.sqrt(spread).astype(np.int64), halvings


def _shifted(values, places):
    """Shift left, or right where `places` is negative."""
    left = np.left_shift(values, np.maximum(places, 0))
    return np.right_shift(left, np.maximum(-places, 0))


@dataclass(frozen=True)
class RhythmScaling:
    """How RR intervals become rhythm features, integers from 0 to 255.

    Attributes
    ----------
    features : tuple of str
        Names, in order: intervals in ms, ratios in 1/1024.
    low : tuple of int
        The value of each that becomes 0.
    multiplier : tuple of int
        Units for each ms, or each 1/1024, times 2**16.
    """

    features: tuple[str, ...] = ()
    low: tuple[int, ...] = ()
    multiplier: tuple[int, ...] = ()

    @property
    def intervals(self):
        """The RR intervals that are needed, in the order of `__call__`."""
        return tuple(required_columns(self.features))

    @classmethod
    def of(cls, features, low, high):
        """Choose the fixed point for ranges of features, in ms and 1/1024.

        Parameters
        ----------
        features : sequence of str
        low, high : ndarray of shape (n_features,)

        Returns
        -------
        RhythmScaling
        """
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
        return np.array([_fixed_point(name) for name in features], float)

    def __call__(self, intervals):
        """Compute the features.

        Parameters
        ----------
        intervals : ndarray of shape (n_beats, n_intervals), uint16
            In ms, 0 where unknown, in the order of `intervals`.

        Returns
        -------
        ndarray of shape (n_beats, n_features), int64
        """
        if not self.features:
            return np.empty((len(intervals), 0), dtype=np.int64)
        values = fixed_point_features(
            dict(zip(self.intervals, intervals.T, strict=True))
        )
        values = np.column_stack([values[name] for name in self.features])
        above = np.maximum(values - np.array(self.low), 0)
        scaled = (above * np.array(self.multiplier) + 2**15) >> 16
        return np.minimum(scaled, RHYTHM_MAX)


def _fixed_point(name):
    # Rows that a classifier alone takes may have any columns.
    feature = FEATURES.get(name)
    return 1000 if feature is None or feature.unit == SECONDS else RATIO_ONE


def fixed_point_features(intervals):
    """Do what `rhythm_features` does, in ms and in 1/1024.

    Parameters
    ----------
    intervals : dict of str to ndarray of shape (n_beats,), uint16
        In ms, 0 where unknown.

    Returns
    -------
    dict of str to ndarray of shape (n_beats,), int64

    Examples
    --------
    >>> intervals = {"rr_prev": np.array([0, 400]), "rr_local": np.array([0, 800])}
    >>> fixed_point_features(intervals)["rr_prev_ratio"]
    array([1024,  512])
    """
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
        interval = np.where(interval == 0, local, interval)
        ratio = (interval * RATIO_ONE + local // 2) // local
        in_seconds = feature.unit == SECONDS
        features[feature.name] = (
            interval if in_seconds else np.minimum(ratio, RATIO_MAX)
        )
    return features


def counts_of(millivolts, adc_gain):
    """Convert millivolts to what an ADC reads, saturated to an int16.

    Parameters
    ----------
    millivolts : ndarray
    adc_gain : float
        Counts per mV.

    Returns
    -------
    ndarray of the same shape, int16

    Examples
    --------
    >>> counts_of(np.array([0.5, -1000.0]), adc_gain=200)
    array([   100, -32768], dtype=int16)
    """
    counts = np.floor(np.multiply(millivolts, adc_gain, dtype=np.float64) + 0.5)
    limits = np.iinfo(np.int16)
    return np.clip(counts, limits.min, limits.max).astype(np.int16)


def milliseconds_of(seconds):
    """Convert RR intervals to ms, with 0 where one is unknown.

    Parameters
    ----------
    seconds : ndarray
        NaN, infinite or below 1 ms where unknown.

    Returns
    -------
    ndarray of the same shape, uint16

    Examples
    --------
    >>> milliseconds_of(np.array([0.8, np.nan, 100.0]))
    array([  800,     0, 65535], dtype=uint16)
    """
    usable = np.isfinite(seconds) & (seconds >= SHORTEST)
    counts = np.floor(np.where(usable, seconds, 0) * 1000 + 0.5)
    return np.minimum(counts, np.iinfo(np.uint16).max).astype(np.uint16)

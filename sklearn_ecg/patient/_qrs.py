"""QRS complexes beside the typical one of their patient, in integers.

A wide QRS complex means one thing in a patient whose beats are all wide, and another
in a patient whose beats are not. So each is compared with a typical one that is
followed from beat to beat. It looks back only and takes a few bytes.

A QRS complex is in 1/64 of a count. Of its size only what is relative is told.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ._features import LOG_MAX, RATIO_MAX
from ._integers import (
    ONE,
    around_mean,
    bit_length,
    correlation,
    divided,
    log_ratio,
    normalized,
    shifted,
    square_root,
    squared_correlation,
)

REACH = 0.1
"""Seconds of a QRS complex to either side of its middle."""

SHIFT = 0.05
"""Seconds by which a QRS complex is shifted at most for the best match."""

FRACTION = 6
"""Fraction bits of a sample of a QRS complex."""

BEATS_TO_START = 9
FAR_HIGHER = 8
GAIN_BITS = 4
STEP = 154
"""Largest step of the typical QRS complex, in 1/1024 of its height, before gain."""


def largest_shift(window_rate: float) -> int:
    """Return by how many samples a QRS complex is shifted at most."""
    return max(1, round(SHIFT * window_rate))


def qrs_extent(window_rate: float) -> int:
    """Return the samples to either side of the R peak that QRS features need."""
    return round(REACH * window_rate) + largest_shift(window_rate)


def centered(windows: np.ndarray) -> np.ndarray:
    """Take the mean out of counts, in 1/64 of a count."""
    mean = divided(windows.sum(axis=1) << FRACTION, windows.shape[1])
    return (windows << FRACTION) - mean[:, np.newaxis]


class TypicalQRS:
    """The typical QRS complex of a patient, in 1/64 of a count."""

    def __init__(self, n_samples: int):
        self.complex = np.zeros(n_samples, dtype=np.int64)
        self._height = 0
        self._n_met = self._n_far_higher = 0
        self._step = np.empty_like(self.complex)

    def update(self, complexes: np.ndarray) -> np.ndarray:
        """Take the next complexes; return the typical one before each."""
        typical = np.empty_like(complexes)
        heights = np.abs(complexes).max(axis=1).tolist()
        for number, height in enumerate(heights):
            if height > 0:
                self._start(complexes[number], height)
            typical[number] = self.complex
            if height > 0:
                self._follow(complexes[number])
        return typical

    def _start(self, qrs, height):
        """Start anew with the first complex, and if many were far higher."""
        is_far_higher = height > FAR_HIGHER * self._height
        self._n_far_higher = self._n_far_higher + 1 if is_far_higher else 0
        if self._n_met == 0 or self._n_far_higher == BEATS_TO_START:
            self.complex[:] = qrs
            self._height = height
            self._n_met = self._n_far_higher = 0

    def _follow(self, qrs):
        # In every step of a long loop, so all in place.
        step = np.subtract(qrs, self.complex, out=self._step)
        if self._n_met < BEATS_TO_START:
            self._n_met += 1
            step = divided(step, self._n_met)
        else:
            limit = (self._height * STEP) >> 10
            np.minimum(step, limit, out=step)
            np.maximum(step, -limit, out=step)
            step += 1 << (GAIN_BITS - 1)
            step >>= GAIN_BITS
        self.complex += step
        self._height = int(np.maximum.reduce(np.abs(self.complex, out=self._step)))


class ComparedQRS(NamedTuple):
    """QRS complexes compared with the typical ones before them."""

    features: dict[str, np.ndarray]  # By name, each of shape (n_beats,)
    shift: np.ndarray  # Samples by which each lies later than the typical one
    height: np.ndarray  # Of the typical ones; 0 where nothing is typical yet


class QRSState:
    """The QRS complexes of a patient so far, with which each one is compared."""

    def __init__(self, window_rate: float):
        self._reach = largest_shift(window_rate)
        self._typical = TypicalQRS(2 * qrs_extent(window_rate) + 1)

    def update(self, windows: np.ndarray) -> ComparedQRS:
        """Take the next complexes, in counts; compare each with what is typical."""
        complexes = centered(windows)
        return _compare(complexes, self._typical.update(complexes), self._reach)


def _compare(complexes, typical, reach):
    """Compute the features of complexes from what is typical at each."""
    n_samples = complexes.shape[1] - 2 * reach
    typical = around_mean(typical[:, reach : reach + n_samples])
    start, best = _best_match(complexes, typical, reach)
    places = start[:, np.newaxis] + np.arange(n_samples)
    qrs = around_mean(np.take_along_axis(complexes, places, axis=1))
    height, typical_height = _height(qrs), _height(typical)
    known = (height > 0) & (typical_height > 0)
    height_relative = log_ratio(height, typical_height)
    area = _area(qrs)
    area_relative = log_ratio(area, _area(typical))
    half_width = _half_width(qrs, height)
    features = {
        "qrs_correlation": best,
        "qrs_shift": start - reach,
        "qrs_height_relative": limited(height_relative),
        "qrs_width": _width(area, height),
        "qrs_width_relative": limited(area_relative - height_relative),
        "qrs_half_width": half_width,
        "qrs_half_width_difference": half_width - _half_width(typical, typical_height),
        "qrs_area_relative": limited(area_relative),
        "qrs_slope_relative": limited(log_ratio(_steepest(qrs), _steepest(typical))),
        "qrs_sign": ONE * _sign(qrs) * _sign(typical),
        "qrs_difference": _difference(qrs - typical, typical_height),
    }
    unknown = {"qrs_correlation": ONE, "qrs_sign": ONE}
    features = {
        name: np.where(known, values, unknown.get(name, 0))
        for name, values in features.items()
    }
    return ComparedQRS(features, np.where(known, start - reach, 0), typical_height)


def _best_match(complexes, typical, reach):
    """Return where in complexes the typical ones fit best, and how well."""
    n_samples = typical.shape[1]
    # Of 12 bits: sums of products are exact in doubles, whose products are quick.
    mine, its = (normalized(rows).astype(float) for rows in (complexes, typical))
    squares_of_its = np.square(its).sum(axis=1).astype(np.int64)
    # Of the best shifts, the smallest: the one to the left first.
    by_size = np.argsort(np.abs(np.arange(-reach, reach + 1)), kind="stable")
    parts = sliding_window_view(mine, n_samples, axis=1)
    total = parts.sum(axis=2).astype(np.int64)
    mean = divided(total, n_samples)
    products = np.einsum("bsn,bn->bs", parts, its).astype(np.int64)
    products -= mean * its.sum(axis=1).astype(np.int64)[:, np.newaxis]
    squares = np.einsum("bsn,bsn->bs", parts, parts).astype(np.int64) - mean * total
    score = squared_correlation(products, squares, squares_of_its[:, np.newaxis])
    start = by_size[score[:, by_size].argmax(axis=1)]
    best = np.take_along_axis(score, start[:, np.newaxis], axis=1)[:, 0]
    return start, correlation(best, squares_of_its)


def _height(rows):
    return np.abs(rows).max(axis=1)


def _area(rows):
    return np.abs(rows).sum(axis=1)


def _width(area, height):
    """Return areas over heights, in 1/64 of a sample."""
    places = np.maximum(bit_length(area) - 25, 0)
    return ((area >> places) << 6) // np.maximum(height >> places, 1)


def _half_width(qrs, height):
    return (2 * np.abs(qrs) > height[:, np.newaxis]).sum(axis=1)


def _steepest(qrs):
    return np.abs(np.diff(qrs, axis=1)).max(axis=1)


def _sign(qrs):
    largest = np.abs(qrs).argmax(axis=1)[:, np.newaxis]
    return np.sign(np.take_along_axis(qrs, largest, axis=1)[:, 0])


def _difference(differences, height):
    """Return root mean squares over heights, in 1/1024."""
    places = 11 - bit_length(height)
    height = shifted(height, places)
    differences = shifted(differences, places[:, np.newaxis])
    differences = np.clip(differences, -8191, 8191)
    mean = np.square(differences).sum(axis=1) // differences.shape[1]
    return np.minimum(square_root(mean) * ONE // np.maximum(height, 1), RATIO_MAX)


def limited(logs: np.ndarray) -> np.ndarray:
    """Limit logarithms of ratios."""
    return np.clip(logs, -LOG_MAX, LOG_MAX)

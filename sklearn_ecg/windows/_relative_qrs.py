"""Features that compare a QRS complex with what is typical of its patient.

A wide QRS complex means one thing in a patient whose beats are all wide, and another
in a patient whose beats are not. So each is compared with a typical one that is
followed from beat to beat. It looks back only and takes a few bytes: a device can
follow it too.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

import numpy as np

from ._cutting import FLAT, largest_values
from ._features import FARTHEST, LONGEST

_REACH = 0.1
"""Seconds of a QRS complex to either side of its middle."""

_SHIFT = 0.05
"""Seconds by which a QRS complex is shifted at most for the best match."""

_BEATS_TO_START = 9
_FAR_HIGHER = 8
_GAIN = 1 / 16
_STEP = 0.15
"""Largest step of the typical QRS complex, as a share of its height, before gain."""


def largest_shift(sampling_rate: float) -> int:
    """Return by how many samples a QRS complex is shifted at most."""
    return max(1, round(_SHIFT * sampling_rate))


def qrs_extent(sampling_rate: float) -> int:
    """Return the samples to either side of the R peak that QRS features need."""
    return round(_REACH * sampling_rate) + largest_shift(sampling_rate)


class TypicalQRS:
    """The typical QRS complex of a patient."""

    def __init__(self, n_samples: int):
        self._complex = np.zeros(n_samples)
        self._n_met = 0
        self._n_far_higher = 0

    def update(self, qrs: np.ndarray) -> np.ndarray:
        """Take the next complex."""
        qrs_height = _height(qrs)
        if qrs_height == 0:
            return self._complex
        height = _height(self._complex)
        is_far_higher = qrs_height > _FAR_HIGHER * height
        self._n_far_higher = self._n_far_higher + 1 if is_far_higher else 0
        if self._n_met == 0 or self._n_far_higher == _BEATS_TO_START:
            self._complex = qrs.copy()
            self._n_met, self._n_far_higher = 0, 0
        before = self._complex
        self._n_met += 1
        difference = qrs - before
        if self._n_met <= _BEATS_TO_START:
            self._complex = before + difference / self._n_met
        else:
            limit = _STEP * height
            np.minimum(difference, limit, out=difference)
            np.maximum(difference, -limit, out=difference)
            difference *= _GAIN
            self._complex = before + difference
        return before


def _height(qrs):
    # In every step of a long loop; the method `max` takes a detour.
    return np.maximum.reduce(np.abs(qrs))


class RelativeQRS(NamedTuple):
    """QRS complexes compared with the typical ones before them."""

    features: dict[str, np.ndarray]  # dict of str to shape (n_beats,)
    shift: np.ndarray  # Samples by which each lies later than the typical one
    height: np.ndarray  # Of the typical ones; 0 where nothing is typical yet


class RelativeQRSState:
    """The QRS complexes of a patient so far, with which each one is compared."""

    def __init__(self, sampling_rate: float):
        self.sampling_rate = sampling_rate
        self.typical = TypicalQRS(2 * qrs_extent(sampling_rate) + 1)

    def update_block(self, complexes: np.ndarray) -> RelativeQRS:
        """Take the next complexes, and compare each with the typical one before it."""
        complexes = _centered(complexes)
        typical = np.empty_like(complexes)
        meet = self.typical.update
        for number, qrs in enumerate(complexes):
            typical[number] = meet(qrs)
        return _compare(complexes, typical, self.sampling_rate)


def _centered(complexes):
    """Give each complex mean 0, and make flat ones zeros."""
    level = largest_values(complexes)
    complexes = complexes - complexes.mean(axis=1, keepdims=True)
    complexes[largest_values(complexes) <= FLAT * level] = 0.0
    return complexes


def _compare(complexes, typical, sampling_rate):
    """Compute the features of complexes from what is typical at each."""
    reach = largest_shift(sampling_rate)
    n_samples = complexes.shape[1] - 2 * reach
    typical = _around_mean(typical[:, reach : reach + n_samples])
    correlations = np.stack(
        [
            correlation(_around_mean(complexes[:, start : start + n_samples]), typical)
            for start in range(2 * reach + 1)
        ]
    )
    # Of the best shifts, the smallest.
    by_size = np.argsort(np.abs(np.arange(-reach, reach + 1)), kind="stable")
    start = by_size[correlations[by_size].argmax(axis=0)]
    best = np.take_along_axis(correlations, start[np.newaxis], axis=0)[0]
    places = start[:, np.newaxis] + np.arange(n_samples)
    qrs = _around_mean(np.take_along_axis(complexes, places, axis=1))
    height, typical_height = largest_values(qrs), largest_values(typical)
    known = (height > 0) & (typical_height > 0)
    width, typical_width = _width(qrs, height), _width(typical, typical_height)
    half, typical_half = _half_width(qrs, height), _half_width(typical, typical_height)
    over_height = divided(qrs - typical, typical_height[:, np.newaxis])
    features = {
        "qrs_correlation": best,
        "qrs_shift": (start - reach) / sampling_rate,
        "qrs_height_relative": log_ratio(height, typical_height),
        "qrs_width": width / sampling_rate,
        "qrs_width_relative": log_ratio(width, typical_width),
        "qrs_half_width": half / sampling_rate,
        "qrs_half_width_difference": (half - typical_half) / sampling_rate,
        "qrs_area_relative": log_ratio(_area(qrs), _area(typical)),
        "qrs_slope_relative": log_ratio(_steepest(qrs), _steepest(typical)),
        "qrs_sign": _sign(qrs) * _sign(typical),
        "qrs_difference": np.minimum(_root_mean_square(over_height), LONGEST),
    }
    unknown = {"qrs_correlation": 1.0, "qrs_sign": 1.0}
    features = {
        name: np.where(known, values, unknown.get(name, 0.0))
        for name, values in features.items()
    }
    return RelativeQRS(features, np.where(known, start - reach, 0), typical_height)


def divided(values, by):
    """Divide, and give 0 where the divisor is 0."""
    by = np.broadcast_to(by, values.shape)
    return np.divide(values, by, out=np.zeros(values.shape), where=by > 0)


def log_ratio(values, by):
    """Return logarithms of ratios within their limits, 0 where one part is 0."""
    known = (values > 0) & (by > 0)
    ratio = np.divide(values, by, out=np.ones(len(values)), where=known)
    return np.array([max(min(log(r), FARTHEST), -FARTHEST) for r in ratio.tolist()])


def correlation(one, other):
    """Return Pearson's correlations of rows with mean 0; 0 where one is flat."""
    norm = np.sqrt(np.square(one).sum(axis=1) * np.square(other).sum(axis=1))
    return np.clip(divided((one * other).sum(axis=1), norm), -1.0, 1.0)


def _around_mean(rows):
    return rows - rows.mean(axis=1, keepdims=True)


def _area(qrs):
    return np.abs(qrs).sum(axis=1)


def _width(qrs, height):
    return divided(_area(qrs), height)


def _half_width(qrs, height):
    return (np.abs(qrs) > height[:, np.newaxis] / 2).sum(axis=1)


def _steepest(qrs):
    return np.abs(np.diff(qrs, axis=1)).max(axis=1)


def _sign(qrs):
    largest = np.abs(qrs).argmax(axis=1)[:, np.newaxis]
    return np.sign(np.take_along_axis(qrs, largest, axis=1)[:, 0])


def _root_mean_square(rows):
    return np.sqrt(np.square(rows).mean(axis=1))

"""QRS complexes and waves beside those typical of their patient, in integers.

What `RelativeBeatState` does in floating point, from windows of counts. A QRS complex
is in 1/64 of a count; P and T segments are in 1/2048 of the height of the typical QRS
complex.
"""

from __future__ import annotations

import numpy as np

from ...windows._features import BEATS_BEFORE, OF_BEATS_BEFORE
from ...windows._relative_beats import beat_extent
from ...windows._relative_qrs import largest_shift, qrs_extent
from ...windows._relative_waves import P_SEGMENT, T_SEGMENT
from ._integers import (
    ONE,
    bit_length,
    correlation,
    divided,
    log_ratio,
    logarithm,
    normalized,
    shifted,
    square_root,
    squared_correlation,
)

FRACTION = 6
"""Fraction bits of a sample of a QRS complex."""

HEIGHT = 2048
"""The height of the typical QRS complex, in the unit of P and T segments."""

TYPICAL_FRACTION = 2
"""Further fraction bits of a typical segment."""

_PRODUCT_BITS = 12
"""Bits of samples whose products are summed."""

_BEATS_TO_START = 9
_WAVES_TO_START = 16
_FAR_HIGHER = 8
_GAIN_BITS = 4
_QRS_STEP = 154
"""Largest step of the typical QRS complex, in 1/1024 of its height."""

_WAVE_STEP = round(0.3 * HEIGHT) << TYPICAL_FRACTION
_SEGMENT_MAX = 4 * HEIGHT
_TYPICAL_MAX = 32767
_SMALLEST = 33
"""What is smaller is no wave, in 1/16 of the unit of segments."""

_LARGEST = 3 * HEIGHT
_LOG_MAX, _LOG_MIN_OF_SIZE = 4432, -11819
_RATIO_MAX = 3 * ONE
_LEAST_CORRELATION, _MOST_IRREGULAR = 870, 222


class TypicalQRS:
    """The typical QRS complex of a patient, in 1/64 of a count."""

    def __init__(self, n_samples):
        self.complex = np.zeros(n_samples, dtype=np.int64)
        self.n_met = self.n_far_higher = 0

    def update(self, qrs):
        """Take the next complex; return the typical one before it."""
        qrs_height = int(np.abs(qrs).max())
        if qrs_height == 0:
            return self.complex
        height = int(np.abs(self.complex).max())
        is_far_higher = qrs_height > _FAR_HIGHER * height
        self.n_far_higher = self.n_far_higher + 1 if is_far_higher else 0
        if self.n_met == 0 or self.n_far_higher == _BEATS_TO_START:
            self.complex = qrs
            self.n_met = self.n_far_higher = 0
        before = self.complex
        self.n_met = min(self.n_met + 1, _BEATS_TO_START + 1)
        if self.n_met <= _BEATS_TO_START:
            self.complex = before + divided(qrs - before, self.n_met)
        else:
            limit = (height * _QRS_STEP) >> 10
            step = np.clip(qrs - before, -limit, limit)
            self.complex = before + ((step + 8) >> _GAIN_BITS)
        return before


class TypicalSegment:
    """The typical segment of a patient's usual beats."""

    def __init__(self, n_samples):
        self.segment = np.zeros(n_samples, dtype=np.int64)
        self.n_met = 0

    def update(self, segment, is_usual):
        """Take the next segment; return the typical one before it."""
        finer = np.clip(segment << TYPICAL_FRACTION, -_TYPICAL_MAX, _TYPICAL_MAX)
        if self.n_met == 0:
            self.segment = finer
            self.n_met = 1
        before = self.segment
        if is_usual:
            self.n_met = min(self.n_met + 1, _WAVES_TO_START + 1)
            step = np.clip(finer - before, -_WAVE_STEP, _WAVE_STEP)
            self.segment = before + divided(step, min(self.n_met - 1, _WAVES_TO_START))
        return (before + 2) >> TYPICAL_FRACTION


class RelativeBeats:
    """The beats of a patient so far, with which each one is compared."""

    def __init__(self, sampling_rate):
        self.before, self.after = beat_extent(sampling_rate)
        self.extent, self.reach = (
            qrs_extent(sampling_rate),
            largest_shift(sampling_rate),
        )
        self._qrs = TypicalQRS(2 * self.extent + 1)
        spans = {"p": P_SEGMENT, "t": T_SEGMENT}
        self._spans = {
            wave: tuple(round(time * sampling_rate) for time in span)
            for wave, span in spans.items()
        }
        self._waves = {
            wave: TypicalSegment(stop - first)
            for wave, (first, stop) in self._spans.items()
        }
        self._memory = None

    def update(self, around, rhythm):
        """Take the next beats, and compare each with those before it."""
        first = self.before - self.extent
        complexes = _centered(around[:, first : first + 2 * self.extent + 1])
        typical = np.empty_like(complexes)
        for number, qrs in enumerate(complexes):
            typical[number] = self._qrs.update(qrs)
        features, shift, height = _compare_qrs(complexes, typical, self.reach)
        is_usual = features["qrs_correlation"] > _LEAST_CORRELATION
        is_usual &= np.abs(rhythm["rr_prev_over_q50"]) < _MOST_IRREGULAR
        for wave in ("p", "t"):
            features |= self._compare_wave(wave, around, shift, height, is_usual)
        return features | self._of_beats_before(features | rhythm)

    def _compare_wave(self, wave, around, shift, height, is_usual):
        first, stop = self._spans[wave]
        places = (self.before + first + shift)[:, np.newaxis]
        segments = np.take_along_axis(around, places + np.arange(stop - first), axis=1)
        segments, slope = _straightened(_over_height(_centered(segments), height))
        typical = np.empty_like(segments)
        for number, segment in enumerate(segments):
            typical[number] = self._waves[wave].update(segment, is_usual[number])
        return {
            f"{wave}_{name}": values
            for name, values in _compare_segments(segments, typical, slope).items()
        }

    def _of_beats_before(self, features):
        """Return features of the beats before; the first beat stands for those."""
        values = np.column_stack([features[name] for name in OF_BEATS_BEFORE])
        if self._memory is None and len(values):
            self._memory = np.repeat(values[:1], BEATS_BEFORE, axis=0)
        if len(values) == 0:
            known = values
        else:
            known = np.concatenate([self._memory, values])
            self._memory = known[-BEATS_BEFORE:]
        columns = {}
        for back in range(1, BEATS_BEFORE + 1):
            start = BEATS_BEFORE - back
            for column, name in enumerate(OF_BEATS_BEFORE):
                columns[f"{name}_{back}_before"] = known[
                    start : start + len(values), column
                ]
        return columns


def _centered(windows):
    """Take the mean out of counts, in 1/64 of a count."""
    mean = divided(windows.sum(axis=1) << FRACTION, windows.shape[1])
    return (windows << FRACTION) - mean[:, np.newaxis]


def _around_mean(rows):
    return rows - divided(rows.sum(axis=1), rows.shape[1])[:, np.newaxis]


def _compare_qrs(complexes, typical, reach):
    """Compute the features of complexes from what is typical at each."""
    n_samples = complexes.shape[1] - 2 * reach
    typical = _around_mean(typical[:, reach : reach + n_samples])
    start, best = _best_match(complexes, typical, reach)
    places = start[:, np.newaxis] + np.arange(n_samples)
    qrs = _around_mean(np.take_along_axis(complexes, places, axis=1))
    height, typical_height = _height(qrs), _height(typical)
    known = (height > 0) & (typical_height > 0)
    height_relative = log_ratio(height, typical_height)
    area_relative = log_ratio(_area(qrs), _area(typical))
    half_width = _half_width(qrs, height)
    features = {
        "qrs_correlation": best,
        "qrs_shift": start - reach,
        "qrs_height_relative": _limited(height_relative),
        "qrs_width": _width(qrs, height),
        "qrs_width_relative": _limited(area_relative - height_relative),
        "qrs_half_width": half_width,
        "qrs_half_width_difference": half_width - _half_width(typical, typical_height),
        "qrs_area_relative": _limited(area_relative),
        "qrs_slope_relative": _limited(log_ratio(_steepest(qrs), _steepest(typical))),
        "qrs_sign": ONE * _sign(qrs) * _sign(typical),
        "qrs_difference": _difference(qrs - typical, typical_height),
    }
    unknown = {"qrs_correlation": ONE, "qrs_sign": ONE}
    features = {
        name: np.where(known, values, unknown.get(name, 0))
        for name, values in features.items()
    }
    return features, np.where(known, start - reach, 0), typical_height


def _best_match(complexes, typical, reach):
    """Return where in complexes the typical ones fit best, and how well."""
    n_samples = typical.shape[1]
    mine = normalized(complexes, _PRODUCT_BITS)
    its = normalized(typical, _PRODUCT_BITS)
    sum_of_its = its.sum(axis=1)
    squares_of_its = np.square(its).sum(axis=1)
    score = np.empty((2 * reach + 1, len(mine)), dtype=np.int64)
    for start in range(2 * reach + 1):
        part = mine[:, start : start + n_samples]
        total = part.sum(axis=1)
        mean = divided(total, n_samples)
        products = (part * its).sum(axis=1) - mean * sum_of_its
        squares = np.square(part).sum(axis=1) - mean * total
        score[start] = squared_correlation(products, squares, squares_of_its)
    # Of the best shifts, the smallest.
    by_size = np.argsort(np.abs(np.arange(-reach, reach + 1)), kind="stable")
    start = by_size[score[by_size].argmax(axis=0)]
    best = np.take_along_axis(score, start[np.newaxis], axis=0)[0]
    return start, correlation(best, squares_of_its)


def _height(rows):
    return np.abs(rows).max(axis=1)


def _area(rows):
    return np.abs(rows).sum(axis=1)


def _width(qrs, height):
    """Return areas over heights, in 1/64 of a sample."""
    area = _area(qrs)
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
    return np.minimum(square_root(mean) * ONE // np.maximum(height, 1), _RATIO_MAX)


def _over_height(segments, height):
    """Divide segments by heights, both in 1/64 of a count."""
    bits = bit_length(height)
    mantissa = np.maximum(shifted(height, 16 - bits), 1)
    inverse = np.where(height > 0, (2**31 + mantissa // 2) // mantissa, 0)
    scaled = shifted(segments, (12 - bits)[:, np.newaxis])
    scaled = np.clip(scaled, -16383, 16383) * inverse[:, np.newaxis]
    return np.clip((scaled + 2**15) >> 16, -_SEGMENT_MAX, _SEGMENT_MAX)


def _straightened(segments):
    """Take the slope out of segments; return half the rise over each, too."""
    n_samples = segments.shape[1]
    line = 2 * np.arange(n_samples) - (n_samples - 1)
    by = n_samples * (n_samples**2 - 1) // 3
    slope = divided((segments * line).sum(axis=1) << 6, by)
    straight = segments - ((slope[:, np.newaxis] * line + 32) >> 6)
    rise = (slope * (n_samples - 1)) >> 6
    return straight, np.clip(rise, -_LARGEST, _LARGEST)


def _compare_segments(segments, typical, slope):
    size, usual_size = _size(segments), _size(typical)
    ours, its = (normalized(rows, _PRODUCT_BITS) for rows in (segments, typical))
    of_its = np.square(its).sum(axis=1)
    score = squared_correlation(
        (ours * its).sum(axis=1), np.square(ours).sum(axis=1), of_its
    )
    one = logarithm(16 * HEIGHT)
    return {
        "correlation": correlation(score, of_its),
        "size": _limited_size(logarithm(size) - one),
        "size_relative": _limited(log_ratio(size, usual_size)),
        "difference": _limited_size(logarithm(_size(segments - typical)) - one),
        "highest": np.clip(segments.max(axis=1), -_LARGEST, _LARGEST),
        "lowest": np.clip(segments.min(axis=1), -_LARGEST, _LARGEST),
        "slope": slope,
        "place": segments.argmax(axis=1),
    }


def _size(segments):
    """Return root mean squares, in 1/16 of the unit of segments, and a little."""
    total = np.square(np.clip(segments, -_SEGMENT_MAX, _SEGMENT_MAX)).sum(axis=1)
    n_samples = segments.shape[1]
    fine = square_root((total << 8) // n_samples)
    coarse = square_root(total // n_samples) << 4
    return np.where(total < 2**24, fine, coarse) + _SMALLEST


def _limited(logs):
    return np.clip(logs, -_LOG_MAX, _LOG_MAX)


def _limited_size(logs):
    return np.clip(logs, _LOG_MIN_OF_SIZE, _LOG_MAX)


def units(sampling_rate):
    """Return what one of each feature is worth, in the unit of the feature."""
    sample = 1 / sampling_rate
    found = {
        "qrs_shift": sample,
        "qrs_width": sample / 64,
        "qrs_half_width": sample,
        "qrs_half_width_difference": sample,
    }
    for wave in ("p", "t"):
        found |= dict.fromkeys(
            [f"{wave}_{name}" for name in ("highest", "lowest", "slope")], 1 / HEIGHT
        )
        found[f"{wave}_place"] = sample
    return found

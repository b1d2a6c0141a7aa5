"""P and T waves beside those typical of their patient, in integers.

A beat that starts in the ventricles has no P wave before it, and one that starts
elsewhere in the atria has another. So the segments where the waves should be are
compared with what is typical there in beats that are usual otherwise. It looks back
only and takes some bytes.

Segments are in 1/2048 of the height of the typical QRS complex.
"""

from __future__ import annotations

import numpy as np

from ._features import HEIGHT, LOG_MAX, LOG_SIZE_MIN, WAVE_MAX
from ._integers import (
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
from ._qrs import centered, limited

WAVES = {"p": (-0.24, -0.07), "t": (0.1, 0.4)}
"""The segment of each wave, in seconds from the R peak."""

TYPICAL_FRACTION = 2
"""Further fraction bits of a typical segment."""

BEATS_TO_START = 16
STEP = round(0.3 * HEIGHT) << TYPICAL_FRACTION
"""Largest step of a typical segment before it is divided: 0.3 heights."""

SEGMENT_MAX = 4 * HEIGHT
TYPICAL_MAX = 32767
SMALLEST = 33
"""What is smaller is no wave, in 1/16 of the unit of segments."""

_LOG_OF_HEIGHT = int(logarithm(16 * HEIGHT))


def wave_spans(window_rate: float) -> dict[str, tuple[int, int]]:
    """Return the first sample of each wave's segment, and the one after its last."""
    return {
        wave: (round(first * window_rate), round(stop * window_rate))
        for wave, (first, stop) in WAVES.items()
    }


class TypicalSegments:
    """The typical segments of a patient's usual beats, side by side."""

    def __init__(self, n_samples: int):
        self._segment = np.zeros(n_samples, dtype=np.int64)
        self._step, self._sign = (np.empty_like(self._segment) for _ in range(2))
        self._n_met = 0

    def update(self, segments: np.ndarray, is_usual: np.ndarray) -> np.ndarray:
        """Take the next segments; return the typical ones before each."""
        finer = np.clip(segments << TYPICAL_FRACTION, -TYPICAL_MAX, TYPICAL_MAX)
        if self._n_met == 0 and len(finer):
            self._segment[:] = finer[0]
            self._n_met = 1
        typical = np.empty_like(finer)
        for number, usual in enumerate(is_usual.tolist()):
            typical[number] = self._segment
            if usual:
                self._follow(finer[number])
        return (typical + 2) >> TYPICAL_FRACTION

    def _follow(self, segment):
        # In every step of a long loop, so all in place.
        step = np.subtract(segment, self._segment, out=self._step)
        np.minimum(step, STEP, out=step)
        np.maximum(step, -STEP, out=step)
        if self._n_met < BEATS_TO_START:
            step = divided(step, self._n_met)
            self._n_met += 1
        else:
            # Divided by 16, rounded to the nearest, halves away from zero.
            step += np.right_shift(step, 63, out=self._sign)
            step += BEATS_TO_START // 2
            step >>= 4
        self._segment += step


class WaveState:
    """The P and T waves of a patient so far, with which each beat's are compared."""

    def __init__(self, window_rate: float):
        self._spans = wave_spans(window_rate)
        self._typical = TypicalSegments(
            sum(stop - first for first, stop in self._spans.values())
        )

    def update(
        self,
        around: np.ndarray,
        r_peak: int,
        shift: np.ndarray,
        height: np.ndarray,
        is_usual: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """Take the next beats, the R peak at a sample each; compare them."""
        segments, slopes = {}, {}
        for wave, (first, stop) in self._spans.items():
            places = (r_peak + first + shift)[:, np.newaxis] + np.arange(stop - first)
            cut = np.take_along_axis(around, places, axis=1)
            over_height = _over_height(centered(cut), height)
            segments[wave], slopes[wave] = _straightened(over_height)
        side_by_side = np.concatenate(list(segments.values()), axis=1)
        typical = self._typical.update(side_by_side, is_usual)
        features: dict[str, np.ndarray] = {}
        start = 0
        for wave, segment in segments.items():
            stop = start + segment.shape[1]
            compared = _compare(segment, typical[:, start:stop], slopes[wave])
            features |= {f"{wave}_{name}": each for name, each in compared.items()}
            start = stop
        return features


def _over_height(segments, height):
    """Divide segments by heights, both in 1/64 of a count."""
    bits = bit_length(height)
    mantissa = np.maximum(shifted(height, 16 - bits), 1)
    inverse = np.where(height > 0, (2**31 + mantissa // 2) // mantissa, 0)
    scaled = shifted(segments, (12 - bits)[:, np.newaxis])
    scaled = np.clip(scaled, -16383, 16383) * inverse[:, np.newaxis]
    return np.clip((scaled + 2**15) >> 16, -SEGMENT_MAX, SEGMENT_MAX)


def _straightened(segments):
    """Take the slope out of segments; return half the rise over each, too."""
    n_samples = segments.shape[1]
    line = 2 * np.arange(n_samples) - (n_samples - 1)
    by = n_samples * (n_samples**2 - 1) // 3
    slope = divided((segments @ line) << 6, by)
    straight = segments - ((slope[:, np.newaxis] * line + 32) >> 6)
    rise = (slope * (n_samples - 1)) >> 6
    return straight, np.clip(rise, -WAVE_MAX, WAVE_MAX)


def _compare(segments, typical, slope):
    size, usual_size = _size(segments), _size(typical)
    ours, its = normalized(segments), normalized(typical)
    of_its = np.square(its).sum(axis=1)
    score = squared_correlation(
        (ours * its).sum(axis=1), np.square(ours).sum(axis=1), of_its
    )
    return {
        "correlation": correlation(score, of_its),
        "size": _log_size(size),
        "size_relative": limited(log_ratio(size, usual_size)),
        "difference": _log_size(_size(segments - typical)),
        "highest": np.clip(segments.max(axis=1), -WAVE_MAX, WAVE_MAX),
        "lowest": np.clip(segments.min(axis=1), -WAVE_MAX, WAVE_MAX),
        "slope": slope,
        "place": segments.argmax(axis=1),
    }


def _size(segments):
    """Return root mean squares, in 1/16 of the unit of segments, and a little."""
    total = np.square(np.clip(segments, -SEGMENT_MAX, SEGMENT_MAX)).sum(axis=1)
    n_samples = segments.shape[1]
    fine = square_root((total << 8) // n_samples)
    coarse = square_root(total // n_samples) << 4
    return np.where(total < 2**24, fine, coarse) + SMALLEST


def _log_size(size):
    """Return logarithms of sizes over the height of the typical QRS complex."""
    return np.clip(logarithm(size) - _LOG_OF_HEIGHT, LOG_SIZE_MIN, LOG_MAX)

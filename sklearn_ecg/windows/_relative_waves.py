"""Features that compare P and T waves with those typical of a patient.

A beat that starts in the ventricles has no P wave before it, and one that starts
elsewhere in the atria has another. So the segments where the waves should be are
compared with what is typical there in beats that are usual otherwise. It looks back
only and takes some bytes: a device can follow it too.
"""

from __future__ import annotations

from math import log

import numpy as np

from ._relative_qrs import correlation, divided, log_ratio

P_SEGMENT, T_SEGMENT = (-0.24, -0.07), (0.1, 0.4)
"""Seconds from the R peak."""

_GAIN = 1 / 16
_STEP = 0.3
"""Largest step of a typical segment, in heights of the QRS complex, before gain."""

_SMALLEST = 0.001
"""What is smaller, in heights of the QRS complex, is no wave."""

_LARGEST = 3.0


class TypicalSegment:
    """The typical segment of a patient's usual beats."""

    def __init__(self):
        self._segment: np.ndarray | None = None
        self._n_met = 0

    def update(self, segment: np.ndarray, is_usual: bool) -> np.ndarray:
        """Take the next segment."""
        if self._segment is None:
            self._segment = segment.copy()
        before = self._segment
        if is_usual:
            self._n_met += 1
            step = (segment - before).clip(-_STEP, _STEP)
            self._segment = before + step * max(_GAIN, 1 / self._n_met)
        return before


class RelativeWaveState:
    """The P or the T waves of a patient so far, with which each one is compared."""

    def __init__(self, wave: str, segment: tuple[float, float], sampling_rate: float):
        self.wave = wave
        self.sampling_rate = sampling_rate
        self._first, self._stop = (round(time * sampling_rate) for time in segment)
        self._typical = TypicalSegment()

    def update_block(
        self,
        around: np.ndarray,
        r_peak: int,
        shift: np.ndarray,
        height: np.ndarray,
        is_usual: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """Take the next beats, and compare each with what is typical before it."""
        places = (r_peak + self._first + shift)[:, np.newaxis]
        places = places + np.arange(self._stop - self._first)
        segments = np.take_along_axis(around, places, axis=1)
        segments, slope = _straightened(divided(segments, height[:, np.newaxis]))
        typical = np.empty_like(segments)
        meet = self._typical.update
        for number, (segment, usual) in enumerate(
            zip(segments, is_usual.tolist(), strict=True)
        ):
            typical[number] = meet(segment, usual)
        return self._compare(segments, typical, slope)

    def _compare(self, segments, typical, slope):
        size, usual_size = _size(segments), _size(typical)
        features = {
            "correlation": correlation(segments, typical),
            "size": _logs(size),
            "size_relative": log_ratio(size, usual_size),
            "difference": _logs(_size(segments - typical)),
            "highest": np.clip(segments.max(axis=1), -_LARGEST, _LARGEST),
            "lowest": np.clip(segments.min(axis=1), -_LARGEST, _LARGEST),
            "slope": np.clip(slope, -_LARGEST, _LARGEST),
            "place": segments.argmax(axis=1) / self.sampling_rate,
        }
        return {f"{self.wave}_{name}": values for name, values in features.items()}


def _straightened(segments):
    """Take mean and slope out of each segment; return half the rise over it, too."""
    segments = segments - segments.mean(axis=1, keepdims=True)
    line = np.linspace(-1, 1, segments.shape[1])
    slope = (segments * line).sum(axis=1) / np.square(line).sum()
    return segments - slope[:, np.newaxis] * line, slope


def _size(segments):
    return np.sqrt(np.square(segments).mean(axis=1)) + _SMALLEST


def _logs(sizes):
    return np.array([min(log(size), _LARGEST) for size in sizes.tolist()])

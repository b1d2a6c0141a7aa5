"""R peaks from a live signal."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._parameter_checks import Number, check
from ._candidates import FindInSamples, Lengths
from ._decision import DecideBeats
from ._digitize import Digitize

RATE = Number(100, 2000, noun="number of Hz")
RESOLUTION = Number(0, closed="neither", noun="number of microvolts")
SHORTEST = 2
"""Seconds of signal that are needed to tell beats from the rest."""

_BLOCK = 2**18


class RPeakDetector:
    """Detect R peaks in a signal that comes piece by piece.

    Parameters
    ----------
    sampling_rate : float
        In Hz, from 100 to 2000.
    resolution : float, default=0.1
        What one count is when millivolts become integers, in microvolts.
    """

    def __init__(self, sampling_rate: float, *, resolution: float = 0.1) -> None:
        self.sampling_rate = check("RPeakDetector", "sampling_rate", sampling_rate, RATE)
        self.resolution = check("RPeakDetector", "resolution", resolution, RESOLUTION)
        self._start()

    def _start(self):
        lengths = Lengths.at(self.sampling_rate)
        self._digitize = Digitize(self.resolution)
        self._find = FindInSamples(lengths)
        self._decide = DecideBeats(lengths.working_rate)
        self._n_samples = 0
        self._last_count = 0

    def push(self, samples: ArrayLike) -> np.ndarray:
        """Take the next samples."""
        samples = checked_signal("samples", samples)
        blocks = (
            self._push_block(samples[start : start + _BLOCK])
            for start in range(0, len(samples), _BLOCK)
        )
        return np.array([peak for block in blocks for peak in block], dtype=np.int64)

    def flush(self) -> np.ndarray:
        """End the recording."""
        n_samples = self._n_samples
        candidates = self._find.flush(self._last_count)
        beats = self._decide.update(candidates, self._find.n_working - 1)
        beats += self._decide.flush()
        self._start()
        if n_samples < SHORTEST * self.sampling_rate:
            beats = []
        peaks = [max(beat.sample, 0) for beat in beats if beat.sample < n_samples]
        return np.array(peaks, dtype=np.int64)

    def _push_block(self, block):
        counts = self._digitize.update(block)
        self._n_samples += len(counts)
        self._last_count = counts[-1]
        candidates = self._find.update(counts)
        beats = self._decide.update(candidates, self._find.n_working - 1)
        return [max(beat.sample, 0) for beat in beats]


def checked_signal(name: str, signal: ArrayLike) -> np.ndarray:
    """Return a signal as a one-dimensional array of integers or floats."""
    try:
        values = np.asarray(signal)
    except ValueError as error:
        raise ValueError(f"{name} must be one-dimensional numbers: {error}") from error
    if values.ndim != 1:
        raise ValueError(
            f"{name} must be one lead, an array of one dimension; it has the shape "
            f"{values.shape}. Pass one column of it."
        )
    if values.dtype.kind not in "iuf" and len(values):
        raise ValueError(
            f"{name} must be integers or floats (millivolts), not of dtype "
            f"{values.dtype}."
        )
    return values

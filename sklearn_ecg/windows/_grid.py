"""Windows between the working samples of the detector, as a device cuts them.

A device remembers one ring of working samples, sums of samples near 125 Hz. It finds
beats in them, and cuts windows out of them, by linear interpolation. So do the
Pipelines whose features compare a beat with its patient's, for recordings and streams.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..detection import Decimate, Digitize, Lengths
from ..patient import divided

RESOLUTION = 0.1
"""What one count is when millivolts become integers, in microvolts."""

BEATS_AT_ONCE = 1024
"""So that their windows stay in the cache."""

PLACE_BITS = 14
"""Fraction bits of a place between two working samples."""


@dataclass(frozen=True)
class Grid:
    """Where the samples of windows lie between working samples."""

    sampling_rate: float  # Of the recording, in Hz
    window_rate: float  # Of the windows, in Hz
    first: int  # First sample of a window, with the R peak at 0
    end: int  # One past the last sample of a window

    @cached_property
    def lengths(self) -> Lengths:
        """Lengths of the filters of the detector."""
        return Lengths.at(self.sampling_rate)

    @property
    def step(self) -> int:
        """Working samples from one sample of a window to the next, in fixed point."""
        return round(self.lengths.working_rate / self.window_rate * 2**PLACE_BITS)

    @property
    def reach(self) -> tuple[int, int]:
        """Working samples that a window needs before and after the R peak."""
        before = -(self.first * self.step >> PLACE_BITS) + 1
        after = ((self.end - 1) * self.step >> PLACE_BITS) + 2
        return before, after

    def windows(
        self, working: np.ndarray, samples: np.ndarray, start: int = 0
    ) -> np.ndarray:
        """Cut the windows around some samples; `start` is the first working sample.

        Past both ends, the working samples go on as they begin and end.
        """
        factor = self.lengths.factor
        inside = 2 * (samples % factor) - (factor - 1)
        inside = divided(inside << (PLACE_BITS - 1), factor)
        places = inside[:, np.newaxis] + self.step * np.arange(self.first, self.end)
        left = (samples // factor - start)[:, np.newaxis] + (places >> PLACE_BITS)
        last = len(working) - 1
        low = working[np.clip(left, 0, last)]
        high = working[np.clip(left + 1, 0, last)]
        part = places & (2**PLACE_BITS - 1)
        half = 1 << (PLACE_BITS - 1)
        return low + (((high - low) * part + half) >> PLACE_BITS)


class WorkingSamples:
    """The working samples of a lead, and which of them are not there."""

    def __init__(self, lengths: Lengths, shift: int | None = None):
        shift = lengths.shift if shift is None else shift
        self._factor = lengths.factor
        self._digitize = Digitize(RESOLUTION)
        self._decimate = Decimate(lengths.factor, shift)
        self._decimate_missing = Decimate(lengths.factor)
        self._worth = 2.0**shift / lengths.factor
        self._last = 0
        self.values = np.zeros(0, dtype=np.int64)
        self.is_missing = np.zeros(0, dtype=bool)
        self.start = 0  # Number of the first that is remembered

    @property
    def end(self) -> int:
        """Number of working samples so far."""
        return self.start + len(self.values)

    def append(self, samples: np.ndarray, is_missing: np.ndarray | None = None) -> None:
        """Take samples: millivolts, NaN where one is missing, or counts."""
        if len(samples) == 0:
            return
        if is_missing is None:
            is_missing = (
                np.isnan(samples)
                if samples.dtype.kind == "f"
                else np.zeros(len(samples), dtype=bool)
            )
        counts = self._digitize.update(samples)
        self._last = int(counts[-1])
        self._extend(counts, is_missing)

    def finish(self, n_working: int) -> None:
        """Complete the last sum, and add more, as if the signal stayed where it is."""
        n_samples = n_working * self._factor - self._decimate.n_waiting
        held = np.full(n_samples, self._last, dtype=np.int64)
        self._extend(held, np.zeros(n_samples, dtype=bool))

    def skip(self, n_samples: int) -> None:
        """Take so many missing samples, where all that is remembered is missing."""
        self.start += self._decimate.skip(n_samples, self._last)
        self._decimate_missing.skip(n_samples, 1)

    def forget(self, before: int) -> None:
        """Forget the working samples before one, if they are many."""
        n_old = min(before - self.start, len(self.values))
        if n_old > len(self.values) // 2:
            self.values = self.values[n_old:].copy()
            self.is_missing = self.is_missing[n_old:].copy()
            self.start += n_old

    def whole(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Tell of which spans of working samples none is missing."""
        if not self.is_missing.any():
            return np.ones(len(first), dtype=bool)
        end = len(self.is_missing) - 1
        first = np.clip(first - self.start, 0, end)
        last = np.clip(last - self.start, 0, end)
        n_before = np.concatenate([[0], np.cumsum(self.is_missing)])
        return n_before[last + 1] == n_before[first]

    def millivolts(self, windows: np.ndarray) -> np.ndarray:
        """Return windows of working samples in millivolts."""
        per_millivolt = self._digitize.counts_per_millivolt
        first = self._digitize.first or 0
        return (windows * self._worth + first) / per_millivolt

    def _extend(self, counts, is_missing):
        self.values = np.concatenate([self.values, self._decimate.update(counts)])
        sums = self._decimate_missing.update(is_missing.astype(np.int64))
        self.is_missing = np.concatenate([self.is_missing, sums > 0])

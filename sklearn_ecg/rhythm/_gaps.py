"""What cannot be analysed: no signal, noise, and silence that no heart keeps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from ..beats import LONGEST_PAUSE
from ._beats import NOTHING, ONE, Found

NOT_ANALYSABLE = "not analysable"

LEAST_LOST = 0.5
"""Seconds without signal between two beats, from which on a beat may be lost there."""

LEAST_NOISE = 2
"""Detections that are no beat between two beats, from which on they are noise. One may
be a P wave that is not conducted."""

APART = 2.0
"""Seconds between two lost stretches, below which they are told as one."""


class GapState:
    """Which intervals between beats were cut, and what was lost of the recording."""

    def __init__(self, sampling_rate: float) -> None:
        self._least = LEAST_LOST * sampling_rate
        self._apart = APART * sampling_rate
        self._longest = LONGEST_PAUSE * sampling_rate
        self._stretches: deque[tuple[int, int]] = deque()
        self._noise: list[int] = []  # Detections that are no beats
        self._open: tuple[int, int] | None = None

    def take_stretches(self, stretches: Iterable[tuple[int, int]]) -> None:
        """Take stretches without signal, in samples, in time order."""
        self._stretches.extend(stretches)

    def take_noise(self, sample: int) -> None:
        """Take a detection that is no beat."""
        self._noise.append(sample)
        del self._noise[:-LEAST_NOISE]

    def update(self, last: int, sample: int) -> tuple[bool, tuple[Found, ...]]:
        """Take an interval between beats; tell whether it was cut, and what ended."""
        lost = self._lost(last, sample)
        told = self._end_before(sample if lost is None else lost[0])
        if lost is None:
            return False, told
        self._open = lost if self._open is None else (self._open[0], lost[1])
        return True, told

    def end(self, last: int, n_samples: int) -> tuple[Found, ...]:
        """End the recording after so many samples."""
        _, told = self.update(last, n_samples)
        return (*told, *self._end())

    def _lost(self, last, sample):
        """Return what was lost between two beats, from a sample to another."""
        stretches = self._stretches_between(last, sample)
        is_noisy, self._noise = len(self._noise) >= LEAST_NOISE, []
        if is_noisy or sample - last > self._longest:
            return last, sample
        if sum(stop - start for start, stop in stretches) < self._least:
            return None
        return stretches[0][0], stretches[-1][1]

    def _stretches_between(self, last, sample):
        inside = []
        while self._stretches and self._stretches[0][0] < sample:
            start, stop = self._stretches[0]
            if stop > last:
                inside.append((max(start, last), min(stop, sample)))
            if stop > sample:
                break
            self._stretches.popleft()
        return inside

    def _end_before(self, sample):
        if self._open is None or sample - self._open[1] < self._apart:
            return NOTHING
        return self._end()

    def _end(self):
        if self._open is None:
            return NOTHING
        (start, stop), self._open = self._open, None
        # What the beats in it were is not told.
        return (Found(True, NOT_ANALYSABLE, start, stop, 0, ONE),)

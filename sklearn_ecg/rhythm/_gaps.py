"""What cannot be analysed: no signal, noise, and silence that no heart keeps."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from ..beats import LONGEST_PAUSE
from ._beats import NOTHING, ONE, Found

NOT_ANALYSABLE = "not analysable"

LEAST_LOST = 0.5
"""Seconds without signal between two beats, from which on a beat may be lost there."""

LEAST_SHARE = 0.75
"""The share of an interval that is enough if it is short."""

LEAST_NOISE = 2
"""Detections that are no beat between two beats, from which on they may be noise, or
flutter waves. One may be a P wave that is not conducted."""

SLOWEST_NOISE = 0.5
"""Seconds between detections up to which they are: P waves come slower."""

SHORTEST_NOISE = 1.0
"""Seconds between two beats from which on noise is told of."""

APART = 2.0
"""Seconds between what was lost of two intervals in a row, below which it is told as
one."""


class GapState:
    """Which intervals between beats were cut, and what was lost of the recording."""

    def __init__(self, sampling_rate: float) -> None:
        self._least = LEAST_LOST * sampling_rate
        self._apart = APART * sampling_rate
        self._longest = LONGEST_PAUSE * sampling_rate
        self._stretches: deque[tuple[int, int]] = deque()
        self._slowest_noise = math.floor(SLOWEST_NOISE * sampling_rate)
        self._shortest_noise = SHORTEST_NOISE * sampling_rate
        self._n_noise = 0  # Detections since the last beat that are no beats
        # What was lost of the last interval, and of those before it that were cut
        self._open: tuple[int, int] | None = None

    def take_stretches(self, stretches: Iterable[tuple[int, int]]) -> None:
        """Take stretches without signal, in samples, by their start."""
        self._stretches.extend(stretches)

    def take_noise(self) -> None:
        """Take a detection that is no beat."""
        self._n_noise += 1

    def update(self, last: int, sample: int) -> tuple[bool, tuple[Found, ...]]:
        """Take an interval between beats; tell whether it was cut, and what ended."""
        lost = self._lost(last, sample)
        self._n_noise = 0
        before = self._open
        if before and lost and lost[0] - before[1] < self._apart:
            self._open = before[0], lost[1]
            return True, NOTHING
        told, self._open = self._end(), lost
        return lost is not None, told

    def is_silence(self, last: int, sample: int) -> bool:
        """Tell whether no heart keeps still for so long after a beat."""
        return sample - last > self._longest

    def begun(self, last: int, sample: int) -> Found:
        """Return what goes on when a silence does, from a beat on."""
        joins = self._open is not None and last - self._open[1] < self._apart
        start = self._open[0] if self._open and joins else last
        return Found(False, NOT_ANALYSABLE, start, sample, 0, ONE)

    def end(self, last: int, n_samples: int) -> tuple[Found, ...]:
        """End the recording after so many samples."""
        _, told = self.update(last, n_samples)
        return (*told, *self._end())

    def _lost(self, last, sample):
        """Return what was lost between two beats, from a sample to another."""
        stretches = self._stretches_between(last, sample)
        n_samples = sample - last
        if self.is_silence(last, sample) or self._is_noisy(n_samples):
            return last, sample
        n_lost = sum(stop - start for start, stop in stretches)
        if n_lost == 0 or n_lost < min(self._least, LEAST_SHARE * n_samples):
            return None
        return stretches[0][0], stretches[-1][1]

    def _is_noisy(self, n_samples):
        """Tell whether too much was detected in an interval that is no beat."""
        return (
            self._n_noise >= LEAST_NOISE
            and n_samples >= self._shortest_noise
            and n_samples <= (self._n_noise + 1) * self._slowest_noise
        )

    def _stretches_between(self, last, sample):
        """Return what of stretches is between two beats, each moment once."""
        inside = []
        reached = last
        while self._stretches and self._stretches[0][0] < sample:
            start, stop = self._stretches[0]
            if stop > reached:
                inside.append((max(start, reached), min(stop, sample)))
                reached = stop
            if stop > sample:
                break
            self._stretches.popleft()
        return inside

    def _end(self):
        if self._open is None:
            return NOTHING
        start, stop = self._open
        # What the beats in it were is not told.
        return (Found(True, NOT_ANALYSABLE, start, stop, 0, ONE),)

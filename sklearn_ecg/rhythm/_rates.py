"""How long the heart pauses, and how fast it beats for a while."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from ._beats import NOTHING, Beat, Found, found

PAUSE, SLOW, FAST = "pause", "bradycardia", "tachycardia"


class PauseState:
    """Intervals that are too long, between two beats of some classes."""

    def __init__(self, longest: float, codes: Collection[int]) -> None:
        self._longest = longest  # Samples that an interval may last
        self._codes = codes

    def update(self, last: Beat, beat: Beat, is_cut: bool) -> tuple[Found, ...]:
        """Take two successive beats, and whether the interval between was cut."""
        if is_cut or beat.sample - last.sample <= self._longest:
            return NOTHING
        if last.code not in self._codes or beat.code not in self._codes:
            return NOTHING
        return (found(True, PAUSE, last, beat),)


class RateState:
    """Stretches in which the mean of a few intervals is long, or short.

    A stretch is of the beats of all such means, one after the other. It begins where
    the last episode ended, if that is later.
    """

    def __init__(
        self, kind: str, limit: float, n_intervals: int, shortest: float
    ) -> None:
        # The sign by which the sum of so many intervals is beyond its limit.
        self._kind, self._limit, self._sign = kind, limit, 1 if kind == SLOW else -1
        self._shortest = shortest  # How long an episode lasts at least
        self._n_intervals = n_intervals
        self._recent: deque[Beat] = deque(maxlen=n_intervals + 1)
        self._first: Beat | None = None
        self._last: Beat
        self._ended: Beat | None = None  # The last beat of the last episode
        self._is_told = False

    def update(self, beat: Beat, is_cut: bool) -> tuple[Found, ...]:
        """Take the next beat, and whether the interval before it was cut."""
        ended = self.end() if is_cut else NOTHING
        recent = self._recent
        recent.append(beat)
        if len(recent) <= self._n_intervals:
            return ended
        if self._sign * (beat.sample - recent[0].sample - self._limit) <= 0:
            return self._end()
        if self._first is None:
            self._first = max(recent[0], self._ended or recent[0])
        self._last = beat
        if self._is_told or beat.sample - self._first.sample < self._shortest:
            return NOTHING
        self._is_told = True
        return (found(False, self._kind, self._first, beat),)

    def end(self) -> tuple[Found, ...]:
        """End what goes on; the next mean is of later intervals."""
        self._recent.clear()
        return self._end()

    def _end(self):
        first, is_told = self._first, self._is_told
        self._first, self._is_told = None, False
        if not is_told:
            return NOTHING
        self._ended = self._last
        return (found(True, self._kind, first, self._last),)

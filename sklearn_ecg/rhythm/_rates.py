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
    """Stretches in which the mean of a few intervals is short, or long.

    A stretch is of the beats of all such means, one after the other.
    """

    def __init__(
        self, shortest: float, longest: float, n_intervals: int, least: float
    ) -> None:
        # The sums of so many intervals below and above which a rate is fast or slow.
        self._shortest, self._longest = shortest, longest
        self._least = least  # How long an episode lasts at least
        self._n_intervals = n_intervals
        self._recent: deque[Beat] = deque(maxlen=n_intervals + 1)
        self._kind = ""
        self._is_told = False

    def update(self, beat: Beat, is_cut: bool) -> tuple[Found, ...]:
        """Take the next beat, and whether the interval before it was cut."""
        recent = self._recent
        ended = self.cut() if is_cut else NOTHING
        recent.append(beat)
        if len(recent) <= self._n_intervals:
            return ended
        span = beat.sample - recent[0].sample
        kind = FAST if span < self._shortest else SLOW if span > self._longest else ""
        if kind != self._kind:
            ended += self._end()
            self._kind, self._first = kind, recent[0]
        self._last = beat
        if kind and not self._is_told:
            self._is_told = beat.sample - self._first.sample >= self._least
            if self._is_told:
                return (*ended, found(False, kind, self._first, beat))
        return ended

    def cut(self) -> tuple[Found, ...]:
        """End what goes on; the next mean is of later intervals."""
        self._recent.clear()
        return self._end()

    def _end(self):
        kind, is_told = self._kind, self._is_told
        self._kind, self._is_told = "", False
        return (found(True, kind, self._first, self._last),) if is_told else NOTHING

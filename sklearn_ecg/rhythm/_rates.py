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
        self, longest: float, shortest: float, n_intervals: int, least: float
    ) -> None:
        # The sums of so many intervals beyond which a rate is slow, and fast.
        self.longest, self.shortest = longest, shortest
        self.least = least  # Samples that an episode lasts at least
        self._recent: deque[Beat] = deque(maxlen=n_intervals + 1)
        self._kind = ""  # Of the stretch that goes on
        self._first: Beat
        self._last: Beat
        self._ended: Beat | None = None  # The last beat of the last episode
        self._is_told = False

    def update(self, beat: Beat, is_cut: bool) -> tuple[Found, ...]:
        """Take the next beat, and whether the interval before it was cut."""
        ended = self.end() if is_cut else NOTHING
        recent = self._recent
        recent.append(beat)
        if len(recent) < (recent.maxlen or 0):
            return ended
        kind = self._kind_of(beat.sample - recent[0].sample)
        if kind != self._kind:
            ended = self._end()
            self._kind = kind
            self._first = max(recent[0], self._ended or recent[0])
        self._last = beat
        if not kind or self._is_told or beat.sample - self._first.sample < self.least:
            return ended
        self._is_told = True
        return (*ended, found(False, kind, self._first, beat))

    def end(self) -> tuple[Found, ...]:
        """End what goes on; the next mean is of later intervals."""
        self._recent.clear()
        return self._end()

    def _kind_of(self, n_samples):
        if n_samples > self.longest:
            return SLOW
        return FAST if n_samples < self.shortest else ""

    def _end(self):
        kind, is_told = self._kind, self._is_told
        self._kind, self._is_told = "", False
        if not is_told:
            return NOTHING
        self._ended = self._last
        return (found(True, kind, self._first, self._last),)

"""Which candidates are beats.

A candidate is judged by how high and steep it is beside the last beats and the last
candidates that were none, by how broad and smooth it is beside the last beats, and by
when it comes: a logistic score of eleven numbers and the silence before it, in integers
of 1/256. Its weights were searched on the MIT-BIH Arrhythmia Database, the even records
of the Supraventricular Arrhythmia Database, record 118 of the Noise Stress Test
Database and 17 records of the QT Database: what is missed and found wrongly there is no
estimate of other records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ._candidates import Candidate

_ONE = 256
_MEMORY = 8
_THREE_TIMES = 406
_FOUR_TIMES = 512
_SEVEN_EIGHTHS = -49
_MOST_TICKS = 48
_MOST_FALLS = 8
_MOST_PENDING = 8

NOISY_BELOW = 512
"""Height of a beat over that of the last peaks that were none, below which it is noisy:
four times."""

LONGEST_WAIT = 1.5 * 4 + 0.2 + _MOST_TICKS * 0.25
"""Seconds after which no beat is found by searching back any more."""


class Beat(NamedTuple):
    """A beat that the detector has found."""

    sample: int  # Its R peak
    known: int  # When it was certain
    # Peak of its energy, in working samples; None where it was told, and not found
    time: int | None
    # Its height over that of the last peaks that were no beats, in 1/256
    over_noise: int = NOISY_BELOW
    height: int = 0  # Its energy, in 1/256 octave

    @property
    def is_noisy(self) -> bool:
        """Whether peaks that were no beats are nearly as high."""
        return self.over_noise < NOISY_BELOW


@dataclass(frozen=True)
class Weights:
    """Weights of the score, in 1/256, and what it must be above."""

    bias: int = -843
    lower: int = 18
    higher: int = 838
    over_noise: int = 421
    flatter: int = 773
    steeper: int = -111
    beside_last: int = 157
    early: int = 1766
    late: int = -339
    very_early: int = -161
    silence: int = 180
    search_back: int = -1620
    noise_below: int = 425
    narrow: int = 288
    broad: int = 140
    rough: int = -112
    smooth: int = -994
    smoothest: int = 35


class RunningMedian:
    """The median of the last eight values."""

    def __init__(self, first: int | None = None, *, is_upper: bool = True):
        self.values = [] if first is None else [first]
        self.median = first or 0
        self._is_upper = is_upper

    def update(self, value: int) -> None:
        """Take the next value."""
        self.values.append(value)
        if len(self.values) > _MEMORY:
            del self.values[0]
        middle = (len(self.values) - (not self._is_upper)) // 2
        self.median = sorted(self.values)[middle]

    def shift(self, by: int) -> None:
        """Add a number to all values."""
        self.values = [value + by for value in self.values]
        self.median += by


@dataclass(frozen=True)
class Times:
    """What the decision waits for, in working samples."""

    apart: int
    learning: int
    early: int
    flatter: int
    very_early: int
    grace: int
    tick: int
    silence: int
    forgotten: int
    fast: int

    @classmethod
    def at(cls, working_rate: float) -> Times:
        """Return the times at a working rate, in Hz."""
        seconds = {
            "apart": 0.2,
            "learning": 2,
            "early": 0.36,
            "flatter": 0.42,
            "very_early": 0.4,
            "grace": 0.2,
            "tick": 0.25,
            "silence": 3,
            "forgotten": 4,
            "fast": 0.65,
        }
        return cls(
            **{name: round(time * working_rate) for name, time in seconds.items()}
        )


class DecideBeats:
    """The candidates that are beats, in the order of time."""

    def __init__(self, working_rate: float, weights: Weights | None = None):
        self._times = Times.at(working_rate)
        self._weights = weights or Weights()
        self._queue: list[Candidate] | None = []
        self._pending: list[Candidate] = []
        self._beats: list[Beat] = []
        self._now = 0
        self._last: Candidate | None = None
        self._broad = RunningMedian()
        self._smooth = RunningMedian()
        self._intervals = RunningMedian(is_upper=False)
        self._n_ticks = 0
        self._n_falls = 0
        self.n_beats = 0
        self.n_doubled = 0  # Beats that come fast, with a rival at a steady distance
        self._rival = 0

    def update(self, candidates: list[Candidate], now: int) -> list[Beat]:
        """Return the beats that are certain `now`, a time in working samples."""
        for candidate in candidates:
            self._take(candidate)
        if self._queue is None:
            self._wait_until(now + 1)
        elif self._queue and now >= self._queue[0].time + self._times.learning:
            self._learn()
            self._wait_until(now + 1)
        beats, self._beats = self._beats, []
        return beats

    def flush(self) -> list[Beat]:
        """Return the beats of what had not been judged."""
        if self._queue:
            self._learn()
        beats, self._beats = self._beats, []
        return beats

    def _take(self, candidate):
        if self._queue is not None:
            end = self._times.learning + (self._queue or [candidate])[0].time
            if candidate.time + self._times.apart <= end:
                self._queue.append(candidate)
                return
            self._learn()
        self._wait_until(candidate.time + self._times.apart)
        self._judge(candidate)

    def _learn(self):
        queue, self._queue = self._queue, None
        self._now = max(self._now, queue[0].time + self._times.learning)
        heights = sorted(candidate.height for candidate in queue)
        slopes = sorted(candidate.slope for candidate in queue)
        self._height = RunningMedian(_second_at_least(heights))
        self._slope = RunningMedian(_second_at_least(slopes))
        self._noise = RunningMedian(self._height.median - 3 * _ONE)
        self._start_silence(queue[0].time)
        for candidate in queue:
            self._take(candidate)

    def _start_silence(self, time):
        interval = self._intervals.median or 4 * self._times.tick
        self._since = time
        self._n_ticks = self._n_falls = 0
        self._next_tick = time + interval + interval // 2 + self._times.grace
        self._first_fall = time + max(self._times.silence, 2 * interval)

    def _wait_until(self, time):
        while self._next_tick < time and self._n_ticks < _MOST_TICKS:
            self._tick(self._next_tick)

    def _tick(self, now):
        self._now = max(self._now, now)
        self._n_ticks += 1
        self._next_tick += self._times.tick
        if now >= self._first_fall and self._n_falls < _MOST_FALLS:
            self._n_falls += 1
            for level in (self._height, self._slope, self._noise, self._broad):
                level.shift(_SEVEN_EIGHTHS)
        if now - self._since > self._times.forgotten:
            self._intervals = RunningMedian(is_upper=False)
        if self._pending:
            self._search_back()

    def _search_back(self):
        scores = [self._score(candidate) for candidate in self._pending]
        best = max(range(len(scores)), key=scores.__getitem__)
        if scores[best] > self._weights.search_back * _ONE:
            found, later = self._pending[best], self._pending[best + 1 :]
            self._accept(found)
            earliest = found.time + self._times.early
            self._pending = [other for other in later if other.time >= earliest]

    def _judge(self, candidate):
        self._now = max(self._now, candidate.time + self._times.apart)
        if self._score(candidate) > 0:
            self._accept(candidate)
            return
        self._noise.update(candidate.height)
        if candidate.time - self._since >= self._times.early or self._last is None:
            self._pending = [*self._pending, candidate][-_MOST_PENDING:]

    def _accept(self, candidate):
        over_noise = candidate.height - self._noise.median
        height, slope = self._height.median, self._slope.median
        self._height.update(min(candidate.height, height + _THREE_TIMES))
        self._slope.update(min(candidate.slope, slope + _THREE_TIMES))
        self._broad.update(candidate.broad)
        self._smooth.update(candidate.smooth)
        if self._last is not None:
            interval = candidate.time - self._last.time
            if interval < self._times.forgotten:
                self._intervals.update(interval)
            self._count_fast(interval, candidate.rival)
        self.n_beats += 1
        self._last = candidate
        self._pending = []
        self._start_silence(candidate.time)
        sample = max(candidate.sample, 0)
        self._beats.append(
            Beat(sample, self._now, candidate.time, over_noise, candidate.height)
        )

    def _count_fast(self, interval, rival):
        """Count beats that come fast, with a rival as far before as the last one's."""
        if rival and interval <= self._times.fast:
            self.n_doubled += abs(rival - self._rival) <= rival // 8
            self._rival = rival

    def _score(self, candidate):
        w = self._weights
        height = candidate.height - self._height.median
        slope = candidate.slope - self._slope.median
        noise = min(self._noise.median, self._height.median - w.noise_below)
        score = w.bias * _ONE + w.over_noise * (candidate.height - noise)
        score += (w.lower if height < 0 else w.higher) * height
        score += (w.flatter if slope < 0 else w.steeper) * slope
        score += w.silence * _ONE * self._n_falls
        score += self._score_of_shape(candidate)
        return score + self._score_of_time(candidate)

    def _score_of_shape(self, candidate):
        w = self._weights
        if self._last is None:
            return 0
        broad = candidate.broad - self._broad.median
        broad = max(-_FOUR_TIMES, min(broad, _FOUR_TIMES))
        smooth = candidate.smooth - self._smooth.median
        smooth = max(-_FOUR_TIMES, min(smooth, w.smoothest))
        score = (w.narrow if broad < 0 else w.broad) * broad
        return score + (w.rough if smooth < 0 else w.smooth) * smooth

    def _score_of_time(self, candidate):
        w, last = self._weights, self._last
        if last is None:
            return w.early * _ONE
        since = candidate.time - last.time
        score = 0
        if since < self._times.flatter:
            score += w.beside_last * (candidate.slope - last.slope)
        if since < self._times.very_early:
            score += w.very_early * (_ONE - since * _ONE // self._times.very_early)
        if not self._intervals.median:
            return score + w.early * _ONE
        share = since * _ONE // self._intervals.median
        if share < _ONE:
            return score + w.early * share
        return score + w.early * _ONE + w.late * min(share - _ONE, 2 * _ONE)


def _second_at_least(values):
    """Return the highest, but not four times the second highest, of logarithms."""
    return min(values[-1], values[-2] + _FOUR_TIMES) if len(values) > 1 else values[-1]

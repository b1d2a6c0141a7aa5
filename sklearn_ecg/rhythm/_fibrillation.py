"""Atrial fibrillation, from how irregular intervals are, in integers.

Zhou's symbolic entropy: an interval becomes one of 64 symbols of its rate, three
successive symbols a word. Of 127 words, the entropy times the number of different ones
is high where no interval foretells the next. It is a score from 0 to 1.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from ..patient import logarithm
from ._beats import NOTHING, ONE, Beat, Found

AF = "AF"

N_WORDS = 127
"""Words in a window. It decides the beat of the middle one."""

MOST_SYMBOL = 63
SYMBOL_MS = 12000
"""Symbols count steps of 5 beats a minute: 60,000 ms over the interval, over 5."""

SHORTEST_MS, LONGEST_MS = 200, 3000
"""Limits of intervals that are told from; others are left out."""

BEGINS_ABOVE, ENDS_BELOW = 0.75, 0.40
"""Scores above which fibrillation begins, and below which it ends.

They were chosen on half of the Long-Term AF Database, where they miss four tenths less
of it than one threshold, with 0.4 % more of the other beats false.
"""

FEWEST_WORDS = 79
"""Words from which on a window decides, while it grows to its full length."""

FEWEST_INTERVALS = FEWEST_WORDS + 2
"""Intervals from which on fibrillation is told at all; a word is of three."""

LONGEST_SILENCE = 60.0
"""Seconds without an interval after which the window begins anew."""

MOST_SILENT, MOST_LEFT_OUT = 65535, 255
"""The most samples of such a silence, and beats in it: what a device counts."""


def _table_of_entropy():
    """Return c log2 c of all counts, in 1/1024."""
    counts = np.arange(N_WORDS + 1)
    return (counts * logarithm(np.maximum(counts, 1))).tolist()


TABLE = _table_of_entropy()


def least_score(share, n_words=N_WORDS):
    """Return the integer that a share of the largest score of so many words is."""
    return int(share * n_words * TABLE[n_words])


class WordEntropy:
    """Symbolic entropy of the last intervals, as an integer."""

    def __init__(self) -> None:
        self._words: deque[int] = deque()
        self._counts: dict[int, int] = {}
        self._sum = 0  # Of the table, over all different words
        self._before = (-1, -1)  # The last two symbols

    @property
    def n_words(self) -> int:
        """How many words there are, up to a window of them."""
        return len(self._words)

    @property
    def score(self) -> int:
        """The number of different words, times N log2 N less the sum over them."""
        return len(self._counts) * (TABLE[len(self._words)] - self._sum)

    def update(self, interval: int) -> None:
        """Take an interval in ms."""
        symbol = min(SYMBOL_MS // interval, MOST_SYMBOL)
        before_last, last = self._before
        self._before = last, symbol
        if before_last < 0:
            return
        if len(self._words) == N_WORDS:
            self._remove(self._words.popleft())
        word = (before_last << 12) + (last << 6) + symbol
        self._words.append(word)
        n = self._counts.get(word, 0)
        self._counts[word] = n + 1
        self._sum += TABLE[n + 1] - TABLE[n]

    def _remove(self, word):
        n = self._counts.pop(word)
        self._sum -= TABLE[n] - TABLE[n - 1]
        if n > 1:
            self._counts[word] = n - 1


class FibrillationState:
    """Episodes of atrial fibrillation.

    Interruptions that are shorter than the shortest episode are filled, and then
    episodes that are too short left out. The first window, which is short and grows,
    decides all beats before its middle, the last one all after it.
    """

    def __init__(self, sampling_rate: float, shortest: float) -> None:
        self._silence = min(LONGEST_SILENCE * sampling_rate, MOST_SILENT)
        self._shortest = shortest * sampling_rate
        self._begin_anew()
        self._first: Beat | None = None  # Of the episode that goes on
        self._last: Beat | None = None
        self._heard: Beat | None = None  # The last beat with an interval
        self._is_told = False

    def _begin_anew(self):
        self._entropy = WordEntropy()
        self._waiting: deque[Beat] = deque()
        self._decision = False

    def update(self, beat: Beat, interval: int) -> tuple[Found, ...]:
        """Take the next beat and the interval before it, in ms; 0 is one left out."""
        ended = NOTHING
        if self._is_silent_before(beat):
            ended = self.end()
        if not interval:
            return ended
        self._heard = beat
        self._waiting.append(beat)
        self._entropy.update(interval)
        n_words = self._entropy.n_words
        if n_words < FEWEST_WORDS:
            return ended
        share = ENDS_BELOW if self._decision else BEGINS_ABOVE
        self._decision = self._entropy.score > least_score(share, n_words)
        return (*ended, *self._decide(n_words // 2))

    def _is_silent_before(self, beat):
        """Tell whether the last interval was too long ago, or too many beats."""
        if self._heard is None:
            return False
        n_left_out = beat.number - self._heard.number
        is_long = beat.sample - self._heard.sample > self._silence
        return is_long or n_left_out > MOST_LEFT_OUT

    def _decide(self, n_left):
        """Decide beats that wait, up to so many."""
        told = NOTHING
        while len(self._waiting) > n_left:
            told += self._step(self._waiting.popleft())
        return told

    def _step(self, beat):
        """Take the decision of the next beat."""
        if not self._decision:
            is_far = self._first and beat.sample - self._last.sample >= self._shortest
            return self._end() if is_far else NOTHING
        ended = NOTHING
        if self._first and beat.sample - self._last.sample >= self._shortest:
            ended = self._end()
        if self._first is None:
            self._first, self._n_positive = beat, 0
        self._last = beat
        self._n_positive += 1
        is_long = beat.sample - self._first.sample >= self._shortest
        if is_long and not self._is_told:
            self._is_told = True
            return (*ended, self._found(False))
        return ended

    def _end(self):
        is_told = self._is_told
        ended = (self._found(True),) if is_told else NOTHING
        self._first, self._is_told = None, False
        return ended

    def _found(self, is_over):
        first, last = self._first, self._last
        n_beats = last.number - first.number + 1
        certainty = ONE * self._n_positive // n_beats
        return Found(is_over, AF, first.sample, last.sample, n_beats, certainty)

    def end(self) -> tuple[Found, ...]:
        """End what goes on; the last window decides what waits."""
        told = self._decide(0) + (self._end() if self._first else NOTHING)
        self._begin_anew()
        return told

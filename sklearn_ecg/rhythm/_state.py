"""All that goes on in a rhythm, beat by beat, in integers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..patient import Milliseconds
from ._beats import CODES, NO_BEAT, NOTHING, Beat, F, Found, S, V
from ._ectopic import CycleState, RunState
from ._fibrillation import LONGEST_MS, SHORTEST_MS, FibrillationState
from ._gaps import GapState
from ._rates import FAST, SLOW, PauseState, RateState


class EpisodeState:
    """Episodes of beats that come one by one; `rules` are those of `find_episodes`."""

    def __init__(self, sampling_rate: float, rules: Mapping[str, Any]) -> None:
        self._per_sample = Milliseconds(sampling_rate).per_sample
        self._gaps = GapState(sampling_rate)
        codes = {_counts_as(CODES[label]) for label in rules["pause_beats"]}
        self._pauses = PauseState(rules["pause"] * sampling_rate, codes)
        self._fibrillation = FibrillationState(sampling_rate, rules["shortest_af"])
        ectopic = (("V", V), ("S", S))
        n_intervals = rules["n_intervals"]
        span = 60.0 * n_intervals * sampling_rate
        shortest = rules["shortest_rate"] * sampling_rate
        longest_sum, shortest_sum = span / rules[SLOW], span / rules[FAST]
        self._rates = RateState(longest_sum, shortest_sum, n_intervals, shortest)
        self._others: list[RunState | CycleState | RateState] = [
            *(RunState(*of) for of in ectopic),
            *(CycleState(*of) for of in ectopic),
            self._rates,
        ]
        self._last: Beat | None = None
        self._last_code = NO_BEAT  # Of the label that it was given
        self._is_silent = False  # Whether a silence was told of since

    def update(
        self,
        beats: Iterable[tuple[int, int, int]],
        stretches: Iterable[tuple[int, int]],
    ) -> list[Found]:
        """Take beats and stretches without signal; return what begins and ends.

        Beats are positions, codes of labels, and certainties in 1/1024; stretches, in
        samples, are those that begin before the last beat and were not told before.
        """
        self._gaps.take_stretches(stretches)
        return [one for beat in beats for one in self._take(*beat)]

    def wait(self, n_samples: int) -> list[Found]:
        """Know that no beat came until then; return what a long silence ends.

        It is what the next beat would end, whenever that comes.
        """
        last = 0 if self._last is None else self._last.sample
        if self._is_silent or not self._gaps.is_silence(last, n_samples):
            return []
        self._is_silent = True
        return [*self._end_all(), self._gaps.begun(last, n_samples)]

    def end(self, n_samples: int) -> list[Found]:
        """End a recording of so many samples; return what ends."""
        last = 0 if self._last is None else self._last.sample
        return [*self._gaps.end(last, max(n_samples, last)), *self._end_all()]

    def _end_all(self):
        told = self._fibrillation.end()
        for state in self._others:
            told += state.end()
        return told

    def _take(self, sample, code, certainty) -> Iterable[Found]:
        """Take a detection; return what begins and ends with it."""
        if code == NO_BEAT:
            self._gaps.take_noise()
            return NOTHING
        last = self._last
        counts_as = _counts_as(code)
        interval = 0
        if last is None:
            beat = Beat(0, sample, counts_as, certainty, 0)
            _, told = self._gaps.update(0, sample)
            is_cut = True
        else:
            before = last.before + last.certainty
            beat = Beat(last.number + 1, sample, counts_as, certainty, before)
            is_cut, told = self._gaps.update(last.sample, sample)
            told += self._pauses.update(last, beat, is_cut)
            if not is_cut and V not in (code, self._last_code):
                interval = self._interval(beat.sample - last.sample)
        self._last, self._last_code, self._is_silent = beat, code, False
        told += self._fibrillation.update(beat, interval)
        for state in self._others:
            told += state.update(beat, is_cut)
        return told

    def _interval(self, n_samples):
        """Return an interval that fibrillation is told from, in ms; 0 for none."""
        interval = (n_samples * self._per_sample + 32768) >> 16
        return interval if SHORTEST_MS <= interval <= LONGEST_MS else 0


def _counts_as(code):
    """Return the code of what a beat counts as."""
    return V if code == F else code

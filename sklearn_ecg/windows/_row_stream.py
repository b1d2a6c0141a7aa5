"""The rows of `BeatSegmenter` from a live signal: the same, to the last bit.

A beat's row is known as soon as the samples that its window needs have come and, if a
feature asks for it, the next beat, or 3.5 s without one. Only the samples that beats to
come may still need are remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..beats import PATIENCE, SHORTEST_RR, IntervalState, came_late
from ..patient import (
    FEATURES,
    BeatState,
    RhythmState,
    look_at_signal,
    milliseconds_of,
)
from ._features import columns_of, rhythm_columns
from ._grid import BEATS_AT_ONCE
from ._ways import LIVE, obstacle
from ._window_cutter import GridLead, ResampledStream, WindowCutter


class Rows(NamedTuple):
    """Rows of some beats."""

    r_peaks: np.ndarray  # In samples since the start
    rr_prev: np.ndarray  # In seconds, NaN for the first beat
    features: np.ndarray  # (n_beats, n_features) float32; NaN for a beat without signal
    has_signal: np.ndarray  # shape (n_beats,), bool


class RowStream:
    """Cut the beats of a live signal exactly as a fitted `BeatSegmenter` does."""

    def __init__(self, segmenter, sampling_rate, views, memory):
        """Take beats in one view or two: each is a list of names of leads."""
        problem = obstacle(segmenter, LIVE)
        if problem:
            raise ValueError(problem)
        cutter = WindowCutter.of(segmenter)
        rate = float(sampling_rate)
        names = segmenter._rr_features(), segmenter._relative_features()
        n_features = len(segmenter.feature_names_out_)
        self._views = [_View(cutter, rate, view, names, n_features) for view in views]
        self._rhythm = RhythmState() if cutter.on_grid else None
        self._beats = WaitingBeats(rate, any(not _is_causal(each) for each in names))
        lead = self._views[0].leads[0]
        self._before, self._after = lead.before, lead.after
        self._memory = round(memory * rate) + self._before + self._after
        self._rate = rate
        self._forgotten = 0
        self.n_seen = 0

    def push(
        self,
        blocks: Sequence[np.ndarray],
        r_peaks: np.ndarray,
        known: np.ndarray | None = None,
    ) -> list[Rows]:
        """Take the next samples of each view, and the R peaks certain with them.

        `known` has the number of samples after which each was; None is at once.
        """
        self._refuse_late(r_peaks)
        for view, block in zip(self._views, blocks, strict=True):
            view.append(block)
        self.n_seen += len(blocks[0])
        self._beats.append(r_peaks, known)
        self._beats.wait_until(self.n_seen)
        # The first beats wait until there is a whole window of signal.
        is_long = self.n_seen >= self._before + self._after
        n_certain = self._beats.count_until(self.n_seen - self._after) if is_long else 0
        rows = self._rows(self._beats.take(n_certain))
        self._forgotten = self._beats.first(self.n_seen) - self._memory
        for view in self._views:
            view.forget(self._forgotten)
        return rows

    @property
    def none(self) -> list[Rows]:
        """The rows of no beats, in each view."""
        return [view.no_rows for view in self._views]

    @property
    def settled(self) -> int:
        """Missing samples after which no beat waits, and all remembered is missing."""
        return 2 * (self._memory + round(self._rate))

    def skip(self, n_samples: int) -> None:
        """Pass over missing samples that come after `settled` ones."""
        for view in self._views:
            view.skip(n_samples)
        self.n_seen += n_samples
        self._forgotten += n_samples

    def flush(self, r_peaks: np.ndarray, known: np.ndarray | None = None) -> list[Rows]:
        """Take the last R peaks, and return all rows that are left."""
        self._refuse_late(r_peaks)
        self._beats.append(r_peaks, known)
        for view in self._views:
            view.finish()
        return self._rows(self._beats.take(len(self._beats)))

    def _refuse_late(self, r_peaks):
        if len(r_peaks) and r_peaks[0] - self._before < self._forgotten > 0:
            seconds = (self.n_seen - r_peaks[0]) / self._rate
            raise ValueError(
                f"The R peak at sample {r_peaks[0]} comes {seconds:.1f} s late; its "
                "signal is no longer remembered."
            )

    def _rows(self, beats):
        n_beats = len(beats.r_peaks)
        if n_beats == 0:
            return self.none
        blocks = [
            self._rows_of_block(
                Beats(*(each[start : start + BEATS_AT_ONCE] for each in beats))
            )
            for start in range(0, n_beats, BEATS_AT_ONCE)
        ]
        if len(blocks) == 1:
            return blocks[0]
        return [
            Rows(*map(np.concatenate, zip(*of_view, strict=True)))
            for of_view in zip(*blocks, strict=True)
        ]

    def _rows_of_block(self, beats):
        rhythm = None
        if self._rhythm is not None:
            prev, following = map(milliseconds_of, (beats.rr_prev, beats.rr_next))
            rhythm = self._rhythm.update(prev, following).features
        return [view.rows(beats, rhythm) for view in self._views]


class _View:
    """The leads that one row shows, and what is typical in the first of them."""

    def __init__(self, cutter, sampling_rate, leads, names, n_features):
        self._cutter = cutter
        self._rr_names, self._relative_names = names
        self._state = (
            BeatState(cutter.sampling_rate) if look_at_signal(names[1]) else None
        )
        self.leads = [
            GridLead(cutter, sampling_rate)
            if cutter.on_grid
            else ResampledStream(cutter, sampling_rate, lead)
            for lead in leads
        ]
        nothing = np.zeros(0)
        features = np.empty((0, n_features), dtype=np.float32)
        self.no_rows = Rows(
            np.zeros(0, dtype=np.int64), nothing, features, np.ones(0, dtype=bool)
        )

    def append(self, block):
        for lead, samples in zip(self.leads, block.T, strict=True):
            lead.append(samples)

    def finish(self):
        for lead in self.leads:
            lead.finish()

    def skip(self, n_samples):
        for lead in self.leads:
            lead.skip(n_samples)

    def forget(self, before):
        for lead in self.leads:
            lead.forget(before)

    def rows(self, beats, rhythm):
        n_beats = len(beats.r_peaks)
        features = np.empty((n_beats, self.no_rows.features.shape[1]), dtype=np.float32)
        has_signal = np.ones(n_beats, dtype=bool)
        relative = rhythm
        width = self._cutter.n_samples
        for number, lead in enumerate(self.leads):
            columns = slice(number * width, (number + 1) * width)
            if isinstance(lead, GridLead):
                has_signal &= lead.is_usable(beats.r_peaks)
                spans = lead.spans(beats.r_peaks)
                features[:, columns] = lead.scaled(spans)
                if number == 0 and self._state is not None:
                    relative = rhythm | self._state.update(lead.around(spans), rhythm)
            else:
                cut, r_peaks = lead.cut(beats.r_peaks)
                has_signal &= cut.is_usable(r_peaks)
                features[:, columns] = cut.windows(r_peaks)
        start = len(self.leads) * width
        stop = start + len(self._rr_names)
        names = self._relative_names
        features[:, start:stop] = rhythm_columns(
            beats.intervals, self._rr_names, n_beats
        )
        features[:, stop:] = columns_of(
            relative or {}, names, n_beats, self._cutter.sampling_rate
        )
        features[~has_signal] = np.nan
        return Rows(beats.r_peaks, beats.rr_prev, features, has_signal)


def _is_causal(names):
    return all(FEATURES[name].is_causal for name in names)


class Beats(NamedTuple):
    """Beats with the intervals around them, in seconds: an array for each."""

    r_peaks: np.ndarray
    rr_prev: np.ndarray
    rr_local: np.ndarray
    rr_next: np.ndarray

    @property
    def intervals(self) -> dict[str, np.ndarray]:
        """The intervals by their names."""
        return {name: getattr(self, name) for name in self._fields[1:]}


class WaitingBeats:
    """The beats whose rows are not out, and the intervals up to the last of them."""

    def __init__(self, sampling_rate, needs_next):
        self._rate = sampling_rate
        self._shortest = SHORTEST_RR * sampling_rate
        self._intervals = IntervalState(sampling_rate)
        self._needs_next = needs_next
        self._last = -np.inf
        self._waiting: list[tuple] = []  # Fields of Beats
        self._is_open = False  # Whether the last beat waits for the next one

    def __len__(self):
        return len(self._waiting)

    def append(self, r_peaks, known):
        """Take R peaks; one too soon after another is none, as in a beat table."""
        known = r_peaks if known is None else known
        for r_peak, when in zip(r_peaks.tolist(), known.tolist(), strict=True):
            if r_peak - self._last <= self._shortest:
                continue
            self.wait_until(when)
            rr_prev, rr_local = self._intervals.update(r_peak)
            self._complete(rr_prev)
            self._last = r_peak
            self._waiting.append((r_peak, rr_prev, rr_local, np.nan))
            self._is_open = True

    def wait_until(self, n_samples):
        """Tell the last beat that none has followed in time, if so."""
        if self._is_open and came_late(self._last, n_samples, self._rate):
            self._complete(PATIENCE)

    def _complete(self, rr_next):
        """Add the interval after the last beat."""
        if self._is_open and self._waiting:
            self._waiting[-1] = (*self._waiting[-1][:3], rr_next)
        self._is_open = False

    def count_until(self, sample):
        """Return how many beats are certain if the signal is known around `sample`."""
        n_known = len(self._waiting) - (self._needs_next and self._is_open)
        n_certain = 0
        while n_certain < n_known and self._waiting[n_certain][0] <= sample:
            n_certain += 1
        return n_certain

    def first(self, otherwise):
        """Return the first R peak that is waiting."""
        return self._waiting[0][0] if self._waiting else otherwise

    def take(self, n_beats):
        """Return the first beats, and forget them."""
        taken, self._waiting = self._waiting[:n_beats], self._waiting[n_beats:]
        r_peaks, *intervals = list(zip(*taken, strict=True)) or [()] * 4
        return Beats(
            np.array(r_peaks, dtype=np.int64),
            *(np.array(each, dtype=float) for each in intervals),
        )

"""The whole chain in integers: from samples to labelled beats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...windows._features import FEATURES, RELATIVE, look_at_signal
from ...windows._relative_beats import beat_extent
from ._beat_features import Intervals
from ._front_end import (
    AFTER_GAP,
    BLOCK,
    LATE,
    LEAD_OFF,
    LONG_INTERVAL,
    NOISY,
    PROVISIONAL,
    SATURATED,
    FrontEnd,
)
from ._relative_beats import RelativeBeats
from ._relative_rhythm import RelativeRhythm
from ._rhythm import LONGEST_MS, fixed_point_features

_LONG = 7, 4
"""An interval is long from 7/4 of the median."""


@dataclass(frozen=True)
class ChainInputs:
    """What a chain computes from samples, and which of it enters the network."""

    sampling_rate: float  # Of the converter, in Hz
    window_rate: float  # Of the windows, in Hz
    first: int  # First sample of a window, with the R peak at 0
    n_samples: int  # Of a window
    names: tuple[str, ...]  # Features beside the window, in the order of the network
    waits: bool  # Whether a beat waits for the next one
    limits: tuple[int, int]  # The lowest and the highest count of the converter
    detects: bool = True  # Beats are found in the signal; else the host tells them

    @property
    def looks_at_signal(self):
        """Whether some features are computed from the signal."""
        return look_at_signal(self.names)

    @property
    def is_relative(self):
        """Whether some features compare a beat with its patient's."""
        return any(FEATURES[name].group == RELATIVE for name in self.names)

    @property
    def front_end(self):
        """How samples become beats, and windows as wide as all that looks at them."""
        first, end = self.first, self.first + self.n_samples
        if self.looks_at_signal:
            before, after = beat_extent(self.window_rate)
            first, end = min(first, -before), max(end, after)
        return FrontEnd(self.sampling_rate, self.window_rate, first, end)

    def stretches(self, counts, lead_off, gaps):
        """Cut a signal where samples are lost, and where a lead is off at the start."""
        cuts = sorted(gaps)
        starts = [0, *(at for at, _ in cuts)]
        stops = [*(at for at, _ in cuts), len(counts)]
        lost, found = 0, []
        for number, (start, stop) in enumerate(zip(starts, stops, strict=True)):
            if number:
                lost += cuts[number - 1][1]
            off = lead_off[start:stop]
            if off.all():
                continue
            begins = int(np.argmin(off))
            off = off[begins:]
            held = _held(counts[start + begins : stop], off)
            found.append((held, off, start + begins + lost))
        return found

    def beats(self, counts, lead_off, gaps, r_peaks=None):
        """Find the beats of a signal, and compute what is said of them."""
        state = _Patient(self)
        parts = [
            state.update(*stretch, r_peaks)
            for stretch in self.stretches(counts, lead_off, gaps)
        ]
        width = self.front_end.end - self.front_end.first
        empty = np.zeros(0, dtype=np.int64)
        nothing = Beats(empty, empty, empty, np.zeros((0, width), np.int64), {})
        return Beats.joined([*parts, nothing], self)


@dataclass(frozen=True)
class Beats:
    """Beats and what a network is told of them."""

    samples: np.ndarray  # R peaks, lost samples counted
    rr_prev: np.ndarray  # In ms, 0 where unknown
    flags: np.ndarray  # Of each beat, as in the events
    windows: np.ndarray  # (n_beats, n_samples) counts, of all that features look at
    features: dict  # (n_beats,) int64 each, by name

    def rows(self, names):
        """Return some features, as an array of shape (n_beats, n_features)."""
        rows = np.empty((len(self.samples), len(names)), dtype=np.int64)
        for column, name in enumerate(names):
            rows[:, column] = self.features[name]
        return rows

    @classmethod
    def joined(cls, parts, inputs):
        """Put the beats of several stretches together."""
        names = inputs.names
        columns = ("samples", "rr_prev", "flags", "windows")
        arrays = [
            np.concatenate([getattr(part, column) for part in parts])
            for column in columns
        ]
        full = [part for part in parts if len(part.samples)]
        features = {
            name: np.concatenate(
                [np.zeros(0, dtype=np.int64), *(part.features[name] for part in full)]
            )
            for name in names
        }
        return cls(*arrays, features)


def _held(counts, off):
    """Hold the last sample where a lead is off; the first one is not."""
    source = np.where(off, 0, np.arange(len(counts)))
    return counts[np.maximum.accumulate(source)]


class _Patient:
    """All that is remembered from beat to beat."""

    def __init__(self, inputs):
        self._inputs = inputs
        self._front = inputs.front_end
        self._rhythm = _Rhythm(inputs)
        self._typical = RelativeBeats(inputs.window_rate)

    def update(self, counts, off, start, r_peaks):
        """Take a stretch without gaps; return its beats."""
        front = self._front
        working = front.working_samples(counts)
        if r_peaks is None:
            found = front.beats(working)
        else:
            inside = (r_peaks >= start) & (r_peaks < start + len(counts))
            found = front.told_beats(r_peaks[inside] - start)
        found = self._wanted(found, len(counts))
        samples = np.array([beat.sample for beat in found], dtype=np.int64)
        flags = np.array([self._flags(beat) for beat in found], dtype=np.int64)
        is_late = (flags & LATE) != 0
        flags |= self._of_signal(counts, off, samples, is_late)
        windows = front.windows(working, samples)
        windows[is_late] = 0
        rows = self._rhythm.update(found, self._interruptions(off), len(working))
        columns = {
            name: np.array([row[name] for row in rows], dtype=np.int64)
            for name in (rows[0] if rows else ())
        }
        nothing = np.zeros(0, dtype=np.int64)
        flags |= columns.pop("flags", nothing)
        rr_prev = columns.pop("milliseconds", nothing)
        if self._inputs.looks_at_signal and found:
            columns |= self._compared(windows, columns, flags)
        return Beats(samples + start, rr_prev, flags, windows, columns)

    def _wanted(self, found, n_samples):
        """Leave out beats after the end, and those too soon after another."""
        kept, last = [], -np.inf
        for beat in found:
            if self._front.is_late(beat) and beat.time is not None:
                beat = beat._replace(sample=self._front.rough_sample(beat.time))
            if beat.sample < n_samples and beat.sample - last > self._front.shortest:
                kept.append(beat)
                last = beat.sample
        return kept

    def _flags(self, beat):
        return NOISY * beat.is_noisy + LATE * self._front.is_late(beat)

    def _of_signal(self, counts, off, samples, is_late):
        """Tell whose windows have samples of a lead that is off, or saturated."""
        front = self._front
        low, high = self._inputs.limits
        first = samples // front.lengths.factor - front.reach[0]
        last = front.last_needed(samples)
        flags = np.zeros(len(samples), dtype=np.int64)
        saturated = ~off & ((counts <= low) | (counts >= high))
        for flag, is_so in ((LEAD_OFF, off), (SATURATED, saturated)):
            before = front.blocks(is_so)
            start, stop = np.clip(
                [first // BLOCK, last // BLOCK + 1], 0, len(before) - 1
            )
            flags |= np.where(before[stop] > before[start], flag, 0)
        return np.where(is_late, 0, flags)

    def _interruptions(self, off):
        """Return where a lead came back that was off for long, in samples."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], off, [0]])))
        starts, stops = edges[0::2], edges[1::2]
        return stops[stops - starts >= self._front.lead_off]

    def _compared(self, windows, columns, flags):
        """Compare beats whose windows are known with what is typical."""
        front, typical = self._front, self._typical
        known = (flags & LATE) == 0
        begin = -front.first - typical.before
        around = windows[known, begin : begin + typical.before + typical.after]
        rhythm = {name: values[known] for name, values in columns.items()}
        features = {}
        for name, values in typical.update(around, rhythm).items():
            features[name] = np.zeros(len(flags), dtype=np.int64)
            features[name][known] = values
        return features


class _Rhythm:
    """The intervals so far, and what is typical of them."""

    def __init__(self, inputs):
        self._waits = inputs.waits
        self._front = inputs.front_end
        self._intervals = Intervals(inputs.sampling_rate)
        self._relative = RelativeRhythm()
        self._is_new = True

    def update(self, found, interruptions, n_working):
        """Take the beats of a stretch."""
        rows = []
        for number, beat in enumerate(found):
            before = found[number - 1] if number else None
            rr_prev = self._interval(before, beat, interruptions)
            if before:
                is_late = beat.decided > self._patience(before)
                self._complete(rows[-1], rr_prev, is_late)
            rows.append(self._begin(rr_prev))
        if rows:
            is_late = n_working - 1 >= self._patience(found[-1])
            self._complete(rows[-1], 0, is_late)
        return rows

    def _interval(self, before, beat, interruptions):
        if before is None:
            return 0
        between = (interruptions > before.sample) & (interruptions <= beat.sample)
        if between.any():
            return 0
        return self._intervals.milliseconds(beat.sample - before.sample)

    def _patience(self, beat):
        """Return until when a beat waits for the next one, in working samples."""
        return beat.sample // self._front.lengths.factor + self._front.longest_wait

    def _begin(self, rr_prev):
        """Compute what is known of a beat before the next one comes."""
        flags = 0
        if rr_prev == 0:
            flags = 0 if self._is_new else AFTER_GAP
            self._relative.forget_interval()
        elif self._relative.median:
            share, of = _LONG
            flags = LONG_INTERVAL * (rr_prev * of > self._relative.median * share)
        self._is_new = False
        row = {"flags": flags, "milliseconds": rr_prev}
        row["rr_local"] = self._intervals.local(rr_prev)
        return row | self._relative.of_prev(rr_prev)

    def _complete(self, row, rr_next, is_late):
        """Add what the next beat makes known, or that none came in time."""
        if not self._waits:
            rr_next = 0
        elif is_late:
            rr_next = LONGEST_MS
        if self._waits and (is_late or rr_next == 0):
            row["flags"] |= PROVISIONAL
        row |= self._relative.of_next(rr_next)
        known = {"rr_prev": row["milliseconds"], "rr_next": rr_next}
        known["rr_local"] = row["rr_local"]
        known = {name: np.array([value]) for name, value in known.items()}
        row |= {
            name: int(value[0]) for name, value in fixed_point_features(known).items()
        }

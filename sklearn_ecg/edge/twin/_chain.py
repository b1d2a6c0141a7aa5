"""The whole chain in integers: from samples to beats, and what a network is told."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from ...detection import Beat, Decimate, FindBeats, hold_last
from ...patient import (
    FEATURES,
    LONGEST_MS,
    RELATIVE,
    BeatState,
    LocalMean,
    Milliseconds,
    RhythmState,
    beat_extent,
    look_at_signal,
    rhythm_features,
)
from ...windows import BEATS_AT_ONCE, WorkingSamples
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

_NONE = np.zeros(0, dtype=np.int64)


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
    def shift(self):
        """Places by which sums of samples are shifted right, to fit 16 bits."""
        low, high = self.limits
        n_bits = 1 + max((-low - 1).bit_length(), high.bit_length())
        factor = self.front_end.lengths.factor
        return max(n_bits + (factor - 1).bit_length() - 16, 0)

    @property
    def front_end(self):
        """How samples become beats, and windows as wide as all that looks at them."""
        first, end = self.first, self.first + self.n_samples
        if self.looks_at_signal:
            before, after = beat_extent(self.window_rate)
            first, end = min(first, -before), max(end, after)
        return FrontEnd(self.sampling_rate, self.window_rate, first, end)

    def beats(self, counts, lead_off, gaps=(), r_peaks=_NONE):
        """Find the beats of a signal, and compute what is said of them.

        `gaps` are pairs of a place, and of how many samples are lost before it.
        """
        stream, parts, start, lost = ChainStream(self), [], 0, 0
        for stop, n_lost in [*sorted(gaps), (len(counts), 0)]:
            inside = (r_peaks >= start + lost) & (r_peaks < stop + lost)
            parts += [
                stream.push(counts[start:stop], lead_off[start:stop], r_peaks[inside]),
                stream.end(),
            ]
            stream.gap(n_lost)
            start, lost = stop, lost + n_lost
        return Beats.joined(parts)


@dataclass(frozen=True)
class Beats:
    """Beats and what a network is told of them."""

    samples: np.ndarray  # R peaks, lost samples counted
    rr_prev: np.ndarray  # In ms, 0 where unknown
    flags: np.ndarray  # Of each beat, as in the events
    windows: np.ndarray  # (n_beats, n_samples) counts
    features: np.ndarray  # (n_beats, n_features), in the order of the network

    @classmethod
    def joined(cls, parts):
        """Put the beats of several stretches together."""
        columns = ([getattr(part, each.name) for part in parts] for each in fields(cls))
        return cls(*map(np.concatenate, columns))


class _Waiting(NamedTuple):
    """A beat that is not out: it waits for its window, or for the next beat."""

    beat: Beat
    rr_prev: int
    flags: int
    rr_next: int = 0


class ChainStream:
    """A signal that comes piece by piece, as a device takes it."""

    def __init__(self, inputs: ChainInputs):
        self._inputs = inputs
        self._front = inputs.front_end
        self._patient = _Patient(inputs)
        self._n_before = 0  # Samples before this stretch, lost ones counted
        self._begin()
        self._none = self._rows([])

    def _begin(self):
        """Begin a stretch without gaps; what is known of the patient stays."""
        self._signal = _Signal(self._inputs, self._front)
        self._find = FindBeats(self._front.lengths) if self._inputs.detects else None
        self._waiting: list[_Waiting] = []
        self._is_open = False  # Whether the last beat waits for the next one
        self._last: Beat | None = None

    def push(
        self,
        counts: np.ndarray,
        lead_off: np.ndarray,
        r_peaks: np.ndarray = _NONE,
    ) -> Beats:
        """Take samples; return the beats that are complete with them.

        `r_peaks` tells where beats are among them, lost samples counted, to a chain
        that does not find them.
        """
        if not self._signal.has_begun and len(counts):
            n_off = len(lead_off) if lead_off.all() else int(np.argmin(lead_off))
            self._n_before += n_off
            counts, lead_off = counts[n_off:], lead_off[n_off:]
        before = self._signal.n_working
        working = self._signal.append(counts, lead_off)
        if self._find is not None:
            found = self._find.update(working)
        else:
            inside = r_peaks >= self._n_before
            found = self._front.told_beats(r_peaks[inside] - self._n_before, before - 1)
        return self._take(found)

    def skip(self, n_samples: int) -> None:
        """Pass over samples with the lead off, where all that is remembered is off."""
        if not self._signal.has_begun:
            self._n_before += n_samples
            return
        n_working = self._signal.skip(n_samples)
        if self._find is not None:
            self._find.skip(n_working)

    def end(self) -> Beats:
        """End the signal, as if it stayed where it is; return the beats left."""
        if not self._signal.has_begun:
            return self._none
        tail = self._signal.end()
        found = [] if self._find is None else self._find.end(tail)
        beats = self._take(found, is_end=True)
        self._n_before += self._signal.n_samples
        self._begin()
        return beats

    def gap(self, n_lost: int) -> None:
        """Go on after `end`, when samples were lost."""
        self._n_before += n_lost

    def _take(self, found, is_end=False):
        """Take beats that were found; return those that are complete."""
        for beat in found:
            self._meet(beat)
        now = self._signal.n_working - 1
        if self._is_open and now >= self._patience(self._last):
            self._complete(LONGEST_MS, PROVISIONAL)
        n_certain = len(self._waiting) - self._is_open
        if is_end:
            n_certain = len(self._waiting)
            if self._is_open:
                self._complete(0, PROVISIONAL)
        certain = []
        for waiting in self._waiting[:n_certain]:
            is_whole = now >= self._front.last_needed(waiting.beat.sample)
            if not (is_whole or waiting.flags & LATE):
                break
            certain.append(waiting)
        del self._waiting[: len(certain)]
        beats = self._rows(certain) if certain else self._none
        self._signal.forget(now - self._front.ring)
        return beats

    def _meet(self, beat):
        """Take a beat, unless it is after the end, or too soon after another."""
        front, flags = self._front, NOISY * beat.is_noisy
        if front.is_late(beat):
            flags |= LATE
            if beat.time is not None:
                beat = beat._replace(sample=front.rough_sample(beat.time))
        if beat.sample >= self._signal.n_samples:
            return
        if self._last and beat.sample - self._last.sample <= front.shortest:
            return
        rr_prev = self._interval(beat)
        if self._is_open:
            is_late = beat.known > self._patience(self._last)
            rr_next = LONGEST_MS if is_late else rr_prev
            self._complete(rr_next, PROVISIONAL * (is_late or rr_next == 0))
        self._waiting.append(_Waiting(beat, rr_prev, flags))
        self._is_open = self._inputs.waits
        self._last = beat

    def _interval(self, beat):
        """Return the interval before a beat in ms, 0 where it isn't known."""
        last = self._last
        if last is None or self._signal.was_off_between(last.sample, beat.sample):
            return 0
        if beat.sample - last.sample > self._front.longest_pause:
            return 0
        return self._patient.milliseconds(beat.sample - last.sample)

    def _patience(self, beat):
        """Return until when a beat waits for the next one, in working samples."""
        return beat.sample // self._front.lengths.factor + self._front.longest_wait

    def _complete(self, rr_next, flags):
        """Add the interval after the last beat."""
        last = self._waiting[-1]
        self._waiting[-1] = last._replace(rr_next=rr_next, flags=last.flags | flags)
        self._is_open = False

    def _rows(self, waiting):
        """Return all that is said of some beats."""
        parts = []
        for start in range(0, max(len(waiting), 1), BEATS_AT_ONCE):
            some = waiting[start : start + BEATS_AT_ONCE]
            samples = _integers([each.beat.sample for each in some])
            flags = _integers([each.flags for each in some])
            rr_prev = _integers([each.rr_prev for each in some])
            rr_next = _integers([each.rr_next for each in some])
            is_late = (flags & LATE) != 0
            flags |= np.where(is_late, 0, self._signal.flags(samples))
            spans = self._signal.spans(samples)
            spans[is_late] = 0
            more, features = self._patient.update(rr_prev, rr_next, spans, ~is_late)
            begin = self._inputs.first - self._front.first
            windows = spans[:, begin : begin + self._inputs.n_samples]
            samples += self._n_before
            parts.append(Beats(samples, rr_prev, flags | more, windows, features))
        return Beats.joined(parts)


def _integers(values):
    return np.array(values, dtype=np.int64)


class _Signal:
    """The working samples of a stretch without gaps, and what was wrong with them."""

    def __init__(self, inputs, front):
        self._low, self._high = inputs.limits
        self._front = front
        self._working = WorkingSamples(front.lengths, inputs.shift)
        self._decimate = Decimate(front.lengths.factor)
        self._is_full = np.zeros(0, dtype=bool)  # Saturated, of each working sample
        self._last = 0
        self._off_for = 0  # Samples for which the lead has been off
        self._came_back: list[int] = []  # Samples at which it was back after long
        self.n_samples = 0
        self.has_begun = False

    @property
    def n_working(self):
        """Number of working samples so far."""
        return self._working.end

    def append(self, counts, lead_off):
        """Take samples; the last one is held where the lead is off."""
        if len(counts) == 0:
            return np.zeros(0, dtype=np.int64)
        self.has_begun = True
        counts = np.clip(counts, self._low, self._high)
        held = hold_last(counts, lead_off, self._last)
        self._last = held[-1]
        self._watch(lead_off)
        saturated = ~lead_off & ((counts <= self._low) | (counts >= self._high))
        self.n_samples += len(counts)
        return self._extend(held, lead_off, saturated)

    def skip(self, n_samples):
        """Pass over samples with the lead off; return how many sums they complete."""
        before = self.n_working
        self._working.skip(n_samples)
        self._decimate.skip(n_samples, 0)
        self.n_samples += n_samples
        self._off_for += n_samples
        return self.n_working - before

    def end(self):
        """Complete the last sum and more, as if the signal stayed where it is."""
        factor = self._front.lengths.factor
        n_tail = self._front.tail * factor - self.n_samples % factor
        nothing = np.zeros(n_tail, dtype=bool)
        return self._extend(np.full(n_tail, self._last), nothing, nothing)

    def _extend(self, counts, lead_off, saturated):
        before = self.n_working
        self._working.append(counts, lead_off)
        is_full = self._decimate.update(saturated.astype(np.int64)) > 0
        self._is_full = np.concatenate([self._is_full, is_full])
        return self._working.values[before - self._working.start :]

    def _watch(self, lead_off):
        """Note where a lead comes back that was off for long."""
        edges = np.flatnonzero(np.diff(np.concatenate([[self._off_for > 0], lead_off])))
        start = -self._off_for
        for edge in edges.tolist():
            if not lead_off[edge]:
                if edge - start >= self._front.lead_off:
                    self._came_back.append(self.n_samples + edge)
            else:
                start = edge
        self._off_for = len(lead_off) - start if lead_off[-1] else 0

    def was_off_between(self, first, last):
        """Tell whether a lead that was off for long came back after `first`."""
        while self._came_back and self._came_back[0] <= first:
            del self._came_back[0]
        return bool(self._came_back) and self._came_back[0] <= last

    def spans(self, samples):
        """Cut the working samples around R peaks, as far as anything looks at them."""
        if len(samples) == 0:
            width = self._front.end - self._front.first
            return np.zeros((0, width), dtype=np.int64)
        return self._front.windows(self._working.values, samples, self._working.start)

    def flags(self, samples):
        """Tell what is wrong in the blocks of working samples around R peaks."""
        places = samples // self._front.lengths.factor
        first = (places - self._front.reach[0]) // BLOCK * BLOCK - self._working.start
        stop = self._front.last_needed(samples) + 1 - self._working.start
        found = np.zeros(len(samples), dtype=np.int64)
        for flag, is_so in (
            (LEAD_OFF, self._working.is_missing),
            (SATURATED, self._is_full),
        ):
            before = np.concatenate([[0], np.cumsum(is_so)])
            bounds = np.clip([first, stop], 0, len(is_so))
            found |= np.where(before[bounds[1]] > before[bounds[0]], flag, 0)
        return found

    def forget(self, before):
        """Forget the working samples before one, if they are many."""
        start = self._working.start
        self._working.forget(before // BLOCK * BLOCK)
        self._is_full = self._is_full[self._working.start - start :]


class _Patient:
    """What is known of a patient from beat to beat, whatever gaps there are."""

    def __init__(self, inputs):
        self._names = inputs.names
        self._around = slice(0, 0)
        self._beats = None
        if inputs.looks_at_signal:
            before, after = beat_extent(inputs.window_rate)
            begin = -inputs.front_end.first - before
            self._around = slice(begin, begin + before + after)
            self._beats = BeatState(inputs.window_rate)
        self._to_milliseconds = Milliseconds(inputs.sampling_rate)
        self._local = LocalMean()
        self._rhythm = RhythmState()
        self._is_new = True

    def milliseconds(self, n_samples):
        """Return an interval in ms."""
        return int(self._to_milliseconds(n_samples))

    def update(self, rr_prev, rr_next, spans, is_known):
        """Take the next beats; return flags, and the features of the network."""
        rhythm = self._rhythm.update(rr_prev, rr_next)
        flags = np.where(rhythm.is_long, LONG_INTERVAL, 0)
        is_first = np.arange(len(rr_prev)) == 0
        flags |= np.where((rr_prev == 0) & ~(is_first & self._is_new), AFTER_GAP, 0)
        self._is_new = self._is_new and len(rr_prev) == 0
        local = self._local.update(rr_prev)
        intervals = {"rr_prev": rr_prev, "rr_next": rr_next, "rr_local": local}
        features = rhythm.features | rhythm_features(intervals)
        if self._beats is not None:
            of_known = {name: each[is_known] for name, each in rhythm.features.items()}
            compared = self._beats.update(spans[is_known][:, self._around], of_known)
            for name, values in compared.items():
                features[name] = np.zeros(len(rr_prev), dtype=np.int64)
                features[name][is_known] = values
        columns = np.zeros((len(rr_prev), len(self._names)), dtype=np.int64)
        for column, name in enumerate(self._names):
            columns[:, column] = features[name]
        return flags, columns

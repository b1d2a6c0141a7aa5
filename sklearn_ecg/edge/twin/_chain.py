"""The whole chain in integers: from samples to beats, and what a network is told."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from ...detection import Beat, Change
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
from ...windows import BEATS_AT_ONCE
from ._find import FindInOneLead, FindInTwoLeads, told
from ._front_end import (
    AFTER_GAP,
    LATE,
    LEAD_OFF,
    LONG_INTERVAL,
    PROVISIONAL,
    FrontEnd,
)
from ._signal import Signal

_NONE = np.zeros(0, dtype=np.int64)
_NOTHING = np.zeros(1, dtype=np.int64)


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
    n_leads: int = 1  # Of which each beat is looked at, one or two

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
        rates = self.sampling_rate, self.window_rate
        return FrontEnd(*rates, first, end, self.n_leads)

    def beats(self, counts, lead_off, gaps=(), r_peaks=_NONE):
        """Find the beats of a signal, and compute what is said of them.

        Counts are of shape (n_samples,), or (n_samples, n_leads), and so is `lead_off`.
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
    windows: np.ndarray  # (n_beats, n_leads, n_samples) counts
    # (n_beats, n_leads, n_features), in the order of the network
    features: np.ndarray
    # (n_beats, n_leads): which leads may say the label; a gate may spare the second
    is_looked_at: np.ndarray

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
    is_sound: tuple[bool, ...]  # Which leads are worth a look
    rr_next: int = 0


class ChainStream:
    """A signal that comes piece by piece, as a device takes it."""

    def __init__(self, inputs: ChainInputs):
        self._inputs = inputs
        self._front = inputs.front_end
        self._patient = _Patient(inputs)
        self._n_before = 0  # Samples before this stretch, lost ones counted
        self._changes: list[Change] = []  # Of the lead, in stretches before this one
        self._begin()
        self._none = self._rows([])

    def _begin(self):
        """Begin a stretch without gaps; what is known of the patient stays."""
        self._signal = Signal(self._inputs, self._front)
        find = FindInOneLead if self._inputs.n_leads == 1 else FindInTwoLeads
        self._find = find(self._front) if self._inputs.detects else None
        self._waiting: list[_Waiting] = []
        self._is_open = False  # Whether the last beat waits for the next one
        self._last: Beat | None = None

    @property
    def changes(self) -> list[Change]:
        """Which lead is believed from which sample on."""
        now = [Change(0, 0)] if self._find is None else self._find.changes
        if self._changes and not self._signal.has_begun:
            return self._changes
        before = self._n_before if self._changes else 0
        moved = [each._replace(sample=each.sample + before) for each in now]
        return self._changes + moved

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
        shape = -1, self._inputs.n_leads
        counts, lead_off = np.reshape(counts, shape), np.reshape(lead_off, shape)
        if not self._signal.has_begun and len(counts):
            all_off = lead_off.all(axis=1)
            n_off = int(np.argmin(all_off)) if not all_off.all() else len(counts)
            self._n_before += n_off
            counts, lead_off = counts[n_off:], lead_off[n_off:]
        before = self._signal.n_working
        working = self._signal.append(counts, lead_off)
        if self._find is not None:
            found = self._find.update(working, self._signal.n_working)
        else:
            inside = r_peaks >= self._n_before
            r_peaks = r_peaks[inside] - self._n_before
            found = told(self._front.told_beats(r_peaks, before - 1))
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
        tails = self._signal.end()
        n_working = self._signal.n_working
        found = [] if self._find is None else self._find.end(tails, n_working)
        beats = self._take(found, is_end=True)
        self._changes = self.changes
        self._n_before += self._signal.n_samples
        self._begin()
        return beats

    def gap(self, n_lost: int) -> None:
        """Go on after `end`, when samples were lost."""
        self._n_before += n_lost

    def _take(self, found, is_end=False):
        """Take beats that were found; return those that are complete."""
        for each in found:
            self._meet(*each)
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
        self._signal.forget(now - self._front.remembered)
        return beats

    def _meet(self, beat, flags, is_sound):
        """Take a beat, unless it is after the end, or too soon after another."""
        front = self._front
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
        self._waiting.append(_Waiting(beat, rr_prev, flags, is_sound))
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
            of_leads = self._signal.flags(samples)
            of_leads[is_late] = 0
            looked = self._looked_at(some, (of_leads & LEAD_OFF) == 0)
            flags |= np.bitwise_or.reduce(np.where(looked, of_leads, 0), axis=1)
            spans = self._signal.spans(samples)
            spans[is_late] = 0
            more, features = self._patient.update(rr_prev, rr_next, spans, ~is_late)
            begin = self._inputs.first - self._front.first
            windows = spans[:, :, begin : begin + self._inputs.n_samples]
            samples += self._n_before
            flags |= more
            parts.append(Beats(samples, rr_prev, flags, windows, features, looked))
        return Beats.joined(parts)

    def _looked_at(self, waiting, is_seen):
        """Tell which leads are looked at: sound ones that are seen, or one at least."""
        is_sound = [each.is_sound for each in waiting]
        is_sound = np.reshape(is_sound, is_seen.shape).astype(bool)
        both = is_sound & is_seen
        either = np.where(is_seen.any(axis=1, keepdims=True), is_seen, is_sound)
        return np.where(both.any(axis=1, keepdims=True), both, either)


def _integers(values):
    return np.array(values, dtype=np.int64)


class _Patient:
    """What is known of a patient from beat to beat, whatever gaps there are."""

    def __init__(self, inputs):
        self._names = inputs.names
        self._around = slice(0, 0)
        self._of_leads: list[BeatState] = []
        self._n_leads = inputs.n_leads
        if inputs.looks_at_signal:
            before, after = beat_extent(inputs.window_rate)
            begin = -inputs.front_end.first - before
            self._around = slice(begin, begin + before + after)
            n_leads = range(inputs.n_leads)
            self._of_leads = [BeatState(inputs.window_rate) for _ in n_leads]
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
        shape = len(rr_prev), self._n_leads, len(self._names)
        columns = np.zeros(shape, dtype=np.int64)
        for column, name in enumerate(self._names):
            columns[:, :, column] = features.get(name, _NOTHING)[:, np.newaxis]
        of_known = {name: each[is_known] for name, each in rhythm.features.items()}
        for number, state in enumerate(self._of_leads):
            around = spans[is_known, number][:, self._around]
            compared = state.update(around, of_known)
            for column, name in enumerate(self._names):
                if name in compared:
                    columns[is_known, number, column] = compared[name]
        return flags, columns

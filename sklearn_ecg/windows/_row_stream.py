"""The rows of `BeatSegmenter` from a live signal: the same, to the last bit.

A beat's row is known as soon as the samples that its window needs have come and, if a
feature asks for it, the next beat, or 3.5 s without one. Only the samples that beats to
come may still need are remembered.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..beats._build import SHORTEST_RR
from ..beats._table import PATIENCE, IntervalState, came_late
from ..records._invalid import LARGEST
from ..records._leads import Lead
from ._cutting import rate_ratio, resampling_reach
from ._features import FEATURES, INTERVALS, look_at_signal, rhythm_features
from ._relative_beats import RelativeBeatState, beat_extent
from ._relative_rhythm import RelativeRhythmState
from ._window_cutter import WindowCutter

_OBSTACLES = {
    "baseline": "its median filters look ahead",
    "bandpass": "its filter starts on the first sample of the whole recording",
    "normalize": "'record' looks at the whole recording",
}

_INSTEAD = {
    "baseline": "baseline=None",
    "bandpass": "bandpass=None",
    "normalize": "normalize='beat'",
}


class Rows(NamedTuple):
    """Rows of some beats."""

    r_peaks: np.ndarray  # In samples since the start
    rr_prev: np.ndarray  # In seconds, NaN for the first beat
    features: np.ndarray  # (n_beats, n_features) float32; NaN for a beat without signal
    has_signal: np.ndarray  # shape (n_beats,), bool


class RowStream:
    """Cut the beats of a live signal exactly as a fitted `BeatSegmenter` does."""

    def __init__(self, segmenter, sampling_rate, lead_names, memory, after=None):
        _refuse_what_looks_ahead(segmenter)
        self._cutter = WindowCutter.of(segmenter)
        self._names = segmenter._rr_features(), segmenter._relative_features()
        self._n_features = len(segmenter.feature_names_out_)
        self._lead_names = list(lead_names)
        self._rate = float(sampling_rate)
        self._signal = _Past(len(self._lead_names))
        self._leader = after
        self._beats = _Rhythm(self._rate, any(not _is_causal(n) for n in self._names))
        self._taken = self._beats.take(0)
        self._typical = RelativeBeatState(self._cutter.sampling_rate)
        ratio = rate_ratio(self._cutter.sampling_rate, self._rate)
        self._step = ratio.denominator
        first, end = self._cutter.first, self._cutter.end
        if look_at_signal(self._names[1]):
            before, after = beat_extent(self._cutter.sampling_rate)
            first, end = min(first, -before), max(end, after)
        # In samples of the signal, with the filter of the resampler and its rounding.
        reach = resampling_reach(ratio) + 2
        self._before = int(-first / ratio) + reach
        self._after = int(end / ratio) + reach
        window = self._before + self._after
        self._memory = round(memory * self._rate) + window + 2 * self._step

    @property
    def n_seen(self) -> int:
        """Number of samples so far."""
        return self._signal.end

    def push(
        self, samples: np.ndarray, r_peaks: np.ndarray, known: np.ndarray | None = None
    ) -> Rows:
        """Take the next samples, and the R peaks that are certain with them.

        `known` has the number of samples after which each was; None is at once.
        """
        self._refuse_late(r_peaks)
        self._signal.append(samples)
        if self._leader is None:
            self._beats.append(r_peaks, known)
            self._beats.wait_until(self._signal.end)
            # The first beats wait until there is a whole window of signal.
            is_long = self._signal.end >= self._before + self._after
            n_certain = self._beats.count_until(self._signal.end - self._after)
            self._taken = self._beats.take(n_certain if is_long else 0)
        rows = self._rows()
        self._forget()
        return rows

    @property
    def settled(self) -> int:
        """Missing samples after which no beat waits, and all remembered is missing."""
        return 2 * (self._memory + self._step)

    def skip(self, n_samples: int) -> None:
        """Pass over missing samples that come after `settled` ones."""
        self._signal.start += n_samples

    def _forget(self):
        # What is kept begins where the resampler's phases do.
        waiting = (self._leader or self)._beats
        oldest = min(waiting.first(self._signal.end), self._signal.end)
        self._signal.forget(_floor(oldest - self._memory, self._step))

    def flush(self, r_peaks: np.ndarray, known: np.ndarray | None = None) -> Rows:
        """Take the last R peaks, and return all rows that are left."""
        self._refuse_late(r_peaks)
        if self._leader is None:
            self._beats.append(r_peaks, known)
            self._taken = self._beats.take(len(self._beats))
        return self._rows()

    def _refuse_late(self, r_peaks):
        if len(r_peaks) and r_peaks[0] - self._before < self._signal.start > 0:
            seconds = (self._signal.end - r_peaks[0]) / self._rate
            raise ValueError(
                f"The R peak at sample {r_peaks[0]} comes {seconds:.1f} s late; its "
                "signal is no longer remembered."
            )

    def _rows(self):
        beats = (self._leader or self)._taken
        n_beats = len(beats.r_peaks)
        features = np.empty((n_beats, self._n_features), dtype=np.float32)
        if n_beats == 0:
            return Rows(beats.r_peaks, beats.rr_prev, features, np.ones(0, dtype=bool))
        rr_names, relative_names = self._names
        width = self._cutter.n_samples
        has_signal = np.ones(n_beats, dtype=bool)
        start = self._start_of_stretch(int(beats.r_peaks[0]))
        relative = beats.relative
        for number, lead in enumerate(self._stretch(start, beats.r_peaks[-1])):
            samples = beats.r_peaks - start
            signal = self._cutter.signal(lead)
            has_signal &= self._cutter.is_usable(lead, samples)
            windows = self._cutter.windows(lead, signal, samples)
            features[:, number * width : (number + 1) * width] = windows
            if number == 0 and look_at_signal(relative_names):
                around = self._cutter.around(lead, signal, samples)
                relative = relative | self._typical.update_block(around, relative)
        column = features.shape[1] - len(rr_names) - len(relative_names)
        if rr_names:
            intervals = {name: getattr(beats, name) for name in INTERVALS}
            end = column + len(rr_names)
            features[:, column:end] = rhythm_features(intervals, rr_names)
            column = end
        for place, name in enumerate(relative_names, start=column):
            features[:, place] = relative[name]
        features[~has_signal] = np.nan
        return Rows(beats.r_peaks, beats.rr_prev, features, has_signal)

    def _start_of_stretch(self, first):
        """Return where to begin, so that the stretch is no shorter than a window."""
        latest = self._signal.end - self._before - self._after
        return max(_floor(min(first - self._before, latest), self._step), 0)

    def _stretch(self, start, last):
        """Return the leads from a sample on, as far as beats need them."""
        shortest = start + self._before + self._after
        stop = min(max(int(last) + self._after, shortest), self._signal.end)
        samples, missing = self._signal.between(start, stop)
        return [
            Lead(
                "the stream",
                name,
                self._rate,
                samples[:, column],
                missing[:, column] if missing[:, column].any() else None,
            )
            for column, name in enumerate(self._lead_names)
        ]


def _refuse_what_looks_ahead(segmenter):
    given = {
        "baseline": segmenter.baseline is not None,
        "bandpass": segmenter.bandpass is not None,
        "normalize": segmenter.normalize == "record",
    }
    for name, is_given in given.items():
        if is_given:
            raise ValueError(
                f"A live signal cannot be cut with {name}="
                f"{getattr(segmenter, name)!r} of BeatSegmenter: {_OBSTACLES[name]}. "
                f"Fit the model with {_INSTEAD[name]}."
            )


def _is_causal(names):
    return all(FEATURES[name].is_causal for name in names)


def _floor(sample, step):
    return sample // step * step


class _Past:
    """The last samples of all leads; the last valid one stands for a missing one."""

    def __init__(self, n_leads):
        self._samples = np.zeros((0, n_leads))
        self._missing = np.zeros((0, n_leads), dtype=bool)
        self._last = np.full(n_leads, np.nan)
        self.start = 0

    @property
    def end(self):
        return self.start + len(self._samples)

    def append(self, block):
        missing = ~((block > -LARGEST) & (block < LARGEST))
        if missing.any():
            block = block.copy()
            for column, last in enumerate(self._last):
                self._hold(block[:, column], missing[:, column], last, column)
        elif np.isnan(self._last).any() and len(block):
            self._begin(block[0], np.arange(len(self._last)))
        if len(block):
            self._last = block[-1].copy()
        self._samples = np.concatenate([self._samples, block])
        self._missing = np.concatenate([self._missing, missing])

    def _hold(self, values, missing, last, column):
        source = np.where(missing, 0, np.arange(1, len(values) + 1))
        np.maximum.accumulate(source, out=source)
        if np.isnan(last) and not missing.all():
            last = values[np.argmin(missing)]
            self._begin(np.full(len(self._last), last), [column])
        values[:] = np.concatenate([[last], values])[source]

    def _begin(self, first, columns):
        """Put the first valid sample of a lead for all before it."""
        for column in columns:
            if np.isnan(self._last[column]):
                self._samples[:, column] = first[column]

    def forget(self, before):
        """Forget the samples before one."""
        n_old = min(before - self.start, len(self._samples))
        if n_old > len(self._samples) // 2:
            self._samples = self._samples[n_old:].copy()
            self._missing = self._missing[n_old:].copy()
            self.start += n_old

    def between(self, start, stop):
        inside = slice(start - self.start, stop - self.start)
        # A lead that has had no valid sample yet is flat.
        return np.nan_to_num(self._samples[inside]), self._missing[inside]


class _Beats(NamedTuple):
    """Beats with what is known of their rhythm: an array for each."""

    r_peaks: np.ndarray
    rr_prev: np.ndarray
    rr_local: np.ndarray
    rr_next: np.ndarray
    relative: dict[str, np.ndarray]


class _Waiting(NamedTuple):
    """A beat whose row is not out, with what is known of its rhythm."""

    r_peak: int
    rr_prev: float
    rr_local: float
    rr_next: float
    relative: dict[str, float]


class _Rhythm:
    """The beats whose rows are not out, and the rhythm up to the last of them."""

    def __init__(self, sampling_rate, needs_next):
        self._rate = sampling_rate
        self._shortest = SHORTEST_RR * sampling_rate
        self._intervals = IntervalState(sampling_rate)
        self._relative = RelativeRhythmState()
        self._needs_next = needs_next
        self._last = -np.inf
        self._waiting: list[_Waiting] = []
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
            relative = self._relative.update(rr_prev) | self._relative.of_next(np.nan)
            self._last = r_peak
            self._waiting.append(_Waiting(r_peak, rr_prev, rr_local, np.nan, relative))
            self._is_open = True

    def wait_until(self, n_samples):
        """Tell the last beat that none has followed in time, if so."""
        if self._is_open and came_late(self._last, n_samples, self._rate):
            self._complete(PATIENCE)

    def _complete(self, rr_next):
        """Add what the interval after the last beat makes known."""
        if self._is_open and self._waiting:
            last = self._waiting[-1]
            relative = last.relative | self._relative.of_next(rr_next)
            self._waiting[-1] = last._replace(rr_next=rr_next, relative=relative)
        self._is_open = False

    def count_until(self, sample):
        """Return how many beats are certain if the signal is known around `sample`."""
        n_known = len(self._waiting) - (self._needs_next and self._is_open)
        n_certain = 0
        while n_certain < n_known and self._waiting[n_certain].r_peak <= sample:
            n_certain += 1
        return n_certain

    def first(self, otherwise):
        """Return the first R peak that is waiting."""
        return self._waiting[0].r_peak if self._waiting else otherwise

    def take(self, n_beats):
        """Return the first beats, and forget them."""
        taken, self._waiting = self._waiting[:n_beats], self._waiting[n_beats:]
        columns = list(zip(*taken, strict=True)) or [(), (), (), (), ()]
        names = columns[4][0] if taken else ()
        relative = {
            name: np.array([features[name] for features in columns[4]])
            for name in names
        }
        floats = [np.array(column, dtype=float) for column in columns[1:4]]
        return _Beats(np.array(columns[0], dtype=np.int64), *floats, relative)

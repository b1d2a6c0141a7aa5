"""A chain as a model that labels signals: what its device would say, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import softmax

from ..detection import Beat, Change, FindStretches, MeetingStretches, hold_last
from ..stream import RPeakSource, checked_r_peaks, tell_of_unit
from ..windows import rate_ratio, resample, resampled_positions, resampling_reach
from .twin._chain import ChainStream
from .twin._front_end import LATE, LEAD_OFF, SECOND_LEAD
from .twin._window import counts_of

_MISSING_AT_ONCE = 2**16
"""Samples of a gap that are taken at once."""

_SETTLED = 60.0
"""Seconds of missing samples after which only clocks go on: twice the longest ring."""

_CERTAIN = 0.5
"""Seconds after which a beat counts as found, where its height measures the signal."""

_NONE = np.zeros(0, dtype=np.int64)


class Converter:
    """What a device's converter reads of a signal at another rate, piece by piece."""

    def __init__(self, from_rate: float, to_rate: float, adc_gain: float):
        self._ratio = rate_ratio(to_rate, from_rate)
        self._reach = resampling_reach(self._ratio) + 2
        self._adc_gain = adc_gain
        self._last = np.nan  # The last valid sample
        self._samples, self._missing = np.zeros(0), np.zeros(0, dtype=bool)
        self._start = 0  # The first sample that is remembered
        self._n_read = 0

    @property
    def _end(self):
        return self._start + len(self._samples)

    def push(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Take samples in mV, NaN where one is missing.

        Returns
        -------
        counts : ndarray of int16
            Those that are certain now.
        lead_off : ndarray of bool
            Where samples are missing, of the same shape.
        """
        missing = np.isnan(samples)
        self._samples = np.concatenate([self._samples, self._held(samples, missing)])
        self._missing = np.concatenate([self._missing, missing])
        up, down = self._ratio.numerator, self._ratio.denominator
        known = self._end - 1 - self._reach if self._ratio != 1 else self._end - 1
        return self._read(known * up // down + 1 if known >= 0 else 0)

    def end(self) -> tuple[np.ndarray, np.ndarray]:
        """End the signal; return the rest, as `push` does."""
        up, down = self._ratio.numerator, self._ratio.denominator
        return self._read(-(-self._end * up // down))

    def skip(self, n_samples: int) -> tuple[int, int]:
        """Pass over missing samples, where all that is remembered is missing.

        Returns
        -------
        n_skipped, n_read : int
            How many, and of how many counts: those after which all is as before.
        """
        n_periods = n_samples // self._ratio.denominator
        n_skipped = n_periods * self._ratio.denominator
        n_read = n_periods * self._ratio.numerator
        self._start += n_skipped
        self._n_read += n_read
        return n_skipped, n_read

    def _held(self, samples, missing):
        """Hold the last valid sample; the first one stands for all before it."""
        if not missing.any() and not np.isnan(self._last):
            self._last = samples[-1] if len(samples) else self._last
            return samples
        if np.isnan(self._last) and not missing.all():
            self._last = samples[np.argmin(missing)]
            self._samples[:] = self._last
        held = hold_last(samples, missing, self._last)
        self._last = held[-1] if len(held) else self._last
        return held

    def _read(self, stop):
        if stop <= self._n_read:
            return np.zeros(0, dtype=np.int16), np.zeros(0, dtype=bool)
        first = self._first_needed()
        stretch = np.nan_to_num(self._samples[first - self._start :])
        skipped = first * self._ratio.numerator // self._ratio.denominator
        inside = slice(self._n_read - skipped, stop - skipped)
        counts = counts_of(resample(stretch, self._ratio)[inside], self._adc_gain)
        places = resampled_positions(np.arange(self._n_read, stop), 1 / self._ratio)
        lead_off = self._missing[np.minimum(places, self._end - 1) - self._start]
        self._n_read = stop
        first = self._first_needed()
        self._samples = self._samples[first - self._start :].copy()
        self._missing = self._missing[first - self._start :].copy()
        self._start = first
        return counts, lead_off

    def _first_needed(self):
        """Return the first sample that is still needed, at a phase of the resampler."""
        down = self._ratio.denominator
        place = self._n_read * down // self._ratio.numerator - self._reach
        return max(place // down * down, self._start)


class ChainLabeller:
    """Which leads a chain reads, what it can say, and how it labels a signal."""

    is_first = True
    counts = None

    def __init__(self, chain, leads, classes):
        self._chain = chain
        self.leads = list(chain.lead) if leads is None else leads
        self.second_leads = list(chain.second_lead) if leads is None else []
        self.averages = bool(self.second_leads)
        self.classes = classes

    def engine(
        self,
        sampling_rate: float,
        views: Sequence[Sequence[str]],
        r_peaks: RPeakSource | None = None,
    ) -> ChainEngine:
        """Begin with a signal."""
        if (r_peaks is None) != self._chain.inputs.detects:
            detects = self._chain.inputs.detects
            finds = "finds the R peaks itself" if detects else "is told the R peaks"
            raise ValueError(
                f"r_peaks: this chain {finds}. quantize(..., detector=False) makes one "
                "that is told, and detector=True one that finds them."
            )
        names = [view[0] for view in views]
        return ChainEngine(self._chain, self.classes, sampling_rate, names, r_peaks)


class ChainEngine:
    """Labelled beats of a signal, as a device says them."""

    def __init__(self, chain, classes, sampling_rate, names, r_peaks):
        inputs = chain.inputs
        self._chain, self._source, self._rate = chain, r_peaks, float(sampling_rate)
        self._order = [chain.classes_.tolist().index(label) for label in classes]
        self._columns = [f"p_{label}" for label in classes]
        rates = self._rate, inputs.sampling_rate
        self._converters = [Converter(*rates, chain.adc_gain) for _ in names]
        self._names = np.array(names, dtype=object)
        self._stream = ChainStream(inputs)
        self._told = _NONE  # R peaks whose samples have not been read
        self._of_leads = [FindStretches(self._rate, None, None) for _ in names]
        self._ended: list = []  # Stretches of the only lead
        self._meeting = MeetingStretches()
        # Samples that stretches are looked for in when all their beats are out
        self._recent = [np.zeros(0) for _ in names]
        front = inputs.front_end
        self._n_recent = round(
            front.remembered / front.lengths.working_rate * self._rate
        )
        self._n_seen = self._n_read = 0
        # Most pushes of a live signal complete no beat.
        self._no_beats = self._table(self._stream.end()).copy()

    @property
    def device_rate(self) -> float:
        """The rate of the device, which tells the rhythm itself, in Hz."""
        return self._chain.inputs.sampling_rate

    @property
    def none(self) -> pd.DataFrame:
        """The table of no beats."""
        return self._no_beats.copy()

    @property
    def quality(self) -> pd.DataFrame:
        """Stretches without beats to see, in samples."""
        return pd.DataFrame(self.stretches, columns=["start", "stop", "reason"])

    @property
    def stretches(self) -> Sequence[tuple]:
        """What `quality` holds, as a sequence that grows."""
        return self._ended if len(self._names) == 1 else self._meeting.stretches

    @property
    def settled(self) -> int:
        """The sample before which all stretches are known that begin there."""
        settled = [of.settled for of in self._of_leads]
        return settled[0] if len(settled) == 1 else self._meeting.settled(settled)

    @property
    def changes(self) -> Sequence[Change]:
        """Which lead is believed from when on."""
        ratio = self._rate / self._chain.inputs.sampling_rate
        return [
            change._replace(sample=round(change.sample * ratio))
            for change in self._stream.changes
        ]

    def push(self, blocks: Sequence[np.ndarray]) -> list[pd.DataFrame]:
        """Take samples in mV of each view; return the beats that are certain now."""
        samples = [block[:, 0] for block in blocks]
        self._n_seen += len(samples[0])
        if self._source is not None:
            self._tell(self._source.push(samples[0]))
        pairs = zip(self._converters, samples, strict=True)
        table = self._take([converter.push(each) for converter, each in pairs])
        self._look_for_stretches(samples, table, self._n_recent)
        return [table]

    def skip(self, n_samples: int) -> list[pd.DataFrame]:
        """Take missing samples; only those that change something."""
        settled = round(_SETTLED * self._rate)
        found = self._take_missing(min(n_samples, settled))
        left = max(n_samples - settled, 0)
        if self._source is None:
            for converter, stretches in zip(
                self._converters, self._of_leads, strict=True
            ):
                n_skipped, n_read = converter.skip(left)
                stretches.skip(n_skipped)
            self._stream.skip(n_read)
            self._n_seen += n_skipped
            self._n_read += n_read
            left -= n_skipped
        return [*found, *self._take_missing(left)] or [self.none]

    def _take_missing(self, n_samples):
        found = []
        for start in range(0, n_samples, _MISSING_AT_ONCE):
            n_missing = min(_MISSING_AT_ONCE, n_samples - start)
            found += self.push([np.full((n_missing, 1), np.nan) for _ in self._names])
        return found

    def flush(self) -> pd.DataFrame:
        """Return the last beats."""
        if self._source is not None:
            self._tell(self._source.flush())
        read = [converter.end() for converter in self._converters]
        # A beat at the last sample of the signal is at the last one of the converter.
        self._told = np.minimum(self._told, self._n_read + len(read[0][0]) - 1)
        last = self._take(read)
        beats = pd.concat([last, self._table(self._stream.end())], ignore_index=True)
        self._look_for_stretches([_NONE for _ in self._names], beats, 0)
        self._end_stretches([of.flush(self._n_seen) for of in self._of_leads])
        return beats

    def tell_of_signal(self, called: str, is_voltage: bool) -> None:
        """Warn of a signal that seems to be in another unit."""
        tell_of_unit(self._of_leads[self.changes[-1].lead], called, is_voltage)

    def _tell(self, r_peaks):
        """Remember R peaks, in samples of the converter."""
        r_peaks = checked_r_peaks(r_peaks, self._n_seen, self._rate)
        at = np.rint(r_peaks * (self._chain.inputs.sampling_rate / self._rate))
        self._told = np.concatenate([self._told, at.astype(np.int64)])

    def _take(self, read):
        """Take counts of each lead, and where it is off."""
        counts, lead_off = (np.column_stack(each) for each in zip(*read, strict=True))
        missing = self._chain.inputs.n_leads - len(read)
        counts = np.pad(counts, ((0, 0), (0, missing)))
        lead_off = np.pad(lead_off, ((0, 0), (0, missing)), constant_values=True)
        self._n_read += len(counts)
        n_told = np.searchsorted(self._told, self._n_read)
        told, self._told = self._told[:n_told], self._told[n_told:]
        beats = self._stream.push(counts, lead_off, told)
        return self._table(beats) if len(beats.samples) else self.none

    def _look_for_stretches(self, samples, table, n_recent):
        """Take samples and beats; look at all but so many of the last samples."""
        certain = round(_CERTAIN * self._rate)
        beats = [Beat(at, at + certain, None) for at in table["sample"].tolist()]
        ended = []
        for number, stretches in enumerate(self._of_leads):
            recent = np.concatenate([self._recent[number], samples[number]])
            n_old = max(len(recent) - n_recent, 0)
            self._recent[number] = recent[n_old:].copy()
            ended.append(stretches.update(recent[:n_old], beats))
        self._end_stretches(ended)

    def _end_stretches(self, ended):
        if len(ended) == 1:
            self._ended += ended[0]
        else:
            self._meeting.take(ended, [of.settled for of in self._of_leads])

    def _table(self, beats):
        """Label beats."""
        events, logits, n_leads = self._chain.events(beats)
        scale = self._chain.network.logit_scale
        n_leads = np.maximum(n_leads, 1)[:, np.newaxis]
        proba = softmax(logits * scale / n_leads, axis=1)
        proba[(beats.flags & LATE) != 0] = np.nan
        has_signal = (beats.flags & (LATE | LEAD_OFF)) == 0
        time = beats.samples / self._chain.inputs.sampling_rate
        rr_prev = np.where(beats.rr_prev > 0, beats.rr_prev / 1000, np.nan)
        # The last sample of the converter may be later than that of the signal.
        sample = np.minimum(np.rint(time * self._rate), self._n_seen - 1)
        table = pd.DataFrame({"time": time, "sample": sample.astype(np.int64)})
        table["label"] = events["label"].astype(object)
        table[self._columns] = proba[:, self._order]
        table["rr_prev"] = rr_prev
        table["quality"] = np.where(has_signal, "good", "no signal")
        if len(self._names) > 1:
            second = (beats.flags & SECOND_LEAD) // SECOND_LEAD
            table["lead"] = pd.Series(self._names[second], dtype=object)
        return table.assign(margin=events["margin"], flags=events["flags"])

"""How windows are cut out of a lead: resampled, or between working samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from ..detection import hold_last
from ..patient import beat_extent, look_at_signal
from ..records import Lead, without_signal
from ._cutting import (
    cut_windows,
    filter_lead,
    largest_values,
    nearest,
    original_spans,
    rate_ratio,
    resample,
    resampled_positions,
    resampling_reach,
    scale_of_record,
    standardize,
    typical_level,
)
from ._grid import Grid, WorkingSamples
from ._parameters import as_float


class CutLead(Protocol):
    """A lead out of which windows are cut."""

    def is_usable(self, samples: np.ndarray) -> np.ndarray:
        """Tell which windows have all their samples in the lead."""

    def windows(self, samples: np.ndarray) -> np.ndarray:
        """Cut and scale the windows around R peaks."""


@dataclass(frozen=True)
class WindowCutter:
    """How windows are cut out of a lead: the parameters of `BeatSegmenter` for it."""

    before: float  # In seconds
    after: float  # In seconds
    sampling_rate: float  # Of the windows, in Hz
    baseline: str | None  # None or "median"
    bandpass: tuple[float, float] | None  # In Hz
    zero_phase: bool
    normalize: str | None  # "beat", "record" or None
    on_grid: bool  # Whether windows are cut between the detector's working samples
    looks_around: bool  # Whether features look at more than the window

    @classmethod
    def of(cls, segmenter) -> WindowCutter:
        """Take the parameters of a `BeatSegmenter`, which are checked."""
        bandpass = segmenter.bandpass
        relative = segmenter._relative_features()
        return cls(
            as_float(segmenter.before),
            as_float(segmenter.after),
            as_float(segmenter.sampling_rate),
            segmenter.baseline,
            None if bandpass is None else tuple(map(as_float, bandpass)),
            segmenter.zero_phase,
            segmenter.normalize,
            bool(relative),
            look_at_signal(relative),
        )

    @property
    def first(self) -> int:
        """First sample of a window; the R peak is at 0."""
        return -nearest(self.before * self.sampling_rate)

    @property
    def end(self) -> int:
        """The sample past the last one of a window."""
        return nearest(self.after * self.sampling_rate)

    @property
    def n_samples(self) -> int:
        """Samples of a window."""
        return self.end - self.first

    def grid(self, sampling_rate: float) -> Grid:
        """Return the grid of windows as wide as all that looks at them."""
        first, end = self.first, self.end
        if self.looks_around:
            before, after = beat_extent(self.sampling_rate)
            first, end = min(first, -before), max(end, after)
        return Grid(sampling_rate, self.sampling_rate, first, end)

    def cut(self, lead: Lead) -> CutLead:
        """Filter a whole lead, and bring it to the rate of the windows."""
        filtered = filter_lead(lead, self.baseline, self.bandpass, self.zero_phase)
        if not self.on_grid:
            return ResampledLead(self, lead, filtered)
        found = GridLead(self, lead.sampling_rate, lead)
        found.working.append(filtered, lead.missing)
        found.finish()
        return found


class GridLead:
    """The working samples of a lead, and windows between them."""

    def __init__(
        self,
        cutter: WindowCutter,
        sampling_rate: float,
        lead: Lead | None = None,
    ):
        self._cutter, self._lead = cutter, lead
        self._grid = cutter.grid(sampling_rate)
        self._of_window = Grid(
            sampling_rate, cutter.sampling_rate, cutter.first, cutter.end
        )
        self._position_rate = lead.position_rate if lead else sampling_rate
        self.working = WorkingSamples(self._grid.lengths)

    @property
    def before(self) -> int:
        """Samples before an R peak that are needed."""
        return (self._grid.reach[0] + 1) * self._grid.lengths.factor

    @property
    def after(self) -> int:
        """Samples from an R peak on that are needed."""
        return (self._grid.reach[1] + 1) * self._grid.lengths.factor

    def append(self, samples: np.ndarray) -> None:
        """Take the next samples."""
        self.working.append(samples)

    def finish(self) -> None:
        """End the signal, as if it stayed where it is."""
        self.working.finish(self._grid.reach[1] + 1)

    def skip(self, n_samples: int) -> None:
        """Take so many missing samples, where all that is remembered is missing."""
        self.working.skip(n_samples)

    def forget(self, before: int) -> None:
        """Forget the samples before one."""
        self.working.forget(before // self._grid.lengths.factor)

    def is_usable(self, samples: np.ndarray) -> np.ndarray:
        """Tell which windows have all their samples in the lead."""
        before, after = self._of_window.reach
        places = self._at(samples) // self._grid.lengths.factor
        return self.working.whole(places - before, places + after)

    def spans(self, samples: np.ndarray) -> np.ndarray:
        """Cut the working samples around R peaks, as far as anything looks at them."""
        samples = self._at(samples)
        return self._grid.windows(self.working.values, samples, self.working.start)

    def windows(self, samples: np.ndarray) -> np.ndarray:
        """Cut and scale the windows around R peaks."""
        return self.scaled(self.spans(samples))

    def scaled(self, spans: np.ndarray) -> np.ndarray:
        """Scale the windows in the middle of what `spans` returns."""
        cutter = self._cutter
        begin = cutter.first - self._grid.first
        windows = spans[:, begin : begin + cutter.n_samples]
        if cutter.normalize == "beat":
            return standardize(windows.astype(float), largest_values(windows))
        if cutter.normalize == "record":
            median, spread = self._scale
            return (windows - median) / spread
        return self.working.millivolts(windows)

    @cached_property
    def _scale(self):
        return scale_of_record(self.working.values, self._lead)

    def around(self, spans: np.ndarray) -> np.ndarray:
        """Return what features look at of what `spans` returns."""
        before, after = beat_extent(self._cutter.sampling_rate)
        begin = -before - self._grid.first
        return spans[:, begin : begin + before + after]

    def _at(self, samples):
        """Return R peaks in samples of the lead."""
        rate = self._grid.sampling_rate
        if rate == self._position_rate:
            return samples
        return np.rint(samples * (rate / self._position_rate)).astype(np.int64)


class ResampledLead:
    """A lead that is resampled as a whole to the rate of the windows."""

    def __init__(self, cutter: WindowCutter, lead: Lead, filtered: np.ndarray):
        self._cutter, self._lead = cutter, lead
        self._ratio = rate_ratio(cutter.sampling_rate, lead.sampling_rate)
        self._position_ratio = rate_ratio(cutter.sampling_rate, lead.position_rate)
        self._signal = resample(filtered, self._ratio)

    def is_usable(self, samples: np.ndarray) -> np.ndarray:
        """Tell which windows have all their samples in the lead."""
        return ~without_signal(self._lead, *self._spans(self._starts(samples)))

    def windows(self, samples: np.ndarray) -> np.ndarray:
        """Cut and scale the windows around R peaks."""
        cutter, lead = self._cutter, self._lead
        if len(self._signal) < cutter.n_samples:
            raise ValueError(
                f"A window of {cutter.before:g} + {cutter.after:g} s ('before' and "
                f"'after') is longer than the {lead}, which lasts "
                f"{len(lead.samples) / lead.sampling_rate:g} s."
            )
        starts = self._starts(samples)
        windows = cut_windows(self._signal, starts, cutter.n_samples)
        if cutter.normalize == "beat":
            return standardize(windows, self._levels(windows, starts))
        if cutter.normalize == "record":
            median, spread = self._scale
            return (windows - median) / spread
        return windows

    @cached_property
    def _scale(self):
        return scale_of_record(self._signal, self._lead)

    def _starts(self, samples):
        """Return where the windows around R peaks start in the resampled signal."""
        positions = resampled_positions(samples, self._position_ratio)
        return positions + self._cutter.first

    def _spans(self, starts):
        """Return the first and the last sample of the lead that each window needs."""
        return original_spans(starts, self._cutter.n_samples, self._ratio)

    def _levels(self, windows, starts):
        """Return how large the recorded values are that each window is made of."""
        cutter, ratio, samples = self._cutter, self._ratio, self._lead.samples
        if cutter.baseline is None and cutter.bandpass is None:
            return largest_values(windows)
        first, _ = self._spans(starts)
        # The same for each window, wherever its start is rounded to.
        width = (cutter.n_samples - 1) * ratio.denominator // ratio.numerator + 3
        inside = np.clip(first, -width, len(samples))
        recorded = cut_windows(samples, inside, width)
        return np.maximum(largest_values(recorded), typical_level(samples))


class ResampledStream:
    """The last samples of a lead, stretches of which are resampled as needed."""

    def __init__(self, cutter: WindowCutter, sampling_rate: float, name: str):
        self._cutter, self._rate, self._name = cutter, sampling_rate, name
        ratio = rate_ratio(cutter.sampling_rate, sampling_rate)
        self._step = ratio.denominator
        # In samples of the signal, with the filter of the resampler and its rounding.
        reach = resampling_reach(ratio) + 2
        self.before = int(-cutter.first / ratio) + reach
        self.after = int(cutter.end / ratio) + reach
        self._samples = np.zeros(0)
        self._missing = np.zeros(0, dtype=bool)
        self._last = np.nan
        self._start = 0

    @property
    def _end(self):
        return self._start + len(self._samples)

    def append(self, samples: np.ndarray) -> None:
        """Take the next samples; the last valid one stands for a missing one."""
        missing = np.isnan(samples)
        if missing.any() or np.isnan(self._last):
            samples = self._held(samples, missing)
        if len(samples):
            self._last = samples[-1]
        self._samples = np.concatenate([self._samples, samples])
        self._missing = np.concatenate([self._missing, missing])

    def _held(self, samples, missing):
        if np.isnan(self._last) and not missing.all():
            # The first valid sample stands for all before it.
            self._last = samples[np.argmin(missing)]
            self._samples[:] = self._last
        return hold_last(samples, missing, self._last)

    def finish(self) -> None:
        """End the signal; windows past its end are filled from its last sample."""

    def skip(self, n_samples: int) -> None:
        """Take so many missing samples, where all that is remembered is missing."""
        self._start += n_samples

    def forget(self, before: int) -> None:
        """Forget the samples before one, as far as the resampler's phases allow."""
        n_old = min(self._floor(before) - self._start, len(self._samples))
        if n_old > len(self._samples) // 2:
            self._samples = self._samples[n_old:].copy()
            self._missing = self._missing[n_old:].copy()
            self._start += n_old

    def cut(self, r_peaks: np.ndarray) -> tuple[CutLead, np.ndarray]:
        """Resample the stretch around R peaks; return it, and where they are in it."""
        latest = self._end - self.before - self.after
        start = max(self._floor(min(int(r_peaks[0]) - self.before, latest)), 0)
        shortest = start + self.before + self.after
        stop = min(max(int(r_peaks[-1]) + self.after, shortest), self._end)
        inside = slice(start - self._start, stop - self._start)
        missing = self._missing[inside]
        # A lead that has had no valid sample yet is flat.
        lead = Lead(
            "the stream",
            self._name,
            self._rate,
            np.nan_to_num(self._samples[inside]),
            missing if missing.any() else None,
        )
        return self._cutter.cut(lead), r_peaks - start

    def _floor(self, sample):
        return sample // self._step * self._step

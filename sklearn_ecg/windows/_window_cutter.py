"""What becomes of one lead of a record: windows, and features of its QRS complexes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..records._leads import Lead, check_r_peaks, without_signal
from ._cutting import (
    cut_windows,
    filter_lead,
    largest_values,
    nearest,
    original_spans,
    rate_ratio,
    resample,
    resampled_positions,
    scale_by_record,
    standardize,
    typical_level,
)
from ._features import look_at_signal
from ._parameters import as_float
from ._relative_beats import RelativeBeatState, beat_extent
from ._relative_rhythm import relative_rhythm


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

    @classmethod
    def of(cls, segmenter) -> WindowCutter:
        """Take the parameters of a `BeatSegmenter`, which are checked."""
        bandpass = segmenter.bandpass
        return cls(
            as_float(segmenter.before),
            as_float(segmenter.after),
            as_float(segmenter.sampling_rate),
            segmenter.baseline,
            None if bandpass is None else tuple(map(as_float, bandpass)),
            segmenter.zero_phase,
            segmenter.normalize,
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

    def signal(self, lead: Lead) -> np.ndarray:
        """Filter a whole lead, and bring it to the rate of the windows."""
        filtered = filter_lead(lead, self.baseline, self.bandpass, self.zero_phase)
        return resample(filtered, self._ratio(lead))

    def is_usable(self, lead: Lead, samples: np.ndarray) -> np.ndarray:
        """Tell which windows have all their samples in the lead."""
        check_r_peaks(lead, samples)
        starts = self._starts(lead, samples)
        return ~without_signal(lead, *self._spans(lead, starts))

    def windows(
        self, lead: Lead, signal: np.ndarray, samples: np.ndarray
    ) -> np.ndarray:
        """Cut and scale the windows of some beats."""
        if len(signal) < self.n_samples:
            raise ValueError(
                f"A window of {self.before:g} + {self.after:g} s ('before' and 'after')"
                f" is longer than the {lead}, which lasts "
                f"{len(lead.samples) / lead.sampling_rate:g} s."
            )
        starts = self._starts(lead, samples)
        windows = cut_windows(signal, starts, self.n_samples)
        if self.normalize == "beat":
            return standardize(windows, self._levels(windows, lead, starts))
        if self.normalize == "record":
            return _scale_by_record(windows, lead, signal)
        return windows

    def relative_features(
        self,
        lead: Lead,
        signal: np.ndarray,
        r_peaks: np.ndarray,
        names: list[str],
        rr_next: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Compare all beats of a record with what is typical of its patient."""
        check_r_peaks(lead, r_peaks)
        features = relative_rhythm(r_peaks, lead.position_rate, rr_next)
        if look_at_signal(names):
            around = self.around(lead, signal, r_peaks)
            features |= RelativeBeatState(self.sampling_rate).update_block(
                around, features
            )
        return features

    def around(self, lead: Lead, signal: np.ndarray, r_peaks: np.ndarray) -> np.ndarray:
        """Cut the signal around R peaks that beats are compared by."""
        before, after = beat_extent(self.sampling_rate)
        starts = self._positions(lead, r_peaks) - before
        return cut_windows(signal, starts, before + after)

    def _ratio(self, lead):
        return rate_ratio(self.sampling_rate, lead.sampling_rate)

    def _positions(self, lead, samples):
        """Return where R peaks are in the resampled signal."""
        ratio = rate_ratio(self.sampling_rate, lead.position_rate)
        return resampled_positions(samples, ratio)

    def _starts(self, lead, samples):
        """Return where the windows around R peaks start in the resampled signal."""
        return self._positions(lead, samples) + self.first

    def _spans(self, lead, starts):
        """Return the first and the last sample of the lead that each window needs."""
        return original_spans(starts, self.n_samples, self._ratio(lead))

    def _levels(self, windows, lead, starts):
        """Return how large the recorded values are that each window is made of."""
        if self.baseline is None and self.bandpass is None:
            return largest_values(windows)
        ratio = self._ratio(lead)
        first, _ = self._spans(lead, starts)
        # The same for each window, wherever its start is rounded to.
        width = (self.n_samples - 1) * ratio.denominator // ratio.numerator + 3
        inside = np.clip(first, -width, len(lead.samples))
        recorded = cut_windows(lead.samples, inside, width)
        return np.maximum(largest_values(recorded), typical_level(lead.samples))


def _scale_by_record(windows, lead, signal):
    try:
        return scale_by_record(windows, signal)
    except ValueError as error:
        raise ValueError(
            f"The {lead} can't be scaled by its interquartile range: {error}. Choose "
            "normalize='beat'."
        ) from error

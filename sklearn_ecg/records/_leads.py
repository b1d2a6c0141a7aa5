"""Leads of recordings, found by name and checked, ready to be cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._names import find_leads
from ._open import as_recording
from ._units import to_millivolts

SATURATED_SHARE = 0.2
"""Share of samples on the extreme values from which a lead counts as saturated.

The worst lead of the MIT-BIH Arrhythmia Database (record 116) has 0.14 % there.
"""

LARGEST = 2.0**32
"""Absolute value from which a sample is no measurement, in the units of its record.

No converter in use counts further; the marks that other formats put for missing
samples, such as 9.97e36 and 1e20, lie beyond.
"""


class UnusableSignalError(ValueError):
    """The signal of a lead is constant, saturated, missing throughout, or damaged."""


@dataclass(frozen=True, eq=False)
class Lead:
    """The whole signal of one lead of one recording."""

    record: str
    name: str  # The lead, as the recording names it
    sampling_rate: float  # Of the lead, in Hz
    samples: np.ndarray  # The signal in mV; finite throughout
    missing: np.ndarray | None = None
    position_rate: float | None = None

    def __post_init__(self):
        if self.position_rate is None:
            object.__setattr__(self, "position_rate", self.sampling_rate)

    def __str__(self):
        return f"lead {self.name!r} of record {self.record!r}"

    @property
    def n_positions(self) -> int:
        """Positions that a beat can have: as many as the signal lasts."""
        rate = self.position_rate or self.sampling_rate
        return round(len(self.samples) * rate / self.sampling_rate)


def read_leads(source, wanted, channels="first"):
    """Read leads of one recording by name, and check their signals."""
    recording = as_recording(source)
    indices = find_leads(
        recording.leads, list(wanted), str(recording), first=channels == "first"
    )
    stored = [recording.source.leads[index] for index in indices]
    spans = [(0, lead.n_samples) for lead in stored]
    try:
        signals = recording.source.read(indices, spans)
    except ValueError as error:
        raise UnusableSignalError(str(error)) from error
    return [
        _check_signal(str(recording), lead, recording.sampling_rate, signal)
        for lead, signal in zip(stored, signals, strict=True)
    ]


def _check_signal(record, stored, position_rate, signal):
    """Make a Lead of a signal, or say why it can't be used."""
    # Comparisons with NaN are false.
    missing = ~((signal > -LARGEST) & (signal < LARGEST))
    samples = to_millivolts(signal, stored.unit)
    any_missing = missing.any()
    lead = Lead(
        record,
        stored.name,
        stored.sampling_rate,
        _held(samples, missing) if any_missing else samples,
        missing if any_missing else None,
        position_rate,
    )
    _check_extremes(lead)
    return lead


def _held(samples, missing):
    """Put the last sample before it for a missing one, and the first at the start."""
    if missing.all():
        return np.zeros_like(samples)
    source = np.where(missing, 0, np.arange(len(samples)))
    source[: np.argmin(missing)] = np.argmin(missing)
    np.maximum.accumulate(source, out=source)
    return samples[source]


def _check_extremes(lead):
    """Refuse a lead that is off, or drives its recorder into the limits."""
    if len(lead.samples) == 0 or (lead.missing is not None and lead.missing.all()):
        raise UnusableSignalError(
            f"The {lead} has no finite sample within ±{LARGEST:.2g}."
        )
    lowest, highest = lead.samples.min(), lead.samples.max()
    if lowest == highest:
        raise UnusableSignalError(
            f"The {lead} is constant ({lowest:g} mV throughout): the electrode was "
            "off. Leave the record out or choose another lead."
        )
    on_limits = np.count_nonzero(lead.samples == lowest)
    on_limits += np.count_nonzero(lead.samples == highest)
    share = on_limits / len(lead.samples)
    if share > SATURATED_SHARE:
        raise UnusableSignalError(
            f"The {lead} is saturated: {share:.0%} of its samples stand on its extreme "
            f"values, {lowest:g} and {highest:g} mV, where at most "
            f"{SATURATED_SHARE:.0%} are allowed. Leave the record out or choose "
            "another lead."
        )


def check_r_peaks(lead, samples):
    """Check that R peaks lie inside the signal."""
    last = lead.n_positions - 1
    outside = samples[(samples < 0) | (samples > last)]
    if len(outside):
        raise ValueError(
            f"An R peak at sample {outside[0]} lies outside of the {lead}, whose "
            f"samples are numbered 0 to {last}."
        )


def without_signal(lead, first, last):
    """Tell which spans of the signal hold a sample that is missing."""
    if lead.missing is None:
        return np.zeros(len(first), dtype=bool)
    end = len(lead.samples) - 1
    first, last = np.clip(first, 0, end), np.clip(last, 0, end)
    n_missing_before = np.concatenate([[0], np.cumsum(lead.missing)])
    return n_missing_before[last + 1] > n_missing_before[first]

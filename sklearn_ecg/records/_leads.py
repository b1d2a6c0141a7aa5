"""Leads of recordings, read whole and checked, or piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ._invalid import LARGEST
from ._lead_choice import Choice, choose_leads
from ._names import to_millivolts
from ._open import as_recording
from ._recording import Recording, StoredLead

SATURATED_SHARE = 0.2
"""Share of samples on the extreme values from which a lead counts as saturated.

The worst lead of the MIT-BIH Arrhythmia Database (record 116) has 0.14 % there.
"""

SECONDS = 600.0
"""Length of a piece."""


class UnusableSignalError(ValueError):
    """The signal of a lead is constant, saturated, missing throughout, or damaged."""


@dataclass(frozen=True, eq=False)
class Lead:
    """The whole signal of one lead of one recording."""

    record: str
    name: str  # The lead, as the recording names it
    sampling_rate: float  # Of the lead, in Hz
    samples: np.ndarray  # The signal in mV; finite throughout
    missing: np.ndarray | None = None  # Where a sample is missing
    position_rate: float | None = None  # At which positions of beats count, in Hz
    choice: Choice | None = None  # Why it was read

    def __post_init__(self):
        if self.position_rate is None:
            object.__setattr__(self, "position_rate", self.sampling_rate)

    def __str__(self) -> str:
        return f"lead {self.name!r} of record {self.record!r}"

    @property
    def n_positions(self) -> int:
        """Positions that a beat can have: as many as the signal lasts."""
        rate = self.position_rate or self.sampling_rate
        return round(len(self.samples) * rate / self.sampling_rate)


def read_leads(source, wanted, channels="first"):
    """Read leads of one recording by name, and check their signals."""
    recording = as_recording(source)
    chosen = choose_leads(
        str(recording),
        recording.source.leads,
        list(wanted),
        first=channels == "first",
    )
    indices = [one.place for one in chosen]
    stored = _of(recording, chosen)
    spans = [(0, lead.n_samples) for lead in stored]
    try:
        signals = recording.source.read(indices, spans)
    except ValueError as error:
        raise UnusableSignalError(str(error)) from error
    return [
        _check_signal(recording, lead, choice, signal)
        for lead, choice, signal in zip(stored, chosen, signals, strict=True)
    ]


def _of(recording, chosen):
    return [recording.source.leads[one.place] for one in chosen]


def _check_signal(recording, stored, choice, signal):
    """Make a Lead of a signal, or say why it can't be used."""
    # Comparisons with NaN are false.
    missing = ~((signal > -LARGEST) & (signal < LARGEST))
    samples = to_millivolts(signal, stored.unit)
    any_missing = missing.any()
    lead = Lead(
        str(recording),
        stored.name,
        stored.sampling_rate,
        _held(samples, missing) if any_missing else samples,
        missing if any_missing else None,
        recording.sampling_rate,
        choice,
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


def leads_to_read(
    recording: Recording, wanted: Sequence[str], *, first: bool
) -> list[Choice]:
    """Return the leads of a recording that are wanted, which must share one rate."""
    record = str(recording)
    chosen = choose_leads(record, recording.source.leads, list(wanted), first=first)
    leads = _of(recording, chosen)
    if len({(lead.sampling_rate, lead.n_samples) for lead in leads}) > 1:
        rates = ", ".join(f"{lead.name} {lead.sampling_rate:g} Hz" for lead in leads)
        raise ValueError(
            f"The leads of record {record!r} differ in rate or length ({rates}), so "
            "they cannot be read beat by beat together. Name one of them in 'lead'."
        )
    return chosen


def pieces(
    recording: Recording, leads: Sequence[StoredLead], seconds: float = SECONDS
) -> Iterator[np.ndarray]:
    """Read leads one stretch after the other: days take no more memory than hours."""
    indices = [recording.source.leads.index(lead) for lead in leads]
    n_samples = leads[0].n_samples
    length = max(1, round(seconds * leads[0].sampling_rate))
    for start in range(0, n_samples, length):
        span = start, min(start + length, n_samples)
        yield _piece(recording, indices, leads, span)


def _piece(recording, indices, leads, span):
    """Read a stretch of leads, in mV; what was stored is forgotten."""
    signals = recording.source.read(indices, [span] * len(indices))
    columns = [
        _in_millivolts(signal, lead)
        for signal, lead in zip(signals, leads, strict=True)
    ]
    return np.column_stack(columns)


def _in_millivolts(signal, lead):
    signal = np.where((signal > -LARGEST) & (signal < LARGEST), signal, np.nan)
    return to_millivolts(signal, lead.unit)

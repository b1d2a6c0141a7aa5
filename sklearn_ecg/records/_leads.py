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
    """The whole signal of one lead of one recording.

    Attributes
    ----------
    record : str
        What messages call the recording: its path, or its name if it is in memory.

    name : str
        The lead, as the recording names it.

    sampling_rate : float
        Of the lead, in Hz.

    samples : ndarray of shape (n_samples,), float64
        The signal in mV; finite throughout.

    missing : ndarray of shape (n_samples,), bool, or None
        Where the recording has no usable sample (finite, below `LARGEST`) and `samples`
        holds the last one that it has; None if it has them all.

    position_rate : float or None
        In Hz, at which positions of beats are counted: that of the recording's fastest
        lead. None is `sampling_rate`.
    """

    record: str
    name: str
    sampling_rate: float
    samples: np.ndarray
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
    """Read leads of one recording by name, and check their signals.

    Parameters
    ----------
    source : Recording, str or wfdb.Record
        A recording, its path, or a record in memory.

    wanted : sequence of str
        Names of leads, in any spelling.

    channels : {"first", "all"}, default="first"
        Whether to read the first of `wanted` that the recording has, or each of them.

    Returns
    -------
    list of Lead
        One lead for ``"first"``; for ``"all"``, as many as `wanted`, in its order.

    Raises
    ------
    FileNotFoundError
        If a file of the recording does not exist.
    ValueError
        If the recording lacks the leads wanted, a file of it is damaged, or a signal is
        constant, saturated or without a usable sample.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ecg.records import recording_from_array
    >>> signal = np.random.default_rng(0).normal(size=(500, 2))
    >>> recording = recording_from_array(signal, 250, ["V5", "Lead II"], unit="uV")
    >>> [lead] = read_leads(recording, ["MLII", "II"])
    >>> print(lead)
    lead 'Lead II' of record 'in memory'
    >>> np.allclose(1000 * lead.samples, signal[:, 1])  # µV to mV
    True
    """
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
    """Put the last sample before it for a missing one, and the first at the start.

    Filters run over the whole signal, where one NaN would spread to its neighbours. A
    window that holds a missing sample is refused later, so these are never taken for
    ECG. A device, and the detector, do the same.
    """
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
    """Check that R peaks lie inside the signal.

    Parameters
    ----------
    lead : Lead

    samples : ndarray of shape (n_beats,), int
        Positions of the R peaks, at the `position_rate` of the lead.

    Raises
    ------
    ValueError
        If one lies outside.

    Examples
    --------
    >>> check_r_peaks(Lead("100", "II", 360.0, np.zeros(50)), np.array([10, 50]))
    Traceback (most recent call last):
    ...
    ValueError: An R peak at sample 50 lies outside of the lead 'II' of record '100',
    whose samples are numbered 0 to 49.
    """
    last = lead.n_positions - 1
    outside = samples[(samples < 0) | (samples > last)]
    if len(outside):
        raise ValueError(
            f"An R peak at sample {outside[0]} lies outside of the {lead}, whose "
            f"samples are numbered 0 to {last}."
        )


def without_signal(lead, first, last):
    """Tell which spans of the signal hold a sample that is missing.

    Parameters
    ----------
    lead : Lead

    first, last : ndarray of shape (n_spans,), int
        The first and the last sample of each span. What lies outside of the signal
        stands for its first or last sample.

    Returns
    -------
    ndarray of shape (n_spans,), bool

    Examples
    --------
    >>> lead = Lead("100", "II", 10.0, np.zeros(50), missing=np.arange(50) == 21)
    >>> without_signal(lead, np.array([5, 15]), np.array([10, 25]))
    array([False,  True])
    """
    if lead.missing is None:
        return np.zeros(len(first), dtype=bool)
    end = len(lead.samples) - 1
    first, last = np.clip(first, 0, end), np.clip(last, 0, end)
    n_missing_before = np.concatenate([[0], np.cumsum(lead.missing)])
    return n_missing_before[last + 1] > n_missing_before[first]

"""A recording read piece by piece: days take no more memory than hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ._leads import LARGEST
from ._names import find_leads
from ._recording import Recording, StoredLead
from ._units import to_millivolts

SECONDS = 600.0
"""Length of a piece."""


def leads_to_read(
    recording: Recording, wanted: Sequence[str], *, first: bool
) -> list[StoredLead]:
    """Return the leads of a recording that are wanted, which must share one rate."""
    indices = find_leads(recording.leads, list(wanted), str(recording), first=first)
    leads = [recording.source.leads[index] for index in indices]
    shapes = {(lead.sampling_rate, lead.n_samples) for lead in leads}
    if len(shapes) > 1:
        rates = ", ".join(f"{lead.name} {lead.sampling_rate:g} Hz" for lead in leads)
        raise ValueError(
            f"The leads of record {str(recording)!r} differ in rate or length "
            f"({rates}), so they cannot be read beat by beat together. Name one of "
            "them in 'lead'."
        )
    return leads


def pieces(
    recording: Recording, leads: Sequence[StoredLead], seconds: float = SECONDS
) -> Iterator[np.ndarray]:
    """Read leads one stretch after the other."""
    indices = [recording.source.leads.index(lead) for lead in leads]
    n_samples = leads[0].n_samples
    length = max(1, round(seconds * leads[0].sampling_rate))
    for start in range(0, n_samples, length):
        span = start, min(start + length, n_samples)
        signals = recording.source.read(indices, [span] * len(indices))
        columns = [
            _in_millivolts(signal, lead)
            for signal, lead in zip(signals, leads, strict=True)
        ]
        yield np.column_stack(columns)


def _in_millivolts(signal, lead):
    signal = np.where((signal > -LARGEST) & (signal < LARGEST), signal, np.nan)
    return to_millivolts(signal, lead.unit)

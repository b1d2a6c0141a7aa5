"""What a device's converter reads of a recording, in one lead or in two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..beats import read_one_lead, read_second_lead
from ._chain_engine import Converter


def read_counts(
    recording: Any,
    names: tuple[Sequence[str], Sequence[str]],
    n_leads: int,
    sampling_rate: float,
    adc_gain: float,
) -> tuple[np.ndarray, np.ndarray | None, list]:
    """Read a recording as the converter of a device would have.

    `names` are those of the first lead and of the second, the first that there is of
    each. A second lead that is missing is off throughout.

    Returns
    -------
    counts : ndarray of int16 of shape (n_samples,), or (n_samples, n_leads) of two
    lead_off : ndarray of bool of the same shape, or None
        Where samples are missing; None if none is.
    leads : list of Lead
    """
    first = read_one_lead(recording, names[0])
    counts, lead_off = _of_lead(first, sampling_rate, adc_gain)
    if n_leads == 1:
        return counts, lead_off if lead_off.any() else None, [first]
    leads = [first]
    second = read_second_lead(recording, first, names[1])
    other, off = np.zeros_like(counts), np.ones_like(lead_off)
    if second is not None:
        leads.append(second)
        other, off = _of_lead(second, sampling_rate, adc_gain)
    n_both = min(len(counts), len(other))
    counts = np.column_stack([counts[:n_both], other[:n_both]])
    lead_off = np.column_stack([lead_off[:n_both], off[:n_both]])
    return counts, lead_off if lead_off.any() else None, leads


def _of_lead(lead, sampling_rate, adc_gain):
    converter = Converter(lead.sampling_rate, sampling_rate, adc_gain)
    samples = lead.samples
    if lead.missing is not None:
        samples = np.where(lead.missing, np.nan, samples)
    pieces = converter.push(samples), converter.end()
    counts, off = map(np.concatenate, zip(*pieces, strict=True))
    return counts, off

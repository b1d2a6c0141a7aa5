"""R peaks of a recording, found or aligned in one of its leads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .._parameter_checks import check
from ..detection._align import align_r_peaks
from ..detection._detector import RATE, detect_r_peaks, find_beats
from ..records._lead_choice import names_of, tell_of_choices
from ..records._leads import Lead, read_leads
from ..records._recording import Recording

Detector: TypeAlias = Callable[[np.ndarray, float], ArrayLike]
"""Another detector: of a signal and its sampling rate it makes R peaks, in samples."""


class FoundRPeaks(NamedTuple):
    """R peaks that were found, and when: in samples of the recording."""

    r_peaks: np.ndarray
    known: np.ndarray | None  # Samples after which each was certain; None is at once


@dataclass(frozen=True)
class Alignment:
    """R peaks of a recording at the fiducial point, and what became of each."""

    r_peaks: np.ndarray  # In samples of the recording, rising
    is_aligned: np.ndarray  # False where a beat stays where it was
    milliseconds: np.ndarray  # By how much each moved; negative is earlier


def read_one_lead(recording: Recording, lead: str | Sequence[str]) -> Lead:
    """Read the first of some leads that a recording has."""
    [found] = read_leads(recording, names_of("beat_table", "lead", lead))
    tell_of_choices([], [(str(recording), found.choice)])
    return found


def r_peaks_of_lead(lead: Lead, method: Detector | None = None) -> FoundRPeaks:
    """Detect the R peaks of a lead."""
    signal, rate = _with_gaps(lead), lead.sampling_rate
    try:
        if method is None:
            check("detect_r_peaks", "sampling_rate", rate, RATE)
            beats = find_beats(signal, rate)
            found = np.array([beat.sample for beat in beats], dtype=np.int64)
            known = np.array([beat.known for beat in beats], dtype=np.int64)
        else:
            found = detect_r_peaks(signal, rate, method=method)
            found, known = align_r_peaks(signal, rate, found).r_peaks, None
    except ValueError as error:
        raise ValueError(f"R peaks of the {lead}: {error}") from error
    found, places = np.unique(_at(found, lead.position_rate, rate), return_index=True)
    if known is not None:
        known = _at(known, lead.position_rate, rate)[places]
    return FoundRPeaks(found, known)


def align_in_lead(lead: Lead, r_peaks: np.ndarray) -> Alignment:
    """Move R peaks to the fiducial point that the detector uses."""
    rate = lead.position_rate or lead.sampling_rate
    places = _at(r_peaks, lead.sampling_rate, rate)
    inside = (places >= 0) & (places < len(lead.samples))
    inside[1:] &= np.diff(places) > 0
    aligned = align_r_peaks(_with_gaps(lead), lead.sampling_rate, places[inside])
    moved, is_aligned = r_peaks.copy(), np.zeros(len(r_peaks), dtype=bool)
    is_aligned[inside] = aligned.is_aligned
    at_rate = _at(aligned.r_peaks, rate, lead.sampling_rate)
    moved[is_aligned] = at_rate[aligned.is_aligned]
    # At two rates, neighbours may be rounded to one sample.
    while (met := np.flatnonzero(np.diff(moved) <= 0)).size:
        is_aligned[met] = is_aligned[met + 1] = False
        moved = np.where(is_aligned, moved, r_peaks)
    return Alignment(moved, is_aligned, (moved - r_peaks) * (1000 / rate))


def _with_gaps(lead):
    """Return the signal with NaN where the recording has no sample."""
    if lead.missing is None:
        return lead.samples
    return np.where(lead.missing, np.nan, lead.samples)


def _at(samples, to_rate, from_rate):
    if to_rate == from_rate:
        return samples
    return np.rint(samples * (to_rate / from_rate)).astype(np.int64)

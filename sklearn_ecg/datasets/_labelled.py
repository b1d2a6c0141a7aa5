"""The beats of one recording and their labels, wherever the R peaks come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..beats._build import align_table, build_table, entry_of
from ..beats._lead_r_peaks import Detector, r_peaks_of_lead, read_one_lead
from ..beats._pairing import pair_beats, samples_in
from ..records._invalid import LeftOut
from ..records._recording import Recording
from ..records._spans import fibrillation
from ..records._symbols import BEAT_SYMBOLS, NO_BEAT, WFDB_SYMBOLS

WAYS = ("annotated", "aligned", "detected")
"""What `r_peaks` of `load_beats` may be, beside another detector."""

MATCH_WINDOW = 0.15
"""Seconds that a detection and the annotation of its beat may be apart, after EC57."""


@dataclass(frozen=True)
class LabelledBeats:
    """The rows of one recording that have a label, and their symbols."""

    recording: Recording
    table: pd.DataFrame  # The beat table
    symbols: np.ndarray  # Of WFDB, and `NO_BEAT` for a detection that is none
    missed: pd.DataFrame
    moved: dict[str, Any] | None = None


@dataclass(frozen=True)
class Loading:
    """How the beats of recordings are loaded: parameters of `load_beats`, checked."""

    annotator: str
    scheme: dict[str, str]  # Which symbols have a label
    r_peaks: str | Detector
    lead: str | Sequence[str]

    def __post_init__(self):
        if not callable(self.r_peaks) and self.r_peaks not in WAYS:
            raise ValueError(
                f"r_peaks={self.r_peaks!r} must be 'annotated', 'aligned', 'detected' "
                "or a callable that takes a signal and its sampling rate."
            )
        if self.is_detected and NO_BEAT in self.scheme.values():
            raise ValueError(
                f"classes gives the label {NO_BEAT!r}, which is that of a detection "
                "that is no beat. Name the class otherwise."
            )

    @property
    def is_detected(self) -> bool:
        """Whether the R peaks are a detector's."""
        return callable(self.r_peaks) or self.r_peaks == "detected"

    @property
    def reads_signals(self) -> bool:
        """Whether signals are read, not only annotations."""
        return self.r_peaks != "annotated"

    def read(self, recording: Recording, left_out: LeftOut) -> LabelledBeats | None:
        """Return the beats of a recording; None if none is annotated."""
        annotations = recording.annotations(self.annotator)
        samples = annotations["sample"].to_numpy()
        symbols = annotations["symbol"].to_numpy(dtype=object)
        if not np.isin(symbols.astype(str), BEAT_SYMBOLS).any():
            return None
        _tell_of_unknown_symbols(recording, samples, symbols, left_out)
        entry = entry_of(recording)
        table = build_table(recording, entry, samples, symbols, left_out)
        symbols = symbols[table.index]
        if self.is_detected:
            spans = fibrillation(annotations)
            beats = self._detected(recording, entry, table, symbols, spans)
        else:
            beats = self._annotated(recording, table, symbols)
        has_label = np.isin(beats.symbols.astype(str), [*self.scheme, NO_BEAT])
        return LabelledBeats(
            recording,
            beats.table[has_label],
            beats.symbols[has_label],
            beats.missed,
            beats.moved,
        )

    def _annotated(self, recording, table, symbols):
        moved = None
        if self.r_peaks == "aligned" and len(table):
            table, alignment = align_table(table, recording, self.lead)
            moved = _distances(recording, alignment)
        return LabelledBeats(recording, table, symbols, _no_missed(), moved)

    def _detected(self, recording, entry, annotated, symbols, spans):
        """Detect beats, and give each the symbol of the annotation that it matches."""
        method = self.r_peaks if callable(self.r_peaks) else None
        found = r_peaks_of_lead(read_one_lead(recording, self.lead), method)
        ignored = LeftOut("ignore")
        table = build_table(
            recording, entry, found.r_peaks, None, ignored, known=found.known
        )
        found = table["sample"].to_numpy()
        reference = annotated["sample"].to_numpy()
        counts = ~spans.hold(reference)
        reference, symbols = reference[counts], symbols[counts]
        window = samples_in(MATCH_WINDOW, recording.sampling_rate)
        of_reference, of_found = pair_beats(reference, found, window).T
        is_pair = (of_reference >= 0) & (of_found >= 0)
        labels = np.full(len(found), NO_BEAT, dtype=object)
        labels[of_found[is_pair]] = symbols[of_reference[is_pair]]
        is_excused = (labels == NO_BEAT) & spans.hold(found)
        is_missed = of_reference[of_found < 0]
        missed = pd.DataFrame(
            {
                "record": str(recording),
                "sample": reference[is_missed],
                "symbol": symbols[is_missed],
            }
        )
        kept = ~is_excused
        return LabelledBeats(recording, table[kept], labels[kept], missed)


def _tell_of_unknown_symbols(recording, samples, symbols, left_out):
    """Tell of annotations that may be beats under another name, as in EDF+ files."""
    unknown = ~np.isin(symbols.astype(str), WFDB_SYMBOLS)
    if unknown.any() and recording.has_free_texts:
        reason = "its text is no symbol of WFDB; beats_from_frame takes any labels"
        left_out.add(str(recording), reason, samples[unknown], symbols[unknown])


def _no_missed():
    return pd.DataFrame({"record": [], "sample": [], "symbol": []}, dtype=object)


def _distances(recording, alignment):
    """Say how far the beats of a recording were moved."""
    moved = alignment.milliseconds[alignment.is_aligned]
    lower, median, upper = (
        np.percentile(moved, [2.5, 50, 97.5]) if len(moved) else [np.nan] * 3
    )
    return {
        "record": str(recording),
        "beats": len(alignment.is_aligned),
        "not_aligned": int((~alignment.is_aligned).sum()),
        "median_ms": float(median),
        "lower_ms": float(lower),
        "upper_ms": float(upper),
    }

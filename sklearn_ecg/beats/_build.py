"""The beat table of one recording, whose R peaks may be found or aligned in a lead."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pandas.api.types import union_categoricals

from .._messages import listed
from .._parameter_checks import check
from .._types import OnInvalid
from .._urls import is_url
from ..detection import RATE, align_r_peaks, detect_r_peaks, find_beats, samples_of
from ..records import (
    BEAT_SYMBOLS,
    USUAL_LEADS,
    WFDB_SYMBOLS,
    Lead,
    LeftOut,
    Recording,
    RecordingLike,
    absolute_path,
    as_recording,
    choose_second,
    names_of,
    read_leads,
    tell_of_choices,
)
from ._table import RPeaks, rr_intervals

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


def read_second_lead(
    recording: Recording, first: Lead, names: Sequence[str]
) -> Lead | None:
    """Read the first of some leads that a recording has beside one; None of none."""
    recording = as_recording(recording)
    assert first.choice is not None
    second = choose_second(recording.source.leads, first.choice.place, list(names))
    return None if second is None else read_one_lead(recording, second.name)


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


SHORTEST_RR = 0.1
"""Seconds within which no second beat can follow: half of the refractory period.

The nearest two beats that experts have marked in the MIT-BIH databases (SVDB 884) are
0.19 s apart.
"""


def beat_table(
    record: RecordingLike,
    r_peaks: ArrayLike | Detector | None = None,
    symbols: ArrayLike | None = None,
    *,
    lead: str | Sequence[str] = USUAL_LEADS,
    align: bool = False,
    on_invalid: OnInvalid = "warn",
) -> pd.DataFrame:
    """Make the beat table of one recording: detect its R peaks, or take them.

    The beat table is what every estimator of this package takes as X: one row per
    beat, which says where the beat is and how it lies in the rhythm. The RR intervals
    are computed here, over all beats of the record, so that they stay right in any
    subset of the rows.

    Parameters
    ----------
    record : Recording, str, path-like or wfdb.Record
        A recording, its path (see :func:`~sklearn_ecg.records.read_recording`), or a
        record held in memory.

    r_peaks : array-like of int, shape (n_annotations,), or callable, default=None
        Positions of the R peaks, in samples of the record at its `sampling_rate`,
        strictly increasing. If None, they are detected. A callable is another
        detector: ``r_peaks(signal, sampling_rate)`` returns them, in samples of the
        lead; they are aligned.

    symbols : array-like of str, shape (n_annotations,), default=None
        The WFDB annotation symbol at each position. Where given, annotations that
        mark no beat (rhythm changes, noise, flutter waves) are left out; else every
        position is a beat.

    lead : str or sequence of str, default=("MLII", "II", "V5")
        In which lead R peaks are detected or aligned: the first of these that the
        recording has.

    align : bool, default=False
        Move given R peaks to where `detect_r_peaks` would have them, see
        :func:`~sklearn_ecg.detection.align_r_peaks`. Those of annotators are 10 to 60
        ms away, and a model that was trained on others does worse on them.

    on_invalid : {"warn", "raise", "ignore"}, default="warn"
        What happens to an impossible beat: one outside of the signal, or within 0.1 s
        of the beat before, or not after it. ``"warn"`` leaves it out with a warning
        that names each, ``"ignore"`` without one, ``"raise"`` makes it an error.

    Returns
    -------
    table : DataFrame, shape (n_beats, 6)
        The index is the position of the beat in `r_peaks`, so that
        ``np.asarray(symbols)[table.index]`` are the symbols of the rows. Columns:

        - ``record``: absolute path of the record, or the object itself;
        - ``sample``: position of the R peak, in samples of the record;
        - ``rr_prev``: seconds since the previous beat, NaN for the first, also the
          first after two minutes without one;
        - ``rr_next``: seconds to the next beat, NaN for the last. It is 3.5 where no
          beat was known of 3.5 s later: a live signal isn't waited for any longer, and
          features take all pauses from 3 s on for one;
        - ``rr_local``: mean in seconds of the last ten RR intervals up to this beat,
          `rr_prev` included, of as many as there are; NaN where `rr_prev` is. It
          looks back only, so that a device can compute it too;
        - ``r_peaks``: the :class:`RPeaks` of all beats of the record, one object
          that its rows share.

    Raises
    ------
    FileNotFoundError
        If the record is not on disk.
    TypeError
        If `record` is neither a path nor a recording.
    ValueError
        If the header is corrupt, there is no beat or none is left, `symbols` has
        another length than `r_peaks` or is given without, or a position is not a whole
        number; with ``on_invalid="raise"`` also if a beat is impossible. If R peaks are
        detected or aligned, also if the record has none of the leads, its signal cannot
        be used, or its rate is not 100 to 2000 Hz.

    Warns
    -----
    UserWarning
        If beats are left out.

    See Also
    --------
    load_beats : The beat table of a whole database, with its labels.
    sklearn_ecg.detection.detect_r_peaks : The detector.

    Examples
    --------
    A recording is all it takes:

    >>> from sklearn_ecg.datasets import make_ecg
    >>> ecg = make_ecg(1, duration=30, random_state=0).records[0]
    >>> len(beat_table(ecg))
    43

    A signal from any source takes one step:

    >>> import numpy as np
    >>> from sklearn_ecg.datasets import beat_table
    >>> from sklearn_ecg.records import recording_from_array
    >>> recording = recording_from_array(np.zeros(500), 100, "II")
    >>> symbols = ["N", "N", "+", "V"]
    >>> table = beat_table(recording, [40, 120, 200, 250], symbols)
    >>> table[["sample", "rr_prev", "rr_next", "rr_local"]]
       sample  rr_prev  rr_next  rr_local
    0      40      NaN      0.8       NaN
    1     120      0.8      1.3      0.80
    3     250      1.3      NaN      1.05
    """
    left_out = LeftOut(on_invalid)
    recording = as_recording(record)
    if symbols is not None:
        _check_symbols(symbols, recording)
    known = None
    if r_peaks is None or callable(r_peaks):
        _refuse_symbols_alone(symbols, r_peaks)
        found = r_peaks_of_lead(read_one_lead(recording, lead), r_peaks)
        r_peaks, known = found
        align = False
    table = build_table(
        recording, entry_of(record), r_peaks, symbols, left_out, known=known
    )
    if len(table) == 0:
        raise ValueError(
            f"Record {recording} has no beat: at least one R peak is needed. "
            f"{left_out.summary()}".strip()
        )
    left_out.tell()
    return align_table(table, recording, lead)[0] if align else table


def align_table(table, recording, lead):
    """Move the beats of a beat table to the fiducial point of the package."""
    samples = table["sample"].to_numpy()
    alignment = align_in_lead(read_one_lead(recording, lead), samples)
    columns = _columns_of(alignment.r_peaks, recording)
    return table.assign(**columns), alignment


def _refuse_symbols_alone(symbols, r_peaks):
    if symbols is not None:
        reason = "are detected" if r_peaks is None else "are another detector's"
        raise ValueError(
            f"symbols says what is at each of r_peaks, but R peaks {reason}. Pass "
            "r_peaks with it, or load_beats with r_peaks='detected', which finds the "
            "annotation that belongs to each detection."
        )


def _check_symbols(symbols, recording):
    """Refuse symbols that WFDB does not know: a beat may hide behind each."""
    unknown = sorted(set(np.asarray(symbols).astype(str).ravel()) - set(WFDB_SYMBOLS))
    if unknown:
        raise ValueError(
            f"symbols of record {recording} holds {listed(unknown)}, which WFDB does "
            f"not know; its symbols of beats are {' '.join(BEAT_SYMBOLS)}. For labels "
            "of your own use sklearn_ecg.datasets.beats_from_frame."
        )


def entry_of(record):
    """Return what stands in the column ``record``: a path if that will do."""
    if isinstance(record, Recording):
        # What is behind a URL would be fetched again.
        return record if record.path is None or is_url(record.path) else record.path
    return absolute_path(record) if isinstance(record, str | os.PathLike) else record


def build_table(recording, entry, r_peaks, symbols, left_out, names=None, known=None):
    """Make the beat table of a recording."""
    called = f"r_peaks of record {recording}"
    rate, n_samples = recording.sampling_rate, recording.n_samples
    r_peaks = samples_of(r_peaks, called, n_samples, rate)
    kept = _positions_of_beats(symbols, len(r_peaks), recording)
    names = symbols if names is None else names
    kept = _possible(r_peaks, kept, names, recording, left_out)
    samples = r_peaks[kept]
    index = pd.Index(kept, dtype=np.int64)
    known = None if known is None else known[kept]
    columns = {"record": _repeat(entry, index)} | _columns_of(samples, recording, known)
    return pd.DataFrame(columns, index=index, copy=False)


def _columns_of(samples, recording, known=None):
    """Return the columns that follow from the positions of all beats."""
    rate, n_samples = recording.sampling_rate, recording.n_samples
    intervals = rr_intervals(samples, rate, n_samples, known)
    r_peaks = shared_by_rows(RPeaks(samples), len(samples))
    return {"sample": samples, **intervals, "r_peaks": r_peaks}


def concatenate(tables):
    """Join the beat tables of several recordings; what rows share stays shared."""
    tables = [table for table in tables if len(table)]
    r_peaks = union_categoricals([table["r_peaks"].array for table in tables])
    return pd.concat(tables, ignore_index=True).assign(r_peaks=r_peaks)


def shared_by_rows(item, n_rows):
    """Return a column whose rows all hold one object, which Parquet stores once."""
    codes = np.zeros(n_rows, dtype=np.int8)
    categories = pd.Index([item], dtype=object)
    return pd.Categorical.from_codes(codes, categories=categories)


def _positions_of_beats(symbols, n_peaks, recording):
    if symbols is None:
        return np.arange(n_peaks)
    symbols = np.asarray(symbols, dtype=object)
    if symbols.shape != (n_peaks,):
        raise ValueError(
            f"symbols of record {recording} has the shape {symbols.shape}; r_peaks has "
            f"{n_peaks} entries, and each needs one symbol."
        )
    return np.flatnonzero(np.isin(symbols.astype(str), BEAT_SYMBOLS))


def _possible(r_peaks, kept, names, recording, left_out):
    """Return the beats that can be, and tell of the others."""

    def leave_out(places, reason):
        of_beats = None if names is None else np.asarray(names, object)[places]
        left_out.add(str(recording), reason, r_peaks[places], of_beats)

    samples = r_peaks[kept]
    outside = (samples < 0) | (samples >= recording.n_samples)
    if outside.any():
        last = recording.n_samples - 1
        leave_out(kept[outside], f"outside of the signal, samples 0 to {last}")
        kept = kept[~outside]
    late = _soon_after_another(r_peaks[kept], SHORTEST_RR * recording.sampling_rate)
    if late.any():
        leave_out(
            kept[late], f"not more than {SHORTEST_RR:g} s after the beat before it"
        )
    return kept[~late]


def _soon_after_another(samples, shortest):
    """Tell which beats follow the last one that stays too soon, or come before it."""
    soon = np.zeros(len(samples), dtype=bool)
    if (np.diff(samples) > shortest).all():
        return soon
    last = -np.inf
    for place, sample in enumerate(samples.tolist()):
        soon[place] = sample - last <= shortest
        last = last if soon[place] else sample
    return soon


def _repeat(item, index):
    """Return a column whose rows all refer to one object."""
    column = np.empty(len(index), dtype=object)
    column.fill(item)
    return pd.Series(column, index=index, dtype=object)

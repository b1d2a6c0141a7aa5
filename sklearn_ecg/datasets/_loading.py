"""All annotated beats of recordings, one or many, with labels and patients."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.utils import Bunch
from tqdm.auto import tqdm

from .._messages import warn
from .._types import OnInvalid, PathLike
from ..beats import (
    Detector,
    align_table,
    build_table,
    concatenate,
    entry_of,
    pair_beats,
    r_peaks_of_lead,
    read_one_lead,
    samples_in,
)
from ..records import (
    BEAT_SYMBOLS,
    NO_BEAT,
    USUAL_LEADS,
    WFDB_SYMBOLS,
    LeftOut,
    Recording,
    RecordingLike,
    absolute_path,
    as_recording,
    check_directory,
    fibrillation,
    labels_in_order,
    list_records,
    resolve_scheme,
    rhythms_at,
)
from ..rhythm import KINDS
from ._databases import known_patient

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
    rhythms: np.ndarray  # At each beat, "" where none is annotated
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
            beats = self._detected(recording, entry, table, symbols, annotations)
        else:
            beats = self._annotated(recording, table, symbols, annotations)
        has_label = np.isin(beats.symbols.astype(str), [*self.scheme, NO_BEAT])
        return LabelledBeats(
            recording,
            beats.table[has_label],
            beats.symbols[has_label],
            beats.rhythms[has_label],
            beats.missed,
            beats.moved,
        )

    def _annotated(self, recording, table, symbols, annotations):
        moved = None
        rhythms = rhythms_at(annotations, table["sample"].to_numpy())
        if self.r_peaks == "aligned" and len(table):
            table, alignment = align_table(table, recording, self.lead)
            moved = _distances(recording, alignment)
        return LabelledBeats(recording, table, symbols, rhythms, _no_missed(), moved)

    def _detected(self, recording, entry, annotated, symbols, annotations):
        """Detect beats, and give each the symbol of the annotation that it matches."""
        method = self.r_peaks if callable(self.r_peaks) else None
        found = r_peaks_of_lead(read_one_lead(recording, self.lead), method)
        ignored = LeftOut("ignore")
        table = build_table(
            recording, entry, found.r_peaks, None, ignored, known=found.known
        )
        found = table["sample"].to_numpy()
        reference = annotated["sample"].to_numpy()
        spans = fibrillation(annotations)
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
        rhythms = rhythms_at(annotations, found[kept])
        return LabelledBeats(recording, table[kept], labels[kept], rhythms, missed)


def _tell_of_unknown_symbols(recording, samples, symbols, left_out):
    """Tell of annotations that may be beats under another name, as in EDF+ files."""
    unknown = ~np.isin(symbols.astype(str), [*WFDB_SYMBOLS, *KINDS])
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


def load_beats(
    directory: PathLike | Sequence[RecordingLike],
    records: Sequence[str] | None = None,
    *,
    annotator: str = "atr",
    classes: str | Mapping[str, str] = "aami",
    patients: Mapping[str, str] | Callable[[str], str] | None = None,
    r_peaks: Literal["annotated", "aligned", "detected"] | Detector = "annotated",
    lead: str | Sequence[str] = USUAL_LEADS,
    on_invalid: OnInvalid = "warn",
    return_X_y: bool = False,
    verbose: int = 0,
) -> Bunch | tuple[pd.DataFrame, np.ndarray]:
    """Load every annotated beat of a set of recordings.

    Unless R peaks are aligned or detected, only headers and annotations are read;
    signals stay on disk until :class:`~sklearn_ecg.BeatSegmenter` needs them.

    Parameters
    ----------
    directory : str, path-like or list of str, path-like or Recording
        A directory of recordings, or a list of recordings or their paths (those of
        WFDB records without extension). In a directory, the records are those its file
        ``RECORDS`` lists, in it or in the directories that it lists (``a/``), or,
        where there is no such file, all with a header, sorted by name, then all EDF
        and BDF files. Segments of other records are not listed.

    records : list of str, default=None
        Names of the records to load from `directory`, in this order; None loads all.

    annotator : str, default="atr"
        Extension of the annotation files of WFDB records.

    classes : {"aami", "bxb", "symbols"} or mapping of str to str, default="aami"
        How symbols become labels, see :func:`~sklearn_ecg.datasets.map_symbols`.
        Beats that a mapping does not name get no row, but still count as beats in the
        RR intervals of their neighbours.

    patients : mapping of str to str, or callable, default=None
        The patient of each record by its name, or a function that gives it, where
        several records come from one patient. It must name every record loaded. By
        default each record is a patient of its own, except for the records of the
        databases in `DATABASES` (recognized by name, sampling frequency and length).
        These have the patients named there, whatever directories they are in: 201 and
        202 of the MIT-BIH Arrhythmia Database are patient ``"201"``, and ``118e06`` of
        the Noise Stress Test Database is patient ``"118"``. The name of any other
        record that is found in several directories is preceded by the directory.

    r_peaks : {"annotated", "aligned", "detected"} or callable, default="annotated"
        Where the R peaks are:

        - ``"annotated"``: where the annotator put them;
        - ``"aligned"``: moved to where `detect_r_peaks` has them (see
          :func:`~sklearn_ecg.detection.align_r_peaks`), so that the marks of all
          annotators mean the same;
        - ``"detected"``: detected, as they will be where nobody has annotated. A
          detection gets the label of the annotation that it matches by EC57 (within
          0.15 s, one to one), or ``"O"`` if it matches none: no beat. One in
          ventricular flutter or fibrillation (from ``[`` to ``]``) that matches none
          has no row;
        - a callable, another detector: ``r_peaks(signal, sampling_rate)`` returns R
          peaks in samples of the lead, which are aligned and labelled likewise.

    lead : str or sequence of str, default=("MLII", "II", "V5")
        In which lead R peaks are aligned or detected: the first of these that a record
        has.

    on_invalid : {"warn", "raise", "ignore"}, default="warn"
        What happens to what cannot be used: an impossible beat (see
        :func:`~sklearn_ecg.datasets.beat_table`), or a record of a directory that has
        no annotations or cannot be read. ``"warn"`` leaves it out with one warning
        that counts and names all, ``"ignore"`` without one, ``"raise"`` makes it an
        error. A record that was asked for by name and cannot be read is an error all
        the same. Annotated beats that were not detected have no row either; with
        ``"warn"`` and ``"raise"`` a warning says how many they are.

    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a `Bunch`.

    verbose : int, default=0
        If not 0, a progress bar over the records is shown.

    Returns
    -------
    beats : Bunch
        With the attributes

        - ``data``: DataFrame, shape (n_beats, 6), the beat table described at
          :func:`~sklearn_ecg.datasets.beat_table`, indexed from 0, record after record
          and in time order within each;
        - ``target``: ndarray of str, shape (n_beats,), the labels;
        - ``groups``: ndarray of str, shape (n_beats,), the patients, for ``groups=`` of
          scikit-learn's grouped splits;
        - ``target_names``: list of str, the labels that occur, in the scheme's order;
        - ``rhythm``: ndarray of str, shape (n_beats,), the rhythm at each beat as
          :meth:`Recording.rhythm <sklearn_ecg.records.Recording.rhythm>` names it,
          such as ``"AFIB"``; ``""`` where none is annotated;
        - ``records``: list, the recordings, as they stand in ``data``;
        - ``left_out``: DataFrame with the columns ``record``, ``sample``, ``symbol``
          and ``reason``, one row for each beat that was left out; a record that was
          left out as a whole has neither sample nor symbol;
        - ``missed``: DataFrame with the columns ``record``, ``sample`` and ``symbol``,
          one row for each annotated beat that was not detected;
        - ``moved``: DataFrame, one row for each record whose beats were aligned:
          ``record``, ``beats``, ``not_aligned`` (those that stayed where they were),
          and of the others ``median_ms`` and the 95 % between ``lower_ms`` and
          ``upper_ms``: by how much they moved, negative if earlier;
        - ``DESCR``: str, a description.

    (data, target) : tuple
        If `return_X_y` is True.

    Raises
    ------
    FileNotFoundError
        If the directory, a record, or the annotations of a record named by the caller
        are missing; or there are no annotations in the directory at all.
    ValueError
        If a record named by the caller cannot be read or has no beat, no record has
        one, `patients` leaves a record out, or `classes` is unknown; with
        ``on_invalid="raise"`` also if anything would be left out.

    Warns
    -----
    UserWarning
        If beats or records are left out.

    See Also
    --------
    fetch_database : Find or download a database of PhysioNet.
    beat_table : The beat table of one recording with R peaks from any source.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_ecg.datasets import load_beats, make_ecg
    >>> with TemporaryDirectory() as directory:
    ...     _ = make_ecg(n_records=2, duration=30, random_state=0, directory=directory)
    ...     beats = load_beats(directory)
    >>> beats.data.columns.tolist()
    ['record', 'sample', 'rr_prev', 'rr_next', 'rr_local', 'r_peaks']
    >>> beats.target_names
    ['N', 'S', 'V', 'F', 'Q']
    >>> len(beats.data) == len(beats.target) == len(beats.groups)
    True
    """
    scheme = resolve_scheme(classes)
    loading = Loading(annotator, scheme, r_peaks, lead)
    left_out = LeftOut(on_invalid)
    recordings = _recordings(directory, records, annotator, left_out)
    named_by_caller = records is not None or _is_list(directory)
    loaded = _read_all(recordings, loading, named_by_caller, left_out, verbose)
    if not any(len(beats.table) for beats in loaded):
        raise ValueError(
            f"No beat with a label in the {len(recordings)} records of {directory} "
            f"(annotator={annotator!r}, classes={classes!r}). {left_out.summary()}"
        )
    names = _patients([beats.recording for beats in loaded], patients)
    data = concatenate([beats.table for beats in loaded])
    symbols = np.concatenate([beats.symbols for beats in loaded])
    labels = scheme | {NO_BEAT: NO_BEAT} if loading.is_detected else scheme
    target = np.array([labels[symbol] for symbol in symbols], dtype=str)
    left_out.tell(_where_the_list_is(return_X_y))
    missed = pd.concat([beats.missed for beats in loaded], ignore_index=True)
    if on_invalid != "ignore":
        _tell_of_missed(missed, np.count_nonzero(target != NO_BEAT), return_X_y)
    if return_X_y:
        return data, target
    return bunch_of_beats(
        data,
        target,
        np.repeat(np.array(names, dtype=str), [len(beats.table) for beats in loaded]),
        labels_in_order(labels, target),
        f"Heartbeats of {len(loaded)} records, annotator {annotator!r}."
        + _how_found(loading, missed),
        rhythm=np.concatenate([beats.rhythms for beats in loaded]),
        records=[entry_of(beats.recording) for beats in loaded],
        left_out=left_out.table(),
        missed=missed,
        moved=pd.DataFrame([beats.moved for beats in loaded if beats.moved]),
    )


def _how_found(loading, missed):
    if not loading.reads_signals:
        return ""
    if not loading.is_detected:
        return " Their R peaks are aligned: moved says how far."
    return (
        " Their R peaks are detected; a detection that is no beat has the label "
        f"{NO_BEAT}. Annotated beats that were not detected, and have no row: "
        f"{len(missed)}; missed names them."
    )


def _tell_of_missed(missed, n_found, return_X_y):
    if len(missed) == 0:
        return
    n_annotated = n_found + len(missed)
    where = "" if return_X_y else " missed of what load_beats returns names them."
    warn(
        f"{len(missed)} of {n_annotated} annotated beats "
        f"({100 * len(missed) / n_annotated:.2f} %) were not detected and have no row."
        f"{where} on_invalid='ignore' does without this warning."
    )


def _where_the_list_is(return_X_y):
    return (
        "" if return_X_y else "The whole list is left_out of what load_beats returns."
    )


def bunch_of_beats(data, target, groups, target_names, description, **more):
    """Put a beat table and what belongs to it together, described with its counts."""
    n_patients = len(np.unique(groups))
    description += f"\n\n{len(data)} beats of {n_patients} patients."
    if target is not None:
        counts = Counter(target.tolist())
        per_class = ", ".join(f"{name} {counts[name]}" for name in target_names)
        description += f" Beats per class: {per_class}."
    description += (
        "\n\nOne row of data is one beat: its record, the sample of its R peak, and the"
        " RR intervals\naround it in seconds. groups holds the patient of each beat.\n"
    )
    return Bunch(
        data=data,
        target=target,
        groups=groups,
        target_names=target_names,
        DESCR=description,
        **more,
    )


def _is_list(directory):
    return not isinstance(directory, str | os.PathLike)


def _recordings(directory, records, annotator, left_out):
    """Return what to open: paths, and recordings that are open already."""
    if isinstance(records, str):
        raise ValueError(f"records must be a list of names, not {records!r}.")
    if isinstance(directory, Recording):
        directory = [directory]
    if not _is_list(directory):
        check_directory(directory)
        names = records
        if records is None:
            names = list_records(directory, annotator, left_out)
        sources = [_path_in(directory, str(name)) for name in names]
    elif records is None:
        sources = [entry_of(source) for source in directory]
    else:
        raise ValueError(
            "records names records inside one directory; where directory is itself a "
            "list of records, records must be None."
        )
    counts = Counter(map(_identity, sources))
    twice = [source for source in sources if counts[_identity(source)] > 1]
    if twice or not sources:
        problem = f"names {twice[0]} twice" if twice else "is empty"
        raise ValueError(f"The list of records {problem}.")
    return sources


def _identity(source):
    """Return what tells recordings apart: a path, whatever links lead to it."""
    return os.path.realpath(source) if isinstance(source, str) else id(source)


def _path_in(directory, name):
    """Return the path of a record, which may be an EDF file named without its end."""
    path = absolute_path(Path(directory, name))
    if not os.path.exists(f"{path}.hea"):
        for extension in (".edf", ".bdf"):
            if os.path.exists(f"{path}{extension}"):
                return f"{path}{extension}"
    return path


def _read_all(sources, loading, named_by_caller, left_out, verbose):
    """Return the beats of each recording that has some."""
    loaded = []
    for source in tqdm(sources, "Loading beats", unit="record", disable=not verbose):
        try:
            recording = as_recording(source)
            recording.check_files()
            beats = loading.read(recording, left_out)
        except (OSError, ValueError) as error:
            if named_by_caller:
                raise
            left_out.add(str(source), f"it cannot be read ({error})")
            continue
        if beats is not None:
            loaded.append(beats)
        elif named_by_caller:
            raise ValueError(
                f"Record {source} has no beat among its annotations "
                f"(annotator={loading.annotator!r})."
            )
        else:
            left_out.add(str(source), "it has no beat among its annotations")
    return loaded


def _patients(recordings, patients):
    if patients is None:
        return _default_patients(recordings)
    names = [recording.name for recording in recordings]
    if callable(patients):
        return [str(patients(name)) for name in names]
    left_out = [name for name in names if name not in patients]
    if left_out:
        raise ValueError(
            f"patients does not say whose the records {left_out} are; it must name "
            "every record loaded."
        )
    return [str(patients[name]) for name in names]


def _default_patients(recordings):
    patients = [_patient_and_home(recording) for recording in recordings]
    homes = {}
    for name, home in patients:
        homes.setdefault(name, set()).add(home)
    # Records of one name from different directories are different records.
    return [
        name if home is None or len(homes[name]) == 1 else os.path.join(home, name)
        for name, home in patients
    ]


def _patient_and_home(recording):
    """Return the patient of a record, and the directory unless all know the patient."""
    name = recording.name
    patient = known_patient(name, recording.sampling_rate, recording.n_samples)
    if patient is not None:
        return patient, None
    return name, os.path.dirname(recording.path or "")

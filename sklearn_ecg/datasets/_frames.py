"""Beats and labels from a table of annotations of any kind."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import wfdb
from sklearn.utils import Bunch

from .._messages import listed
from ..beats import build_table, concatenate, entry_of
from ..records import (
    WHOLE_FILES,
    LeftOut,
    Recording,
    aami_first,
    absolute_path,
    as_recording,
    is_recording,
    recording_name,
)
from ._loading import bunch_of_beats


def beats_from_frame(
    annotations: pd.DataFrame,
    recordings: Recording | Mapping | str | os.PathLike | None = None,
    *,
    record: str = "record",
    sample: str | None = None,
    time: str | None = None,
    label: str | None = "label",
    patient: str | None = None,
    on_invalid: str = "warn",
) -> Bunch:
    """Make beats and labels of a table with one row for each annotated beat.

    Parameters
    ----------
    annotations : DataFrame of shape (n_annotations, n_columns)
        Of pandas, or of a library whose tables have ``to_pandas``, such as polars. Rows
        may come in any order; each is a beat.

    recordings : Recording, mapping, str, path-like or None, default=None
        Where the signals are: a directory in which the records have the names that the
        column `record` gives; a mapping from these names to recordings or their paths;
        one `Recording`, of which all rows are; or None, where the column holds
        recordings or their paths itself.

    record : str, default="record"
        The column that names the recording of each beat. One `Recording` needs none.

    sample, time : str, default=None
        The column of R peaks, as samples of the recording at its `sampling_rate`, or as
        seconds (or timedeltas) from its start. One of them; where neither is given,
        ``"sample"`` or else ``"time"``.

    label : str or None, default="label"
        The column of labels, of any kind. A beat without label (None, NaN, or an empty
        str) gets no row, but still counts as a beat in the intervals of its neighbors.
        None stands for beats without labels, of which each gets a row.

    patient : str or None, default=None
        The column of patients; None makes each recording a patient of its own.

    on_invalid : {"warn", "raise", "ignore"}, default="warn"
        What happens to an impossible beat (see :func:`beat_table`), and to a recording
        that cannot be read: ``"warn"`` leaves it out with a warning that names all.

    Returns
    -------
    beats : Bunch
        As of :func:`load_beats`: ``data``, ``target`` (None without labels),
        ``groups``, ``target_names``, ``records``, ``left_out`` and ``DESCR``; and
        ``annotation_rows``, ndarray of shape (n_beats,), the positions of the beats in
        `annotations`.

    Raises
    ------
    TypeError
        If `annotations` is no table.
    ValueError
        If a column is not there, holds something else, or nothing is left.

    Warns
    -----
    UserWarning
        If beats or recordings are left out.

    See Also
    --------
    load_beats : From annotation files.
    beat_table : Without labels, from an array of R peaks.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn_ecg.datasets import beats_from_frame
    >>> from sklearn_ecg.records import recording_from_array
    >>> table = pd.DataFrame(
    ...     {"seconds": [0.8, 1.6, 2.1], "kind": ["sinus", "sinus", "ectopic"]}
    ... )
    >>> recording = recording_from_array(np.zeros(500), 100, "II")
    >>> beats = beats_from_frame(table, recording, time="seconds", label="kind")
    >>> beats.data[["sample", "rr_prev"]].values.tolist()
    [[80.0, nan], [160.0, 0.8], [210.0, 0.5]]
    >>> beats.target.tolist()
    ['sinus', 'sinus', 'ectopic']
    """
    frame = _as_pandas(annotations)
    positions, in_seconds = _position_column(frame, sample, time)
    one = recordings if isinstance(recordings, Recording) else None
    _check_columns(frame, [positions, label, patient, None if one else record])
    left_out = LeftOut(on_invalid)
    frame, places = _placed(frame, positions, None if one else record, label, left_out)
    parts = []
    for name, rows in _rows_of_records(frame, None if one else record):
        try:
            recording = one or as_recording(_source(name, recordings))
        except (OSError, ValueError) as error:
            left_out.add(str(name), f"it cannot be read ({error})")
            continue
        part = frame.iloc[rows]
        samples = _samples(part[positions], recording, in_seconds)
        table, rows = _beats_of_record(recording, part, rows, samples, label, left_out)
        parts.append(_Part(recording, _name_of(name, recording), table, rows))
    parts = [part for part in parts if len(part.rows)]
    if not parts:
        raise ValueError(
            f"No beat is left of the {len(annotations)} annotations. "
            f"{left_out.summary()}"
        )
    return _bunch(parts, frame, places, label, patient, left_out)


@dataclass(frozen=True)
class _Part:
    """The beats of one recording: its name, their table, their rows in the frame."""

    recording: Recording
    name: str
    table: pd.DataFrame
    rows: np.ndarray


def _as_pandas(annotations):
    if hasattr(annotations, "to_pandas"):
        annotations = annotations.to_pandas()
    if not isinstance(annotations, pd.DataFrame):
        raise TypeError(
            "annotations must be a table with one row for each beat, a DataFrame of "
            f"pandas or polars, not {type(annotations).__name__}."
        )
    return annotations


def _position_column(frame, sample, time):
    """Return the column of R peaks, and whether it counts in seconds."""
    if sample is not None and time is not None:
        raise ValueError(
            f"sample={sample!r} and time={time!r}: name one column of R peaks."
        )
    if sample is None and time is None:
        return ("sample", False) if "sample" in frame else ("time", True)
    return (sample, False) if time is None else (time, True)


def _placed(frame, positions, record, label, left_out):
    """Return the rows that have a position, and their places; tell of the others."""
    has_position = frame[positions].notna().to_numpy()
    places = np.flatnonzero(has_position)
    for row in np.flatnonzero(~has_position).tolist():
        name = "the recording" if record is None else str(frame[record].iloc[row])
        symbol = "beat" if label is None else frame[label].iloc[row]
        reason = f"row {row} has nothing in the column {positions!r}"
        left_out.add(name, reason, [None], [symbol])
    return frame.iloc[places], places


def _name_of(entry, recording):
    """Return what tells a recording from the others of the frame, for its patient."""
    if isinstance(entry, Recording | wfdb.Record):
        return recording.name
    return recording_name(entry) if isinstance(entry, os.PathLike) else str(entry)


def _check_columns(frame, names):
    twice = frame.columns[frame.columns.duplicated()].tolist()
    if twice:
        raise ValueError(f"annotations has the columns {listed(twice)} twice.")
    lacking = [name for name in names if name is not None and name not in frame]
    if lacking:
        raise ValueError(
            f"annotations lacks the columns {listed(lacking)}; it has "
            f"{listed(list(frame.columns), at_most=30)}. Say what its columns are "
            "called, in record, sample or time, label and patient."
        )


def _rows_of_records(frame, record):
    """Yield the entries of the column `record`, and the positions of their rows."""
    if record is None:
        yield "the recording", np.arange(len(frame))
        return
    entries = frame[record].tolist()
    rows_of: dict = {}
    for row, entry in enumerate(entries):
        rows_of.setdefault(_key(entry), []).append(row)
    for rows in rows_of.values():
        yield entries[rows[0]], np.array(rows)


def _key(entry):
    """Return what entries of one recording have in common."""
    if isinstance(entry, str | os.PathLike):
        path = os.fspath(entry)
        return absolute_path(path) if os.sep in path else path
    try:
        hash(entry)
    except TypeError:
        return id(entry)
    return entry


def _source(name, recordings):
    """Return what `as_recording` opens."""
    if recordings is None:
        if not is_recording(name):
            raise ValueError("it is no recording, and no path of one")
        return name
    if isinstance(recordings, Mapping):
        if name not in recordings:
            raise ValueError("recordings does not name it")
        return recordings[name]
    if not isinstance(recordings, str | os.PathLike):
        raise TypeError(
            "recordings must be a directory, a mapping from names to recordings, or a "
            f"Recording, not {type(recordings).__name__}."
        )
    for extension in ("", *WHOLE_FILES):
        path = Path(recordings, f"{name}{extension}")
        if path.is_file() or Path(f"{path}.hea").is_file():
            return path
    raise FileNotFoundError(f"there is no recording of that name in {recordings}")


def _samples(column, recording, in_seconds):
    """Return R peaks as samples, whole numbers."""
    if in_seconds:
        if pd.api.types.is_datetime64_any_dtype(column):
            raise ValueError(
                f"The column {column.name!r} holds dates: subtract the start of the "
                "recording, so that it counts seconds or timedeltas from there."
            )
        if pd.api.types.is_timedelta64_dtype(column):
            column = column.dt.total_seconds()
        seconds = _numbers(column)
        return np.rint(seconds * recording.sampling_rate).astype(np.int64)
    samples = _numbers(column)
    broken = samples != np.rint(samples)
    if broken.any():
        raise ValueError(
            f"The column {column.name!r} holds {samples[broken][0]}, which is no whole "
            "number of samples. If it holds seconds, name it in time."
        )
    return samples.astype(np.int64)


def _numbers(column):
    try:
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        numbers = np.array([np.nan])
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"The column {column.name!r} must hold a finite number in each row."
        )
    return numbers


def _beats_of_record(recording, part, rows, samples, label, left_out):
    """Return the beat table of a recording, and where its rows are in the frame."""
    order = np.argsort(samples, kind="stable")
    labels = None if label is None else part[label].to_numpy(dtype=object)[order]
    table = build_table(
        recording, entry_of(recording), samples[order], None, left_out, labels
    )
    rows = rows[order][table.index]
    if labels is not None:
        has_label = ~(pd.isna(labels) | (labels == ""))[table.index]
        table, rows = table[has_label], rows[has_label]
    return table, rows


def _bunch(parts, frame, places, label, patient, left_out):
    rows = np.concatenate([part.rows for part in parts])
    target = names = None
    if label is not None:
        target = np.array(frame[label].iloc[rows].tolist())
        names = aami_first(np.unique(target).tolist())
    if patient is None:
        per_beat = [[part.name] * len(part.rows) for part in parts]
        groups = np.array([name for names_ in per_beat for name in names_], dtype=str)
    else:
        groups = _patients(frame[patient].iloc[rows])
    left_out.tell("The whole list is the attribute left_out.")
    return bunch_of_beats(
        concatenate([part.table for part in parts]),
        target,
        groups,
        names,
        f"Heartbeats of {len(parts)} recordings, from a table of annotations.",
        records=[entry_of(part.recording) for part in parts],
        left_out=left_out.table(),
        annotation_rows=places[rows],
    )


def _patients(column):
    if column.isna().any():
        raise ValueError(
            f"The column {column.name!r} must name the patient of every beat; "
            f"{int(column.isna().sum())} have none."
        )
    return np.array(column.tolist()).astype(str)

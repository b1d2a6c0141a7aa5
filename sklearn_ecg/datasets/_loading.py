"""All annotated beats of a set of WFDB records, with labels and patients."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from ..beats._build import build_table
from ..records._records import (
    absolute_record_path,
    check_directory,
    list_records,
    read_annotations,
    read_timing,
)
from ..records._symbols import (
    BEAT_SYMBOLS,
    labels_in_order,
    map_symbols,
    resolve_scheme,
)

# One patient gave two records of the MIT-BIH Arrhythmia Database (its directory,
# https://physionet.org/physiobank/database/html/mitdbdir/records.htm#201).
_MITDB_SAME_PATIENT = {"201": "201", "202": "201"}
_MITDB_SAMPLING_RATE = 360
_MITDB_N_SAMPLES = 650_000


def load_beats(
    directory,
    records=None,
    *,
    annotator="atr",
    classes="aami",
    patients=None,
    return_X_y=False,
):
    """Load every annotated beat of a set of WFDB records.

    Only headers and annotations are read; signals stay on disk until
    :class:`~sklearn_ecg.BeatSegmenter` needs them.

    Parameters
    ----------
    directory : str, path-like or list of these
        A directory of WFDB records, or a list of paths of records (without
        extension). In a directory, the records are those its file ``RECORDS`` lists,
        in it or in the directories that it lists (``a/``), or, where there is no such
        file, all with a header, sorted by name. Those without annotations are left
        out, with a warning.

    records : list of str, default=None
        Names of the records to load from `directory`, in this order; None loads all.

    annotator : str, default="atr"
        Extension of the annotation files.

    classes : {"aami", "bxb", "symbols"} or mapping of str to str, default="aami"
        How symbols become labels, see :func:`~sklearn_ecg.datasets.map_symbols`.
        Beats that a mapping does not name get no row, but still count as beats in the
        RR intervals of their neighbours.

    patients : mapping of str to str, default=None
        The patient of each record by its name, where several records come from one
        patient. It must name every record loaded. By default each record is a patient
        of its own, except that records 201 and 202 of the MIT-BIH Arrhythmia Database
        (recognised by name, sampling frequency and length) share patient ``"201"``,
        whatever directories they are in. The name of any other record that is found
        in several directories is preceded by the directory.

    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a `Bunch`.

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
        - ``DESCR``: str, a description.

    (data, target) : tuple
        If `return_X_y` is True.

    Raises
    ------
    FileNotFoundError
        If the directory, a record, or the annotations of a record named by the caller
        are missing; or there are no annotations in the directory at all.
    ValueError
        If a header or an annotation file is truncated or corrupt, annotations lie
        outside the signal or out of order, a record named by the caller has no beat,
        no record has one, `patients` leaves a record out, or `classes` is unknown.

    Warns
    -----
    UserWarning
        If records of the directory are left out for want of annotations.

    See Also
    --------
    fetch_mitdb : Find or download the MIT-BIH Arrhythmia Database.
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
    paths = _record_paths(directory, records, annotator)
    named_by_caller = records is not None or _is_list(directory)
    tables, symbols = zip(
        *(_read_beats(path, annotator, scheme, named_by_caller) for path in paths),
        strict=True,
    )
    n_beats = [len(table) for table in tables]
    if not sum(n_beats):
        raise ValueError(
            f"No beat with a label in the {len(paths)} records of {directory} "
            f"(annotator={annotator!r}, classes={classes!r})."
        )
    data = pd.concat([table for table in tables if len(table)], ignore_index=True)
    target = map_symbols(np.concatenate(symbols), scheme)
    if return_X_y:
        return data, target
    groups = np.repeat(np.array(_patients(paths, patients), dtype=str), n_beats)
    names = labels_in_order(scheme, target)
    title = f"Heartbeats of {len(paths)} WFDB records, annotator {annotator!r}."
    return bunch_of_beats(data, target, groups, names, title)


def bunch_of_beats(data, target, groups, target_names, description, **more):
    """Put a beat table and what belongs to it together, described with its counts."""
    counts = Counter(target.tolist())
    per_class = ", ".join(f"{name} {counts[name]}" for name in target_names)
    n_patients = len(np.unique(groups))
    description += (
        f"\n\n{len(data)} beats of {n_patients} patients. Beats per class: {per_class}."
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


def _record_paths(directory, records, annotator):
    if isinstance(records, str):
        raise ValueError(f"records must be a list of names, not {records!r}.")
    if not _is_list(directory):
        check_directory(directory)
        names = list_records(directory, annotator) if records is None else records
        paths = [absolute_record_path(Path(directory, str(name))) for name in names]
    elif records is None:
        paths = [absolute_record_path(path) for path in directory]
    else:
        raise ValueError(
            "records names records inside one directory; where directory is itself a "
            "list of records, records must be None."
        )
    twice = [path for path, count in Counter(paths).items() if count > 1]
    if twice or not paths:
        problem = f"names {twice[0]} twice" if twice else "is empty"
        raise ValueError(f"The list of records {problem}.")
    return paths


def _read_beats(path, annotator, scheme, must_have_beats):
    """Return the rows of one record that have a label, and their symbols."""
    timing = read_timing(path)
    samples, symbols = read_annotations(path, annotator, timing.sampling_rate)
    if not np.isin(symbols.astype(str), BEAT_SYMBOLS).any():
        if must_have_beats:
            raise ValueError(
                f"Record {path} has no beat among its annotations "
                f"(annotator={annotator!r})."
            )
        return pd.DataFrame(), symbols[:0]
    table = build_table(path, timing, samples, symbols)
    symbols = symbols[table.index]
    has_label = np.isin(symbols.astype(str), list(scheme))
    return table[has_label], symbols[has_label]


def _patients(paths, patients):
    if patients is None:
        return _default_patients(paths)
    names = [os.path.basename(path) for path in paths]
    left_out = [name for name in names if name not in patients]
    if left_out:
        raise ValueError(
            f"patients does not say whose the records {left_out} are; it must name "
            "every record loaded."
        )
    return [str(patients[name]) for name in names]


def _default_patients(paths):
    patients = [_patient_and_home(path) for path in paths]
    homes = {}
    for name, home in patients:
        homes.setdefault(name, set()).add(home)
    # Records of one name from different directories are different records.
    return [
        name if home is None or len(homes[name]) == 1 else os.path.join(home, name)
        for name, home in patients
    ]


def _patient_and_home(path):
    """Return the patient of a record, and the directory unless all know the patient."""
    home, name = os.path.split(path)
    if name in _MITDB_SAME_PATIENT:
        timing = read_timing(path)
        found = (timing.sampling_rate, timing.n_samples)
        if found == (_MITDB_SAMPLING_RATE, _MITDB_N_SAMPLES):
            return _MITDB_SAME_PATIENT[name], None
    return name, home

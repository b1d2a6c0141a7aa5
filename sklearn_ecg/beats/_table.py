"""Beat tables: checked access to them, and the RR intervals that they hold."""

from __future__ import annotations

import os
from collections import deque

import numpy as np
import pandas as pd

from ..records import is_recording

_HOW_TO_MAKE_ONE = (
    "Make a beat table with sklearn_ecg.datasets.load_beats or "
    "sklearn_ecg.datasets.beat_table."
)


class RPeaks(bytes):
    """The R peaks of all beats of one recording."""

    __slots__ = ()

    def __new__(cls, samples):
        """Keep the samples as the bytes of int64 numbers."""
        if not isinstance(samples, bytes):
            samples = np.asarray(samples, dtype="<i8").tobytes()
        return super().__new__(cls, samples)

    @property
    def samples(self):
        """The positions, read-only."""
        return np.frombuffer(self, dtype="<i8")

    def __repr__(self):
        return f"RPeaks({len(self.samples)} beats)"


def check_table(table, columns):
    """Check that a beat table is one, has rows, and has some columns."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(
            "A beat table must be a pandas DataFrame with one row per beat, not "
            f"{_full_name(type(table))}. {_HOW_TO_MAKE_ONE}"
        )
    _check_names_once(table)
    lacking = [name for name in ("record", "sample", *columns) if name not in table]
    if lacking:
        raise ValueError(
            f"The beat table lacks the columns {lacking}; it has "
            f"{list(table.columns)}. {_HOW_TO_MAKE_ONE}"
        )
    if len(table) == 0:
        raise ValueError("The beat table has 0 rows; at least one beat is required.")


def _full_name(kind):
    library = kind.__module__.partition(".")[0]
    return kind.__name__ if library == "builtins" else f"{library}.{kind.__name__}"


def _check_names_once(table):
    twice = table.columns[table.columns.duplicated()].unique().tolist()
    if twice:
        raise ValueError(
            f"The beat table has the columns {twice} twice. Drop one of each, as "
            "table.loc[:, ~table.columns.duplicated()] does."
        )


def rows_by_record(table):
    """Group the rows of a beat table by the record that they belong to."""
    sources = table["record"].tolist()
    # Tables repeat one object in many rows, so objects are told apart first, and
    # only then by value.
    _, first_rows, codes = np.unique(
        np.fromiter(map(id, sources), dtype=np.uint64, count=len(sources)),
        return_index=True,
        return_inverse=True,
    )
    numbers = {}
    number_of_code = np.empty(len(first_rows), dtype=np.intp)
    for code in np.argsort(first_rows):
        key = _checked_source(sources[first_rows[code]], first_rows[code])
        number_of_code[code] = numbers.setdefault(key, len(numbers))
    number_of_row = number_of_code[codes]
    order = np.argsort(number_of_row, kind="stable")
    ends = np.cumsum(np.bincount(number_of_row, minlength=len(numbers)))
    groups = np.split(order, ends[:-1])
    return [(_source_of(sources[rows[0]]), rows) for rows in groups]


def _checked_source(source, row):
    """Return what tells a record from others: a path, or an object's identity."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    if is_recording(source):
        return id(source)
    raise ValueError(
        f"The column 'record' of the beat table holds {source!r} in row {row}; allowed "
        "are the path of a recording, a Recording and a wfdb.Record."
    )


def _source_of(entry):
    return os.fspath(entry) if isinstance(entry, os.PathLike) else entry


def sample_numbers(table):
    """Return the column ``sample`` as integers."""
    values = _to_float(table, "sample")
    wrong = ~(np.isfinite(values) & (values == np.floor(values)))
    if wrong.any():
        row = np.flatnonzero(wrong)[0]
        raise ValueError(
            f"The column 'sample' of the beat table holds {values[row]} in row {row}; "
            "the R peak must be a whole number of samples."
        )
    return values.astype(np.int64)


def rows_of_r_peaks(table, rows):
    """Return all R peaks of a record, and which of them some rows of it are."""
    r_peaks = table["r_peaks"].iloc[rows[0]]
    if isinstance(r_peaks, bytes) and len(r_peaks) % 8 == 0:
        # Read from a Parquet file, they are plain bytes.
        r_peaks = RPeaks(r_peaks)
    if not isinstance(r_peaks, RPeaks):
        raise ValueError(
            f"The column 'r_peaks' of the beat table holds {r_peaks!r} in row "
            f"{rows[0]}; it must hold the RPeaks of the record. {_HOW_TO_MAKE_ONE}"
        )
    all_samples = r_peaks.samples
    samples = sample_numbers(table.iloc[rows])
    places = np.searchsorted(all_samples, samples)
    found = all_samples[np.minimum(places, len(all_samples) - 1)] == samples
    if not found.all():
        row = np.flatnonzero(~found)[0]
        raise ValueError(
            f"The R peak at sample {samples[row]}, row {rows[row]} of the beat table, "
            f"is not among the {len(all_samples)} in its column 'r_peaks'."
        )
    return all_samples, places


def interval_columns(table, names):
    """Return columns of intervals as arrays, NaN where they are missing."""
    return {name: _to_float(table, name) for name in names}


def _to_float(table, name):
    try:
        return table[name].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The column {name!r} of the beat table must hold numbers: {error}."
        ) from error


N_LOCAL_INTERVALS = 10
"""How many RR intervals the local mean `rr_local` looks back."""

PATIENCE = 3.5
"""Seconds that a beat waits for the next one; `rr_next` of a longer pause.

Features take an interval of 3 s and more for one of 3 s, so they lose nothing by it.
"""

LONGEST_PAUSE = 120.0
"""Seconds without a beat after which the rhythm begins anew: no heart stands so long.

Ventricular fibrillation in record 207 of MIT-BIH leaves 100 s between two beats.
"""


class IntervalState:
    """The last few R peaks of a recording, and the intervals up to the last one."""

    def __init__(self, sampling_rate: float):
        self.sampling_rate = sampling_rate
        self._r_peaks: deque[int] = deque(maxlen=N_LOCAL_INTERVALS + 1)

    def update(self, r_peak: int) -> tuple[float, float]:
        """Take the next R peak; return `rr_prev` and `rr_local`, NaN where unknown."""
        r_peaks = self._r_peaks
        if r_peaks and r_peak - r_peaks[-1] > LONGEST_PAUSE * self.sampling_rate:
            r_peaks.clear()
        r_peaks.append(int(r_peak))
        n_intervals = len(r_peaks) - 1
        if n_intervals == 0:
            return np.nan, np.nan
        # The sum of successive intervals is the distance between their two ends.
        local = (r_peaks[-1] - r_peaks[0]) / n_intervals / self.sampling_rate
        return (r_peaks[-1] - r_peaks[-2]) / self.sampling_rate, local


def came_late(r_peak, known, sampling_rate):
    """Tell whether a beat knew nothing of the next one for as long as it waits."""
    return known - r_peak > PATIENCE * sampling_rate


def rr_intervals(r_peaks, sampling_rate, n_samples=0, known=None):
    """Compute the columns of intervals of a beat table, as a stream has them.

    `known` has the number of samples after which each beat was certain; None is as soon
    as its R peak came. The signal has `n_samples`.
    """
    known = r_peaks if known is None else known
    distances = np.diff(r_peaks)
    position = np.arange(len(r_peaks))
    is_new = np.append(True, distances > LONGEST_PAUSE * sampling_rate)[: len(r_peaks)]
    n_before = position - np.maximum.accumulate(np.where(is_new, position, 0))
    n_intervals = np.minimum(n_before, N_LOCAL_INTERVALS)
    spanned = r_peaks - r_peaks[position - n_intervals]
    local = np.full(len(r_peaks), np.nan)
    local[~is_new] = spanned[~is_new] / n_intervals[~is_new] / sampling_rate
    rr_prev = np.append(np.nan, distances / sampling_rate)[: len(r_peaks)]
    rr_prev[is_new] = np.nan
    rr_next = np.append(distances / sampling_rate, np.nan)[: len(r_peaks)]
    until = np.append(known[1:], n_samples)[: len(r_peaks)]
    rr_next[came_late(r_peaks, until, sampling_rate)] = PATIENCE
    return {"rr_prev": rr_prev, "rr_next": rr_next, "rr_local": local}

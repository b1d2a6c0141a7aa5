"""The beat table of one recording: one row per heartbeat."""

import os

import numpy as np
import pandas as pd
import wfdb

from ..records._records import absolute_record_path, read_timing
from ..records._symbols import BEAT_SYMBOLS
from ._table import RPeaks

N_LOCAL_INTERVALS = 10
"""How many RR intervals the local mean `rr_local` looks back."""


def beat_table(record, r_peaks, symbols=None):
    """Make the beat table of one recording from its R peaks.

    The beat table is what every estimator of this package takes as X: one row per
    beat, which says where the beat is and how it lies in the rhythm. The RR intervals
    are computed here, over all beats of the record, so that they stay right in any
    subset of the rows.

    Parameters
    ----------
    record : str, path-like or wfdb.Record
        Path of a WFDB record without extension, or a record held in memory.

    r_peaks : array-like of int, shape (n_annotations,)
        Positions of the R peaks, in samples of the record, strictly increasing.

    symbols : array-like of str, shape (n_annotations,), default=None
        The WFDB annotation symbol at each position. Where given, annotations that
        mark no beat (rhythm changes, noise, flutter waves) are left out; else every
        position is a beat.

    Returns
    -------
    table : DataFrame, shape (n_beats, 6)
        The index is the position of the beat in `r_peaks`, so that
        ``np.asarray(symbols)[table.index]`` are the symbols of the rows. Columns:

        - ``record``: absolute path of the record, or the `wfdb.Record` itself;
        - ``sample``: position of the R peak, in samples of the record;
        - ``rr_prev``: seconds since the previous beat, NaN for the first;
        - ``rr_next``: seconds to the next beat, NaN for the last;
        - ``rr_local``: mean in seconds of the last ten RR intervals up to this beat,
          `rr_prev` included, of as many as there are; NaN for the first beat. It
          looks back only, so that a device can compute it too;
        - ``r_peaks``: the :class:`RPeaks` of all beats of the record, one object
          that its rows share.

    Raises
    ------
    FileNotFoundError
        If the record is not on disk.
    TypeError
        If `record` is neither a path nor a `wfdb.Record`.
    ValueError
        If the header is corrupt, there is no beat, `symbols` has another length than
        `r_peaks`, or a position is not a whole number, not after the previous one or
        outside the signal.

    See Also
    --------
    load_beats : The beat table of a whole database, with its labels.

    Examples
    --------
    A signal from any source takes one step, a `wfdb.Record`:

    >>> import numpy as np
    >>> import wfdb
    >>> from sklearn_ecg.datasets import beat_table
    >>> record = wfdb.Record(
    ...     record_name="bedside", fs=100, sig_name=["II"], units=["mV"], n_sig=1,
    ...     p_signal=np.zeros((500, 1)),
    ... )
    >>> table = beat_table(record, [40, 120, 200, 250], symbols=["N", "N", "+", "V"])
    >>> table[["sample", "rr_prev", "rr_next", "rr_local"]]
       sample  rr_prev  rr_next  rr_local
    0      40      NaN      0.8       NaN
    1     120      0.8      1.3      0.80
    3     250      1.3      NaN      1.05
    """
    record = _check_record(record)
    return build_table(record, read_timing(record), r_peaks, symbols)


def build_table(record, timing, r_peaks, symbols=None):
    """Make the beat table of a record whose `Timing` is known."""
    r_peaks = _check_whole_numbers(r_peaks, timing.name)
    kept = _positions_of_beats(symbols, len(r_peaks), timing.name)
    samples = r_peaks[kept]
    _check_positions(samples, kept, timing)
    columns = {"record": _repeat(record, len(samples)), "sample": samples}
    columns.update(_rr_intervals(samples, timing.sampling_rate))
    columns["r_peaks"] = _repeat(RPeaks(samples), len(samples))
    # Stated as object, pandas keeps paths and records in memory alike: tables of both
    # kinds can be concatenated, and each row refers to one shared object.
    table = pd.DataFrame(columns, index=pd.Index(kept, dtype=np.int64), copy=False)
    return table.astype({"record": object, "r_peaks": object})


def _check_record(record):
    if isinstance(record, wfdb.Record):
        return record
    if isinstance(record, str | os.PathLike):
        return absolute_record_path(record)
    raise TypeError(
        "record must be the path of a WFDB record without extension or a wfdb.Record, "
        f"not {type(record).__name__}."
    )


def _check_whole_numbers(r_peaks, name):
    r_peaks = np.asarray(r_peaks)
    if r_peaks.ndim != 1:
        raise ValueError(
            f"r_peaks of record {name} must have one dimension, not the shape "
            f"{r_peaks.shape}."
        )
    if not len(r_peaks):
        return r_peaks.astype(np.int64)
    if r_peaks.dtype.kind not in "iuf":
        raise ValueError(
            f"r_peaks of record {name} must be whole numbers of samples, not "
            f"{r_peaks.dtype}."
        )
    is_whole = np.isfinite(r_peaks) & (r_peaks == np.round(r_peaks))
    bad = np.flatnonzero(~is_whole)
    _refuse(bad, r_peaks[bad], name, "whole numbers of samples")
    return r_peaks.astype(np.int64)


def _positions_of_beats(symbols, n_peaks, name):
    if symbols is None:
        kept = np.arange(n_peaks)
    else:
        symbols = np.asarray(symbols, dtype=object)
        if symbols.shape != (n_peaks,):
            raise ValueError(
                f"symbols of record {name} has the shape {symbols.shape}; r_peaks has "
                f"{n_peaks} entries, and each needs one symbol."
            )
        kept = np.flatnonzero(np.isin(symbols.astype(str), BEAT_SYMBOLS))
    if not len(kept):
        raise ValueError(f"Record {name} has no beat: at least one R peak is needed.")
    return kept


def _check_positions(samples, kept, timing):
    outside = (samples < 0) | (samples >= timing.n_samples)
    allowed = f"inside the signal, 0 to {timing.n_samples - 1}"
    _refuse(kept[outside], samples[outside], timing.name, allowed)
    late = np.diff(samples, prepend=samples[0] - 1) > 0
    _refuse(kept[~late], samples[~late], timing.name, "strictly increasing")


def _refuse(positions, values, name, allowed):
    """Raise for the R peaks that are not as `allowed`, if there are any."""
    if not len(positions):
        return
    others = f" (and {len(positions) - 1} more)" if len(positions) > 1 else ""
    raise ValueError(
        f"r_peaks of record {name} must be {allowed}: position {positions[0]} holds "
        f"{values[0]}{others}."
    )


def _repeat(item, n_times):
    column = np.empty(n_times, dtype=object)
    column.fill(item)
    return pd.array(column, dtype=object)


def _rr_intervals(samples, sampling_rate):
    intervals = np.diff(samples) / sampling_rate
    # The sum of successive intervals is the distance between their two ends.
    position = np.arange(len(samples))
    n_intervals = np.minimum(position, N_LOCAL_INTERVALS)
    spanned = samples - samples[position - n_intervals]
    local = np.full(len(samples), np.nan)
    local[1:] = spanned[1:] / n_intervals[1:] / sampling_rate
    return {
        "rr_prev": np.concatenate([[np.nan], intervals]),
        "rr_next": np.concatenate([intervals, [np.nan]]),
        "rr_local": local,
    }

"""The stretch of a record that a figure shows."""

import os
from copy import copy

import numpy as np
import wfdb

from .._messages import listed
from ..beats._table import record_name, rows_by_record


def find_record(X, record):
    """Return one record of the beat table, and the positions of its rows."""
    records = rows_by_record(X)
    if isinstance(record, os.PathLike):
        record = os.fspath(record)
    if record is None:
        return records[0]
    found = [(source, rows) for source, rows in records if record in _names_of(source)]
    if len(found) == 1:
        return found[0]
    if found:
        paths = listed([str(source) for source, _ in found])
        raise ValueError(
            f"record={record!r} is the name of {len(found)} records of the beat table, "
            f"{paths}: give the path."
        )
    names = listed([record_name(source) for source, _ in records])
    raise ValueError(
        f"record={record!r} is not in the beat table, whose records are {names}."
    )


def _names_of(source):
    name = record_name(source)
    return (name, source) if isinstance(source, str) else (name,)


def start_of_interest(times, is_wrong, duration, timing):
    """Return a start that puts the first wrong beat, or the first, in the strip."""
    first = times[is_wrong].min() if is_wrong.any() else times.min()
    latest = timing.n_samples / timing.sampling_rate - duration
    return max(0.0, min(first - duration / 3, latest))


def read_strip(source, timing, start, duration, lead):
    """Return the samples of one lead, its name and unit, and the start in seconds."""
    length = timing.n_samples / timing.sampling_rate
    if not duration > 0:
        raise ValueError(f"duration={duration!r} must be positive, in seconds.")
    if not 0 <= start < length:
        raise ValueError(
            f"start={start!r} is outside of record {record_name(source)!r}, which is "
            f"{length:g} s long."
        )
    first = min(round(start * timing.sampling_rate), timing.n_samples - 1)
    stop = round((start + duration) * timing.sampling_rate)
    stop = max(first + 1, min(stop, timing.n_samples))
    record, signals = _read_signals(source, first, stop)
    column = _find_lead(record, lead, source)
    units = record.units[column] if column < len(record.units or []) else ""
    lead = record.sig_name[column]
    return signals[:, column], lead, units, first / timing.sampling_rate


def _read_signals(source, first, stop):
    """Return the record, and all its leads from one sample up to another."""
    if isinstance(source, wfdb.Record):
        return source, _signals_in_memory(source, first, stop)
    try:
        record = wfdb.rdrecord(source, sampfrom=first, sampto=stop)
    except OSError:
        raise
    # wfdb meets a damaged file with whatever its parser stumbles over first.
    except Exception as error:
        raise ValueError(
            f"The signal of record {source} cannot be read: a file of it is truncated "
            f"or damaged ({type(error).__name__}: {error})."
        ) from error
    return record, record.p_signal


def _signals_in_memory(record, first, stop):
    if record.p_signal is not None:
        return np.asarray(record.p_signal)[first:stop]
    part = copy(record)
    part.d_signal = np.asarray(record.d_signal)[first:stop]
    # The format tells which value stands for a missing sample; 16 is wfdb's own.
    part.fmt = part.fmt or ["16"] * part.d_signal.shape[1]
    return part.dac()


def _find_lead(record, lead, source):
    """Return the column of a lead; None means MLII, or else the first."""
    names = list(record.sig_name)
    if lead is None:
        return names.index("MLII") if "MLII" in names else 0
    if lead not in names:
        raise ValueError(
            f"Record {record_name(source)!r} has no lead {lead!r}; its leads are "
            f"{listed(names)}."
        )
    return names.index(lead)

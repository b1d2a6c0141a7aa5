"""The stretch of a record that a figure shows."""

import os

from .._messages import listed
from ..beats._table import rows_by_record
from ..records._lead_choice import choose_leads, names_of
from ..records._names import ANY_LEAD
from ..records._open import recording_name
from ..records._units import to_millivolts


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
    names = listed([recording_name(source) for source, _ in records])
    raise ValueError(
        f"record={record!r} is not in the beat table, whose records are {names}."
    )


def _names_of(source):
    name = recording_name(source)
    return (name, source) if isinstance(source, str) else (name,)


def start_of_interest(times, is_wrong, duration, recording):
    """Return a start that puts the first wrong beat, or the first, in the strip."""
    first = times[is_wrong].min() if is_wrong.any() else times.min()
    return max(0.0, min(first - duration / 3, recording.duration - duration))


def read_strip(recording, start, duration, lead):
    """Return the samples of one lead, itself, and where the strip starts in seconds."""
    if not duration > 0:
        raise ValueError(f"duration={duration!r} must be positive, in seconds.")
    if not 0 <= start < recording.duration:
        raise ValueError(
            f"start={start!r} is outside of record {recording.name!r}, which is "
            f"{recording.duration:g} s long."
        )
    index = _find_lead(recording, lead)
    stored = recording.source.leads[index]
    first = min(round(start * stored.sampling_rate), stored.n_samples - 1)
    stop = round((start + duration) * stored.sampling_rate)
    stop = max(first + 1, min(stop, stored.n_samples))
    [samples] = recording.source.read([index], [(first, stop)])
    samples = to_millivolts(samples, stored.unit)
    return samples, stored, first / stored.sampling_rate


def _find_lead(recording, lead):
    """Return the place of a lead; None means MLII, or else what speaks for an ECG."""
    wanted = ["MLII", ANY_LEAD] if lead is None else names_of("plot", "lead", lead)
    leads = recording.source.leads
    try:
        return choose_leads(recording.name, leads, wanted, first=True)[0].place
    except ValueError:
        if lead is not None:
            raise
        return 0

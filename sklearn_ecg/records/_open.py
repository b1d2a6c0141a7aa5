"""Opening recordings: which reader reads which file."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

import numpy as np
import wfdb

from .._messages import keeping_warnings
from .._urls import path_of
from ._formats import OTHERS, extension_of, format_of, has_extension, known_formats
from ._invalid import refuse_impossible, without_mask
from ._memory import Arrays, RecordInMemory
from ._mirror import nothing_to_fetch
from ._names import numbered
from ._recording import Recording, with_leads
from ._remote import RemoteSource, mirror_of

_OF_RECORDS = (".hea", ".dat")  # Files of a WFDB record that stand for it
_REMEDY = (
    "Known are {formats}. Convert the file to one of them, or hand its signal to "
    "recording_from_array."
)

RecordingLike: TypeAlias = Recording | str | os.PathLike | wfdb.Record
"""What `as_recording` opens."""


def read_recording(
    path: RecordingLike,
    *,
    leads: Sequence[str] | None = None,
    sampling_rate: float | None = None,
) -> Recording:
    """Open a recording of any format; its signals are read when they are asked for.

    The extension of the path says which format, and where formats share one, as
    ``.xml``, the first bytes of the file: ``.edf`` and ``.bdf`` (EDF, EDF+, BDF, BDF+),
    ``.dcm`` (DICOM waveforms), ``.ecg`` (ISHNE Holter), ``.xml`` (HL7 aECG, GE MUSE,
    Philips Sierra, Mortara ELI), ``.scp`` (SCP-ECG), ``.mwf``, ``.mfer`` and ``.mfr``
    (MFER), ``.json`` (Kardia, Fitbit, Google Health, Withings, Movesense), ``.csv``,
    ``.tsv``, ``.txt`` (each also ``.gz``; OpenSignals and OpenBCI are known by their
    first line) and ``.parquet`` (a column for each lead); any other path is that of a
    WFDB record, with or without ``.hea``.

    In a table, a column of times gives the rate, the gaps (rows that are missing become
    NaN) and the order. It is known by its name (``time``, ``t``, ``timestamp [ns]``,
    ``elapsed_ms``...), by its values (dates, clock times), or because it alone rises
    evenly. Lines before the names may say the rate, as in ``Sample Rate,512 hertz``.

    Parameters
    ----------
    path : str, path-like, Recording or wfdb.Record
        The file, or the WFDB record; ``~`` stands for the home directory. A URL, such
        as ``s3://bucket/x.edf``, is opened by `fsspec`: EDF, BDF and WFDB are read by
        ranges of bytes, of which what is needed is fetched, once; other files are
        fetched as a whole. The local copy goes when the recording does.

    leads : sequence of str, default=None
        Leads to keep, in this order; None keeps all.

    sampling_rate : float, default=None
        In Hz; for tables that have no column of times. One that differs by more than
        1 % from the times is an error.

    Returns
    -------
    Recording

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError
        If `path` is of another type.
    ValueError
        If the file is damaged, of an unknown format, or has no lead of a name given; or
        the sampling rate is missing, or is against what the file says.
    ImportError
        If the library that reads the format, or opens the URL, is not installed.
    PermissionError
        If a URL asks for credentials that are not there, or not enough.
    ConnectionError
        If the server of a URL cannot be reached.

    See Also
    --------
    recording_from_array : For a signal that is in memory.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.records import read_recording
    >>> with TemporaryDirectory() as directory:
    ...     beats = make_ecg(1, duration=30, random_state=0, directory=directory)
    ...     recording = read_recording(beats.records[0])
    ...     two_seconds = recording.read("MLII", start=10, stop=12)
    >>> recording.leads, recording.sampling_rate, two_seconds.shape
    (('MLII', 'V1'), 360.0, (720,))
    """
    if isinstance(path, Recording | wfdb.Record | wfdb.MultiRecord):
        recording = as_recording(path)
        _refuse_rate(recording, sampling_rate)
    elif isinstance(path, str | os.PathLike):
        where = path_of(path)
        where = where.absolute() if isinstance(where, Path) else where
        recording = _opened(where, sampling_rate)
    else:
        raise TypeError(
            f"path={reprlib.repr(path)} must be a str or path-like (or a Recording), "
            f"not {type(path).__name__}."
        )
    return recording if leads is None else with_leads(recording, leads)


def as_recording(source: RecordingLike) -> Recording:
    """Open what a beat table or a caller names: a `Recording`, a path or a record."""
    if isinstance(source, Recording):
        return source
    if isinstance(source, str | os.PathLike):
        return _opened(path_of(source), None)
    if isinstance(source, wfdb.MultiRecord):
        raise ValueError(
            f"Record {source.record_name!r} is a wfdb.MultiRecord. Join its segments "
            "with multi_to_single(physical=True), or give the path of the record."
        )
    if isinstance(source, wfdb.Record):
        record = RecordInMemory(source)
        return Recording(record.name, record)
    raise TypeError(
        "A recording must be a Recording, the path of one, or a wfdb.Record, not "
        f"{type(source).__name__}. Make one of an array with "
        "sklearn_ecg.records.recording_from_array."
    )


def is_recording(source) -> bool:
    """Tell whether `as_recording` can open something."""
    return isinstance(source, Recording | str | os.PathLike | wfdb.Record)


def recording_from_array(
    signal: np.ndarray | Sequence[np.ndarray],
    sampling_rate: float | Sequence[float],
    leads: str | Sequence[str],
    unit: str = "mV",
    *,
    name: str = "in memory",
) -> Recording:
    """Make a recording of a signal in memory.

    Parameters
    ----------
    signal : array-like of shape (n_samples,) or (n_samples, n_leads), or list of arrays
        The signal; NaN where a sample is missing. A list holds one array for each
        lead, which may differ in length.

    sampling_rate : float or sequence of float
        In Hz, of all leads or of each.

    leads : str or sequence of str
        Names of the leads.

    unit : str, default="mV"
        ``"V"``, ``"mV"``, ``"uV"``, ``"µV"`` or ``"nV"``; a signal in another unit is
        left as it is.

    name : str, default="in memory"
        What messages call it.

    Returns
    -------
    Recording
        It refers to the arrays, which are not copied.

    Raises
    ------
    ValueError
        If the names, rates and signals do not fit together, a rate is not a positive
        number, or a sample is infinite or 2**32 and more.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ecg.records import recording_from_array
    >>> recording_from_array(np.zeros((1000, 2)), 500, ["II", "V5"], name="bedside")
    Recording('bedside', leads=['II', 'V5'], 500 Hz, 2 s)
    """
    if not isinstance(unit, str):
        raise ValueError(f"unit={unit!r} must be a str, the unit of all leads.")
    names = [leads] if isinstance(leads, str) else list(leads)
    if not all(isinstance(lead, str) and lead for lead in names):
        raise ValueError(f"leads={leads!r}: the names of leads must be str.")
    signals = _signals(signal, names)
    rates = _rates(sampling_rate, len(names))
    source = Arrays(signals, numbered(names), rates, [unit] * len(names))
    return Recording(name, source)


def absolute_path(source: str | os.PathLike) -> str:
    """Return the path of a recording as an absolute string, symbolic links kept."""
    path = path_of(source)
    path = os.path.abspath(path) if isinstance(path, Path) else os.fspath(path)
    return path[: -len(".hea")] if path.endswith(".hea") else path


def recording_name(source) -> str:
    """Return the name of what `as_recording` opens, without opening it."""
    if isinstance(source, Recording):
        return source.name
    if isinstance(source, str | os.PathLike):
        name = path_of(source).name
        is_known = has_extension(name) or name.lower().endswith(_OF_RECORDS)
        return name[: -len(extension_of(name))] if is_known else name
    return str(source.record_name)


def _opened(path, sampling_rate):
    """Open a recording, and keep what its reader warns of."""
    with keeping_warnings() as heard:
        recording = _open_anywhere(path, sampling_rate)
    # Folders may be named after people.
    folder = str(path).removesuffix(path.name)
    notes = (" ".join(text.replace(folder, "").split()) for text in heard)
    recording.notes = tuple(dict.fromkeys(notes))
    return recording


def _open_anywhere(path, sampling_rate):
    """Open a recording of this machine, or behind a URL."""
    if isinstance(path, Path):
        return _open_path(str(path), sampling_rate)
    mirror = mirror_of(path)
    with mirror.naming():
        recording = _open_path(mirror.path, sampling_rate, mirror.fetch)
    source = RemoteSource(recording.source, mirror, sampling_rate)
    return Recording(recording.name, source, recording.path and os.fspath(path))


def _open_path(path, sampling_rate, fetch=nothing_to_fetch):
    """Open a recording of this machine; `fetch` brings bytes where there are holes."""
    form = format_of(path)
    if form is None:
        return _open_wfdb(path, sampling_rate, fetch)
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    make = getattr(import_module(f".{form.module}", __package__), form.reader)
    if form.is_table:
        by_path = path if sampling_rate is None else None
        return Recording(recording_name(path), make(path, sampling_rate), by_path)
    _refuse_rate(path, sampling_rate)
    source = make(path, fetch) if form.by_ranges else make(path)
    return Recording(recording_name(path), source, path)


def _open_wfdb(path, sampling_rate, fetch):
    from ._wfdb import open_wfdb

    _refuse_rate(path, sampling_rate)
    stem, extension = os.path.splitext(path)
    if extension == ".hea" or (extension == ".dat" and os.path.isfile(f"{stem}.hea")):
        path = stem
    if not os.path.isfile(f"{path}.hea"):
        _refuse_format(path)
    return Recording(os.path.basename(path), open_wfdb(path, fetch), path)


def _refuse_format(path):
    """Say what a path names that is no record, if anything."""
    stem, extension = os.path.splitext(path)
    if os.path.isdir(path):
        raise IsADirectoryError(
            f"{path} is a directory: name one of the recordings in it, or give the "
            "directory to annotate_many or load_beats."
        )
    if extension and os.path.isfile(path) and os.path.isfile(f"{stem}.hea"):
        raise ValueError(f"{path} is a file of record {stem}: give the latter.")
    what = OTHERS.get(extension.lower())
    if what is None and os.path.isfile(path):
        what = f"of an unknown format ({extension or 'it has no extension'})"
    if what is None:
        return
    remedy = _REMEDY.format(formats=known_formats())
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"There is no file {path}, and it would be {what}, which is no recording "
            f"that can be read. {remedy}"
        )
    raise ValueError(f"{path} is {what}, and no recording that can be read. {remedy}")


def _refuse_rate(path, sampling_rate):
    if sampling_rate is not None:
        raise ValueError(
            f"sampling_rate={sampling_rate!r}: {path} says its sampling rate itself; "
            "leave the parameter out."
        )


def _signals(signal, names):
    """Return the signal of each lead as an array of one dimension."""
    is_list = isinstance(signal, list | tuple)
    if is_list and any(hasattr(one, "dtype") and np.ndim(one) for one in signal):
        signals = [without_mask(one) for one in signal]
        if len(signals) != len(names):
            raise ValueError(f"{len(signals)} signals and {len(names)} names of leads.")
    else:
        signal = without_mask(signal)
        if signal.ndim == 1 and len(names) == 1:
            signal = signal[:, np.newaxis]
        if signal.ndim != 2 or signal.shape[1] != len(names):
            turned = " Transpose it." if signal.shape[:1] == (len(names),) else ""
            raise ValueError(
                f"signal has the shape {signal.shape}; {len(names)} names of leads ask "
                f"for (n_samples, {len(names)}).{turned}"
            )
        signals = list(signal.T)
    for name, one in zip(names, signals, strict=True):
        if one.ndim != 1 or one.dtype.kind not in "iuf":
            raise ValueError(
                f"The signal of lead {name!r} must be numbers of one dimension, not "
                f"{one.dtype} of shape {one.shape}."
            )
        refuse_impossible(one, f"The signal of lead {name!r}")
    return signals


def _rates(sampling_rate, n_leads):
    rates = [sampling_rate] * n_leads if np.ndim(sampling_rate) == 0 else sampling_rate
    if any(isinstance(rate, bool | np.bool_) for rate in rates):
        rates = []
    try:
        rates = [float(rate) for rate in rates]
    except (TypeError, ValueError):
        rates = []
    if len(rates) != n_leads or not all(np.isfinite(r) and r > 0 for r in rates):
        raise ValueError(
            f"sampling_rate={sampling_rate!r} must be a positive number of Hz, or one "
            f"for each of the {n_leads} leads."
        )
    return rates

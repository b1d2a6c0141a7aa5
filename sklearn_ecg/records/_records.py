"""Finding and opening the files of WFDB records, with errors that name the file."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import wfdb
from wfdb.io.annotation import ann_labels

from .._messages import listed

# Files that may lie beside a header without being annotations of the record.
_NO_ANNOTATOR = {".hea", ".dat", ".mat", ".xws", ".txt", ".edf"}


@dataclass(frozen=True)
class Timing:
    """Name, sampling frequency in Hz and length in samples of one record."""

    name: str
    sampling_rate: float
    n_samples: int


def absolute_record_path(record):
    """Return the path of a record as an absolute string, symbolic links kept."""
    return os.path.abspath(os.fspath(record))


def read_timing(record):
    """Return the `Timing` of a record given as a path or a `wfdb.Record`."""
    if isinstance(record, wfdb.Record):
        return _timing_in_memory(record)
    header = _read_header(record)
    n_samples = header.sig_len
    if not n_samples:
        # The length may be left out of a header; then only the signal file knows it.
        n_samples = _read_checked(wfdb.rdrecord, record, ".dat").sig_len
    return _check_timing(record, header.fs, n_samples)


def read_annotations(record, annotator, sampling_rate):
    """Return the samples and symbols of an annotation file.

    The samples are those of the record, whose `sampling_rate` is given in Hz.
    """
    path = f"{record}.{annotator}"
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"Record {record} has no annotation file {os.path.basename(path)!r} "
            f"(annotator={annotator!r}); it has {_annotators_of(record) or 'none'}."
        )
    _check_end_marker(path)
    annotation, symbol_of_code = _read_checked(
        _read_codes, record, f".{annotator}", annotator
    )
    symbols = _symbols(annotation, symbol_of_code, path)
    return _in_record_samples(annotation, sampling_rate), symbols


def check_directory(directory):
    """Raise an error that helps if `directory` is no directory."""
    if Path(directory).is_dir():
        return
    is_record = Path(f"{directory}.hea").is_file()
    hint = f" It is a record: pass it in a list, [{str(directory)!r}]."
    raise FileNotFoundError(
        f"There is no directory {directory}." + (hint if is_record else "")
    )


def list_records(directory, annotator):
    """Name the annotated records of a directory, and warn of those that are not."""
    directory = Path(directory)
    present = _names_in(directory)
    names = [n for n in present if Path(directory, f"{n}.{annotator}").is_file()]
    left_out = sorted(set(present) - set(names))
    if names and left_out:
        warnings.warn(
            f"{len(left_out)} of the {len(present)} records in {directory} are left "
            f"out, because they have no annotations (.{annotator}): "
            f"{listed(left_out)}. To silence this, name the records to load.",
            UserWarning,
            stacklevel=4,
        )
    if not names:
        raise FileNotFoundError(
            f"No record in {directory} has a header (.hea) and annotations "
            f"(.{annotator}, from annotator={annotator!r})."
        )
    return names


def _names_in(directory):
    """Name the records that RECORDS lists, or all with a header if there is none."""
    listing = directory / "RECORDS"
    if not listing.is_file():
        return sorted(header.stem for header in directory.glob("*.hea"))
    names = []
    for entry in listing.read_text(encoding="utf-8").split():
        if entry.endswith("/"):
            below = _directory_below(directory, entry)
            names += [f"{entry}{name}" for name in _names_in(below)]
        else:
            names.append(entry)
    return names


def _directory_below(directory, entry):
    below = directory / entry
    # A directory that lists itself would be followed round and round.
    way = os.path.normpath(entry)
    if os.path.isabs(way) or way.startswith(".") or not below.is_dir():
        raise FileNotFoundError(
            f"{directory / 'RECORDS'} lists {entry!r}, which is not a directory inside "
            f"of {directory}."
        )
    return below


def _timing_in_memory(record):
    name = f"{record.record_name!r} (in memory)"
    signal = record.p_signal if record.p_signal is not None else record.d_signal
    n_samples = record.sig_len if signal is None else len(signal)
    return _check_timing(name, record.fs, n_samples)


def _check_timing(name, sampling_rate, n_samples):
    if not sampling_rate or not np.isfinite(sampling_rate) or sampling_rate <= 0:
        raise ValueError(
            f"Record {name} has the sampling frequency {sampling_rate!r}; it must be "
            "a positive number of Hz."
        )
    if not n_samples:
        raise ValueError(f"Record {name} holds no signal: its length is {n_samples!r}.")
    return Timing(str(name), float(sampling_rate), int(n_samples))


def _read_header(record):
    path = f"{record}.hea"
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"There is no record {record}: {path} does not exist. A record is named "
            "by the path of its header without the extension."
        )
    header = _read_checked(wfdb.rdheader, record, ".hea")
    is_multi_segment = isinstance(header, wfdb.MultiRecord)
    n_described = header.n_sig if is_multi_segment else len(header.sig_name or ())
    if not header.n_sig or n_described != header.n_sig:
        raise ValueError(
            f"Header {path} is truncated or corrupt: it announces {header.n_sig} "
            f"signals and describes {n_described}."
        )
    return header


def _read_checked(read, record, extension, *arguments):
    """Call a reader of wfdb and turn what it raises into an error naming the file."""
    try:
        return read(str(record), *arguments)
    except OSError:
        raise
    # A corrupt file ends in almost any exception inside wfdb: IndexError, KeyError,
    # TypeError and its own HeaderSyntaxError were all met.
    except Exception as error:
        raise ValueError(
            f"{record}{extension} is truncated or corrupt: wfdb cannot read it "
            f"({type(error).__name__}: {error})."
        ) from error


def _check_end_marker(path):
    # wfdb reads a truncated file without complaint if it was cut between two
    # annotations; the two zero bytes that must end every file tell.
    with open(path, "rb") as file:
        content = file.read()
    if len(content) % 2 or not content.endswith(b"\0\0"):
        raise ValueError(
            f"Annotation file {path} is truncated or corrupt: its {len(content)} "
            "bytes do not end with the WFDB end marker (two zero bytes)."
        )


def _read_codes(record, annotator):
    # Letting wfdb turn codes into symbols costs more than reading them, and warns
    # with pandas 3.
    annotation = wfdb.rdann(record, annotator, return_label_elements=["label_store"])
    return annotation, _symbol_of_code(annotation.custom_labels)


def _symbol_of_code(custom_labels):
    """Return the symbol of each code, of WFDB or as an annotation file defines it."""
    symbol_of_code = {label.label_store: label.symbol for label in ann_labels}
    if custom_labels is None:
        return symbol_of_code
    # wfdb makes a table of the triplets in the file, but only if it needs one itself.
    if isinstance(custom_labels, pd.DataFrame):
        columns = custom_labels[["label_store", "symbol", "description"]]
        custom_labels = columns.itertuples(index=False, name=None)
    symbol_of_code.update((int(code), symbol) for code, symbol, _ in custom_labels)
    return symbol_of_code


def _symbols(annotation, symbol_of_code, path):
    unknown = sorted(set(annotation.label_store.tolist()) - set(symbol_of_code))
    if unknown:
        raise ValueError(
            f"Annotation file {path} is corrupt: it holds the annotation codes "
            f"{unknown}, which neither WFDB nor the file defines."
        )
    symbols = [symbol_of_code[code] for code in annotation.label_store.tolist()]
    return np.array(symbols, dtype=object)


def _in_record_samples(annotation, sampling_rate):
    # An annotation file may count time in a resolution of its own.
    resolution = annotation.fs or sampling_rate
    if np.isclose(resolution, sampling_rate, rtol=1e-9):
        return annotation.sample
    return np.rint(annotation.sample * (sampling_rate / resolution)).astype(np.int64)


def _annotators_of(record):
    record = Path(record)
    beside = record.parent.glob(f"{record.name}.*")
    return sorted(
        path.suffix[1:]
        for path in beside
        if path.stem == record.name and path.suffix not in _NO_ANNOTATOR
    )

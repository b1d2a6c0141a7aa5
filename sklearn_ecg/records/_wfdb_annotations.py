"""Annotation files of the WFDB format."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import wfdb
from wfdb.io.annotation import ann_labels

# Files that may lie beside a header without being annotations of the record.
_NO_ANNOTATOR = {".hea", ".dat", ".mat", ".xws", ".txt", ".edf"}


def read_annotations(record, annotator, sampling_rate, frame_rate=None):
    """Read an annotation file."""
    path = f"{record}.{annotator}"
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"Record {record} has no annotation file {os.path.basename(path)!r} "
            f"(annotator={annotator!r}); it has {_annotators_of(record) or 'none'}."
        )
    _check_end_marker(path)
    try:
        annotation, symbol_of_code = _read_codes(record, annotator)
    except OSError:
        raise
    # A corrupt file ends in almost any exception inside wfdb.
    except Exception as error:
        raise ValueError(
            f"Annotation file {path} is truncated or corrupt: wfdb cannot read it "
            f"({type(error).__name__}: {error})."
        ) from error
    symbols = _symbols(annotation, symbol_of_code, path)
    resolution = annotation.fs or frame_rate or sampling_rate
    return pd.DataFrame(
        {
            "sample": _at_rate(annotation.sample, resolution, sampling_rate),
            "symbol": symbols,
            "subtype": annotation.subtype,
            "note": annotation.aux_note,
        }
    )


def _at_rate(samples, resolution, sampling_rate):
    """Count samples at another rate; an annotation file may count at one of its own."""
    if np.isclose(resolution, sampling_rate, rtol=1e-9):
        return samples.astype(np.int64)
    return np.rint(samples * (sampling_rate / resolution)).astype(np.int64)


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


def _annotators_of(record):
    record = Path(record)
    beside = record.parent.glob(f"{record.name}.*")
    return sorted(
        path.suffix[1:]
        for path in beside
        if path.stem == record.name and path.suffix not in _NO_ANNOTATOR
    )

"""What wfdb's readers lose of the headers and annotation files of its format."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import wfdb
from wfdb.io.annotation import ann_labels

from .._messages import warn

_PLAIN_RATE = re.compile(r"\d*\.?\d*(/-?\d*\.?\d*(\(-?\d*\.?\d*\))?)?")
_RATE = re.compile(r"(?P<rate>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?P<counter>/.*)?")
_TIME = re.compile(r"(\d{1,2}:){0,2}(?P<seconds>\d{1,2})(\.\d*)?")
_DATE = re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})")
_UNIT = re.compile(r"[^/]*/(?P<unit>\S+)")


@dataclass(frozen=True)
class HeaderText:
    """The lines of a header, read as UTF-8 or else Latin-1, without comments."""

    path: str
    record: list[str]  # Fields of the record line
    signals: list[list[str]]  # Fields of the line of each signal, or of each segment

    @classmethod
    def of(cls, path: str) -> HeaderText:
        """Read the header of a record, given without extension."""
        lines = [line.split() for line in _text_of(path).splitlines()]
        lines = [line for line in lines if line and not line[0].startswith("#")]
        return cls(path, lines[0] if lines else [], lines[1:])

    @property
    def is_multi_segment(self) -> bool:
        """Whether the lines name segments."""
        return bool(self.record) and "/" in self.record[0]

    def segments(self) -> list[str]:
        """Name the segments; ``~`` stands for a gap."""
        return [line[0] for line in self.signals] if self.is_multi_segment else []

    def unit(self, number: int) -> str | None:
        """Return the unit of a signal, with any signs; None if it is not there."""
        fields = self.signals[number] if number < len(self.signals) else []
        match = _UNIT.match(fields[2]) if len(fields) > 2 else None
        return match["unit"] if match else None

    def mended(self) -> tuple[list[str], list[str]]:
        """Return the record line as wfdb can read it, and what had to go from it."""
        fields, lost = list(self.record), []
        if len(fields) > 2 and not _PLAIN_RATE.fullmatch(fields[2]):
            match = _RATE.fullmatch(fields[2])
            if not match:
                raise ValueError(
                    f"The header of record {self.path!r} gives no usable sampling "
                    f"rate: {fields[2]!r}; it must be a number of Hz, such as 250 or "
                    "2.5e2."
                )
            fields[2] = f"{float(match['rate']):f}{match['counter'] or ''}"
        for place, is_of_form, name in ((4, _is_time, "time"), (5, _is_date, "date")):
            if len(fields) > place and not is_of_form(fields[place]):
                lost.append(f"the {name} {fields[place]!r}")
                del fields[place:]
                break
        return fields, lost


def _is_time(field):
    parts = field.partition(".")[0].split(":")
    limits = (24, 60, 60)[-len(parts) :]
    return bool(_TIME.fullmatch(field)) and all(
        int(part) < limit for part, limit in zip(parts, limits, strict=True)
    )


def _is_date(field):
    match = _DATE.fullmatch(field)
    try:
        return bool(match) and bool(
            date(int(match["year"]), int(match["month"]), int(match["day"]))
        )
    except ValueError:
        return False


@contextmanager
def readable_header(path: str, *, tell: bool = True) -> Iterator[str]:
    """Give a path whose header wfdb can read: this one, or a mended copy."""
    header = HeaderText.of(path)
    fields, lost = header.mended()
    if fields == header.record:
        yield path
        return
    if lost and tell:
        warn(
            f"The header {path}.hea has {lost[0]}, which is not of the form "
            "HH:MM:SS or DD/MM/YYYY that WFDB asks for: the start of the recording is "
            "taken to be unknown. The signal is read all the same.",
        )
    with tempfile.TemporaryDirectory() as directory:
        _link_files(path, header, directory)
        copy = os.path.join(directory, os.path.basename(path))
        _write_mended(path, copy, " ".join(fields))
        yield copy


def _text_of(path):
    content = Path(f"{path}.hea").read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _write_mended(path, copy, record_line):
    lines = [line for line in _text_of(path).splitlines() if line.strip()]
    first = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    lines[first] = record_line
    Path(f"{copy}.hea").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _link_files(path, header, directory):
    home = os.path.dirname(path)
    names = {line[0] for line in header.signals}
    if header.is_multi_segment:
        segments = [os.path.join(home, name) for name in names - {"~"}]
        names = {f"{name}.hea" for name in names}
        for segment in filter(lambda path: os.path.exists(f"{path}.hea"), segments):
            names |= {line[0] for line in HeaderText.of(segment).signals}
    for name in names:
        source = os.path.join(home, name)
        if os.path.exists(source):
            _link(os.path.abspath(source), os.path.join(directory, name))


def _link(source, target):
    try:
        os.symlink(source, target)
    except OSError:  # Windows lets only some users make links.
        shutil.copyfile(source, target)


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
    # Halves go up, as they do in the WFDB library.
    return np.floor(samples * (sampling_rate / resolution) + 0.5).astype(np.int64)


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

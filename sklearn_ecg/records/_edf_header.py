"""The header of an EDF or BDF file, mended, and where it says that signals lie.

Recorders leave counts open, write decimal commas, and fill fields with zero bytes. What
follows from the rest of the file is put in its place; nothing else is changed.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import edfio
import numpy as np

from .._messages import warn
from ._mirror import Fetch, nothing_to_fetch

_SIGNAL_FIELDS = {
    "label": (0, 16),
    "minimum": (104, 8),
    "maximum": (112, 8),
    "digital minimum": (120, 8),
    "digital maximum": (128, 8),
    "count": (216, 8),
}
"""Offset, in bytes of each signal, and width of the fields that are looked at."""

_COMMA = re.compile(rb"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(rb"[+-]?[1-9]\d{0,2},\d{3}")
_CONTROL = bytes.maketrans(bytes(range(32)), b" " * 32)


@dataclass(frozen=True)
class EdfHeader:
    """The header of an EDF or BDF file, mended."""

    raw: bytes  # As edfio takes it, for a file of one data record
    labels: list[bytes]
    counts: list[int]  # Samples of each signal in a data record
    n_records: int | None  # None where the file must tell
    seconds: float  # Of a data record; 0 where only its annotations can tell

    @property
    def is_annotation(self) -> list[bool]:
        """Whether each signal holds annotations."""
        return [label[1:] == b"DF Annotations" for label in self.labels]


def read_header(file, path: str, fetch: Fetch = nothing_to_fetch) -> EdfHeader:
    """Read the header of an open file, and mend it."""
    name = os.path.basename(path)
    fetch(name, 0, 256)
    raw = bytearray(file.read(256))
    raw[8:] = raw[8:].translate(_CONTROL)
    n_signals = _whole(raw[252:256])
    if n_signals is None:
        n_signals = (_whole(raw[184:192]) or 0) // 256 - 1
    fetch(name, 256, 256 * (n_signals + 1))
    more = file.read(256 * max(n_signals, 0))
    raw += more.translate(_CONTROL)
    if n_signals < 1 or len(raw) != 256 * (n_signals + 1):
        raise ValueError(f"its header has {len(raw)} bytes")
    for name, (offset, width) in _SIGNAL_FIELDS.items():
        for number in range(n_signals if name != "label" else 0):
            place = 256 + offset * n_signals + width * number
            _mend_number(raw, place, f"the {name} of signal {number + 1}", path)
    _mend_number(raw, 244, "the length of a data record", path)
    counts = [_whole(field) for field in _fields(raw, n_signals, "count")]
    if None in counts or min(counts) < 1:
        raise ValueError(f"its data records have {counts} samples of its signals")
    n_records = _whole(raw[236:244])
    _put(raw, 184, 8, len(raw))
    _put(raw, 236, 8, 1)
    _put(raw, 252, 4, n_signals)
    seconds = _number(raw[244:252]) or 0.0
    _put(raw, 244, 8, 1)
    return EdfHeader(
        bytes(raw),
        [bytes(field.rstrip()) for field in _fields(raw, n_signals, "label")],
        counts,
        n_records if n_records and n_records > 0 else None,
        seconds,
    )


def _fields(raw, n_signals, name):
    offset, width = _SIGNAL_FIELDS[name]
    start = 256 + offset * n_signals
    return [raw[start + width * i :][:width] for i in range(n_signals)]


def _mend_number(raw, place, name, path):
    """Write a decimal comma as a point; whole numbers may have one for thousands."""
    field = bytes(raw[place : place + 8].strip())
    is_whole = "digital" in name or "count" in name
    if _COMMA.fullmatch(field):
        is_unclear = _THOUSANDS.fullmatch(field) is not None
        number = field.replace(b",", b"" if is_whole and is_unclear else b".")
        if is_unclear and not is_whole:
            warn(
                f"In the header of {path}, {name} is {field.decode()!r}: the comma is "
                "taken for a decimal point.",
            )
        field = number
    if is_whole and (number := _whole(field)) is not None:
        field = b"%d" % number
    raw[place : place + 8] = field.ljust(8)


def _number(field):
    try:
        return float(field)
    except ValueError:
        return None


def _whole(field):
    """Return the whole number of a field, None if it holds none."""
    number = _number(field)
    is_whole = number is not None and abs(number) < 1e9 and number == int(number)
    return int(number) if is_whole else None


def _put(raw, place, width, value):
    raw[place : place + width] = str(value).encode().ljust(width)


_PIECE_BYTES = 1 << 22
"""Bytes of a file that are in memory at once while one of its signals is read."""

_BDF_VERSION = b"\xffBIOSEMI"
_EDF_VERSION = b"0       "

_LIST = re.compile(
    rb"(?P<onset>[+-]\d+(?:[.,]\d*)?)(?:\x15(?P<duration>\d+(?:[.,]\d*)?))?"
    rb"\x14(?P<texts>[^\x00]*)\x14\x00+"
)
"""A list of annotations, https://www.edfplus.info/specs/edfplus.html#tal."""


class TimedText(NamedTuple):
    """One annotation of EDF+."""

    onset: float  # In seconds from the time that the header gives
    duration: float  # In seconds; NaN if the file does not say it
    text: str


@dataclass(frozen=True)
class EdfLayout:
    """The parts of a file of data records; each holds a piece of every signal."""

    path: str
    header: edfio.Edf | edfio.Bdf  # With the first data record, and no other
    mended: EdfHeader
    sample_bytes: int  # 2 for EDF, 3 for BDF
    n_records: int
    fetch: Fetch

    @classmethod
    def of(cls, path: str, fetch: Fetch = nothing_to_fetch) -> EdfLayout:
        """Read the header of a file, and compare it with the file's size."""
        fetch(os.path.basename(path), 0, 256)
        # A file whose bytes arrive later must not be read before.
        with open(path, "rb", buffering=0) as file:
            version = file.read(8)
            is_bdf = version == _BDF_VERSION
            if not is_bdf and version != _EDF_VERSION:
                raise ValueError(
                    f"{path} is neither an EDF nor a BDF file: it begins with "
                    f"{version!r}."
                )
            file.seek(0)
            try:
                return cls._parsed(path, file, is_bdf, fetch)
            except OSError:
                raise
            # edfio stumbles over damage in many ways, and none names the file.
            except Exception as error:
                raise ValueError(
                    f"{path} is truncated or damaged: {error}. Get the file again."
                ) from error

    @classmethod
    def _parsed(cls, path, file, is_bdf, fetch):
        mended = read_header(file, path, fetch)
        sample_bytes = 3 if is_bdf else 2
        record_bytes = sum(mended.counts) * sample_bytes
        n_records = _check_size(path, len(mended.raw), mended.n_records, record_bytes)
        n_bytes = record_bytes if n_records else 0
        fetch(os.path.basename(path), len(mended.raw), len(mended.raw) + n_bytes)
        header = _parse(mended.raw, file.read(n_bytes), is_bdf)
        if len(header.signals) != mended.is_annotation.count(False):
            raise ValueError("the names of its signals are no text")
        return cls(path, header, mended, sample_bytes, n_records, fetch)

    @property
    def counts(self) -> list[int]:
        """Samples in a data record, of each signal that the header lists."""
        return self.mended.counts

    @property
    def header_bytes(self) -> int:
        """Bytes before the first data record, whatever the header says itself."""
        return len(self.mended.raw)

    @property
    def record_bytes(self) -> int:
        """Bytes in a data record."""
        return sum(self.counts) * self.sample_bytes

    def numbers(self, *, annotations: bool) -> list[int]:
        """Return the places of the signals that hold annotations, or do not."""
        kinds = self.mended.is_annotation
        return [i for i, are in enumerate(kinds) if are == annotations]

    def pieces(
        self, number: int, first: int, stop: int
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the bytes of one signal, a few megabytes of the file at a time."""
        start = sum(self.counts[:number]) * self.sample_bytes
        width = self.counts[number] * self.sample_bytes
        at_once = max(1, _PIECE_BYTES // self.record_bytes)
        with open(self.path, "rb", buffering=0) as file:
            place = self.header_bytes + first * self.record_bytes
            file.seek(place)
            for record in range(first, stop, at_once):
                wanted = min(at_once, stop - record)
                end = place + wanted * self.record_bytes
                self.fetch(os.path.basename(self.path), place, end)
                place = end
                raw = np.fromfile(file, np.uint8, wanted * self.record_bytes)
                if len(raw) < wanted * self.record_bytes:
                    raise ValueError(f"{self.path} has become shorter: open it again.")
                records = raw.reshape(wanted, self.record_bytes)
                yield record, records[:, start : start + width]


def _check_size(path, header_bytes, n_records, record_bytes):
    """Compare the number of data records with the size of the file, and return it."""
    found = os.path.getsize(path) - header_bytes
    if n_records is None:  # Such as of a recorder that was not stopped in order.
        n_records = found // record_bytes
    if found < n_records * record_bytes:
        raise ValueError(
            f"its header announces {n_records} data records of {record_bytes} bytes, "
            f"and {found} bytes are there"
        )
    if found > n_records * record_bytes:
        warn(
            f"{path} is longer than its header says: its last "
            f"{found - n_records * record_bytes} bytes are not read.",
        )
    return n_records


def _parse(raw, first_record, is_bdf):
    """Parse the header; edfio needs the first data record for the start time."""
    try:
        raw.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = "latin-1"
    read = edfio.read_bdf if is_bdf else edfio.read_edf
    with warnings.catch_warnings():
        # A file may have no data record.
        warnings.filterwarnings("ignore", ".* header indicates ", UserWarning)
        return read(raw + first_record, header_encoding=encoding)


def parse_lists(raw: bytes) -> list[list[TimedText]]:
    """Parse what one annotation signal holds in one data record."""
    lists, end = [], 0
    for match in _LIST.finditer(raw):
        if match.start() != end:
            break
        end = match.end()
        onset = _seconds(match["onset"])
        duration = _seconds(match["duration"] or b"nan")
        texts = match["texts"].split(b"\x14")
        lists.append([TimedText(onset, duration, _decoded(text)) for text in texts])
    if raw[end:].strip(b"\x00"):
        raise ValueError(f"{raw[end : end + 30]!r} is no list of annotations")
    return lists


def _seconds(field):
    return float(field.replace(b",", b"."))


def _decoded(text):
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")

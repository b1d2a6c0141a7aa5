"""What edfio cannot read in the header of an EDF or BDF file, written as it should be.

Recorders leave counts open, write decimal commas, and fill fields with zero bytes. What
follows from the rest of the file is put in its place; nothing else is changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._messages import warn

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


def read_header(file, path: str) -> EdfHeader:
    """Read the header of an open file, and mend it."""
    raw = bytearray(file.read(256))
    raw[8:] = raw[8:].translate(_CONTROL)
    n_signals = _whole(raw[252:256])
    if n_signals is None:
        n_signals = (_whole(raw[184:192]) or 0) // 256 - 1
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

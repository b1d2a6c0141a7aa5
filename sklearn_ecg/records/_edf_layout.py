"""Where the bytes of each signal lie in an EDF or BDF file."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import edfio
import numpy as np

from .._messages import users_stacklevel

_PIECE_BYTES = 1 << 22
"""Bytes of a file that are in memory at once while one of its signals is read."""

_BDF_VERSION = b"\xffBIOSEMI"
_EDF_VERSION = b"0       "


@dataclass(frozen=True)
class EdfLayout:
    """The parts of a file of data records; each holds a piece of every signal."""

    path: str
    header: edfio.Edf | edfio.Bdf  # With the first data record, and no other
    counts: list[int]  # Samples in a data record, of each signal that the header lists
    is_annotation: list[bool]  # Whether a signal holds annotations
    sample_bytes: int  # 2 for EDF, 3 for BDF
    header_bytes: int
    n_records: int

    @classmethod
    def of(cls, path: str) -> EdfLayout:
        """Read the header of a file, and compare it with the file's size."""
        with open(path, "rb") as file:
            start = file.read(256)
            is_bdf = start[:8] == _BDF_VERSION
            if not is_bdf and start[:8] != _EDF_VERSION:
                raise ValueError(
                    f"{path} is neither an EDF nor a BDF file: it begins with "
                    f"{start[:8]!r}."
                )
            try:
                return cls._parsed(path, start, file, is_bdf)
            # edfio stumbles over damage in many ways, and none names the file.
            except Exception as error:
                raise ValueError(
                    f"{path} is truncated or damaged: {error}. Get the file again."
                ) from error

    @classmethod
    def _parsed(cls, path, start, file, is_bdf):
        n_signals, n_records = int(start[252:256]), int(start[236:244])
        raw = start + file.read(256 * n_signals)
        if n_signals < 1 or len(raw) != 256 * (n_signals + 1):
            raise ValueError(f"its header has {len(raw)} bytes")
        counts = [
            int(raw[256 + 216 * n_signals + 8 * i :][:8]) for i in range(n_signals)
        ]
        if min(counts) < 1:
            raise ValueError(f"a data record has {min(counts)} samples of a signal")
        labels = [raw[256 + 16 * i :][:16].rstrip() for i in range(n_signals)]
        is_annotation = [label[1:] == b"DF Annotations" for label in labels]
        sample_bytes = 3 if is_bdf else 2
        record_bytes = sum(counts) * sample_bytes
        n_records = _check_size(path, len(raw), n_records, record_bytes)
        header = _parse(raw, file.read(record_bytes if n_records else 0), is_bdf)
        if len(header.signals) != is_annotation.count(False):
            raise ValueError("the names of its signals are no text")
        seconds = header.data_record_duration
        if not all(is_annotation) and not 0 < seconds < np.inf:
            raise ValueError(f"its data records last {seconds:g} s")
        return cls(
            path, header, counts, is_annotation, sample_bytes, len(raw), n_records
        )

    @property
    def record_bytes(self) -> int:
        """Bytes in a data record."""
        return sum(self.counts) * self.sample_bytes

    def numbers(self, *, annotations: bool) -> list[int]:
        """Return the places of the signals that hold annotations, or do not."""
        return [i for i, are in enumerate(self.is_annotation) if are == annotations]

    def pieces(
        self, number: int, first: int, stop: int
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the bytes of one signal, a few megabytes of the file at a time."""
        start = sum(self.counts[:number]) * self.sample_bytes
        width = self.counts[number] * self.sample_bytes
        at_once = max(1, _PIECE_BYTES // self.record_bytes)
        with open(self.path, "rb") as file:
            file.seek(self.header_bytes + first * self.record_bytes)
            for record in range(first, stop, at_once):
                wanted = min(at_once, stop - record)
                raw = np.fromfile(file, np.uint8, wanted * self.record_bytes)
                if len(raw) < wanted * self.record_bytes:
                    raise ValueError(f"{self.path} has become shorter: open it again.")
                records = raw.reshape(wanted, self.record_bytes)
                yield record, records[:, start : start + width]


def _check_size(path, header_bytes, n_records, record_bytes):
    """Compare the number of data records with the size of the file, and return it."""
    found = os.path.getsize(path) - header_bytes
    if n_records == -1:  # The recorder was not stopped in order.
        n_records = found // record_bytes
    if found < n_records * record_bytes:
        raise ValueError(
            f"its header announces {n_records} data records of {record_bytes} bytes, "
            f"and {found} bytes are there"
        )
    if found > n_records * record_bytes:
        warnings.warn(
            f"{path} is longer than its header says: its last "
            f"{found - n_records * record_bytes} bytes are not read.",
            UserWarning,
            stacklevel=users_stacklevel(),
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
        # One data record is not as many as the header announces.
        warnings.filterwarnings("ignore", ".* header indicates ", UserWarning)
        return read(raw + first_record, header_encoding=encoding)

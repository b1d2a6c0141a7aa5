"""ISHNE Holter files, of which only what is asked for is read.

The format is that of Badilini, *The ISHNE Holter Standard Output File Format*, Annals
of Noninvasive Electrocardiology 3 (1998), 263-266.
"""

from __future__ import annotations

import binascii
import os
import struct
from datetime import datetime

import numpy as np
import pandas as pd

from .._messages import warn
from ._decoded import COUNTS, STANDARD_LEADS
from ._mirror import Fetch, nothing_to_fetch
from ._names import numbered
from ._recording import StoredLead

_HEADER_BYTES = 522
_MOST_LEADS = 12
_FRAMES_AT_ONCE = 1 << 18

_ORTHOGONAL, _EASI = ("X", "Y", "Z"), ("ES", "AS", "AI")
_LEADS = dict(enumerate((*_ORTHOGONAL, *STANDARD_LEADS, *_EASI), 2))
"""By their codes; the others name no lead."""

_FAULT = -32768
"""What stands for a sample during a fault of the lead."""

_UNKNOWN = {-9, 0}
"""What stands for a part of a date that is unknown."""


class IshneFile:
    """An ISHNE Holter: 16-bit samples of all leads in turn, behind a header."""

    def __init__(self, path: str, fetch: Fetch = nothing_to_fetch):
        self.path, self._fetch = path, fetch
        self._bring(0, _HEADER_BYTES)
        with open(path, "rb") as file:
            header = file.read(_HEADER_BYTES)
            if len(header) < _HEADER_BYTES:
                raise ValueError(
                    f"{path} is truncated: the header of an ISHNE Holter has "
                    f"{_HEADER_BYTES} bytes, and {len(header)} are there."
                )
            self.first_byte = self._first_byte(header)
            self._bring(_HEADER_BYTES, self.first_byte)
            block = file.read(self.first_byte - _HEADER_BYTES)
        self._check_sum(header + block)
        n_leads, rate = self._numbers(header)
        self.n_frames = self._n_frames(header, n_leads)
        codes = struct.unpack_from(f"<{n_leads}h", header, 158)
        self.nanovolts = struct.unpack_from(f"<{n_leads}h", header, 206)
        self._tell_of_counts()
        self.leads = [
            StoredLead(name, float(rate), self.n_frames, "nV" if step > 0 else COUNTS)
            for name, step in zip(_names(codes), self.nanovolts, strict=True)
        ]
        self.start_time = self._start_time(header)

    def read(self, indices, spans):
        """Return stretches of some leads, in their own units; see `Source`."""
        signals = [np.empty(stop - first) for first, stop in spans]
        begin, end = min(a for a, _ in spans), max(b for _, b in spans)
        for place, frames in self._blocks(begin, end):
            for index, (first, stop), signal in zip(
                indices, spans, signals, strict=True
            ):
                low, high = max(first, place), min(stop, place + len(frames))
                if low < high:
                    digital = frames[low - place : high - place, index]
                    self._scale(digital, index, signal[low - first : high - first])
        return signals

    def annotations(self, annotator, sampling_rate) -> pd.DataFrame:
        """Say that there are none; see `Source`."""
        raise FileNotFoundError(
            f"{self.path} holds no annotations: hand over the R peaks and symbols "
            "yourself."
        )

    def _blocks(self, begin, end):
        """Yield some samples of all leads after the other, and the place of each."""
        n_leads = len(self.leads)
        with open(self.path, "rb") as file:
            file.seek(self.first_byte + 2 * n_leads * begin)
            for place in range(begin, end, _FRAMES_AT_ONCE):
                n_frames = min(_FRAMES_AT_ONCE, end - place)
                self._bring(file.tell(), file.tell() + 2 * n_leads * n_frames)
                stored = np.fromfile(file, "<i2", n_frames * n_leads)
                if len(stored) < n_frames * n_leads:
                    raise ValueError(f"{self.path} has become shorter since.")
                yield place, stored.reshape(n_frames, n_leads)

    def _bring(self, start, stop):
        """Bring bytes of a file that is elsewhere."""
        self._fetch(os.path.basename(self.path), start, stop)

    def _scale(self, digital, index, signal):
        """Write digital samples in the unit of their lead."""
        step = max(self.nanovolts[index], 0) or 1
        np.multiply(digital, float(step), out=signal)
        signal[digital == _FAULT] = np.nan

    def _first_byte(self, header):
        """Return where the signal begins, behind the block of variable length."""
        n_bytes, _, _, said = struct.unpack_from("<4i", header, 10)
        first, size = _HEADER_BYTES + n_bytes, os.path.getsize(self.path)
        if n_bytes < 0 or first > size:
            raise ValueError(
                f"{self.path} is truncated or damaged: its header says that {n_bytes} "
                f"bytes of text follow it, and the file has {size}."
            )
        if said != first:
            warn(
                f"The header of {self.path} says that the signal begins at byte "
                f"{said}; it is read from byte {first}, where the header ends."
            )
        return first

    def _check_sum(self, header):
        """Warn of a header that was changed; writers differ in the order of bytes."""
        stored = struct.unpack_from("<H", header, 8)[0]
        found = binascii.crc_hqx(header[10:], 0xFFFF)
        swapped = (found & 0xFF) << 8 | found >> 8
        if stored not in (0, found, swapped):  # 0: the writer computed none.
            warn(
                f"The check sum of the header of {self.path} is wrong: the file may be "
                "damaged. It is read all the same."
            )

    def _numbers(self, header):
        """Return how many leads there are, and the rate."""
        n_leads, rate = (struct.unpack_from("<h", header, at)[0] for at in (156, 272))
        if not 1 <= n_leads <= _MOST_LEADS:
            raise ValueError(
                f"{self.path} is damaged: its header says that it has {n_leads} leads; "
                f"an ISHNE Holter has 1 to {_MOST_LEADS}."
            )
        if rate <= 0:
            raise ValueError(
                f"{self.path} is damaged: its header gives the sampling rate {rate} Hz."
            )
        return n_leads, rate

    def _n_frames(self, header, n_leads):
        """Return the samples of each lead; the header counts those of one or of all."""
        said = struct.unpack_from("<i", header, 14)[0]
        n_stored = (os.path.getsize(self.path) - self.first_byte) // 2
        if n_stored < n_leads:
            raise ValueError(f"{self.path} is truncated: no signal follows its header.")
        if said > n_stored:
            warn(
                f"{self.path} is truncated: its header announces {said} samples, and "
                f"{n_stored} are there, which are read."
            )
        return n_stored // n_leads

    def _tell_of_counts(self):
        without = [i + 1 for i, step in enumerate(self.nanovolts) if step <= 0]
        if without:
            warn(
                f"{self.path} gives no resolution of its leads {without} (counted from "
                "1): they are left in counts of the converter."
            )

    def _start_time(self, header):
        day, month, year = date = struct.unpack_from("<3h", header, 138)
        clock = struct.unpack_from("<3h", header, 150)
        if _UNKNOWN & {*date} or -9 in clock:
            return None
        try:
            return datetime(year, month, day, *clock)
        except ValueError:
            warn(
                f"The header of {self.path} gives no date and time that can be read: "
                "the start of the recording is taken to be unknown. The signal is read "
                "all the same."
            )
            return None


def _names(codes):
    """Return the names of leads; those without one are ECGs all the same."""
    return numbered([_LEADS.get(code, f"ECG {i}") for i, code in enumerate(codes, 1)])

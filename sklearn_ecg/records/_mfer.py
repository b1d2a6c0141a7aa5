"""MFER files, as Japanese electrocardiographs and monitors write them.

The format is that of ISO 22077-1, *Medical waveform format: encoding rules*.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np

from .._messages import warn
from . import _mfer_tags as tags
from ._decoded import (
    COUNTS,
    NUMBERED_LEADS,
    Decoded,
    Piece,
    damage_named,
    rate_of,
    told_apart,
)
from ._mfer_tags import definitions

_TYPES = ("i2", "u2", "i4", "u1", "u2", "i1", "u4", "f4", "f8")
_ORDERS = {"big": ">", "little": "<"}
_STATUS = 4  # Among the types
_DOMINANT_BEAT = 9
_LEADS = NUMBERED_LEADS | {31: "NASA", 32: "CB4", 33: "CB5", 34: "CB6"}
_LEADS |= {4166 + i: f"ECG{i + 1}" for i in range(4)}
_OTHERS = {143: "blood pressure", 160: "impedance respiration", 175: "SpO2"}
_OTHERS |= {4160: "status", 4161: "position", 4162: "motion", 4163: "respiration"}
_UNITS = {0: "V", 1: "mmHg", 2: "Pa", 3: "cmH2O", 7: "%", 8: "degC", 9: "/min"}
_USUAL_INTERVAL = 1, -3, 1  # In seconds: 1000 Hz
_HERTZ, _SECONDS = 0, 1
_OF_CHANNELS = {
    tags.BLOCK,
    tags.SEQUENCES,
    tags.KIND,
    tags.LEAD,
    tags.TYPE,
    tags.INTERVAL,
    tags.SENSITIVITY,
    tags.OFFSET,
    tags.NULL,
}


class MferFile(Decoded):
    """The waveforms of an MFER file, not its dominant beats; NaN between its frames."""

    def __init__(self, path: str):
        with damage_named(path, "MFER file"):
            reader = _Reader(path)
            for tag, channel, value in definitions(Path(path).read_bytes()):
                reader.take(tag, channel, value)
            super().__init__(path, reader.pieces, reader.start_time)


class _Reader:
    """The definitions in force, and the waveforms read with them."""

    def __init__(self, path):
        self.path = path
        self.order = "big"
        self.n_channels = 1
        self.of_all, self.of_one = {}, {}
        self.pointer, self.end = None, 0.0
        self.pieces, self.start_time = [], None

    def take(self, tag, channel, value):
        """Keep a definition, or read waveforms."""
        if tag in _OF_CHANNELS:
            target = self.of_all
            if channel is not None:
                target = self.of_one.setdefault(channel, {})
            target[tag] = value, self.order
            if not value:
                del target[tag]  # What holds for all channels, or always, holds again.
        elif tag == tags.BYTE_ORDER:
            self.order = "little" if value == b"\1" else "big"
        elif tag == tags.CHANNELS:
            self.n_channels, self.of_one = self._whole(value) if value else 1, {}
        elif tag == tags.POINTER:
            self.pointer = self._whole(value) if value else None
        elif tag == tags.COMPRESSION and any(value[:2]):
            raise ValueError("its waveforms are compressed, which is not read")
        elif tag == tags.TIME:
            self._set_time(value)
        elif tag == tags.WAVES:
            self._add_frame(value)

    def _whole(self, value, signed=False):
        return int.from_bytes(value, self.order, signed=signed)

    def _set_time(self, value):
        if len(value) < 7 or not any(value):
            return
        try:
            date = [self._whole(value[:2]), *value[2:7]]
            micro = 1000 * self._whole(value[7:9]) + self._whole(value[9:11])
            self.start_time = datetime(*date, min(micro, 999_999))
        except ValueError:
            warn(
                f"{self.path} gives no measurement time that can be read: the start of "
                "the recording is taken to be unknown. The signal is read all the same."
            )

    def _add_frame(self, raw):
        """Read one frame: sequences of blocks, one of each channel."""
        if not 0 < self.n_channels <= len(raw):
            raise ValueError(
                f"it announces {self.n_channels} channels in {len(raw)} bytes"
            )
        channels = [
            _Channel(number, self.of_all, self.of_one.get(number, {}), self.order)
            for number in range(self.n_channels)
        ]
        blocks = self._blocks(raw, channels)
        base = _Channel(0, self.of_all, {}, self.order)
        start = self.end if self.pointer is None else self.pointer / base.rate
        pieces = [
            channel.piece(stored.reshape(-1), start)
            for channel, stored in zip(channels, blocks, strict=True)
            if not channel.is_left_out
        ]
        lasting = [len(piece.samples) / piece.rate for piece in pieces]
        self.end, self.pointer = start + max(lasting, default=0.0), None
        self.pieces += told_apart(pieces)

    def _blocks(self, raw, channels):
        """Return the samples of each channel, of shape (n_sequences, n_samples)."""
        n_bytes = sum(c.dtype.itemsize * c.n_samples for c in channels)
        if n_bytes > len(raw):
            raise ValueError(
                f"a block of all its channels has {n_bytes} bytes, and {len(raw)} are "
                "there"
            )
        kind = np.dtype([(f"{c.number}", c.dtype, (c.n_samples,)) for c in channels])
        n_stored = len(raw) // kind.itemsize
        said = {c.whole(tags.SEQUENCES, n_stored) for c in channels}
        if len(said) > 1:
            raise ValueError("its channels have different numbers of sequences")
        n_sequences = min(*said, n_stored)
        if n_sequences < max(said):
            warn(
                f"{self.path} is truncated: it announces {max(said)} blocks, and "
                f"{n_stored} are there, which are read."
            )
        frame = np.frombuffer(raw, kind, n_sequences)
        return [frame[f"{c.number}"] for c in channels]


class _Channel:
    """What is defined of a channel."""

    def __init__(self, number: int, of_all: Mapping, of_one: Mapping, order: str):
        self.number = number
        # The name of a lead that is given to all is that of the first.
        if number:
            of_all = {tag: told for tag, told in of_all.items() if tag != tags.LEAD}
        self.told = {**of_all, **of_one}
        kind = self.whole(tags.TYPE, 0)
        if kind >= len(_TYPES):
            raise ValueError(f"its samples are of type {kind}, which is not read")
        self.is_left_out = (
            kind == _STATUS or self.whole(tags.KIND, 0, 2) == _DOMINANT_BEAT
        )
        self.dtype = np.dtype(_ORDERS[order] + _TYPES[kind])
        self.n_samples = self.whole(tags.BLOCK, 1)
        if self.n_samples < 1:
            raise ValueError("its blocks have no samples")

    @property
    def rate(self):
        """The sampling rate in Hz."""
        unit, exponent, mantissa = self._scaled(tags.INTERVAL) or _USUAL_INTERVAL
        value = mantissa * 10.0**exponent
        if unit not in (_HERTZ, _SECONDS) or value <= 0:
            raise ValueError(f"its sampling interval is {value:g} in unit {unit}")
        return value if unit == _HERTZ else rate_of(value)

    def piece(self, stored, start):
        """Return the samples as a lead, in its unit."""
        samples = stored.astype(np.float64)
        null, offset = self._stored(tags.NULL), self._stored(tags.OFFSET)
        if null is not None:
            samples[stored == null] = np.nan
        samples += 0 if offset is None else float(offset)
        name, scale = self._name(), self._scaled(tags.SENSITIVITY)
        if scale is None:
            return Piece(name, self.rate, COUNTS, samples, start)
        unit, exponent, mantissa = scale
        samples *= mantissa * 10.0**exponent
        return Piece(name, self.rate, _UNITS.get(unit, "unknown"), samples, start)

    def whole(self, tag, usual, n_bytes=4):
        """Return a number that is defined, or the usual one."""
        value, order = self.told.get(tag, (None, "big"))
        return usual if value is None else int.from_bytes(value[:n_bytes], order)

    def _name(self):
        value, order = self.told.get(tags.LEAD, (b"", "big"))
        code = int.from_bytes(value[:2], order)
        text = value[2:].decode("utf-8", "replace").strip("\0 ")
        return _LEADS.get(code) or _OTHERS.get(code) or text or f"ECG {self.number + 1}"

    def _scaled(self, tag):
        """Return unit, exponent of ten and number; None if they are not defined."""
        value, order = self.told.get(tag, (b"", "big"))
        if not value:
            return None
        if len(value) < 3:
            raise ValueError(f"its definition {tag:#x} has {len(value)} bytes")
        unit, exponent = struct.unpack_from("<Bb", value)
        return unit, exponent, int.from_bytes(value[2:], order, signed=True)

    def _stored(self, tag):
        """Return a value that is defined in the type of the samples."""
        value, order = self.told.get(tag, (b"", "big"))
        if len(value) < self.dtype.itemsize:
            return None
        return np.frombuffer(value, _ORDERS[order] + self.dtype.str[1:], 1)[0]

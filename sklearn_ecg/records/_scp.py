"""SCP-ECG files: resting ECGs, compressed or not.

The format is that of EN 1064 (ISO 11073-91064). Rhythms of hours, section 12 of its
third version, are not read.
"""

from __future__ import annotations

import binascii
import struct
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .._messages import warn
from ._decoded import (
    NUMBERED_LEADS,
    Decoded,
    Piece,
    damage_named,
    rate_of,
    told_apart,
    with_derived,
)
from ._scp_bimodal import restore
from ._scp_huffman import Huffman, undo_differences

_HEADER_BYTES = 16
_DATE, _CLOCK, _ZONE, _END = 25, 26, 34, 255
"""Tags of section 1; those of people are passed over."""

_NO_ZONE = 0x7FFF
_MICROSECOND = 1e-6


class _Lead(NamedTuple):
    """What section 3 says of a lead; samples are counted from 1."""

    name: str
    start: int
    stop: int


class _Beat(NamedTuple):
    """Where a beat lies, of which the reference beat was taken off if its kind is 0."""

    kind: int
    start: int
    fiducial: int
    stop: int


class _Stored(NamedTuple):
    """What section 5 or 6 says of all leads, and what it stores of each."""

    nanovolts: int
    interval: int  # In microseconds
    order: int  # Of the differences that are stored
    is_bimodal: bool
    leads: list[bytes]


class ScpFile(Decoded):
    """The rhythm of an SCP-ECG file, its reference beats added where taken off."""

    def __init__(self, path: str):
        with damage_named(path, "SCP-ECG file"):
            sections = _sections(path, Path(path).read_bytes())
            record = _Record(path, sections)
            pieces = with_derived(told_apart(record.pieces()))
            super().__init__(path, pieces, _start_time(path, sections.get(1, b"")))


class _Record:
    """The sections of a file that say what its samples are."""

    def __init__(self, path, sections):
        self.path, self.sections = path, sections
        self.huffman = Huffman.of(sections[2]) if sections.get(2) else None
        self.leads, self.flags = _lead_definitions(self._needed(3))
        self.rhythm = _stored(self._needed(6), len(self.leads), "6")
        if not self.rhythm.nanovolts:
            raise ValueError("its section 6 gives the unit 0 nV")
        self.is_subtracted = bool(self.flags & 1)
        self.length, self.fiducial, self.beats, self.zones = 0, 0, [], []
        if sections.get(4):
            self._locate(sections[4])

    def pieces(self):
        """Return the leads in nV."""
        has_beat = self.is_subtracted or self.rhythm.is_bimodal
        reference = _stored(self._needed(5), len(self.leads), "5") if has_beat else None
        interval = reference.interval if reference else self.rhythm.interval
        factor, rest = divmod(self.rhythm.interval, interval or 1)
        if rest or not 1 <= factor <= 8:
            raise ValueError(
                f"its samples are {self.rhythm.interval} us apart, those of its "
                f"reference beat {interval} us"
            )
        rate = rate_of(interval * _MICROSECOND, _MICROSECOND)
        pieces = []
        for i, lead in enumerate(self.leads):
            signal = self._signal(i, lead, factor) * float(self.rhythm.nanovolts)
            if self.is_subtracted:
                beat = self._samples(reference, i, round(1e-3 * self.length * rate))
                self._add(signal, lead, beat * float(reference.nanovolts))
            pieces.append(Piece(lead.name, rate, "nV", signal, (lead.start - 1) / rate))
        return pieces

    def _needed(self, number):
        if not self.sections.get(number):
            raise ValueError(f"it has no section {number}")
        return self.sections[number]

    def _locate(self, body):
        """Read section 4: beats, and the zones around them kept at the full rate."""
        self.length, self.fiducial, n_beats = struct.unpack_from("<3H", body)
        beats = body[6 : 6 + 14 * n_beats]
        if len(beats) == 14 * n_beats:
            self.beats = [_Beat(*one) for one in struct.iter_unpack("<H3I", beats)]
        zones = body[6 + 14 * n_beats :][: 8 * n_beats]
        self.zones = sorted(struct.iter_unpack("<2I", zones[: len(zones) // 8 * 8]))
        if len(self.beats) < n_beats or len(self.zones) < n_beats:
            if self.is_subtracted and len(self.beats) < n_beats:
                raise ValueError(f"its section 4 ends before its {n_beats} beats do")
            self.zones = [(one.start, one.stop) for one in self.beats]

    def _signal(self, i, lead, factor):
        """Return the samples of a lead at the full rate, NaN where they are missing."""
        n_samples = lead.stop - lead.start + 1
        if n_samples > 8 * factor * len(self.rhythm.leads[i]):
            raise ValueError(f"its lead {lead.name} announces {n_samples} samples")
        stored = self._samples(self.rhythm, i, n_samples)
        if factor > 1:
            bounds = [one.start for one in self.beats if one.kind == 0]
            bounds += [one.stop + 1 for one in self.beats if one.kind == 0]
            zones = [(a - lead.start, b - lead.start + 1) for a, b in self.zones]
            bounds = [bound - lead.start for bound in bounds]
            stored = restore(stored, n_samples, factor, zones, bounds)
        signal = np.full(n_samples, np.nan)
        signal[: len(stored)] = stored
        if len(stored) < n_samples:
            warn(
                f"{self.path} holds {len(stored)} of the {n_samples} samples of lead "
                f"{lead.name}: the others are missing."
            )
        return signal

    def _samples(self, stored, i, n_samples):
        """Return up to some samples that are stored of a lead."""
        if self.huffman is None:
            raw = stored.leads[i][: 2 * n_samples]
            values = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.int64)
        else:
            values = self.huffman.decode(stored.leads[i], n_samples)
        return undo_differences(values, stored.order)

    def _add(self, signal, lead, beat):
        """Add the reference beat where it was taken off."""
        for one in self.beats:
            origin = one.fiducial - self.fiducial  # Of the beat, in samples from 0
            first = max(one.start - 1, lead.start - 1, origin)
            stop = min(one.stop, lead.stop, origin + len(beat))
            if one.kind == 0 and first < stop:
                stretch = signal[first - lead.start + 1 : stop - lead.start + 1]
                stretch += beat[first - origin : stop - origin]


def _sections(path, raw):
    """Return the bodies of sections, by number; section 0 says where they are."""
    if len(raw) < 6 + _HEADER_BYTES:
        raise ValueError(f"it has {len(raw)} bytes")
    size = struct.unpack_from("<I", raw, 2)[0]
    number, n_bytes = struct.unpack_from("<HI", raw, 8)
    if number or not _HEADER_BYTES < n_bytes <= len(raw) - 6:
        raise ValueError("its section 0 is not where it must be")
    if size > len(raw):
        raise ValueError(f"it announces {size} bytes, and {len(raw)} are there")
    if binascii.crc_hqx(raw[2:size], 0xFFFF) != struct.unpack_from("<H", raw)[0]:
        warn(
            f"The check sum of {path} is wrong: the file may be damaged. It is read "
            "all the same."
        )
    bodies = {}
    for place in range(6 + _HEADER_BYTES, 6 + n_bytes - 9, 10):
        number, length, index = struct.unpack_from("<HII", raw, place)
        if not length or not index or number > 11:
            continue  # It is not there, or of one manufacturer.
        section = raw[index - 1 : index - 1 + length]
        if len(section) < length or length < _HEADER_BYTES:
            raise ValueError(f"its section {number} lies outside of the file")
        if struct.unpack_from("<H", section, 2)[0] != number:
            raise ValueError(f"its section {number} is not where section 0 says")
        bodies[number] = section[_HEADER_BYTES:]
    return bodies


def _lead_definitions(body):
    """Return the leads, and the flags of section 3."""
    n_leads, flags = struct.unpack_from("<2B", body)
    leads = []
    for place in range(2, 2 + 9 * n_leads, 9):
        start, stop, code = struct.unpack_from("<2IB", body, place)
        name = NUMBERED_LEADS.get(code, f"ECG {len(leads) + 1}")
        if not 1 <= start <= stop:
            raise ValueError(f"its lead {name} goes from sample {start} to {stop}")
        leads.append(_Lead(name, start, stop))
    return leads, flags


def _stored(body, n_leads, section):
    """Return what section 5 or 6 holds."""
    nanovolts, interval, order, is_bimodal = struct.unpack_from("<2H2B", body)
    sizes = struct.unpack_from(f"<{n_leads}H", body, 6)
    place, leads = 6 + 2 * n_leads, []
    if place + sum(sizes) > len(body):
        raise ValueError(f"its section {section} ends before its samples do")
    if order > 2 or not interval:
        raise ValueError(
            f"its section {section} gives differences of order {order}, {interval} us "
            "apart"
        )
    for size in sizes:
        leads.append(body[place : place + size])
        place += size
    return _Stored(nanovolts, interval, order, bool(is_bimodal), leads)


def _start_time(path, body):
    """Return when the ECG was acquired, with its zone if the file says one."""
    told, place = {}, 0
    while place + 3 <= len(body) and body[place] != _END:
        tag, size = struct.unpack_from("<BH", body, place)
        told[tag] = body[place + 3 : place + 3 + size]
        place += 3 + size
    date, clock = told.get(_DATE, b""), told.get(_CLOCK, b"")
    if len(date) < 4 or len(clock) < 3:
        return None
    minutes = _NO_ZONE
    if len(told.get(_ZONE, b"")) >= 2:
        minutes = struct.unpack_from("<h", told[_ZONE])[0]
    try:
        zone = None if minutes == _NO_ZONE else timezone(timedelta(minutes=minutes))
        return datetime(*struct.unpack_from("<H2B", date), *clock[:3], tzinfo=zone)
    except ValueError:
        warn(
            f"{path} gives no acquisition time that can be read: the start of the "
            "recording is taken to be unknown. The signal is read all the same."
        )
        return None

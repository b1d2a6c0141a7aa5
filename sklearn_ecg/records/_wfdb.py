"""Records of the WFDB format, of one segment or several, read through wfdb."""

from __future__ import annotations

import os
import re
from datetime import datetime
from typing import NamedTuple

import numpy as np
import wfdb

from ._mirror import Fetch, nothing_to_fetch
from ._names import is_voltage, numbered, to_millivolts
from ._recording import Source, StoredLead
from ._wfdb_header import HeaderAlone, is_alone, rate_of
from ._wfdb_parts import HeaderText, read_annotations, readable_header

_BYTES_PER_SAMPLE: dict[str, float] = {"8": 1, "16": 2, "24": 3, "32": 4, "61": 2}
_BYTES_PER_SAMPLE |= {"80": 1, "160": 2, "212": 1.5, "310": 4 / 3, "311": 4 / 3}
_FORMATS = {*_BYTES_PER_SAMPLE, "0", "508", "516", "524"}

_MARGIN = 64
"""Bytes around a stretch, as some formats pack several samples together."""

_GAP = "~"
"""What stands for a segment where there is none."""


def open_wfdb(path: str, fetch: Fetch = nothing_to_fetch) -> Source:
    """Open a WFDB record of one segment or several, given without extension."""
    header = read_header(path)
    if isinstance(header, wfdb.MultiRecord):
        return SegmentedRecord(path, header, fetch)
    if is_alone(path, header):
        return HeaderAlone(path, header)
    return WfdbRecord(path, header, fetch)


class _OnDisk:
    """What records of one segment and of several have in common."""

    path: str
    frame_rate: float

    def annotations(self, annotator, sampling_rate):
        """Return the annotations of a file beside the header; see `Source`."""
        return read_annotations(
            self.path, annotator or "atr", sampling_rate, self.frame_rate
        )


class WfdbRecord(_OnDisk):
    """A WFDB record on disk, of one segment."""

    def __init__(self, path: str, header: wfdb.Record, fetch: Fetch = nothing_to_fetch):
        self.path = path
        self.header = header
        self.fetch = fetch
        self.names, self.frame_rate = check_header(path, header)
        self._check_formats()
        self.per_frame = [n or 1 for n in self._counts()]
        self.n_frames = header.sig_len or self._count_frames()
        self.leads = [
            StoredLead(name, self.frame_rate * n, self.n_frames * n, unit)
            for name, n, unit in zip(
                numbered(self.names), self.per_frame, self._units(), strict=True
            )
        ]
        self.start_time: datetime | None = header.base_datetime

    def read(self, indices, spans):
        """Return stretches of some leads, in their own units; see `Source`."""
        frames = [
            (first // self.per_frame[i], -(-stop // self.per_frame[i]))
            for i, (first, stop) in zip(indices, spans, strict=True)
        ]
        first, stop = min(f for f, _ in frames), max(s for _, s in frames)
        if stop <= first:
            return [np.empty(0) for _ in indices]
        signals = self._read_frames(indices, first, stop)
        cut = []
        for index, signal, (start, end) in zip(indices, signals, spans, strict=True):
            offset = first * self.per_frame[index]
            cut.append(signal[start - offset : end - offset])
        return cut

    def check_files(self):
        """Refuse a record of which a signal file is missing, or cut off."""
        home = os.path.dirname(self.path)
        for file, n_bytes in self._bytes_of_files().items():
            path = os.path.join(home, file)
            if not os.path.isfile(path):
                raise FileNotFoundError(
                    f"Record {self.path!r} cannot be read: there is no file {path!r}."
                )
            if os.path.getsize(path) < n_bytes:
                raise ValueError(
                    f"Record {self.path!r} cannot be read: {file} is truncated or "
                    f"damaged ({os.path.getsize(path)} bytes of {n_bytes:.0f})."
                )

    def _bytes_of_files(self):
        """Return how many bytes each signal file must have, 0 where it is packed."""
        header, sizes = self.header, {}
        offsets = header.byte_offset or [0] * len(self.names)
        for file, fmt, n, offset in zip(
            header.file_name, header.fmt, self.per_frame, offsets, strict=True
        ):
            per_sample = _BYTES_PER_SAMPLE.get(fmt, 0)
            # What pads the last bytes is not always there.
            least = (self.n_frames * n - 2) * per_sample
            sizes[file] = max(sizes.get(file, offset or 0) + least, 0)
        return sizes

    def _read_frames(self, indices, first, stop):
        """Return signals of some leads, from one frame to another."""
        # wfdb takes each channel once, and in their order.
        channels = sorted(set(indices))
        if self._has_format(channels, "8"):
            # Its samples are differences; wfdb sums them from wherever it begins.
            signals = self._read_channels(channels, 0, stop)
            signals = [
                signal[first * self.per_frame[index] :]
                for index, signal in zip(channels, signals, strict=True)
            ]
        else:
            signals = self._read_channels(channels, first, stop)
        place_of = {index: place for place, index in enumerate(channels)}
        return [
            np.array(signals[place_of[index]], dtype=np.float64, copy=None)
            for index in indices
        ]

    def _read_channels(self, channels, first, stop):
        """Read frames through wfdb, and check the samples if they are all there."""
        whole = first == 0 and stop == self.n_frames
        self._fetch(channels, first, stop)
        # wfdb cannot give the samples of format 61 as integers.
        is_physical = self._has_format(channels, "61")
        record = self._call(
            channels=channels,
            physical=is_physical,
            smooth_frames=False,
            return_res=64 if is_physical else 32,
            **({} if whole else {"sampfrom": first, "sampto": stop}),
        )
        if whole:
            # The checksums are those of the digital samples.
            digital = record.adc(expanded=True) if is_physical else record.e_d_signal
            for index, samples in zip(channels, digital, strict=True):
                self._check_sum(index, samples)
        return record.e_p_signal if is_physical else record.dac(expanded=True)

    def _fetch(self, channels, first, stop):
        """Fetch the bytes that hold some frames, of a record that is elsewhere."""
        header = self.header
        for file in {header.file_name[index] for index in channels}:
            inside = [i for i, name in enumerate(header.file_name) if name == file]
            size = _BYTES_PER_SAMPLE.get(header.fmt[inside[0]])
            if size is None:
                self.fetch(file, 0, None)
                continue
            in_frame = sum(self.per_frame[index] for index in inside) * size
            offset = (header.byte_offset or [0] * len(self.names))[inside[0]] or 0
            shift = max((skew or 0 for skew in header.skew or []), default=0)
            begin = offset + int(first * in_frame) - _MARGIN
            end = offset + int((stop + shift) * in_frame) + _MARGIN
            self.fetch(file, begin, end)

    def _has_format(self, channels, fmt):
        return any(self.header.fmt[index] == fmt for index in channels)

    def _call(self, **options):
        files = ", ".join(sorted(set(self.header.file_name)))
        with readable_header(self.path, tell=False) as path:
            return call_wfdb(wfdb.rdrecord, self.path, path, files, **options)

    def _check_sum(self, index, samples):
        """Compare the samples with the checksum in the header, if it has one."""
        expected = self.header.checksum[index]
        # Shifted samples are no longer those that were summed.
        if expected is None or any(self.header.skew or []):
            return
        found = int(samples.sum(dtype=np.int64)) % 65536
        if found != expected % 65536:
            raise ValueError(
                f"The samples of lead {self.names[index]!r} of record "
                f"{self.path!r} do not add up to the checksum in its header ({found}, "
                f"expected {expected % 65536}): {self.header.file_name[index]} is "
                "damaged, or is not the file that the header describes. Get the record "
                "again."
            )

    def _count_frames(self):
        """Count the frames where the header does not: only the signal file knows."""
        self.fetch(self.header.file_name[0], 0, None)
        record = self._call(channels=[0], physical=False, smooth_frames=False)
        return len(record.e_d_signal[0]) // self.per_frame[0]

    def _check_formats(self):
        unknown = sorted(set(map(str, self.header.fmt)) - _FORMATS)
        if unknown:
            raise ValueError(
                f"Record {self.path!r} cannot be read: the header {self.path}.hea is "
                f"damaged, or its signals are of formats that are not known, "
                f"{', '.join(unknown)}."
            )

    def _counts(self):
        return self.header.samps_per_frame or [1] * len(self.names)

    def _units(self):
        text = HeaderText.of(self.path)
        stored = self.header.units or [None] * len(self.names)
        return [text.unit(number) or unit or "mV" for number, unit in enumerate(stored)]


class _Segment(NamedTuple):
    record: WfdbRecord
    start: int
    stop: int


class SegmentedRecord(_OnDisk):
    """A WFDB record of several segments, with or without gaps between them."""

    def __init__(
        self, path: str, header: wfdb.MultiRecord, fetch: Fetch = nothing_to_fetch
    ):
        self.path = path
        self.header = header
        self.fetch = fetch
        self.start_time: datetime | None = header.base_datetime
        _check_segment_lines(path, header)
        self.frame_rate = rate_of(path, header)
        # A segment of no length names the leads of all, of which each has some.
        self.is_fixed = header.seg_len[0] > 0
        self.segments = self._open_segments()
        layout = self._layout()
        self.names, _ = check_header(path, layout)
        counts = layout.samps_per_frame or [1] * len(self.names)
        self.per_frame = [n or 1 for n in counts]
        n_frames = sum(header.seg_len)
        self.leads = [
            StoredLead(name, self.frame_rate * n, n_frames * n, self._unit(index))
            for index, (name, n) in enumerate(
                zip(self.names, self.per_frame, strict=True)
            )
        ]
        for segment in self.segments:
            self._check(segment)

    def read(self, indices, spans):
        """Return stretches of some leads, NaN in the gaps; see `Source`."""
        read = [np.full(stop - first, np.nan) for first, stop in spans]
        for segment in self.segments:
            parts = []
            for target, index, span in zip(read, indices, spans, strict=True):
                parts += self._part(segment, target, index, *span)
            if not parts:
                continue
            targets, places, within = zip(*parts, strict=True)
            signals = segment.record.read(places, within)
            for target, place, signal in zip(targets, places, signals, strict=True):
                target[:] = to_millivolts(signal, segment.record.leads[place].unit)
        return read

    def _part(self, segment, target, index, first, stop):
        """Return where a segment's part of a stretch goes, and what to read for it."""
        place, n = self._place(segment, index), self.per_frame[index]
        start = segment.start * n
        begin, end = max(first, start), min(stop, segment.stop * n)
        if place is None or begin >= end:
            return []
        part = target[begin - first : end - first]
        return [(part, place, (begin - start, end - start))]

    def _place(self, segment, index):
        """Return the place of a lead in a segment, or None."""
        if self.is_fixed:
            return index
        names = segment.record.names
        name = self.names[index]
        return names.index(name) if name in names else None

    def _open_segments(self):
        segments, start = [], 0
        lengths = zip(self.header.seg_name, self.header.seg_len, strict=True)
        for name, length in lengths:
            if name != _GAP and length:
                path = os.path.join(os.path.dirname(self.path), name)
                if not os.path.exists(f"{path}.hea"):
                    raise FileNotFoundError(
                        f"Record {self.path!r} cannot be read: its header names the "
                        f"segment {name!r}, and there is no file {f'{path}.hea'!r}."
                    )
                record = WfdbRecord(path, read_header(path), self.fetch)
                segments.append(_Segment(record, start, start + length))
            start += length
        if not segments:
            raise ValueError(f"Record {self.path!r} has no segment with a signal.")
        return segments

    def _layout(self):
        if self.is_fixed:
            return self.segments[0].record.header
        home = os.path.dirname(self.path)
        return read_header(os.path.join(home, self.header.seg_name[0]))

    def _unit(self, index):
        """Return the unit of a lead: mV for any voltage."""
        for segment in self.segments:
            place = self._place(segment, index)
            if place is not None and place < len(segment.record.leads):
                unit = segment.record.leads[place].unit
                return "mV" if is_voltage(unit) else unit
        return "mV"

    def _check(self, segment):
        """Refuse a segment that does not fit into the record."""
        record = segment.record
        length = segment.stop - segment.start
        wrong = None
        if not np.isclose(record.frame_rate, self.frame_rate, rtol=1e-9):
            wrong = f"a rate of {record.frame_rate:g} Hz, not {self.frame_rate:g}"
        elif record.n_frames != length:
            wrong = f"{record.n_frames} samples, not {length}"
        elif self.is_fixed and len(record.leads) != len(self.leads):
            wrong = f"{len(record.leads)} leads, not {len(self.leads)}"
        for index, lead in enumerate(self.leads):
            place = None if wrong else self._place(segment, index)
            if place is None:
                continue
            unit = record.leads[place].unit
            if ("mV" if is_voltage(unit) else unit) != lead.unit:
                wrong = f"lead {lead.name!r} in {unit!r}, not in {lead.unit!r}"
            elif record.per_frame[place] != self.per_frame[index]:
                wrong = f"lead {lead.name!r} at another rate than the record"
        if wrong:
            raise ValueError(
                f"Segment {record.path!r} does not fit into record {self.path!r}: it "
                f"has {wrong}."
            )


def _check_segment_lines(path, header):
    names, lengths = header.seg_name or [], header.seg_len or []
    is_whole = len(names) == len(lengths) == header.n_seg
    if not is_whole or not all(isinstance(n, int) and n >= 0 for n in lengths):
        raise ValueError(
            f"The header of record {path!r} announces {header.n_seg} segments and "
            f"names {names} of {lengths} samples: it is truncated or damaged."
        )


def read_header(path):
    """Read a header through wfdb; of several segments, without their headers."""
    if not os.path.exists(f"{path}.hea"):
        raise FileNotFoundError(
            f"Record {path!r} cannot be read: there is no file {f'{path}.hea'!r}. A "
            "record is named by the path of its .hea file without the extension."
        )
    _check_name(path)
    with readable_header(path) as readable:
        return call_wfdb(wfdb.rdheader, path, readable, f"{path}.hea")


def _check_name(path):
    """Refuse a header that is whole but for the name of its record."""
    fields = HeaderText.of(path).record
    if len(fields) < 3 or not fields[1].isdigit():
        return
    name = fields[0].partition("/")[0]
    if not re.fullmatch(r"[-\w]+", name):
        raise ValueError(
            f"Record {path!r} cannot be read: its header calls it {name!r}, and WFDB "
            "allows letters, digits, '-' and '_' only. Rename it in the header."
        )


def call_wfdb(read, name, path, files, **options):
    """Call a reader of wfdb, and say which record and files it could not read."""
    try:
        return read(path, **options)
    except FileNotFoundError as error:
        # The header may be a copy, which lies elsewhere.
        file = os.path.join(os.path.dirname(name), os.path.basename(error.filename))
        raise FileNotFoundError(
            f"Record {name!r} cannot be read: there is no file {file!r}, which its "
            "header names."
        ) from error
    except OSError:
        raise
    except Exception as error:
        # Damage surfaces in wfdb as whatever its parsers stumble over first:
        # IndexError, TypeError, UnicodeDecodeError, a failed reshape...
        raise ValueError(
            f"Record {name!r} cannot be read: {files} is truncated or damaged "
            f"({type(error).__name__}: {error})."
        ) from error


def check_header(name, header):
    """Return the lead names and the frame rate of a record."""
    leads = list(header.sig_name or [])
    n_leads = getattr(header, "n_sig", None) or len(leads)
    if not all(isinstance(lead, str) for lead in leads) or not len(leads) == n_leads:
        raise ValueError(
            f"Record {name!r} cannot be read: the header {name}.hea is truncated or "
            f"damaged (it announces {n_leads} leads and names {leads})."
        )
    if not leads:
        raise ValueError(f"Record {name!r} has no leads.")
    return leads, rate_of(name, header)

"""WFDB records of several segments, read segment by segment."""

from __future__ import annotations

import os
from datetime import datetime
from typing import NamedTuple

import numpy as np
import wfdb

from ._recording import Source, StoredLead
from ._units import is_voltage, to_millivolts
from ._wfdb import WfdbRecord, check_header, read_header
from ._wfdb_annotations import read_annotations

_GAP = "~"


def open_wfdb(path: str) -> Source:
    """Open a WFDB record of one segment or several, given without extension."""
    header = read_header(path)
    is_multi_segment = isinstance(header, wfdb.MultiRecord)
    return (SegmentedRecord if is_multi_segment else WfdbRecord)(path, header)


class _Segment(NamedTuple):
    record: WfdbRecord
    start: int
    stop: int


class SegmentedRecord:
    """A WFDB record of several segments, with or without gaps between them."""

    def __init__(self, path: str, header: wfdb.MultiRecord):
        self.path = path
        self.header = header
        self.start_time: datetime | None = header.base_datetime
        _check_segment_lines(path, header)
        self.frame_rate = float(header.fs)
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

    def annotations(self, annotator, sampling_rate):
        """Return the annotations of a file beside the header; see `Source`."""
        return read_annotations(
            self.path, annotator or "atr", sampling_rate, self.frame_rate
        )

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
                record = WfdbRecord(path, read_header(path))
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
    if not header.fs or not 0 < header.fs < np.inf:
        raise ValueError(
            f"The header of record {path!r} gives no usable sampling rate: "
            f"{header.fs!r}."
        )

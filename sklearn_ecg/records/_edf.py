"""EDF, EDF+, BDF and BDF+ files, decoded in pieces.

The formats are those of https://www.edfplus.info/specs/edfplus.html and
https://www.biosemi.com/faq/file_format.htm.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from edfio.edf_header import AnonymizedDateError

from .._messages import warn
from ._edf_header import EdfLayout, parse_lists
from ._invalid import LARGEST
from ._mirror import Fetch, nothing_to_fetch
from ._names import numbered
from ._recording import StoredLead

_RATE_OF_ANNOTATIONS_ALONE = 1000.0

_STEP_TOLERANCE = 0.01
"""Of the length of a data record: one that begins so much late or early follows on."""

_JITTER = 0.02
"""Seconds within which times of data records differ from even steps by chance."""


class _Run(NamedTuple):
    """Data records that follow one another without a gap."""

    first: int
    stop: int
    start: float  # Seconds from the start of the recording.


class EdfFile:
    """An EDF or BDF file, with or without the annotations of EDF+."""

    has_free_texts = True

    def __init__(self, path: str, fetch: Fetch = nothing_to_fetch):
        self.path = path
        self.layout = EdfLayout.of(path, fetch)
        self.signals = self.layout.header.signals
        self.numbers = self.layout.numbers(annotations=False)
        self.record_seconds = self.layout.mended.seconds
        self.onset, self.runs = self._timekeeping()
        names = numbered([signal.label or "unnamed" for signal in self.signals])
        self.leads = [
            self._stored(*lead)
            for lead in zip(names, self.signals, self.numbers, strict=True)
        ]
        self.annotation_rate = None if self.leads else _RATE_OF_ANNOTATIONS_ALONE
        self.start_time = self._start_time()

    def read(self, indices, spans):
        """Return stretches of some leads, in their own units; see `Source`."""
        return [
            self._read_lead(index, first, stop)
            for index, (first, stop) in zip(indices, spans, strict=True)
        ]

    def annotations(self, annotator, sampling_rate) -> pd.DataFrame:
        """Return the annotations, sorted by time; see `Source`."""
        numbers = self.layout.numbers(annotations=True)
        if not numbers:
            raise FileNotFoundError(
                f"{self.path} holds no annotations: it is no EDF+ or BDF+ file, or has "
                "no signal of annotations. Hand over the R peaks and symbols yourself."
            )
        found = []
        for number in numbers:
            for lists in self._lists(number, 0, self.layout.n_records):
                if number == numbers[0]:
                    # The first text of a data record only says when the record began.
                    del lists[0][0]
                found += [text for texts in lists for text in texts]
        found.sort()
        onsets = np.array([text.onset for text in found], dtype=np.float64) - self.onset
        return pd.DataFrame(
            {
                "sample": np.rint(onsets * sampling_rate).astype(np.int64),
                "symbol": np.array([text.text for text in found], dtype=object),
                "duration": np.array([text.duration for text in found], dtype=float),
            }
        )

    def _stored(self, name, signal, number):
        count = self.layout.counts[number]
        rate = count / self.record_seconds
        last = self.runs[-1] if self.runs else _Run(0, 0, 0.0)
        n_samples = round(last.start * rate) + (last.stop - last.first) * count
        return StoredLead(name, rate, n_samples, signal.physical_dimension)

    def _read_lead(self, index, first, stop):
        """Decode the samples of a lead into one array; NaN stays in the gaps."""
        gain, offset = self._scale(index)
        read = np.full(stop - first, np.nan)
        for place, digital in self._stored_pieces(index, first, stop):
            piece = digital[max(first - place, 0) : stop - place]
            target = read[max(place - first, 0) :][: len(piece)]
            np.add(piece, offset, out=target)
            target *= gain
        return read

    def _stored_pieces(self, index, first, stop):
        """Yield pieces of what is stored of a stretch, and the place of each."""
        number, layout = self.numbers[index], self.layout
        count = layout.counts[number]
        for run in self.runs:
            start = round(run.start * self.leads[index].sampling_rate)
            begin = run.first + max(first - start, 0) // count
            end = min(run.stop, run.first - (start - stop) // count)
            for record, raw in layout.pieces(number, begin, end):
                place = start + (record - run.first) * count
                yield place, _digital(raw, layout.sample_bytes)

    def _scale(self, index):
        """Return gain and offset of a lead, as edfio computes them."""
        signal = self.signals[index]
        try:
            physical, digital = signal.physical_range, signal.digital_range
            if not max(map(abs, physical)) <= LARGEST:
                raise ValueError(f"{tuple(physical)} are no limits of a converter")
            gain = (physical.max - physical.min) / (digital.max - digital.min)
            return gain, physical.max / gain - digital.max
        except (ValueError, ZeroDivisionError) as error:
            raise ValueError(
                f"Lead {signal.label!r} of {self.path} has no unit that can be used: "
                "its header must give two different physical and two different digital "
                f"limits ({error})."
            ) from error

    def _timekeeping(self):
        """Return the onset of the first data record, and the runs of them."""
        layout = self.layout
        numbers = layout.numbers(annotations=True)
        is_known = 0 < self.record_seconds < np.inf or not self.numbers
        if not numbers or not layout.n_records:
            self._check_seconds()
            return 0.0, [_Run(0, layout.n_records, 0.0)]
        is_discontinuous = layout.header.reserved[3:5] == "+D"
        n_read = layout.n_records if is_discontinuous or not is_known else 1
        onsets = [lists[0][0].onset for lists in self._lists(numbers[0], 0, n_read)]
        starts = np.array(onsets) - onsets[0]
        if not is_known and len(starts) > 1:
            self.record_seconds = float(np.round(np.median(np.diff(starts)), 9))
        self._check_seconds()
        if not is_discontinuous or not self.numbers:
            return onsets[0], [_Run(0, layout.n_records, 0.0)]
        return onsets[0], self._runs(starts)

    def _check_seconds(self):
        """Refuse a file that does not say how long a data record lasts."""
        if self.numbers and not 0 < self.record_seconds < np.inf:
            raise ValueError(
                f"{self.path} does not say at which rate its signals are: its data "
                f"records last {self.record_seconds:g} s. Write the right number of "
                "seconds into bytes 245 to 252 of a copy of it."
            )

    def _runs(self, starts):
        """Join the data records that begin where the one before ends."""
        steps = np.diff(starts)
        follows = np.abs(steps - self.record_seconds) <= (
            _STEP_TOLERANCE * self.record_seconds
        )
        drift = (steps[follows] - self.record_seconds).sum()
        if abs(drift) > _JITTER:
            self._follow_the_clock(steps[follows].mean())
        runs = [_Run(0, len(starts), 0.0)]
        for record in (np.flatnonzero(~follows) + 1).tolist():
            last = runs[-1]
            end = last.start + (record - last.first) * self.record_seconds
            start = float(starts[record])
            if steps[record - 1] < self.record_seconds:
                raise ValueError(
                    f"Data record {record} of {self.path} begins at {start:g} s, "
                    "before the one before it ends: the file is damaged, or its data "
                    "records are not in order."
                )
            # Jitter within a run does not let the next begin before its end.
            runs[-1] = last._replace(stop=record)
            runs.append(_Run(record, len(starts), max(start, end)))
        self._check_last(runs)
        return runs

    def _check_last(self, runs):
        """Refuse a last data record that lies days after all others."""
        *others, last = runs
        if not others or last.stop - last.first > 1:
            return
        first, stop, start = others[-1]
        end = start + (stop - first) * self.record_seconds
        gap = last.start - end
        if gap > max(86400, 100 * end):
            raise ValueError(
                f"Data record {last.first} of {self.path}, the last, begins "
                f"{gap / 86400:.3g} days after the one before it: its time is damaged."
            )

    def _follow_the_clock(self, step):
        """Take the length of a data record from their times, which drift evenly."""
        step = float(np.round(step, 9))
        warn(
            f"The data records of {self.path} follow one another every {step:.6g} s, "
            f"and its header says {self.record_seconds:g} s: rates are taken from "
            f"their times, {self.record_seconds / step:.6g} times those of the header.",
        )
        self.record_seconds = step

    def _lists(self, number, first, stop):
        """Yield the time-stamped lists of each data record."""
        is_timekeeping = number == self.layout.numbers(annotations=True)[0]
        for record, raw in self.layout.pieces(number, first, stop):
            for place, row in enumerate(raw, start=record):
                try:
                    lists = parse_lists(row.tobytes())
                    if is_timekeeping and not lists:
                        raise ValueError("the time of the data record is missing")
                except ValueError as error:
                    raise ValueError(
                        f"The annotations in data record {place} of {self.path} are "
                        f"damaged: {error}."
                    ) from error
                yield lists

    def _start_time(self) -> datetime | None:
        header = self.layout.header
        if not self.layout.n_records:
            return None
        try:
            return header.startdatetime
        except AnonymizedDateError:
            return None
        except ValueError as error:
            warn(
                f"The header of {self.path} gives no date and time that can be read "
                f"({error}): the start of the recording is taken to be unknown. The "
                "signal is read all the same.",
            )
            return None


def _digital(raw, sample_bytes):
    """Return the samples of a signal as integers."""
    if sample_bytes == 2:
        return np.ascontiguousarray(raw).view("<i2").ravel()
    samples = np.zeros((raw.size // 3, 4), dtype=np.uint8)
    samples[:, 1:] = raw.reshape(-1, 3)
    return samples.view("<i4").ravel() >> 8

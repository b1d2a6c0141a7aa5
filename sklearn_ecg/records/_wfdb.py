"""Records of the WFDB format: the only place where signals are read through wfdb."""

from __future__ import annotations

import os
import re
from datetime import datetime

import numpy as np
import wfdb

from ._names import numbered
from ._recording import StoredLead
from ._wfdb_annotations import read_annotations
from ._wfdb_header import HeaderText, readable_header

_BYTES_PER_SAMPLE: dict[str, float] = {"8": 1, "16": 2, "24": 3, "32": 4, "61": 2}
_BYTES_PER_SAMPLE |= {"80": 1, "160": 2, "212": 1.5, "310": 4 / 3, "311": 4 / 3}


class WfdbRecord:
    """A WFDB record on disk, of one segment."""

    def __init__(self, path: str, header: wfdb.Record):
        self.path = path
        self.header = header
        self.names, self.frame_rate = check_header(path, header)
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

    def annotations(self, annotator, sampling_rate):
        """Return the annotations of a file beside the header; see `Source`."""
        return read_annotations(
            self.path, annotator or "atr", sampling_rate, self.frame_rate
        )

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
        record = self._call(channels=[0], physical=False, smooth_frames=False)
        return len(record.e_d_signal[0]) // self.per_frame[0]

    def _counts(self):
        return self.header.samps_per_frame or [1] * len(self.names)

    def _units(self):
        text = HeaderText.of(self.path)
        stored = self.header.units or [None] * len(self.names)
        return [text.unit(number) or unit or "mV" for number, unit in enumerate(stored)]


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
        raise FileNotFoundError(
            f"Record {name!r} cannot be read: there is no file {error.filename!r}. A "
            "record is named by the path of its .hea file without the extension."
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
    rate = header.fs
    if not isinstance(rate, int | float | np.number) or not 0 < rate < np.inf:
        raise ValueError(
            f"The header of record {name!r} gives no usable sampling rate: {rate!r}."
        )
    return leads, float(rate)

"""ECG waveforms of DICOM files, read through pydicom.

The format is that of the DICOM standard, PS3.3, C.10.9 (waveforms) and C.10.10
(annotations): https://dicom.nema.org/medical/dicom/current/output/html/part03.html
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from .._messages import listed, warn
from ._names import is_voltage, numbered
from ._recording import StoredLead

_STORED_TYPES = {
    (8, "SB"): "i1",
    (8, "UB"): "u1",
    (16, "SS"): "i2",
    (16, "US"): "u2",
    (32, "SL"): "i4",
    (32, "UL"): "u4",
    (64, "SV"): "i8",
    (64, "UV"): "u8",
}
"""Types of stored samples, by bits and interpretation; the rest are laws of audio."""

_NUMBERED = dict(zip(range(3, 9), ("V1", "V2", "V3", "V4", "V5", "V6"), strict=True))
_NUMBERED |= {1: "I", 2: "II", 61: "III", 62: "aVR", 63: "aVL", 64: "aVF"}
"""Leads by their number in SCP-ECG, whose numbers ISO/IEEE 11073-10102 (MDC) shares."""

_CODE = {"SCPECG": re.compile(r"5\.6\.3-9-(\d+)"), "MDC": re.compile(r"2:(\d+)")}
_MEANING = re.compile(r"(?:MDC_ECG_)?LEAD[\s_]+(?P<name>[^()]+?)\s*(?:\(.*\))?", re.I)


class DicomFile:
    """The ECG of a DICOM file."""

    def __init__(self, path: str):
        self.path = path
        with _naming(path):
            self._describe(self._dataset())

    def read(self, indices, spans):
        """Return stretches of some leads, in their own units; see `Source`."""
        with _naming(self.path):
            group = self._dataset().WaveformSequence[self.number]
            shape = (self.n_samples, len(self.channels))
            stored = np.frombuffer(group.WaveformData, self.stored_type, np.prod(shape))
            stored = stored.reshape(shape)
            padding = group.get("WaveformPaddingValue")
        read = []
        for index, (first, stop) in zip(indices, spans, strict=True):
            digital = stored[first:stop, index]
            signal = self.channels[index].to_physical(digital)
            if padding is not None:
                signal[digital == _stored_value(padding, self.stored_type)] = np.nan
            read.append(signal)
        return read

    def annotations(self, annotator, sampling_rate) -> pd.DataFrame:
        """Return what is annotated at a time, not of the whole; see `Source`."""
        rate, rows = self.leads[0].sampling_rate, []
        with _naming(self.path):
            for item in self._dataset().get("WaveformAnnotationSequence", []):
                # Pairs of a group and a channel, both counted from 1.
                if self.number + 1 in item.ReferencedWaveformChannels[::2]:
                    rows += _rows_of(item, rate)
        if not rows:
            raise FileNotFoundError(f"{self.path} holds no annotations with a time.")
        table = pd.DataFrame(rows, columns=["time", "symbol", "duration"])
        table = table.sort_values("time", kind="stable", ignore_index=True)
        samples = np.rint(table.pop("time") * sampling_rate).astype(np.int64)
        table.insert(0, "sample", samples)
        return table.astype({"symbol": object, "duration": np.float64})

    def _describe(self, dataset):
        self.number = _choose_group(dataset.WaveformSequence, self.path)
        group = dataset.WaveformSequence[self.number]
        self.stored_type = self._stored_type(dataset, group)
        self.channels = [_Channel(one) for one in group.ChannelDefinitionSequence]
        self.n_samples = int(group.NumberOfWaveformSamples)
        self._check_length(group)
        rate = float(group.SamplingFrequency)
        names = numbered([channel.name for channel in self.channels])
        self.leads = [
            StoredLead(name, rate, self.n_samples, channel.unit)
            for name, channel in zip(names, self.channels, strict=True)
        ]
        self.start_time = self._start_time(dataset, group)

    def _dataset(self):
        dataset = _import_pydicom().dcmread(self.path)
        if not dataset.get("WaveformSequence"):
            raise ValueError(
                f"{self.path} holds no waveform, its modality is "
                f"{dataset.get('Modality', 'not said')!r}."
            )
        return dataset

    def _stored_type(self, dataset, group):
        kind = (int(group.WaveformBitsAllocated), group.WaveformSampleInterpretation)
        if kind not in _STORED_TYPES:
            raise ValueError(
                f"The samples of {self.path} are stored as {kind[0]} bits "
                f"{kind[1]!r}, which is no form of an ECG."
            )
        _, is_little_endian = dataset.original_encoding
        return np.dtype(_STORED_TYPES[kind]).newbyteorder(
            "<" if is_little_endian else ">"
        )

    def _check_length(self, group):
        n_channels = int(group.NumberOfWaveformChannels)
        if n_channels != len(self.channels):
            raise ValueError(
                f"{self.path} is damaged: it announces {n_channels} channels and "
                f"describes {len(self.channels)}."
            )
        expected = self.n_samples * n_channels * self.stored_type.itemsize
        if len(group.WaveformData) < expected:
            raise ValueError(
                f"{self.path} is truncated: {expected} bytes of signal are announced, "
                f"and {len(group.WaveformData)} are there."
            )

    def _start_time(self, dataset, group) -> datetime | None:
        said = dataset.get("AcquisitionDateTime")
        if not said:
            return None
        try:
            began = _import_pydicom().valuerep.DT(said)
        except ValueError as error:
            warn(
                f"{self.path} has the acquisition time {said!r}, which cannot be read "
                f"({error}): the start of the recording is taken to be unknown. The "
                "signal is read all the same.",
            )
            return None
        offset = timedelta(
            milliseconds=float(group.get("MultiplexGroupTimeOffset") or 0)
        )
        began = datetime.combine(began.date(), began.time())
        return began + offset


class _Channel:
    """Name, unit and scale of a channel."""

    def __init__(self, definition):
        self.name = _lead_name(definition)
        units = definition.get("ChannelSensitivityUnitsSequence")
        self.unit = units[0].CodeValue if units else ""
        self.sensitivity = float(definition.get("ChannelSensitivity", 1.0))
        self.correction = float(definition.get("ChannelSensitivityCorrectionFactor", 1))
        self.baseline = float(definition.get("ChannelBaseline", 0.0))

    def to_physical(self, digital):
        """Convert stored samples, as pydicom does."""
        return (
            digital.astype(np.float64) * self.sensitivity * self.correction
            + self.baseline
        )


@contextmanager
def _naming(path):
    """Name the file in whatever error its damage ends in: pydicom decodes late."""
    try:
        yield
    except ImportError:
        raise
    except Exception as error:
        if path in str(error):
            raise
        raise ValueError(
            f"{path} is no DICOM file, or a truncated or damaged one: {error}."
        ) from error


def _import_pydicom():
    try:
        import pydicom
    except ImportError as error:
        raise ImportError(
            "DICOM files are read with pydicom, which is not installed: "
            'pip install "sklearn-ecg[dicom]".'
        ) from error
    return pydicom


def _choose_group(groups, path):
    """Return the place of the first original group with a voltage."""
    of_voltage = [i for i, group in enumerate(groups) if _has_voltage(group)]
    if not of_voltage:
        raise ValueError(
            f"{path} holds no ECG: no channel of it is in a unit of voltage."
        )
    original = [
        i for i in of_voltage if groups[i].get("WaveformOriginality") == "ORIGINAL"
    ]
    if not original:
        warn(
            f"No waveform of {path} is an original: the first derived one is read.",
        )
        return of_voltage[0]
    others = [f"{i + 1} ({_label(groups[i])})" for i in original[1:]]
    if others:
        warn(
            f"{path} holds several waveforms: {original[0] + 1} "
            f"({_label(groups[original[0]])}) is read, {listed(others)} left out.",
        )
    return original[0]


def _label(group):
    return group.get("MultiplexGroupLabel") or f"{group.NumberOfWaveformChannels} leads"


def _has_voltage(group):
    return any(
        is_voltage(_Channel(definition).unit)
        for definition in group.ChannelDefinitionSequence
    )


def _lead_name(definition):
    """Return the standard name of a lead, or what the file calls it."""
    source = (definition.get("ChannelSourceSequence") or [None])[0]
    if source is None:
        return str(definition.get("ChannelLabel", ""))
    code = _CODE.get(source.get("CodingSchemeDesignator"))
    match = code.fullmatch(source.get("CodeValue", "")) if code else None
    if match and int(match[1]) in _NUMBERED:
        return _NUMBERED[int(match[1])]
    meaning = source.get("CodeMeaning", "").strip()
    match = _MEANING.fullmatch(meaning)
    return match["name"] if match else meaning


def _stored_value(padding, stored_type):
    is_raw = isinstance(padding, bytes)
    return np.frombuffer(padding, stored_type, 1)[0] if is_raw else padding


def _rows_of(item, rate):
    """Return time, symbol and duration of what an annotation marks, in seconds."""
    if "ReferencedSamplePositions" in item:
        # The first sample of a group has the number 1.
        times = (np.atleast_1d(item.ReferencedSamplePositions) - 1) / rate
    elif "ReferencedTimeOffsets" in item:
        times = np.atleast_1d(item.ReferencedTimeOffsets).astype(np.float64) / 1000
    else:
        return []
    concepts = item.get("ConceptNameCodeSequence")
    symbol = item.get("UnformattedTextValue") or (
        concepts[0].CodeMeaning if concepts else ""
    )
    if item.get("TemporalRangeType") == "SEGMENT" and len(times) == 2:
        return [(times[0], symbol, times[1] - times[0])]
    return [(time, symbol, np.nan) for time in times]

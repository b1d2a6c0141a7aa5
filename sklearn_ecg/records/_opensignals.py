"""OpenSignals text files, of biosignalsplux and BITalino, in millivolts.

The layout is that of the header, in JSON; the transfer functions are those of the data
sheets of the ECG sensors, PLUX (2015 to 2020).
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import numpy as np

from .._messages import listed, warn
from ._counted_text import Channel, CountedText, first_lines
from ._csv_layout import CsvLayout
from ._decoded import COUNTS

_END = "# EndOfHeader"
_DIGITAL = re.compile(r"nSeq|DI\d*|DO\d*|[IO]\d+", re.I)
_COUNTER_BITS = {"bitalino": 4}
_SENSORS = {"bitalino": (3.3, 1100.0), "biosignalsplux": (3.0, 1000.0)}
"""Volts that the ADC spans and gain of the ECG sensor, by the family of devices."""


class OpenSignalsFile(CountedText):
    """An OpenSignals text: a column for each channel, numbers that count rows."""

    def _find_layout(self):
        encoding, head = first_lines(self.path)
        ends = [i for i, line in enumerate(head) if line.strip() == _END]
        if not ends or ends[0] + 1 >= len(head):
            raise ValueError(
                f"{self.path} is truncated: its header has no end, or no row follows."
            )
        devices = self._devices(head[: ends[0]])
        names = [name for device in devices for name in device["column"]]
        first_row = head[ends[0] + 1].split("\t")
        if len(first_row) == len(names) + 1 and not first_row[-1]:
            names.append("")
        if len(first_row) != len(names):
            raise ValueError(
                f"{self.path} is damaged: its header names {len(names)} columns, and "
                f"line {ends[0] + 2} has {len(first_row)}."
            )
        self._set_channels(devices)
        return CsvLayout(encoding, "\t", ".", names, ends[0] + 1)

    def _describe(self, names, heads, preamble=None):
        """Leave an ECG as it is whose values are no counts of its converter."""
        changed = []
        for i, channel in enumerate(self.channels):
            if channel.unit != COUNTS and not _are_counts(
                heads[channel.place], channel
            ):
                changed.append(channel.name)
                self.channels[i] = replace(channel, unit="unknown", gain=1, offset=0)
        if changed:
            warn(
                f"The channels {listed(changed)} of {self.path} hold values that their "
                "converter does not give: they are left in an unknown unit."
            )
        super()._describe(names, heads, preamble)

    def _devices(self, head):
        """Return what the header says of each device."""
        texts = [line.lstrip("# ") for line in head]
        try:
            [told] = [json.loads(text) for text in texts if text.startswith("{")]
            devices = list(told.values())
            for device in devices:
                float(device["sampling rate"])
                if not all(isinstance(name, str) for name in device["column"]):
                    raise TypeError
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ValueError(
                f"{self.path} is damaged: its header must say the columns and the "
                "sampling rate of each device, in JSON."
            ) from None
        return devices

    def _set_channels(self, devices):
        rates = {float(device["sampling rate"]) for device in devices}
        if len(rates) != 1:
            raise ValueError(
                f"{self.path} must hold devices of one sampling rate, not of "
                f"{sorted(rates)} Hz: record or export them one by one."
            )
        self.rate, self.channels, self.counter = rates.pop(), [], 0
        begins = np.cumsum([0, *(len(device["column"]) for device in devices)])
        for device, (begin, _) in zip(devices, pairwise(begins), strict=True):
            self.channels += _channels(device, int(begin))
        family = _family(devices[0])
        if family in _COUNTER_BITS:
            self.modulus = 1 << _COUNTER_BITS[family]
        self.start_time = _start(devices[0])
        unknown = [
            c.name for c in self.channels if "ECG" in c.name and c.unit == COUNTS
        ]
        if unknown:
            warn(
                f"{self.path} does not say how its channels {listed(unknown)} are "
                "scaled: they are left in counts of the converter."
            )


def _are_counts(values, channel):
    """Tell whether the first values of a channel can be what its converter gives."""
    if values.dtype.kind not in "iuf":
        return True  # What is no number is named when it is read.
    known = values[np.isfinite(values)]
    return (known == np.rint(known)).all() and known.between(
        0, 2 * channel.offset
    ).all()


def _channels(device, begin):
    """Return the analog columns of a device, an ECG in mV where its scale is known."""
    columns, labels = device["column"], device.get("label")
    labels = labels if isinstance(labels, list) else []
    analog = [i for i, name in enumerate(columns) if name in labels]
    analog = analog or [i for i, n in enumerate(columns) if not _DIGITAL.fullmatch(n)]
    sensors, bits = device.get("sensor"), device.get("resolution")
    channels = []
    for number, i in enumerate(analog):
        sensor = str(_at(sensors, number) or "").strip()
        n_bits = _at(bits, i if len(bits or []) == len(columns) else number)
        name = f"{sensor} {columns[i]}".strip()
        scale = _SENSORS.get(_family(device))
        is_ecg = sensor.upper().startswith("ECG")
        if is_ecg and scale and isinstance(n_bits, int) and 1 < n_bits <= 24:
            volts, gain = scale
            step = 1000 * volts / gain / 2**n_bits
            channels.append(Channel(name, begin + i, "mV", step, 2 ** (n_bits - 1)))
        else:
            channels.append(Channel(name, begin + i, COUNTS))
    return channels


def _at(values, number):
    is_there = isinstance(values, list) and number < len(values)
    return values[number] if is_there else None


def _family(device):
    return str(device.get("device", "")).lower().split("_")[0]


def _start(device):
    text = f"{device.get('date', '')} {device.get('time', '')}"
    numbers = re.fullmatch(r"(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)(?:\.(\d+))?", text)
    if not numbers:
        return None
    micro = int((numbers[7] or "").ljust(6, "0")[:6])
    try:
        return datetime(*map(int, numbers.groups()[:6]), micro)
    except ValueError:
        return None

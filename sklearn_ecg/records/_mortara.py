"""XML files of Mortara (Welch Allyn, Hillrom) ELI electrocardiographs.

There is no published specification; the layout is that which the open readers
BRAVEHEART and EDFbrowser have found in files.
"""

from __future__ import annotations

import re

import numpy as np

from .._messages import warn
from ._decoded import (
    COUNTS,
    Decoded,
    Piece,
    damage_named,
    samples_in,
    standard_name,
    start_of,
    told_apart,
)
from ._xml import number, parse_xml

_NUMBERS = re.compile(r"\s*[+-]?\d+(?:[\s,;]+[+-]?\d+)+[\s,;]*")


class MortaraFile(Decoded):
    """The channels of rhythm of a Mortara file, not its typical cycle."""

    def __init__(self, path: str):
        with damage_named(path, "XML file of Mortara"):
            root = parse_xml(path)
            channels = [_piece(path, one) for one in root.findall("CHANNEL")]
            start = start_of(path, root.get("ACQUISITION_TIME", ""), "%Y%m%d%H%M%S")
            super().__init__(path, told_apart(channels), start)


def _piece(path, channel):
    name = standard_name(channel.get("NAME") or "ECG")
    told = [channel.get(key, "") for key in ("BITS", "FORMAT", "ENCODING")]
    if told[0] not in ("", "16") or told[1].upper() not in ("", "SIGNED"):
        raise ValueError(f"channel {name} holds {told[0]} bits {told[1]!r}")
    if told[2].upper() not in ("", "BASE64"):
        raise ValueError(f"channel {name} is encoded as {told[2]!r}")
    samples = _samples(channel.get("DATA") or channel.text or "", name)
    rate = number(channel.get("SAMPLE_FREQ", ""), f"SAMPLE_FREQ of channel {name}")
    _check_length(channel, name, samples, rate)
    if number(channel.get("OFFSET") or "0", "OFFSET"):
        warn(f"Channel {name} of {path} has an OFFSET, which is not taken off.")
    per_millivolt = channel.get("UNITS_PER_MV", "")
    if not per_millivolt:
        return Piece(name, rate, COUNTS, samples)
    steps = number(per_millivolt, f"UNITS_PER_MV of channel {name}")
    if steps <= 0:
        raise ValueError(f"UNITS_PER_MV of channel {name} is {steps:g}")
    return Piece(name, rate, "mV", samples / steps)


def _samples(text, name):
    if _NUMBERS.fullmatch(text):
        return np.array(re.split(r"[\s,;]+", text.strip(" \t\r\n,;")), dtype=np.float64)
    return samples_in(text, f"channel {name}")


def _check_length(channel, name, samples, rate):
    """Refuse a channel of another length than its duration, in samples or ms."""
    said = number(channel.get("DURATION") or "0", "DURATION")
    if said > 0 and len(samples) not in (said, round(said * rate / 1000)):
        raise ValueError(f"channel {name} has {len(samples)} samples, not {said:g}")

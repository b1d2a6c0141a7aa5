"""XML files that GE MUSE exports.

The layout is that of the schema ``restecg.dtd``, which the files name.
"""

from __future__ import annotations

import zlib
from base64 import b64decode

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
    with_derived,
)
from ._xml import number, parse_xml, text_of

_UNITS = {"MICROVOLTS": "uV", "MILLIVOLTS": "mV", "VOLTS": "V", "NANOVOLTS": "nV"}
_TYPES = {1: "<i1", 2: "<i2", 4: "<i4"}


class MuseFile(Decoded):
    """The rhythm of a MUSE file: the leads stored, and the limb leads they give."""

    def __init__(self, path: str):
        with damage_named(path, "XML file of GE MUSE"):
            root = parse_xml(path)
            kinds = [
                (text_of(one, "WaveformType"), one) for one in root.iter("Waveform")
            ]
            rhythms = [one for kind, one in kinds if kind.lower() in ("rhythm", "")]
            if not rhythms:
                raise ValueError("it holds no waveform of the type Rhythm")
            if len(rhythms) > 1:
                warn(f"{path} holds {len(rhythms)} rhythms: the first is read.")
            rate = number(text_of(rhythms[0], "SampleBase"), "SampleBase")
            rate *= 10 ** number(text_of(rhythms[0], "SampleExponent") or "0", "rate")
            stored = rhythms[0].findall("LeadData")
            leads = [_piece(one, rate) for one in stored]
            if any(map(_has_changed, stored)):
                warn(f"A check sum of {path} is wrong: the file may be damaged.")
            start = _start(path, root)
            super().__init__(path, with_derived(told_apart(leads)), start)


def _piece(lead, rate):
    name = standard_name(text_of(lead, "LeadID"))
    size = int(number(text_of(lead, "LeadSampleSize") or "2", "LeadSampleSize"))
    if size not in _TYPES:
        raise ValueError(f"its LeadSampleSize is {size} bytes")
    samples = samples_in(text_of(lead, "WaveFormData"), f"lead {name}", _TYPES[size])
    said = text_of(lead, "LeadSampleCountTotal")
    if said and number(said, "LeadSampleCountTotal") != len(samples):
        raise ValueError(f"lead {name} has {len(samples)} samples, not {said}")
    unit = _UNITS.get(text_of(lead, "LeadAmplitudeUnits").upper(), COUNTS)
    scale = text_of(lead, "LeadAmplitudeUnitsPerBit")
    if unit == COUNTS or not scale:
        return Piece(name, rate, COUNTS, samples)
    return Piece(name, rate, unit, samples * number(scale, f"scale of lead {name}"))


def _has_changed(lead):
    """Tell whether the samples of a lead are against its check sum, if there is one."""
    crc = text_of(lead, "LeadDataCRC32")
    return crc.isdigit() and zlib.crc32(
        b64decode(text_of(lead, "WaveFormData"))
    ) != int(crc)


def _start(path, root):
    """Return when the ECG was acquired; MUSE writes the month first."""
    told = [text_of(root, f"TestDemographics/Acquisition{x}") for x in ("Date", "Time")]
    text = " ".join(told) if all(told) else ""
    return start_of(path, text, "%m-%d-%Y %H:%M:%S", "%m-%d-%Y %H:%M")

"""SCP-ECG files, written as EN 1064 says: plain, in Huffman codes, residuals."""

import binascii
import struct

import numpy as np

CODES = {"I": 1, "II": 2, "V1": 3, "V2": 4, "V3": 5, "V4": 6, "V5": 7, "V6": 8}
CODES |= {"III": 61, "aVR": 62, "aVL": 63, "aVF": 64, "X": 16}


def scp_bytes(
    signals,
    *,
    interval=2000,
    nanovolts=2500,
    order=2,
    tables=b"\x1f\x4e",
    lead_starts=None,
    reference=None,
    beats=(),
    zones=(),
    factor=1,
    zone_minutes=None,
    date=(2024, 2, 3),
):
    """Return a file of signals, a mapping from leads to samples.

    `reference` is a mapping from leads to the beat that is taken off, with the number
    of its fiducial sample as ``"fiducial"``; `beats` are (start, fiducial, stop), from
    1 on; `zones` are (start, stop) outside of which one of `factor` samples is kept.
    `tables` is section 2, that of the default table; None stores plain numbers.
    """
    starts = lead_starts or dict.fromkeys(signals, 1)
    sections = {1: _section_1(date, zone_minutes)}
    if tables is not None:
        sections[2] = tables
    is_subtracted = reference is not None
    sections[3] = struct.pack(
        "<2B", len(signals), is_subtracted | 4 | len(signals) << 3
    )
    for lead, samples in signals.items():
        stop = starts[lead] + len(samples) - 1
        sections[3] += struct.pack("<2IB", starts[lead], stop, CODES[lead])
    fiducial, stored = 0, {lead: np.array(s, int) for lead, s in signals.items()}
    if reference is not None:
        fiducial = reference["fiducial"]
        for lead, residual in stored.items():
            for start, at, stop in beats:
                first = start - 1 - (at - fiducial)
                residual[start - 1 : stop] -= reference[lead][first:][
                    : stop - start + 1
                ]
        lengths = {len(reference[lead]) for lead in signals}
        milliseconds = lengths.pop() * interval // 1000
        sections[4] = struct.pack("<3H", milliseconds, fiducial, len(beats))
        for start, at, stop in beats:
            sections[4] += struct.pack("<H3I", 0, start, at, stop)
        for zone in zones or [(start, stop) for start, _, stop in beats]:
            sections[4] += struct.pack("<2I", *zone)
        beat = {lead: reference[lead] for lead in signals}
        sections[5] = _samples(beat, nanovolts, interval, order, tables, 0)
    if factor > 1:
        stored = {lead: decimated(s, zones, factor) for lead, s in stored.items()}
    sections[6] = _samples(
        stored, nanovolts, interval * factor, order, tables, factor > 1
    )
    return _joined(sections)


def decimated(samples, zones, factor):
    """Return means of samples outside of zones, and what is left of them as it is."""
    kept, at = [], 0
    for start, stop in [*zones, (len(samples) + 1, len(samples))]:
        n_groups = (start - 1 - at) // factor
        groups = samples[at : at + n_groups * factor].reshape(-1, factor)
        kept += [groups.sum(axis=1) // factor, samples[at + n_groups * factor : stop]]
        at = stop
    return np.concatenate(kept)


def huffman(values):
    """Return values in the codes of the default table."""
    bits = ""
    for value in values:
        size = abs(value)
        if value == 0:
            bits += "0"
        elif size <= 8:
            bits += "1" * size + ("01" if value < 0 else "00")
        elif -128 <= value <= 127:
            bits += "1" * 9 + "0" + f"{value & 0xFF:08b}"
        else:
            bits += "1" * 10 + f"{value & 0xFFFF:016b}"
    bits += "0" * (-len(bits) % 16)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _samples(leads, nanovolts, interval, order, tables, is_bimodal):
    body, chunks = struct.pack("<2H2B", nanovolts, interval, order, is_bimodal), []
    for samples in leads.values():
        values = np.diff(samples, order).tolist()
        if order:
            values = [*np.diff(samples[:order], 0).tolist(), *values]
        if order == 1:
            values[0] = int(samples[0])
        packed = struct.pack(f"<{len(values)}h", *values)
        chunks.append(packed if tables is None else huffman(values))
    body += struct.pack(f"<{len(chunks)}H", *map(len, chunks))
    return body + b"".join(chunks)


def _section_1(date, zone_minutes):
    body = struct.pack("<BH", 0, 11) + b"Mustermann\0"
    body += struct.pack("<BHH2B", 25, 4, *date) + struct.pack(
        "<BH3B", 26, 3, 10, 20, 30
    )
    if zone_minutes is not None:
        body += struct.pack("<BHhH", 34, 4, zone_minutes, 0)
    return body + struct.pack("<BH", 255, 0)


def _joined(sections):
    pointers = {0: 16 + 10 * (len(sections) + 1)} | {
        number: 16 + len(body) + len(body) % 2 for number, body in sections.items()
    }
    table, index = b"", 7
    for number, length in pointers.items():
        table += struct.pack("<HII", number, length, index)
        index += length
    parts = [_with_header(0, table, b"SCPECG")]
    parts += [
        _with_header(number, body + b"\0" * (len(body) % 2))
        for number, body in sections.items()
    ]
    record = b"".join(parts)
    record = struct.pack("<I", 6 + len(record)) + record
    return struct.pack("<H", binascii.crc_hqx(record, 0xFFFF)) + record


def _with_header(number, body, reserved=bytes(6)):
    section = struct.pack("<HI2B", number, 16 + len(body), 20, 20) + reserved + body
    return struct.pack("<H", binascii.crc_hqx(section, 0xFFFF)) + section

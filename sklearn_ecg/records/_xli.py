"""XLI, the compression of Philips Sierra XML: LZW of second differences.

As https://github.com/sixlettervariables/sierra-ecg-tools/wiki describes it.
"""

from __future__ import annotations

import struct

import numpy as np

_BITS = 10
_MOST_BYTES = 1 << 22  # Unpacked, of a lead: more than an hour
_LAST_CODE = (1 << _BITS) - 2


def decode_xli(raw: bytes, n_leads: int) -> list[np.ndarray]:
    """Return the samples of leads that follow one another, each behind a header.

    Raises
    ------
    ValueError
        If the bytes end before, or are no XLI.
    """
    leads: list[np.ndarray] = []
    place = 0
    while len(leads) < n_leads:
        if place + 8 > len(raw):
            raise ValueError(
                f"its waveforms end behind {len(leads)} of {n_leads} leads"
            )
        size, _, first = struct.unpack_from("<ihh", raw, place)
        place += 8
        if not 0 < size <= len(raw) - place:
            raise ValueError(
                f"lead {len(leads) + 1} of its waveforms announces {size} bytes, and "
                f"{len(raw) - place} are there"
            )
        leads.append(
            _undo_differences(_words(_unpack(raw[place : place + size])), first)
        )
        place += size
    return leads


def _unpack(packed):
    """Return what LZW with codes of 10 bits, the first bit first, has packed."""
    strings = [bytes([code]) for code in range(256)]
    bits = np.unpackbits(np.frombuffer(packed, np.uint8))
    bits = bits[: len(bits) // _BITS * _BITS].reshape(-1, _BITS)
    codes = bits @ (1 << np.arange(_BITS)[::-1])
    unpacked, before, n_bytes = [], b"", 0
    for code in codes.tolist():
        if code > _LAST_CODE:
            break
        if code < len(strings):
            string = strings[code]
        elif before and code == len(strings):
            string = before + before[:1]
        else:
            raise ValueError(f"its waveforms hold the code {code}, which means nothing")
        if before and len(strings) <= _LAST_CODE:
            strings.append(before + string[:1])
        unpacked.append(string)
        before, n_bytes = string, n_bytes + len(string)
        if n_bytes > _MOST_BYTES:
            raise ValueError("a lead of its waveforms is longer than any resting ECG")
    return b"".join(unpacked)


def _words(unpacked):
    """Join the high bytes, which come first, and the low ones to numbers."""
    stored = np.frombuffer(unpacked + b"\0" * (len(unpacked) % 2), np.uint8)
    high, low = stored.reshape(2, -1).astype(np.uint16)
    words = (high << 8 | low).view(np.int16).astype(np.int64)
    if len(words) < 2:
        raise ValueError("a lead of its waveforms has fewer than two samples")
    return words


def _undo_differences(words, first):
    """Return samples: the first two, then each by how the slope changes.

    That of the third stands in the header, those of the others one place early.
    """
    change = np.concatenate([[first], words[2:-1] - 64])[: len(words) - 2]
    slope = words[1] - words[0] - np.cumsum(change)
    return np.concatenate([words[:2], words[1] + np.cumsum(slope)])

"""XLI of Philips Sierra XML, written as sierra-ecg-tools reads it."""

import struct

import numpy as np

LAST_CODE = 1022


def xli(leads):
    """Return leads, arrays of int, one behind the other."""
    return b"".join(_lead(np.asarray(samples, int)) for samples in leads)


def limb_residuals(signals):
    """Return what XLI stores of I, II, III, aVR, aVL and aVF."""
    one, two, three, right, left, foot = signals
    stored = [one, two, two - one - three, -right - (one + two) // 2]
    return [*stored, (one - three) // 2 - left, (two + three) // 2 - foot]


def _lead(samples):
    changes = -np.diff(samples, 2)
    words = np.concatenate([samples[:2], changes[1:] + 64, [64]]).astype(np.int16)
    stored = words.astype(">i2").view(np.uint8).reshape(-1, 2)
    packed = _lzw(stored.T.tobytes())
    return struct.pack("<ihh", len(packed), 0, changes[0]) + packed


def _lzw(raw):
    table = {bytes([code]): code for code in range(256)}
    codes, current = [], b""
    for byte in raw:
        longer = current + bytes([byte])
        if longer in table:
            current = longer
            continue
        codes.append(table[current])
        if len(table) <= LAST_CODE:
            table[longer] = len(table)
        current = bytes([byte])
    codes.append(table[current])
    bits = "".join(f"{code:010b}" for code in codes) + "1" * 10
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")

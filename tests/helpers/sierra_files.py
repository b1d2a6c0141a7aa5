"""Philips Sierra XML and XLI, written as sierra-ecg-tools reads them."""

import struct

import numpy as np

LAST_CODE = 1022


def document(waves, attributes="", version="1.04", signal="", kind="SierraECG"):
    return f"""<?xml version="1.0" encoding="utf-8"?>
      <restingecgdata xmlns="http://www3.medical.philips.com">
      <documentinfo><documenttype>{kind}</documenttype>
      <documentversion>{version}</documentversion></documentinfo>
      <patient><generalpatientdata><name><lastname>Mustermann</lastname></name>
      </generalpatientdata></patient>
      <dataacquisition date="2024-02-03" time="10:20:30"><signalcharacteristics>
      <samplingrate>500</samplingrate><resolution>5</resolution>
      <signalsigned>True</signalsigned><acquisitiontype>STD-12</acquisitiontype>
      <numberchannelsallocated>12</numberchannelsallocated>{signal}
      </signalcharacteristics></dataacquisition>
      <waveforms><parsedwaveforms durationperchannel="2000" {attributes}>
      {waves}</parsedwaveforms><repbeats/></waveforms></restingecgdata>"""


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

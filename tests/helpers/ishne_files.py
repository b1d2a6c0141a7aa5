"""ISHNE Holters, written as Badilini (1998) says."""

import binascii
import struct

import numpy as np


def ishne_bytes(
    samples,
    *,
    codes=(6, 11, 0),
    nanovolts=2500,
    rate=200,
    text=b"",
    date=(3, 2, 2024),
    clock=(10, 20, 30),
    announced=None,
    check_sum=True,
):
    """Return a file of samples of shape (n_samples, n_leads)."""
    samples = np.asarray(samples, "<i2")
    n_leads = samples.shape[1]
    header = struct.pack(
        "<4ih", len(text), announced or len(samples), 522, 522 + len(text), 1
    )
    header += b"Erika".ljust(40, b"\0") + b"Mustermann".ljust(40, b"\0")
    header += b"id 7".ljust(20, b"\0")
    header += struct.pack("<8h", 2, 1, 1, 2, 1950, *date)
    header += struct.pack("<7h", 4, 2, 2024, *clock, n_leads)
    for values in (codes, [1] * n_leads, [nanovolts] * n_leads):
        values = [*values[:n_leads], *[-9] * (12 - n_leads)]
        header += struct.pack("<12h", *values)
    header += struct.pack("<h", 0) + b"digital".ljust(40, b"\0")
    header += struct.pack("<h", rate) + bytes(248)
    header += text
    found = binascii.crc_hqx(header, 0xFFFF) if check_sum else 0
    return b"ISHNE1.0" + struct.pack("<H", found) + header + samples.tobytes()

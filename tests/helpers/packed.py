"""Numbers that a page has packed, as its script reads them."""

import base64
import zlib

import numpy as np


def unpacked(text):
    """Return the numbers of a text: of all of them the lowest bytes come first."""
    planes = zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS)
    lowest_first = np.frombuffer(planes, dtype=np.uint8).reshape(4, -1).T
    return lowest_first.copy().view("<u4").ravel().astype(np.int64)


def unfolded(numbers):
    """Return 0, 1, 2, 3, 4... as 0, -1, 1, -2, 2..."""
    whole = np.asarray(numbers, dtype=np.int64)
    return np.where(whole % 2, -(whole + 1) // 2, whole // 2)

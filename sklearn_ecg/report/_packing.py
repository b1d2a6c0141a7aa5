"""Whole numbers as a text that a browser can read: deflated bytes in base 64."""

from __future__ import annotations

import base64
import zlib

import numpy as np
from numpy.typing import ArrayLike

_BYTES = 4


def packed(numbers: ArrayLike) -> str:
    """Return numbers of 32 bits, not negative, the lowest bytes of all of them first.

    Most numbers are small: their higher bytes are zeros, which take no room.
    """
    planes = np.asarray(numbers).astype("<u4").view(np.uint8).reshape(-1, _BYTES).T
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    content = deflate.compress(planes.tobytes()) + deflate.flush()
    return base64.b64encode(content).decode("ascii")


def folded(numbers: ArrayLike) -> np.ndarray:
    """Return 0, -1, 1, -2, 2... as 0, 1, 2, 3, 4...: what is small stays small."""
    whole = np.asarray(numbers, dtype=np.int64)
    return np.where(whole < 0, -2 * whole - 1, 2 * whole)

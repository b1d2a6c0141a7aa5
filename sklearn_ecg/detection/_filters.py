"""Filters in integers that remember what the next block needs.

Each has an `update` that takes a block of any length and returns as many values, so
that the blocks into which a signal is cut change nothing, bit for bit.
"""

from __future__ import annotations

import numpy as np


class BoxSum:
    """The sum of the last `length` values."""

    def __init__(self, length: int):
        self._past = np.zeros(length - 1, dtype=np.int64)

    def update(self, block: np.ndarray) -> np.ndarray:
        """Return a sum for each value of the block."""
        length = len(self._past) + 1
        values = np.concatenate([self._past, block])
        self._past = values[len(block) :]
        total = np.cumsum(values)
        sums = total[length - 1 :].copy()
        sums[1:] -= total[:-length]
        return sums


class Delay:
    """The value `length` values ago."""

    def __init__(self, length: int):
        self._past = np.zeros(length, dtype=np.int64)

    def update(self, block: np.ndarray) -> np.ndarray:
        """Return the earlier value for each value of the block."""
        values = np.concatenate([self._past, block])
        self._past = values[len(block) :]
        return values[: len(block)]


class HighPass:
    """`length` times a value, less the sum of the `length` values around it."""

    def __init__(self, length: int):
        self._length = length
        self._box = BoxSum(length)
        self._delay = Delay(length // 2)

    def update(self, block: np.ndarray) -> np.ndarray:
        """Return the difference for each value of the block."""
        return self._length * self._delay.update(block) - self._box.update(block)


class Slope:
    """The absolute difference from the value `length` values ago, over 4."""

    def __init__(self, length: int):
        self._delay = Delay(length)

    def update(self, block: np.ndarray) -> np.ndarray:
        """Return the slope for each value of the block."""
        return np.abs(block - self._delay.update(block)) >> 2


class Decimate:
    """Sums of `factor` samples, one after the other."""

    def __init__(self, factor: int):
        self._factor = factor
        self._rest = np.zeros(0, dtype=np.int64)

    @property
    def n_waiting(self) -> int:
        """Number of samples that wait for the rest of their sum."""
        return len(self._rest)

    def update(self, block: np.ndarray) -> np.ndarray:
        """Return the sums that the block completes."""
        if self._factor == 1:
            return block
        values = np.concatenate([self._rest, block])
        n_whole = len(values) - len(values) % self._factor
        self._rest = values[n_whole:]
        sums = values[0 : n_whole : self._factor].copy()
        for k in range(1, self._factor):
            sums += values[k : n_whole : self._factor]
        return sums


def log2(values: np.ndarray) -> np.ndarray:
    """Return the binary logarithm in 1/256, linear between powers of two; 0 of 0."""
    values = np.maximum(values, 1)
    exponent = np.frexp(values.astype(float))[1].astype(np.int64) - 1
    return (exponent << 8) + ((values << 8) >> exponent) - 256

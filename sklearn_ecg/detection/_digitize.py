"""From samples of any kind to integers: the first step, and the only one in floats."""

from __future__ import annotations

import numpy as np

_LARGEST = 2**31 - 1
_MICROVOLTS_PER_MILLIVOLT = 1000


class Digitize:
    """Integers of samples; an invalid one is the last valid one."""

    def __init__(self, resolution: float):
        self._counts_per_millivolt = _MICROVOLTS_PER_MILLIVOLT / resolution
        self._first: int | None = None
        self._last = 0

    def update(self, block: np.ndarray) -> np.ndarray:
        """Return an integer for each sample of the block."""
        if len(block) == 0:
            return np.zeros(0, dtype=np.int64)
        if block.dtype.kind != "f":
            return self._relative(_limited_integers(block), None)
        values = block.astype(float)
        is_valid = np.isfinite(values)
        if is_valid.all():
            is_valid = None
        else:
            values[~is_valid] = 0
        highest = _LARGEST / self._counts_per_millivolt
        np.clip(values, -highest, highest, out=values)
        values *= self._counts_per_millivolt
        return self._relative(np.rint(values).astype(np.int64), is_valid)

    def _relative(self, counts, is_valid):
        if self._first is None:
            valid = counts if is_valid is None else counts[is_valid]
            if len(valid) == 0:
                return np.zeros(len(counts), dtype=np.int64)
            self._first = valid[0]
        counts -= self._first
        if is_valid is not None:
            counts = self._held(counts, is_valid)
        self._last = counts[-1]
        return counts

    def _held(self, counts, is_valid):
        source = np.where(is_valid, np.arange(1, len(counts) + 1), 0)
        np.maximum.accumulate(source, out=source)
        return np.concatenate([[self._last], counts])[source]


def _limited_integers(block):
    if block.dtype == np.uint64:
        block = np.minimum(block, np.uint64(_LARGEST))
    return np.clip(block.astype(np.int64), -_LARGEST, _LARGEST)

"""From samples to filtered integers, by steps that remember what the next block needs.

Each has an `update` that takes a block of any length, so that the blocks into which a
signal is cut change nothing, bit for bit. Only `Digitize`, the first, sees floats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._parameter_checks import Number

DEVICE_RATE = Number(100, 1000, noun="number of Hz")
"""Rates of a device's converter."""

_WORKING_RATE = 125
"""In Hz: the rate near which the detector works, whatever that of the recording."""


@dataclass(frozen=True)
class Lengths:
    """Lengths of the filters and windows at a sampling rate, in working samples."""

    factor: int
    working_rate: float
    box: int
    high_pass: int
    slope: int
    energy: int
    apart: int
    before_peak: int
    after_peak: int
    broad: int
    around: int
    broad_before: int
    broad_after: int
    bends: int

    @classmethod
    def at(cls, sampling_rate: float) -> Lengths:
        """Return the lengths at a sampling rate, in Hz."""
        factor = max(1, round(sampling_rate / _WORKING_RATE))
        rate = sampling_rate / factor
        return cls(
            factor=factor,
            working_rate=rate,
            box=max(1, round(0.024 * rate)),
            high_pass=2 * int(0.06 * rate) + 1,
            slope=max(1, round(0.016 * rate)),
            energy=round(0.08 * rate),
            apart=round(0.2 * rate),
            before_peak=round(0.15 * rate),
            after_peak=round(0.04 * rate),
            broad=2 * int(0.028 * rate) + 1,
            around=2 * int(0.2 * rate) + 1,
            broad_before=round(0.08 * rate),
            broad_after=round(0.05 * rate),
            bends=round(0.064 * rate),
        )

    @property
    def shift(self) -> int:
        """Places by which sums of samples are shifted back to the bits of a sample."""
        return (self.factor - 1).bit_length()

    @property
    def delay(self) -> int:
        """Working samples until a peak of the signal has left all filters."""
        return 2 * self.box + self.high_pass + self.slope + self.energy

    @property
    def lag(self) -> int:
        """Working samples by which the energy is later than the sharpened signal."""
        return (self.box + self.slope + self.energy - 2) // 2

    @property
    def sharp_delay(self) -> int:
        """Halves of a working sample by which the sharpened signal is late."""
        return self.box - 1 + self.high_pass - 1


_MOST_COUNTS = 2**36
"""Limit of counts: 64 bits hold every sum of the filters."""

_MOST_SCALED = 2.0**61
_MICROVOLTS_PER_MILLIVOLT = 1000


class Digitize:
    """Counts of millivolts, from the first valid sample on; integers are counts.

    A missing sample is the last valid one, or the first one where none was before it.
    """

    def __init__(self, resolution: float):
        self.counts_per_millivolt = _MICROVOLTS_PER_MILLIVOLT / resolution
        self.first: int | None = None  # Count of the first valid sample
        self._last = 0

    def update(self, block: np.ndarray) -> np.ndarray:
        """Return an integer for each sample of the block."""
        if len(block) == 0:
            return np.zeros(0, dtype=np.int64)
        if block.dtype.kind != "f":
            return np.clip(block.astype(np.int64), -_MOST_COUNTS, _MOST_COUNTS)
        values = block.astype(float)
        is_valid = np.isfinite(values)
        if is_valid.all():
            is_valid = None
        else:
            values[~is_valid] = 0
        values *= self.counts_per_millivolt
        np.clip(values, -_MOST_SCALED, _MOST_SCALED, out=values)
        return self._relative(np.rint(values).astype(np.int64), is_valid)

    def _relative(self, counts, is_valid):
        if self.first is None:
            valid = counts if is_valid is None else counts[is_valid]
            if len(valid) == 0:
                return np.zeros(len(counts), dtype=np.int64)
            self.first = int(valid[0])
        counts -= self.first
        np.clip(counts, -_MOST_COUNTS, _MOST_COUNTS, out=counts)
        if is_valid is not None:
            counts = hold_last(counts, ~is_valid, self._last)
        self._last = counts[-1]
        return counts


def hold_last(values: np.ndarray, is_missing: np.ndarray, last: float) -> np.ndarray:
    """Put the last value before it for each that is missing; `last` came before all."""
    source = np.where(is_missing, 0, np.arange(1, len(values) + 1))
    np.maximum.accumulate(source, out=source)
    return np.concatenate([[last], values])[source]


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


class Sharpen:
    """The smoothed signal without its baseline, of each working sample."""

    def __init__(self, lengths: Lengths):
        self._low_pass = BoxSum(lengths.box)
        self._high_pass = HighPass(lengths.high_pass)

    def update(self, block: np.ndarray) -> np.ndarray:
        """Return a value for each value of the block, later by `sharp_delay`."""
        return self._high_pass.update(self._low_pass.update(block))


class Slope:
    """The absolute difference from the value `length` values ago, over 4."""

    def __init__(self, length: int):
        self._delay = Delay(length)

    def update(self, block: np.ndarray) -> np.ndarray:
        """Return the slope for each value of the block."""
        return np.abs(block - self._delay.update(block)) >> 2


class Decimate:
    """Working samples: sums of samples, one after the other, shifted right."""

    def __init__(self, factor: int, shift: int = 0):
        self._factor = factor
        self._shift = shift
        self._rest = np.zeros(0, dtype=np.int64)

    @property
    def n_waiting(self) -> int:
        """Number of samples that wait for the rest of their sum."""
        return len(self._rest)

    def skip(self, n_samples: int, value: int) -> int:
        """Take so many samples of one value; return how many sums they complete."""
        n_sums, n_waiting = divmod(len(self._rest) + n_samples, self._factor)
        self._rest = np.full(n_waiting, value, dtype=np.int64)
        return n_sums

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
        sums >>= self._shift
        return sums


def log2(values: np.ndarray) -> np.ndarray:
    """Return the binary logarithm in 1/256, linear between powers of two; 0 of 0."""
    values = np.maximum(values, 1)
    exponent = np.frexp(values.astype(float))[1].astype(np.int64) - 1
    return (exponent << 8) + ((values << 8) >> exponent) - 256

"""Stretches of a signal in which no beat can be seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_BIN = 0.1
_SHORTEST_FLAT = 10
_INVALID, _SATURATED, _USABLE = 2, 1, 0
_REASONS = {_INVALID: "invalid", _SATURATED: "saturated", _USABLE: "flat"}


class Stretch(NamedTuple):
    """A stretch without beats to see."""

    start: int  # Its first sample, and the one after its last
    stop: int  # Its first sample, and the one after its last
    reason: str  # What is wrong with it


class FindStretches:
    """Flat, saturated and invalid stretches, in steps of 0.1 s."""

    def __init__(
        self, sampling_rate: float, limits: tuple[float, float] | None, flat_range: int
    ):
        self._n_bin = round(_BIN * sampling_rate)
        self._limits = limits
        self._flat_range = flat_range
        self._rest = np.zeros((3, 0), dtype=np.int64)
        self._n_bins = 0
        self._start = 0
        self._run = (_USABLE, 0, 0)

    def update(self, block: np.ndarray, counts: np.ndarray) -> list[Stretch]:
        """Return the stretches that have ended."""
        is_float = block.dtype.kind == "f"
        invalid = ~np.isfinite(block) if is_float else np.zeros(len(block), dtype=bool)
        limited = np.zeros(len(block), dtype=bool)
        if self._limits is not None:
            low, high = self._limits
            limited = ~invalid & ((block <= low) | (block >= high))
        columns = np.concatenate([self._rest, [counts, invalid, limited]], axis=1)
        n_whole = columns.shape[1] // self._n_bin * self._n_bin
        self._rest = columns[:, n_whole:]
        return self._take(columns[:, :n_whole], is_float)

    def flush(self, n_samples: int) -> list[Stretch]:
        """Return the last stretch of a recording of so many samples."""
        last = self._ended(n_samples)
        return [] if last is None else [last]

    def _take(self, columns, is_float):
        counts, invalid, limited = columns.reshape(3, -1, self._n_bin)
        reasons = np.where(2 * limited.sum(axis=1) >= self._n_bin, _SATURATED, _USABLE)
        reasons[invalid.all(axis=1)] = _INVALID
        bins = zip(
            reasons.tolist(),
            counts.min(axis=1).tolist(),
            counts.max(axis=1).tolist(),
            strict=True,
        )
        widest = self._flat_range if is_float else 0
        ended = [self._step(*values, widest) for values in bins]
        return [stretch for stretch in ended if stretch is not None]

    def _step(self, reason, low, high, widest):
        """Take a bin; return the stretch that it ends, or None."""
        old_reason, old_low, old_high = self._run
        low_of_both, high_of_both = min(low, old_low), max(high, old_high)
        goes_on = reason == old_reason and (
            reason != _USABLE or high_of_both - low_of_both <= widest
        )
        ended = None
        if goes_on:
            self._run = (reason, low_of_both, high_of_both)
        else:
            ended = self._ended(self._n_bins * self._n_bin)
            self._run = (reason, low, high)
            self._start = self._n_bins
        self._n_bins += 1
        return ended

    def _ended(self, stop):
        n_bins = self._n_bins - self._start
        reason = self._run[0]
        if n_bins < (_SHORTEST_FLAT if reason == _USABLE else 1):
            return None
        return Stretch(self._start * self._n_bin, stop, _REASONS[reason])

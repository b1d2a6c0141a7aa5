"""Stretches of a signal in which no beat can be seen."""

from __future__ import annotations

from collections import deque
from statistics import median_high
from typing import NamedTuple

import numpy as np

from ._decision import Beat

_BIN = 0.1
"""Seconds that are looked at together."""

_SHORTEST_FLAT = 10
_INVALID, _SATURATED, _USABLE = 2, 1, 0
_REASONS = {_INVALID: "invalid", _SATURATED: "saturated", _USABLE: "flat"}

_FLAT_SHARE = 0.02
"""Share of the height of the last beats that a flat stretch spans at most."""

_N_HEIGHTS = 8
"""How many beats that height is the median of."""

_REMEMBERED = 30
"""Bins in which the height of a beat is measured; one found later is not."""


class Stretch(NamedTuple):
    """A stretch without beats to see."""

    start: int  # Its first sample
    stop: int  # The sample after its last
    reason: str  # What is wrong with it


class FindStretches:
    """Flat, saturated and missing stretches, in steps of 0.1 s.

    What is flat is measured by the last beats: gain and offset change nothing.
    """

    def __init__(
        self,
        sampling_rate: float,
        limits: tuple[float, float] | None,
        flat_range: float | None,
    ):
        self._n_bin = round(_BIN * sampling_rate)
        self._limits = limits
        self._flat_range = flat_range  # In the unit of floats; None is relative
        self._rest = np.zeros(0)
        self._beats: list[Beat] = []
        self._heights: deque[float] = deque(maxlen=_N_HEIGHTS)
        self.height = 0.0  # Of the last beats, in the unit of the samples
        self.first_height = 0.0  # Of the first beats
        self._lows = self._highs = np.full(_REMEMBERED, np.nan)
        self._n_bins = 0
        self._start = 0
        self._run = (_USABLE, np.inf, -np.inf)

    def update(self, block: np.ndarray, beats: list[Beat]) -> list[Stretch]:
        """Take samples, and the beats known with them; return the stretches ended."""
        self._beats += beats
        values = np.concatenate([self._rest, block])
        n_whole = len(values) // self._n_bin * self._n_bin
        self._rest = values[n_whole:]
        if n_whole == 0:
            return []
        bins = values[:n_whole].reshape(-1, self._n_bin)
        reasons = self._reasons_of(bins).tolist()
        self._lows = np.concatenate([self._lows, np.fmin.reduce(bins, axis=1)])
        self._highs = np.concatenate([self._highs, np.fmax.reduce(bins, axis=1)])
        lows, highs = self._lows.tolist(), self._highs.tolist()
        is_float = block.dtype.kind == "f"
        ended = []
        for place, reason in enumerate(reasons, start=_REMEMBERED):
            self._measure_beats(lows, highs, place)
            widest = self._widest(is_float)
            ended.append(self._step(reason, lows[place], highs[place], widest))
        self._lows, self._highs = self._lows[-_REMEMBERED:], self._highs[-_REMEMBERED:]
        return [stretch for stretch in ended if stretch is not None]

    def skip(self, n_samples: int) -> None:
        """Take so many missing samples, after more than are remembered."""
        n_bins, n_rest = divmod(len(self._rest) + n_samples, self._n_bin)
        self._rest = np.full(n_rest, np.nan)
        self._n_bins += n_bins

    def flush(self, n_samples: int) -> list[Stretch]:
        """Return the last stretch of a recording of so many samples."""
        last = self._ended(n_samples)
        return [] if last is None else [last]

    def _reasons_of(self, bins):
        reasons = np.full(len(bins), _USABLE)
        if self._limits is not None:
            low, high = self._limits
            n_limited = ((bins <= low) | (bins >= high)).sum(axis=1)
            reasons[2 * n_limited >= self._n_bin] = _SATURATED
        reasons[np.isnan(bins).all(axis=1)] = _INVALID
        return reasons

    def _measure_beats(self, lows, highs, place):
        """Measure the beats that are known at the end of the bin at a place."""
        while self._beats and self._beats[0].known <= (self._n_bins + 1) * self._n_bin:
            beat = self._beats.pop(0)
            middle = place + beat.sample // self._n_bin - self._n_bins
            if middle > place - _REMEMBERED:
                around = slice(middle - 1, min(middle + 1, place) + 1)
                height = max(highs[around]) - min(lows[around])
                if height > 0:  # Not so beside missing samples
                    self._heights.append(height)
                    self.height = median_high(self._heights)
                    if len(self._heights) == _N_HEIGHTS and not self.first_height:
                        self.first_height = self.height

    def _widest(self, is_float):
        if self._flat_range is None:
            return _FLAT_SHARE * self.height
        return self._flat_range if is_float else 0

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

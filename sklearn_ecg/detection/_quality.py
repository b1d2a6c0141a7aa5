"""Stretches of a signal in which no beat can be seen."""

from __future__ import annotations

from collections import deque
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

_NO_BIN = (_USABLE, np.inf, -np.inf)


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
        self._run = _NO_BIN

    @property
    def settled(self) -> int:
        """The sample before which all stretches have ended that begin there."""
        return self._start * self._n_bin

    def update(self, block: np.ndarray, beats: list[Beat]) -> list[Stretch]:
        """Take samples, and the beats known with them; return the stretches ended."""
        self._beats += beats
        values = np.concatenate([self._rest, block])
        n_whole = len(values) // self._n_bin * self._n_bin
        self._rest = values[n_whole:]
        if n_whole == 0:
            return []
        bins = values[:n_whole].reshape(-1, self._n_bin)
        by_place = np.ascontiguousarray(bins.T)  # Of long rows, which is faster
        lows, highs = np.fmin.reduce(by_place), np.fmax.reduce(by_place)
        reasons = self._reasons_of(bins, lows)
        widest = self._widest(self._heights_in(lows, highs), block.dtype.kind == "f")
        return self._ended_in(reasons, lows, highs, widest)

    def skip(self, n_samples: int) -> None:
        """Take so many missing samples, after more than are remembered."""
        n_bins, n_rest = divmod(len(self._rest) + n_samples, self._n_bin)
        self._rest = np.full(n_rest, np.nan)
        self._n_bins += n_bins

    def flush(self, n_samples: int) -> list[Stretch]:
        """Return the last stretch of a recording of so many samples."""
        last = self._ended(n_samples)
        return [] if last is None else [last]

    def _reasons_of(self, bins, lows):
        reasons = np.full(len(bins), _USABLE)
        if self._limits is not None:
            low, high = self._limits
            n_limited = ((bins <= low) | (bins >= high)).sum(axis=1)
            reasons[2 * n_limited >= self._n_bin] = _SATURATED
        reasons[np.isnan(lows)] = _INVALID
        return reasons

    def _heights_in(self, lows, highs):
        """Return the height of the last beats that is known at the end of each bin."""
        n_new = len(lows)
        lows, highs = (
            np.concatenate(pair) for pair in ((self._lows, lows), (self._highs, highs))
        )
        self._lows, self._highs = lows[-_REMEMBERED:], highs[-_REMEMBERED:]
        if not self._beats:
            return np.full(n_new, self.height)
        samples = np.array([beat.sample for beat in self._beats])
        known = np.array([beat.known for beat in self._beats])
        # The bin at whose end a beat is known, and all beats before it are.
        places = np.maximum.accumulate(-(-known // self._n_bin) - 1 - self._n_bins)
        n_known = np.searchsorted(places, n_new)
        del self._beats[:n_known]
        places = np.maximum(places[:n_known], 0)
        middles = samples[:n_known] // self._n_bin - self._n_bins
        is_remembered = middles > places - _REMEMBERED
        places = places[is_remembered]
        around = np.minimum(middles[is_remembered] + [[-1], [0], [1]], places)
        spans = _span(lows[around + _REMEMBERED], highs[around + _REMEMBERED])
        heights = [self.height, *map(self._median_with, spans.tolist())]
        return np.repeat(heights, np.diff([0, *places, n_new]))

    def _median_with(self, height):
        """Take the height of a beat; return the median of the last ones."""
        if height > 0:  # Not so beside missing samples
            self._heights.append(height)
            self.height = sorted(self._heights)[len(self._heights) // 2]
            if len(self._heights) == _N_HEIGHTS and not self.first_height:
                self.first_height = self.height
        return self.height

    def _widest(self, heights, is_float):
        """Return what a flat stretch spans at most, for each bin."""
        if self._flat_range is None:
            return _FLAT_SHARE * heights
        return np.full(len(heights), self._flat_range if is_float else 0)

    def _ended_in(self, reasons, lows, highs, widest):
        """Take bins; return the stretches that they end."""
        spans = np.maximum(highs[1:], highs[:-1]) - np.minimum(lows[1:], lows[:-1])
        is_other = (reasons[1:] == _USABLE) & (spans > widest[1:])
        is_other |= reasons[1:] != reasons[:-1]
        # Two bins that do not fit together end a run, whatever was before them.
        edges = np.concatenate([[0], np.flatnonzero(is_other) + 1, [len(reasons)]])
        matters = (np.diff(edges) >= _SHORTEST_FLAT) | (reasons[edges[:-1]] != _USABLE)
        matters[0] = matters[-1] = True
        before, ended = self._n_bins, []
        for start, stop in zip(edges[:-1][matters], edges[1:][matters], strict=True):
            if start:
                self._n_bins = self._start = before + int(start)
                self._run = _NO_BIN
            columns = (
                values[start:stop].tolist() for values in (reasons, lows, highs, widest)
            )
            ended += [self._step(*row) for row in zip(*columns, strict=True)]
            if stop < len(reasons):
                ended.append(self._ended(self._n_bins * self._n_bin))
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


def _span(lows, highs):
    """Return from the lowest to the highest of three bins; NaN if the first is."""
    lowest, highest = lows[0], highs[0]
    for low, high in zip(lows[1:], highs[1:], strict=True):
        lowest = np.where(low < lowest, low, lowest)
        highest = np.where(high > highest, high, highest)
    return highest - lowest

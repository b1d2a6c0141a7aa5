"""Power of NN intervals at low and high frequencies, in segments of five minutes."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.signal import detrend, periodogram

from ._nn import NNIntervals
from ._stretches import seconds_between

SEGMENT = 300
"""Seconds of a segment."""

LEAST_SEEN = 0.8
"""Share of a segment that NN intervals take at least."""

LONGEST_GAP = 5.0
"""Seconds of a segment without an NN interval, at most."""

_RATE = 4
"""Hz to which intervals are resampled."""

_LF, _HF = slice(12, 46), slice(45, 121)
"""Bins of 1/300 Hz from 0.04 to 0.15 Hz, and from there to 0.40 Hz, ends included."""


def band_powers(nn: NNIntervals, n_segments: int) -> np.ndarray:
    """Return LF and HF of each segment in ms², NaN where too little is seen.

    Of a gap, the low frequencies are interpolated and the high ones are lost. So HF is
    scaled by the share of its segment that was seen.
    """
    powers = np.full((n_segments, 2), np.nan)
    if n_segments == 0:
        return powers
    edges = np.arange(n_segments + 1) * float(SEGMENT)
    seen = seconds_between(edges, (nn.start, nn.stop)) / SEGMENT
    chosen = np.flatnonzero(seen >= LEAST_SEEN)
    chosen = chosen[_longest_gaps(nn, edges)[chosen] <= LONGEST_GAP]
    if len(chosen) == 0:
        return powers
    grid = chosen[:, np.newaxis] * SEGMENT + np.arange(SEGMENT * _RATE) / _RATE
    series = detrend(_resampled(nn, grid))
    _, density = periodogram(series, _RATE, "hann", detrend=False)
    powers[chosen, 0] = np.trapezoid(density[:, _LF]) / SEGMENT
    powers[chosen, 1] = np.trapezoid(density[:, _HF]) / SEGMENT / seen[chosen]
    return powers


def _longest_gaps(nn, edges):
    """Return the longest gap that begins or ends in each segment, in seconds.

    A gap that does neither takes the whole of a segment.
    """
    starts, stops = np.append(0, nn.stop), np.append(nn.start, edges[-1])
    last = len(edges) - 2
    first = np.clip((starts // SEGMENT).astype(int), 0, last)
    final = np.clip((stops // SEGMENT).astype(int), 0, last)
    longest = np.zeros(last + 1)
    np.maximum.at(longest, first, np.minimum(stops, edges[first + 1]) - starts)
    np.maximum.at(longest, final, stops - np.maximum(starts, edges[final]))
    return longest


def _resampled(nn, times):
    """Interpolate intervals by a cubic spline, gaps filled with beats on a line."""
    lengths = nn.start[1:] - nn.stop[:-1]
    usual = (nn.ms[:-1] + nn.ms[1:]) / 2000
    n_lost = np.rint(lengths / usual).astype(int)
    gap = np.repeat(np.arange(len(lengths)), n_lost)
    place = np.arange(len(gap)) - np.repeat(np.cumsum(n_lost) - n_lost, n_lost) + 1
    lost = nn.stop[gap] + lengths[gap] * place / n_lost[gap]
    knots = np.sort(np.concatenate([nn.stop, lost]))
    spline = CubicSpline(knots, np.interp(knots, nn.stop, nn.ms))
    return spline(np.clip(times, knots[0], knots[-1]))

"""How the episodes of one annotator overlap with those of another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._episode_set import EpisodeSet

NO_STOP, UNKNOWN = 0, -1
"""The last sample of a comparison that has no end, or none that is known."""


class Period(NamedTuple):
    """What is compared, in samples."""

    first: int
    last: int


class Tally(NamedTuple):
    """How the episodes of one annotator fare with those of the other."""

    n_met: int
    n_unmet: int
    duration: int  # In samples
    overlap: int  # In samples


class _Window(NamedTuple):
    """What counts of an episode, in samples."""

    start: int
    stop: int
    duration: int
    extrema: list[int]


def tally(
    episodes: EpisodeSet,
    others: EpisodeSet,
    period: Period,
    *,
    is_st: bool = False,
    shortest: int = 0,
    shortest_of_others: int = 0,
    flutter: EpisodeSet | None = None,
) -> Tally:
    """Count the episodes of one annotator that those of the other meet."""
    is_long = others.stops - others.starts >= shortest_of_others
    starts, stops = others.starts[is_long], others.stops[is_long]
    n_met, n_all, duration, overlaps = 0, 0, 0, 0
    for window in _windows(episodes, period, flutter):
        if window.duration < shortest:
            continue
        # One that ends where the window begins may hold its extremum.
        near = slice(
            np.searchsorted(stops, window.start, side="left"),
            np.searchsorted(starts, window.stop, side="left"),
        )
        bounds = np.clip([starts[near], stops[near]], window.start, window.stop)
        overlap = int((bounds[1] - bounds[0]).sum())
        is_met = overlap > 0
        if is_st and 2 * overlap < window.duration:
            is_met &= _hold_any(bounds, window.extrema)
        n_met += is_met
        n_all += 1
        duration += window.duration
        overlaps += overlap
    return Tally(n_met, n_all - n_met, duration, overlaps)


def _windows(episodes, period, flutter):
    """Yield what of each episode is in the period, and outside of flutter."""
    first, last = period
    for start, stop, extrema in zip(
        episodes.starts.tolist(),
        episodes.stops.tolist(),
        episodes.extrema.tolist(),
        strict=True,
    ):
        if stop < first:
            continue
        start = max(start, first)
        if last != NO_STOP and start >= last:
            return
        stop = stop if last == NO_STOP else min(stop, last)
        counted = [x for x in extrema if first < x < last]
        window = _Window(start, stop, stop - start, counted)
        yield window if flutter is None else _outside(window, flutter)


def _outside(window, flutter):
    """Cut flutter out of an episode, as epicmp does it."""
    start, stop, duration, extrema = window
    place = np.searchsorted(flutter.stops, start, side="left")
    bounds = zip(flutter.starts[place:], flutter.stops[place:], strict=True)
    for begin, end in bounds:
        if stop <= begin:
            break
        if begin > start:
            duration -= min(end, stop) - begin
            stop = stop if end < stop else begin
        elif stop <= end:
            return _Window(start, stop, -1, extrema)
        else:
            # epicmp adds this part, where it should subtract it.
            duration += end - start
            start = end
    return _Window(int(start), int(stop), int(duration), extrema)


def _hold_any(bounds, samples):
    """Tell whether one of the samples is inside of one of the stretches."""
    return any(((bounds[0] <= x) & (x <= bounds[1])).any() for x in samples)

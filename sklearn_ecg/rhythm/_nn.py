"""NN intervals: between neighbouring normal beats, as far as they can be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from ..records import NO_BEAT, Spans
from ._stretches import Stretches

SHORTEST, LONGEST = 300.0, 2000.0
"""Milliseconds of an NN interval."""

LEAST_RATIO, MOST_RATIO = 0.7, 1.5
"""Of an NN interval to the median of those around it, and to one beside it.

A shorter one has a beat too many or an early one among its ends, a longer one lacks a
beat. A sinus node slows more abruptly than it quickens.
"""

_N_AROUND = 11
"""Intervals, its own among them, that this is the median of."""


@dataclass(frozen=True)
class NNIntervals:
    """The NN intervals of a recording, and how many intervals it has."""

    start: np.ndarray  # Of each, in seconds: its first beat
    stop: np.ndarray  # In seconds: its second beat
    ms: np.ndarray  # How long each is
    follows: np.ndarray  # Whether each begins where the one before it ends
    all_stops: np.ndarray  # Of all intervals between beats, in seconds


def nn_intervals(
    samples: np.ndarray, labels: np.ndarray, sampling_rate: float, excluded: Stretches
) -> NNIntervals:
    """Return the NN intervals that touch no excluded stretch."""
    is_beat = labels != NO_BEAT
    beats, is_normal = samples[is_beat], labels[is_beat] == "N"
    start, stop = beats[:-1] / sampling_rate, beats[1:] / sampling_rate
    ms = np.diff(beats) / sampling_rate * 1000
    is_nn = is_normal[:-1] & is_normal[1:] & ~Spans(*excluded).touch(start, stop)
    is_nn &= ~_doubtful(ms, is_nn)
    chosen = np.flatnonzero(is_nn)
    follows = np.diff(chosen, prepend=-1) == 1
    follows[:1] = False
    return NNIntervals(start[chosen], stop[chosen], ms[chosen], follows, stop)


def _doubtful(ms, is_nn):
    """Tell which intervals between normal beats are odd, or share a beat with one."""
    is_usual = is_nn & (ms >= SHORTEST) & (ms <= LONGEST)
    usual = ms[is_usual]
    is_odd = is_nn & ~is_usual
    if len(usual):
        around = median_filter(usual, _N_AROUND, mode="nearest")
        is_short, is_long = usual < LEAST_RATIO * around, usual > MOST_RATIO * around
        is_odd[is_usual] = is_short | is_long
        is_odd &= ~_is_gradual(np.where(is_nn, ms, np.nan)) | ~is_usual
    is_doubtful = is_odd.copy()
    is_doubtful[1:] |= is_odd[:-1]
    is_doubtful[:-1] |= is_odd[1:]
    return is_doubtful


def _is_gradual(ms):
    """Tell which intervals differ little from both beside them, as far as known."""
    before, after = np.append(np.nan, ms[:-1]), np.append(ms[1:], np.nan)
    longer, shorter = np.fmax(before, after), np.fmin(before, after)
    return (ms >= LEAST_RATIO * longer) & (ms <= MOST_RATIO * shorter)

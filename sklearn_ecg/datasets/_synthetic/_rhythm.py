"""Rhythm of synthetic records: when each beat comes, and of which kind it is."""

from dataclasses import dataclass

import numpy as np

_SHORTEST_INTERVAL = 0.3
"""Refractory time in seconds: no beat follows another sooner."""

_EDGE = 0.1
"""No beat is closer than this, in seconds, to either end of a record."""


@dataclass(frozen=True)
class Rhythm:
    """The beats of one record."""

    times: np.ndarray  # R peaks in seconds
    intervals: np.ndarray  # Seconds since the previous R peak
    kinds: np.ndarray  # AAMI classes
    respiration: np.ndarray  # How breathing scales the size of each beat, about 1


def draw_rhythm(rng, duration, heart_rate, shares, is_fibrillating):
    """Draw the beats of one record."""
    mean_interval = 60 / heart_rate
    n_expected = int(duration / mean_interval)
    # Ectopic beats shorten the rhythm; the surplus is cut where the record ends.
    n_beats = n_expected + n_expected // 3 + 5
    kinds = _draw_kinds(rng, n_beats, n_expected, shares)
    breath = _draw_breath(rng, n_beats, mean_interval)
    sinus = _draw_sinus_intervals(rng, mean_interval, breath)
    if is_fibrillating:
        sinus *= rng.lognormal(sigma=0.10, size=n_beats)
    intervals = _premature_and_paused(rng, kinds, sinus, mean_interval)
    times = _EDGE + rng.uniform(0, mean_interval) + np.cumsum(intervals) - intervals[0]
    inside = times < duration - _EDGE
    return Rhythm(
        times[inside], intervals[inside], kinds[inside], (1 + 0.05 * breath)[inside]
    )


def _draw_kinds(rng, n_beats, n_expected, shares):
    """Draw the classes: paced beats in one stretch, ectopic beats strewn about it."""
    kinds = np.full(n_beats, "N")
    n_paced = _draw_count(rng, shares["Q"] * n_expected, n_expected)
    start = rng.integers(n_expected - n_paced + 1)
    kinds[start : start + n_paced] = "Q"
    free = rng.permutation(np.flatnonzero(kinds[:n_expected] == "N"))
    # A record starts with the patient's own beat wherever there is room for one.
    free = free[free > 0]
    for kind in "SVF":
        n_drawn = _draw_count(rng, shares[kind] * n_expected, len(free))
        kinds[free[:n_drawn]] = kind
        free = free[n_drawn:]
    return kinds


def _draw_count(rng, expected, most):
    """Round up or down at random so that the mean is as expected."""
    return min(int(expected + rng.random()), most)


def _draw_breath(rng, n_beats, mean_interval):
    rate, phase = rng.uniform(0.18, 0.35), rng.uniform(0, 2 * np.pi)
    return np.sin(2 * np.pi * rate * mean_interval * np.arange(n_beats) + phase)


def _draw_sinus_intervals(rng, mean_interval, breath):
    """Draw sinus intervals with the variability that healthy hearts have."""
    seconds = mean_interval * np.arange(len(breath))
    phases = rng.uniform(0, 2 * np.pi, size=2)
    periods = np.array([10.0, rng.uniform(60, 240)])
    sizes = np.array([rng.uniform(0.01, 0.025), rng.uniform(0.02, 0.06)])
    waves = np.sin(2 * np.pi * seconds[:, None] / periods + phases) @ sizes
    breathing = rng.uniform(0.01, 0.05) * breath
    scatter = 0.012 * rng.normal(size=len(breath))
    return mean_interval * (1 + waves + breathing + scatter)


def _premature_and_paused(rng, kinds, sinus, mean_interval):
    """Turn sinus intervals into those of the rhythm with its ectopic beats."""
    prematurity = {"S": (0.60, 0.88), "V": (0.52, 0.88), "F": (0.90, 1.0)}
    intervals = sinus.copy()
    for kind, (low, high) in prematurity.items():
        is_kind = kinds == kind
        drawn = rng.uniform(low, high, size=len(kinds))
        intervals[is_kind] = (sinus * drawn)[is_kind]
    follows = np.concatenate([["N"], kinds[:-1]])
    is_normal = kinds == "N"
    reset = is_normal & (follows == "S")
    intervals[reset] = (sinus * rng.uniform(1.0, 1.12, size=len(kinds)))[reset]
    before = np.roll(intervals, 1)
    compensates = is_normal & np.isin(follows, ["V", "F"])
    intervals[compensates] = (np.roll(sinus, 1) + sinus - before)[compensates]
    is_paced = kinds == "Q"
    steady = mean_interval * rng.uniform(0.95, 1.1)
    scatter = 0.004 * rng.normal(size=len(kinds))
    intervals[is_paced] = (steady * (1 + scatter))[is_paced]
    return np.maximum(intervals, _SHORTEST_INTERVAL)

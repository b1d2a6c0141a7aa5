"""What follows from the labels of beats alone: runs, couplets, bigeminy, pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..records._annotations import NO_BEAT

ECTOPIC = {"V": "ventricular", "S": "supraventricular"}
"""Labels whose runs are counted, in words."""

_LEAST_RUN = 3
_LEAST_PAIRS = 3
"""Ectopic beats, each after one that is not, that make bigeminy."""


@dataclass(frozen=True)
class Run:
    """Successive beats of one label."""

    label: str
    start: float  # Seconds of the first and the last beat
    stop: float  # Seconds of the first and the last beat
    n_beats: int

    @property
    def rate(self) -> float:
        """Beats a minute within the run."""
        seconds = self.stop - self.start
        return 60 * (self.n_beats - 1) / seconds if seconds > 0 else float("nan")


@dataclass(frozen=True)
class Facts:
    """What the labels of a recording say of its rhythm."""

    runs: list[Run]  # Three and more ectopic beats of one kind, the longest first
    couplets: dict[str, int]  # Pairs of successive ectopic beats, by label
    bigeminy: dict[str, int]
    pauses: list[tuple[float, float]]


def facts_of(beats: pd.DataFrame, quality: pd.DataFrame) -> Facts:
    """Find what the labels say of the rhythm."""
    beats = beats[beats["label"] != NO_BEAT]
    times = beats["time"].to_numpy(dtype=float)
    labels = beats["label"].to_numpy(dtype=object)
    # A run does not go on through a stretch without signal.
    breaks = _interrupted(times, quality)
    runs = [run for label in ECTOPIC for run in _runs(times, labels, breaks, label)]
    long = [run for run in runs if run.n_beats >= _LEAST_RUN]
    return Facts(
        runs=sorted(long, key=lambda run: -run.n_beats),
        couplets={
            label: sum(run.label == label and run.n_beats == 2 for run in runs)
            for label in ECTOPIC
        },
        bigeminy={label: _bigeminy(labels, breaks, label) for label in ECTOPIC},
        pauses=_pauses(times, breaks),
    )


def _interrupted(times, quality):
    """Tell of each interval between beats whether signal is lost in it."""
    lost = np.zeros(max(len(times) - 1, 0), dtype=bool)
    for start, stop in zip(quality["start"], quality["stop"], strict=True):
        lost |= (times[:-1] < stop) & (times[1:] > start)
    return lost


def _runs(times, labels, breaks, label):
    is_one = labels == label
    goes_on = np.append(False, is_one[:-1] & ~breaks) if len(times) else is_one
    first = np.flatnonzero(is_one & ~goes_on)
    for start in first.tolist():
        stop = start
        while stop + 1 < len(times) and is_one[stop + 1] and not breaks[stop]:
            stop += 1
        yield Run(label, float(times[start]), float(times[stop]), stop - start + 1)


def _bigeminy(labels, breaks, label):
    """Count the stretches in which every other beat has the label."""
    count, n_pairs, place = 0, 0, 0
    while place + 1 < len(labels):
        is_pair = labels[place] != label and labels[place + 1] == label
        if is_pair and not breaks[place]:
            n_pairs += 1
            count += n_pairs == _LEAST_PAIRS
            is_cut = place + 2 < len(labels) and breaks[place + 1]
            n_pairs = 0 if is_cut else n_pairs
            place += 2
        else:
            n_pairs = 0
            place += 1
    return int(count)


def _pauses(times, breaks, n=5):
    intervals = np.where(breaks, 0.0, np.diff(times))
    longest = np.argsort(-intervals, kind="stable")[:n]
    return [
        (float(times[place]), float(intervals[place]))
        for place in longest.tolist()
        if intervals[place] > 0
    ]

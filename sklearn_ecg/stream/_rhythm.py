"""The rhythm of labelled beats, in a table of them or as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
import pandas as pd

from .._messages import listed
from ..detection import LONGEST_WAIT
from ..rhythm import CODES, EpisodeFinder, of_1024, table_of
from ._model import Engine

LATEST = LONGEST_WAIT + 2.0
"""Seconds after which no beat comes any more, found by searching back or delayed."""


def why_no_rhythm(classes: Sequence[str]) -> str:
    """Return why nothing is said of the rhythm by these classes; "" if it is."""
    unknown = [label for label in classes if label not in CODES]
    if not unknown:
        return ""
    return (
        f"The rhythm is said of the labels {', '.join(CODES)}; the model says "
        f"{listed(unknown)}, too. rhythm.find_episodes takes beats whose labels were "
        "mapped to these."
    )


def certainty_of(beats: pd.DataFrame) -> np.ndarray | None:
    """Return the probability of each beat's own label; None if there are none."""
    if not any(name.startswith("p_") for name in beats):
        return None
    labels = beats["label"].to_numpy(dtype=object)
    certainty = np.zeros(len(beats))
    for label in set(labels.tolist()):
        if f"p_{label}" in beats:
            own = labels == label
            certainty[own] = beats[f"p_{label}"].to_numpy()[own]
    return certainty


class RhythmEvents:
    """What the last beats that were taken told of the rhythm.

    It is made a table of when somebody asks, as most pieces tell nothing.
    """

    def __init__(self, sampling_rate: float) -> None:
        self._rate = sampling_rate
        self._told: list = []
        self._is_certainty_known = False

    @property
    def events(self) -> pd.DataFrame:
        """What the last beats that were taken told."""
        known = self._is_certainty_known
        return table_of(self._told, self._rate, is_certainty_known=known)

    def forget(self) -> None:
        """Tell nothing more."""
        self._told = []


class LiveRhythm(RhythmEvents):
    """Episodes of beats that come piece by piece.

    A beat waits until it is known whether signal was lost before it.
    """

    def __init__(self, sampling_rate: float) -> None:
        super().__init__(sampling_rate)
        self._latest = round(LATEST * sampling_rate)
        self._state = EpisodeFinder(sampling_rate).state
        self._waiting: deque[tuple[int, int, int]] = deque()
        self._n_stretches = 0  # That were told of

    def take(self, beats: pd.DataFrame, engine: Engine, n_samples: int) -> None:
        """Take beats, and what the engine knows of the signal so far."""
        if len(beats):
            self._wait(beats)
        self._told = self._found(engine.settled, engine)
        if not self._waiting:
            self._told += self._state.wait(n_samples - self._latest)

    def end(self, beats: pd.DataFrame, engine: Engine, n_samples: int) -> None:
        """Take the last beats of a recording of so many samples."""
        self._wait(beats)
        self._told = self._found(n_samples, engine) + self._state.end(n_samples)

    def _wait(self, beats):
        certainty = certainty_of(beats)
        self._is_certainty_known = certainty is not None
        certainty = np.ones(len(beats)) if certainty is None else certainty
        samples, codes = beats["sample"].tolist(), map(CODES.get, beats["label"])
        self._waiting.extend(zip(samples, codes, of_1024(certainty), strict=True))

    def _found(self, settled, engine):
        """Take the beats before a sample, and the stretches that are new."""
        ready, waiting = [], self._waiting
        while waiting and waiting[0][0] < settled:
            ready.append(waiting.popleft())
        stretches = [one[:2] for one in engine.stretches[self._n_stretches :]]
        self._n_stretches += len(stretches)
        return self._state.update(ready, stretches)

"""The rhythm of labelled beats, in a table of them or as they come."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .._messages import listed
from ..rhythm import LABELS, EpisodeFinder
from ._model import Engine


def why_no_rhythm(classes: Sequence[str]) -> str:
    """Return why nothing is said of the rhythm by these classes; "" if it is."""
    unknown = [label for label in classes if label not in LABELS]
    if not unknown:
        return ""
    return (
        f"The rhythm is said of the labels {', '.join(LABELS)}; the model says "
        f"{listed(unknown)}, too. rhythm.find_episodes takes beats whose labels were "
        "mapped to these."
    )


def certainty_of(beats: pd.DataFrame, classes: Sequence[str]) -> np.ndarray | None:
    """Return the probability of each beat's own label; None if there are none."""
    columns = [f"p_{label}" for label in classes]
    if not columns or not set(columns) <= set(beats):
        return None
    probabilities = beats[columns].to_numpy(dtype=float)
    places = pd.Index(classes).get_indexer(beats["label"])
    own = probabilities[np.arange(len(beats)), places]
    return np.where(places < 0, 0.0, own)


class LiveRhythm:
    """Episodes of beats that come piece by piece.

    A beat waits until it is known whether signal was lost before it.
    """

    def __init__(self, sampling_rate: float, classes: Sequence[str]) -> None:
        self._rate = sampling_rate
        self._classes = list(classes)
        self._finder = EpisodeFinder(sampling_rate)
        self._waiting: list[pd.DataFrame] = []
        self._n_stretches = 0  # That were told of
        none = self._finder.push([], [])
        self.none = none.copy()

    def take(self, beats: pd.DataFrame, engine: Engine) -> pd.DataFrame:
        """Take beats, and what the engine knows; return what begins and ends."""
        if len(beats):
            self._waiting.append(beats)
        settled = engine.settled
        if not self._waiting or self._waiting[0]["sample"].iloc[0] >= settled:
            return self.none.copy()
        waiting = pd.concat(self._waiting, ignore_index=True)
        n_ready = int(np.searchsorted(waiting["sample"].to_numpy(), settled))
        ready, rest = waiting.iloc[:n_ready], waiting.iloc[n_ready:]
        self._waiting = [rest] if len(rest) else []
        return self._found(ready, engine)

    def end(self, engine: Engine, n_samples: int) -> pd.DataFrame:
        """End a recording of so many samples; return the last events."""
        rest = self._waiting or [engine.none]
        events = self._found(pd.concat(rest, ignore_index=True), engine)
        last = self._finder.flush(n_samples / self._rate)
        return pd.concat([events, last], ignore_index=True)

    def _found(self, beats, engine):
        stretches = engine.stretches[self._n_stretches :]
        self._n_stretches += len(stretches)
        pairs = np.array([stretch[:2] for stretch in stretches], dtype=float)
        return self._finder.push(
            beats["sample"],
            beats["label"],
            certainty_of(beats, self._classes),
            pairs.reshape(-1, 2) / self._rate,
        )

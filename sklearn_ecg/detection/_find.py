"""From working samples to beats: one front end for recordings, streams and devices."""

from __future__ import annotations

import numpy as np

from ._candidates import Energy, FindCandidates
from ._decision import Beat, DecideBeats
from ._filters import Lengths


class FindBeats:
    """The beats of working samples: all steps from `Energy` to `DecideBeats`."""

    def __init__(self, lengths: Lengths):
        self._energy = Energy(lengths)
        self._find = FindCandidates(lengths)
        self.decide = DecideBeats(lengths.working_rate)
        self._origin: int | None = None
        self._n_working = 0

    def update(self, working: np.ndarray) -> list[Beat]:
        """Return the beats that are certain with these working samples."""
        if len(working) == 0:
            return []
        if self._origin is None:
            self._origin = working[0]
        self._n_working += len(working)
        working = working - self._origin
        candidates = self._find.update(working, *self._energy.update(working))
        return self.decide.update(candidates, self._n_working - 1)

    def skip(self, n_working: int) -> None:
        """Take so many working samples of one value, once all before has settled."""
        self._n_working += n_working
        self._find.skip(n_working)

    def end(self, tail: np.ndarray) -> list[Beat]:
        """Take the last working samples; return the beats that are left."""
        beats = self.update(tail) + self.decide.flush()
        return beats + self.decide.update([], self._n_working - 1)

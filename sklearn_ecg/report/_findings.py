"""What was found in a recording, as the page takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..records import Recording


@dataclass(frozen=True)
class Findings:
    """All that a page shows of a recording.

    `questions` are about templates of beats: ``classes``, the order of logits; of
    templates ``kernel``, ``n_beats``, ``logits``, ``shapes`` and ``shown``, beats to
    ask about with their strips; of cells ``template_of``, ``cell_logits``,
    ``cell_counts`` and ``cell_labels``; and ``answers`` that were given before.
    """

    recording: Recording
    start: float  # In seconds; of a page of a day, when it begins
    stop: float
    leads: Sequence[str]  # Those that the model looked at, one or two
    looked_at: str  # The same in words
    notes: Sequence[str]
    beats: pd.DataFrame
    quality: pd.DataFrame
    odd_of: Callable[[pd.DataFrame], pd.DataFrame]  # Of beats, those to look at
    labels: Sequence[str]
    episodes: pd.DataFrame | None  # None if the labels say nothing of the rhythm
    summary: pd.DataFrame | None
    before: pd.DataFrame | None  # The summary of the model, before a reader said more
    variability: pd.DataFrame | None
    said: pd.DataFrame
    seconds: dict[str, float]  # By which the script tells beats apart
    model: str
    questions: dict[str, Any] | None  # None if there is nothing to ask
    cells: np.ndarray  # Of beats; answers move their labels; -1: no

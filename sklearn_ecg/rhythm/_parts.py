"""The same figures of a part of a recording: an hour of it, or a day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._fibrillation import AF
from ._gaps import NOT_ANALYSABLE
from ._rates import FAST, SLOW
from ._summary import summarize

_LASTING = (AF, SLOW, FAST, NOT_ANALYSABLE)
"""Episodes that are parted where a part ends; others belong to where they begin."""


def summarize_part(
    samples: np.ndarray,
    labels: np.ndarray,
    sampling_rate: float,
    episodes: pd.DataFrame,
    start: float,
    stop: float,
) -> pd.DataFrame:
    """Return what `summarize` says of a part, from `start` up to `stop`, in seconds.

    Samples rise; times count from the start of the recording. Where the rhythm was
    decided by the whole recording, it stays so: 81 intervals are asked for of none.
    """
    first, last = np.searchsorted(samples, np.array([start, stop]) * sampling_rate)
    offset = int(np.ceil(start * sampling_rate))
    summary = summarize(
        samples[first:last] - offset,
        labels[first:last],
        sampling_rate,
        episodes_of_part(episodes, start, stop),
        stop - start,
    )
    return summary.assign(at=summary["at"] + start)


def episodes_of_part(episodes: pd.DataFrame, start: float, stop: float) -> pd.DataFrame:
    """Return the episodes of a part, in seconds from its start."""
    lasts = episodes["kind"].isin(_LASTING)
    begins = (episodes["start"] >= start) & (episodes["start"] < stop)
    reaches = (episodes["start"] < stop) & (episodes["stop"] > start)
    found = episodes[np.where(lasts, reaches, begins)]
    ends = found["stop"].where(
        ~found["kind"].isin(_LASTING), found["stop"].clip(upper=stop)
    )
    return found.assign(
        start=found["start"].clip(lower=start) - start, stop=ends - start
    )

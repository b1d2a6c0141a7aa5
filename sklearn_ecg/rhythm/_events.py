"""Tables of what begins and ends, and of the episodes that are over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .._messages import joined
from ._beats import ONE, Found
from ._fibrillation import AF
from ._gaps import NOT_ANALYSABLE

COLUMNS = ["kind", "start", "stop", "n_beats", "rate", "certainty"]


def table_of(
    told: Sequence[Found], sampling_rate: float, *, is_certainty_known: bool
) -> pd.DataFrame:
    """Return what a state told as `EpisodeFinder.push` returns it."""
    columns = list(zip(*told, strict=True)) or [()] * len(Found._fields)
    is_over, kind, start, stop, n_beats, certainty = columns
    is_over, kind = np.array(is_over, dtype=bool), np.array(kind, dtype=object)
    start, stop = np.array(start, dtype=float), np.array(stop, dtype=float)
    # In samples: a difference of seconds would be off, and a limit not kept.
    span, n_beats = stop - start, np.array(n_beats, dtype=np.int64)
    start, stop = start / sampling_rate, stop / sampling_rate
    has_rate = (span > 0) & (n_beats > 1)
    rate = np.full(len(span), np.nan)
    rate[has_rate] = 60 * (n_beats[has_rate] - 1) * sampling_rate / span[has_rate]
    is_known = kind != NOT_ANALYSABLE if is_certainty_known else kind == AF
    return pd.DataFrame(
        {
            # Of one type, whether there are episodes or not.
            "event": pd.Series(np.where(is_over, "end", "begin"), dtype=object),
            "kind": pd.Series(kind, dtype=object),
            "start": start,
            "stop": np.where(is_over, stop, np.nan),
            "n_beats": n_beats,
            "rate": rate,
            "certainty": np.where(is_known, np.array(certainty, float) / ONE, np.nan),
        }
    )


def ended(events: pd.DataFrame) -> pd.DataFrame:
    """Return the episodes that are over, by their start."""
    over = events.loc[events["event"] == "end", COLUMNS]
    return over.sort_values(["start", "stop", "kind"], ignore_index=True)


def checked_episodes(episodes: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return episodes by their start, of a table of events those that are over."""
    if not isinstance(episodes, pd.DataFrame) or not set(columns) <= set(episodes):
        raise ValueError(
            f"episodes must be a DataFrame with the columns {joined(columns)}, as "
            "find_episodes returns it."
        )
    if "event" in episodes:
        episodes = episodes[episodes["event"] == "end"]
    return episodes.sort_values("start", kind="stable", ignore_index=True)

"""The table by the hour, by the clock where it is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ..rhythm import summarize_part
from ._clock import Clock

_HOUR, _DAY = 3600.0, 86400.0

LONGEST = 1.5 * _DAY
"""Seconds up to which a recording is one page, and told of by the hour."""

COLUMNS = (
    ("analysed", "Analysed, min", "analysed time"),
    ("beats", "Beats", "beats"),
    ("lowest", "Lowest rate", "lowest rate"),
    ("mean", "Mean", "mean rate"),
    ("highest", "Highest", "highest rate"),
    ("V", "V", "V beats"),
    ("V couplets", "V couplets", "V couplets"),
    ("V runs", "V runs", "V runs"),
    ("S", "S", "S beats"),
    ("S couplets", "S couplets", "S couplets"),
    ("S runs", "S runs", "S runs"),
    ("pauses", "Pauses >\u00a02\u00a0s", "pauses > 2.0 s"),
    ("AF", "AF, min", "AF burden"),
)
"""Of each column its name, its heading, and the figure of the summary it shows."""


_MINUTES = ("analysed", "AF")
"""Columns of minutes."""


def hour_text(name: str, value: float) -> str:
    """Write a figure of the table; of few minutes also a tenth, as hours begin late."""
    if np.isnan(value):
        return "–"
    if name in _MINUTES and 0 < value < 10:
        return f"{value:.1f}" if value >= 0.05 else "< 0.1"
    return f"{value:,.0f}"


def edges_of(clock: Clock, start: float, stop: float, step: float) -> np.ndarray:
    """Return seconds at which hours begin, or days, and where the last of them ends."""
    begin = clock.begin or 0.0
    first = (np.floor((begin + start) / step) + 1) * step - begin
    inner = np.arange(first, stop - 1e-6, step)
    return np.concatenate([[start], inner[inner > start + 1e-6], [stop]])


def by_the_hour(
    beats: pd.DataFrame,
    sampling_rate: float,
    episodes: pd.DataFrame,
    clock: Clock,
    start: float,
    stop: float,
) -> list[dict[str, Any]]:
    """Return a row for each hour, or for each day of a recording of several."""
    return list(_rows(beats, sampling_rate, episodes, clock, start, stop))


def _rows(beats, sampling_rate, episodes, clock, start, stop) -> Iterator[dict]:
    step = _DAY if stop - start > LONGEST else _HOUR
    samples = beats["sample"].to_numpy(dtype=np.int64)
    labels = beats["label"].to_numpy(dtype=object)
    edges = edges_of(clock, start, stop, step)
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        summary = summarize_part(samples, labels, sampling_rate, episodes, first, last)
        values = summary["value"]
        row: dict[str, Any] = {"start": first, "name": clock(first)}
        for name, _, figure in COLUMNS:
            row[name] = float(values[figure])
        row["analysed"] *= 60
        row["AF"] *= row["analysed"] / 100
        yield row

"""What the manifest says of the rhythm of each recording, in a few numbers."""

from __future__ import annotations

from typing import Any

from ..stream import Annotation

COUNTS = ("episodes", "s_runs", "v_runs")
"""Columns with whole numbers."""

_FIGURES = {
    "analysed_hours": "analysed time",
    "mean_rate": "mean rate",
    "lowest_rate": "lowest rate",
    "highest_rate": "highest rate",
    "af_burden": "AF burden",
    "s_burden": "S burden",
    "s_runs": "S runs",
    "v_burden": "V burden",
    "v_runs": "V runs",
    "longest_pause": "longest pause",
}
"""Columns, and what `Annotation.summary` calls them."""

FIGURES = ("start", "episodes", *_FIGURES)
"""Columns of a manifest that say when a recording began, and what was found."""

_DIGITS = 4


def figures_of(annotation: Annotation) -> dict[str, Any]:
    """Return the figures of a recording; those that cannot be said are left out."""
    start = annotation.recording.start_time
    figures: dict[str, Any] = {} if start is None else {"start": start.isoformat()}
    if not annotation.has_rhythm:
        return figures
    values = annotation.summary()["value"].dropna()
    figures["episodes"] = len(annotation.episodes)
    return figures | {
        column: round(float(values[name]), _DIGITS)
        for column, name in _FIGURES.items()
        if name in values
    }

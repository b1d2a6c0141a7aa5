"""What no heart does: results that say of themselves that they are wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..records import NO_BEAT

_MINUTE = 60.0
_SLOWEST, _FASTEST = 25, 220
"""Beats in a minute below and above which an adult heart does not go on for long."""

_MOST_LOST = 0.1
"""Share of a minute without a signal from which its beats are not counted."""

_FEWEST = 3
"""Minutes of such a rate from which it is doubted."""

_NEARLY_ALL = 0.9
"""Share of the time without a signal from which there is no usable lead."""

_MOST = 0.5
_NEVER = 0.01
"""Shares of a class in one lead and in the other that do not go together."""

REMEDY = "Look at a strip of each lead, and name the best one in the 'lead' parameter."


def doubts_of(
    beats: pd.DataFrame,
    quality: pd.DataFrame,
    duration: float,
    of_leads: pd.DataFrame | None = None,
) -> Iterator[str]:
    """Say why the beats of a recording are not to be believed.

    `of_leads` has, for each lead that was labelled by itself, how many of its beats
    are of each class.
    """
    is_beat = beats["label"].to_numpy(dtype=object) != NO_BEAT
    n_beats, n_others = int(is_beat.sum()), int((~is_beat).sum())
    if n_others > n_beats:
        yield (
            f"Of {len(beats)} detections, {n_others} are no beats: what is detected is "
            "not the QRS complex, or noise."
        )
    yield from _of_rates(beats["time"].to_numpy()[is_beat], quality, duration)
    lost = (quality["stop"] - quality["start"]).sum()
    if duration >= _MINUTE and lost > _NEARLY_ALL * duration:
        yield f"No lead shows beats in {100 * lost / duration:.0f} % of the time."
    if of_leads is not None:
        yield from _of_leads(of_leads)


def _of_rates(times, quality, duration):
    """Doubt rates that no heart has, in whole minutes that have a signal."""
    n_minutes = int(duration // _MINUTE)
    edges = _MINUTE * np.arange(n_minutes + 1)
    counts = np.histogram(times, edges)[0]
    lost = sum(
        (
            np.clip(
                np.minimum(one.stop, edges[1:]) - np.maximum(one.start, edges[:-1]),
                0,
                None,
            )
            for one in quality.itertuples()
        ),
        np.zeros(n_minutes),
    )
    is_seen = lost <= _MOST_LOST * _MINUTE
    for are_odd, rate in (
        (counts < _SLOWEST, f"fewer than {_SLOWEST}"),
        (counts > _FASTEST, f"more than {_FASTEST}"),
    ):
        n_odd = int((are_odd & is_seen).sum())
        if n_odd >= _FEWEST:
            yield f"{n_odd} of {n_minutes} minutes have {rate} beats, as no heart does."


def _of_leads(counts):
    """Doubt a class that is most of the beats in one lead, and none in the other."""
    shares = counts.div(counts.sum(axis=1), axis=0)
    for label in ("V", "S"):
        if label not in shares or len(shares) < 2:
            continue
        share = shares[label].sort_values()
        if share.iloc[0] < _NEVER and share.iloc[-1] > _MOST:
            yield (
                f"In lead {share.index[-1]}, {100 * share.iloc[-1]:.0f} % of the beats "
                f"look {label}; in lead {share.index[0]}, none do."
            )

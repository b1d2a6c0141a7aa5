"""Recordings of several days: a page of all, and a page of each day beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from ..rhythm import episodes_of_part, summarize_part, variability
from ._clock import Clock
from ._findings import Findings
from ._hours import edges_of

_DAY = 86400.0


def days_of(found: Findings) -> Iterator[Findings]:
    """Yield what was found on each day, by the clock where it is known."""
    clock = Clock(found.recording.start_time, found.stop)
    edges = edges_of(clock, found.start, found.stop, _DAY).tolist()
    for start, stop in pairwise(edges):
        yield _part(found, start, stop)


def page_of_day(path: Path, number: int) -> Path:
    """Return where the page of a day is, counted from 1."""
    stem = path.name.removesuffix(path.suffix)
    return path.parent / f"{stem}.day-{number}{path.suffix}"


def _part(found, start, stop):
    """Return what was found from a moment up to another; questions are of all."""
    inside = _between(found.beats["time"], start, stop)
    beats, quality = found.beats[inside], found.quality
    quality = quality[(quality["start"] < stop) & (quality["stop"] > start)]
    part = replace(
        found,
        start=start,
        stop=stop,
        beats=beats,
        quality=quality.assign(
            start=quality["start"].clip(lower=start),
            stop=quality["stop"].clip(upper=stop),
        ),
        said=found.said[
            _between(found.said["sample"] / found.recording.sampling_rate, start, stop)
        ],
        before=None,
        questions=None,
        cells=np.full(len(beats), -1),
    )
    return part if found.episodes is None else _with_rhythm(part, found.episodes)


def _with_rhythm(part, episodes):
    """Return a part with the episodes and figures of its own."""
    start, stop, rate = part.start, part.stop, part.recording.sampling_rate
    samples = part.beats["sample"].to_numpy(dtype=np.int64)
    labels = part.beats["label"].to_numpy(dtype=object)
    own = episodes_of_part(episodes, start, stop)
    return replace(
        part,
        episodes=own.assign(start=own["start"] + start, stop=own["stop"] + start),
        summary=summarize_part(samples, labels, rate, episodes, start, stop),
        variability=variability(
            samples - int(np.ceil(start * rate)),
            labels,
            rate,
            unreadable=part.quality[["start", "stop"]] - start,
            episodes=own,
            duration=stop - start,
        ),
    )


def _between(times: pd.Series, start: float, stop: float) -> np.ndarray:
    return ((times >= start) & (times < stop)).to_numpy(dtype=bool)

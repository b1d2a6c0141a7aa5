"""The page itself: all facts, charts and strips in one file of HTML."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .._files import written_whole
from .._version import __version__
from ..records import NO_BEAT, Recording
from ._charts import HEIGHT, WIDTH, clock, curve, heart_rate, strips_of, typical_beats

ECTOPIC = {"V": "ventricular", "S": "supraventricular"}
"""Labels whose runs are counted, in words."""

_LEAST_RUN = 3
_LEAST_PAIRS = 3
"""Ectopic beats, each after one that is not, that make bigeminy."""


@dataclass(frozen=True)
class Run:
    """Successive beats of one label."""

    label: str
    start: float  # Seconds of the first and the last beat
    stop: float  # Seconds of the first and the last beat
    n_beats: int

    @property
    def rate(self) -> float:
        """Beats a minute within the run."""
        seconds = self.stop - self.start
        return 60 * (self.n_beats - 1) / seconds if seconds > 0 else float("nan")


@dataclass(frozen=True)
class Facts:
    """What the labels of a recording say of its rhythm."""

    runs: list[Run]  # Three and more ectopic beats of one kind, the longest first
    couplets: dict[str, int]  # Pairs of successive ectopic beats, by label
    bigeminy: dict[str, int]
    pauses: list[tuple[float, float]]


def facts_of(beats: pd.DataFrame, quality: pd.DataFrame) -> Facts:
    """Find what the labels say of the rhythm."""
    beats = beats[beats["label"] != NO_BEAT]
    times = beats["time"].to_numpy(dtype=float)
    labels = beats["label"].to_numpy(dtype=object)
    # A run does not go on through a stretch without signal.
    breaks = _interrupted(times, quality)
    runs = [run for label in ECTOPIC for run in _runs(times, labels, breaks, label)]
    long = [run for run in runs if run.n_beats >= _LEAST_RUN]
    return Facts(
        runs=sorted(long, key=lambda run: -run.n_beats),
        couplets={
            label: sum(run.label == label and run.n_beats == 2 for run in runs)
            for label in ECTOPIC
        },
        bigeminy={label: _bigeminy(labels, breaks, label) for label in ECTOPIC},
        pauses=_pauses(times, breaks),
    )


def _interrupted(times, quality):
    """Tell of each interval between beats whether signal is lost in it."""
    lost = np.zeros(max(len(times) - 1, 0), dtype=bool)
    for start, stop in zip(quality["start"], quality["stop"], strict=True):
        lost |= (times[:-1] < stop) & (times[1:] > start)
    return lost


def _runs(times, labels, breaks, label):
    is_one = labels == label
    goes_on = np.append(False, is_one[:-1] & ~breaks) if len(times) else is_one
    first = np.flatnonzero(is_one & ~goes_on)
    for start in first.tolist():
        stop = start
        while stop + 1 < len(times) and is_one[stop + 1] and not breaks[stop]:
            stop += 1
        yield Run(label, float(times[start]), float(times[stop]), stop - start + 1)


def _bigeminy(labels, breaks, label):
    """Count the stretches in which every other beat has the label."""
    count, n_pairs, place = 0, 0, 0
    while place + 1 < len(labels):
        is_pair = labels[place] != label and labels[place + 1] == label
        if is_pair and not breaks[place]:
            n_pairs += 1
            count += n_pairs == _LEAST_PAIRS
            is_cut = place + 2 < len(labels) and breaks[place + 1]
            n_pairs = 0 if is_cut else n_pairs
            place += 2
        else:
            n_pairs = 0
            place += 1
    return int(count)


def _pauses(times, breaks, n=5):
    intervals = np.where(breaks, 0.0, np.diff(times))
    longest = np.argsort(-intervals, kind="stable")[:n]
    return [
        (float(times[place]), float(intervals[place]))
        for place in longest.tolist()
        if intervals[place] > 0
    ]


_BOX = 150, 90

MEANINGS = {
    "N": "normal, or conducted as a normal beat is",
    "S": "supraventricular ectopic",
    "V": "ventricular ectopic",
    "F": "fusion of the two",
    "Q": "paced, or not to be classified",
    "O": "no beat",
    "?": "no signal",
}


def write_page(path: Path, **found: Any) -> Path:
    """Write a page of what was found in a recording, as `page_of` takes it."""
    text = page_of(**found)
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def page_of(
    *,
    recording: Recording,
    lead: str,
    leads: str,  # In words
    notes: list[str],
    beats: pd.DataFrame,
    per_hour: pd.DataFrame,
    quality: pd.DataFrame,
    odd: pd.DataFrame,
    labels: list[str],
    model: str,
) -> str:
    """Return the text of the page."""
    from jinja2 import Environment, PackageLoader, select_autoescape

    environment = Environment(
        loader=PackageLoader("sklearn_ecg.report", "templates"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    counts = beats["label"].value_counts()
    n_beats = int(counts.drop(NO_BEAT, errors="ignore").sum())
    typical = typical_beats(recording, lead, beats, labels)
    choices = [label for label in labels if label != "?"]
    data: dict[str, Any] = {
        "recording": recording.name,
        "labels": choices,
        "strips": strips_of(recording, lead, beats, odd),
    }
    return environment.get_template("report.html").render(
        name=recording.name,
        leads=leads,
        notes=notes,
        duration=clock(recording.duration),
        version=__version__,
        n_beats=n_beats,
        n_checked=int(beats["checked"].sum()) if "checked" in beats else 0,
        median_rate=_median_rate(beats),
        labels=labels,
        choices=choices,
        counts={label: int(counts.get(label, 0)) for label in labels},
        meanings=MEANINGS,
        per_hour=per_hour.reset_index().to_dict("records"),
        facts=facts_of(beats, quality),
        ectopic=ECTOPIC,
        chart=heart_rate(beats, recording.duration),
        width=WIDTH,
        height=HEIGHT,
        typical={label: curve(one, *_BOX) for label, one in typical.items()},
        box=_BOX,
        quality=quality.to_dict("records"),
        lost=float((quality["stop"] - quality["start"]).sum()),
        model=model,
        clock=clock,
        # So that no name or label can end the script that it stands in.
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    )


def _median_rate(beats):
    times = beats.loc[beats["label"] != NO_BEAT, "time"]
    interval = times.diff().median()
    return None if pd.isna(interval) or interval <= 0 else round(60 / interval)

"""The page itself: all facts, charts and strips in one file of HTML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from .._messages import lasting
from .._version import __version__
from ..records import NO_BEAT
from ._charts import HEIGHT, WIDTH, curve, heart_rate, typical_beats
from ._clock import Clock
from ._data import data_of
from ._disclosure import hours_of
from ._figures import (
    cards_of,
    cards_of_short,
    firsts_of,
    moments_of,
    percent,
    runs_of,
    table_of,
)
from ._findings import Findings
from ._hours import COLUMNS, by_the_hour, hour_text
from ._paper import sheets_of

_MOST_RUNS = 10

_BOX = 150, 90

SHORT = 60.0
"""Seconds up to which all leads are shown on paper, and no courses over time."""

MEANINGS = {
    "N": "normal, or conducted as a normal beat is",
    "S": "supraventricular ectopic",
    "V": "ventricular ectopic",
    "F": "fusion of the two",
    "Q": "paced, or not to be classified",
    "O": "no beat",
    "?": "no signal",
}


def page_of(
    found: Findings,
    paper: str | None = None,
    days: Sequence[str] | None = None,
    whole: str | None = None,
) -> str:
    """Return the text of the page.

    A size of `paper` is for a page that is printed. A page of several `days` has the
    addresses of theirs, and not all that was recorded; that of a day has the address of
    the `whole`.
    """
    recording, beats = found.recording, found.beats
    is_short = recording.duration <= SHORT
    if is_short:
        found = replace(found, questions=None)  # Each beat is seen
    clock = Clock(recording.start_time, recording.duration)
    counts = {
        label: int(n) for label, n in beats["label"].value_counts().items() if n > 0
    }
    cards = _cards(found, is_short)
    facts: list = []
    hours: list = []
    if days is None:
        facts, hours = hours_of(recording, found.leads, found.start, found.stop)
    data = data_of(found, clock, counts, moments_of(cards), facts)
    return _template().render(
        name=recording.name,
        is_short=is_short,
        sheets=sheets_of(recording, found.leads, beats) if is_short else [],
        found=found,
        clock=clock,
        lasting=lasting,
        percent=percent,
        version=__version__,
        paper=paper,
        days=days,
        whole=whole,
        **_counted(beats, counts),
        labels=found.labels,
        choices=data["labels"],
        meanings=MEANINGS,
        cards=cards,
        figures=[] if found.summary is None else table_of(found.summary, found.before),
        hour_columns=COLUMNS,
        by_hour=_by_hour(found, clock),
        hour_text=hour_text,
        runs=[] if found.episodes is None else _runs(found.episodes),
        most_runs=_MOST_RUNS,
        chart=heart_rate(beats, found.episodes, found.start, found.stop, clock),
        width=WIDTH,
        height=HEIGHT,
        typical=_typical(found, counts),
        templates=_templates(found.questions),
        box=_BOX,
        quality=found.quality.to_dict("records"),
        lost=float((found.quality["stop"] - found.quality["start"]).sum()),
        said=found.said.to_dict("records"),
        hours=hours,
        # So that no name or label can end the script that it stands in.
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    )


def _counted(beats, counts):
    """Return how many beats there are, and how fast they come."""
    return {
        "counts": counts,
        "n_beats": sum(n for label, n in counts.items() if label != NO_BEAT),
        "n_checked": int(beats["checked"].sum()) if "checked" in beats else 0,
        "median_rate": _median_rate(beats),
    }


def _cards(found, is_short):
    """Return the figures of the summary, of a short recording those that it has."""
    if found.summary is None:
        return []
    if is_short:
        return cards_of_short(found.summary)
    firsts = firsts_of(found.beats, found.episodes)
    return cards_of(found.summary, found.variability, firsts)


def _template():
    """Return the page before anything was found."""
    from jinja2 import Environment, PackageLoader, select_autoescape

    environment = Environment(
        loader=PackageLoader("sklearn_ecg.report", "templates"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def _by_hour(found, clock):
    """Return the rows of the table by the hour, none where no rhythm is told."""
    recording = found.recording
    if found.episodes is None:
        return []
    rate = recording.sampling_rate
    return by_the_hour(
        found.beats, rate, found.episodes, clock, found.start, found.stop
    )


def _typical(found, counts):
    """Return the typical beat of each label: points, how many, what it is."""
    shapes = typical_beats(found.recording, found.leads[0], found.beats, found.labels)
    return [
        {"points": curve(shape, *_BOX), "label": label, "n": counts.get(label, 0)}
        for label, shape in shapes.items()
    ]


def _templates(questions):
    """Return the mean beat of each template, what most are called, and how many."""
    if questions is None:
        return []
    templates = []
    for number, (shape, n) in enumerate(
        zip(questions["shapes"], questions["n_beats"], strict=True)
    ):
        inside: dict[str, int] = {}
        for of, label, count in zip(
            questions["template_of"],
            questions["cell_labels"],
            questions["cell_counts"],
            strict=True,
        ):
            if of == number:
                inside[label] = inside.get(label, 0) + count
        label = max(inside, key=lambda each: inside[each], default="?")
        points = curve(np.asarray(shape, dtype=float), *_BOX)
        templates.append({"points": points, "label": label, "n": int(n)})
    return sorted(templates, key=lambda each: -each["n"])


def _runs(episodes):
    """Return the runs, those of most beats first."""
    runs = runs_of(episodes)
    runs = runs.assign(label=runs["kind"].str[0])
    runs = runs.sort_values("n_beats", ascending=False, kind="stable")
    return runs.to_dict("records")


def _median_rate(beats):
    times = beats.loc[beats["label"] != NO_BEAT, "time"]
    interval = times.diff().median()
    return None if pd.isna(interval) or interval <= 0 else round(60 / interval)

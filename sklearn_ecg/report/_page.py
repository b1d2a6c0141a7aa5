"""The page itself: all facts, charts and strips in one file of HTML."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .._files import written_whole
from .._messages import lasting
from .._version import __version__
from ..records import NO_BEAT
from ..rhythm import names_of
from ..templates import constants
from ._charts import HEIGHT, WIDTH, curve, heart_rate, typical_beats
from ._clock import Clock
from ._disclosure import hours_of, packed_beats, packed_episodes
from ._figures import cards_of, cards_of_short, moments_of, table_of
from ._findings import Findings
from ._hours import COLUMNS, by_the_hour
from ._paper import sheets_of
from ._strips import (
    MISSING,
    samples_of,
    shows,
    strip_around,
    strips_of,
    without_samples,
)

_MOST_RUNS = 10

_BOX = 150, 90

_SHORT = 60.0
"""Seconds below which all leads are shown on paper, and no courses over time."""

MEANINGS = {
    "N": "normal, or conducted as a normal beat is",
    "S": "supraventricular ectopic",
    "V": "ventricular ectopic",
    "F": "fusion of the two",
    "Q": "paced, or not to be classified",
    "O": "no beat",
    "?": "no signal",
}


def write_page(path: Path, found: Findings) -> Path:
    """Write a page of what was found in a recording."""
    text = page_of(found)
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def page_of(found: Findings) -> str:
    """Return the text of the page."""
    recording, beats = found.recording, found.beats
    is_short = recording.duration < _SHORT
    if is_short:
        found = replace(found, questions=None)  # Each beat is seen
    clock = Clock(recording.start_time, recording.duration)
    counts = {
        label: int(n) for label, n in beats["label"].value_counts().items() if n > 0
    }
    n_beats = sum(n for label, n in counts.items() if label != NO_BEAT)
    cards = _cards(found, is_short)
    facts, hours = hours_of(recording, found.leads, 0.0, recording.duration)
    data = _data(found, clock, counts, moments_of(cards), facts)
    return _template().render(
        name=recording.name,
        is_short=is_short,
        sheets=sheets_of(recording, found.leads, beats) if is_short else [],
        found=found,
        clock=clock,
        lasting=lasting,
        version=__version__,
        n_beats=n_beats,
        n_checked=int(beats["checked"].sum()) if "checked" in beats else 0,
        median_rate=_median_rate(beats),
        labels=found.labels,
        choices=data["labels"],
        counts=counts,
        meanings=MEANINGS,
        cards=cards,
        figures=[] if found.summary is None else table_of(found.summary, found.before),
        hour_columns=COLUMNS,
        by_hour=_by_hour(found, clock),
        runs=[] if found.episodes is None else _runs(found.episodes),
        most_runs=_MOST_RUNS,
        chart=heart_rate(beats, found.episodes, recording.duration, clock),
        width=WIDTH,
        height=HEIGHT,
        typical=_typical(found, counts),
        templates=_templates(found.questions),
        box=_BOX,
        quality=found.quality.to_dict("records"),
        lost=float((found.quality["stop"] - found.quality["start"]).sum()),
        said=found.said.to_dict("records"),
        n_questions=sum(map(len, found.questions["shown"])) if found.questions else 0,
        hours=hours,
        # So that no name or label can end the script that it stands in.
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    )


def _cards(found, is_short):
    """Return the figures of the summary, of a short recording those that it has."""
    if found.summary is None:
        return []
    if is_short:
        return cards_of_short(found.summary)
    return cards_of(found.summary, found.variability)


def _data(found, clock, counts, moments, facts):
    """Return what the scripts read."""
    recording, beats = found.recording, found.beats
    episodes, kinds = _named_episodes(found.episodes)
    known = list(dict.fromkeys([*found.labels, *counts]))
    odd = zip(found.odd["sample"], found.odd["time"], strict=True)
    strips = strips_of(recording, found.leads, odd)
    told = _found(recording, found.leads, moments)
    questions, asked = _asked(found.questions, counts, found.labels)
    data = {
        "recording": recording.name,
        "rate": recording.sampling_rate,
        "duration": recording.duration,
        "clock": clock.facts(),
        **found.seconds,
        "labels": [
            *(each for each in found.labels if each not in (NO_BEAT, "?")),
            NO_BEAT,
        ],
        "leads": list(found.leads),
        "strips": [without_samples(strip) for strip in strips],
        "found": [without_samples(strip) for strip in told],
        "questions": questions,
        "samples": samples_of([*strips, *told, *asked]),
        "missing": MISSING,
        "beats": {"names": known, **packed_beats(beats, known, found.cells)},
        "episodes": {"names": kinds, **packed_episodes(episodes, kinds)},
        "hours": facts,
    }
    data["fingerprint"] = sha256(json.dumps(data).encode()).hexdigest()[:16]
    return data


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


def _found(recording, leads, moments):
    """Return strips of what the summary tells of, each with all that it shows."""
    strips: list[dict[str, Any]] = []
    for title, time in moments:
        at = {"title": title, "at": round(time, 3)}
        shown = [strip for strip in strips if shows(strip, time, recording)]
        if shown:
            shown[0]["told"].append(at)
        else:
            strips.append({**strip_around(recording, leads, time), "told": [at]})
    return strips


def _named_episodes(episodes):
    """Return episodes by the names that readers give them, and these names."""
    if episodes is None:
        episodes = pd.DataFrame({"kind": [], "start": [], "stop": []})
        return episodes, []
    named = episodes.assign(kind=_names_with_class(episodes))
    return named, list(dict.fromkeys(named["kind"]))


def _names_with_class(episodes):
    """Return what episodes are called; all kinds keep the class of their beats."""
    is_run = episodes["kind"].str.endswith(" run").to_numpy(dtype=bool)
    return np.where(is_run, names_of(episodes), episodes["kind"])


def _by_hour(found, clock):
    """Return the rows of the table by the hour, none where no rhythm is told."""
    recording = found.recording
    if found.episodes is None:
        return []
    rate, duration = recording.sampling_rate, recording.duration
    return by_the_hour(found.beats, rate, found.episodes, clock, 0.0, duration)


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


def _asked(questions, counts, labels):
    """Return what the script needs to think as Python does, and the strips asked of."""
    if questions is None:
        return None, []
    strips = [one["strip"] for beats in questions["shown"] for one in beats]
    shown = [
        [{**one, "strip": without_samples(one["strip"])} for one in beats]
        for beats in questions["shown"]
    ]
    of_label = {label: counts.get(label, 0) for label in labels}
    asked = {**questions, "shown": shown, "constants": constants(), "counts": of_label}
    return asked, strips


def _runs(episodes):
    """Return the runs, those of most beats first."""
    runs = episodes[episodes["kind"].str.endswith(" run")]
    runs = runs.assign(label=runs["kind"].str[0], name=names_of(runs))
    runs = runs.sort_values("n_beats", ascending=False, kind="stable")
    return runs.to_dict("records")


def _median_rate(beats):
    times = beats.loc[beats["label"] != NO_BEAT, "time"]
    interval = times.diff().median()
    return None if pd.isna(interval) or interval <= 0 else round(60 / interval)

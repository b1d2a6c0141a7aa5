"""The page itself: all facts, charts and strips in one file of HTML."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .._files import written_whole
from .._messages import clock
from .._version import __version__
from ..records import NO_BEAT, Recording
from ..rhythm import names_of
from ..templates import constants
from ._charts import HEIGHT, WIDTH, curve, heart_rate, strips_of, typical_beats

_MOST_RUNS = 10

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
    rhythm: list[str],  # In words
    episodes: pd.DataFrame | None,  # None if the labels say nothing of the rhythm
    seconds: dict[str, float],  # By which the script tells beats apart
    model: str,
    questions: dict[str, Any] | None,  # None if there is nothing to ask
    cells: np.ndarray | None,  # Of beats, by which answers move their labels
) -> str:
    """Return the text of the page.

    `questions` are about templates of beats: ``classes``, the order of logits; of
    templates ``kernel``, ``n_beats``, ``logits``, ``shapes`` and ``shown``, beats to
    ask about with their strips; of cells ``template_of``, ``cell_logits``,
    ``cell_counts`` and ``cell_labels``; and ``answers`` that were given before.
    """
    counts = beats["label"].value_counts()
    n_beats = int(counts.drop(NO_BEAT, errors="ignore").sum())
    typical = typical_beats(recording, lead, beats, labels)
    classes = [label for label in labels if label not in (NO_BEAT, "?")]
    choices = [*classes, NO_BEAT]
    data = {
        "recording": recording.name,
        "rate": recording.sampling_rate,
        **seconds,
        "labels": choices,
        "strips": strips_of(recording, lead, beats, odd, cells),
        "questions": _asked(questions, counts, labels),
    }
    data["fingerprint"] = sha256(json.dumps(data).encode()).hexdigest()[:16]
    return _template().render(
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
        rhythm=rhythm,
        is_known=episodes is not None,
        runs=[] if episodes is None else _runs(episodes),
        most_runs=_MOST_RUNS,
        chart=heart_rate(beats, recording.duration),
        width=WIDTH,
        height=HEIGHT,
        typical={label: curve(one, *_BOX) for label, one in typical.items()},
        box=_BOX,
        quality=quality.to_dict("records"),
        lost=float((quality["stop"] - quality["start"]).sum()),
        model=model,
        questions=questions,
        n_questions=sum(map(len, questions["shown"])) if questions else 0,
        clock=clock,
        # So that no name or label can end the script that it stands in.
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    )


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


def _asked(questions, counts, labels):
    """Return the questions with what the script needs to think as Python does."""
    if questions is None:
        return None
    of_label = {label: int(counts.get(label, 0)) for label in labels}
    return {**questions, "constants": constants(), "counts": of_label}


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

"""What the scripts of a page read: strips, beats, episodes and questions."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from ..records import NO_BEAT
from ..rhythm import names_of
from ..templates import constants
from ._clock import Clock
from ._disclosure import packed_beats, packed_episodes
from ._findings import Findings
from ._strips import (
    MISSING,
    samples_of,
    shows,
    strip_around,
    strips_of,
    without_samples,
)


def data_of(
    found: Findings,
    clock: Clock,
    counts: dict[str, int],
    moments: list[tuple[str, float]],
    facts: list[list[dict[str, Any]]],
) -> dict[str, Any]:
    """Return what the scripts read."""
    recording, beats = found.recording, found.beats
    episodes, kinds = _named_episodes(found.episodes)
    known = list(dict.fromkeys([*found.labels, *counts]))
    odd = found.odd_of(beats)
    strips = strips_of(
        recording, found.leads, zip(odd["sample"], odd["time"], strict=True)
    )
    told = _found(recording, found.leads, moments)
    questions, asked = _asked(found.questions, counts, found.labels)
    shown, cells = beats, found.cells
    if not facts:  # Of days, only the beats of strips
        inside = _in_strips(beats["time"], [*strips, *told, *asked])
        shown, cells = beats[inside], found.cells[inside]
    data = {
        "recording": recording.name,
        "rate": recording.sampling_rate,
        "duration": recording.duration,
        "start": found.start,
        "stop": found.stop,
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
        "constants": constants(),
        "samples": samples_of([*strips, *told, *asked]),
        "missing": MISSING,
        "beats": {"names": known, **packed_beats(shown, known, cells)},
        "episodes": {"names": kinds, **packed_episodes(episodes, kinds)},
        "hours": facts,
    }
    data["fingerprint"] = sha256(json.dumps(data).encode()).hexdigest()[:16]
    return data


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


def _in_strips(times, strips):
    """Tell which times are in a strip."""
    inside = np.zeros(len(times), dtype=bool)
    for strip in strips:
        first, last = np.searchsorted(times, [strip["start"], strip["stop"]])
        inside[first:last] = True
    return inside


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
    asked = {**questions, "shown": shown, "counts": of_label}
    return asked, strips

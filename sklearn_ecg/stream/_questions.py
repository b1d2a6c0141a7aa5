"""Questions about templates, as the page of a report asks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..report import strip_around
from ._corrector import nearest_beats
from ._templates import named_beats

if TYPE_CHECKING:
    from ._annotation import Annotation

_DIGITS = 5
"""Of logits and covariances in the page."""


def questions_of(
    annotation: Annotation,
) -> tuple[dict[str, Any] | None, np.ndarray]:
    """Return what the page asks, None if there is nothing, and the cell of each beat.

    A beat has the cell -1 if its label is not what the model and the answers say.
    """
    found, beat_groups = annotation.origin or annotation, annotation._groups
    if not beat_groups.shown:
        return None, np.full(len(annotation.beats), -1)
    groups, classes = beat_groups.groups, beat_groups.classes
    samples = found.beats["sample"].to_numpy()
    answers = annotation._answers()
    cells = _cells_of(annotation, [int(samples[place]) for place, _ in answers])
    counts = np.bincount(beat_groups.cell[beat_groups.cell >= 0])
    labels = found.beats["label"].to_numpy(dtype=object)
    first = np.unique(beat_groups.cell, return_index=True)[1][-len(counts) :]
    return {
        "classes": list(classes),
        "kernel": groups.kernel.round(_DIGITS).tolist(),
        "n_beats": groups.n_beats.tolist(),
        "logits": groups.logits.round(_DIGITS).tolist(),
        "template_of": groups.template_of.tolist(),
        "cell_logits": groups.cell_logits.round(_DIGITS).tolist(),
        "cell_counts": counts.tolist(),
        "cell_labels": labels[first].tolist(),
        "shown": [
            [_shown(annotation, place, int(samples[place])) for place in places]
            for places in beat_groups.shown
        ],
        "shapes": beat_groups.shapes.round(3).tolist(),
        "answers": [
            {"sample": int(samples[place]), "label": label} for place, label in answers
        ],
    }, cells


def _cells_of(annotation, answered):
    """Return the cell of each beat, -1 where a reader has said something else."""
    if annotation.said.empty:
        return annotation._groups.cell
    found, beats = annotation.origin or annotation, annotation.beats
    samples = beats["sample"].to_numpy()
    labels = _labels_by_answers(found, annotation)
    places = nearest_beats(found.beats["sample"].to_numpy(), samples, 0)
    is_said = (places < 0) | (labels[places] != beats["label"].to_numpy(dtype=object))
    if "checked" in beats:
        is_said |= beats["checked"].to_numpy(dtype=bool) & ~np.isin(samples, answered)
    return np.where(is_said, -1, annotation._groups.cell[places])


def _labels_by_answers(found, annotation):
    """Return the labels that the page finds, whatever another page has carried."""
    answers = annotation._answers()
    beats = named_beats(found, found._groups, answers) if answers else found.beats
    return beats["label"].to_numpy(dtype=object)


def _shown(annotation, place, sample):
    """Return a beat to ask about, with its strip."""
    found = annotation.origin or annotation
    time = float(found.beats["time"].iloc[place])
    return {
        "sample": sample,
        "time": round(time, 3),
        "cell": int(annotation._groups.cell[place]),
        "strip": strip_around(annotation.recording, annotation._both_leads(), time),
    }

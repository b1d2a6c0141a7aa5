"""Templates: groups of beats that look alike, of which a reader sees a few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.cluster import KMeans

from ._looks import in_floats, looks_facts
from ._opinion import LENGTH, OWN, SHARED, Groups, kernel_of

MOST_TEMPLATES = 40
_FEWEST_BEATS = 5
"""Beats of a template, on average, at least."""

SHOWN = 2
"""Beats of a template that can be asked about."""

_MOST_COMPARED = 16_000
"""Beats from which templates are formed; all others join the nearest."""

_LEAST_LIKELY = 1e-5
_LEAST_COMPARED = 1e-3
"""Probabilities below which classes are equally unlikely: in opinions, in looks."""

_AT_ONCE = 2**12
"""Beats that are looked at together: those of weeks would take the memory."""

_OF_LOGITS = 0.5
"""What the model's opinion counts beside the looks of a beat."""

_MARGINS = (1.0, 2.0, 4.0)
"""By how much the best logit leads, where one cell of a template ends."""


def grouping() -> dict[str, Any]:
    """Return by name what a page needs that groups beats itself."""
    return {
        "most": MOST_TEMPLATES,
        "fewest": _FEWEST_BEATS,
        "shown": SHOWN,
        "leastCompared": _LEAST_COMPARED,
        "ofLogits": _OF_LOGITS,
        "margins": list(_MARGINS),
        "LENGTH": LENGTH,
        "OWN": OWN,
        "SHARED": SHARED,
        **looks_facts(),
    }


@dataclass(frozen=True, eq=False)
class BeatGroups:
    """The beats of a recording in templates, and these in cells."""

    classes: tuple[str, ...]
    groups: Groups
    template: np.ndarray  # Of each beat, -1 for one without signal
    cell: np.ndarray  # Of each beat, -1 likewise
    shown: list[np.ndarray]  # Beats of each template to ask about, the nearest first
    shapes: np.ndarray  # Mean beats, shape (n_templates, n_samples)


def group_beats(
    looks: np.ndarray,
    probability: np.ndarray,
    classes: Sequence[str],
    n_shape: int,
) -> BeatGroups:
    """Group beats by their looks and by what the model thinks of them.

    `looks` of shape (n_beats, n_features) begin with `n_shape` samples of the beat;
    `probability` of shape (n_beats, n_classes) is NaN where there is no signal.
    """
    usable = np.flatnonzero(np.isfinite(probability).all(axis=1))
    template = np.full(len(looks), -1)
    cell = np.full(len(looks), -1)
    logits = _logits(probability, usable)
    points = _Points(looks, usable, logits)
    template[usable], centres = _clusters(points, logits.argmax(axis=1))
    cell[usable], template_of, cell_logits = _cells(template[usable], logits)
    n_templates = len(centres)
    n_beats = np.bincount(template[usable], minlength=n_templates)
    groups = Groups(
        kernel=kernel_of(centres),
        n_beats=n_beats,
        logits=_means(logits, template[usable], n_templates),
        template_of=template_of,
        cell_logits=cell_logits,
    )
    shown = _nearest(points, template[usable], centres)
    shapes = centres[:, :n_shape]
    return BeatGroups(
        tuple(classes), groups, template, cell, [usable[each] for each in shown], shapes
    )


def _logits(probability, usable):
    """Return the logits of usable beats, of 32 bits: beats of weeks are many."""
    logits = np.empty((len(usable), probability.shape[1]), np.float32)
    for first in range(0, len(usable), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        logits[some] = np.log(np.maximum(probability[usable[some]], _LEAST_LIKELY))
    return logits


class _Points:
    """Looks of usable beats, and beside them the model's opinion as it counts."""

    def __init__(self, looks, usable, logits):
        self._looks, self._usable, self._logits = looks, usable, logits
        self.n_features = looks.shape[1] + logits.shape[1]

    def __len__(self):
        return len(self._usable)

    def __getitem__(self, some) -> np.ndarray:
        """Return some points, float32."""
        logits = np.maximum(self._logits[some], np.log(_LEAST_COMPARED))
        logits -= logits.mean(axis=1, keepdims=True)
        looks = in_floats(self._looks[self._usable[some]])
        return np.hstack([looks, (_OF_LOGITS * logits).astype(np.float32)])

    def parts(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield all points, some at a time, with their places."""
        for first in range(0, len(self), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            yield some, self[some]


def _clusters(points, labels):
    """Return the template of each beat, and the mean of each template."""
    n_templates = min(MOST_TEMPLATES, max(1, len(points) // _FEWEST_BEATS))
    if not len(points):
        return np.zeros(0, dtype=int), np.zeros((0, points.n_features))
    chosen = _spread(labels) if len(points) > _MOST_COMPARED else slice(None)
    means = KMeans(n_templates, n_init=1, max_iter=30, random_state=0)
    means.fit(points[chosen])
    nearest = np.concatenate([means.predict(part) for _, part in points.parts()])
    present, template = np.unique(nearest, return_inverse=True)
    return template, means.cluster_centers_[present].astype(float)


def _spread(labels):
    """Choose beats of all labels, evenly in time, of rare labels all."""
    present = np.unique(labels)
    most = _MOST_COMPARED // len(present)
    parts = []
    for label in present:
        places = np.flatnonzero(labels == label)
        even = np.linspace(0, len(places) - 1, min(len(places), most)).astype(int)
        parts.append(places[even])
    return np.sort(np.concatenate(parts))


def _cells(template, logits):
    """Return the cell of each beat, the template of each cell, and its logits."""
    n_classes, n_margins = logits.shape[1], len(_MARGINS) + 1
    code = template * (n_classes * n_margins)
    for first in range(0, len(logits), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        part = np.sort(logits[some], axis=1)
        lead = part[:, -1] - part[:, max(n_classes - 2, 0)]
        code[some] += logits[some].argmax(axis=1) * n_margins
        code[some] += np.digitize(lead, _MARGINS)
    present = np.flatnonzero(np.bincount(code))
    cell = np.searchsorted(present, code)
    template_of = present // (n_classes * n_margins)
    return cell, template_of, _means(logits, cell, len(present))


def _means(values, group, n_groups):
    """Return the mean of rows in each group."""
    sums = [np.bincount(group, column, minlength=n_groups) for column in values.T]
    counts = np.maximum(np.bincount(group, minlength=n_groups), 1)
    return np.stack(sums, axis=1) / counts[:, np.newaxis]


def _nearest(points, template, centres):
    """Return the beats of each template that are nearest to its mean."""
    far = np.zeros(len(points))
    for some, part in points.parts():
        far[some] = np.sum((part - centres[template[some]]) ** 2, axis=1)
    order = np.argsort(template, kind="stable")
    stops = np.cumsum(np.bincount(template, minlength=len(centres)))
    return [
        inside[np.argsort(far[inside], kind="stable")[:SHOWN]]
        for _, inside in zip(centres, np.split(order, stops), strict=False)
    ]

"""A model that learns from what was said of the recordings of a patient."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline

from .._parameter_checks import check
from ..classifier import STRENGTHS, MultiLeadPipeline, PrunedCNNClassifier, Strength
from ._annotation import Annotation
from ._templates import taught_by


def adapt(
    model: Pipeline,
    X: pd.DataFrame | Annotation,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    strength: Strength = "auto",
) -> Pipeline:
    """Return a model that a few labelled beats of one patient have adapted.

    The last layer of the network is fitted to them, drawn towards what it was; pruned
    weights stay zero. Label the first minutes of a recording by hand, and the rest of
    it is labelled better: EC57 allows five minutes. Or name templates of beats, and the
    next recording of this patient is. The model given is left as it is.

    Parameters
    ----------
    model : Pipeline or DeviceChain
        Fitted, of a `BeatSegmenter` and a `PrunedCNNClassifier`; such as
        `load_pretrained` returns. Or the chain of a device, which learns from an
        annotation that it made; :func:`~sklearn_ecg.edge.names_table` tells the device.
    X : DataFrame of shape (n_beats, n_columns), or Annotation
        A beat table, in order of time. Beats without signal are left out. Or an
        annotation of which a reader has said something: beats that were looked at count
        one each, and those that a name was carried to as many as a few together, in
        each template; see `Annotation.ask`.
    y : array-like of shape (n_beats,), default=None
        Their labels, all of them known to the model; not with an annotation.
    sample_weight : array-like of shape (n_beats,), default=None
        What each beat counts; None is 1, or that of an annotation.
    strength : "auto" or float > 0, default="auto"
        How far a weight is expected to move; see `PrunedCNNClassifier.adapted`.
        ``"auto"`` is for minutes of a recording: it goes far only where that foretells
        beats better, and hardly unlearns a class that has no beat here. Take a number,
        such as 3, for a few beats that were corrected.

    Returns
    -------
    Pipeline or DeviceChain
        Fitted.

    Raises
    ------
    TypeError
        If the model is another kind of Pipeline.
    ValueError
        If no beat has a signal, a label is unknown to the model, or nobody has said
        anything of an annotation.

    Examples
    --------
    >>> from sklearn_ecg import adapt, load_pretrained
    >>> from sklearn_ecg.datasets import make_ecg
    >>> beats = make_ecg(n_records=1, random_state=0)
    >>> is_early = (beats.data["sample"] < 20 * 360).to_numpy()
    >>> model = load_pretrained()
    >>> adapted = adapt(model, beats.data[is_early], beats.target[is_early])
    >>> labels = adapted.predict(beats.data[~is_early])

    A model that has learnt from two names:

    >>> from sklearn_ecg import annotate
    >>> annotation = annotate(beats.records[0], model)
    >>> named = annotation.templates(2).named({0: "V", 1: "N"})
    >>> of_next_night = annotate(beats.records[0], adapt(model, named))
    """
    if hasattr(model, "adapted"):
        return _adapted_chain(model, X, strength)
    refuse_unadaptable(model)
    if isinstance(X, Annotation):
        if y is not None or sample_weight is not None:
            raise ValueError("An annotation has labels and weights: leave out y.")
        X, y, sample_weight = taught_by(X, model.classes_)
    labels = pd.Series(y).to_numpy()
    if len(labels) != len(X):
        raise ValueError(f"X has {len(X)} rows and y has {len(labels)} labels.")
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight)
    views = _views(model, X)
    windows = pd.concat([view for view, _ in views], ignore_index=True)
    rows = np.concatenate([rows for _, rows in views])
    in_time = np.argsort(rows, kind="stable")
    windows, rows = windows.iloc[in_time], rows[in_time]
    usable = windows.notna().all(axis=1).to_numpy()
    if not usable.any():
        raise ValueError("X has no beat with a signal to adapt to.")
    adapted = copy.copy(model)
    name, classifier = model.steps[-1]
    last = classifier.adapted(
        windows[usable],
        labels[rows[usable]],
        sample_weight=weights[rows[usable]],
        strength=strength,
    )
    adapted.steps = [*model.steps[:-1], (name, last)]
    return adapted


def _adapted_chain(chain, annotation, strength):
    """Return a chain that has learnt from what was said of its annotation."""
    if not isinstance(annotation, Annotation):
        raise TypeError(
            "A chain learns from an annotation of which a reader has said something, "
            f"not from a {type(annotation).__name__}: adapt(chain, named)."
        )
    X, labels, weights = taught_by(annotation, chain.classes_)
    strength = check("adapt", "strength", strength, STRENGTHS)
    recording = annotation.recording
    seconds = X["sample"].to_numpy() / recording.sampling_rate
    return chain.adapted(recording, seconds, labels, weights, strength)


def adapted_to(model: Pipeline, annotations: Sequence[Annotation]) -> Pipeline | None:
    """Return a model that has learnt from some recordings of a patient together.

    None if nothing was said of them that it can learn.
    """
    of_all = (taught_by(each, model.classes_) for each in annotations if len(each.said))
    lessons = [lesson for lesson in of_all if len(lesson[0])]
    if not lessons:
        return None
    tables, labels, weights = zip(*lessons, strict=True)
    table = pd.concat(tables, ignore_index=True)
    together = np.concatenate(weights)
    return adapt(model, table, np.concatenate(labels), sample_weight=together)


def refuse_unadaptable(model: Any) -> None:
    """Refuse what `adapt` can't adapt."""
    is_one = isinstance(model, Pipeline)
    if not is_one or not isinstance(model[-1], PrunedCNNClassifier):
        raise TypeError(
            "adapt takes a Pipeline of a BeatSegmenter and a PrunedCNNClassifier, not "
            f"a {type(model).__name__}. For a device, adapt the Pipeline, and then "
            "quantize it."
        )


def _views(model, X):
    """Return windows and rows of a beat table, for each lead that the model sees."""
    if isinstance(model, MultiLeadPipeline):
        return model.views(X)
    return [(model[:-1].transform(X), np.arange(len(X)))]

"""Labels of beats: checks and counts that the scores share."""

import numpy as np
import pandas as pd

from ..records._symbols import NO_BEAT

UNMATCHED = NO_BEAT
"""The label of no beat, as in ``bxb``: a missed beat's prediction, an extra's truth."""


def checked_labels(y_true, y_pred):
    y_true = one_dimensional("y_true", y_true)
    y_pred = one_dimensional("y_pred", y_pred)
    if len(y_true) != len(y_pred):
        raise ValueError(
            f"y_true has {len(y_true)} beats and y_pred {len(y_pred)}; they must be "
            "labels of the same beats."
        )
    if not len(y_true):
        raise ValueError("There are no beats to score: y_true and y_pred are empty.")
    return y_true, y_pred


def check_one_kind(y_true, y_pred):
    """Refuse labels that mix text and numbers."""
    # Before NumPy makes text of all, and the number 1 equals the text "1".
    kinds = _kinds(y_true) | _kinds(y_pred)
    if len(kinds) > 1:
        text, number = kinds[True], kinds[False]
        raise ValueError(
            f"The labels in y_true and y_pred mix text and numbers, as {text!r} and "
            f"{number!r}; all must be of one kind."
        )


def _kinds(labels):
    """Return a label that is text under True, and one that is not under False."""
    as_they_are = object if isinstance(labels, list | tuple) else None
    labels = np.asarray(labels, dtype=as_they_are).ravel().tolist()
    return {isinstance(label, str): label for label in labels}


def one_dimensional(name, values):
    values = np.asarray(values)
    if values.ndim != 1:
        raise ValueError(
            f"{name} must have one dimension, not the shape {values.shape}."
        )
    return values


def confusion(y_true, y_pred, labels, sample_weight=None):
    """Count the pairs of labels, or add up their weights."""
    # Unlike scikit-learn's matrix, a cross-tabulation has no quarrel with one label.
    if sample_weight is None:
        counts = pd.crosstab(y_true, y_pred)
    else:
        counts = pd.crosstab(y_true, y_pred, sample_weight, aggfunc="sum").fillna(0.0)
    counts = counts.reindex(index=labels, columns=labels, fill_value=0)
    return counts.rename_axis(index=None, columns=None)


def ratio(part, whole):
    return part / whole if whole else np.nan

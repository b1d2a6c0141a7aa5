"""How often a classifier is wrong about the beats that it is surest of."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._messages import listed

_SHARES = (1.0, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5)


def coverage_curve(
    y_true: ArrayLike, probabilities: ArrayLike, classes: ArrayLike
) -> pd.DataFrame:
    """Tell what is gained by leaving the least certain beats to a person.

    A beat is labelled if the probability of its most probable class reaches a
    threshold; else it is left open. The lower the threshold, the more beats are
    labelled, and the more of the labels are wrong [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_beats,)
        Labels.
    probabilities : array-like of shape (n_beats, n_classes)
        Of each class, as `predict_proba` returns them.
    classes : array-like of shape (n_classes,)
        The classes, in their order: `classes_` of the classifier.

    Returns
    -------
    DataFrame
        A row for each share of beats: ``coverage``, the share that is labelled;
        ``threshold``, the lowest probability among them; ``error``, the share of the
        labels that is wrong; ``n_open``, the beats that are left open.

    Raises
    ------
    ValueError
        If the shapes differ, there is no beat, or a probability is missing.

    References
    ----------
    .. [1] R. El-Yaniv, Y. Wiener (2010), "On the Foundations of Noise-free Selective
       Classification", Journal of Machine Learning Research 11:1605-1641.

    Examples
    --------
    >>> probabilities = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.45, 0.55]]
    >>> curve = coverage_curve(["N", "V", "N", "N"], probabilities, ["N", "V"])
    >>> curve.iloc[[0, -1]]
       coverage  threshold  error  n_open
    0       1.0       0.55   0.25       0
    6       0.5       0.80   0.00       2
    """
    y_true = np.asarray(y_true)
    probabilities = np.asarray(probabilities, dtype=float)
    classes = np.asarray(classes)
    if probabilities.shape != (len(y_true), len(classes)) or not len(y_true):
        raise ValueError(
            f"probabilities has the shape {probabilities.shape}; with {len(y_true)} "
            f"labels and {len(classes)} classes it must be "
            f"({len(y_true)}, {len(classes)}), with at least one beat."
        )
    missing = np.flatnonzero(np.isnan(probabilities).any(axis=1)).tolist()
    if missing:
        raise ValueError(
            f"Probabilities are missing in the rows {listed(missing)}: beats without "
            "signal. Leave them out."
        )
    certainty = probabilities.max(axis=1)
    is_wrong = classes[probabilities.argmax(axis=1)] != y_true
    order = np.argsort(-certainty, kind="stable")
    n_wrong = np.cumsum(is_wrong[order])
    counts = [max(round(share * len(order)), 1) for share in _SHARES]
    last = np.array(counts) - 1
    return pd.DataFrame(
        {
            "coverage": np.array(counts) / len(order),
            "threshold": certainty[order][last],
            "error": n_wrong[last] / counts,
            "n_open": len(order) - np.array(counts),
        }
    )

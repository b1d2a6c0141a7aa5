"""Scores that treat all classes alike, and what the least certain beats cost."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import accuracy_score, make_scorer, precision_recall_fscore_support
from sklearn.utils.multiclass import unique_labels

from .._messages import listed
from .._parameter_checks import checked_weights
from ..records import aami_first
from ._ec57 import check_one_kind, checked_labels, confusion

_SHARES = (1.0, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5)


@dataclass(frozen=True, eq=False)
class BeatReport:
    """Scores of one set of predictions; print it, or show it in a notebook.

    Made by `beat_scores`.

    Attributes
    ----------
    per_class : DataFrame of shape (n_classes, 4)
        One row per class. ``beats``: how many there are in truth (with weights, the
        sum of them). ``Se``: sensitivity,
        the fraction of them found (recall). ``+P``: positive predictivity, the
        fraction of the predictions of this class that are right (precision). ``F1``:
        their harmonic mean. What is undefined is NaN: Se of a class without beats, +P
        of a class that was never predicted, F1 where there is neither.
    confusion : DataFrame of shape (n_labels, n_labels)
        Number of beats by true class (rows) and predicted class (columns).
    accuracy : float
        Fraction of all beats classified right.
    macro_f1 : float
        Mean of F1 over the classes of `per_class` that have beats.

    Examples
    --------
    >>> from sklearn_ecg.metrics import beat_scores
    >>> report = beat_scores(["N", "N", "V", "V"], ["N", "N", "V", "N"])
    >>> report.accuracy
    0.75
    >>> float(report.per_class.loc["V", "Se"])
    0.5
    """

    per_class: pd.DataFrame
    confusion: pd.DataFrame
    accuracy: float
    macro_f1: float

    def __str__(self):
        return "\n\n".join(
            [
                f"{self._headline()}",
                _printable(self.per_class).to_string(),
                f"Rows are true classes, columns predicted ones\n{self.confusion}",
            ]
        )

    def _repr_html_(self):
        return "\n".join(
            [
                f"<p>{html.escape(self._headline())}</p>",
                _printable(self.per_class).to_html(),
                "<p>Rows are true classes, columns predicted ones</p>",
                self.confusion.to_html(),
            ]
        )

    def _headline(self):
        n_beats = self.confusion.to_numpy().sum()
        return (
            f"{n_beats:.10g} beats: accuracy {self.accuracy:.4f}, "
            f"macro-F1 {self.macro_f1:.4f}"
        )


def beat_scores(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: Sequence | np.ndarray | None = None,
    sample_weight: ArrayLike | None = None,
) -> BeatReport:
    """Score predictions class by class: Se, +P, F1, accuracy, macro-F1, confusion.

    Every confusion counts, as in :func:`sklearn.metrics.classification_report`; the
    exclusions of EC57 are those of `ec57_scores`.

    Parameters
    ----------
    y_true : array-like of shape (n_beats,)
        True classes.
    y_pred : array-like of shape (n_beats,)
        Predicted classes.
    labels : sequence of labels, default=None
        The classes to score, in this order. None takes all that occur in `y_true` or
        `y_pred`: N, S, V, F, Q in this order, then others sorted. A subset (without Q,
        for instance) bounds `per_class` and `macro_f1`; accuracy and the confusion
        matrix are always over all beats.
    sample_weight : array-like of shape (n_beats,) or float, default=None
        What each beat counts, 0 or more. All counts are sums of weights then, such as
        those of a report in which every record weighs the same.

    Returns
    -------
    report : BeatReport
        With the attributes ``per_class``, ``confusion``, ``accuracy``, ``macro_f1``.

    Raises
    ------
    ValueError
        If the lengths differ, there are no beats, the labels mix text and numbers, or
        a weight is negative or not finite.

    Notes
    -----
    ``macro_f1`` is the mean over the classes *with beats in* `y_true`. Predicting a
    class that no beat has costs the classes it was predicted for, but adds no zero of
    its own to the mean, as ``sklearn.metrics.f1_score(average="macro")`` would. The two
    agree wherever all predicted classes have beats.

    Examples
    --------
    >>> from sklearn_ecg.metrics import beat_scores
    >>> y_true = ["N", "N", "N", "N", "S", "V", "V", "F"]
    >>> y_pred = ["N", "N", "N", "S", "S", "V", "V", "V"]
    >>> print(beat_scores(y_true, y_pred))
    8 beats: accuracy 0.7500, macro-F1 0.5810
    <BLANKLINE>
       beats      Se      +P      F1
    N      4  0.7500  1.0000  0.8571
    S      1  1.0000  0.5000  0.6667
    V      2  1.0000  0.6667  0.8000
    F      1  0.0000       –  0.0000
    <BLANKLINE>
    Rows are true classes, columns predicted ones
       N  S  V  F
    N  3  1  0  0
    S  0  1  0  0
    V  0  0  2  0
    F  0  0  1  0
    """
    check_one_kind(y_true, y_pred)
    y_true, y_pred = checked_labels(y_true, y_pred)
    weights = checked_weights(sample_weight, len(y_true))
    every_label = aami_first(unique_labels(y_true, y_pred).tolist())
    labels = every_label if labels is None else list(labels)
    columns = precision_recall_fscore_support(
        y_true, y_pred, labels=labels, sample_weight=weights, zero_division=np.nan
    )
    positive_predictivity, sensitivity, f1, beats = columns
    per_class = pd.DataFrame(
        {"beats": beats, "Se": sensitivity, "+P": positive_predictivity, "F1": f1},
        index=labels,
    )
    others = [label for label in every_label if label not in labels]
    return BeatReport(
        per_class=per_class,
        confusion=confusion(y_true, y_pred, [*labels, *others], weights),
        accuracy=float(accuracy_score(y_true, y_pred, sample_weight=weights)),
        macro_f1=float(per_class.loc[per_class["beats"] > 0, "F1"].mean()),
    )


def macro_f1_score(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return the mean of F1 over the classes that have beats.

    Parameters
    ----------
    y_true : array-like of shape (n_beats,)
        True classes.
    y_pred : array-like of shape (n_beats,)
        Predicted classes.
    sample_weight : array-like of shape (n_beats,) or float, default=None
        What each beat counts, as in `beat_scores`.

    Returns
    -------
    macro_f1 : float
        Between 0 and 1; ``beat_scores(y_true, y_pred).macro_f1``, whose notes tell it
        from scikit-learn's.

    Raises
    ------
    ValueError
        If the lengths differ, there are no beats, or the labels mix text and numbers.

    Examples
    --------
    >>> from sklearn.metrics import f1_score
    >>> from sklearn_ecg.metrics import macro_f1_score
    >>> y_true, y_pred = ["N", "N", "V", "V"], ["N", "N", "V", "Q"]
    >>> round(macro_f1_score(y_true, y_pred), 3)
    0.833
    >>> round(f1_score(y_true, y_pred, average="macro"), 3)
    0.556
    """
    return beat_scores(y_true, y_pred, sample_weight=sample_weight).macro_f1


macro_f1_scorer = make_scorer(macro_f1_score)


def _printable(per_class):
    statistics = per_class.drop(columns="beats")
    text = statistics.map(lambda value: "–" if np.isnan(value) else f"{value:.4f}")
    text.insert(0, "beats", per_class["beats"])
    return text


def coverage_curve(
    y_true: ArrayLike, probabilities: ArrayLike, classes: ArrayLike
) -> pd.DataFrame:
    """Tell what is gained by leaving the least certain beats to a person.

    A beat is labelled if the probability of its most probable class reaches a
    threshold; else it is left open. The lower the threshold, the more beats are
    labelled, and the more of the labels are wrong [1]_. The thresholds are those at
    which 100, 99, 98, 95, 90, 80 and 50 % of these beats are labelled, or more where
    several have the probability of the last one. So a coverage is of these beats:
    on other recordings, the same threshold labels another share of them.

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
        A row for each threshold: ``coverage``, the share of the beats that is
        labelled; ``threshold``, the lowest probability among them; ``error``, the share
        of the labels that is wrong; ``expected``, what `error` would be if the
        probabilities were right, the mean of what they lack to 1; ``errors_left``, the
        share of all wrong labels, those at the coverage 1, that is among them, NaN if
        there is none; ``n_open``, the number of beats that are left open.

    Raises
    ------
    ValueError
        If the shapes differ, there is no beat, or a probability is missing.

    Notes
    -----
    `error` above `expected` means that the model is surer than it may be. Leaving beats
    open does not mend that: a beat that is wrong and sure is labelled, and of patients
    unlike those trained on, many are.

    References
    ----------
    .. [1] R. El-Yaniv, Y. Wiener (2010), "On the Foundations of Noise-free Selective
       Classification", Journal of Machine Learning Research 11:1605-1641.

    Examples
    --------
    >>> probabilities = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.45, 0.55]]
    >>> curve = coverage_curve(["N", "V", "N", "N"], probabilities, ["N", "V"])
    >>> curve.loc[[0, 6], ["coverage", "threshold", "error", "expected", "n_open"]]
       coverage  threshold  error  expected  n_open
    0       1.0       0.55   0.25    0.2875       0
    6       0.5       0.80   0.00    0.1500       2
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
    order = np.argsort(-certainty, kind="stable")
    is_wrong = (classes[probabilities.argmax(axis=1)] != y_true)[order]
    certainty = certainty[order]
    shares = [max(round(share * len(order)), 1) for share in _SHARES]
    threshold = certainty[np.array(shares) - 1]
    n_labelled = (certainty >= threshold[:, np.newaxis]).sum(axis=1)
    n_wrong = np.cumsum(is_wrong)[n_labelled - 1]
    n_expected = np.cumsum(1 - certainty)[n_labelled - 1]
    n_errors = is_wrong.sum()
    return pd.DataFrame(
        {
            "coverage": n_labelled / len(order),
            "threshold": threshold,
            "error": n_wrong / n_labelled,
            "expected": n_expected / n_labelled,
            "errors_left": n_wrong / n_errors if n_errors else np.nan,
            "n_open": len(order) - n_labelled,
        }
    )

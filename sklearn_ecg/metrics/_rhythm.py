"""Scores of a rhythm against all others, by intervals or by time."""

from collections.abc import Hashable
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import make_scorer
from sklearn.utils import check_array

from .._messages import listed
from .._parameter_checks import Choice, check
from ._ec57 import check_one_kind, checked_labels, defined_or, one_dimensional

_STATISTICS = ("Se", "Sp", "+P", "F1")


def rhythm_scores(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    durations: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    positive: Hashable = "AF",
) -> pd.DataFrame:
    """Score a rhythm against all others, and the share of it that is claimed.

    Parameters
    ----------
    y_true : array-like of shape (n_intervals,)
        True rhythm of each RR interval, beat, or stretch of time.
    y_pred : array-like of shape (n_intervals,)
        Predicted rhythm of the same.
    durations : array-like of shape (n_intervals,), default=None
        How long each is, in seconds, 0 or more. All counts are seconds then. None
        counts each as 1.
    groups : array-like of shape (n_intervals,), default=None
        The record or patient of each, for a row of scores each.
    positive : label, default="AF"
        The label of the rhythm that is scored. All others are its absence: leave out
        beforehand what is neither, such as atrial flutter.

    Returns
    -------
    scores : DataFrame of shape (n_groups, 11)
        A row for each group, in the order in which they come, or one named as
        `positive`. Columns: the counts ``TP``, ``FN``, ``FP``, ``TN``, and as fractions
        ``Se`` (sensitivity, TP over TP + FN), ``Sp`` (specificity, TN over TN + FP),
        ``+P`` (positive predictivity, TP over TP + FP), ``F1`` (2 TP over 2 TP + FP +
        FN), ``burden`` (the share of the rhythm in `y_true`), ``predicted burden`` and
        ``burden error``, how far these two are apart. Undefined ones are NaN.

    Raises
    ------
    ValueError
        If lengths differ, there are no labels, text and numbers are mixed, `positive`
        is of another kind than the labels, or a duration is negative or not finite.

    See Also
    --------
    RHYTHM_SCORING : Scorers of them, for cross-validation.

    Notes
    -----
    Sums over a database are those of its longest episodes, often of a few patients. So
    report the burden error of patients beside them, as its median and its 90th
    percentile.

    Examples
    --------
    >>> from sklearn_ecg.metrics import rhythm_scores
    >>> y_true = ["AF", "AF", "N", "N", "AF", "N", "N", "N"]
    >>> y_pred = ["AF", "AF", "AF", "N", "N", "N", "N", "N"]
    >>> durations = [0.5, 0.7, 0.8, 0.8, 0.6, 0.9, 0.9, 0.9]
    >>> patients = [1, 1, 1, 1, 2, 2, 2, 2]
    >>> shown = ["Se", "Sp", "+P", "burden error"]
    >>> rhythm_scores(y_true, y_pred)[shown].round(3)
           Se   Sp     +P  burden error
    AF  0.667  0.8  0.667           0.0
    >>> scores = rhythm_scores(y_true, y_pred, durations=durations, groups=patients)
    >>> scores[shown].round(3)
        Se   Sp   +P  burden error
    1  1.0  0.5  0.6         0.286
    2  0.0  1.0  NaN         0.182
    >>> scores["burden error"].quantile([0.5, 0.9]).round(3).tolist()
    [0.234, 0.275]
    """
    is_true, is_pred = _is_rhythm(y_true, y_pred, positive)
    weights = None if durations is None else _checked_durations(durations, len(is_true))
    codes, names = _group_codes(groups, len(is_true), positive)
    cells = 4 * codes + 2 * is_true + is_pred
    counts = np.bincount(cells, weights, minlength=4 * len(names)).reshape(-1, 4)
    scores = pd.DataFrame(counts, names, ["TN", "FP", "FN", "TP"])
    scores = scores[["TP", "FN", "FP", "TN"]]
    tp, fn, fp, tn = (scores[name] for name in scores)
    total = tp + fn + fp + tn
    # A quotient of pandas is NaN for 0 by 0.
    scores["Se"] = tp / (tp + fn)
    scores["Sp"] = tn / (tn + fp)
    scores["+P"] = tp / (tp + fp)
    scores["F1"] = 2 * tp / (2 * tp + fp + fn)
    scores["burden"] = (tp + fn) / total
    scores["predicted burden"] = (tp + fp) / total
    scores["burden error"] = (fp - fn).abs() / total
    return scores


def rhythm_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    statistic: Literal["Se", "Sp", "+P", "F1"] = "F1",
    positive: Hashable = "AF",
    zero_division: float | Literal["warn"] = "warn",
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return one figure of `rhythm_scores`, for scorers.

    Parameters
    ----------
    y_true : array-like of shape (n_intervals,)
        True rhythms, as in `rhythm_scores`.
    y_pred : array-like of shape (n_intervals,)
        Predicted rhythms, as in `rhythm_scores`.
    statistic : {"Se", "Sp", "+P", "F1"}, default="F1"
        Which statistic.
    positive : label, default="AF"
        The label of the rhythm that is scored.
    zero_division : {"warn"} or float, default="warn"
        What to return where the statistic is undefined, such as Se without any AF.
        "warn" returns 0 and warns, as in scikit-learn; 0, 1 or NaN are returned as
        they are.
    sample_weight : array-like of shape (n_intervals,), default=None
        The durations of `rhythm_scores`, under the name that scikit-learn routes.

    Returns
    -------
    score : float
        A fraction between 0 and 1, or `zero_division`.

    Raises
    ------
    ValueError
        If `statistic` is not among the above, or the others are not those of
        `rhythm_scores`.

    Warns
    -----
    sklearn.exceptions.UndefinedMetricWarning
        If the statistic is undefined and ``zero_division="warn"``.

    Examples
    --------
    >>> from sklearn.metrics import make_scorer
    >>> from sklearn_ecg.metrics import rhythm_score
    >>> y_true, y_pred = ["AFIB", "AFIB", "N", "N"], ["AFIB", "N", "N", "N"]
    >>> rhythm_score(y_true, y_pred, statistic="Se", positive="AFIB")
    0.5
    >>> scorer = make_scorer(rhythm_score, statistic="Se", positive="AFIB")
    """
    check("rhythm_score", "statistic", statistic, Choice(_STATISTICS))
    scores = rhythm_scores(y_true, y_pred, durations=sample_weight, positive=positive)
    score = float(scores[statistic].iloc[0])
    name, labels = f"{statistic} of {positive!r}", np.unique([y_true, y_pred]).tolist()
    hint = "" if positive in labels else f" (The labels are {listed(labels)}.)"
    return defined_or(zero_division, score, name, "interval", hint)


def _is_rhythm(y_true, y_pred, positive):
    """Return where the true and the predicted labels are those of the rhythm."""
    check_one_kind(y_true, y_pred)
    y_true, y_pred = checked_labels(y_true, y_pred)
    example = y_true.tolist()[0]
    if isinstance(example, str) != isinstance(positive, str):
        raise ValueError(
            f"positive is {positive!r}, but labels are such as {example!r}: give the "
            "label of the rhythm that is scored."
        )
    return y_true == positive, y_pred == positive


def _checked_durations(durations, n_intervals):
    """Return the durations as floats, of as many intervals as there are labels."""
    durations = check_array(
        durations, dtype=np.float64, ensure_2d=False, input_name="durations"
    )
    if durations.shape != (n_intervals,):
        raise ValueError(
            f"durations has the shape {durations.shape}, must be ({n_intervals},): the "
            "seconds of each interval."
        )
    if durations.min() < 0:
        raise ValueError(
            f"durations must be seconds of 0 or more; entry {durations.argmin()} is "
            f"{durations.min():g}."
        )
    return durations


def _group_codes(groups, n_intervals, positive):
    """Return the place of each interval's group, and the names of the groups."""
    if groups is None:
        return np.zeros(n_intervals, dtype=int), [positive]
    groups = one_dimensional("groups", groups)
    if len(groups) != n_intervals:
        raise ValueError(
            f"groups has {len(groups)} entries, but there are {n_intervals} intervals."
        )
    return pd.factorize(groups, use_na_sentinel=False)


_SCORED = {
    "sensitivity": "Se",
    "specificity": "Sp",
    "positive_predictivity": "+P",
    "f1": "F1",
}

RHYTHM_SCORING = {
    f"af_{name}": make_scorer(rhythm_score, statistic=statistic)
    for name, statistic in _SCORED.items()
}
"""Scorers of AF against all other rhythms by name, for ``scoring=``."""

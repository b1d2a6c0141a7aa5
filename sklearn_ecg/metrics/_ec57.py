"""Scores of beats as ANSI/AAMI EC57 counts them, and the counts behind them."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import make_scorer

from .._messages import warn
from .._parameter_checks import Choice, check, checked_weights
from ..records import AAMI_CLASSES, NO_BEAT

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
    labels = np.asarray(labels, dtype=as_they_are).ravel()
    # Of other arrays than those of objects one label tells the kind of all.
    labels = labels if labels.dtype == object else labels[:1]
    return {isinstance(label, str): label for label in labels.tolist()}


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


def defined_or(zero_division, score, name, counted, hint=""):
    """Return a score, or what to take where it is undefined, with a warning."""
    if not np.isnan(score):
        return score
    if zero_division != "warn":
        return float(zero_division)
    warn(
        f"{name} is undefined, as no {counted} counts towards it; it is set to 0."
        f"{hint} Use zero_division to choose another value.",
        UndefinedMetricWarning,
    )
    return 0.0


def ratio(part, whole):
    return part / whole if whole else np.nan


# The true classes whose confusion with the ectopic beat is no false positive. A fusion
# beat is half a ventricular one, and what an unclassifiable beat is nobody can say.
_ECTOPIC_BEATS = {
    "VEB": {"label": "V", "forgiven": ("F", "Q")},
    "SVEB": {"label": "S", "forgiven": ("Q",)},
}

_STATISTICS = ("Se", "+P", "FPR", "F1")


def ec57_scores(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> pd.DataFrame:
    """Score ventricular and supraventricular ectopic beats as ANSI/AAMI EC57 counts.

    Parameters
    ----------
    y_true : array-like of str of shape (n_pairs,)
        True classes: N, S, V, F, Q; or O for a detection that is no beat.
    y_pred : array-like of str of shape (n_pairs,)
        Predicted classes: N, S, V, F, Q; or O for a beat that was missed.
    sample_weight : array-like of shape (n_pairs,) or float, default=None
        What each pair counts, 0 or more; all counts are sums of weights then. The
        reciprocal of the number of beats of its record, for one, weighs all records
        alike.

    Returns
    -------
    scores : DataFrame of shape (2, 9)
        Rows ``VEB`` and ``SVEB``. Columns: the counts ``beats``, ``TP``, ``FN``,
        ``FP``, ``TN``, and from them, as fractions, ``Se`` (sensitivity, TP over TP +
        FN), ``+P`` (positive predictivity, TP over TP + FP), ``FPR`` (false positive
        rate, FP over FP + TN) and ``F1`` (2 TP over 2 TP + FP + FN). Undefined ones
        are NaN.

    Raises
    ------
    ValueError
        If the lengths differ, there are no beats, a label is none of these, a pair is O
        on both sides, or a weight is negative or not finite.

    See Also
    --------
    match_beats, paired_labels : The labels O, where the R peaks are a detector's.
    after_learning_period : EC57 compares from 5:00 on.

    Notes
    -----
    With ``Nv`` the number of N beats predicted as V, and so on:

    - VEB: TP = Vv; FN = Vn + Vs + Vf + Vq + Vo; FP = Nv + Sv + Ov. The fusion and
      unclassifiable beats predicted as V, Fv and Qv, are neither right nor wrong.
      TN is the rest: [NSFQO] predicted as [nsfq].
    - SVEB: TP = Ss; FN = Sn + Sv + Sf + Sq + So; FP = Ns + Vs + Fs + Os. Qs is
      neither right nor wrong. TN is the rest: [NVFQO] predicted as [nvfq].

    So +P is not the precision of `beat_scores`, which counts all of these as wrong.
    ``bxb`` prints Se and +P of both and the false positive rate of VEB; F1, and the
    rate of SVEB, which is formed in the same way, are added here. By default ``bxb``
    starts at 5:00 and, with its statistics on S, counts escape beats as S (load the
    beats with ``classes="bxb"``).

    References
    ----------
    ANSI/AAMI EC57:2012, *Testing and reporting performance results of cardiac rhythm
    and ST segment measurement algorithms*; G. B. Moody, ``bxb``, in the *WFDB
    Applications Guide*, https://physionet.org/physiotools/wag/bxb-1.htm.

    Examples
    --------
    >>> from sklearn_ecg.metrics import ec57_scores
    >>> y_true = ["N", "N", "N", "N", "S", "V", "V", "F"]
    >>> y_pred = ["N", "N", "N", "S", "S", "V", "V", "V"]
    >>> scores = ec57_scores(y_true, y_pred)
    >>> scores[["beats", "TP", "FN", "FP", "TN"]]
          beats  TP  FN  FP  TN
    VEB       2   2   0   0   5
    SVEB      1   1   0   1   6
    >>> float(scores.loc["VEB", "+P"])  # the F beat predicted as V is forgiven
    1.0
    """
    counts = _ec57_confusion(y_true, y_pred, sample_weight)
    scores = scores_of_ectopic_beats(counts)
    number_columns = ["beats", "TP", "FN", "FP", "TN"]
    kind = np.int64 if sample_weight is None else np.float64
    return scores.astype(dict.fromkeys(number_columns, kind))


def ec57_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    beat: Literal["VEB", "SVEB"] = "VEB",
    statistic: Literal["Se", "+P", "FPR", "F1"] = "F1",
    zero_division: float | Literal["warn"] = "warn",
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return one figure of `ec57_scores`, for scorers.

    Parameters
    ----------
    y_true : array-like of str of shape (n_pairs,)
        True classes, as in `ec57_scores`.
    y_pred : array-like of str of shape (n_pairs,)
        Predicted classes, as in `ec57_scores`.
    beat : {"VEB", "SVEB"}, default="VEB"
        Which ectopic beat.
    statistic : {"Se", "+P", "FPR", "F1"}, default="F1"
        Which statistic.
    zero_division : {"warn"} or float, default="warn"
        What to return where the statistic is undefined, such as Se without any V beat.
        "warn" returns 0 and warns, as in scikit-learn; 0, 1 or NaN are returned as
        they are. (0 leaves the ranking of candidates that share the fold as it is; NaN
        would make the mean over all folds NaN.)
    sample_weight : array-like of shape (n_pairs,) or float, default=None
        What each pair counts, as in `ec57_scores`.

    Returns
    -------
    score : float
        A fraction between 0 and 1, or `zero_division`.

    Raises
    ------
    ValueError
        If `beat` or `statistic` is not among the above, or labels or weights are not
        those of `ec57_scores`.

    Warns
    -----
    sklearn.exceptions.UndefinedMetricWarning
        If the statistic is undefined and ``zero_division="warn"``.

    Examples
    --------
    >>> from sklearn_ecg.metrics import ec57_score
    >>> ec57_score(["N", "V", "V", "N"], ["N", "V", "N", "N"], statistic="Se")
    0.5
    >>> ec57_score(["N", "N"], ["N", "N"], beat="SVEB", zero_division=0.0)
    0.0
    """
    check("ec57_score", "beat", beat, Choice(_ECTOPIC_BEATS))
    check("ec57_score", "statistic", statistic, Choice(_STATISTICS))
    counts = _ec57_confusion(y_true, y_pred, sample_weight)
    score = float(_ec57_row(counts, beat)[statistic])
    return defined_or(zero_division, score, f"{beat} {statistic}", "beat")


_SCORED = {"sensitivity": "Se", "positive_predictivity": "+P", "f1": "F1"}

EC57_SCORING = {
    f"{beat.lower()}_{name}": make_scorer(ec57_score, beat=beat, statistic=statistic)
    for beat in _ECTOPIC_BEATS
    for name, statistic in _SCORED.items()
}
"""Scorers of the EC57 figures by name, for ``scoring=`` with one or several metrics."""


def scores_of_ectopic_beats(counts: pd.DataFrame) -> pd.DataFrame:
    """Return a row of scores for VEB and one for SVEB, from a confusion matrix."""
    rows = {beat: _ec57_row(counts, beat) for beat in _ECTOPIC_BEATS}
    return pd.DataFrame.from_dict(rows, orient="index")


def _ec57_confusion(y_true, y_pred, sample_weight):
    y_true, y_pred = checked_labels(y_true, y_pred)
    allowed = [*AAMI_CLASSES, UNMATCHED]
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        unknown = sorted(set(values.tolist()) - set(allowed), key=str)
        if unknown:
            raise ValueError(
                f"EC57 knows the classes {', '.join(AAMI_CLASSES)} (and O for no "
                f"beat); {name} also holds {', '.join(map(repr, unknown))}. Load the "
                "beats with classes='aami' or 'bxb'."
            )
    weights = checked_weights(sample_weight, len(y_true))
    counts = confusion(y_true.astype(str), y_pred.astype(str), allowed, weights)
    if counts.loc[UNMATCHED, UNMATCHED]:
        raise ValueError(
            "A pair is O, no beat, in both y_true and y_pred; either must be a beat."
        )
    return counts


def _ec57_row(counts, beat):
    label, forgiven = _ECTOPIC_BEATS[beat]["label"], _ECTOPIC_BEATS[beat]["forgiven"]
    beats = counts.loc[label].sum().item()
    true_positives = counts.loc[label, label].item()
    false_negatives = beats - true_positives
    others = counts.drop(index=label)
    false_positives = others[label].drop(index=list(forgiven)).sum().item()
    # A missed beat of another class was given no label, right or wrong.
    true_negatives = others.drop(columns=[label, UNMATCHED]).to_numpy().sum().item()
    found, wrong = 2 * true_positives, false_positives + false_negatives
    return {
        "beats": beats,
        "TP": true_positives,
        "FN": false_negatives,
        "FP": false_positives,
        "TN": true_negatives,
        "Se": ratio(true_positives, beats),
        "+P": ratio(true_positives, true_positives + false_positives),
        "FPR": ratio(false_positives, false_positives + true_negatives),
        "F1": ratio(found, found + wrong),
    }

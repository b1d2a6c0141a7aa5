"""Scores of heartbeat classifiers, in the terms of the field.

Two ways to count are in use, and they give different figures for one classifier.
`beat_scores` treats all classes alike, as machine learning does. `ec57_scores` counts
ventricular and supraventricular ectopic beats as the standard ANSI/AAMI EC57 and
PhysioNet's comparator ``bxb`` do, which forgive some confusions. Say which one a figure
is from.
"""

import html
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (
    accuracy_score,
    make_scorer,
    precision_recall_fscore_support,
)
from sklearn.utils.multiclass import unique_labels

from ._table import check_table, rows_by_record, sample_numbers
from .datasets import AAMI_CLASSES
from .datasets._records import read_timing

__all__ = [
    "EC57_SCORING",
    "UNMATCHED",
    "BeatReport",
    "after_learning_period",
    "beat_scores",
    "detection_scores",
    "ec57_score",
    "ec57_scores",
    "macro_f1_score",
    "macro_f1_scorer",
    "match_beats",
    "paired_labels",
    "sveb_f1_scorer",
    "sveb_positive_predictivity_scorer",
    "sveb_sensitivity_scorer",
    "veb_f1_scorer",
    "veb_positive_predictivity_scorer",
    "veb_sensitivity_scorer",
]

UNMATCHED = "O"
"""The label of no beat, as in ``bxb``: a missed beat's prediction, an extra's truth."""

# The true classes whose confusion with the ectopic beat is no false positive. A fusion
# beat is half a ventricular one, and what an unclassifiable beat is nobody can say.
_ECTOPIC_BEATS = {
    "VEB": {"label": "V", "forgiven": ("F", "Q")},
    "SVEB": {"label": "S", "forgiven": ("Q",)},
}

_STATISTICS = ("Se", "+P", "FPR", "F1")


@dataclass(frozen=True, eq=False)
class BeatReport:
    """Scores of one set of predictions; print it, or show it in a notebook.

    Made by `beat_scores`.

    Attributes
    ----------
    per_class : DataFrame of shape (n_classes, 4)
        One row per class. ``beats``: how many there are in truth. ``Se``: sensitivity,
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
        n_beats = int(self.confusion.to_numpy().sum())
        return (
            f"{n_beats} beats: accuracy {self.accuracy:.4f}, "
            f"macro-F1 {self.macro_f1:.4f}"
        )


def beat_scores(y_true, y_pred, *, labels=None):
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

    Returns
    -------
    report : BeatReport
        With the attributes ``per_class``, ``confusion``, ``accuracy``, ``macro_f1``.

    Raises
    ------
    ValueError
        If the lengths differ, there are no beats, or the labels mix text and numbers.

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
    y_true, y_pred = _checked_labels(y_true, y_pred)
    every_label = _in_order(unique_labels(y_true, y_pred).tolist())
    labels = every_label if labels is None else list(labels)
    columns = precision_recall_fscore_support(
        y_true, y_pred, labels=labels, zero_division=np.nan
    )
    positive_predictivity, sensitivity, f1, beats = columns
    per_class = pd.DataFrame(
        {"beats": beats, "Se": sensitivity, "+P": positive_predictivity, "F1": f1},
        index=labels,
    )
    others = [label for label in every_label if label not in labels]
    return BeatReport(
        per_class=per_class,
        confusion=_confusion(y_true, y_pred, [*labels, *others]),
        accuracy=float(accuracy_score(y_true, y_pred)),
        macro_f1=float(per_class.loc[per_class["beats"] > 0, "F1"].mean()),
    )


def macro_f1_score(y_true, y_pred):
    """Return the mean of F1 over the classes that have beats.

    Parameters
    ----------
    y_true : array-like of shape (n_beats,)
        True classes.
    y_pred : array-like of shape (n_beats,)
        Predicted classes.

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
    return beat_scores(y_true, y_pred).macro_f1


def ec57_scores(y_true, y_pred):
    """Score ventricular and supraventricular ectopic beats as ANSI/AAMI EC57 counts.

    Parameters
    ----------
    y_true : array-like of str of shape (n_pairs,)
        True classes: N, S, V, F, Q; or O for a detection that is no beat.
    y_pred : array-like of str of shape (n_pairs,)
        Predicted classes: N, S, V, F, Q; or O for a beat that was missed.

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
        If the lengths differ, there are no beats, a label is none of these, or a pair
        is O on both sides.

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
    counts = _ec57_confusion(y_true, y_pred)
    rows = {beat: _ec57_row(counts, beat) for beat in _ECTOPIC_BEATS}
    scores = pd.DataFrame.from_dict(rows, orient="index")
    number_columns = ["beats", "TP", "FN", "FP", "TN"]
    return scores.astype(dict.fromkeys(number_columns, np.int64))


def ec57_score(y_true, y_pred, *, beat="VEB", statistic="F1", zero_division="warn"):
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

    Returns
    -------
    score : float
        A fraction between 0 and 1, or `zero_division`.

    Raises
    ------
    ValueError
        If `beat` or `statistic` is not among the above, or the labels are not those of
        `ec57_scores`.

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
    _check_choice("beat", beat, tuple(_ECTOPIC_BEATS))
    _check_choice("statistic", statistic, _STATISTICS)
    score = float(_ec57_row(_ec57_confusion(y_true, y_pred), beat)[statistic])
    if not np.isnan(score):
        return score
    if zero_division != "warn":
        return float(zero_division)
    warnings.warn(
        f"{beat} {statistic} is undefined, as no beat counts towards it; it is set to "
        "0. Use zero_division to choose another value.",
        UndefinedMetricWarning,
        stacklevel=2,
    )
    return 0.0


def match_beats(reference, detected, *, sampling_rate, tolerance=0.15):
    """Match detected R peaks with the reference ones of a record, one to one.

    The matching is that of ``bxb``: in time order, two beats at most `tolerance` apart
    are a pair if neither's next neighbour on the other side is nearer.

    Parameters
    ----------
    reference : array-like of shape (n_reference,)
        Positions of the annotated R peaks, in samples, increasing.
    detected : array-like of shape (n_detected,)
        Positions of the detected R peaks, in samples, increasing.
    sampling_rate : float
        Sampling frequency of both, in Hz.
    tolerance : float, default=0.15
        The match window in seconds; EC57 sets 0.15.

    Returns
    -------
    matches : DataFrame of shape (n_pairs, 2)
        In time order, one row per pair, missed beat and extra detection. Columns
        ``reference`` and ``detected``: positions in these two arrays, or -1 for none
        (a missed beat has no ``detected``, an extra detection no ``reference``).

    Raises
    ------
    ValueError
        If positions are not finite, not one-dimensional or not in increasing order, or
        `sampling_rate` or `tolerance` is not positive.

    See Also
    --------
    paired_labels : The labels of the matches, for `ec57_scores`.
    detection_scores : Se and +P of the detector itself.

    Notes
    -----
    ``bxb`` leaves out what is detected during ventricular flutter or fibrillation
    (between the annotations ``[`` and ``]``); here, leave it out of `detected` first.

    References
    ----------
    G. B. Moody, ``bxb``, in the *WFDB Applications Guide*,
    https://physionet.org/physiotools/wag/bxb-1.htm.

    Examples
    --------
    >>> from sklearn_ecg.metrics import match_beats
    >>> match_beats([100, 400, 700], [110, 550, 690], sampling_rate=360)
       reference  detected
    0          0         0
    1          1        -1
    2         -1         1
    3          2         2
    """
    reference = _checked_positions("reference", reference)
    detected = _checked_positions("detected", detected)
    _check_positive("sampling_rate", sampling_rate)
    _check_positive("tolerance", tolerance)
    pairs = _matches_in_time_order(reference, detected, tolerance * sampling_rate)
    columns = ["reference", "detected"]
    return pd.DataFrame(pairs, columns=columns, dtype=np.int64)


def paired_labels(matches, y_reference, y_detected):
    """Return true and predicted labels of matched beats, O where there is no beat.

    Parameters
    ----------
    matches : DataFrame of shape (n_pairs, 2)
        The matches of one record, from `match_beats`.
    y_reference : array-like of str of shape (n_reference,)
        Classes of the reference beats.
    y_detected : array-like of str of shape (n_detected,)
        Predicted classes of the detected beats.

    Returns
    -------
    y_true : ndarray of str of shape (n_pairs,)
        Classes of the reference beats; ``"O"`` for an extra detection.
    y_pred : ndarray of str of shape (n_pairs,)
        Predicted classes; ``"O"`` for a missed beat.

    Raises
    ------
    ValueError
        If there are more or fewer labels than beats were matched.

    Examples
    --------
    >>> from sklearn_ecg.metrics import ec57_scores, match_beats, paired_labels
    >>> matches = match_beats([100, 400, 700], [110, 550, 690], sampling_rate=360)
    >>> y_true, y_pred = paired_labels(matches, ["N", "V", "V"], ["N", "V", "V"])
    >>> print(*y_true, "/", *y_pred)
    N V O V / N O V V
    >>> ec57_scores(y_true, y_pred).loc["VEB", ["TP", "FN", "FP"]].astype(int).tolist()
    [1, 1, 1]
    """
    return (
        _labels_or_unmatched("y_reference", matches["reference"], y_reference),
        _labels_or_unmatched("y_detected", matches["detected"], y_detected),
    )


def detection_scores(matches):
    """Score a QRS detector: how many beats it found, how many detections are beats.

    Parameters
    ----------
    matches : DataFrame of shape (n_pairs, 2)
        From `match_beats`, or several of them concatenated.

    Returns
    -------
    scores : Series
        ``beats``, ``TP``, ``FN`` (missed), ``FP`` (extra), and as fractions ``Se``,
        ``+P`` and ``F1``; undefined ones are NaN.

    Examples
    --------
    >>> from sklearn_ecg.metrics import detection_scores, match_beats
    >>> matches = match_beats([100, 400, 700], [110, 550, 690], sampling_rate=360)
    >>> detection_scores(matches)[["TP", "FN", "FP"]].astype(int).to_dict()
    {'TP': 2, 'FN': 1, 'FP': 1}
    """
    missed = int((matches["detected"] < 0).sum())
    extra = int((matches["reference"] < 0).sum())
    found = len(matches) - missed - extra
    return pd.Series(
        {
            "beats": found + missed,
            "TP": found,
            "FN": missed,
            "FP": extra,
            "Se": _ratio(found, found + missed),
            "+P": _ratio(found, found + extra),
            "F1": _ratio(2 * found, 2 * found + missed + extra),
        },
        name="QRS",
    )


def after_learning_period(X, seconds=300.0):
    """Mark the beats that EC57 compares: those from 5:00 on, the rest is for learning.

    Parameters
    ----------
    X : DataFrame of shape (n_beats, n_columns)
        The beat table, with its columns `record` and `sample`.
    seconds : float, default=300.0
        Length of the learning period at the beginning of each record.

    Returns
    -------
    mask : ndarray of bool of shape (n_beats,)
        True for the beats at `seconds` or later.

    Raises
    ------
    TypeError
        If `X` is no DataFrame.
    ValueError
        If `X` is no beat table, or a header is damaged.
    FileNotFoundError
        If a record is not on disk; only headers are read, each once.

    Examples
    --------
    >>> import numpy as np
    >>> import wfdb
    >>> from sklearn_ecg.datasets import beat_table
    >>> from sklearn_ecg.metrics import after_learning_period
    >>> record = wfdb.Record(
    ...     record_name="bedside", fs=100, sig_name=["II"], units=["mV"], n_sig=1,
    ...     p_signal=np.zeros((40_000, 1)),
    ... )
    >>> table = beat_table(record, [29_999, 30_000, 30_080])
    >>> after_learning_period(table)
    array([False,  True,  True])
    """
    check_table(X, [])
    mask = np.empty(len(X), dtype=bool)
    samples = sample_numbers(X)
    for record, rows in rows_by_record(X):
        mask[rows] = samples[rows] >= seconds * read_timing(record).sampling_rate
    return mask


macro_f1_scorer = make_scorer(macro_f1_score)
veb_f1_scorer = make_scorer(ec57_score, beat="VEB", statistic="F1")
veb_sensitivity_scorer = make_scorer(ec57_score, beat="VEB", statistic="Se")
veb_positive_predictivity_scorer = make_scorer(ec57_score, beat="VEB", statistic="+P")
sveb_f1_scorer = make_scorer(ec57_score, beat="SVEB", statistic="F1")
sveb_sensitivity_scorer = make_scorer(ec57_score, beat="SVEB", statistic="Se")
sveb_positive_predictivity_scorer = make_scorer(ec57_score, beat="SVEB", statistic="+P")

EC57_SCORING = {
    "veb_sensitivity": veb_sensitivity_scorer,
    "veb_positive_predictivity": veb_positive_predictivity_scorer,
    "veb_f1": veb_f1_scorer,
    "sveb_sensitivity": sveb_sensitivity_scorer,
    "sveb_positive_predictivity": sveb_positive_predictivity_scorer,
    "sveb_f1": sveb_f1_scorer,
}
"""Scorers of the EC57 figures by name, for ``scoring=`` with several metrics."""


def _checked_labels(y_true, y_pred):
    y_true = _one_dimensional("y_true", y_true)
    y_pred = _one_dimensional("y_pred", y_pred)
    if len(y_true) != len(y_pred):
        raise ValueError(
            f"y_true has {len(y_true)} beats and y_pred {len(y_pred)}; they must be "
            "labels of the same beats."
        )
    if not len(y_true):
        raise ValueError("There are no beats to score: y_true and y_pred are empty.")
    return y_true, y_pred


def _one_dimensional(name, values):
    values = np.asarray(values)
    if values.ndim != 1:
        raise ValueError(
            f"{name} must have one dimension, not the shape {values.shape}."
        )
    return values


def _in_order(labels):
    first = [label for label in AAMI_CLASSES if label in labels]
    return first + [label for label in labels if label not in first]


def _confusion(y_true, y_pred, labels):
    # Unlike scikit-learn's matrix, a cross-tabulation has no quarrel with one label.
    counts = pd.crosstab(y_true, y_pred)
    counts = counts.reindex(index=labels, columns=labels, fill_value=0)
    return counts.rename_axis(index=None, columns=None)


def _printable(per_class):
    statistics = per_class.drop(columns="beats")
    text = statistics.map(lambda value: "–" if np.isnan(value) else f"{value:.4f}")
    text.insert(0, "beats", per_class["beats"])
    return text


def _ec57_confusion(y_true, y_pred):
    y_true, y_pred = _checked_labels(y_true, y_pred)
    allowed = [*AAMI_CLASSES, UNMATCHED]
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        unknown = sorted(set(values.tolist()) - set(allowed), key=str)
        if unknown:
            raise ValueError(
                f"EC57 knows the classes {', '.join(AAMI_CLASSES)} (and O for no "
                f"beat); {name} also holds {', '.join(map(repr, unknown))}. Load the "
                "beats with classes='aami' or 'bxb'."
            )
    counts = _confusion(y_true.astype(str), y_pred.astype(str), allowed)
    if counts.loc[UNMATCHED, UNMATCHED]:
        raise ValueError(
            "A pair is O, no beat, in both y_true and y_pred; either must be a beat."
        )
    return counts


def _ec57_row(counts, beat):
    label, forgiven = _ECTOPIC_BEATS[beat]["label"], _ECTOPIC_BEATS[beat]["forgiven"]
    beats = int(counts.loc[label].sum())
    true_positives = int(counts.loc[label, label])
    false_negatives = beats - true_positives
    others = counts.drop(index=label)
    false_positives = int(others[label].drop(index=list(forgiven)).sum())
    # A missed beat of another class was given no label, right or wrong.
    true_negatives = int(others.drop(columns=[label, UNMATCHED]).to_numpy().sum())
    found, wrong = 2 * true_positives, false_positives + false_negatives
    return {
        "beats": beats,
        "TP": true_positives,
        "FN": false_negatives,
        "FP": false_positives,
        "TN": true_negatives,
        "Se": _ratio(true_positives, beats),
        "+P": _ratio(true_positives, true_positives + false_positives),
        "FPR": _ratio(false_positives, false_positives + true_negatives),
        "F1": _ratio(found, found + wrong),
    }


def _ratio(part, whole):
    return part / whole if whole else np.nan


def _check_choice(name, value, allowed):
    if value not in allowed:
        raise ValueError(
            f"{name}={value!r} is not known; allowed are "
            f"{', '.join(map(repr, allowed))}."
        )


def _check_positive(name, value):
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name}={value!r} must be a positive number.")


def _checked_positions(name, positions):
    positions = _one_dimensional(name, positions).astype(float)
    if not np.isfinite(positions).all():
        raise ValueError(f"{name} must hold finite positions of R peaks.")
    unordered = np.flatnonzero(np.diff(positions) <= 0)
    if len(unordered):
        first = unordered[0]
        raise ValueError(
            f"{name} must be in increasing order: entry {first + 1} is at sample "
            f"{positions[first + 1]:g}, entry {first} at {positions[first]:g}."
        )
    return positions


def _matches_in_time_order(reference, detected, tolerance):
    i = j = 0
    pairs = []
    while i < len(reference) and j < len(detected):
        if detected[j] < reference[i]:
            is_extra = not _belong_together(reference[i], detected[j:], tolerance)
            is_missed = False
        else:
            is_missed = not _belong_together(detected[j], reference[i:], tolerance)
            is_extra = False
        pairs.append((-1 if is_extra else i, -1 if is_missed else j))
        i += not is_extra
        j += not is_missed
    missed = [(k, -1) for k in range(i, len(reference))]
    extra = [(-1, k) for k in range(j, len(detected))]
    return np.array([*pairs, *missed, *extra], dtype=np.int64).reshape(-1, 2)


def _belong_together(later, earlier, tolerance):
    """Tell if the first of `earlier` is near `later`, and nearer than the second."""
    gap = abs(later - earlier[0])
    next_gap = abs(later - earlier[1]) if len(earlier) > 1 else np.inf
    return gap <= tolerance and gap < next_gap


def _labels_or_unmatched(name, positions, labels):
    positions, labels = np.asarray(positions), _one_dimensional(name, labels)
    n_matched = int((positions >= 0).sum())
    if len(labels) != n_matched:
        raise ValueError(
            f"{name} has {len(labels)} labels, but the matches are of {n_matched} "
            "beats."
        )
    return np.append(labels, UNMATCHED)[positions]

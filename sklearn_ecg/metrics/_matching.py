"""Detected beats against annotated ones, and the beats that count."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._messages import warn
from .._parameter_checks import Number, check
from ..beats import check_table, pair_beats, rows_by_record, sample_numbers, samples_in
from ..records import as_recording
from ._ec57 import UNMATCHED, one_dimensional, ratio

_POSITIVE = Number(0, closed="neither")
SECONDS = Number(0, noun="number of seconds")


def match_beats(
    reference: ArrayLike,
    detected: ArrayLike,
    *,
    sampling_rate: float,
    tolerance: float = 0.15,
    start: float | None = None,
) -> pd.DataFrame:
    """Match detected R peaks with the reference ones of a record, one to one.

    The matching is that of ``bxb``. In time order, two beats at most `tolerance` apart
    are a pair if neither's next neighbour on the other side is nearer, or else if the
    two next beats are nearer to each other than the pair that would compete.

    Parameters
    ----------
    reference : array-like of shape (n_reference,)
        Positions of the annotated R peaks, in samples, increasing.
    detected : array-like of shape (n_detected,)
        Positions of the detected R peaks, in samples, increasing.
    sampling_rate : float
        Sampling frequency of both, in Hz.
    tolerance : float, default=0.15
        The match window in seconds, which is rounded to whole samples, halves upwards:
        0.15 s are 38 samples at 250 Hz. EC57 sets 0.15.
    start : float, default=None
        Where to begin, in seconds; EC57 says 300. What was before has no row, but for
        a detection that belongs to a beat just after `start`. A detection just after
        it that belongs to a beat before has none either. None begins with the first
        beats.

    Returns
    -------
    matches : DataFrame of shape (n_pairs, 2)
        In time order, one row per pair, missed beat and extra detection. Columns
        ``reference`` and ``detected``: positions in these two arrays, or -1 for none
        (a missed beat has no ``detected``, an extra detection no ``reference``).

    Raises
    ------
    ValueError
        If positions are not finite, not one-dimensional, not in increasing order, or
        seconds; or if `sampling_rate` or `tolerance` is not positive, or `start` is
        negative.

    Warns
    -----
    UserWarning
        If all beats are before `start`.

    See Also
    --------
    paired_labels : The labels of the matches, for `ec57_scores`.
    detection_scores : Se and +P of the detector itself.
    compare_annotations : All that ``bxb`` does, for annotation files and tables.

    Notes
    -----
    Ventricular flutter and fibrillation (from the annotation ``[`` to ``]``) are no
    matter of positions, so they are not known here. ``bxb`` leaves out the reference
    beats inside before it matches, and afterwards those detections inside that match
    nothing: a detection that matches a beat just outside counts. `compare_annotations`
    does both.

    Up to version 0.1, the window was not rounded, and the next beats of both sides
    were not looked at: of two beats of which each is nearer to the other's neighbour,
    one was left without a partner.

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
    check("match_beats", "sampling_rate", sampling_rate, _POSITIVE)
    reference = _checked_positions("reference", reference, sampling_rate)
    detected = _checked_positions("detected", detected, sampling_rate)
    check("match_beats", "tolerance", tolerance, _POSITIVE)
    if start is not None:
        start = check("match_beats", "start", start, SECONDS) * sampling_rate
    window = samples_in(tolerance, sampling_rate)
    pairs = pair_beats(reference, detected, window, start)
    if not len(pairs) and len(reference) + len(detected):
        _warn("There is no beat after start: nothing is matched. Give an earlier start")
    columns = ["reference", "detected"]
    return pd.DataFrame(pairs, columns=columns, dtype=np.int64)


def paired_labels(
    matches: pd.DataFrame, y_reference: ArrayLike, y_detected: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Return true and predicted labels of matched beats, O where there is no beat.

    Parameters
    ----------
    matches : DataFrame of shape (n_pairs, 2)
        The matches of one record, from `match_beats`.
    y_reference : array-like of str of shape (n_reference,)
        Classes of the reference beats, of all that were given to `match_beats`.
    y_detected : array-like of str of shape (n_detected,)
        Predicted classes of the detected beats, likewise.

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


def detection_scores(matches: pd.DataFrame) -> pd.Series:
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

    Warns
    -----
    UserWarning
        If there are no matches.

    Examples
    --------
    >>> from sklearn_ecg.metrics import detection_scores, match_beats
    >>> matches = match_beats([100, 400, 700], [110, 550, 690], sampling_rate=360)
    >>> detection_scores(matches)[["TP", "FN", "FP"]].astype(int).to_dict()
    {'TP': 2, 'FN': 1, 'FP': 1}
    """
    if not len(matches):
        _warn("There are no matches to score: the scores are NaN")
    missed = int((matches["detected"] < 0).sum())
    extra = int((matches["reference"] < 0).sum())
    found = len(matches) - missed - extra
    return pd.Series(detection_row(found, missed, extra), name="QRS")


def detection_row(found: int, missed: int, extra: int) -> dict:
    """Return the counts and scores of a detector by name."""
    return {
        "beats": found + missed,
        "TP": found,
        "FN": missed,
        "FP": extra,
        "Se": ratio(found, found + missed),
        "+P": ratio(found, found + extra),
        "F1": ratio(2 * found, 2 * found + missed + extra),
    }


def after_learning_period(X: pd.DataFrame, seconds: float = 300.0) -> np.ndarray:
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

    Notes
    -----
    These are the reference beats that ``bxb`` compares. A detection is another thing:
    it may be just before 5:00 and belong to a beat just after, or the other way round.
    So match detections with ``match_beats(..., start=300)``, all beats of a record at
    once, or compare files with `compare_annotations`.

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
    >>> table = beat_table(record, [29_980, 30_000, 30_080])
    >>> after_learning_period(table)
    array([False,  True,  True])
    """
    check_table(X, [])
    mask = np.empty(len(X), dtype=bool)
    samples = sample_numbers(X)
    for record, rows in rows_by_record(X):
        mask[rows] = samples[rows] >= seconds * as_recording(record).sampling_rate
    return mask


def _warn(message):
    warn(f"{message}.")


_NEAREST = 0.05
"""Seconds between most beats below which their positions are no samples."""


def _checked_positions(name, positions, sampling_rate):
    positions = one_dimensional(name, positions).astype(float)
    if not np.isfinite(positions).all():
        raise ValueError(f"{name} must hold finite positions of R peaks.")
    unordered = np.flatnonzero(np.diff(positions) <= 0)
    if len(unordered):
        first = unordered[0]
        raise ValueError(
            f"{name} must be in increasing order: entry {first + 1} is at sample "
            f"{positions[first + 1]:g}, entry {first} at {positions[first]:g}."
        )
    between = np.flatnonzero(positions != np.round(positions))
    distance = np.median(np.diff(positions)) if len(positions) > 1 else 0
    if len(between) and distance < _NEAREST * sampling_rate:
        raise ValueError(
            f"{name} must hold samples: entry {between[0]} is {positions[between[0]]:g}"
            ". They seem to be seconds: np.rint(seconds * sampling_rate) makes samples "
            "of them."
        )
    return positions


def _labels_or_unmatched(name, positions, labels):
    positions, labels = np.asarray(positions), one_dimensional(name, labels)
    # Beats before a start have no match, but those that have one come last.
    n_beats = int(positions.max(initial=-1)) + 1
    if len(labels) != n_beats and n_beats:
        raise ValueError(
            f"{name} has {len(labels)} labels, but the matches are of {n_beats} beats."
        )
    return np.append(labels, UNMATCHED)[positions]

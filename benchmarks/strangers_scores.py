"""Scores of beats of patients never seen, with intervals over the patients.

An interval says what other patients of the same kind may do: the patients are drawn
anew, with replacement, a thousand times, and it holds 95 % of what comes out.
"""

import numpy as np
import pandas as pd

from sklearn_ecg.rhythm import find_episodes

N_DRAWS = 1000
MOST_S = {"mitdb 232": "232", "svdb 822": "822"}
"""Patients whose S are the rule; sets that hold one are scored without, too."""

CONTEXTS = (
    "isolated",
    "couplet",
    "bigeminy",
    "trigeminy",
    "run of 3 to 5",
    "run of 6 and more",
)
LONG_RUN = 6


def scores_of(beats, rows, probabilities):
    """Return scores of the beats that are marked, as a row of the table."""
    true, patients = beats.labels[rows], beats.patient[rows]
    predicted = most_probable(probabilities)
    is_wrong = predicted != true
    row = {"accuracy": 1 - is_wrong.mean()}
    row |= f1_of("", true, predicted, patients)
    for patient, name in MOST_S.items():
        kept = patients != patient
        if not kept.all():
            labels = true[kept], predicted[kept]
            row |= f1_of(f", without {name}", *labels, patients[kept])
    for label in ("V", "S"):
        row[f"ECE {label}"] = calibration_error(
            probabilities[label].to_numpy(), true == label
        )
    certainty = probabilities.to_numpy().max(axis=1)
    surest = np.argsort(-certainty, kind="stable")[: round(0.95 * len(true))]
    row["errors at 95 %"] = is_wrong[surest].mean() / max(is_wrong.mean(), 1e-9)
    if (beats.database[rows] == "nsrdb").all():
        row |= false_alarms(beats, rows, predicted)
    return row


def most_probable(probabilities):
    return probabilities.columns.to_numpy()[probabilities.to_numpy().argmax(axis=1)]


def f1_of(suffix, true, predicted, patients):
    """Return F1 of V and S, and the ends of their intervals."""
    row = {}
    for label in ("V", "S"):
        is_true, is_predicted = true == label, predicted == label
        part, whole = 2 * (is_true & is_predicted), 1 * is_true + is_predicted
        row |= with_interval(f"{label}{suffix}", part, whole, patients)
    return row


def false_alarms(beats, rows, predicted):
    """Return false S of 1,000 beats and false V an hour."""
    true, patients = beats.labels[rows], beats.patient[rows]
    false_S, false_V = ((predicted == c) & (true != c) for c in "SV")
    # The intervals between beats are the time that was looked at.
    seconds = np.diff(beats.seconds[rows], prepend=np.nan)
    hours = np.where(seconds > 0, seconds, 0) / 3600
    of_1000 = np.full(len(true), 1 / 1000)
    return with_interval(
        "false S of 1,000", false_S, of_1000, patients
    ) | with_interval("false V an hour", false_V, hours, patients)


def context_rows(beats, rows, probabilities):
    """Yield the sensitivity to S in each context, as rows of a table."""
    is_S = rows & (beats.labels == "S")
    found = np.zeros(len(rows), dtype=bool)
    found[rows] = most_probable(probabilities) == "S"
    for context in CONTEXTS:
        here = is_S & (beats.contexts == context)
        if here.any():
            patients = beats.patient[here]
            counts = {"beats": here.sum(), "patients": len(np.unique(patients))}
            score = with_interval("Se", found[here], np.ones(here.sum()), patients)
            yield {"context": context} | counts | score


def contexts_of(labels, seconds, sampling_rate):
    """Tell the context of each S beat of a record, from all its labels; "" elsewhere.

    A couplet or run is named before the bigeminy that it may stand in; S of every
    fourth beat and those that stand alone are isolated.
    """
    samples = np.rint(seconds * sampling_rate).astype(int)
    is_S = labels == "S"
    contexts = np.where(is_S, "isolated", "").astype("U20")
    if not is_S.any():
        return contexts
    episodes = find_episodes(samples, labels, sampling_rate)
    for kind in ("trigeminy", "bigeminy", "couplet", "run"):
        for episode in episodes[episodes["kind"] == f"S {kind}"].itertuples():
            first, last = np.rint(np.multiply(episode[2:4], sampling_rate))
            inside = is_S & (samples >= first) & (samples <= last)
            contexts[inside] = kind if kind != "run" else _run_name(inside.sum())
    return contexts


def _run_name(n_beats):
    return CONTEXTS[-1] if n_beats >= LONG_RUN else CONTEXTS[-2]


def with_interval(name, part, whole, patients):
    """Return a ratio of sums over all beats, and its 95 % interval over patients."""
    codes, _ = pd.factorize(patients)
    parts, wholes = (np.bincount(codes, weights=each) for each in (part, whole))
    drawn = np.random.default_rng(0).integers(len(parts), size=(N_DRAWS, len(parts)))
    sums = [each[drawn].sum(axis=1) for each in (parts, wholes)]
    # Patients without such a beat make no ratio.
    defined = sums[1] > 0
    low, high = np.nan, np.nan
    if defined.any():
        low, high = np.percentile(sums[0][defined] / sums[1][defined], [2.5, 97.5])
    ratio = parts.sum() / wholes.sum() if wholes.sum() else np.nan
    return {name: ratio, f"{name} low": low, f"{name} high": high}


def calibration_error(probability, is_class, n_bins=15):
    """Return the mean distance of a probability and the share of beats that have it."""
    bins = np.minimum((probability * n_bins).astype(int), n_bins - 1)
    distance = [
        (bins == each).mean()
        * abs(probability[bins == each].mean() - is_class[bins == each].mean())
        for each in np.unique(bins)
    ]
    return float(np.sum(distance))

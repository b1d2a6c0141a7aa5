"""What the cards of the models in the box say: scores of patients left out."""

import numpy as np
from pretrain_data import ALONE, IN_NOISE
from strangers_scores import calibration_error, with_interval

from sklearn_ecg.datasets import DATABASES

COVERAGE = 0.95
SCORED = ("mitdb", "svdb", "qtdb", "nstdb", IN_NOISE)
"""Databases with beats of several classes; of normal people false alarms are told."""

TOLD = ("mitdb", "svdb")
"""Databases with enough of each class to say how calibrated a probability is."""


def scores_of(beats, predicted):
    """Return rows of scores by database and class, with intervals over patients."""
    rows = []
    for database in SCORED:
        of_it = beats.database == database
        lost = beats.missed[beats.missed["database"] == database]
        # Beats that were not detected have a label, and none was found.
        true = np.append(beats.target[of_it], lost["label"])
        found = np.append(predicted[of_it], np.full(len(lost), ""))
        patient = np.append(beats.patient[of_it], lost["patient"])
        rows += [scored(database, label, true, found, patient) for label in "NSVF"]
    return rows


def scored(database, label, true, found, patient):
    """Return the scores of a class; beats that were not detected are missed."""
    is_true, is_found = true == label, found == label
    n_hits, n_true, n_found = (is_true & is_found).sum(), is_true.sum(), is_found.sum()
    row = {"database": database, "class": label}
    row["Se"] = plain(n_hits / max(n_true, 1))
    row["+P"] = plain(n_hits / max(n_found, 1))
    row["F1"], row["95 % of F1"] = ratio(
        2.0 * (is_true & is_found), 0.0 + is_true + is_found, patient
    )
    return row | {"beats": int(n_true)}


def ratio(above, below, patient):
    """Return the ratio of two sums over beats, and its interval over patients."""
    value, low, high = with_interval("", above, below, patient).values()
    if np.isnan(value):
        return 0.0, ""
    counts = below > 0
    is_one = len(np.unique(patient[counts])) < 2
    return plain(value), "" if is_one else f"{low:.3f} to {high:.3f}"


def plain(value):
    return round(float(value), 4)


def figures_of(beats, predicted, probability):
    """Return rows of what scores of classes don't say.

    Parameters
    ----------
    beats : Bunch
        As `pretrain_data.load` returns it.
    predicted : ndarray of shape (n_beats,)
        Labels.
    probability : DataFrame of shape (n_beats, n_classes)
        Of each class, by name.
    """
    rows = [
        *in_normals(beats, predicted),
        *in_fibrillation(beats, predicted),
        *when_paced(beats, predicted),
        *in_noise(beats, predicted),
        *of_certainty(beats, predicted, probability),
    ]
    return [
        {"figure": text, "value": value, "95 %": interval}
        for text, (value, interval) in rows
    ]


def in_normals(beats, predicted):
    """Tell the false alarms in people without arrhythmias."""
    is_normal = beats.database == "nsrdb"
    false_s, false_v = (
        (predicted == label) & (beats.target != label) for label in "SV"
    )
    yield "false S of 1,000 beats, nsrdb", of_thousand(false_s, beats, is_normal)
    yield "false V of 1,000 beats, nsrdb", of_thousand(false_v, beats, is_normal)
    # The hours of a record stand at its first beat.
    names, first = np.unique(beats.record[is_normal], return_index=True)
    hours = np.zeros(is_normal.sum())
    hours[first] = [beats.hours[name] for name in names]
    an_hour = ratio(false_v[is_normal], hours, beats.patient[is_normal])
    yield "false V an hour, nsrdb", an_hour


def in_fibrillation(beats, predicted):
    """Tell the false alarms in atrial fibrillation."""
    is_af = (beats.database == "mitdb") & (beats.rhythm == "AFIB")
    for label in "SV":
        is_false = (predicted == label) & (beats.target != label)
        yield (
            f"false {label} of 1,000 beats in AF, mitdb",
            of_thousand(is_false, beats, is_af),
        )


def when_paced(beats, predicted):
    """Tell what paced beats are called."""
    paced = np.isin(beats.record, DATABASES["mitdb"].splits["paced"])
    is_paced = (beats.database == "mitdb") & paced & (beats.target == "Q")
    for label in "QSV":
        yield (
            f"called {label} of 1,000 paced beats, mitdb",
            of_thousand(predicted == label, beats, is_paced),
        )


def in_noise(beats, predicted):
    """Tell which beats are left where noise is, and what noise alone is called."""
    is_beat, is_called = beats.target != "O", predicted != "O"
    for record in sorted(set(beats.record[beats.database == "nstdb"])):
        of_it = beats.record == record
        n_missed = (beats.missed["record"] == record).sum()
        n_found = (of_it & is_beat & is_called).sum()
        sensitivity = n_found / ((of_it & is_beat).sum() + n_missed)
        precision = n_found / max((of_it & is_called).sum(), 1)
        level = f"118 with noise at {int(record.partition('e')[2])} dB"
        yield f"{level}, Se of beats not called O", (plain(sensitivity), "")
        yield f"{level}, +P of beats not called O", (plain(precision), "")
    is_ectopic = np.isin(predicted, ["V", "S"])
    yield (
        "called V or S of 1,000 detections in noise alone",
        of_thousand(is_ectopic, beats, beats.database == ALONE),
    )


def of_certainty(beats, predicted, probability):
    """Tell what probabilities are worth."""
    is_wrong = predicted != beats.target
    certainty = probability.to_numpy().max(axis=1)
    for database in TOLD:
        of_it = np.flatnonzero(beats.database == database)
        surest = of_it[np.argsort(-certainty[of_it], kind="stable")]
        surest = surest[: round(COVERAGE * len(of_it))]
        left = is_wrong[surest].sum() / max(is_wrong[of_it].sum(), 1)
        share = f"{100 * COVERAGE:.0f} %"
        yield f"errors left at {share} coverage, {database}", (plain(left), "")
        for label in "VS":
            error = calibration_error(
                probability[label].to_numpy()[of_it], beats.target[of_it] == label
            )
            yield f"calibration error of {label}, {database}", (plain(error), "")


def of_thousand(is_counted, beats, of_it):
    """Return how many of 1,000 detections are counted, and the interval."""
    return ratio(1000.0 * is_counted[of_it], np.ones(of_it.sum()), beats.patient[of_it])

"""What the models in the box learn from, and whom they are tried on.

Patients are dealt into folds database by database, so that each fold has its share of
arrhythmias, of normal people and of noise. Copies of records with noise added are for
calibration and for scores, and hold noise of their own fold: what is tested has heard
neither its patient nor its noise.
"""

from collections import Counter

import numpy as np
import pandas as pd
from noises import NOISES, in_turns, noise_alone, with_noise
from sklearn.utils import Bunch
from strangers_models import LEADS

from sklearn_ecg import load_beats
from sklearn_ecg.datasets import DATABASES, beat_table, map_symbols
from sklearn_ecg.records import read_recording

N_FOLDS = 3
NAMES = ("mitdb", "svdb", "qtdb", "nsrdb", "nstdb")
IN_NOISE = "mitdb in noise"
ALONE = "noise alone"
LEVELS = (6, 12, 18)
"""Ratios of signal to noise of the copies, in dB."""

_NOT_COPIED = ("118", "119", *DATABASES["mitdb"].splits["paced"], "202", "207")
"""Those that the Noise Stress Test Database copies, and those of few usual beats."""

_SHARE_OF_NORMALS, _BLOCK = 4, 100
"""Of normal people, every fourth hundred of beats is learnt: the others are alike."""


def load(data):
    """Return the detections in all databases, and in noise alone.

    Returns
    -------
    Bunch
        An entry for each detection: ``data``, ``target``, ``database``, ``record``,
        ``patient``, ``fold``, ``seconds``, ``rhythm``, and ``is_learnt``, whether it is
        for training, too. ``missed``, a table of annotated beats that were not
        detected, with the columns ``database``, ``record``, ``patient`` and ``label``.
        ``hours`` of each record of `nsrdb` from its first beat on.
    """
    fold_of = dealt(data)
    parts = [annotated(name, records_of(data, name)) for name in NAMES]
    parts.append(annotated(IN_NOISE, *noisy_copies(data, fold_of), when=in_turns))
    parts += [without_beats(noise_alone(data, name)) for name in NOISES]
    beats = Bunch(
        data=pd.concat([part.pop("data") for part in parts], ignore_index=True),
        missed=pd.concat([part.pop("missed") for part in parts], ignore_index=True),
    )
    for name in parts[0]:
        beats[name] = np.concatenate([part[name] for part in parts])
    beats.fold = np.array([fold_of[patient] for patient in beats.patient])
    beats.hours = hours_of_hearts(beats, data)
    is_normal = beats.database == "nsrdb"
    block = np.arange(len(is_normal)) // _BLOCK
    beats.is_learnt = ~is_normal | (block % _SHARE_OF_NORMALS == 0)
    beats.is_learnt &= beats.database != IN_NOISE
    return beats


def hours_of_hearts(beats, data):
    """Return hours of each record of `nsrdb`; what is before its first beat is noise.

    Two begin with half a minute of calibration pulses.
    """
    hours = {}
    for path in records_of(data, "nsrdb"):
        of_it = beats.record == path.name
        first = beats.seconds[of_it & (beats.target != "O")].min()
        beats.database[of_it & (beats.seconds < first)] = ALONE
        hours[path.name] = (read_recording(path).duration - first) / 3600
    return hours


def records_of(data, name):
    """Return the paths of the records of a database that have beats."""
    paths = sorted(path.with_suffix("") for path in (data / name).glob("*.hea"))
    return [path for path in paths if path.name not in NOISES]


def dealt(data):
    """Return the fold of each patient, and of each noise."""
    random, fold_of = np.random.default_rng(0), {}
    for name in NAMES:
        of_record = DATABASES[name].patient_of
        patients = {of_record(path.name) for path in records_of(data, name)}
        new = sorted(patients - set(fold_of))
        for place, patient in enumerate(random.permutation(new).tolist()):
            fold_of[patient] = place % N_FOLDS
    # Where 118 is, there is the noise of its noisy copies.
    for place, noise in enumerate(("em", "ma", "bw")):
        fold_of[noise] = (fold_of["118"] + place) % N_FOLDS
    return fold_of


def noisy_copies(data, fold_of):
    """Return every other record of MIT-BIH with noise added, and their patients."""
    noises = {fold_of[name]: noise_alone(data, name) for name in NOISES}
    copies, n_of_fold = {}, Counter()
    names = [name for name in DATABASES["mitdb"].records if name not in _NOT_COPIED]
    for name in names[::2]:
        fold = fold_of[name]
        place = n_of_fold[fold]
        n_of_fold[fold] += 1
        recording = read_recording(data / "mitdb" / name)
        level = LEVELS[place % len(LEVELS)]
        # Each begins elsewhere in the noise.
        copy = with_noise(recording, noises[fold], level, 200 * place, when=in_turns)
        copies[copy] = name
    return list(copies), {copy.name: name for copy, name in copies.items()}


def annotated(database, records, patients=None, when=None):
    """Return the detections in some records, and the beats that were not detected."""
    found = load_beats(
        records, patients=patients, r_peaks="detected", lead=LEADS, on_invalid="ignore"
    )
    recordings = {str(one): one for one in map(read_recording, found.records)}
    rows = described(found.data, recordings, database)
    patient_of = dict(zip(rows["record"], found.groups, strict=True))
    missed = described(found.missed, recordings, database)
    missed["patient"] = missed["record"].map(patient_of)
    missed["label"] = map_symbols(found.missed["symbol"])
    kept, lost = (
        np.full(len(part), True) if when is None else when(part["seconds"].to_numpy())
        for part in (rows, missed)
    )
    return Bunch(
        data=found.data[kept],
        missed=missed[lost],
        target=found.target[kept],
        patient=found.groups[kept],
        rhythm=found.rhythm[kept],
        **{name: column.to_numpy()[kept] for name, column in rows.items()},
    )


def described(table, recordings, database):
    """Return of each row the database, the name of its record, and when it is."""
    key = table["record"].map(str)
    rates = {key: recording.sampling_rate for key, recording in recordings.items()}
    names = {key: recording.name for key, recording in recordings.items()}
    return pd.DataFrame(
        {
            "database": database,
            "record": key.map(names),
            "seconds": table["sample"].astype(float) / key.map(rates).astype(float),
        }
    )


def without_beats(noise):
    """Return what is detected in noise alone: no beat."""
    table = beat_table(noise, lead=LEADS)
    names = np.full(len(table), noise.name)
    return Bunch(
        data=table,
        missed=pd.DataFrame(),
        target=np.full(len(table), "O"),
        patient=names,
        rhythm=np.full(len(table), ""),
        database=np.full(len(table), ALONE),
        record=names,
        seconds=table["sample"].to_numpy() / noise.sampling_rate,
    )

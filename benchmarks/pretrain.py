"""Train the models in the box, measure them, and write them with their cards.

Trained on all that is labelled in the directory of databases: the MIT-BIH Arrhythmia
Database, the Supraventricular Arrhythmia Database, excerpts of the European ST-T
Database (QT Database), and the Noise Stress Test Database with its three recordings of
noise alone. R peaks are detected, as they will be where the models are used; detections
that are no beat have the label O. The scores of the cards are of patients left out, in
folds of all patients, by database, and count missed and false beats.

    OMP_NUM_THREADS=1 python benchmarks/pretrain.py --data DIRECTORY
"""

import copy
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch
from strangers import LEADS

from sklearn_ecg import (
    load_beats,
    make_beat_pipeline,
    save_model,
)
from sklearn_ecg.classifier import SECOND_LEADS, MultiLeadPipeline, mean_log_proba
from sklearn_ecg.datasets import DATABASES, beat_table
from sklearn_ecg.models import ModelCard
from sklearn_ecg.records import read_recording, recording_from_array

BOX = Path(__file__).parents[1] / "sklearn_ecg" / "models" / "pretrained"
NOISE = ("bw", "em", "ma")
N_FOLDS = 3

OTHERS = ("V6", "V3", "V2", "V1", "I", "III", "aVF", "MLI", "MLIII", "ML5", "any")
"""Leads that no record here has alone, and that the models read all the same."""

COMMAND = "python benchmarks/pretrain.py --data DIRECTORY"

_NOT_FOR = (
    "Diagnosis, or any decision about a patient: it is for research and teaching. "
    "Rhythms without beats (ventricular flutter and fibrillation), pacemakers of "
    "today, children and animals: it has seen few or none. S beats of patients in "
    "whom most beats are S, and aberrant beats in atrial fibrillation, it often gets "
    "wrong."
)
_PROTOCOL = (
    f"{N_FOLDS}-fold cross-validation between patients, R peaks detected. Se, +P and "
    "F1 count annotated beats that were not detected as missed, and detections that "
    "are no beat as false. The model in the file was then trained on all patients."
)


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--out", type=Path, default=BOX)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    beats = load(arguments.data)
    training = Training(beats)
    scores = cross_validated(training, beats)
    training.fit(np.ones(len(beats.target), dtype=bool))
    for name, model in MODELS.items():
        card = ModelCard(
            title=model.title,
            use=model.use,
            not_for=_NOT_FOR,
            data=described(beats),
            protocol=_PROTOCOL,
            scores=scores[name],
            made_by=COMMAND,
        )
        path = arguments.out / f"{name}.ecg"
        save_model(training.model(model), path, card=card)
        print(f"{path}: {path.stat().st_size:,} bytes\n\n{card}\n", flush=True)


@dataclass(frozen=True)
class Model:
    """A model in the box: a stage of one training, and the leads that it looks at."""

    stage: int
    n_leads: int
    title: str
    use: str


SCHEDULE = [0.6, 0.8, 0.9, 0.95]

MODELS = {
    "ambulatory": Model(
        2,
        2,
        "Heartbeats of patients never seen, in one lead or two",
        "Recordings of any length from 100 to 2000 Hz. It looks at one lead, lead II "
        "if there is one, and at a second where there is one. Labels are the classes "
        "of AAMI: N, S, V, F, Q; and O, no beat.",
    ),
    "wearable": Model(
        4,
        1,
        "Heartbeats of patients never seen, small, in one lead",
        "One lead of any kind, from 100 to 2000 Hz. Labels are the classes of AAMI: N, "
        "S, V, F, Q; and O, no beat.",
    ),
}


def load(data):
    """Return the beats of all databases, and detections in noise alone.

    Returns
    -------
    Bunch
        ``data``, ``target``, ``database`` and ``patient``, an entry for each beat;
        ``missed``, a table of annotated beats that were not detected, with the columns
        ``database`` and ``label``.
    """
    parts, missed = [], []
    for name in ("mitdb", "svdb", "qtdb", "nstdb"):
        names = [path.stem for path in sorted((data / name).glob("*.hea"))]
        names = [each for each in names if each not in NOISE]
        beats = load_beats(
            data / name, names, r_peaks="detected", lead=LEADS, on_invalid="ignore"
        )
        parts.append((beats.data, beats.target, name, beats.groups))
        scheme = dict(zip(*_symbols(), strict=True))
        labels = beats.missed["symbol"].map(scheme).dropna()
        missed.append(pd.DataFrame({"database": name, "label": labels}))
    for name in NOISE:
        table = beat_table(noise_alone(data, name), lead=LEADS)
        labels = np.full(len(table), "O", dtype=object)
        parts.append((table, labels, "noise", np.full(len(table), name)))
    return Bunch(
        data=pd.concat([part[0] for part in parts], ignore_index=True),
        target=np.concatenate([part[1] for part in parts]).astype(str),
        database=np.concatenate([np.full(len(part[0]), part[2]) for part in parts]),
        # 118 of the Noise Stress Test Database is 118 of MIT-BIH.
        patient=np.concatenate([np.asarray(part[3], dtype=str) for part in parts]),
        missed=pd.concat(missed, ignore_index=True),
    )


def noise_alone(data, name, start=0.0, stop=None):
    """Return a recording of noise, as two leads that recordings of beats have, too."""
    recording = read_recording(data / "nstdb" / name)
    signal = np.column_stack(list(recording.read(None, start, stop).values()))
    return recording_from_array(
        signal, recording.sampling_rate, ["MLII", "V1"], name=name
    )


def _symbols():
    classes = {"N": "NLRej", "S": "AaJS", "V": "VE", "F": "F", "Q": "/fQ"}
    pairs = [(symbol, label) for label, text in classes.items() for symbol in text]
    return zip(*pairs, strict=True)


class Training:
    """A Pipeline for two leads, and all beats in both."""

    def __init__(self, beats):
        self.pipeline = make_beat_pipeline(
            sparsity=SCHEDULE[-1],
            schedule=SCHEDULE,
            second_lead=SECOND_LEADS,
            random_state=0,
        ).set_params(segment__lead=LEADS)
        self.labels = beats.target
        self.pipeline[0].fit(beats.data)
        self.views = [
            (view.windows.reset_index(drop=True), view.rows)
            for view in self.pipeline.views(beats.data)
        ]

    def fit(self, chosen):
        """Fit the classifier to the beats that are chosen, in both leads."""
        parts = [(w[chosen[r]], self.labels[r[chosen[r]]]) for w, r in self.views]
        windows = pd.concat([part[0] for part in parts], ignore_index=True)
        self.pipeline[-1].fit(windows, np.concatenate([part[1] for part in parts]))

    def predict(self, chosen, model):
        """Return labels of the beats that are chosen, by the leads that count."""
        classifier = self.pipeline[-1].at_stage(model.stage)
        total = np.zeros((len(chosen), len(classifier.classes_)))
        n_views = np.zeros(len(chosen), dtype=int)
        for windows, rows in self.views[: model.n_leads]:
            some = chosen[rows] & windows.notna().all(axis=1).to_numpy()
            if some.any():
                total[rows[some]] += classifier.predict_log_proba(windows[some])
            n_views[rows[some]] += 1
        log_proba = mean_log_proba(total[chosen], np.maximum(n_views[chosen], 1))
        return classifier.classes_[log_proba.argmax(axis=1)]

    def model(self, model):
        """Return the fitted Pipeline of a stage, which reads any lead."""
        (segment, segmenter), (classify, classifier) = self.pipeline.steps
        segmenter = copy.copy(segmenter).set_params(lead=(*LEADS, *OTHERS))
        steps = [(segment, segmenter), (classify, classifier.at_stage(model.stage))]
        if model.n_leads == 1:
            return Pipeline(steps)
        return MultiLeadPipeline(steps, second_lead=(*SECOND_LEADS, "any"))


def cross_validated(training, beats):
    """Return rows of scores of each model, of patients left out."""
    patients = np.random.default_rng(0).permutation(np.unique(beats.patient))
    fold_of = {patient: place % N_FOLDS for place, patient in enumerate(patients)}
    fold = np.array([fold_of[patient] for patient in beats.patient])
    predicted = {name: np.empty(len(fold), dtype=object) for name in MODELS}
    for each in range(N_FOLDS):
        training.fit(fold != each)
        for name, model in MODELS.items():
            predicted[name][fold == each] = training.predict(fold == each, model)
    return {name: scores_of(beats, labels) for name, labels in predicted.items()}


def scores_of(beats, predicted):
    """Return rows of scores by database and class."""
    rows = []
    for database in dict.fromkeys(beats.database):
        of_it = beats.database == database
        true, found = beats.target[of_it], predicted[of_it]
        if database == "noise":
            share = np.isin(found, ["V", "S"]).mean()
            rows.append(
                {"database": "noise alone, called V or S", "class": "", "share": share}
            )
            continue
        lost = beats.missed["label"][beats.missed["database"] == database]
        rows += [scored(database, label, true, found, lost) for label in "NSVF"]
    return [{key: _plain(value) for key, value in row.items()} for row in rows]


def scored(database, label, true, found, lost):
    """Return the scores of a class; beats that were not detected are missed."""
    hits = int(np.sum((true == label) & (found == label)))
    n_true = int(np.sum(true == label) + np.sum(lost == label))
    n_found = int(np.sum(found == label))
    return {
        "database": database,
        "class": label,
        "Se": hits / max(n_true, 1),
        "+P": hits / max(n_found, 1),
        "F1": 2 * hits / max(n_true + n_found, 1),
        "beats": n_true,
    }


def _plain(value):
    return round(float(value), 4) if isinstance(value, float) else value


def described(beats):
    """Return what the card says of the data."""
    rows = []
    for name in ("mitdb", "svdb", "qtdb", "nstdb"):
        database, of_it = DATABASES[name], beats.database == name
        rows.append(
            {
                "name": database.title,
                "version": database.version,
                "patients": len(np.unique(beats.patient[of_it])),
                "beats": int(np.sum(beats.target[of_it] != "O")),
                "license": database.license,
                "citation": "; ".join(database.references),
            }
        )
    return rows


if __name__ == "__main__":
    main()

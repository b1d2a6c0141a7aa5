"""Train the models in the box, measure them, and write them with their cards.

Trained on all that is labelled in the directory of databases: the MIT-BIH Arrhythmia
Database, the Supraventricular Arrhythmia Database, excerpts of the European ST-T
Database (QT Database), the Normal Sinus Rhythm Database, and the Noise Stress Test
Database with its three recordings of noise alone (``pretrain_data.py``). R peaks are
detected, as they will be where the models are used; detections that are no beat have
the label O. Probabilities are calibrated on patients left out, in folds of all
patients, and on copies of records with noise added. The scores of the cards
(``pretrain_cards.py``) are of these, each fold calibrated on the others, and count
missed and false beats.

    OMP_NUM_THREADS=1 python benchmarks/pretrain.py --data DIRECTORY
"""

import copy
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of
from pretrain_cards import figures_of, scores_of
from pretrain_data import ALONE, N_FOLDS, NAMES, load
from sklearn.pipeline import Pipeline
from strangers_models import LEADS

from sklearn_ecg import make_beat_pipeline, save_model
from sklearn_ecg.classifier import (
    SECOND_LEADS,
    MultiLeadPipeline,
    mean_log_proba,
)
from sklearn_ecg.classifier._calibration import Scaling
from sklearn_ecg.datasets import DATABASES
from sklearn_ecg.models import ModelCard

BOX = Path(__file__).parents[1] / "sklearn_ecg" / "models" / "pretrained"

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
    f"{N_FOLDS}-fold cross-validation between patients, R peaks detected, each fold "
    "calibrated on the others. Se, +P and F1 count annotated beats that were not "
    "detected as missed, and detections that are no beat as false; intervals are over "
    "patients. Copies in noise, of 118 and others, were labelled by models that had "
    "heard neither that patient nor that noise. The model in the file was then trained "
    "on all patients and noises, and calibrated on the patients left out."
)


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--out", type=Path, default=BOX)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    beats = load(arguments.data)
    training = Training(beats)
    left_out = cross_validated(training, beats)
    training.fit(np.ones(len(beats.target), dtype=bool))
    for name, model in MODELS.items():
        log_proba = left_out[name]
        probability = np.exp(calibrated_on_others(log_proba, beats, training))
        predicted = training.classes[probability.argmax(axis=1)]
        card = ModelCard(
            title=model.title,
            use=model.use,
            not_for=_NOT_FOR,
            data=described(beats),
            protocol=_PROTOCOL,
            scores=scores_of(beats, predicted),
            figures=figures_of(
                beats, predicted, pd.DataFrame(probability, columns=training.classes)
            ),
            made_by=COMMAND,
        )
        path = arguments.out / f"{name}.ecg"
        save_model(training.model(model, log_proba), path, card=card)
        print(f"{path}: {path.stat().st_size:,} bytes\n\n{card}\n", flush=True)


@dataclass(frozen=True)
class Model:
    """A model in the box: a stage of one training, and the leads that it looks at."""

    stage: int
    n_leads: int
    title: str
    use: str


BIASED = ("O",)
"""Classes that calibration gives a bias.

What V and S need differs in sign from fold to fold, and costs F1.
"""

WEIGHT_OF_O = 1 / 3
"""What a detection that is no beat counts in calibration.

A beat lost is worse than one too many. The model in the file, unlike those of the
folds, has heard all noise there is, and so is readier to call beats in it O.
"""

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


class Training:
    """A Pipeline for two leads, and all beats in both."""

    def __init__(self, beats):
        self.pipeline = make_beat_pipeline(
            sparsity=SCHEDULE[-1],
            schedule=SCHEDULE,
            second_lead=SECOND_LEADS,
            random_state=0,
        ).set_params(segment__lead=LEADS)
        self.labels, self.is_learnt = beats.target, beats.is_learnt
        self.classes, self.codes = np.unique(beats.target, return_inverse=True)
        self.weights = np.where(beats.target == "O", WEIGHT_OF_O, 1.0)
        self.weights[beats.database == ALONE] = 0
        self.pipeline[0].fit(beats.data)
        self.views = [
            (view.windows.reset_index(drop=True), view.rows)
            for view in self.pipeline.views(beats.data)
        ]

    def fit(self, chosen):
        """Fit the classifier to the beats that are chosen, in both leads."""
        chosen = chosen & self.is_learnt
        parts = [(w[chosen[r]], self.labels[r[chosen[r]]]) for w, r in self.views]
        windows = pd.concat([part[0] for part in parts], ignore_index=True)
        self.pipeline[-1].fit(windows, np.concatenate([part[1] for part in parts]))

    def log_proba(self, chosen, model):
        """Return logarithms of probabilities of the beats chosen, the mean of leads."""
        classifier = self.pipeline[-1].at_stage(model.stage)
        total = np.zeros((len(chosen), len(classifier.classes_)))
        n_views = np.zeros(len(chosen), dtype=int)
        for windows, rows in self.views[: model.n_leads]:
            some = chosen[rows] & windows.notna().all(axis=1).to_numpy()
            if some.any():
                total[rows[some]] += classifier.predict_log_proba(windows[some])
            n_views[rows[some]] += 1
        return mean_log_proba(total[chosen], np.maximum(n_views[chosen], 1))

    def model(self, model, log_proba):
        """Return the fitted Pipeline of a stage, calibrated, which reads any lead."""
        (segment, segmenter), (classify, classifier) = self.pipeline.steps
        segmenter = copy.copy(segmenter).set_params(lead=(*LEADS, *OTHERS))
        classifier = classifier.at_stage(model.stage)
        classifier = classifier.calibrated(
            log_proba, self.labels, bias=BIASED, sample_weight=self.weights
        )
        steps = [(segment, segmenter), (classify, classifier)]
        if model.n_leads == 1:
            return Pipeline(steps)
        return MultiLeadPipeline(steps, second_lead=(*SECOND_LEADS, "any"))


def cross_validated(training, beats):
    """Return logarithms of probabilities by each model, of patients left out."""
    shape = len(beats.target), len(training.classes)
    left_out = {name: np.empty(shape) for name in MODELS}
    for fold in range(N_FOLDS):
        is_out = beats.fold == fold
        training.fit(~is_out)
        for name, model in MODELS.items():
            left_out[name][is_out] = training.log_proba(is_out, model)
    return left_out


def calibrated_on_others(log_proba, beats, training):
    """Return logarithms of probabilities, those of a fold calibrated on the others."""
    calibrated = np.empty_like(log_proba)
    has_bias = np.isin(training.classes, BIASED)
    for fold in range(N_FOLDS):
        is_out = beats.fold == fold
        scaling = Scaling.fitted(
            log_proba[~is_out],
            training.codes[~is_out],
            has_bias,
            training.weights[~is_out],
        )
        calibrated[is_out] = scaling.applied(log_proba[is_out])
    return calibrated


def described(beats):
    """Return what the card says of the data."""
    rows = []
    for name in NAMES:
        database, of_it = DATABASES[name], beats.database == name
        rows.append(
            {
                "name": database.title,
                "version": database.version,
                "patients": len(np.unique(beats.patient[of_it])),
                "beats": int(np.sum(beats.target[of_it & beats.is_learnt] != "O")),
                "license": database.license,
                "citation": "; ".join(database.references),
            }
        )
    return rows


if __name__ == "__main__":
    main()

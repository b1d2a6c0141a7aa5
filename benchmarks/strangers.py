"""The reference for patients never seen: trees and small networks on hand features.

Every protocol of patients apart, with the features of `hand_features`:
gradient-boosted trees, a multilayer perceptron, and the same with a convolutional
branch that looks at the window as `TwoBranch` does. Every choice is to be made by the
rows "across patients"; DS2 and the QT excerpts are for the end. Rows go to
``benchmarks/results/strangers.csv``.

    OMP_NUM_THREADS=1 python benchmarks/strangers.py --data DIRECTORY
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from hand_features import features_of
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score
from torch import nn

from sklearn_ecg import load_beats
from sklearn_ecg._files import written_whole
from sklearn_ecg.datasets import DATABASES

RESULTS = Path(__file__).parent / "results" / "strangers.csv"
SPLITS = DATABASES["mitdb"].splits
LEADS = {
    "mitdb": ("MLII", "II", "V5"),
    "svdb": "ECG1",
    "qtdb": ("D3", "CM5", "V4", "V5"),
}
CLASSES = ["N", "S", "V", "F", "Q", "O"]
N_FOLDS = 3


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--r-peaks", default="annotated", help="as in load_beats")
    parser.add_argument("--models", nargs="*", default=MODELS, choices=MODELS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    beats = Beats.load(arguments.data, arguments.r_peaks)
    rows = []
    for name in arguments.models:
        for seed in range(arguments.seeds):
            for row in rows_of(beats, MODELS[name], seed):
                rows.append({"model": name, "seed": seed} | row)
                print(rows[-1], flush=True)
            with written_whole(arguments.out) as temporary:
                pd.DataFrame(rows).to_csv(temporary, index=False)


class Beats:
    """The beats of three databases: features, windows, labels, records, patients."""

    def __init__(self, features, windows, labels, database, record, patient):
        self.features, self.windows, self.labels = features, windows, labels
        self.database, self.record, self.patient = database, record, patient

    @classmethod
    def load(cls, data, r_peaks):
        """Load the databases, with R peaks as in `load_beats`."""
        parts = []
        for name, lead in LEADS.items():
            records = None
            if name == "mitdb":
                records = [str(each) for each in (*SPLITS["DS1"], *SPLITS["DS2"])]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                beats = load_beats(
                    data / name,
                    records,
                    r_peaks=r_peaks,
                    lead=lead,
                    on_invalid="ignore",
                )
                features, windows = features_of(beats.data, lead)
            record = beats.data["record"].map(lambda path: Path(path).name)
            patient = [f"{name} {each}" for each in beats.groups]
            parts.append(
                (
                    features.to_numpy(),
                    windows,
                    beats.target,
                    np.full(len(record), name),
                    record.to_numpy(dtype=str),
                    np.array(patient),
                )
            )
        return cls(*map(np.concatenate, zip(*parts, strict=True)))

    def of(self, *names):
        """Mark the beats of some sets."""
        sets = {
            "DS1": np.isin(self.record, [str(each) for each in SPLITS["DS1"]]),
            "DS2": np.isin(self.record, [str(each) for each in SPLITS["DS2"]]),
        }
        sets = {name: (self.database == "mitdb") & rows for name, rows in sets.items()}
        sets |= {"SVDB": self.database == "svdb", "QTDB": self.database == "qtdb"}
        return np.any([sets[name] for name in names], axis=0)


def rows_of(beats, fit, seed):
    """Train on some patients, and yield a row of scores for each set of others."""
    for training, tests in (
        (("DS1",), ("DS2", "SVDB", "QTDB")),
        (("DS1", "DS2"), ("SVDB",)),
        (("DS1", "SVDB"), ("DS2", "QTDB")),
    ):
        predict = fit(beats, beats.of(*training), seed)
        for test in tests:
            rows = beats.of(test)
            predicted = predict(rows)
            yield scored(beats, rows, predicted, " + ".join(training), test)
    yield from across_patients(beats, fit, seed)


def across_patients(beats, fit, seed):
    """Cross-validate between the patients of DS1 and SVDB."""
    both = beats.of("DS1", "SVDB")
    patients = np.random.default_rng(0).permutation(np.unique(beats.patient[both]))
    fold_of = {patient: place % N_FOLDS for place, patient in enumerate(patients)}
    folds = np.array([fold_of.get(patient, -1) for patient in beats.patient])
    predicted = np.empty(len(folds), dtype=object)
    for fold in range(N_FOLDS):
        predict = fit(beats, both & (folds != fold), seed)
        predicted[folds == fold] = predict(folds == fold)
    for test in ("DS1", "SVDB"):
        rows = beats.of(test)
        yield scored(beats, rows, predicted[rows], "DS1 + SVDB, across patients", test)


def scored(beats, rows, predicted, training, test):
    true = beats.labels[rows]
    row = {"trained": training, "tested": test, "accuracy": np.mean(true == predicted)}
    row |= f1_of("", true, predicted)
    if test == "DS2":
        kept = beats.record[rows] != "232"
        row |= f1_of(", without 232", true[kept], predicted[kept])
    return row


def f1_of(suffix, true, predicted):
    return {
        f"{label}{suffix}": f1_score(true == label, predicted == label)
        for label in ("V", "S")
    }


def fit_trees(beats, rows, seed):
    # Classes of a few beats make leaves of any height; these bounds hold them.
    trees = HistGradientBoostingClassifier(
        max_iter=120,
        max_leaf_nodes=15,
        min_samples_leaf=100,
        l2_regularization=10,
        early_stopping=False,
        random_state=seed,
    )
    trees.fit(beats.features[rows], beats.labels[rows])
    return lambda other: trees.predict(beats.features[other])


class Network(nn.Module):
    """Dense layers on the features, and if asked for a branch on the window."""

    def __init__(self, n_features, looks_at_window, n_hidden=64, dropout=0.2):
        super().__init__()
        self.dense = nn.Sequential(
            nn.Dropout(dropout / 2),
            nn.Linear(n_features, n_hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(n_hidden, n_hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(n_hidden, len(CLASSES)),
        )
        self.looks_at_window = looks_at_window
        layers, n_in = [], 1
        for n_out in (8, 16, 16):
            layers += [
                nn.Conv1d(n_in, n_out, 7, padding=3, bias=False),
                nn.BatchNorm1d(n_out),
                nn.ReLU(),
                nn.MaxPool1d(2),
            ]
            n_in = n_out
        self.window = nn.Sequential(
            *layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(16 * 15, 3)
        )
        # N and S look alike; so do F, Q and what is no beat, to this branch.
        self.morphology = [0, 0, 1, 2, 2, 2]

    def forward(self, features, windows):
        """Return logits of shape (beats, classes)."""
        logits = self.dense(features)
        if not self.looks_at_window:
            return logits
        morphology = self.window(windows[:, np.newaxis])
        if self.training:
            morphology = morphology * (torch.rand(len(morphology), 1) > 0.5)
        return logits + morphology[:, self.morphology]


def fit_network(beats, rows, seed, looks_at_window=False, n_epochs=12, n_batch=2048):
    """Train with patients weighed by the square root of their beats."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    low, middle, high = np.percentile(beats.features[rows], [5, 50, 95], axis=0)
    scale = np.maximum((high - low) / 3.3, 0.02)

    def inputs(chosen):
        features = np.clip((beats.features[chosen] - middle) / scale, -5, 5)
        windows = beats.windows[chosen]
        windows = windows - windows.mean(axis=1, keepdims=True)
        windows = windows / (windows.std(axis=1, keepdims=True) + 1e-4)
        return torch.tensor(features).float(), torch.tensor(windows)

    features, windows = inputs(rows)
    codes = torch.tensor([CLASSES.index(label) for label in beats.labels[rows]])
    _, places, counts = np.unique(
        beats.patient[rows], return_inverse=True, return_counts=True
    )
    weights = counts[places] ** -0.5
    weights /= weights.sum()
    network = Network(features.shape[1], looks_at_window)
    n_steps = n_epochs * len(codes) // n_batch
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, n_steps)
    for _ in range(n_steps):
        batch = torch.tensor(random.choice(len(codes), n_batch, p=weights))
        varied = features[batch] + 0.1 * torch.randn(n_batch, features.shape[1])
        shifted = torch.roll(windows[batch], int(random.integers(-3, 4)), 1)
        shifted = shifted + 0.1 * torch.randn_like(shifted)
        loss = nn.functional.cross_entropy(network(varied, shifted), codes[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    network.eval()

    def predict(other):
        with torch.no_grad():
            codes = network(*inputs(other)).argmax(dim=1).numpy()
        return np.array(CLASSES)[codes]

    return predict


def fit_two_branches(beats, rows, seed):
    return fit_network(beats, rows, seed, looks_at_window=True)


MODELS = {
    "trees": fit_trees,
    "perceptron": fit_network,
    "two branches": fit_two_branches,
}


if __name__ == "__main__":
    main()

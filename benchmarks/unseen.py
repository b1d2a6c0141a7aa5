"""Features and network for patients never seen: the measurements behind the choice.

Everything happens inside DS1, the training patients of de Chazal et al. (2004), so that
DS2 stays unseen: four folds, none of their patients in two of them. Each variant is
pruned to 90 % and trained for half the default epochs, in two stages: enough to
compare, not to report. It differs from `make_beat_pipeline` by what its name
says. It is scored on the R peaks as annotated, and on the same moved by up to 25 ms,
at random, as another detector would set them. Rows go to
``benchmarks/results/unseen.csv``; those that are there are not repeated.

    OMP_NUM_THREADS=1 python benchmarks/unseen.py --n-jobs 2
"""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from defaults import SHORTER
from harness import add_missing, parser_of
from protocols import DS1, development_folds
from sklearn.base import clone

from sklearn_ecg import make_beat_pipeline
from sklearn_ecg.datasets import beat_table, fetch_mitdb, load_beats
from sklearn_ecg.metrics import beat_scores
from sklearn_ecg.patient import feature_names, look_at_signal

RESULTS = Path(__file__).parent / "results" / "unseen.csv"
N_FOLDS = 4
LARGEST_MOVE = 9
"""In samples at 360 Hz."""

INTERVALS = {"segment__rr_features": "all", "segment__relative_features": None}
ONE_BRANCH = {"classify__module": "beatcnn"}
RHYTHM_ONLY = [name for name in feature_names("relative") if not look_at_signal([name])]


def network(**parameters):
    return {"classify__module_params": parameters}


VARIANTS = {
    "the pipeline": {},
    "defaults: plain intervals, one branch": INTERVALS | ONE_BRANCH,
    "one branch": ONE_BRANCH,
    "plain intervals": INTERVALS,
    "plain intervals, too": {"segment__rr_features": "all"},
    "no QRS features": {"segment__relative_features": RHYTHM_ONLY},
    "causal": {"segment__relative_features": "causal"},
    "N and S of two morphologies": network(same_morphology=()),
    "window always looked at": network(morphology_dropout=0.0),
    "windows not varied": {"classify__max_shift": 0, "classify__max_noise": 0.0},
    "classes weighted": {"classify__class_weight": "balanced"},
    "window -0.35 to 0.65 s": {"segment__before": 0.35, "segment__after": 0.65},
}


def main():
    arguments = parse_arguments()
    directory = arguments.data or fetch_mitdb()
    tasks = [(name,) for name in arguments.variants]
    variant = partial(run, directory)
    add_missing(variant, tasks, RESULTS, ["variant"], n_jobs=arguments.n_jobs)


def parse_arguments():
    parser = parser_of(__doc__, help="directory of the database")
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument(
        "--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS
    )
    return parser.parse_args()


def run(directory, name):
    """Train a variant on every fold, and score it on the R peaks as they are and moved.

    Each variant is trained once for each fold.
    """
    beats = load_beats(directory, DS1)
    pipeline = make_beat_pipeline(**SHORTER).set_params(**VARIANTS[name])
    tables = {"": beats.data, "moved ": with_r_peaks_moved(beats.data)}
    y_true, y_pred = [], {which: [] for which in tables}
    for split in development_folds(beats, N_FOLDS):
        fitted = split.fit(clone(pipeline))
        y_true.append(split.testing()[1])
        for which, table in tables.items():
            y_pred[which].append(split.predict(fitted, table))
    row = {"variant": name}
    for which, predicted in y_pred.items():
        scores = beat_scores(np.concatenate(y_true), np.concatenate(predicted))
        row[f"{which}accuracy"] = scores.accuracy
        for label in ("V", "S"):
            for score in ("Se", "+P", "F1"):
                row[f"{which}{label} {score}"] = scores.per_class.loc[label, score]
    return [row]


def with_r_peaks_moved(table):
    """Return a beat table whose R peaks are moved by up to 25 ms, in all records."""
    random, parts = np.random.default_rng(0), []
    for record, rows in table.groupby("record", sort=False):
        annotated = rows["r_peaks"].iloc[0].samples
        moves = random.integers(-LARGEST_MOVE, LARGEST_MOVE + 1, len(annotated))
        moves[[0, -1]] = 0  # They may be at the ends of the record.
        moved = annotated + moves
        places = np.searchsorted(annotated, rows["sample"])
        part = beat_table(record, moved).iloc[places]
        parts.append(part.set_index(rows.index))
    return pd.concat(parts).loc[table.index]


if __name__ == "__main__":
    main()

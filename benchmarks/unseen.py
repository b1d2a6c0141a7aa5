"""Features and network for patients never seen: the measurements behind the choice.

Everything happens inside DS1, the training patients of de Chazal et al. (2004), so that
DS2 stays unseen: four folds, none of their patients in two of them. Each variant is
pruned to 90 % and trained for half the default epochs, in two stages: enough to
compare, not to report. It differs from `make_interpatient_pipeline` by what its name
says. Rows go to ``benchmarks/results/unseen.csv``; those that are there are not
repeated.

    OMP_NUM_THREADS=1 python benchmarks/unseen.py --n-jobs 2
"""

import argparse
import os
from pathlib import Path

import pandas as pd
from defaults import SHORTER, cross_predict
from joblib import Parallel, delayed
from protocols import DS1, development_folds
from tqdm import tqdm

from sklearn_ecg import make_interpatient_pipeline
from sklearn_ecg.datasets import fetch_mitdb, load_beats
from sklearn_ecg.metrics import beat_scores

RESULTS = Path(__file__).parent / "results" / "unseen.csv"
N_FOLDS = 4

INTERVALS = {"segment__rr_features": "all", "segment__relative_features": None}
ONE_BRANCH = {"classify__module": "beatcnn"}
RHYTHM_ONLY = ["rr_prev_relative", "rr_next_relative", "rr_irregularity"]


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
    "classes weighted": {"classify__class_weight": "balanced"},
    "window -0.35 to 0.65 s": {"segment__before": 0.35, "segment__after": 0.65},
}


def main():
    arguments = parse_arguments()
    directory = arguments.data or fetch_mitdb()
    done = pd.read_csv(RESULTS) if RESULTS.exists() else None
    missing = [
        name
        for name in arguments.variants
        if done is None or name not in set(done["variant"])
    ]
    results = Parallel(arguments.n_jobs, return_as="generator")(
        delayed(run)(directory, name) for name in missing
    )
    for row in tqdm(results, total=len(missing), unit="variant"):
        done = pd.concat([done, pd.DataFrame([row])])
        save(done)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="directory of the database")
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument(
        "--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS
    )
    return parser.parse_args()


def run(directory, name):
    """Train and score a variant on every fold."""
    beats = load_beats(directory, DS1)
    pipeline = make_interpatient_pipeline(**SHORTER).set_params(**VARIANTS[name])
    scores = beat_scores(*cross_predict(pipeline, development_folds(beats, N_FOLDS)))
    row = {"variant": name, "accuracy": scores.accuracy}
    for label in ("V", "S"):
        for score in ("Se", "+P", "F1"):
            row[f"{label} {score}"] = scores.per_class.loc[label, score]
    return row


def save(table):
    temporary = RESULTS.with_suffix(".tmp")
    table.to_csv(temporary, index=False, float_format="%.5f")
    os.replace(temporary, RESULTS)


if __name__ == "__main__":
    main()

"""Accuracy of the default Pipeline on the MIT-BIH Arrhythmia Database.

Two protocols, whose splits are those of ``protocols.py``:

- intra: all 48 records, five classes, 80 % of the beats to train on and 20 % to test
  on, at random, stratified by class (split seed 0). Beats of one patient are on both
  sides: this measures fitting.
- inter: de Chazal et al. 2004, trained on DS1, tested once on DS2, whose patients were
  never seen, but for 202, who is 201: so DS2 is also scored without 202, as well as
  without 232, which has three quarters of its S beats, and from 5:00 on, as EC57 asks.

Everything but the sparsity and the random state is at its default. Each run adds rows
to ``benchmarks/results/accuracy.csv``; a run that is there is not repeated. With
``--models`` Pipelines are saved, and those saved before are scored, not trained again.

With one thread the figures repeat to the last digit; more threads round otherwise.

    OMP_NUM_THREADS=1 python benchmarks/accuracy.py       # about an hour
    OMP_NUM_THREADS=1 python benchmarks/accuracy.py --protocol intra --sparsity 0.9
"""

import argparse
import os
from pathlib import Path

import joblib
import pandas as pd
from protocols import PROTOCOLS
from sklearn.pipeline import Pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.datasets import fetch_mitdb, load_beats
from sklearn_ecg.metrics import beat_scores, ec57_scores

RESULTS = Path(__file__).parent / "results" / "accuracy.csv"
KEY = ["protocol", "sparsity", "random_state"]


def main():
    arguments = parse_arguments()
    beats = load_beats(arguments.data or fetch_mitdb())
    done = pd.read_csv(RESULTS) if RESULTS.exists() else None
    for protocol in arguments.protocol:
        for sparsity in arguments.sparsity:
            for seed in arguments.random_state:
                if is_done(done, [protocol, sparsity, seed]):
                    continue
                print(f"{protocol}, sparsity {sparsity}, random state {seed}")
                rows = run(beats, protocol, sparsity, seed, arguments.models)
                done = pd.concat([done, pd.DataFrame(rows)]).sort_values(KEY)
                save(done)
    print(done.round(4).to_string(index=False))


def is_done(done, key):
    return done is not None and (done[KEY] == key).all(axis=1).any()


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="directory of the database")
    parser.add_argument("--models", type=Path, help="directory to save Pipelines in")
    parser.add_argument(
        "--protocol", nargs="+", default=list(PROTOCOLS), choices=PROTOCOLS
    )
    parser.add_argument(
        "--sparsity", nargs="+", type=float, default=[0.0, 0.6, 0.9, 0.95]
    )
    parser.add_argument("--random-state", nargs="+", type=int, default=[0])
    return parser.parse_args()


def run(beats, protocol, sparsity, seed, models):
    """Fit once and return the rows of all the test sets of a protocol."""
    split = PROTOCOLS[protocol](beats)
    pipeline = Pipeline(
        [
            ("segment", BeatSegmenter()),
            ("classify", PrunedCNNClassifier(sparsity, random_state=seed, verbose=1)),
        ]
    )
    saved = models and models / f"{protocol}-{sparsity}-{seed}.joblib"
    if saved and saved.exists():
        pipeline = joblib.load(saved)
    else:
        split.fit(pipeline)
    if saved:
        joblib.dump(pipeline, saved)
    predicted = split.predict(pipeline)
    cost = pipeline["classify"].complexity_
    row = {
        "protocol": protocol,
        "sparsity": sparsity,
        "random_state": seed,
        "n_prunable": cost.n_prunable,
        "n_nonzero": cost.n_nonzero,
        "dense_macs": cost.dense_macs,
        "macs": cost.macs,
        "n_bytes": cost.n_bytes,
    }
    return [
        row | {"test": name} | of_test_set
        for name, of_test_set in split.scores(predicted, scores).items()
    ]


def scores(y_true, y_pred):
    report = beat_scores(y_true, y_pred)
    row = {
        "beats": len(y_true),
        "accuracy": report.accuracy,
        "macro_f1": report.macro_f1,
    }
    for name, of_class in report.per_class.to_dict("index").items():
        row |= {
            f"{name} {score}": of_class[score] for score in ("beats", "Se", "+P", "F1")
        }
    for name, of_class in ec57_scores(y_true, y_pred).to_dict("index").items():
        row |= {
            f"{name} {score}": of_class[score] for score in ("Se", "+P", "FPR", "F1")
        }
    return row


def save(table):
    temporary = RESULTS.with_suffix(".tmp")
    table.to_csv(temporary, index=False, float_format="%.5f")
    os.replace(temporary, RESULTS)


if __name__ == "__main__":
    main()

"""Window, sampling rate, filter and network: the measurements behind the defaults.

Nothing here sees the test beats of the intra-patient protocol: its training part (80 %
of all beats, stratified, split seed 0) is split once more, three quarters to train on
and a quarter to compare on. Each variant differs from the defaults by what its name
says and is pruned to 90 %, where the variants differ more than while dense. All train
for half the default epochs, in two stages: enough to compare, not to report.

Rows go to ``benchmarks/results/defaults.csv``; those that are there are not repeated.

    python benchmarks/defaults.py
"""

import argparse
import os
import time
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.datasets import fetch_mitdb, load_beats
from sklearn_ecg.metrics import beat_scores

RESULTS = Path(__file__).parent / "results" / "defaults.csv"

SHORTER = {"n_stages": 2, "n_epochs": 7, "stage_epochs": 3, "random_state": 0}


def network(conv_channels, kernel_sizes, n_hidden):
    return {
        "classify__module_params": {
            "conv_channels": conv_channels,
            "kernel_sizes": kernel_sizes,
            "n_hidden": n_hidden,
        }
    }


VARIANTS = {
    "defaults": {},
    "rate 360 Hz": {"segment__sampling_rate": 360},
    "window -0.2 to 0.4 s": {"segment__before": 0.2, "segment__after": 0.4},
    "window -0.35 to 0.65 s": {"segment__before": 0.35, "segment__after": 0.65},
    "causal band-pass 0.5 to 40 Hz": {"segment__bandpass": (0.5, 40)},
    "causal rhythm": {"segment__rr_features": "causal"},
    "wider first layers": network((16, 32, 32, 64), (7, 5, 5, 3), 32),
    "narrower": network((8, 16, 32, 32), (7, 5, 5, 3), 32),
}


def main():
    arguments = parse_arguments()
    beats = load_beats(arguments.data or fetch_mitdb())
    done = pd.read_csv(RESULTS) if RESULTS.exists() else None
    for name in arguments.variants:
        if done is not None and name in set(done["variant"]):
            continue
        done = pd.concat([done, pd.DataFrame([run(beats, name)])])
        save(done)
        print(done.tail(1).to_string(index=False, header=False), flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="directory of the database")
    parser.add_argument(
        "--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS
    )
    return parser.parse_args()


def run(beats, name):
    """Train a variant and score it, within the training part of the protocol."""
    X, _, y, _ = train_test_split(
        beats.data, beats.target, test_size=0.2, stratify=beats.target, random_state=0
    )
    X, X_compare, y, y_compare = train_test_split(
        X, y, test_size=0.25, stratify=y, random_state=0
    )
    pipeline = Pipeline(
        [
            ("segment", BeatSegmenter()),
            ("classify", PrunedCNNClassifier(0.9, **SHORTER)),
        ]
    ).set_params(**VARIANTS[name])
    start = time.perf_counter()
    pipeline.fit(X, y)
    seconds = time.perf_counter() - start
    report = beat_scores(y_compare, pipeline.predict(X_compare))
    cost = pipeline["classify"].complexity_
    return {
        "variant": name,
        "accuracy": round(report.accuracy, 5),
        "macro_f1": round(report.macro_f1, 4),
        "n_prunable": cost.n_prunable,
        "n_nonzero": cost.n_nonzero,
        "macs": cost.macs,
        "fit_seconds": round(seconds),
    }


def save(table):
    temporary = RESULTS.with_suffix(".tmp")
    table.to_csv(temporary, index=False)
    os.replace(temporary, RESULTS)


if __name__ == "__main__":
    main()

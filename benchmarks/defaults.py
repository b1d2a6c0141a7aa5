"""Window, sampling rate, filter and network: the measurements behind the defaults.

Everything happens inside DS1, the training patients of de Chazal et al. (2004), so that
DS2 stays unseen. Each variant differs from the defaults by what its name says and is
pruned to 90 %, where the variants differ more than while dense. It is scored

- on a quarter of the beats, after training on three quarters (known patients);
- on each half of the patients, after training on the other half (unseen patients).

All train for half the default epochs, in two stages: enough to compare, not to report.
Rows go to ``benchmarks/results/defaults.csv``; those that are there are not repeated.

    python benchmarks/defaults.py
"""

from functools import partial
from pathlib import Path

import numpy as np
from harness import add_missing, parser_of
from protocols import DS1, development_folds, development_holdout
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.pipeline import Pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.datasets import fetch_mitdb, load_beats
from sklearn_ecg.metrics import ec57_scores, macro_f1_score

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
    beats = load_beats(arguments.data or fetch_mitdb(), DS1)
    tasks = [(name,) for name in arguments.variants]
    add_missing(partial(run, beats), tasks, RESULTS, ["variant"])


def parse_arguments():
    parser = parser_of(__doc__, help="directory of the database")
    parser.add_argument(
        "--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS
    )
    return parser.parse_args()


def run(beats, name):
    """Train and score a variant both ways."""
    pipeline = Pipeline(
        [
            ("segment", BeatSegmenter()),
            ("classify", PrunedCNNClassifier(0.9, **SHORTER)),
        ]
    ).set_params(**VARIANTS[name])
    of_known = cross_predict(pipeline, [development_holdout(beats)])
    of_unseen = cross_predict(pipeline, development_folds(beats, 2))
    ectopic = ec57_scores(*of_unseen)["F1"]
    pipeline.fit(beats.data.iloc[::20], beats.target[::20])
    cost = pipeline["classify"].complexity_
    row = {
        "variant": name,
        "known accuracy": accuracy_score(*of_known),
        "known macro-F1": macro_f1_score(*of_known),
        "unseen accuracy": accuracy_score(*of_unseen),
        "unseen VEB F1": ectopic["VEB"],
        "unseen SVEB F1": ectopic["SVEB"],
        "n_nonzero": cost.n_nonzero,
        "macs": cost.macs,
    }
    return [row]


def cross_predict(pipeline, splits):
    """Return true and predicted labels of all test parts, one after the other."""
    parts = []
    for split in splits:
        fitted = split.fit(clone(pipeline))
        parts.append((split.testing()[1], split.predict(fitted)))
    return [np.concatenate(labels) for labels in zip(*parts, strict=True)]


if __name__ == "__main__":
    main()

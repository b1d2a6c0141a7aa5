"""Accuracy on the MIT-BIH Arrhythmia Database, along the pruning.

Two protocols, whose splits are those of ``protocols.py``:

- intra: all 48 records, five classes, 80 % of the beats to train on and 20 % to test
  on, at random, stratified by class (split seed 0). Beats of one patient are on both
  sides: this measures fitting.
- inter: de Chazal et al. 2004, trained on DS1, tested once on DS2, whose patients were
  never seen, but for 202, who is 201: so DS2 is also scored without 202, as well as
  without 232, which has three quarters of its S beats, and from 5:00 on, as EC57 asks.

The Pipelines, with everything else but the random state at its default:

- default: `BeatSegmenter` and `PrunedCNNClassifier`;
- thorough: the same with a window of 1 s and twice the epochs in the stages, more of
  them where most is pruned;
- small: a narrower network, with as many epochs;
- interpatient: `make_beat_pipeline`, for the protocol inter only;
- interpatient, causal: the same without the interval to the next beat.

Each is trained once for each random state and passes through all sparsities on its way
(`pruning_path`). Rows go to ``benchmarks/results/accuracy.csv``; what is there is not
trained again.

With one thread the figures repeat to the last digit; more threads round otherwise.

    OMP_NUM_THREADS=1 python benchmarks/accuracy.py --n-jobs 2     # an hour and a half
    OMP_NUM_THREADS=1 python benchmarks/accuracy.py --protocol inter --random-state 0
"""

from functools import partial
from pathlib import Path

from harness import add_missing, parser_of
from protocols import PROTOCOLS
from sklearn.pipeline import make_pipeline

from sklearn_ecg import (
    BeatSegmenter,
    PrunedCNNClassifier,
    make_beat_pipeline,
)
from sklearn_ecg.datasets import fetch_mitdb, load_beats
from sklearn_ecg.metrics import beat_scores, ec57_scores

RESULTS = Path(__file__).parent / "results" / "accuracy.csv"
KEY = ["protocol", "pipeline", "random_state", "sparsity"]
SPARSITIES = (0.0, 0.6, 0.8, 0.9, 0.95, 0.975)
LATE = [4, 4, 8, 8, 16]
# Of the small network, 0.907 leaves 1,499 weights, and 0.9505 leaves 798.
SPARSITIES_OF = {"small": (0.0, 0.6, 0.8, 0.907, 0.93, 0.9505)}

PIPELINES = {
    "default": lambda seed: make_pipeline(
        BeatSegmenter(), PrunedCNNClassifier(random_state=seed)
    ),
    "thorough": lambda seed: make_pipeline(
        BeatSegmenter(before=0.35, after=0.65),
        PrunedCNNClassifier(stage_epochs=LATE, random_state=seed),
    ),
    "small": lambda seed: make_pipeline(
        BeatSegmenter(),
        PrunedCNNClassifier(
            module_params={"conv_channels": (8, 16, 32, 32), "n_hidden": 32},
            stage_epochs=LATE,
            random_state=seed,
        ),
    ),
    "interpatient": lambda seed: make_beat_pipeline(random_state=seed),
    "interpatient, causal": lambda seed: make_beat_pipeline(
        causal=True, random_state=seed
    ),
}

RUNS = [
    ("intra", "default"),
    ("intra", "thorough"),
    ("intra", "small"),
    ("inter", "interpatient"),
    ("inter", "interpatient, causal"),
    ("inter", "default"),
]


def main():
    arguments = parse_arguments()
    directory = arguments.data or fetch_mitdb()
    runs = [
        (*run, seed)
        for run in RUNS
        for seed in arguments.random_state
        if run[0] in arguments.protocol and run[1] in arguments.pipeline
    ]
    run = partial(run_path, directory)
    options = {"n_jobs": arguments.n_jobs, "sort_by": KEY}
    add_missing(run, runs, arguments.out, KEY[:3], **options)


def parse_arguments():
    parser = parser_of(__doc__, help="directory of the database")
    for name, allowed in (("protocol", PROTOCOLS), ("pipeline", PIPELINES)):
        parser.add_argument(
            f"--{name}", nargs="+", default=list(allowed), choices=allowed
        )
    parser.add_argument("--random-state", nargs="+", type=int, default=[*range(5)])
    parser.add_argument("--n-jobs", type=int, default=1, help="paths at the same time")
    parser.add_argument("--out", type=Path, default=RESULTS, help="table to add to")
    return parser.parse_args()


def run_path(directory, protocol, name, seed):
    """Train one path; return a row for each sparsity and test set."""
    beats = load_beats(directory)
    split = PROTOCOLS[protocol](beats)
    segmenter, classifier = PIPELINES[name](seed)
    windows = segmenter.fit_transform(beats.data)
    sparsities = SPARSITIES_OF.get(name, SPARSITIES)
    path = classifier.pruning_path(*split.training(windows), sparsities=sparsities)
    other_labels = None
    if protocol == "inter":
        other_labels = load_beats(directory, classes="bxb").target[split.test]
    rows = []
    for sparsity, fitted in zip(sparsities, path.classifiers, strict=True):
        predicted = split.predict(fitted, windows)
        tests = split.scores(predicted, scores)
        if other_labels is not None:
            # bxb counts e and j, which were learnt as N, as S.
            tests["DS2, labels of bxb"] = scores(other_labels, predicted)
        cost = fitted.complexity_
        row = {
            "protocol": protocol,
            "pipeline": name,
            "random_state": seed,
            "sparsity": sparsity,
            "n_prunable": cost.n_prunable,
            "n_nonzero": cost.n_nonzero,
            "dense_macs": cost.dense_macs,
            "macs": cost.macs,
            "n_bytes": cost.n_bytes,
        }
        rows += [row | {"test": test} | figures for test, figures in tests.items()]
    return rows


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


if __name__ == "__main__":
    main()

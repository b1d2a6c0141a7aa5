"""What it costs that R peaks are detected, and what it gains that they are aligned.

`make_beat_pipeline` with a second lead is trained on DS1 with R peaks as
annotated, aligned and detected, and tested on DS2, on the supraventricular database and
on the excerpts of the European ST-T database in the QT database, with R peaks of each
kind. The counts are those of EC57, from 5:00 on: beats that were not detected,
detections that are no beat, and those that the network calls none count. Rows go to
``benchmarks/results/r_peaks.csv``.

    OMP_NUM_THREADS=1 python benchmarks/r_peaks.py --data DIRECTORY
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, write_table
from strangers import model_of
from tqdm import tqdm

from sklearn_ecg import load_beats
from sklearn_ecg.datasets import DATABASES, map_symbols
from sklearn_ecg.metrics import UNMATCHED, after_learning_period, ec57_scores

RESULTS = Path(__file__).parent / "results" / "r_peaks.csv"
WAYS = ("annotated", "aligned", "detected")
SPLITS = DATABASES["mitdb"].splits

# No lead is in all of the QT excerpts.
TESTS = {
    "DS2": ("mitdb", SPLITS["DS2"], ("MLII", "II", "V5")),
    "SVDB": ("svdb", None, "ECG1"),
    "QTDB": ("qtdb", None, ("D3", "CM5", "V4", "V5")),
}


def main():
    arguments = parse_arguments()
    rows = []
    for seed in range(arguments.seeds):
        for way in arguments.train:
            model = trained(arguments.data, way, seed)
            tests = [(test, kind) for test in TESTS for kind in arguments.test]
            for test, kind in tqdm(tests, f"seed {seed}, trained on {way}"):
                scores = scores_on(model, arguments.data, test, kind)
                rows += [
                    {"seed": seed, "trained": way, "set": test, "tested": kind} | row
                    for row in scores
                ]
            write_table(rows, arguments.out, None)
    table = pd.DataFrame(rows)
    by = ["set", "trained", "tested", "class"]
    print(table.groupby(by)[["Se", "+P", "F1"]].median().round(3).to_string())


def parse_arguments():
    parser = parser_of(__doc__, required=True, help="directory of the databases")
    parser.add_argument("--train", nargs="*", default=WAYS, choices=WAYS)
    parser.add_argument("--test", nargs="*", default=WAYS, choices=WAYS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser.parse_args()


def trained(data, way, seed):
    beats = beats_of(data, "mitdb", SPLITS["DS1"], way)
    return model_of(seed, causal=False).fit(beats.data, beats.target)


def beats_of(data, database, names, way, lead=("MLII", "II", "V5")):
    records = None if names is None else [str(name) for name in names]
    directory = Path(data) / database
    return load_beats(directory, records, r_peaks=way, lead=lead, on_invalid="ignore")


def scores_on(model, data, test, way):
    """Return a row of scores for each class, counted as EC57 does."""
    database, names, lead = TESTS[test]
    beats = beats_of(data, database, names, way, lead)
    model.set_params(segment__lead=lead)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of leads that stand in
        has_signal = model["segment"].has_signal(beats.data)
        X, y = beats.data[has_signal], beats.target[has_signal]
        y_pred = model.predict(X)
    counts = after_learning_period(X) & ~((y == UNMATCHED) & (y_pred == UNMATCHED))
    missed = map_symbols(late(beats.missed, beats.data)["symbol"])
    true = np.concatenate([y[counts], missed])
    pred = np.concatenate([y_pred[counts], np.full(len(missed), UNMATCHED)])
    scores = ec57_scores(true, pred)
    found = (true != UNMATCHED) & (pred != UNMATCHED)
    sensitivity = found.sum() / max((true != UNMATCHED).sum(), 1)
    predictivity = found.sum() / max((pred != UNMATCHED).sum(), 1)
    qrs = {"class": "QRS", "Se": sensitivity, "+P": predictivity}
    qrs["F1"] = 2 * sensitivity * predictivity / (sensitivity + predictivity)
    return [
        qrs,
        *({"class": name, **scores.loc[name].to_dict()} for name in ("VEB", "SVEB")),
    ]


def late(missed, X):
    """Return the missed beats from 5:00 on."""
    if len(missed) == 0:
        return missed
    is_late = after_learning_period(missed)
    return missed[is_late]


if __name__ == "__main__":
    main()

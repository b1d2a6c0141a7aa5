"""Multistage pruning against one-shot pruning, for patients never seen.

`make_beat_pipeline` on one lead, trained on DS1 and scored on DS2, pruned in
four stages of three epochs, or at once with twelve epochs of retraining and the same
learning rate schedule: the same dense network, the same epochs. Differences are paired
by random state. Rows go to ``benchmarks/results/stages.csv``.

    OMP_NUM_THREADS=1 python benchmarks/stages.py --data DIRECTORY --seeds 0 1 2 3 4
"""

from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, write_table
from paper_report import t_interval
from sklearn.metrics import f1_score
from strangers import Beats, model_of

RESULTS = Path(__file__).parent / "results" / "stages.csv"
ARMS = {"multistage": (4, 3), "one-shot": (1, 12)}
"""Stages, and epochs of each."""


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument(
        "--sparsities", nargs="*", type=float, default=[0.9, 0.95, 0.975]
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    beats = Beats.load(arguments.data)
    rows = []
    for seed in arguments.seeds:
        for sparsity in arguments.sparsities:
            for arm in ARMS:
                rows.append(run(beats, arm, sparsity, seed))
                print(rows[-1], flush=True)
        write_table(rows, arguments.out)
    print(differences(pd.DataFrame(rows)).round(4).to_string())


def run(beats, arm, sparsity, seed):
    n_stages, stage_epochs = ARMS[arm]
    pipeline = model_of(seed, causal=False)
    columns = pipeline[0]._name_outputs().feature_names_out_
    train, test = beats.of("DS1"), beats.of("DS2")
    classifier = pipeline[-1].set_params(
        sparsity=sparsity, n_stages=n_stages, stage_epochs=stage_epochs
    )
    classifier.fit(*beats.in_leads(train, columns, 1))
    windows, labels = beats.in_leads(test, columns, 1)
    predicted = classifier.predict(windows)
    scores = {
        f"{label} F1": f1_score(labels == label, predicted == label) for label in "VS"
    }
    row = {"arm": arm, "sparsity": sparsity, "seed": seed}
    return row | {"accuracy": np.mean(predicted == labels)} | scores


def differences(rows):
    """Return multistage less one-shot, with 95 % intervals."""
    lines = {}
    for score in ("accuracy", "V F1", "S F1"):
        pairs = rows.pivot_table(
            index=["sparsity", "seed"], columns="arm", values=score
        )
        for sparsity, of_it in pairs.groupby(level="sparsity"):
            difference = (of_it["multistage"] - of_it["one-shot"]).to_numpy()
            mean, low, high = t_interval(difference)
            lines[score, sparsity] = mean, low, high, len(difference)
    return pd.DataFrame.from_dict(
        lines, orient="index", columns=["difference", "low", "high", "n_pairs"]
    )


if __name__ == "__main__":
    main()

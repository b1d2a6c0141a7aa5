"""Multistage pruning against one-shot pruning, for patients never seen.

The network of `make_beat_pipeline`, on one lead, trained on DS1, half of the patients
of SVDB and a quarter of the beats of NSRDB, as in ``strangers.py``; scored on the other
half of SVDB and on DS2. Random states take turns in which half they are trained on.

Both arms are those of ``arms.py``: from one dense network for each random state, pruned
in four stages of three epochs, or at once with twelve epochs of retraining. Batches,
steps, and the learning rate schedule of a training are the same. Differences are paired
by random state. Rows go to ``benchmarks/results/stages.csv``; those that are there are
not repeated.

    OMP_NUM_THREADS=1 python benchmarks/stages.py --data DIRECTORY --seeds 0 1 2 3 4
"""

from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from arms import ARMS, Budget, dataset_of, labels_of, run_arm, train_checkpoint
from harness import add_missing, parser_of
from paper_report import t_interval
from sklearn.metrics import f1_score
from strangers import Beats, model_of

from sklearn_ecg.windows._columns import layout_of

RESULTS = Path(__file__).parent / "results" / "stages.csv"
COMPARED = ["one-shot strong", "multistage"]
ARM_NAMES = ["one-shot", "multistage"]
KEY = ["seed", "sparsity", "arm"]
SCORES = ["V F1", "S F1"]


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument(
        "--sparsities", nargs="*", type=float, default=[0.9, 0.95, 0.975]
    )
    parser.add_argument("--n-jobs", type=int, default=1, help="runs at the same time")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    beats = Beats.load(arguments.data)
    tasks = [
        (seed, sparsity, arm)
        for seed in arguments.seeds
        for sparsity in arguments.sparsities
        for arm in COMPARED
    ]
    options = {"n_jobs": arguments.n_jobs, "sort_by": KEY}
    add_missing(partial(run, beats), tasks, arguments.out, KEY, **options)
    print(differences(pd.read_csv(arguments.out)).round(4).to_string())


class Strangers:
    """Windows of one lead, of the patients that a random state is trained on."""

    def __init__(self, beats, seed):
        self.pipeline = model_of(seed, causal=False)
        self.beats, self.seed = beats, seed
        self.columns = self.pipeline[0]._name_outputs().feature_names_out_
        self.layout = layout_of(self.columns, (0, len(self.columns)))
        self.other_half = half_of_svdb(beats, 1 - seed % 2)
        others = np.isin(beats.patient, beats.patient[self.other_half])
        self.train = beats.to_train("DS1", "SVDB", "NSRDB") & ~others

    def windows(self, rows):
        """Return windows and labels of the beats that are marked."""
        windows, labels = self.beats.in_leads(rows, self.columns, 1)
        return windows.to_numpy(), labels

    def training_data(self):
        """Return the beats to train on as tensors, and their classes."""
        return dataset_of(*self.windows(self.train), self.layout)

    def scores(self, module):
        """Yield the scores of a network for each set of other patients."""
        classes = np.unique(self.beats.labels[self.train])
        tests = {"SVDB": self.other_half, "DS2": self.beats.of("DS2")}
        for test, rows in tests.items():
            shared = {*self.beats.patient[rows]} & {*self.beats.patient[self.train]}
            # The only patient of two records that are on both sides, as published.
            assert shared <= {"mitdb 201"}, shared
            windows, labels = self.windows(rows)
            predicted = labels_of(module, windows, self.layout, classes)
            yield {"tested": test} | {
                f"{label} F1": f1_score(labels == label, predicted == label)
                for label in "VS"
            }

    @property
    def settings(self):
        """What `arms` is told: the network, and the budget that the Pipeline has."""
        given = self.pipeline[-1].get_params()
        same = ("batch_size", "learning_rate", "max_shift", "max_noise")
        budget = Budget(
            given["n_epochs"],
            (given["stage_epochs"],) * given["n_stages"],
            **{name: given[name] for name in same},
        )
        return {"seed": self.seed, "network": given["module"], "budget": budget}


def half_of_svdb(beats, which):
    """Mark every second patient of SVDB, in random order."""
    of_svdb = beats.of("SVDB")
    patients = np.random.default_rng(0).permutation(np.unique(beats.patient[of_svdb]))
    return of_svdb & np.isin(beats.patient, patients[which::2])


@cache
def start(beats, seed):
    """Train the dense network that the arms of a random state share."""
    material = Strangers(beats, seed)
    return material, train_checkpoint(material, **material.settings)


def run(beats, seed, sparsity, arm):
    material, checkpoint = start(beats, seed)
    settings = material.settings
    outcome = run_arm(ARMS[arm], material, checkpoint, sparsity, **settings)
    row = {"seed": seed, "sparsity": sparsity, "arm": arm}
    row["optimizer_steps"] = outcome.n_steps
    return [row | of_test for of_test in material.scores(outcome.module)]


def differences(rows):
    """Return both arms' means, and multistage less one-shot with 95 % intervals."""
    lines = {}
    for tested, of_set in rows.groupby("tested", sort=False):
        for score in SCORES:
            pairs = of_set.pivot_table(
                index=["sparsity", "seed"], columns="arm", values=score
            )
            for sparsity, of_it in pairs.groupby(level="sparsity"):
                one_shot, multistage = of_it[COMPARED].dropna().to_numpy().T
                mean, low, high = t_interval(multistage - one_shot)
                means = one_shot.mean(), multistage.mean()
                lines[tested, score, sparsity] = *means, mean, low, high, len(one_shot)
    columns = [*ARM_NAMES, "difference", "low", "high", "n_pairs"]
    return pd.DataFrame.from_dict(lines, orient="index", columns=columns)


if __name__ == "__main__":
    main()

"""Pruning methods compared on equal terms, after ShrinkBench (arXiv:2003.03033).

Arms, sparsities and the budget are those of ``arms.py``: all start from one dense
checkpoint for each seed, see the same batches in the same order and take the same
number of optimizer steps. Protocols and their splits are those of ``protocols.py``.

Each row that is finished goes to ``benchmarks/results/paper.csv`` at once, and is not
run again: stop the command whenever you like, and start it again to go on. Then
``python benchmarks/report.py`` makes the tables and figures of the documentation.

    python benchmarks/paper.py --n-jobs 2                # everything
    python benchmarks/paper.py --ablation --n-jobs 2     # multistage, part by part
    python benchmarks/paper.py --protocol intra --seed 0 --sparsity 0.6 0.9
    python benchmarks/paper.py --quick                   # a trial on synthetic records

Every worker computes with one thread, so that the figures repeat.
"""

import contextlib
import fcntl
import itertools
import os
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import joblib
import pandas as pd
import torch
from accuracy import scores
from arms import (
    ABLATIONS,
    ALL_ARMS,
    ARMS,
    BUDGET,
    QUICK_BUDGET,
    Material,
    cost,
    run_arm,
    train_checkpoint,
)
from harness import parser_of, write_table
from protocols import PROTOCOLS, synthetic_mitdb
from tqdm import tqdm

from sklearn_ecg import BeatSegmenter
from sklearn_ecg._files import written_whole
from sklearn_ecg.datasets import AAMI_CLASSES, fetch_mitdb, load_beats
from sklearn_ecg.windows._columns import layout_of

RESULTS = Path(__file__).parent / "results" / "paper.csv"
SPARSITIES = [0.0, 0.5, 0.6, 0.8, 0.9, 0.95, 0.975]
NETWORKS = ["beatcnn", "acharya2017"]
SEEDS = [0, 1, 2, 3, 4]

KEY = ["protocol", "network", "seed", "sparsity", "arm"]
CLASS_SCORES = [
    f"{label} {score}" for label in AAMI_CLASSES for score in ("Se", "+P", "F1")
]
NOT_REPORTED = ("DS2 after 5:00",)


@dataclass(frozen=True)
class Task:
    """One arm to run: what identifies its rows in the table of results."""

    protocol: str
    network: str
    seed: int
    sparsity: float
    arm: str

    @property
    def key(self):
        """Values of `KEY`."""
        return tuple(getattr(self, name) for name in KEY)


def main(argv=None):
    arguments = parse_arguments(argv)
    try:
        run(arguments)
    except KeyboardInterrupt:
        sys.exit(f"\nStopped. {arguments.out} has what was finished; run it again.")


def parse_arguments(argv=None):
    parser = parser_of(__doc__)
    add = parser.add_argument
    add("--data", help="directory of the database")
    add("--protocol", nargs="+", choices=PROTOCOLS)
    add("--network", nargs="+", choices=NETWORKS)
    add("--seed", nargs="+", type=int, default=SEEDS)
    add("--arm", nargs="+", choices=ALL_ARMS)
    add("--sparsity", nargs="+", type=float)
    add("--ablation", action="store_true", help="multistage without one of its parts")
    add("--n-jobs", type=int, default=1, help="arms to run at the same time")
    add("--cache", type=Path, help="directory to keep the dense checkpoints in")
    add("--out", type=Path, help="table of results to add to")
    add("--quick", action="store_true", help="synthetic records, one or two epochs")
    arguments = parser.parse_args(argv)
    fill_in(arguments)
    if arguments.quick and arguments.out.resolve() == RESULTS.resolve():
        parser.error("--quick measures nothing: give it another --out")
    return arguments


def fill_in(arguments):
    """Choose what was not given: everything, the ablations, or a trial."""
    if arguments.ablation:
        chosen = list(ABLATIONS), ["intra"], NETWORKS[:1], [0.9, 0.975]
    else:
        chosen = list(ARMS), list(PROTOCOLS), NETWORKS, SPARSITIES
    if arguments.quick:
        chosen = *chosen[:3], [0.0, 0.6, 0.9]
        arguments.seed = arguments.seed[:2]
    names = "arm", "protocol", "network", "sparsity"
    for name, default in zip(names, chosen, strict=True):
        if getattr(arguments, name) is None:
            setattr(arguments, name, default)
    if arguments.out is None:
        folder = tempfile.mkdtemp(prefix="paper-") if arguments.quick else None
        arguments.out = Path(folder, "paper.csv") if folder else RESULTS


def run(arguments):
    done = Results(arguments.out).done()
    todo = tasks(arguments, done)
    check_dependencies(todo, done)
    if not todo:
        print(f"{arguments.out} has all of it.")
        return
    beats = (
        synthetic_mitdb()
        if arguments.quick
        else load_beats(arguments.data or fetch_mitdb())
    )
    windows = BeatSegmenter().fit_transform(beats.data)
    layout = layout_of(windows.columns, windows.shape)
    with (
        kept_or_temporary(arguments.cache) as cache,
        tqdm(total=len(todo), unit="arm", smoothing=0) as bar,
    ):
        for (protocol, network), section in by_section(todo):
            split = PROTOCOLS[protocol](beats)
            material = Material(split, windows.to_numpy(), layout)
            bar.set_description(f"{protocol}, {network}")
            run_section(section, material, network, cache, arguments, bar)
    print(f"{arguments.out} has all of it.")


def tasks(arguments, done):
    """List what is asked for and not done; only `dense` has a sparsity of 0."""
    product = itertools.product(*(getattr(arguments, name) for name in KEY))
    wanted = [Task(*key) for key in product]
    return [
        task
        for task in wanted
        if (task.sparsity == 0) == (ALL_ARMS[task.arm].method == "dense")
        and task.key not in done
    ]


def depends_on(task):
    """Return the task whose outcome another one needs, or None."""
    like = ALL_ARMS[task.arm].like
    return None if like is None else replace(task, arm=like)


def check_dependencies(todo, done):
    for task in todo:
        needed = depends_on(task)
        if needed and needed not in todo and needed.key not in done:
            raise SystemExit(
                f"The arm {task.arm!r} needs {needed.arm!r} of the same protocol, "
                f"network, seed and sparsity: add --arm {needed.arm}."
            )


def by_section(todo):
    return itertools.groupby(todo, lambda task: (task.protocol, task.network))


@contextlib.contextmanager
def kept_or_temporary(directory):
    if directory is None:
        with tempfile.TemporaryDirectory() as directory:
            yield Path(directory)
    else:
        directory.mkdir(parents=True, exist_ok=True)
        yield directory


def run_section(section, material, network, cache, arguments, bar):
    """Run arms of one protocol and network: checkpoints first, dependent arms last."""
    section = list(section)
    budget = QUICK_BUDGET if arguments.quick else BUDGET
    results = Results(arguments.out)
    parallel = joblib.Parallel(arguments.n_jobs, return_as="generator_unordered")
    seeds = sorted({task.seed for task in section})
    files = {s: checkpoint_file(cache, material, network, s, budget) for s in seeds}
    made = parallel(
        joblib.delayed(make_checkpoint)(file, material, network, seed, budget)
        for seed, file in files.items()
        if not file.exists()
    )
    exhaust(made)
    for dependent in (False, True):
        wave = [task for task in section if bool(depends_on(task)) == dependent]
        likes = [
            results.nonzero_by_layer(depends_on(task)) if dependent else None
            for task in wave
        ]
        rows_of_arms = parallel(
            joblib.delayed(run_task)(task, material, files[task.seed], budget, like)
            for task, like in zip(wave, likes, strict=True)
        )
        for rows in rows_of_arms:
            results.add(rows)
            bar.update()


def exhaust(results):
    for _ in results:
        pass


def checkpoint_file(cache, material, network, seed, budget):
    """Name a checkpoint by all that a command may change of it."""
    parts = [material.split.protocol, network, f"seed-{seed}"]
    parts += [f"{budget.dense_epochs}-epochs-of-{len(material.windows)}-beats"]
    return cache / f"{'-'.join(parts)}-by-{budget.batch_size}.joblib"


def make_checkpoint(file, material, network, seed, budget):
    torch.set_num_threads(1)
    checkpoint = train_checkpoint(material, network, seed, budget)
    with written_whole(file) as temporary:
        joblib.dump(checkpoint, temporary)


def run_task(task, material, checkpoint, budget, like):
    """Run one arm; return its rows, one for each test set."""
    torch.set_num_threads(1)
    outcome = run_arm(
        ALL_ARMS[task.arm],
        material,
        joblib.load(checkpoint),
        task.sparsity,
        seed=task.seed,
        network=task.network,
        budget=budget,
        like=like,
    )
    row = dict(zip(KEY, task.key, strict=True)) | cost(outcome, material)
    predicted = material.predict(outcome.module)
    reported = ["accuracy", "macro_f1", *CLASS_SCORES]
    of_sets = material.split.scores(predicted, scores, but=NOT_REPORTED)
    return [
        row | {"test": name} | {score: of_set.get(score) for score in reported}
        for name, of_set in of_sets.items()
    ]


class Results:
    """The table of results, on disk; written only by the process that hands out work.

    A lock and a replaced file see to it that no row is lost or torn, should two
    commands add to one table.
    """

    def __init__(self, path):
        self.path = path

    def read(self):
        """Return the table, with no row if there is no file."""
        if not self.path.exists():
            return pd.DataFrame(columns=KEY)
        return pd.read_csv(self.path)

    def done(self):
        """Return the keys of what need not be run."""
        return set(self.read()[KEY].itertuples(index=False, name=None))

    def nonzero_by_layer(self, task):
        """Return what is left of each layer after a task that is done."""
        table = self.read()
        key = dict(zip(KEY, task.key, strict=True))
        row = table[(table[KEY] == pd.Series(key)).all(axis=1)].iloc[0]
        return [int(n) for n in row["nonzero_by_layer"].split("/")]

    def add(self, rows):
        """Add the rows of one arm."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.path.parent):
            table = pd.DataFrame([*self.read().to_dict("records"), *rows])
            check_equal_steps(table)
            table = table.sort_values(KEY, kind="stable")
            write_table(table, self.path, "%.5g")


@contextlib.contextmanager
def locked(directory):
    """Keep other processes that ask for the same out, even if this one is killed."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def check_equal_steps(table):
    """Refuse arms that took more steps than others: they do not compare."""
    steps = table.groupby(["protocol", "network"])["optimizer_steps"]
    unequal = steps.nunique() > 1
    if unequal.any():
        raise SystemExit(
            "Arms must take the same number of optimizer steps; of "
            f"{unequal[unequal].index.tolist()} some took more than others. Rows of "
            "another budget belong into another --out."
        )


if __name__ == "__main__":
    main()

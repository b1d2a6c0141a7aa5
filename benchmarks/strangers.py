"""Patients never seen: trees, the pruned network on one lead, and on two.

Every protocol of patients apart, with one table of features for all: gradient-boosted
trees on the relative features of the first lead, `make_beat_pipeline` with
``second_lead`` (trained on two leads), and the same model looking at the first lead
alone, as a device with one lead would; and the causal variant, which does not wait for
the next beat. Every choice is made by the rows "across patients"; DS2 and the QT
excerpts are for the end. Of normal people (NSRDB), every fourth hundred of beats is
trained on, and all are tested.

Rows go to ``benchmarks/results/strangers.csv``, and how many S are found in bigeminy,
runs and so on to ``strangers_contexts.csv`` beside it.

    OMP_NUM_THREADS=1 python benchmarks/strangers.py --data DIRECTORY --seeds 0 1 2
"""

import warnings
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, write_table
from sklearn.ensemble import HistGradientBoostingClassifier
from strangers_scores import context_rows, contexts_of, scores_of

from sklearn_ecg import load_beats, make_beat_pipeline
from sklearn_ecg.classifier import SECOND_LEADS, mean_log_proba
from sklearn_ecg.datasets import DATABASES

RESULTS = Path(__file__).parent / "results" / "strangers.csv"
SPLITS = DATABASES["mitdb"].splits
LEADS = ("MLII", "II", "ECG1", "D3", "CM5", "V5", "V4")
"""The first lead of each database, by name."""

N_FOLDS = 3
SPARSITY = 0.9
LABELLED = 300
"""Seconds of a recording that a person labels, to adapt a model to it."""

RATES = {"mitdb": 360, "svdb": 128, "qtdb": 250, "nsrdb": 128}
NORMALS_BLOCK, NORMALS_SHARE = 100, 4
"""Normal people are trained on by blocks of so many beats, one block in so many."""


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=MODELS)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument(
        "--without-normals", action="store_true", help="train on no normal people"
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    beats = Beats.load(arguments.data)
    normals = () if arguments.without_normals else ("NSRDB",)
    for name in arguments.models:
        for seed in arguments.seeds:
            rows, contexts = [], []
            for key, tested in rows_of(beats, MODELS[name], seed, normals):
                key = {"seed": seed} | key
                rows.append(key | scores_of(beats, *tested))
                contexts += [key | each for each in context_rows(beats, *tested)]
                f1 = "V {V:.3f}, S {S:.3f}".format(**rows[-1])
                print(*key.values(), f1, flush=True)
            write(rows, arguments.out)
            write(contexts, contexts_path(arguments.out), "context")


def contexts_path(path):
    return path.with_stem(f"{path.stem}_contexts")


def write(rows, path, *more_keys):
    """Write the rows, and keep those of other models and seeds that are there."""
    table = pd.DataFrame(rows)
    if path.exists():
        known = pd.read_csv(path)
        keys = ["model", "seed", "trained", "tested", *more_keys]
        is_new = known.set_index(keys).index.isin(table.set_index(keys).index)
        table = pd.concat([known[~is_new], table], ignore_index=True)
    write_table(table, path)


class Beats:
    """The beats of four databases, cut in one lead or two."""

    def __init__(self, pipeline, beats):
        self.labels = beats.target
        paths = [Path(path) for path in beats.data["record"]]
        self.database = np.array([path.parent.name for path in paths])
        self.record = np.array([path.name for path in paths])
        self.patient = np.array(
            [f"{d} {p}" for d, p in zip(self.database, beats.groups, strict=True)]
        )
        rate = np.array([RATES[name] for name in self.database])
        self.seconds = beats.data["sample"].to_numpy() / rate
        self.views = [
            (view.windows.reset_index(drop=True), view.rows)
            for view in pipeline.views(beats.data)
        ]

    @classmethod
    def load(cls, data, r_peaks="annotated"):
        """Load the databases, with R peaks as in `load_beats`."""
        pipeline = model_of(0, causal=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            beats = load_beats(
                records_of(data), r_peaks=r_peaks, lead=LEADS, on_invalid="ignore"
            )
            pipeline[0].fit(beats.data)
            return cls(pipeline, beats)

    @cached_property
    def contexts(self):
        """What each S beat stands in."""
        contexts = pd.Series("", index=range(len(self.labels)), dtype=object)
        for _, rows in contexts.groupby([self.database, self.record]).groups.items():
            rate = RATES[self.database[rows[0]]]
            contexts[rows] = contexts_of(self.labels[rows], self.seconds[rows], rate)
        return contexts.to_numpy()

    @cached_property
    def for_training(self):
        """Mark the beats that may be trained on: of normal people a share."""
        place = pd.Series(0, index=range(len(self.labels)))
        place = place.groupby([self.database, self.record]).cumcount().to_numpy()
        is_left_out = place // NORMALS_BLOCK % NORMALS_SHARE != 0
        return ~(self.of("NSRDB") & is_left_out)

    def in_leads(self, rows, columns, n_leads=2):
        """Return windows and labels of the beats that are marked, in each lead."""
        parts = [
            (seen.loc[rows[places], columns], self.labels[places[rows[places]]])
            for seen, places in self.views[:n_leads]
        ]
        windows = pd.concat([part[0] for part in parts], ignore_index=True)
        return windows, np.concatenate([part[1] for part in parts])

    def of(self, *names):
        """Mark the beats of some sets."""
        sets = {
            name: (self.database == "mitdb")
            & np.isin(self.record, [str(each) for each in SPLITS[name]])
            for name in ("DS1", "DS2")
        }
        for name in ("SVDB", "QTDB", "NSRDB"):
            sets[name] = self.database == name.lower()
        return np.any([sets[name] for name in names], axis=0)


def records_of(data):
    """Return the paths of the records of all databases; of MIT-BIH not the paced."""
    paths = [
        data / "mitdb" / str(name) for part in ("DS1", "DS2") for name in SPLITS[part]
    ]
    for name in ("svdb", "qtdb", "nsrdb"):
        paths += sorted(path.with_suffix("") for path in (data / name).glob("*.hea"))
    return paths


def model_of(seed, *, causal):
    """Return the Pipeline for strangers that looks at two leads."""
    pipeline = make_beat_pipeline(
        sparsity=SPARSITY, causal=causal, second_lead=SECOND_LEADS, random_state=seed
    )
    return pipeline.set_params(segment__lead=LEADS)


def rows_of(beats, fit, seed, normals):
    """Train on some patients; yield a row's key, beats of others, and predictions."""
    for training, tests in (
        (("DS1",), ("DS2", "SVDB", "QTDB", "NSRDB")),
        (("DS1", "DS2"), ("SVDB",)),
        (("DS1", "SVDB", *normals), ("DS2", "QTDB")),
    ):
        by_model = fit(beats, beats.of(*training) & beats.for_training, seed)
        for test in tests:
            rows = beats.of(test)
            for name, predict in by_model.items():
                yield key_of(name, " + ".join(training), test), (rows, predict(rows))
        if training == ("DS1",):
            yield from after_five_minutes(beats, by_model)
    yield from across_patients(beats, fit, seed, normals)


def key_of(model, training, test):
    return {"model": model, "trained": training, "tested": test}


def after_five_minutes(beats, by_model):
    """Test DS2 from 5:00 on, as it is and with the minutes before labelled by hand."""
    is_late = beats.of("DS2") & (beats.seconds >= LABELLED)
    for name, predict in by_model.items():
        as_it_is = predict(is_late)
        test = "DS2 from 5:00"
        yield key_of(name, "DS1", test), (is_late, as_it_is)
        if not hasattr(predict, "adapted"):
            continue
        adapted = as_it_is.copy()
        records = beats.record[is_late]
        for record in np.unique(records):
            of_record = beats.of("DS2") & (beats.record == record)
            taught = predict.adapted(of_record & (beats.seconds < LABELLED))
            adapted[records == record] = taught(of_record & is_late).to_numpy()
        yield key_of(name, "DS1, five minutes labelled", test), (is_late, adapted)


def across_patients(beats, fit, seed, normals):
    """Cross-validate between the patients of DS1, SVDB and NSRDB."""
    folds = folds_of(beats)
    trained = beats.of("DS1", "SVDB", *normals) & beats.for_training
    predicted = {}
    for fold in range(N_FOLDS):
        by_model = fit(beats, trained & (folds != fold), seed)
        for name, predict in by_model.items():
            of_model = predicted.setdefault(name, [None] * N_FOLDS)
            of_model[fold] = predict(folds == fold)
    training = " + ".join(("DS1", "SVDB", *normals)) + ", across patients"
    for name, parts in predicted.items():
        classes = parts[0].columns
        together = pd.DataFrame(np.nan, index=range(len(folds)), columns=classes)
        for fold, part in enumerate(parts):
            together[folds == fold] = part[classes].to_numpy()
        for test in ("DS1", "SVDB", "NSRDB"):
            rows = beats.of(test)
            yield key_of(name, training, test), (rows, together[rows])


def folds_of(beats):
    """Return the fold of each beat of DS1, SVDB and NSRDB; -1 of all others."""
    random = np.random.default_rng(0)
    patients = []
    for sets in (("DS1", "SVDB"), ("NSRDB",)):
        patients += [*random.permutation(np.unique(beats.patient[beats.of(*sets)]))]
    fold_of = {patient: place % N_FOLDS for place, patient in enumerate(patients)}
    return np.array([fold_of.get(patient, -1) for patient in beats.patient])


def fit_trees(beats, rows, seed):
    # Classes of a few beats make leaves of any height; these bounds hold them.
    trees = HistGradientBoostingClassifier(
        max_iter=120,
        max_leaf_nodes=15,
        min_samples_leaf=100,
        l2_regularization=10,
        early_stopping=False,
        random_state=seed,
    )
    first, _ = beats.views[0]
    features = first[[name for name in first.columns if "@" not in name]]
    trees.fit(features[rows], beats.labels[rows])

    def predict(other):
        return pd.DataFrame(
            trees.predict_proba(features[other]), columns=trees.classes_
        )

    return {"trees": predict}


def fit_network(beats, rows, seed, *, causal=False):
    """Fit a network to two leads; return how it sees both, and the first alone."""
    pipeline = model_of(seed, causal=causal)
    columns = pipeline[0]._name_outputs().feature_names_out_
    windows, labels = beats.in_leads(rows, columns)
    classifier = pipeline[-1].fit(windows, labels)
    ending = ", causal" if causal else ""
    return {
        f"one lead{ending}": Network(classifier, beats, columns, 1),
        f"two leads{ending}": Network(classifier, beats, columns, 2),
    }


class Network:
    """A fitted classifier that looks at some leads of the beats."""

    def __init__(self, classifier, beats, columns, n_leads):
        self.classifier, self.beats = classifier, beats
        self.columns, self.n_leads = columns, n_leads

    def __call__(self, rows):
        """Return probabilities of the beats that are marked."""
        classes = self.classifier.classes_
        total = np.zeros((len(rows), len(classes)))
        n_views = np.zeros(len(rows), dtype=int)
        for seen, places in self.beats.views[: self.n_leads]:
            chosen = rows[places]
            windows = seen.loc[chosen, self.columns]
            total[places[chosen]] += self.classifier.predict_log_proba(windows)
            n_views[places[chosen]] += 1
        log_proba = mean_log_proba(total[rows], n_views[rows])
        return pd.DataFrame(np.exp(log_proba), columns=classes)

    def adapted(self, rows):
        """Return the same, adapted to beats of one patient that are labelled."""
        windows, labels = self.beats.in_leads(rows, self.columns, self.n_leads)
        known = np.isin(labels, self.classifier.classes_)
        if not known.any():
            return self
        then = self.classifier.adapted(windows[known], labels[known])
        return Network(then, self.beats, self.columns, self.n_leads)


def fit_causal(beats, rows, seed):
    return fit_network(beats, rows, seed, causal=True)


MODELS = {"trees": fit_trees, "network": fit_network, "causal": fit_causal}


if __name__ == "__main__":
    main()

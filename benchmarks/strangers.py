"""Patients never seen: trees, the pruned network on one lead, and on two.

Every protocol of patients apart, with one table of features for all: gradient-boosted
trees on the relative features of the first lead, `make_beat_pipeline` with
``second_lead`` (trained on two leads), and the same model looking at the first lead
alone, as a device with one lead would; and the causal variant, which does not wait for
the next beat. Every choice is made by the rows "across patients"; DS2 and the QT
excerpts are for the end. Of normal people (NSRDB), every fourth hundred of beats is
trained on, and all are tested. With ``--spliced``, so are the rhythms that
`splice_rhythms` makes of the patients in training.

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
from strangers_models import LEADS, MODELS, model_of
from strangers_scores import context_rows, contexts_of, scores_of

from sklearn_ecg import load_beats
from sklearn_ecg.datasets import DATABASES, splice_rhythms

RESULTS = Path(__file__).parent / "results" / "strangers.csv"
SPLITS = DATABASES["mitdb"].splits
N_FOLDS = 3
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
    parser.add_argument(
        "--spliced", action="store_true", help="train on spliced rhythms, too"
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    beats = Beats.load(arguments.data, spliced=arguments.spliced)
    normals = () if arguments.without_normals else ("NSRDB",)
    for name in arguments.models:
        for seed in arguments.seeds:
            rows, contexts = [], []
            for key, tested in rows_of(beats, MODELS[name], seed, normals):
                key = {"seed": seed} | key
                key["model"] += ", spliced" if arguments.spliced else ""
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
    """The beats of four databases, and of rhythms made of them, cut in one lead or two.

    Beats of rhythms that were put together are of the record and the patient they are
    made from, and come after all others. They are for training.
    """

    def __init__(self, pipeline, parts):
        self.labels = np.concatenate([part.target for part in parts])
        table = pd.concat([part.data for part in parts], ignore_index=True)
        self.is_spliced = np.arange(len(table)) >= len(parts[0].target)
        databases = {
            Path(path).name: Path(path).parent.name
            for path in parts[0].data["record"].unique()
        }
        names = [
            getattr(each, "name", Path(str(each)).name) for each in table["record"]
        ]
        self.record = np.array(names)
        self.database = np.array([databases[name] for name in names])
        groups = np.concatenate([part.groups for part in parts])
        self.patient = np.array(
            [f"{d} {p}" for d, p in zip(self.database, groups, strict=True)]
        )
        rate = np.array([RATES[name] for name in self.database])
        self.seconds = table["sample"].to_numpy() / rate
        self.views = [
            (view.windows.reset_index(drop=True), view.rows)
            for view in pipeline.views(table)
        ]

    @classmethod
    def load(cls, data, r_peaks="annotated", *, spliced=False):
        """Load the databases, with R peaks as in `load_beats`."""
        pipeline = model_of(0, causal=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            options = {"r_peaks": r_peaks, "lead": LEADS, "on_invalid": "ignore"}
            parts = [load_beats(records_of(data, *RATES), **options)]
            if spliced:
                ectopic = load_beats(records_of(data, "mitdb", "svdb"), **options)
                parts.append(splice_rhythms(ectopic, random_state=0))
            pipeline[0].fit(parts[0].data)
            return cls(pipeline, parts)

    @cached_property
    def contexts(self):
        """What each S beat stands in."""
        contexts = pd.Series("", index=range(len(self.labels)), dtype=object)
        recorded = [np.where(self.is_spliced, None, self.database), self.record]
        for rows in contexts.groupby(recorded).groups.values():
            rate = RATES[self.database[rows[0]]]
            contexts[rows] = contexts_of(self.labels[rows], self.seconds[rows], rate)
        return contexts.to_numpy()

    def to_train(self, *names):
        """Mark what to train on of some sets: of normal people a share."""
        place = pd.Series(0, index=range(len(self.labels)))
        place = place.groupby([self.database, self.record]).cumcount().to_numpy()
        is_left_out = place // NORMALS_BLOCK % NORMALS_SHARE != 0
        return self._of(*names) & ~(self.of("NSRDB") & is_left_out)

    def in_leads(self, rows, columns, n_leads=2):
        """Return windows and labels of the beats that are marked, in each lead."""
        parts = [
            (seen.loc[rows[places], columns], self.labels[places[rows[places]]])
            for seen, places in self.views[:n_leads]
        ]
        windows = pd.concat([part[0] for part in parts], ignore_index=True)
        return windows, np.concatenate([part[1] for part in parts])

    def of(self, *names):
        """Mark the beats of some sets, as they were recorded."""
        return self._of(*names) & ~self.is_spliced

    def _of(self, *names):
        sets = {
            name: (self.database == "mitdb")
            & np.isin(self.record, [str(each) for each in SPLITS[name]])
            for name in ("DS1", "DS2")
        }
        for name in ("SVDB", "QTDB", "NSRDB"):
            sets[name] = self.database == name.lower()
        return np.any([sets[name] for name in names], axis=0)


def records_of(data, *databases):
    """Return the paths of the records of some databases; of MIT-BIH not the paced."""
    paths = []
    for name in databases:
        paths += sorted(path.with_suffix("") for path in (data / name).glob("*.hea"))
    paced = {str(each) for each in SPLITS["paced"]}
    return [path for path in paths if path.name not in paced]


def rows_of(beats, fit, seed, normals):
    """Train on some patients; yield a row's key, beats of others, and predictions."""
    for training, tests in (
        (("DS1",), ("DS2", "SVDB", "QTDB", "NSRDB")),
        (("DS1", "DS2"), ("SVDB",)),
        (("DS1", "SVDB", *normals), ("DS2", "QTDB")),
    ):
        by_model = fit(beats, beats.to_train(*training), seed)
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
    trained = beats.to_train("DS1", "SVDB", *normals)
    tested = beats.of("DS1", "SVDB", "NSRDB")
    predicted = {}
    for fold in range(N_FOLDS):
        by_model = fit(beats, trained & (folds != fold), seed)
        for name, predict in by_model.items():
            of_model = predicted.setdefault(name, [None] * N_FOLDS)
            of_model[fold] = predict(tested & (folds == fold))
    training = " + ".join(("DS1", "SVDB", *normals)) + ", across patients"
    for name, parts in predicted.items():
        classes = parts[0].columns
        together = pd.DataFrame(np.nan, index=range(len(folds)), columns=classes)
        for fold, part in enumerate(parts):
            together[tested & (folds == fold)] = part[classes].to_numpy()
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


if __name__ == "__main__":
    main()

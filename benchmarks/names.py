"""What a few answers are worth: beats named by template, in patients never seen.

The reader is simulated: the reference label of the beat that is shown, and "no beat"
where there is none. Models look at two leads and have not seen the patient: for SVDB
and DS1, of three folds of the patients of DS1, SVDB and NSRDB; for DS2 and the QT
excerpts, of all these patients. All beats are scored, the shown ones too. With R peaks
detected, missed beats count as missed, and false ones as false.

- ``right``: a reader who is always right;
- ``slips 5 %``, ``slips 10 %``: one who takes another class so often;
- ``random``, ``unsure``: beats at random, or those of which the model is least sure,
  are shown, and their names carried in the same way;
- ``five minutes``: all beats of the first five minutes are labelled; `adapt` learns;
- ``second half``: ten answers about the first half, and only the second is scored, as
  the adapted model labels it; with 0 answers, as the model alone does;
- ``second half named``: the second half, with ten answers about the whole.

Rows, one for each record, go to ``benchmarks/results/names.csv``.

    OMP_NUM_THREADS=1 python benchmarks/names.py --data DIRECTORY --models DIRECTORY
"""

import warnings
from functools import cached_property
from pathlib import Path
from zlib import crc32

import joblib
import numpy as np
import pandas as pd
from harness import parser_of, write_table
from strangers import SPLITS, Beats, folds_of, records_of
from strangers_models import fit_network, model_of

from sklearn_ecg import adapt, annotate, load_beats
from sklearn_ecg.metrics import match_beats

RESULTS = Path(__file__).parent / "results" / "names.csv"
ANSWERS = (5, 10, 20, 40)
SETS = {"SVDB": "svdb", "DS1": "mitdb", "DS2": "mitdb", "QTDB": "qtdb"}
TRAINED = ("DS1", "SVDB", "NSRDB")
WAYS = (
    "right",
    "slips 5 %",
    "slips 10 %",
    "random",
    "unsure",
    "five minutes",
    "second half",
)
SLIPS = {"slips 5 %": 0.05, "slips 10 %": 0.1}
FIVE_MINUTES = 300.0
HALF_ANSWERS = 10


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True, help="kept there")
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=SETS)
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=WAYS)
    parser.add_argument(
        "--r-peaks", nargs="*", default=["annotated", "detected"], dest="r_peaks"
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    models = Models(arguments.data, arguments.models)
    rows = []
    for name in arguments.sets:
        for path in paths_of(arguments.data, name):
            model = models.of(name, path)
            for r_peaks in arguments.r_peaks:
                truth = Truth(path)
                given = truth.samples if r_peaks == "annotated" else None
                found = annotate(path, model, r_peaks=given)
                ways = arguments.ways if given is not None else ["right"]
                for way in ways:
                    key = {"set": name, "record": path.name, "r_peaks": r_peaks}
                    key["patient"] = truth.patient
                    for told, n_answers, scores in rows_of(way, found, truth, model):
                        rows.append(key | {"way": told, "answers": n_answers} | scores)
            write(rows, arguments.out)
            print(path.name, flush=True)
    print(totals(pd.read_csv(arguments.out)).to_string())


def write(rows, path):
    """Write the rows, and keep those of other records and ways that are there."""
    table = pd.DataFrame(rows)
    if path.exists():
        known = pd.read_csv(path, dtype={"record": str})
        keys = ["set", "record", "r_peaks", "way", "answers"]
        is_new = known.set_index(keys).index.isin(table.set_index(keys).index)
        table = pd.concat([known[~is_new], table], ignore_index=True)
    write_table(table, path)


def paths_of(data, name):
    paths = records_of(data, SETS[name])
    if name in SPLITS:
        paths = [path for path in paths if path.name in map(str, SPLITS[name])]
    return paths


class Models:
    """The networks of the folds, as Pipelines; fitted once, and kept in a directory."""

    def __init__(self, data, directory):
        self._data, self._directory = data, directory
        directory.mkdir(parents=True, exist_ok=True)

    def of(self, name, path):
        """Return the model that has not seen the patient of a record."""
        fold = "all"
        if name in TRAINED:
            fold = self._folds[f"{SETS[name]}/{path.name}"]
        return self._pipeline(fold)

    @cached_property
    def _beats(self):
        return Beats.load(self._data)

    @cached_property
    def _folds(self):
        path = self._directory / "folds.joblib"
        if not path.exists():
            beats = self._beats
            names = [
                f"{d}/{r}" for d, r in zip(beats.database, beats.record, strict=True)
            ]
            joblib.dump(dict(zip(names, folds_of(beats), strict=True)), path)
        return joblib.load(path)

    def _pipeline(self, fold):
        path = self._directory / f"fold_{fold}.joblib"
        if not path.exists():
            beats = self._beats
            rows = beats.to_train(*TRAINED)
            if fold != "all":
                rows &= folds_of(beats) != fold
            fitted = fit_network(beats, rows, 0)["two leads"]
            joblib.dump(fitted.classifier, path)
        pipeline = model_of(0, causal=False)
        segmenter, classifier = pipeline[0]._name_outputs(), joblib.load(path)
        pipeline.steps = [("segment", segmenter), ("classify", classifier)]
        return pipeline


class Truth:
    """The reference labels of a record."""

    def __init__(self, path):
        beats = load_beats([path], on_invalid="ignore")
        self.samples = beats.data["sample"].to_numpy()
        self.labels = beats.target.astype(object)
        self.patient = f"{path.parent.name} {beats.groups[0]}"

    def labels_of(self, annotation):
        """Return the label of each beat, ``"O"`` for none, and those of missed ones."""
        rate = annotation.recording.sampling_rate
        found = annotation.beats["sample"].to_numpy()
        matches = match_beats(self.samples, found, sampling_rate=rate)
        pairs = matches[(matches >= 0).all(axis=1)]
        labels = np.full(len(found), "O", dtype=object)
        labels[pairs["detected"]] = self.labels[pairs["reference"]]
        is_missed = np.ones(len(self.samples), dtype=bool)
        is_missed[pairs["reference"]] = False
        return labels, self.labels[is_missed]


def rows_of(way, found, truth, model):
    """Yield what was done, after how many answers, and its scores."""
    labels, lost = truth.labels_of(found)
    samples = found.beats["sample"].to_numpy()
    if way == "five minutes":
        is_early = found.beats["time"].to_numpy() < FIVE_MINUTES
        yield (
            way,
            int(is_early.sum()),
            after_minutes(found, labels, lost, model, is_early),
        )
        return
    if way == "second half":
        yield from of_second_half(found, labels, truth, model)
        return
    random = np.random.default_rng(crc32(found.recording.name.encode()))
    reader = Reader(samples, labels, SLIPS.get(way, 0), random)
    yield way, 0, scores_of(found, labels, lost)
    if way in ("random", "unsure"):
        order = random.permutation(len(samples))
        if way == "unsure":
            order = np.argsort(certainty(found), kind="stable")
        for n_answers in ANSWERS:
            shown = samples[order[:n_answers]]
            rows = {"sample": shown, "label": [reader(each) for each in shown]}
            told = found.corrected(pd.DataFrame(rows).assign(what="template"))
            yield way, n_answers, scores_of(told, labels, lost)
        return
    told, asked = found, 0
    for n_answers in ANSWERS:
        told = told.ask(reader, n_answers - asked)
        asked = n_answers
        yield way, n_answers, scores_of(told, labels, lost)


class Reader:
    """Says the reference label of a beat, but for slips."""

    def __init__(self, samples, labels, slips, random):
        self._labels = dict(zip(samples.tolist(), labels, strict=True))
        self._slips, self._random = slips, random

    def __call__(self, sample):
        """Name the beat at a sample."""
        label = self._labels[int(sample)]
        if self._slips and self._random.random() < self._slips:
            return str(self._random.choice([c for c in "NSV" if c != label]))
        return label


def after_minutes(found, labels, lost, model, is_early):
    """Score the labels of a model adapted to the first minutes, which are right."""
    known = is_early & np.isin(labels, found.classes)
    predicted = found.beats["label"].to_numpy(dtype=object).copy()
    if known.any():
        table = found.beat_table()
        predicted = adapt(model, table[known], labels[known]).predict(table)
        predicted = predicted.astype(object)
    predicted[is_early] = labels[is_early]
    return counts_of(predicted, labels, lost)


def of_second_half(found, labels, truth, model):
    """Score the second half after answers about the first, and about the whole."""
    path, half = str(found.recording), found.recording.duration / 2
    is_late = truth.samples >= half * found.recording.sampling_rate
    reader = Reader(truth.samples, truth.labels, 0, None)
    first = annotate(path, model, r_peaks=truth.samples[~is_late])
    told = first.ask(reader, HALF_ANSWERS)
    adapted = annotate(path, adapt(model, told), r_peaks=truth.samples)
    named = found.ask(reader, HALF_ANSWERS)
    late = labels[is_late]
    for way, n_answers, annotation in (
        ("second half", 0, found),
        ("second half", HALF_ANSWERS, adapted),
        ("second half named", HALF_ANSWERS, named),
    ):
        predicted = annotation.beats["label"].to_numpy(dtype=object)[-len(late) :]
        yield way, n_answers, counts_of(predicted, late, [])


def certainty(found):
    names = [name for name in found.beats if name.startswith("p_")]
    return found.beats[names].max(axis=1).fillna(2).to_numpy()


def scores_of(annotation, labels, lost):
    predicted = annotation.beats["label"].to_numpy(dtype=object)
    return counts_of(predicted, labels, lost)


def counts_of(predicted, labels, lost):
    """Count what F1 and accuracy are made of."""
    is_beat = (labels != "O") | (predicted != "O")
    counts = {"beats": int(np.sum(is_beat)) + len(lost)}
    counts["right"] = int(np.sum((labels == predicted) & is_beat))
    for label in "VS":
        is_true = np.append(labels == label, np.asarray(lost, object) == label)
        is_said = np.append(predicted == label, np.zeros(len(lost), bool))
        counts[f"{label} true"] = int(np.sum(is_true & is_said))
        counts[f"{label} missed"] = int(np.sum(is_true & ~is_said))
        counts[f"{label} false"] = int(np.sum(~is_true & is_said))
    return counts


def totals(rows):
    """Return F1 over all beats of a set, and accuracy."""
    keys = ["set", "r_peaks", "way", "answers"]
    sums = rows.groupby(keys, sort=False).sum(numeric_only=True)
    table = pd.DataFrame({"accuracy": sums["right"] / sums["beats"]})
    for label in "VS":
        table[label] = f1_of(sums, label)
    return table.round(4)


def f1_of(counts, label):
    """Return F1 from counts, NaN where there is no such beat."""
    right = 2 * counts[f"{label} true"]
    return right / (right + counts[f"{label} missed"] + counts[f"{label} false"])


if __name__ == "__main__":
    main()

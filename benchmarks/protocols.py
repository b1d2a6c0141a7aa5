"""Who is trained on, and who is tested: the splits of every benchmark.

No benchmark draws a line of its own. Each takes a `Split` from here, and fits and
scores with what the split hands out; which checks, every time, that no patient stands
on both sides.

- intra: all 48 records, 80 % of the beats to train on and 20 % to test on, at random,
  stratified by class, seed 0. Beats of one patient are on both sides, by design: this
  measures fitting.
- inter: de Chazal et al. 2004, trained on DS1, tested on DS2, paced records left out.
  Record 202 of DS2 is of the patient of 201 in DS1, the only one on both sides; so DS2
  is scored without 202 too.
- development: folds inside DS1, none of its patients in two of them, for every choice
  that is made before DS2 is looked at; and beats held out of DS1, of known patients.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedShuffleSplit,
    train_test_split,
)
from sklearn.utils import Bunch

from sklearn_ecg.datasets import DATABASES, make_ecg
from sklearn_ecg.metrics import after_learning_period
from sklearn_ecg.model_selection import DS1, DS2, PACED, DeChazalSplit, records_of

SEED = 0

KNOWN_PATIENTS = ("intra", "development, known patients")
UNSEEN_PATIENTS = ("inter", "inter, strict", "development")
INSIDE_DS1 = ("development", "development, known patients")

# One patient, on both sides of the split as it was published.
((TEST_RECORD, TRAINING_RECORD),) = DATABASES["mitdb"].patients.items()


def assert_no_shared_patient(beats, train, test, protocol):
    """Refuse rows that let a test know what it must not.

    Parameters
    ----------
    beats : Bunch
        Of `load_beats`, with `data` and `groups`.
    train, test : ndarray of int
        Rows to fit on and rows to score on.
    protocol : str
        One of `KNOWN_PATIENTS`, where no beat may be on both sides, or of
        `UNSEEN_PATIENTS`, where no patient may; but for 201 and 202 in "inter".

    Raises
    ------
    AssertionError
        If any is, with the names; or, in development, if a record is not of DS1.
    ValueError
        If there is no such protocol.
    """
    if protocol not in KNOWN_PATIENTS + UNSEEN_PATIENTS:
        allowed = [*KNOWN_PATIENTS, *UNSEEN_PATIENTS]
        raise ValueError(f"protocol={protocol!r}: must be one of {allowed}.")
    records = records_of(beats.data)
    both = np.intersect1d(train, test)
    if len(both):
        _refuse(
            protocol, f"{len(both)} beats of records", records[both], "on both sides"
        )
    if protocol in INSIDE_DS1:
        others = {*records[train], *records[test]} - {*DS1}
        if others:
            _refuse(protocol, "records", others, "not of DS1")
    if protocol in UNSEEN_PATIENTS:
        shared = _shared_patients(beats.groups, records, train, test, protocol)
        if shared:
            _refuse(protocol, "patients", shared, "on both sides")


def _shared_patients(groups, records, train, test, protocol):
    """Patients on both sides; a record counts as a patient, whatever the groups say."""
    sides = set(records[train]), set(records[test])
    shared = sides[0] & sides[1]
    for patient in set(groups[train]) & set(groups[test]):
        pair = [set(records[rows][groups[rows] == patient]) for rows in (train, test)]
        if protocol != "inter" or pair != [{TRAINING_RECORD}, {TEST_RECORD}]:
            shared.add(patient)
    if protocol != "inter" and TRAINING_RECORD in sides[0] and TEST_RECORD in sides[1]:
        shared.add(TRAINING_RECORD)
    return shared


def _refuse(protocol, what, names, why):
    names = ", ".join(sorted({str(name) for name in names}))
    raise AssertionError(f"protocol {protocol!r}: {what} {names} are {why}.")


@dataclass(frozen=True, eq=False)
class Split:
    """Rows to fit on and rows to score on; checked when made and at every use.

    Attributes
    ----------
    protocol : str
    beats : Bunch
        Of `load_beats`.
    train, test : ndarray of int
    """

    protocol: str
    beats: Bunch
    train: np.ndarray
    test: np.ndarray

    def __post_init__(self):
        self.check()

    def check(self):
        """Refuse a patient on both sides."""
        assert_no_shared_patient(self.beats, self.train, self.test, self.protocol)

    def training(self, X=None):
        """Return X and y of the training part; X is the beat table or goes with it."""
        return self._part(X, self.train)

    def testing(self, X=None):
        """Return X and y of the test part."""
        return self._part(X, self.test)

    def fit(self, estimator, X=None):
        """Fit on the training part."""
        return estimator.fit(*self.training(X))

    def predict(self, estimator, X=None):
        """Predict the test part."""
        return estimator.predict(self.testing(X)[0])

    def scores(self, predicted, score, but=()):
        """Score the predictions for the test part, on each of its test sets."""
        y_true = self.testing()[1]
        return {
            name: score(y_true[part], predicted[part])
            for name, part in parts_of_test(self).items()
            if name not in but
        }

    def _part(self, X, rows):
        self.check()
        X = self.beats.data if X is None else X
        return getattr(X, "iloc", X)[rows], self.beats.target[rows]


def intra(beats):
    rows = np.arange(len(beats.data))
    train, test = train_test_split(
        rows, test_size=0.2, stratify=beats.target, random_state=SEED
    )
    return Split("intra", beats, train, test)


def inter(beats):
    (halves,) = DeChazalSplit().split(beats.data)
    return Split("inter", beats, *halves)


PROTOCOLS = {"intra": intra, "inter": inter}


def development_folds(beats, n_folds):
    """Split the patients of DS1 into folds; each is tested once."""
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=SEED)
    rows = _rows_of_DS1(beats)
    parts = folds.split(rows, beats.target[rows], beats.groups[rows])
    return [
        Split("development", beats, rows[train], rows[test]) for train, test in parts
    ]


def development_holdout(beats):
    """Hold out a quarter of the beats of DS1, of patients who are trained on too."""
    holdout = StratifiedShuffleSplit(1, test_size=0.25, random_state=SEED)
    rows = _rows_of_DS1(beats)
    (parts,) = holdout.split(rows, beats.target[rows])
    train, test = (rows[part] for part in parts)
    return Split("development, known patients", beats, train, test)


def _rows_of_DS1(beats):
    return np.flatnonzero(np.isin(records_of(beats.data), DS1))


def parts_of_test(split):
    """Return the parts of the test rows that are reported on their own, as masks."""
    everything = np.ones(len(split.test), dtype=bool)
    if split.protocol != "inter":
        return {"all": everything}
    table = split.beats.data.iloc[split.test]
    records = records_of(table)
    strict = records != TEST_RECORD
    assert_no_shared_patient(
        split.beats, split.train, split.test[strict], "inter, strict"
    )
    return {
        "DS2": everything,
        "DS2 without 202": strict,
        "DS2 without 232": records != "232",
        "DS2 after 5:00": after_learning_period(table),
    }


def synthetic_mitdb(n_records=6, duration=30):
    """Make synthetic records under names of DS1, of DS2 and of a paced patient.

    Among them are 201 and 202, one patient. For trials: they are evidence of nothing.
    """
    training = [TRAINING_RECORD, *(name for name in DS1 if name != TRAINING_RECORD)]
    test = [TEST_RECORD, "232", *(n for n in DS2 if n not in (TEST_RECORD, "232"))]
    names = [*training[:n_records], *test[:n_records], PACED[0]]
    beats = make_ecg(len(names), duration=duration, random_state=SEED)
    for record, name in zip(beats.records, names, strict=True):
        record.record_name = name
    records = records_of(beats.data).astype(str)
    beats.groups = np.where(records == TEST_RECORD, TRAINING_RECORD, records)
    return beats

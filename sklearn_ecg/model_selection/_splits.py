"""Splits that keep the patients of the test out of the training."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import indexable

from .._messages import listed
from ..beats import check_table, rows_by_record
from ..datasets import DATABASES
from ..records import recording_name

_MITDB = DATABASES["mitdb"]

DS1 = _MITDB.splits["DS1"]
"""The 22 MIT-BIH records that de Chazal et al. (2004) train on."""

DS2 = _MITDB.splits["DS2"]
"""The 22 MIT-BIH records that de Chazal et al. (2004) test on."""

PACED = _MITDB.splits["paced"]
"""The four MIT-BIH records of patients with a pacemaker, which the split leaves out."""

_TRAINING_PATIENTS = {_MITDB.patient_of(record) for record in DS1}


class DeChazalSplit(BaseCrossValidator):
    """Split the MIT-BIH Arrhythmia Database between patients: train DS1, test DS2.

    A cross-validator with one split, by de Chazal et al. [1]_, which most
    studies of unseen patients use: 22 records to train on (`DS1`), 22 to test on
    (`DS2`), and the four paced records (`PACED`) in neither, as ANSI/AAMI EC57 asks.
    It goes wherever scikit-learn takes ``cv=``. A table may hold some of the records
    only, and their beats in any order.

    Parameters
    ----------
    strict : bool, default=False
        Records 201 (in DS1) and 202 (in DS2) are one patient. If True, the beats of
        202 are left out, with or without `groups`; and if `groups` are given, a table
        in which any patient is on both sides is refused. If False, the split is as
        published, and `groups` are ignored.

    See Also
    --------
    sklearn.model_selection.StratifiedGroupKFold : Patient-wise folds, for all choices
        that must be made inside DS1.

    Notes
    -----
    Records are recognised by their base name (``"/data/mitdb/100"`` is ``"100"``).

    The split is for the last measurement, not for choosing. A search whose ``cv`` is a
    `DeChazalSplit` picks its parameters on the test patients, and its ``refit`` trains
    on every row, the test patients included. Search inside DS1, then score once.

    References
    ----------
    .. [1] P. de Chazal, M. O'Dwyer, R. B. Reilly, "Automatic classification of
       heartbeats using ECG morphology and heartbeat interval features", IEEE
       Transactions on Biomedical Engineering 51(7):1196-1206, 2004.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_ecg.model_selection import DeChazalSplit
    >>> beats = pd.DataFrame(
    ...     {"record": ["mitdb/100", "mitdb/101", "mitdb/102"] * 2, "sample": range(6)}
    ... )
    >>> split = DeChazalSplit()
    >>> split
    DeChazalSplit(strict=False)
    >>> for train, test in split.split(beats):
    ...     print("train on rows", train, "and test on rows", test)
    train on rows [1 4] and test on rows [0 3]
    """

    # With metadata routing on, scikit-learn then hands the groups over when it has any.
    __metadata_request__split = {"groups": True}  # noqa: RUF012

    def __init__(self, strict: bool = False) -> None:
        self.strict = strict

    def split(
        self,
        X: pd.DataFrame,
        y: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the rows to train on and the rows to test on, once.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            The beat table, with its column `record`.
        y : array-like of shape (n_beats,), default=None
            Not used.
        groups : array-like of shape (n_beats,), default=None
            The patient of each beat, as in ``load_beats(...).groups``; read if
            `strict`.

        Yields
        ------
        train : ndarray of shape (n_train,)
            Positions of the beats of DS1 records, in the order of `X`.
        test : ndarray of shape (n_test,)
            Positions of the beats of DS2 records, in the order of `X`.

        Raises
        ------
        TypeError
            If `X` is no DataFrame.
        ValueError
            If `X` is no beat table; if it has records that are not in the database,
            or none of DS1, or none of DS2; or, in the strict variant, if a patient is
            on both sides.
        """
        records = records_of(X)
        indexable(X, y, groups)
        _refuse_other_databases(records)
        train = np.flatnonzero(np.isin(records, DS1))
        test = np.flatnonzero(np.isin(records, self._test_records()))
        _refuse_empty_side("training", "DS1", train, records)
        _refuse_empty_side("test", "DS2", test, records)
        if self.strict and groups is not None:
            _refuse_shared_patients(np.asarray(groups), records, train, test)
        yield train, test

    def get_n_splits(
        self, X: object = None, y: object = None, groups: object = None
    ) -> int:
        """Return the number of splits, which is always 1.

        Parameters
        ----------
        X : object, default=None
            Not used; as for all of scikit-learn's cross-validators.
        y : object, default=None
            Not used.
        groups : object, default=None
            Not used.

        Returns
        -------
        n_splits : int
            1.
        """
        return 1

    def _test_records(self):
        if not self.strict:
            return DS2
        return tuple(n for n in DS2 if _MITDB.patient_of(n) not in _TRAINING_PATIENTS)


def records_of(X: pd.DataFrame) -> np.ndarray:
    """Return the name of each beat's record.

    Parameters
    ----------
    X : DataFrame of shape (n_beats, n_columns)
        The beat table, with its column `record`.

    Returns
    -------
    names : ndarray of shape (n_beats,), dtype object
        The base name of the path, or the ``record_name`` of a record in memory.

    Raises
    ------
    TypeError
        If `X` is no DataFrame.
    ValueError
        If it is no beat table.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_ecg.model_selection import records_of
    >>> records_of(pd.DataFrame({"record": ["mitdb/100", "200"], "sample": [77, 18]}))
    array(['100', '200'], dtype=object)
    """
    check_table(X, [])
    names = np.empty(len(X), dtype=object)
    for record, rows in rows_by_record(X):
        names[rows] = recording_name(record)
    return names


def _refuse_other_databases(records):
    others = sorted(set(records) - {*DS1, *DS2, *PACED})
    if others:
        raise ValueError(
            "DeChazalSplit knows the records of the MIT-BIH Arrhythmia Database only; "
            f"the beat table also holds {listed(others)}. Select the rows to split."
        )


def _refuse_empty_side(side, part, rows, records):
    if not len(rows):
        found = listed(sorted(set(records))) or "no beats at all"
        raise ValueError(
            f"The beat table has nothing for the {side} set, records of {part}; it "
            f"holds {found}."
        )


def _refuse_shared_patients(groups, records, train, test):
    shared = sorted({*groups[train].tolist()} & {*groups[test].tolist()}, key=str)
    if shared:
        patient = shared[0]
        training_records = sorted(set(records[train][groups[train] == patient]))
        test_records = sorted(set(records[test][groups[test] == patient]))
        raise ValueError(
            f"DeChazalSplit(strict=True) found {_counted(len(shared), 'patient')} on "
            f"both sides: the groups say that patient {patient!r} has "
            f"{listed(training_records)} in the training set and "
            f"{listed(test_records)} in the test set."
        )


def _counted(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

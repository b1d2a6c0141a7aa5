"""The part of the training data that decides when to stop."""

import warnings

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, train_test_split
from sklearn.utils import check_consistent_length


def split_validation(y, groups, fraction, random_state):
    """Split beats into a training and a validation part.

    Parameters
    ----------
    y : ndarray of shape (n_beats,)
        Labels.
    groups : array-like of shape (n_beats,) or None
        Patients; no patient will be on both sides.
    fraction : float in (0, 1)
        Size of the validation part; with groups as near to it as whole patients allow.
    random_state : RandomState
        Source of chance.

    Returns
    -------
    training, validation : ndarray of int
        Rows of the two parts.

    Raises
    ------
    ValueError
        If a class has a single beat, or there is no way to leave every class in the
        training part.
    """
    if groups is None:
        return _split_stratified(y, fraction, random_state)
    check_consistent_length(y, groups)
    return _split_grouped(y, np.asarray(groups), fraction, random_state)


def _split_stratified(y, fraction, random_state):
    classes, counts = np.unique(y, return_counts=True)
    if counts.min() < 2:
        lonely = classes.tolist()[counts.argmin()]
        raise ValueError(
            f"Class {lonely!r} has one beat: early_stopping needs at least two of "
            "every class, one to train with and one to validate with."
        )
    size = min(max(round(fraction * len(y)), len(classes)), len(y) - len(classes))
    training, validation = train_test_split(
        np.arange(len(y)), test_size=size, stratify=y, random_state=random_state
    )
    return np.sort(training), np.sort(validation)


def _split_grouped(y, groups, fraction, random_state):
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(
            f"groups has one patient only, {groups.tolist()[0]!r}: early_stopping "
            "needs at least two, one to train with and one to validate with."
        )
    folds = StratifiedGroupKFold(
        n_splits=min(max(2, round(1 / fraction)), n_groups),
        shuffle=True,
        random_state=random_state,
    )
    classes = np.unique(y)
    for training, validation in _folds(folds, y, groups):
        missing = np.setdiff1d(classes, y[training])
        if len(missing) == 0:
            return training, validation
    raise ValueError(
        f"Class {missing.tolist()[0]!r} is found in too few patients for "
        "early_stopping: every split by patient leaves a class out of the training "
        "part."
    )


def _folds(folds, y, groups):
    # Encoded, as the splitter balances classes through their codes; its warning that a
    # class has fewer beats than there are folds is nothing the user can act on here.
    codes = np.unique(y, return_inverse=True)[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return list(folds.split(np.zeros(len(y)), codes, groups))

"""The part of the training data that decides when to stop, or how far to prune."""

import warnings
from fractions import Fraction

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, train_test_split
from sklearn.utils import check_consistent_length


def split_validation(
    y, groups, fraction, random_state, *, needed_by="early_stopping", guarded=()
):
    """Split beats into a training and a validation part."""
    if groups is None:
        parts = _split_stratified(y, fraction, random_state, needed_by)
    else:
        check_consistent_length(y, groups)
        groups = np.asarray(groups)
        parts = _split_grouped(y, groups, fraction, random_state, needed_by, guarded)
    absent = _absent(guarded, y[parts[1]])
    if absent:
        raise ValueError(
            f"Class {absent[0]!r} has no beat in the validation part, where "
            f"{needed_by} watches its recall. It takes a larger validation_fraction "
            f"than {fraction!r}, or more patients with such beats."
        )
    return parts


def _absent(labels, y):
    present = set(y.tolist())
    return [label for label in labels if label not in present]


def _split_stratified(y, fraction, random_state, needed_by):
    classes, counts = np.unique(y, return_counts=True)
    if counts.min() < 2:
        lonely = classes.tolist()[counts.argmin()]
        raise ValueError(
            f"Class {lonely!r} has one beat: {needed_by} needs at least two of "
            "every class, one to train with and one to validate with."
        )
    size = min(max(round(fraction * len(y)), len(classes)), len(y) - len(classes))
    training, validation = train_test_split(
        np.arange(len(y)), test_size=size, stratify=y, random_state=random_state
    )
    for label in _absent(classes.tolist(), y[validation]):
        moved = random_state.choice(training[y[training] == label])
        training = training[training != moved]
        validation = np.append(validation, moved)
    return np.sort(training), np.sort(validation)


def _split_grouped(y, groups, fraction, random_state, needed_by, guarded):
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(
            f"groups has one patient only, {groups.tolist()[0]!r}: {needed_by} needs "
            "at least two, one to train with and one to validate with."
        )
    classes, counts = np.unique(y, return_counts=True)
    n_joined, n_splits = _share(fraction, min(n_groups, counts.max()))
    folds = StratifiedGroupKFold(n_splits, shuffle=True, random_state=random_state)
    classes, whole = classes.tolist(), []
    for training, validation in _joined(_folds(folds, y, groups), n_joined):
        missing = _absent(classes, y[training])
        if missing:
            continue
        if not _absent(guarded, y[validation]):
            return training, validation
        whole.append((training, validation))
    if whole:
        return whole[0]
    raise ValueError(
        f"Class {missing[0]!r} is found in too few patients for {needed_by}: every "
        "split by patient leaves a class out of the training part."
    )


def _share(fraction, most):
    """Return how many folds to join of how many: two at least, `most` at most."""
    finest = max(2, min(max(10, round(1 / fraction)), most))
    share = Fraction(fraction).limit_denominator(finest)
    if not 0 < share < 1:
        share = Fraction(1, finest)
    return share.numerator, share.denominator


def _joined(folds, n_joined):
    """Yield the two parts of each run of folds, joined."""
    validations = [validation for _, validation in folds]
    every = np.sort(np.concatenate(validations))
    for start in range(len(folds)):
        run = [validations[(start + step) % len(folds)] for step in range(n_joined)]
        validation = np.sort(np.concatenate(run))
        yield np.setdiff1d(every, validation), validation


def _folds(folds, y, groups):
    # Encoded, as the splitter balances classes through their codes; its warning that a
    # class has fewer beats than there are folds is nothing the user can act on here.
    codes = np.unique(y, return_inverse=True)[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return list(folds.split(np.zeros(len(y)), codes, groups))

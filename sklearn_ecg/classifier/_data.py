"""What PrunedCNNClassifier makes of the X and y of a fit, and what it forgets."""

import warnings

import numpy as np
import torch


def flatten(X):
    """Bring an array of shape (beats, channels, samples) into two dimensions."""
    if getattr(X, "ndim", 2) != 3:
        return X
    return X.reshape(len(X), X.shape[1] * X.shape[2])


def as_tensor(X):
    """View on an array, even a read-only one such as pandas hands out.

    torch warns of those, as it could write to them. Nothing here does.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not wri")
        return torch.from_numpy(np.ascontiguousarray(X))


def forget(estimator):
    """Remove every fitted attribute, lest a fit that fails leave old ones."""
    for name in [name for name in vars(estimator) if name.endswith("_")]:
        delattr(estimator, name)


def check_classes(classes, codes):
    """Refuse a single class, and warn of classes with a single beat.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The labels.
    codes : ndarray of int of shape (n_beats,)
        The class of each beat.

    Raises
    ------
    ValueError
        If there is one class only.
    """
    if len(classes) < 2:
        raise ValueError(
            f"y has one class only, {classes.tolist()[0]!r}: a classifier needs at "
            "least two."
        )
    lonely = classes[np.bincount(codes) == 1]
    if len(lonely):
        warnings.warn(
            f"Of {', '.join(map(repr, lonely.tolist()))} y has one beat only: next to "
            "nothing can be learnt from it, or checked.",
            UserWarning,
            stacklevel=4,
        )

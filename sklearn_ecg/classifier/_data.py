"""What a classifier makes of the X, y and weights that it is given."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from pandas.api.types import is_numeric_dtype
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from .._messages import listed, warn
from .._parameter_checks import checked_weights
from ..training import BeatDataset
from ..windows import InputLayout, layout_of


@dataclass(frozen=True)
class TrainingBeats:
    """What `fit` was given, checked; without beats that have no signal or weight."""

    layout: InputLayout  # Channels, samples and rhythm features of a row of X
    rows: np.ndarray  # float32, shape (n_beats, n_features)
    y: np.ndarray  # Labels
    classes: np.ndarray  # The different labels, sorted
    codes: np.ndarray  # Place of each label in `classes`
    groups: np.ndarray | None  # Patients
    weights: np.ndarray | None  # Above 0; None where all beats weigh the same
    has_signal: np.ndarray  # Of each row of X that `fit` was given

    @property
    def sample_range(self) -> tuple[float, float]:
        """Least and greatest sample of the windows."""
        n_channels, n_samples = self.layout.window_shape
        windows = self.layout.arrange(self.rows)[:, : n_channels * n_samples]
        return float(windows.min()), float(windows.max())

    def dataset(self) -> BeatDataset:
        """Bring the beats into tensors."""
        return BeatDataset(
            as_tensor(self.layout.arrange(self.rows)),
            torch.from_numpy(self.codes),
            self.layout.window_shape,
            weights=None if self.weights is None else torch.from_numpy(self.weights),
        )


def read_training_beats(estimator, X, y, groups=None, sample_weight=None):
    """Check what `fit` was given."""
    rows, window_shape = _rows_of(X)
    if window_shape is not None:
        _refuse_more_channels_than_samples(window_shape)
    rows, y = _validated(estimator, rows, np.float32, y=y)
    counts = has_signal = _have_signal(rows)
    check_classification_targets(y)
    shape = rows.shape if window_shape is None else (len(rows), *window_shape)
    layout = layout_of(getattr(estimator, "feature_names_in_", ()), shape)
    if groups is not None:
        check_consistent_length(y, groups)
        groups = np.asarray(groups)
    weights = checked_weights(sample_weight, len(y), np.float32)
    if weights is not None:
        counts = has_signal & (weights > 0)
    if not counts.all():
        rows, y = rows[counts], y[counts]
        weights = None if weights is None else weights[counts]
        groups = None if groups is None else groups[counts]
    classes, codes = np.unique(y, return_inverse=True)
    return TrainingBeats(
        layout, rows, y, classes, codes, groups, none_if_all_alike(weights), has_signal
    )


def read_rows(estimator, X, layout, dtype=np.float32):
    """Check the X of a prediction against what an estimator was fitted with."""
    if _is_as_fitted(estimator, X):
        with np.errstate(over="ignore"):
            rows = X.to_numpy().astype(dtype, copy=False)
        _refuse_rows_that_are_not_finite(rows, is_fit=False)
        return rows
    rows, window_shape = _rows_of(X)
    if window_shape not in (None, layout.window_shape):
        remedy = ""
        if window_shape == layout.window_shape[::-1]:
            remedy = " Its channels are last: pass X.transpose(0, 2, 1)."
        raise ValueError(
            f"X has windows of shape {window_shape} (channels, samples), but "
            f"{type(estimator).__name__} was fitted on {layout.window_shape}.{remedy}"
        )
    return _validated(estimator, rows, dtype, reset=False)


def _is_as_fitted(estimator, X):
    """Tell whether X is a table of floats with the columns of `fit`, as most are.

    There is nothing to refuse then but values, and scikit-learn's checks of each column
    take longer than one beat's way through the network.
    """
    if not isinstance(X, pd.DataFrame) or len(X) == 0:
        return False
    names = getattr(estimator, "feature_names_in_", ())
    if len(names) == 0 or not np.array_equal(X.columns.to_numpy(), names):
        return False
    return all(isinstance(t, np.dtype) and t.kind == "f" for t in set(X.dtypes))


def _rows_of(X):
    """Bring windows of shape (beats, channels, samples) into rows; tell their shape."""
    if isinstance(X, list | tuple):
        X = _array_of_windows(X)
    if getattr(X, "ndim", 2) != 3:
        return X, None
    window_shape = tuple(X.shape[1:])
    return X.reshape(len(X), math.prod(window_shape)), window_shape


def _array_of_windows(values):
    """Make an array of lists in lists in a list; leave all others as they are."""
    try:
        array = np.asarray(values)
    except ValueError:
        return values  # Ragged, which scikit-learn's check refuses.
    return array if array.ndim == 3 else values


def _refuse_more_channels_than_samples(window_shape):
    n_channels, n_samples = window_shape
    if n_channels > n_samples:
        raise ValueError(
            f"X has shape (n_beats, {n_channels}, {n_samples}), which is {n_channels} "
            f"channels of {n_samples} samples: there must be at least as many samples "
            "as channels. If its channels are last, pass X.transpose(0, 2, 1)."
        )


def _validated(estimator, rows, dtype, **options):
    """Let scikit-learn check X (and y), and name columns and rows that are wrong."""
    _refuse_repeated_columns(getattr(rows, "columns", ()))
    _refuse_beat_table(estimator, getattr(rows, "columns", ()))
    try:
        with np.errstate(over="ignore"):
            checked = validate_data(
                estimator, rows, dtype=dtype, ensure_all_finite=False, **options
            )
    except (TypeError, ValueError) as error:
        _refuse_texts(rows, error)
        raise
    is_fit = "y" in options
    _refuse_rows_that_are_not_finite(checked[0] if is_fit else checked, is_fit)
    return checked


def _refuse_beat_table(estimator, names):
    if {"record", "sample"} <= set(names):
        raise ValueError(
            f"X is a beat table, and {type(estimator).__name__} takes windows: put a "
            "BeatSegmenter before it, as in make_pipeline(BeatSegmenter(), classifier) "
            "or make_beat_pipeline()."
        )


def _refuse_texts(rows, error):
    """Say where X has what is no number, if that is why scikit-learn refused it."""
    dtypes = dict(rows.dtypes) if hasattr(rows, "iloc") else {}
    texts = [name for name, kind in dtypes.items() if not is_numeric_dtype(kind)]
    if not texts and not str(error).startswith("could not convert"):
        return
    where = f" in its columns {listed(texts)}" if texts else ""
    raise ValueError(
        f"X has values that are no numbers{where}: a row of X is the samples of a "
        "window, and features, as BeatSegmenter().fit_transform makes them of a beat "
        "table."
    ) from error


def _refuse_repeated_columns(names):
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise ValueError(
            f"X has more than one column of the name {listed(repeated)}. Drop the "
            "others, as X.loc[:, ~X.columns.duplicated()] does."
        )


def _have_signal(rows):
    """Tell which beats to train on: not those whose row is NaN from end to end."""
    silent = np.isnan(rows[:, 0])
    if silent.any():
        silent[silent] = np.isnan(rows[silent]).all(axis=1)
    if silent.any():
        warn(
            f"{np.count_nonzero(silent)} of the {len(rows)} rows of X are NaN "
            f"throughout: {listed(np.flatnonzero(silent).tolist())}. These beats have "
            "no signal, and are not trained on."
        )
    return ~silent


def _refuse_rows_that_are_not_finite(rows, is_fit):
    with np.errstate(invalid="ignore", over="ignore"):
        if np.isfinite(rows.sum(dtype=np.float64)):
            return
    is_broken = ~np.isfinite(rows).all(axis=1)
    if is_fit:
        is_broken &= ~np.isnan(rows).all(axis=1)
    broken = np.flatnonzero(is_broken).tolist()
    if broken:
        raise ValueError(
            f"Input X contains NaN, infinity or a value too large for {rows.dtype} in "
            f"{len(broken)} of its {len(rows)} rows: {listed(broken)}. Leave these "
            "beats out of X, and of y where there is one: windows without are "
            "X[np.isfinite(X).all(axis=1)], beats that have a signal are "
            "X[segmenter.has_signal(X)]."
        )


def known_codes(classes, y, n_rows):
    """Return the places of labels among those that a classifier knows."""
    y = column_or_1d(y, warn=True)
    if len(y) != n_rows:
        raise ValueError(f"X has {n_rows} rows and y has {len(y)} labels.")
    code_of = {label: code for code, label in enumerate(classes.tolist())}
    unknown = sorted({label for label in y.tolist() if label not in code_of}, key=str)
    if unknown:
        raise ValueError(
            f"y has the labels {listed(list(map(str, unknown)))}, which the classifier "
            f"doesn't know: it was fitted on {listed(list(map(str, code_of)))}."
        )
    return torch.tensor([code_of[label] for label in y.tolist()], dtype=torch.int64)


def none_if_all_alike(weights):
    """Return weights, or None where they make no difference."""
    return None if weights is None or (weights == weights[0]).all() else weights


def as_tensor(array):
    """View on an array, even a read-only one such as pandas hands out."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not wri")
        return torch.from_numpy(np.ascontiguousarray(array))


def forget(estimator):
    """Remove every fitted attribute, lest a fit that fails leave old ones."""
    for name in [name for name in vars(estimator) if name.endswith("_")]:
        delattr(estimator, name)


def check_classes(beats):
    """Refuse a single class, and warn of classes with a single beat."""
    if len(beats.classes) < 2:
        raise ValueError(
            f"y has one class only, {beats.classes.tolist()[0]!r}, among the beats "
            "whose sample_weight is above 0: a classifier needs at least two."
        )
    lonely = beats.classes[np.bincount(beats.codes) == 1].tolist()
    if lonely:
        warn(
            f"Of {', '.join(map(repr, lonely))} y has one beat only: next to nothing "
            "can be learnt from it, or checked."
        )

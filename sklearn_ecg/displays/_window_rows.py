"""Rows of windows, as a classifier of rows understands them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_array, check_is_fitted

from ..windows._columns import InputLayout, layout_of, name_of_channel, seconds_of

_FROM_THE_R_PEAK = "Time from the R peak (s)"


@dataclass(frozen=True)
class WindowRows:
    """Windows read from rows of X."""

    windows: np.ndarray  # shape (n_beats, n_channels, n_samples)
    positions: np.ndarray  # Where the samples stand on the x-axis
    x_label: str  # What the x-axis shows
    channels: list[str]  # Names of the channels; empty where nobody knows them

    @classmethod
    def of(cls, X, sampling_rate=None, layout=None, names=None):
        """Read rows."""
        names = list(getattr(X, "columns", () if names is None else names))
        if {"record", "sample"} <= set(names):
            raise ValueError(
                "X is a beat table, without windows: give what BeatSegmenter makes "
                "of it, or give from_estimator a Pipeline that begins with one."
            )
        rows = check_array(
            X, allow_nd=True, ensure_all_finite=False, input_name="X", dtype="numeric"
        )
        if rows.ndim > 3:
            raise ValueError(
                f"X has shape {rows.shape}; it must be (n_beats, n_samples) or "
                "(n_beats, n_channels, n_samples)."
            )
        if layout is None:
            layout = layout_of(names, rows.shape)
        rows = rows.reshape(len(rows), -1)
        if rows.shape[1] != layout.n_features:
            raise ValueError(
                f"X has {rows.shape[1]} columns, and the estimator was fitted on "
                f"{layout.n_features}."
            )
        return cls(
            _windows(rows, layout),
            *_positions(names, layout, sampling_rate),
            _channels(names, layout),
        )


def _windows(rows, layout: InputLayout):
    n_columns = layout.n_channels * layout.n_samples
    return layout.arrange(rows)[:, :n_columns].reshape(-1, *layout.window_shape)


def _in_order(names, layout: InputLayout):
    """Return the names of the samples, channel after channel; empty if none tell."""
    if len(names) != layout.n_features:
        return []
    names = layout.arrange(np.array([names], dtype=object))[0]
    names = names[: layout.n_channels * layout.n_samples].tolist()
    return names if all(seconds_of(name) is not None for name in names) else []


def _positions(names, layout, sampling_rate):
    """Return where the samples stand, and what that is."""
    named = _in_order(names, layout)[: layout.n_samples]
    if named:
        return np.array([seconds_of(name) for name in named]), _FROM_THE_R_PEAK
    numbers = np.arange(layout.n_samples)
    if sampling_rate is None:
        return numbers, "Sample"
    if not sampling_rate > 0:
        raise ValueError(f"sampling_rate={sampling_rate!r} must be positive, in Hz.")
    return numbers / sampling_rate, "Time (s)"


def _channels(names, layout):
    named = _in_order(names, layout)[:: layout.n_samples]
    if named:
        return [name_of_channel(name) for name in named]
    if layout.n_channels == 1:
        return []
    return [f"channel {number}" for number in range(layout.n_channels)]


def windows_of_estimator(estimator, X, sampling_rate):
    """Read the windows that the last step of an estimator sees of X."""
    while True:
        check_is_fitted(estimator)
        if isinstance(estimator, Pipeline):
            if len(estimator.steps) > 1:
                X = Pipeline(estimator.steps[:-1]).transform(X)
            estimator = estimator.steps[-1][1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            break
    layout = getattr(estimator, "layout_", None)
    names = getattr(estimator, "feature_names_in_", None)
    return WindowRows.of(X, sampling_rate, layout, names)

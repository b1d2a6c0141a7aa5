"""Windows of beats, class by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import check_array, check_is_fitted

from .._parameter_checks import WholeNumber, check
from ..records import aami_first
from ..windows import InputLayout, layout_of, name_of_channel, seconds_of
from ._style import GRID, TRACE, legend_outside, styles_of_classes, with_meaning

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


if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_CLASSES = 12
_QUANTILES = (0.1, 0.5, 0.9)
_PANELS_A_ROW = 3
_MARKERS_A_LINE = 5


class WindowDisplay:
    """The typical window of each class, and how far the others are from it.

    Each class has axes of its own, with its colour. The line is the median of its
    windows, sample by sample; in the band are 80 % of them, from the 10 % to the 90 %
    quantile. Where true and predicted classes are known, the classes are the true ones;
    some misclassified windows are dashed, each with colour and marker of the class that
    it was taken for.

    Use `from_estimator` or `from_predictions` to make one; all parameters are stored
    as attributes.

    Parameters
    ----------
    windows : ndarray of shape (n_beats, n_channels, n_samples)
        The windows. Those that are not finite throughout are left out.
    y_true : ndarray of shape (n_beats,), default=None
        True classes; None if nobody knows them.
    y_pred : ndarray of shape (n_beats,), default=None
        Predicted classes; None if nothing was predicted.
    positions : ndarray of shape (n_samples,), default=None
        Where the samples stand on the x-axis. None numbers them.
    x_label : str, default="Sample"
        What the x-axis shows.
    channels : list of str, default=None
        Names of the channels, for the y-axes.

    Attributes
    ----------
    axes_ : ndarray of shape (n_classes, n_channels) of matplotlib Axes
        The axes, those of a class in a row.
    figure_ : matplotlib Figure
        Figure that holds the axes.
    classes_ : list
        The classes drawn, in the order of `axes_`; those of AAMI come first.
    lines_ : ndarray of shape (n_classes, n_channels) of matplotlib Line2D
        The medians.
    wrong_lines_ : list of list of matplotlib Line2D
        Of each class, the misclassified windows.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from sklearn_ecg.displays import WindowDisplay
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["N", "V"], 30)
    >>> X = rng.normal(size=(60, 64)) + (y == "V")[:, np.newaxis]
    >>> display = WindowDisplay.from_predictions(X, y, sampling_rate=125)
    >>> display.classes_
    ['N', 'V']
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        windows: np.ndarray,
        y_true: np.ndarray | None = None,
        y_pred: np.ndarray | None = None,
        *,
        positions: np.ndarray | None = None,
        x_label: str = "Sample",
        channels: list[str] | None = None,
    ) -> None:
        self.windows = windows
        self.y_true = y_true
        self.y_pred = y_pred
        self.positions = positions
        self.x_label = x_label
        self.channels = channels

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: pd.DataFrame | ArrayLike,
        y: ArrayLike | None = None,
        *,
        sampling_rate: float | None = None,
        n_windows: int = 0,
        n_wrong: int = 3,
        ax: Axes | np.ndarray | None = None,
    ) -> WindowDisplay:
        """Plot the windows that a classifier sees, by their true or predicted class.

        Parameters
        ----------
        estimator : classifier, Pipeline or search
            Fitted. Of a Pipeline, the windows are those that its last step sees.
        X : DataFrame, array-like of shape (n_beats, n_features) or \
(n_beats, n_channels, n_samples)
            What it predicts from.
        y : array-like of shape (n_beats,), default=None
            True classes; None draws by predicted class.
        sampling_rate : float, default=None
            Of windows whose columns do not say their times, in Hz. None numbers the
            samples.
        n_windows, n_wrong : int, default=0 and 3
            See `from_predictions`.
        ax : matplotlib Axes or array of them, default=None
            See `from_predictions`.

        Returns
        -------
        display : WindowDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            As for `from_predictions`.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn.dummy import DummyClassifier
        >>> from sklearn_ecg.displays import WindowDisplay
        >>> X, y = np.random.default_rng(0).normal(size=(9, 64)), list("NNNNNNNVV")
        >>> classifier = DummyClassifier().fit(X, y)
        >>> display = WindowDisplay.from_estimator(classifier, X, y)
        >>> [len(lines) for lines in display.wrong_lines_]
        [0, 2]
        >>> plt.close(display.figure_)
        """
        rows = windows_of_estimator(estimator, X, sampling_rate)
        display = cls._of_rows(rows, y, estimator.predict(X))
        return display.plot(n_windows=n_windows, n_wrong=n_wrong, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        X: pd.DataFrame | ArrayLike,
        y_true: ArrayLike | None = None,
        y_pred: ArrayLike | None = None,
        *,
        sampling_rate: float | None = None,
        n_windows: int = 0,
        n_wrong: int = 3,
        ax: Axes | np.ndarray | None = None,
    ) -> WindowDisplay:
        """Plot windows by their true or predicted class.

        Parameters
        ----------
        X : DataFrame, array-like of shape (n_beats, n_features) or \
(n_beats, n_channels, n_samples)
            Windows, as `PrunedCNNClassifier` takes them. Columns named like
            ``MLII@-0.250`` are samples, by lead and time; others beside them are
            features, and not drawn. Without such names all columns are one channel.
        y_true : array-like of shape (n_beats,), default=None
            True classes; None if they are not known.
        y_pred : array-like of shape (n_beats,), default=None
            Predicted classes; None draws `y_true` alone.
        sampling_rate : float, default=None
            Of windows whose columns do not say their times, in Hz. None numbers the
            samples.
        n_windows : int, default=0
            Single windows of each class to draw in grey, evenly spread over its rows.
        n_wrong : int, default=3
            The same of misclassified windows of each class.
        ax : matplotlib Axes or array of them, default=None
            Where to draw: an axes for each class and channel. None makes a new figure.

        Returns
        -------
        display : WindowDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If neither `y_true` nor `y_pred` is given, the lengths differ, there are
            more than 12 classes, no window is finite, or `ax` holds another number of
            axes.

        Examples
        --------
        See `WindowDisplay`.
        """
        rows = WindowRows.of(X, sampling_rate)
        display = cls._of_rows(rows, y_true, y_pred)
        return display.plot(n_windows=n_windows, n_wrong=n_wrong, ax=ax)

    @classmethod
    def _of_rows(cls, rows, y_true, y_pred):
        check_consistent_length(rows.windows, y_true, y_pred)
        given = [None if y is None else np.asarray(y) for y in (y_true, y_pred)]
        return cls(
            rows.windows,
            *given,
            positions=rows.positions,
            x_label=rows.x_label,
            channels=rows.channels,
        )

    def plot(
        self,
        *,
        n_windows: int = 0,
        n_wrong: int = 3,
        ax: Axes | np.ndarray | None = None,
    ) -> WindowDisplay:
        """Draw the windows.

        Parameters
        ----------
        n_windows : int, default=0
            Single windows of each class to draw in grey, evenly spread over its rows.
        n_wrong : int, default=3
            The same of misclassified windows of each class.
        ax : matplotlib Axes or array of them, default=None
            Where to draw: an axes for each class and channel. None makes a new figure.

        Returns
        -------
        display : WindowDisplay
            The display itself.

        Raises
        ------
        ValueError
            As for `from_predictions`.
        """
        n_windows = check("plot", "n_windows", n_windows, WholeNumber(0))
        n_wrong = check("plot", "n_wrong", n_wrong, WholeNumber(0))
        beats = _Beats.of(self.windows, self.y_true, self.y_pred)
        self.classes_ = beats.classes
        self._styles = styles_of_classes(beats.labels)
        shape = len(beats.classes), self.windows.shape[1]
        is_ours = ax is None
        self.axes_ = _new_axes(*shape) if is_ours else _given_axes(ax, *shape)
        self.figure_ = self.axes_[0, 0].figure
        self.lines_ = np.empty(shape, dtype=object)
        self.wrong_lines_ = [
            self._draw_class(number, beats, n_windows, n_wrong)
            for number in range(len(beats.classes))
        ]
        if is_ours:
            _label_outer(self.axes_.ravel())
        self._draw_legend(beats, n_windows)
        return self

    def _draw_class(self, number, beats, n_windows, n_wrong):
        """Draw a class, and return the lines of its misclassified windows."""
        label, axes = self.classes_[number], self.axes_[number]
        rows = np.flatnonzero(beats.y == label)
        wrong = rows[beats.is_wrong[rows]]
        quantiles = np.quantile(beats.windows[rows], _QUANTILES, axis=0)
        lines = []
        for channel, ax in enumerate(axes):
            windows = beats.windows[:, channel]
            for row in _spread(rows, n_windows):
                ax.plot(self._x, windows[row], color="#8A8A8A", lw=0.5, alpha=0.6)
            self._draw_typical(ax, number, channel, *quantiles[:, channel])
            for row in _spread(wrong, n_wrong):
                style = self._wrong_style(beats.y_pred[row])
                lines += ax.plot(self._x, windows[row], **style)
            self._write_axes(ax, channel)
        title = f"{with_meaning(label)}\n{len(rows):,} windows"
        if beats.knows_wrong:
            title += f", {len(wrong):,} misclassified"
        axes[0].set_title(title, loc="left", fontsize="medium")
        return lines

    def _draw_typical(self, ax, number, channel, low, median, high):
        colour, _ = self._styles[self.classes_[number]]
        ax.fill_between(self._x, low, high, color=colour, alpha=0.35, lw=0)
        (self.lines_[number, channel],) = ax.plot(self._x, median, color=TRACE, lw=1.6)

    def _wrong_style(self, label):
        colour, marker = self._styles[label]
        every = max(1, len(self._x) // _MARKERS_A_LINE)
        style = {"color": colour, "linestyle": "--", "linewidth": 1.1}
        return style | {"marker": marker, "markersize": 4.5, "markevery": every}

    @property
    def _x(self):
        if self.positions is None:
            return np.arange(self.windows.shape[2])
        return self.positions

    def _write_axes(self, ax, channel):
        ax.set_xlim(self._x[0], self._x[-1])
        ax.grid(color=GRID, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_xlabel(self.x_label)
        if self.channels:
            ax.set_ylabel(self.channels[channel])

    def _draw_legend(self, beats, n_windows):
        """Say what is what: below the axes, if the figure has no others."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        handles = [
            Line2D([], [], color=TRACE, lw=1.6, label="median"),
            Patch(color="#8A8A8A", alpha=0.5, lw=0, label="10 % to 90 %"),
        ]
        if n_windows:
            handles.append(Line2D([], [], color="#8A8A8A", lw=0.5, label="single ones"))
        if any(self.wrong_lines_):
            taken_for = np.unique(beats.y_pred[beats.is_wrong]).tolist()
            handles += [
                Line2D([], [], **self._wrong_style(label), label=f"taken for {label}")
                for label in aami_first(taken_for)
            ]
        if not legend_outside(self.axes_.ravel(), handles, "lower center"):
            legend = {"loc": "best", "frameon": False, "fontsize": "small"}
            self.axes_[0, 0].legend(handles=handles, **legend)


class _Beats:
    """The windows that are drawn, and their classes."""

    def __init__(self, windows, y, y_pred, is_wrong):
        self.windows = windows
        self.y = y
        self.y_pred = y_pred
        self.is_wrong = is_wrong
        self.knows_wrong = y_pred is not None
        self.classes = aami_first(np.unique(y).tolist())
        others = [] if y_pred is None else np.unique(y_pred).tolist()
        self.labels = list(dict.fromkeys([*self.classes, *others]))

    @classmethod
    def of(cls, windows, y_true, y_pred):
        """Check them, and leave out windows that are not finite."""
        given = [y for y in (y_true, y_pred) if y is not None]
        if not given:
            raise ValueError(
                "There is no class to draw windows by: give y_pred, y_true or both."
            )
        check_classification_targets(given[0])
        unique_labels(*given)  # refuses numbers beside texts
        finite = np.isfinite(windows).all(axis=(1, 2))
        if not finite.any():
            raise ValueError(
                f"None of the {len(windows)} windows of X is finite throughout: there "
                "is nothing to draw."
            )
        n_classes = len(np.unique(given[0]))
        if n_classes > _MOST_CLASSES:
            raise ValueError(
                f"The windows are of {n_classes} classes; a figure holds up to "
                f"{_MOST_CLASSES}. Give the rows of some classes."
            )
        windows, given = windows[finite], [np.asarray(y)[finite] for y in given]
        is_wrong = given[0] != given[-1]
        return cls(windows, given[0], given[1] if len(given) > 1 else None, is_wrong)


def _spread(rows, n_rows):
    """Choose some rows, evenly spread."""
    places = np.linspace(0, len(rows) - 1, min(n_rows, len(rows)))
    return rows[np.rint(places).astype(int)]


def _new_axes(n_classes, n_channels):
    """Make axes of a new figure, for each class and channel."""
    import matplotlib.pyplot as plt

    n_columns = n_channels
    if n_channels == 1:
        n_columns = min(n_classes, _PANELS_A_ROW)
    n_rows = -(-n_classes * n_channels // n_columns)
    size = max(3.4 * n_columns, 5.0), 2.5 * n_rows + 0.5
    share = {"sharex": True, "sharey": True if n_channels == 1 else "col"}
    _, axes = plt.subplots(
        n_rows, n_columns, figsize=size, layout="constrained", squeeze=False, **share
    )
    axes = axes.ravel()
    for spare in axes[n_classes * n_channels :]:
        spare.remove()
    return axes[: n_classes * n_channels].reshape(n_classes, n_channels)


def _label_outer(panels):
    """Leave the x-axis labelled in the lowest panel of each column."""
    n_columns = panels[0].get_gridspec().ncols
    for number, ax in enumerate(panels):
        is_lowest = number + n_columns >= len(panels)
        ax.tick_params(labelbottom=is_lowest)
        if not is_lowest:
            ax.set_xlabel("")


def _given_axes(ax, n_classes, n_channels):
    axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(axes) != n_classes * n_channels:
        raise ValueError(
            f"ax holds {len(axes)} axes; {n_classes} classes and {n_channels} channels "
            f"need {n_classes * n_channels}."
        )
    return axes.reshape(n_classes, n_channels)

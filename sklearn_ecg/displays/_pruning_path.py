"""Scores along a pruning."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._messages import listed
from ..records._symbols import aami_first
from ._style import COLOURS, GREYS, GRID, LINE_STYLES, MARKERS, TRACE, styles_of_classes

_SPARSITY_TICKS = (0, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999)

_PATH_AXES = {
    "sparsity": "Sparsity: weights that are zero",
    "n_nonzero": "Non-zero weights",
    "macs": "MACs per beat",
}


class PruningPathDisplay:
    """Scores of a network along its pruning, against what is left of it.

    Use `from_estimator` or `from_paths` to make one, or give a path; all parameters
    are stored as attributes.

    Parameters
    ----------
    path : DataFrame or list of dict
        One entry per stage, with ``sparsity`` or another quantity for the x-axis
        (``n_nonzero``, ``macs``), and scores. A score can be a mapping from class to
        score: then each class is a curve. A score that is NaN throughout has none.
    low : DataFrame, default=None
        Lower ends of the error bands, with the columns of `path`; None draws none.
    high : DataFrame, default=None
        Upper ends of the error bands, with the columns of `path`; None draws none.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the curves.
    figure_ : matplotlib Figure
        Figure that holds the axes.
    lines_ : dict of str to matplotlib Line2D
        The curves by the name of the score.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_ecg.displays import PruningPathDisplay
    >>> stages = [
    ...     {"sparsity": 0.0, "n_nonzero": 40_000, "validation_score": 0.96},
    ...     {"sparsity": 0.6, "n_nonzero": 16_000, "validation_score": 0.96},
    ...     {"sparsity": 0.9, "n_nonzero": 4_000, "validation_score": 0.95},
    ... ]
    >>> display = PruningPathDisplay(stages).plot(x="n_nonzero")
    >>> list(display.lines_)
    ['validation_score']
    >>> plt.close(display.figure_)
    """

    def __init__(self, path, *, low=None, high=None):
        self.path = path
        self.low = low
        self.high = high

    @classmethod
    def from_estimator(cls, estimator, *, x="sparsity", scores=None, ax=None):
        """Plot the stages of a fitted classifier.

        Parameters
        ----------
        estimator : PrunedCNNClassifier or Pipeline
            A fitted classifier with the attribute ``stages_``, or a fitted Pipeline
            that ends with one.
        x : {"sparsity", "n_nonzero", "macs"}, default="sparsity"
            The quantity on the x-axis, from dense at the left to sparse.
        scores : str or list of str, default=None
            The scores to draw. None draws every score of the stages.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : PruningPathDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier has no stages yet.
        ValueError
            As for `plot`.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn_ecg import PrunedCNNClassifier
        >>> from sklearn_ecg.displays import PruningPathDisplay
        >>> rng = np.random.default_rng(0)
        >>> y = np.repeat(["N", "V"], 30)
        >>> X = rng.normal(size=(60, 64)) + (y == "V")[:, np.newaxis]
        >>> classifier = PrunedCNNClassifier(n_stages=1, n_epochs=1)
        >>> _ = classifier.fit(X, y)
        >>> display = PruningPathDisplay.from_estimator(classifier, x="macs")
        >>> list(display.lines_)
        ['train_score']
        >>> plt.close(display.figure_)
        """
        classifier = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        check_is_fitted(classifier, "stages_")
        return cls(classifier.stages_).plot(x=x, scores=scores, ax=ax)

    @classmethod
    def from_paths(cls, paths, *, x="sparsity", scores=None, ax=None):
        """Plot several paths, of seeds or of folds, as one with error bands.

        The curve is the median of the paths at each stage, the band is their range.

        Parameters
        ----------
        paths : list of (DataFrame or list of dict)
            Paths through the same sparsities, as in ``[a.stages_, b.stages_]``.
        x : {"sparsity", "n_nonzero", "macs"}, default="sparsity"
            The quantity on the x-axis, from dense at the left to sparse. Where the
            paths differ in it, its median.
        scores : str or list of str, default=None
            The scores to draw. None draws every score that all paths have.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : PruningPathDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there is no path, the paths go through different sparsities, or as for
            `plot`.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn_ecg.displays import PruningPathDisplay
        >>> paths = [
        ...     [{"sparsity": 0.0, "f1_score": 0.96}, {"sparsity": 0.9, "f1_score": s}]
        ...     for s in (0.93, 0.94, 0.92)
        ... ]
        >>> display = PruningPathDisplay.from_paths(paths)
        >>> display.path["f1_score"].tolist()
        [0.96, 0.93]
        >>> plt.close(display.figure_)
        """
        tables = [_as_table(path) for path in paths]
        _check_same_sparsities(tables)
        columns = [c for c in tables[0] if all(c in table for table in tables)]
        stages = pd.concat([t[columns] for t in tables], keys=range(len(tables)))
        numbers = stages.select_dtypes("number").groupby(level=1)
        display = cls(numbers.median(), low=numbers.min(), high=numbers.max())
        return display.plot(x=x, scores=scores, ax=ax)

    def plot(self, *, x="sparsity", scores=None, ax=None):
        """Draw the curves.

        Parameters
        ----------
        x : {"sparsity", "n_nonzero", "macs"}, default="sparsity"
            The quantity on the x-axis, from dense at the left to sparse. The axis is
            logarithmic in what is left, so that 90 % and 99 % are as far apart as 0 %
            and 90 %.
        scores : str or list of str, default=None
            The scores to draw: names of columns, or of mappings, which stand for all
            of their classes. None draws every score: all columns with "score",
            "accuracy", "recall" or "f1" in their names, and all mappings.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : PruningPathDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the path has no stage, or lacks `x` or the scores.
        """
        import matplotlib.pyplot as plt

        path = _as_table(self.path)
        _check_path_axis(x, path)
        names = _chosen_scores(path, scores)
        if ax is None:
            _, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = {}
        for name, style in _curve_styles(names).items():
            label = name.replace("_", " ")
            (line,) = ax.plot(path[x], path[name], label=label, **style)
            self._draw_band(path[x], name, line.get_color())
            self.lines_[name] = line
        _set_path_axis(ax, x, path[x])
        ax.set_ylabel("Score")
        ax.grid(color=GRID, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="best", frameon=False, handlelength=3)
        return self

    def _draw_band(self, positions, name, colour):
        if self.low is None or self.high is None:
            return
        low, high = _as_table(self.low)[name], _as_table(self.high)[name]
        self.ax_.fill_between(positions, low, high, color=colour, alpha=0.18, lw=0)


def _as_table(path):
    """Return a path as a DataFrame, each class of a mapping as a column of its own."""
    table = pd.DataFrame(path).reset_index(drop=True)
    if table.empty:
        raise ValueError("The pruning path has no stage; at least one is needed.")
    columns = {}
    for name, values in table.items():
        if isinstance(values.iloc[0], Mapping):
            by_class = pd.DataFrame(list(values))
            labels = aami_first(by_class)
            columns |= {f"{name}: {label}": by_class[label] for label in labels}
        else:
            columns[name] = values
    return pd.DataFrame(columns)


def _check_same_sparsities(tables):
    if not tables:
        raise ValueError("paths is empty; at least one pruning path is needed.")
    for number, table in enumerate(tables):
        _check_path_axis("sparsity", table)
        sparsities = table["sparsity"].to_numpy(), tables[0]["sparsity"].to_numpy()
        # Rounding to whole weights may differ by one weight per layer.
        if len(table) != len(tables[0]) or not np.allclose(*sparsities, atol=1e-3):
            raise ValueError(
                "The paths must go through the same sparsities; path 0 goes through "
                f"{_sparsities(tables[0])}, path {number} through {_sparsities(table)}."
            )


def _sparsities(table):
    return ", ".join(f"{sparsity:.3g}" for sparsity in table["sparsity"])


def _check_path_axis(x, path):
    allowed = [name for name in _PATH_AXES if name in path]
    if x not in allowed:
        raise ValueError(
            f"x={x!r} is not among the quantities of this pruning path, which are "
            f"{listed(allowed) or 'none'}."
        )


def _chosen_scores(path, scores):
    """Return the columns to draw."""
    available = [name for name in path.select_dtypes("number") if _is_score(name)]
    if scores is None:
        wanted = available
    else:
        chosen = [scores] if isinstance(scores, str) else list(scores)
        wanted = [column for name in chosen for column in _columns_of(path, name)]
    wanted = [name for name in wanted if path[name].notna().any()]
    if not wanted:
        raise ValueError(
            "The pruning path has no scores to draw that are not NaN throughout; its "
            f"columns are {listed(list(path.columns))}."
        )
    return wanted


def _is_score(name):
    words = ("score", "accuracy", "recall", "f1")
    return ": " in name or any(word in name.lower() for word in words)


def _columns_of(path, name):
    columns = [column for column in path if column == name]
    columns += [column for column in path if column.startswith(f"{name}: ")]
    if not columns:
        raise ValueError(
            f"The pruning path has no score {name!r}; its columns are "
            f"{listed(list(path.columns))}."
        )
    return columns


def _curve_styles(names):
    """Return the style of each curve: colours for classes, greys for overall scores."""
    split = {name: name.rpartition(": ") for name in names}
    of_classes = {name: label for name, (score, _, label) in split.items() if score}
    class_styles = styles_of_classes(list(of_classes.values()))
    scores = list(dict.fromkeys(split[name][0] for name in of_classes))
    overall = [name for name in names if name not in of_classes]
    greys = cycle(GREYS if of_classes else (TRACE, *COLOURS))
    markers, lines = cycle(MARKERS), cycle(("--", ":") if of_classes else LINE_STYLES)
    styles = {
        name: {"color": next(greys), "marker": next(markers), "linestyle": next(lines)}
        for name in overall
    }
    for name, label in of_classes.items():
        colour, marker = class_styles[label]
        line = LINE_STYLES[scores.index(split[name][0]) % len(LINE_STYLES)]
        styles[name] = {"color": colour, "marker": marker, "linestyle": line}
    return {name: {"markersize": 5, "linewidth": 1.5} | styles[name] for name in names}


def _set_path_axis(ax, x, positions):
    """Scale the x-axis by the logarithm of what is left, from dense to sparse."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

    ax.set_xlabel(_PATH_AXES[x])
    if x == "sparsity":
        ax.set_xscale("function", functions=(_what_is_left, lambda t: -np.expm1(-t)))
        ticks = [tick for tick in _SPARSITY_TICKS if tick <= positions.max() + 1e-3]
        ax.set_xticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
        return
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.invert_xaxis()


def _what_is_left(sparsity):
    """Return minus the logarithm of it; matplotlib asks for 1 in passing."""
    with np.errstate(divide="ignore"):
        return -np.log1p(-sparsity)

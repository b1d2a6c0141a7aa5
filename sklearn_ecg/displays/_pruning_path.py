"""Scores along a pruning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from ._path_table import (
    as_table,
    check_axis_is_free,
    check_quantity,
    check_same_sparsities,
    chosen_scores,
    curves_of_search,
    mean_and_range,
    set_path_axis,
)
from ._style import GRID, curve_styles, leave_room, legend_below, legend_outside

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Stages: TypeAlias = pd.DataFrame | Sequence[dict]
Quantity: TypeAlias = Literal["sparsity", "n_nonzero", "macs"]


class Compared(Protocol):
    """What `compare_pruning` returns, as far as figures know it."""

    @property
    def rows(self) -> pd.DataFrame:
        """A row for each method, fold, seed and sparsity."""

    @property
    def names(self) -> tuple[str, ...]:
        """The methods."""


class PruningPathDisplay:
    """Scores of a network along its pruning, against what is left of it.

    Use `from_estimator`, `from_cv_results` or `from_paths` to make one, or give a path;
    all parameters are stored as attributes. Several displays may share one `ax`.

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

    def __init__(
        self,
        path: Stages,
        *,
        low: pd.DataFrame | None = None,
        high: pd.DataFrame | None = None,
    ) -> None:
        self.path = path
        self.low = low
        self.high = high
        # Methods and candidates have names of any kind.
        self._curves: list[str] | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator | Compared | Bunch,
        *,
        x: Quantity = "sparsity",
        scores: str | Sequence[str] | None = None,
        name: str | None = None,
        ax: Axes | None = None,
    ) -> PruningPathDisplay:
        """Plot the stages of a fitted classifier, or the methods of a comparison.

        Parameters
        ----------
        estimator : PrunedCNNClassifier, PrunedCNNClassifierCV, Pipeline, search, \
path or PruningComparison
            A fitted classifier, or what holds one: a Pipeline that ends with it, a
            search such as GridSearchCV, in any order of nesting, or what
            `PrunedCNNClassifier.pruning_path` returns. Of a search, the stages of its
            ``best_estimator_`` are drawn; `from_cv_results` draws the search. What
            `~sklearn_ecg.model_selection.compare_pruning` returns has a curve for each
            method: the mean of its test scores, in the range of folds and seeds.
        x : {"sparsity", "n_nonzero", "macs"}, default="sparsity"
            The quantity on the x-axis, from dense at the left to sparse.
        scores : str or list of str, default=None
            The scores to draw, or the methods of a comparison. None draws all.
        name : str, default=None
            Stands before the names of the curves: for several on one `ax`.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : PruningPathDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it holds no classifier with stages, or is a search that was told not to
            refit.
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
        if isinstance(getattr(estimator, "rows", None), pd.DataFrame):
            methods = list(estimator.names)
            mean, low, high = mean_and_range(estimator.rows, methods)
            display = cls(mean, low=low, high=high)
            display._curves = methods
        else:
            display = cls(_stages_of(estimator))
        return display.plot(x=x, scores=scores, name=name, ax=ax)

    @classmethod
    def from_paths(
        cls,
        paths: Sequence[Stages],
        *,
        x: Quantity = "sparsity",
        scores: str | Sequence[str] | None = None,
        name: str | None = None,
        ax: Axes | None = None,
    ) -> PruningPathDisplay:
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
        name : str, default=None
            Stands before the names of the curves: for several on one `ax`.
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
        tables = [as_table(path) for path in paths]
        check_same_sparsities(tables)
        columns = [c for c in tables[0] if all(c in table for table in tables)]
        stages = pd.concat([t[columns] for t in tables], keys=range(len(tables)))
        numbers = stages.select_dtypes("number").groupby(level=1)
        display = cls(numbers.median(), low=numbers.min(), high=numbers.max())
        return display.plot(x=x, scores=scores, name=name, ax=ax)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping | pd.DataFrame | BaseEstimator,
        *,
        param_name: str | None = None,
        scores: str | Sequence[str] | None = None,
        name: str | None = None,
        ax: Axes | None = None,
    ) -> PruningPathDisplay:
        """Plot what a search along sparsities found: mean test scores and their spread.

        The curve is the mean over the folds, the band one standard deviation to either
        side. Candidates that differ in more than their sparsity are curves of their
        own, named after what they differ in; those of a halving search, after their
        resources.

        Parameters
        ----------
        cv_results : dict, DataFrame or search
            The ``cv_results_`` of a search such as GridSearchCV or
            `PrunedCNNClassifierCV`, or the search, fitted; or some rows of it as a
            DataFrame.
        param_name : str, default=None
            The parameter that is the sparsity, as in ``"classify__sparsity"``. None
            finds the one that is called ``sparsity``, in whatever holds it.
        scores : str or list of str, default=None
            The scores to draw, of a search with several. None draws all.
        name : str, default=None
            Stands before the names of the curves: for several on one `ax`.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : PruningPathDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the search is not fitted.
        TypeError
            If it is no search.
        ValueError
            If no parameter, or more than one, is a sparsity; there is no such score; or
            there are more than eight curves.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn.datasets import make_blobs
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn_ecg import PrunedCNNClassifier
        >>> from sklearn_ecg.displays import PruningPathDisplay
        >>> X, y = make_blobs(60, n_features=20, random_state=0)
        >>> classifier = PrunedCNNClassifier(n_stages=1, n_epochs=1, random_state=0)
        >>> grid = {"sparsity": [0.5, 0.9], "criterion": ["lamp", "magnitude"]}
        >>> search = GridSearchCV(classifier, grid, cv=2).fit(X, y)
        >>> display = PruningPathDisplay.from_cv_results(search)
        >>> list(display.lines_)
        ['criterion=lamp', 'criterion=magnitude']
        >>> plt.close(display.figure_)
        """
        mean, low, high = curves_of_search(cv_results, param_name, scores)
        display = cls(mean, low=low, high=high)
        display._curves = list(mean.columns[1:])
        return display.plot(name=name, ax=ax)

    def plot(
        self,
        *,
        x: Quantity = "sparsity",
        scores: str | Sequence[str] | None = None,
        name: str | None = None,
        ax: Axes | None = None,
    ) -> PruningPathDisplay:
        """Draw the curves, and a legend below them.

        The legend is the figure's, outside of `ax`, where that is alone in a figure
        with constrained layout, as a new one is; else it stands in `ax`, in room that
        is made for it. Where the scores of a curve are all between 0 and 1, its error
        band is drawn no further.

        Parameters
        ----------
        x : {"sparsity", "n_nonzero", "macs"}, default="sparsity"
            The quantity on the x-axis, from dense at the left to sparse. The axis is
            logarithmic in what is left, so that 90 % and 99 % are as far apart as 0 %
            and 90 %.
        scores : str or list of str, default=None
            The scores to draw: names of columns, or of mappings, which stand for all
            of their classes. None draws every score: all columns with "score",
            "accuracy", "recall" or "f1" in their names, and all mappings; of methods
            that were compared, and of a search, all curves.
        name : str, default=None
            Stands before the names of the curves: for several on one `ax`.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : PruningPathDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the path has no stage, or lacks `x` or the scores; or if `ax` has curves
            against another quantity.
        """
        import matplotlib.pyplot as plt

        path = as_table(self.path)
        check_quantity(x, path)
        names = chosen_scores(path, self._curves if scores is None else scores)
        if ax is None:
            _, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
        check_axis_is_free(ax, x)
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = {}
        for score, style in curve_styles(names, len(ax.lines)).items():
            self.lines_[score] = self._draw_curve(path, x, score, name, style)
        self._draw_bands(path[x])
        set_path_axis(ax, x, np.concatenate([line.get_xdata() for line in ax.lines]))
        ax.set_ylabel("Score")
        ax.grid(color=GRID, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        handles, _ = ax.get_legend_handles_labels()
        if legend_outside([ax], handles, "lower center"):
            leave_room(ax)
        else:
            legend_below(ax, handles)
        return self

    def _draw_curve(self, path, x, score, name, style):
        label = score.replace("_", " ")
        label = label if name is None else f"{name}: {label}"
        # A curve has no gaps where another has a sparsity of its own.
        known = path[score].notna()
        (line,) = self.ax_.plot(
            path.loc[known, x], path.loc[known, score], label=label, **style
        )
        return line

    def _draw_bands(self, positions):
        """Draw the error bands, if there are some, as far as a score can be."""
        if self.low is None or self.high is None:
            return
        low, high = as_table(self.low), as_table(self.high)
        for name, line in self.lines_.items():
            known = low[name].notna()
            ends = low.loc[known, name], high.loc[known, name]
            scores = line.get_ydata()
            if scores.min() >= 0 and scores.max() <= 1:
                ends = [np.clip(end, 0, 1) for end in ends]
            style = {"color": line.get_color(), "alpha": 0.18, "lw": 0}
            self.ax_.fill_between(positions[known], *ends, **style)


def _stages_of(estimator):
    """Return the stages of the classifier that an estimator holds."""
    if isinstance(estimator, Bunch) and "stages" in estimator:
        return estimator.stages
    while True:
        check_is_fitted(estimator)
        if isinstance(estimator, Pipeline):
            estimator = estimator[-1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            break
    if hasattr(estimator, "stages_"):
        return estimator.stages_
    kind = type(estimator).__name__
    if hasattr(estimator, "cv_results_"):
        raise TypeError(
            f"The {kind} was fitted with refit=False and keeps no classifier: there "
            "are no stages to draw. Fit it with refit=True."
        )
    raise TypeError(
        f"{kind} has no stages: give a fitted PrunedCNNClassifier or "
        "PrunedCNNClassifierCV, or a Pipeline or a search that holds one; or what "
        "pruning_path or compare_pruning returned."
    )

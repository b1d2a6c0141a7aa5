"""Pruning methods compared on equal terms: same folds, same seeds, same sparsities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike
from scipy import stats
from sklearn.base import clone
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import indexable
from tqdm.auto import tqdm

from .._messages import listed
from .._parameter_checks import N_JOBS, Choice, ListOf, WholeNumber, checked
from ..classifier import PrunedCNNClassifier, checked_sparsities, folds_of
from ..displays import PruningPathDisplay
from ..metrics import macro_f1_score

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KINDS = {
    "seeds": ListOf(WholeNumber(0), "a list of whole numbers"),
    "stages": Choice(("path", "own", None)),
    "n_jobs": N_JOBS,
}
_QUANTITIES = ("sparsity", "n_nonzero", "macs")


@dataclass(frozen=True, eq=False)
class PruningComparison:
    """What several pruning methods reach, made by :func:`compare_pruning`.

    Attributes
    ----------
    rows : DataFrame
        One row for each ``method``, ``fold``, ``seed`` and ``sparsity`` that was asked
        for: ``score`` on the test part, ``n_nonzero`` weights, ``macs`` a beat, and the
        ``epochs`` that it took up to there.
    names : tuple of str
        The methods, in their order.

    Examples
    --------
    See :func:`compare_pruning`.
    """

    rows: pd.DataFrame
    names: tuple[str, ...]

    def __str__(self) -> str:
        return self.table().to_string(float_format="{:.4f}".format)

    def table(self) -> pd.DataFrame:
        """Return the mean score of each method at each sparsity, and what it costs.

        Returns
        -------
        DataFrame
            Indexed by ``sparsity`` and ``method``: ``score``, its standard deviation
            ``std`` over folds and seeds, and the means of ``n_nonzero``, ``macs`` and
            ``epochs``. Compare methods of equal epochs: more training is worth more.
        """
        groups = self.rows.groupby(["sparsity", "method"], sort=False)
        table = groups[["score", *_QUANTITIES[1:], "epochs"]].mean()
        table.insert(1, "std", groups["score"].std())
        return table.sort_index(level="sparsity", sort_remaining=False)

    def differences(self, reference: str | None = None) -> pd.DataFrame:
        """Return how much better each method is than one of them, fold by fold.

        The differences are paired: of the same fold and seed. Folds share training
        data, so an interval is somewhat too narrow [1]_.

        Parameters
        ----------
        reference : str, default=None
            The method to compare with; None is the first.

        Returns
        -------
        DataFrame
            Indexed by ``sparsity`` and ``method``: the mean ``difference``, the ``low``
            and ``high`` end of its 95 % interval by Student's t (NaN of one pair), and
            ``n_pairs``.

        Raises
        ------
        ValueError
            If there is no such method.

        References
        ----------
        .. [1] C. Nadeau, Y. Bengio (2003), "Inference for the Generalization Error",
           Machine Learning 52:239-281.
        """
        reference = self.names[0] if reference is None else reference
        if reference not in self.names:
            raise ValueError(
                f"reference={reference!r}: must be one of {listed(list(self.names))}."
            )
        pairs = self.rows.pivot_table(
            index=["sparsity", "fold", "seed"], columns="method", values="score"
        )
        lines = {}
        for sparsity, scores in pairs.groupby(level="sparsity"):
            for name in self.names:
                if name != reference:
                    difference = (scores[name] - scores[reference]).dropna()
                    lines[sparsity, name] = _interval(difference.to_numpy())
        table = pd.DataFrame.from_dict(
            lines, orient="index", columns=["difference", "low", "high", "n_pairs"]
        )
        table.index = pd.MultiIndex.from_tuples(lines, names=["sparsity", "method"])
        return table.astype({"n_pairs": int})

    def plot(
        self,
        *,
        x: Literal["sparsity", "n_nonzero", "macs"] = "sparsity",
        ax: Axes | None = None,
    ) -> PruningPathDisplay:
        """Draw the mean score of each method, with the range of its folds and seeds.

        Parameters
        ----------
        x : {"sparsity", "n_nonzero", "macs"}, default="sparsity"
            The quantity on the x-axis, its mean over the methods.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        PruningPathDisplay
        """
        return PruningPathDisplay.from_estimator(self, x=x, ax=ax)


def compare_pruning(
    classifiers: Mapping[str, PrunedCNNClassifier],
    X: ArrayLike | pd.DataFrame,
    y: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    cv: int | BaseCrossValidator | None = None,
    sparsities: Sequence[float] = (0.0, 0.6, 0.8, 0.9, 0.95),
    stages: Literal["path", "own"] | None = None,
    seeds: Sequence[int] = (0,),
    scoring: Callable[[np.ndarray, np.ndarray], float] = macro_f1_score,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> PruningComparison:
    """Compare pruning methods in the same folds, with the same seeds.

    Methods that differ in their stages only start from the same dense network, bit for
    bit. A fair comparison also gives them the same epochs [1]_: the table tells.

    Parameters
    ----------
    classifiers : dict of str to PrunedCNNClassifier
        The methods by name. Their `sparsity` and `random_state` are replaced; and their
        `n_stages` and `schedule`, if `stages` is "path".
    X, y : see :meth:`PrunedCNNClassifier.fit`
        Windows and labels.
    groups : array-like of shape (n_beats,), default=None
        Patients, for a grouped `cv`.
    cv : int, cross-validator or iterable, default=None
        As in scikit-learn; give a grouped one to compare on patients never seen.
    sparsities : sequence of float in [0, 1)
        Where to score.
    stages : {"path", "own"} or None, default=None
        How a method comes to a sparsity. "path" is one fit for all of them
        (:meth:`PrunedCNNClassifier.pruning_path`), in which each is a stage on the way
        to the next. "own" is a fit for each, through the `n_stages` and the `schedule`
        of the method, which takes longer; a `schedule` that is a list has to pass
        through all of them. None is "own" where a method has another `n_stages` or
        `schedule` than a classifier has by default, as one-shot pruning has, and "path"
        elsewhere.
    seeds : sequence of int, default=(0,)
        Random states.
    scoring : callable, default=macro_f1_score
        A score of true and predicted labels, the higher the better.
    n_jobs : int or None, default=None
        Fits at the same time, through `joblib`.
    verbose : int, default=0
        If not 0, a progress bar is shown.

    Returns
    -------
    PruningComparison

    Raises
    ------
    TypeError
        If a method is no PrunedCNNClassifier.
    ValueError
        If a parameter is not allowed, there is no method, a list as `schedule` leaves
        out a sparsity, or a fit fails.

    References
    ----------
    .. [1] D. Blalock et al. (2020), "What is the State of Neural Network Pruning?",
       arXiv:2003.03033.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> from sklearn_ecg import PrunedCNNClassifier
    >>> from sklearn_ecg.model_selection import compare_pruning
    >>> X, y = make_blobs(120, n_features=20, random_state=0)
    >>> quick = {"n_epochs": 2, "stage_epochs": 1}
    >>> comparison = compare_pruning(
    ...     {
    ...         "lamp": PrunedCNNClassifier(**quick),
    ...         "magnitude": PrunedCNNClassifier(criterion="magnitude", **quick),
    ...     },
    ...     X, y, cv=2, sparsities=[0, 0.9],
    ... )
    >>> comparison.table().shape
    (4, 5)
    >>> comparison.differences("lamp")["n_pairs"].tolist()
    [2, 2]

    One-shot against multistage pruning, with the same epochs:

    >>> comparison = compare_pruning(
    ...     {
    ...         "one-shot": PrunedCNNClassifier(n_stages=1, n_epochs=2, stage_epochs=4),
    ...         "multistage": PrunedCNNClassifier(n_epochs=2, stage_epochs=1),
    ...     },
    ...     X, y, cv=2, sparsities=[0.9],
    ... )
    >>> comparison.table()["epochs"].tolist()
    [6.0, 6.0]
    """
    given = {"seeds": seeds, "stages": stages, "n_jobs": n_jobs}
    checked("compare_pruning", given, _KINDS)
    stops = checked_sparsities("compare_pruning", sparsities)
    if not classifiers or not len(seeds):
        raise ValueError("There is nothing to compare: give a method and a seed.")
    for name, classifier in classifiers.items():
        if not isinstance(classifier, PrunedCNNClassifier):
            raise TypeError(
                f"The method {name!r} is a {type(classifier).__name__}; it must be a "
                "PrunedCNNClassifier. Windows go in: transform the beat table first."
            )
    fits = _path
    if stages == "own" or (stages is None and _any_has_stages(classifiers)):
        fits = _own_fits
        _check_schedules(classifiers, stops)
    X, y, groups = indexable(X, y, groups)
    folds = folds_of(cv, X, y, groups)
    tasks = [
        (name, fold, seed)
        for fold in range(len(folds))
        for seed in seeds
        for name in classifiers
    ]
    parallel = Parallel(n_jobs, return_as="generator")
    found = parallel(
        delayed(_scored)(
            fits,
            clone(classifiers[name]).set_params(random_state=int(seed)),
            stops,
            (X, y, groups),
            folds[fold],
            scoring,
            {"method": name, "fold": fold, "seed": seed},
        )
        for name, fold, seed in tasks
    )
    bar = tqdm(found, "Comparing", total=len(tasks), disable=not verbose, unit="fold")
    rows = [row for of_path in bar for row in of_path]
    return PruningComparison(pd.DataFrame(rows), tuple(classifiers))


def _any_has_stages(classifiers):
    """Tell whether the stages of a method were chosen, as far as can be seen."""
    default = PrunedCNNClassifier()
    return any(
        classifier.n_stages != default.n_stages
        or not isinstance(classifier.schedule, str)
        or classifier.schedule != default.schedule
        for classifier in classifiers.values()
    )


def _check_schedules(classifiers, stops):
    for name, classifier in classifiers.items():
        if isinstance(classifier.schedule, str):
            continue
        passed = [0.0, *classifier.schedule]
        missing = [stop for stop in stops if stop not in passed]
        if missing:
            raise ValueError(
                f"The schedule of the method {name!r} passes through {passed}, not "
                f"through {missing[0]:g}: leave that out of sparsities={stops}, or "
                "give a schedule by name, which leads to any."
            )


def _scored(fits, classifier, stops, data, fold, scoring, known):
    """Fit a method on a fold; return a row for each sparsity."""
    train, test = fold
    X, y, _ = data
    training = [_rows(values, train) for values in data]
    true = np.asarray(_rows(y, test))
    rows = []
    for sparsity, fitted in fits(classifier, training, stops):
        cost = fitted.complexity_
        measured = {
            "sparsity": float(sparsity),
            "score": float(scoring(true, fitted.predict(_rows(X, test)))),
            "n_nonzero": cost.n_nonzero,
            "macs": cost.macs,
            "epochs": sum(stage["n_epochs"] for stage in fitted.stages_),
        }
        rows.append(known | measured)
    return rows


def _path(classifier, training, stops):
    """Fit once through all sparsities."""
    path = classifier.pruning_path(*training, sparsities=stops)
    return list(zip(path.sparsities, path.classifiers, strict=True))


def _own_fits(classifier, training, stops):
    """Fit to each sparsity through the method's own stages, as far as a guard lets."""
    if not isinstance(classifier.schedule, str):
        through = _path(classifier, training, [0.0, *classifier.schedule])
        return [pair for pair in through if pair[0] in stops] or through[:1]
    fits = [
        (stop, clone(classifier).set_params(sparsity=stop).fit(*training))
        for stop in stops
    ]
    accepted = [pair for pair in fits if pair[1].stages_[-1].get("accepted", True)]
    return accepted or [(0.0, fits[0][1].at_stage(0))]


def _rows(values, rows):
    if values is None:
        return None
    return values.iloc[rows] if hasattr(values, "iloc") else np.asarray(values)[rows]


def _interval(differences):
    """Return mean, ends of the 95 % interval, and number of paired differences."""
    n_pairs = len(differences)
    mean = float(differences.mean()) if n_pairs else float("nan")
    if n_pairs < 2:
        return mean, float("nan"), float("nan"), n_pairs
    half = stats.t.ppf(0.975, n_pairs - 1) * stats.sem(differences)
    return mean, mean - half, mean + half, n_pairs

"""PrunedCNNClassifierCV: choose the sparsity by cross-validating whole paths."""

import inspect
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.metrics import check_scoring
from sklearn.model_selection import BaseCrossValidator, check_cv
from sklearn.utils import indexable
from sklearn.utils.validation import check_is_fitted, column_or_1d
from tqdm.auto import tqdm

from .._parameter_checks import (
    FLAG,
    N_JOBS,
    AnyOf,
    Choice,
    WholeNumber,
    checked,
    checked_weights,
    plain,
    refuse,
)
from ._classifier import PrunedCNNClassifier
from ._data import forget, read_training_beats
from ._parameters import checked_sparsities, epochs_of_first

_KINDS = {
    "rule": Choice(("best", "one_standard_error")),
    "n_jobs": N_JOBS,
    "verbose": AnyOf(WholeNumber(0), FLAG),
}


_HOW_TO_NEST = (
    " In a Pipeline that is classify__groups=patients, by the name of its step. "
    "cross_val_score and its like give their own groups=patients to the outer split "
    "only: let them hand it on by params={'groups': patients} beside it. A search "
    "hands its groups on after sklearn.set_config(enable_metadata_routing=True)."
)


class PrunedCNNClassifierCV(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """`PrunedCNNClassifier` that chooses its sparsity by cross-validation.

    Each fold trains one path through all sparsities
    (:meth:`PrunedCNNClassifier.pruning_path`) where a grid search would train every
    sparsity from the start; the classifier of the sparsity chosen is then fitted on all
    the data. Give `groups` and a grouped `cv` to choose by patient.

    Parameters
    ----------
    classifier : PrunedCNNClassifier or None, default=None
        The classifier with all its other parameters, of which `n_stages` and `schedule`
        give way to `sparsities`; None takes the defaults.
    sparsities : sequence of float in [0, 1), default=(0.0, 0.5, 0.6, 0.8, 0.9, 0.95)
        Candidates; each is a stage on the way to the next.
    cv : int, cross-validator or iterable, default=None
        As in :class:`sklearn.model_selection.GridSearchCV`.
    scoring : str or callable, default=None
        As there, but one score only; None is accuracy.
    rule : {"best", "one_standard_error"}, default="best"
        Take the sparsity with the best mean score (of equals the sparsest), or the
        sparsest whose mean is within one standard error of the best (Breiman et al.,
        "Classification and Regression Trees", 1984, section 3.4.3).
    n_jobs : int or None, default=None
        Folds to train at the same time, through `joblib`.
    verbose : int, default=0
        1 shows a progress bar over the folds, and over the epochs of the last fit.

    Attributes
    ----------
    best_estimator_ : PrunedCNNClassifier
        The classifier chosen, fitted on all the data.
    sparsity_ : float
        Its sparsity among the candidates, or what it reached where `min_recall` or
        `max_recall_drop` of the classifier ended the last fit sooner.
    cv_results_ : dict
        As in `GridSearchCV`, an entry for each sparsity: ``params``,
        ``param_sparsity``, ``split0_test_score`` and so on, ``mean_test_score``,
        ``std_test_score``, ``standard_error`` and ``rank_test_score``. NaN in a fold
        whose path a guard of the recall ended before that sparsity, which then can't be
        chosen.
    best_index_ : int
        Entry of the sparsity chosen.
    choice_ : str
        Why it was chosen, in words.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, if X has some.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> from sklearn_ecg import PrunedCNNClassifier, PrunedCNNClassifierCV
    >>> X, y = make_blobs(120, n_features=20, random_state=0)
    >>> search = PrunedCNNClassifierCV(
    ...     PrunedCNNClassifier(n_epochs=2, stage_epochs=1, random_state=0),
    ...     sparsities=[0, 0.5, 0.9], cv=2,
    ... ).fit(X, y)
    >>> search.cv_results_["param_sparsity"]
    array([0. , 0.5, 0.9])
    >>> search.sparsity_ in (0, 0.5, 0.9)
    True

    Nested by patient: `groups` are for the outer split, and those in `params` for the
    inner one; in a Pipeline they are ``{"classify__groups": patients}``. After
    ``sklearn.set_config(enable_metadata_routing=True)`` those in `params` are for both.

    >>> from sklearn.model_selection import GroupKFold, cross_val_score
    >>> patients = [row % 6 for row in range(len(X))]
    >>> search.set_params(cv=GroupKFold(2))
    PrunedCNNClassifierCV(...)
    >>> scores = cross_val_score(
    ...     search, X, y, groups=patients, cv=GroupKFold(3), params={"groups": patients}
    ... )
    >>> len(scores)
    3
    """

    # With metadata routing on, scikit-learn hands the patients over when it has them.
    __metadata_request__fit = {"groups": True}  # noqa: RUF012

    def __init__(
        self,
        classifier: PrunedCNNClassifier | None = None,
        *,
        sparsities: Sequence[float] = (0.0, 0.5, 0.6, 0.8, 0.9, 0.95),
        cv: int | BaseCrossValidator | Iterable | None = None,
        scoring: str | Callable[..., float] | None = None,
        rule: Literal["best", "one_standard_error"] = "best",
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.classifier = classifier
        self.sparsities = sparsities
        self.cv = cv
        self.scoring = scoring
        self.rule = rule
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(
        self,
        X: ArrayLike | pd.DataFrame,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Cross-validate the path, choose a sparsity, fit on everything.

        Parameters
        ----------
        X, y : see :meth:`PrunedCNNClassifier.fit`
            Training data.
        groups : array-like of shape (n_beats,), default=None
            Patients, for a grouped `cv` and for the classifier's early stopping.
        sample_weight : array-like of shape (n_beats,) or float, default=None
            What each beat counts, for the classifier and, as in scikit-learn's own
            ``...CV`` estimators, for the scores of the folds: `scoring` then has to
            take ``sample_weight``. The folds are cut as they are without weights.

        Returns
        -------
        PrunedCNNClassifierCV
            The fitted estimator.

        Raises
        ------
        ValueError
            If `rule` is unknown, `scoring` is more than one score or takes no weights
            where there are some, no sparsity is reached in every fold, or as
            :meth:`PrunedCNNClassifier.fit` does.
        """
        forget(self)
        classifier, stops = self._checked_parameters()
        # So that an error names rows of this X, not of a fold's.
        beats = read_training_beats(clone(classifier), X, y, groups, sample_weight)
        y = column_or_1d(y, warn=True)
        given = _Given(*indexable(X, y, groups, checked_weights(sample_weight, len(y))))
        if not beats.has_signal.all():
            given = given.part(np.flatnonzero(beats.has_signal))
        scores = self._cross_validate(classifier, given, stops)
        results = _results(stops, scores)
        index, choice = _choose(results, self.rule)
        path = self._fit_on_everything(classifier, given, stops[: index + 1])

        self.cv_results_ = results
        self.best_index_ = index
        self.choice_ = choice
        self.sparsity_ = float(path.sparsities[-1])
        if self.sparsity_ < stops[index]:
            self.choice_ += (
                f"; the guard of the recall ended the fit on everything at "
                f"{self.sparsity_:g}"
            )
        self.best_estimator_ = path.classifiers[-1].set_params(
            verbose=classifier.verbose
        )
        self.classes_ = self.best_estimator_.classes_
        self.n_features_in_ = self.best_estimator_.n_features_in_
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_
        return self

    def _checked_parameters(self):
        """Return the classifier, and the sparsities where its paths stop."""
        owner = type(self).__name__
        checked(owner, self.get_params(deep=False), _KINDS)
        if isinstance(self.scoring, Collection) and not isinstance(self.scoring, str):
            refuse(owner, "scoring", self.scoring, "one score, by which to choose")
        classifier = (
            PrunedCNNClassifier() if self.classifier is None else self.classifier
        )
        if not isinstance(classifier, PrunedCNNClassifier):
            allowed = (
                f"a PrunedCNNClassifier, not a {type(classifier).__name__}: in a "
                "Pipeline, PrunedCNNClassifierCV takes the classifier's place"
            )
            refuse(owner, "classifier", classifier, allowed)
        return classifier, checked_sparsities(owner, self.sparsities)

    def _cross_validate(self, classifier, given, stops):
        """Score every sparsity in every fold: an array (n_folds, n_sparsities)."""
        scorer = check_scoring(classifier, scoring=self.scoring)
        if given.weights is not None:
            self._check_scorer_takes_weights(scorer)
        folds = folds_of(self.cv, given.X, given.y, given.groups, _HOW_TO_NEST)
        if self.rule == "one_standard_error" and len(folds) < 2:
            raise ValueError(
                "rule='one_standard_error' needs at least two folds; cv gives one."
            )
        tasks = (
            delayed(_score_path)(
                classifier, given.part(train), given.part(test), stops, scorer
            )
            for train, test in folds
        )
        parallel = Parallel(n_jobs=plain(self.n_jobs), return_as="generator")
        progress = tqdm(
            parallel(tasks), total=len(folds), unit="fold", disable=not self.verbose
        )
        scores = np.full((len(folds), len(stops)), np.nan)
        for fold, reached in enumerate(progress):
            _check_scores(reached, fold, stops)
            scores[fold, : len(reached)] = reached
        if np.isnan(scores).any(axis=0).all():
            raise ValueError(
                f"sparsities={stops} has none that min_recall or max_recall_drop lets "
                "every fold reach: add lower ones, such as 0, or lower the floors."
            )
        return scores

    def _check_scorer_takes_weights(self, scorer):
        parameters = inspect.signature(scorer).parameters
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        if not takes_any and "sample_weight" not in parameters:
            allowed = (
                "a score that takes sample_weight, as fit was given one: a name of "
                "scikit-learn's, or a function with the parameters (estimator, X, y, "
                "sample_weight)"
            )
            refuse(type(self).__name__, "scoring", self.scoring, allowed)

    def _fit_on_everything(self, classifier, given, stops):
        """Train the path to the sparsity chosen."""
        epochs = epochs_of_first(classifier.stage_epochs, np.count_nonzero(stops))
        final = clone(classifier).set_params(stage_epochs=epochs)
        if self.verbose:
            final.set_params(verbose=self.verbose)
        return final.pruning_path(
            given.X,
            given.y,
            given.groups,
            sample_weight=given.weights,
            sparsities=stops,
        )

    def predict(self, X: ArrayLike | pd.DataFrame) -> np.ndarray:
        """Most probable class, by the classifier chosen.

        Parameters
        ----------
        X : see :meth:`PrunedCNNClassifier.predict`
            Windows.

        Returns
        -------
        ndarray of shape (n_beats,)
            Labels.
        """
        check_is_fitted(self)
        return self.best_estimator_.predict(X)

    def predict_proba(self, X: ArrayLike | pd.DataFrame) -> np.ndarray:
        """Probability of each class, by the classifier chosen.

        Parameters
        ----------
        X : see :meth:`PrunedCNNClassifier.predict_proba`
            Windows.

        Returns
        -------
        ndarray of shape (n_beats, n_classes)
            Probabilities, in the order of `classes_`.
        """
        check_is_fitted(self)
        return self.best_estimator_.predict_proba(X)

    def predict_log_proba(self, X: ArrayLike | pd.DataFrame) -> np.ndarray:
        """Logarithm of the probability of each class, by the classifier chosen.

        Parameters
        ----------
        X : see :meth:`PrunedCNNClassifier.predict_log_proba`
            Windows.

        Returns
        -------
        ndarray of shape (n_beats, n_classes)
            Natural logarithms, in the order of `classes_`.
        """
        check_is_fitted(self)
        return self.best_estimator_.predict_log_proba(X)


def folds_of(cv, X, y, groups, how=""):
    """Split by patient if `cv` does; `how` says more of how to tell who is whom."""
    splitter = check_cv(cv, np.asarray(y), classifier=True)
    try:
        return list(splitter.split(X, y, groups))
    except ValueError as error:
        if groups is not None or "groups" not in str(error):
            raise
        raise ValueError(
            f"cv={type(splitter).__name__} splits by patient and was not told who is "
            f"whom: give groups=patients, one for each row of X, beside X and y.{how}"
        ) from error


@dataclass(frozen=True)
class _Given:
    """What `fit` was given."""

    X: Any
    y: np.ndarray
    groups: Any
    weights: Any

    def part(self, rows):
        """Take some of the beats."""
        return _Given(
            *(
                None if values is None else _take(values, rows)
                for values in (self.X, self.y, self.groups, self.weights)
            )
        )


def _take(values, rows):
    """Take rows of a table, an array or a list."""
    if hasattr(values, "iloc"):
        return values.iloc[rows]
    if isinstance(values, list | tuple):
        return [values[row] for row in rows]
    return values[rows]


def _score_path(classifier, train, test, stops, scorer):
    """Train one path on a fold and score its classifiers, as far as a guard lets it."""
    path = clone(classifier).pruning_path(
        train.X, train.y, train.groups, sample_weight=train.weights, sparsities=stops
    )
    weights = {} if test.weights is None else {"sample_weight": test.weights}
    return [
        scorer(fitted, test.X, test.y, **weights)
        for sparsity, fitted in zip(path.sparsities, path.classifiers, strict=True)
        if sparsity in stops
    ]


def _check_scores(scores, fold, stops):
    for score, stop in zip(scores, stops, strict=False):
        if not np.isfinite(score):
            raise ValueError(
                f"scoring gave {score} in fold {fold} at sparsity {stop:g}: there is "
                "nothing to compare."
            )


def _results(stops, scores):
    """Arrange the scores as `GridSearchCV` does."""
    mean, deviation = scores.mean(axis=0), scores.std(axis=0)
    n_folds = len(scores)
    comparable = np.where(np.isnan(mean), -np.inf, mean)
    folds = {f"split{fold}_test_score": row for fold, row in enumerate(scores)}
    return {
        "params": [{"sparsity": stop} for stop in stops],
        "param_sparsity": np.array(stops),
        **folds,
        "mean_test_score": mean,
        "std_test_score": deviation,
        # Of the mean, from the sample's own variance: a single fold has none.
        "standard_error": deviation / np.sqrt(max(n_folds - 1, 1)),
        "rank_test_score": (comparable[:, None] < comparable).sum(axis=1) + 1,
    }


def _choose(results, rule):
    """Entry to take, and why."""
    sparsity, mean = results["param_sparsity"], results["mean_test_score"]
    best = int(np.flatnonzero(mean == np.nanmax(mean))[-1])
    error = results["standard_error"][best]
    if rule == "best":
        return best, (
            f"sparsity {sparsity[best]:g} has the best mean score, {mean[best]:.4f}"
        )
    index = int(np.flatnonzero(mean >= mean[best] - error)[-1])
    return index, (
        f"sparsity {sparsity[index]:g} is the highest whose mean score, "
        f"{mean[index]:.4f}, is within one standard error, {error:.4f}, of the best, "
        f"{mean[best]:.4f} at sparsity {sparsity[best]:g}"
    )

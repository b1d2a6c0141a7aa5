"""One small network that looks at a beat in two leads, one after the other."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import log_softmax
from sklearn import get_config
from sklearn.metrics import accuracy_score
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.validation import check_is_fitted

from .._messages import listed
from .._parameter_checks import Name, Names, check
from ..beats import check_table, rows_by_record
from ..records import (
    UnusableSignalError,
    as_recording,
    choose_leads,
    choose_second,
    tell_of_choices,
)
from ..windows import BeatSegmenter

SECOND_LEADS = (
    *("V1", "V5", "V2", "V4", "ECG2", "MV1", "MV2", "V3", "V6", "CM5", "CM2", "CC5"),
    *("ML5", "MLIII", "III", "MLI", "I", "aVF", "D3", "D4", "ECG1"),
)
"""Leads that stand beside a first one in recordings, those of ambulatory ones first."""


class View(NamedTuple):
    """What one lead shows of some beats."""

    windows: pd.DataFrame  # What the segmenter makes of them
    rows: np.ndarray  # Rows of the beat table


class MultiLeadPipeline(Pipeline):
    """A Pipeline for one lead that looks at a second one, too, where there is one.

    The same segmenter and the same network see each beat in the first lead and in the
    second, and the logarithms of the probabilities are averaged. What one lead does not
    show, or noise hides in it, the other may. `fit` trains on the beats in both leads,
    so that the network knows more than one kind of lead; it is no larger for that. A
    recording with one lead is labelled by that one alone.

    Parameters
    ----------
    steps : list of (str, estimator)
        A `BeatSegmenter` that reads one lead (``channels="first"``), and a classifier
        with `predict_log_proba`.
    second_lead : str or sequence of str, default=SECOND_LEADS
        The leads to look at beside the segmenter's: of several, the first that a
        recording has and that is not the first lead already. ``"any"`` is any other.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.

    See Also
    --------
    sklearn_ecg.make_beat_pipeline : Makes one, with `second_lead`.

    Examples
    --------
    >>> from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
    >>> from sklearn_ecg.classifier import MultiLeadPipeline
    >>> from sklearn_ecg.datasets import make_ecg
    >>> beats = make_ecg(n_records=2, leads=("MLII", "V1"), random_state=0)
    >>> classifier = PrunedCNNClassifier(n_epochs=2, n_stages=1, random_state=0)
    >>> model = MultiLeadPipeline([
    ...     ("segment", BeatSegmenter()), ("classify", classifier)
    ... ])
    >>> model = model.fit(beats.data, beats.target)
    >>> model.predict_proba(beats.data).shape == (len(beats.data), len(model.classes_))
    True
    """

    # A Pipeline of two steps with nothing to remember between them.
    transform_input = None
    memory = None
    verbose = False

    def __init__(
        self,
        steps: list[tuple[str, Any]],
        *,
        second_lead: str | Sequence[str] = SECOND_LEADS,
    ) -> None:
        self.steps = steps
        self.second_lead = second_lead

    def __getitem__(self, index):
        # A slice is of steps, and looks at one lead.
        if isinstance(index, slice):
            return Pipeline(self.steps[index])
        return super().__getitem__(index)

    def fit(self, X: pd.DataFrame, y: ArrayLike, **params: Any) -> Self:
        """Fit the classifier to the beats in both leads.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            A beat table.
        y : array-like of shape (n_beats,)
            Labels.
        **params
            Of the classifier's `fit`, as in a Pipeline: ``classify__groups``; or
            ``groups``, where scikit-learn routes metadata.

        Returns
        -------
        MultiLeadPipeline

        Raises
        ------
        TypeError, ValueError
            As its steps do, or if they are of another kind.
        """
        self._check()
        segmenter, classifier = self[0], self[1]
        segmenter.fit(X, y)
        views = self.views(X)
        rows = np.concatenate([view.rows for view in views])
        windows = pd.concat([view.windows for view in views], ignore_index=True)
        given = self._of_classifier(params)
        per_row = {
            key: _taken(value, rows)
            if np.ndim(value) > 0 and len(value) == len(X)
            else value
            for key, value in given.items()
        }
        classifier.fit(windows, _taken(y, rows), **per_row)
        return self

    def _of_classifier(self, params):
        """Return the parameters of the classifier's `fit`, by their own names."""
        name = self.steps[1][0]
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, "fit", **params)[name].fit
        prefix = f"{name}__"
        for key in params:
            if not key.startswith(prefix) or key == prefix:
                raise ValueError(
                    f"fit got the parameter {key!r}; those of the classifier are "
                    f"called '{prefix}...'."
                )
        return {key.removeprefix(prefix): value for key, value in params.items()}

    def views(self, X: pd.DataFrame) -> list[View]:
        """Cut the beats in the first lead, and in the second where there is one.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            A beat table.

        Returns
        -------
        list of View
            The first has all rows, with NaN for a beat without signal. The second has
            those whose window has a signal, and may have none.
        """
        first = View(self[0].transform(X), np.arange(len(X)))
        parts = [part for part in self._of_second_lead(X) if len(part.rows)]
        if not parts:
            return [first]
        windows = pd.concat([part.windows for part in parts])
        return [first, View(windows, np.concatenate([part.rows for part in parts]))]

    def predict_log_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Logarithm of the probability of each class: the mean over the leads.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            A beat table.

        Returns
        -------
        ndarray of shape (n_beats, n_classes)

        Raises
        ------
        ValueError
            If a beat has a signal in neither lead.
        """
        check_is_fitted(self)
        total = np.zeros((len(X), len(self.classes_)))
        n_views = np.zeros(len(X), dtype=int)
        for windows, rows in self.views(X):
            usable = windows.notna().all(axis=1).to_numpy()
            if usable.any():
                total[rows[usable]] += self[-1].predict_log_proba(windows[usable])
            n_views[rows[usable]] += 1
        silent = np.flatnonzero(n_views == 0)
        if len(silent):
            raise ValueError(
                f"{len(silent)} of the {len(X)} beats have a signal in no lead: rows "
                f"{listed(silent.tolist())}. Leave them out."
            )
        return mean_log_proba(total, n_views)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Probability of each class.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            A beat table.

        Returns
        -------
        ndarray of shape (n_beats, n_classes)
        """
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Most probable class.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            A beat table.

        Returns
        -------
        ndarray of shape (n_beats,)
            Labels.
        """
        return self.classes_[self.predict_log_proba(X).argmax(axis=1)]

    def score(
        self, X: pd.DataFrame, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Accuracy.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            A beat table.
        y : array-like of shape (n_beats,)
            Labels.
        sample_weight : array-like of shape (n_beats,), default=None
            What each beat counts.

        Returns
        -------
        float
        """
        return accuracy_score(y, self.predict(X), sample_weight=sample_weight)

    def second_names(self) -> list[str]:
        """Return the names of the leads that may be the second one."""
        given = self.second_lead
        return [given] if isinstance(given, str) else [str(name) for name in given]

    def _check(self):
        kinds = [type(step).__name__ for _, step in self.steps]
        if len(self.steps) != 2 or not isinstance(self.steps[0][1], BeatSegmenter):
            raise TypeError(
                "MultiLeadPipeline takes two steps, a BeatSegmenter and a classifier, "
                f"not {', '.join(kinds)}."
            )
        if self.steps[0][1].channels != "first":
            raise ValueError(
                "MultiLeadPipeline looks at one lead at a time: its BeatSegmenter "
                f"takes channels='first', not {self.steps[0][1].channels!r}."
            )
        given = self.second_lead
        kind = Name() if isinstance(given, str) else Names()
        check(type(self).__name__, "second_lead", given, kind)

    def _of_second_lead(self, X):
        check_table(X, [])
        segmenter = copy.copy(self[0]).set_params(
            on_invalid="ignore", n_jobs=None, verbose=0
        )
        taken = []
        for source, rows in rows_by_record(X):
            recording = as_recording(source)
            leads = recording.source.leads
            [first] = choose_leads(
                str(recording), leads, segmenter._leads(), first=True
            )
            second = choose_second(leads, first.place, self.second_names())
            if second is None:
                continue
            taken.append((str(recording), second))
            of_lead = copy.copy(segmenter).set_params(lead=second.name)
            try:
                windows = of_lead.transform(X.iloc[rows])
            except UnusableSignalError:
                continue
            usable = windows.notna().all(axis=1).to_numpy()
            yield View(windows[usable], rows[usable])
        tell_of_choices([], taken)


def mean_log_proba(total: np.ndarray, n_views: np.ndarray) -> np.ndarray:
    """Average logarithms of probabilities over leads, so that they are some again."""
    return log_softmax(total / n_views[:, np.newaxis], axis=1)


def _taken(values, rows):
    return values.iloc[rows] if hasattr(values, "iloc") else np.asarray(values)[rows]

"""What a model must be to label the beats of a signal."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..records._symbols import aami_first
from ..windows._segmenter import BeatSegmenter

UNKNOWN = "?"
"""The label of a beat that has no signal: in WFDB, a beat that is not classified."""


class Labeller:
    """Labels and probabilities of the rows that the first step of a Pipeline makes.

    Parameters
    ----------
    model : Pipeline
        Fitted; its first step is a `BeatSegmenter`.
    lead : str or sequence of str, default=None
        The leads to read instead of those of the segmenter.

    Attributes
    ----------
    segmenter : BeatSegmenter
        A copy of that of the model, which reads `lead` and shows no progress.
    classes : list of str
        Labels in the order of the standard.
    """

    def __init__(self, model: Pipeline, lead: str | Sequence[str] | None = None):
        _check_model(model)
        self.segmenter = copy.copy(model[0]).set_params(verbose=0)
        if lead is not None:
            self.segmenter.set_params(lead=lead)
        self._rest = model[1:]
        self._classes = np.asarray(model.classes_).tolist()
        self.classes = aami_first(self._classes)
        self._order = [self._classes.index(label) for label in self.classes]
        self._has_probabilities = hasattr(self._rest, "predict_proba")

    def labels_of(self, features: np.ndarray, has_signal: np.ndarray) -> pd.DataFrame:
        """Label rows.

        Parameters
        ----------
        features : ndarray of shape (n_beats, n_features), float32
        has_signal : ndarray of shape (n_beats,), bool
            The others are labelled `UNKNOWN`.

        Returns
        -------
        DataFrame of shape (n_beats, 1 + n_classes)
            ``label``, and if the model knows them the probabilities ``p_<label>``, NaN
            where there is no signal.
        """
        rows = pd.DataFrame(
            features[has_signal], columns=self.segmenter.feature_names_out_
        )
        label = np.full(len(features), UNKNOWN, dtype=object)
        columns: dict[str, Any] = {"label": label}
        if len(rows):
            label[has_signal] = self._rest.predict(rows)
        if self._has_probabilities:
            probabilities = np.full((len(features), len(self.classes)), np.nan)
            if len(rows):
                found = self._rest.predict_proba(rows)
                probabilities[has_signal] = found[:, self._order]
            for name, column in zip(self.classes, probabilities.T, strict=True):
                columns[f"p_{name}"] = column
        return pd.DataFrame(columns)


def _check_model(model: BaseEstimator) -> None:
    is_one = isinstance(model, Pipeline) and isinstance(model[0], BeatSegmenter)
    if not is_one or len(model) < 2:
        raise TypeError(
            "model must be a Pipeline that begins with a BeatSegmenter and ends with a "
            f"classifier, not {type(model).__name__}. Make one with "
            "sklearn_ecg.make_interpatient_pipeline and fit it."
        )
    check_is_fitted(model)

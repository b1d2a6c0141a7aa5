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

from ..classifier._multi_lead import MultiLeadPipeline, mean_log_proba
from ..records._annotations import aami_first
from ..records._lead_choice import names_of
from ..windows._row_stream import Rows
from ..windows._segmenter import BeatSegmenter

UNKNOWN = "?"
"""The label of a beat that has no signal: in WFDB, a beat that is not classified."""


class Labeller:
    """Labels and probabilities of the rows that the first step of a Pipeline makes."""

    def __init__(self, model: Pipeline, lead: str | Sequence[str] | None = None):
        _check_model(model)
        self.segmenter = copy.copy(model[0]).set_params(verbose=0)
        if lead is not None:
            self.segmenter.set_params(lead=names_of("annotate", "lead", lead))
        self._averages = isinstance(model, MultiLeadPipeline)
        self.second_leads: list[str] = []
        if isinstance(model, MultiLeadPipeline) and lead is None:
            self.second_leads = model.second_names()
        self._rest = Pipeline(model.steps[1:])
        self._classes = np.asarray(model.classes_).tolist()
        self.classes = aami_first(self._classes)
        self._order = [self._classes.index(label) for label in self.classes]
        self._has_probabilities = hasattr(self._rest, "predict_proba")

    def labels_of(self, views: Sequence[Rows]) -> pd.DataFrame:
        """Label beats."""
        has_signal = np.any([view.has_signal for view in views], axis=0)
        label = np.full(len(has_signal), UNKNOWN, dtype=object)
        columns: dict[str, Any] = {}
        probabilities = None
        if self._averages and has_signal.any():
            log_proba = self._averaged(views)[has_signal]
            label[has_signal] = np.asarray(self._classes)[log_proba.argmax(axis=1)]
            probabilities = np.exp(log_proba)
        elif has_signal.any():
            rows = self._table(views[0].features[has_signal])
            label[has_signal] = self._rest.predict(rows)
            if self._has_probabilities:
                probabilities = self._rest.predict_proba(rows)
        if self._has_probabilities:
            all_of_them = np.full((len(has_signal), len(self.classes)), np.nan)
            if probabilities is not None:
                all_of_them[has_signal] = probabilities[:, self._order]
            for name, column in zip(self.classes, all_of_them.T, strict=True):
                columns[f"p_{name}"] = column
        # Of one type, whether there are beats or not.
        labels = pd.Series(label, dtype=object)
        return pd.DataFrame({"label": labels} | columns)

    def _averaged(self, views):
        """Average over the leads that show a beat; NaN where none does."""
        shape = len(views[0].features), len(self.classes)
        total, n_views = np.zeros(shape), np.zeros(shape[0], dtype=int)
        for view in views:
            usable = view.has_signal
            if usable.any():
                rows = self._table(view.features[usable])
                total[usable] += self._rest.predict_log_proba(rows)
            n_views[usable] += 1
        with np.errstate(invalid="ignore"):
            return mean_log_proba(total, n_views)

    def _table(self, features):
        return pd.DataFrame(features, columns=self.segmenter.feature_names_out_)


def _check_model(model: BaseEstimator) -> None:
    is_one = isinstance(model, Pipeline) and isinstance(model[0], BeatSegmenter)
    if not is_one or len(model) < 2:
        raise TypeError(
            "model must be a Pipeline that begins with a BeatSegmenter and ends with a "
            f"classifier, not {type(model).__name__}. Make one with "
            "sklearn_ecg.make_beat_pipeline and fit it."
        )
    check_is_fitted(model)

"""What a model must be to label the beats of a signal, and what it says of them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..classifier import SECOND_LEADS, mean_log_proba
from ..detection import Change
from ..records import ANY_LEAD, aami_first, names_of
from ..windows import BeatSegmenter, Rows
from ._engine import Looks, RowEngine, RPeakSource

UNKNOWN = "?"
"""The label of a beat that has no signal: in WFDB, a beat that is not classified."""


class Engine(Protocol):
    """What makes labelled beats of a signal, after all checks."""

    @property
    def device_rate(self) -> float | None:
        """The rate of a device that tells the rhythm itself, in Hz."""

    @property
    def none(self) -> pd.DataFrame:
        """The table of no beats."""

    @property
    def quality(self) -> pd.DataFrame:
        """Stretches without beats to see, in samples."""

    @property
    def stretches(self) -> Sequence[tuple]:
        """What `quality` holds, as a sequence that grows."""

    @property
    def settled(self) -> int:
        """The sample before which all stretches are known that begin there."""

    @property
    def changes(self) -> Sequence[Change]:
        """Which lead is believed from when on."""

    def push(self, blocks: Sequence[np.ndarray]) -> list[pd.DataFrame]:
        """Take samples in mV of each view; return the beats that are certain now."""

    def skip(self, n_samples: int) -> list[pd.DataFrame]:
        """Take missing samples of all leads."""

    def flush(self) -> pd.DataFrame:
        """Return the last beats."""

    def tell_of_signal(self, called: str, is_voltage: bool) -> None:
        """Warn of a signal that seems to be in another unit, or of beats too fast."""


class Labeller(Protocol):
    """A model: which leads it reads, what it can say, and how it labels a signal."""

    leads: list[str]  # Wanted, in the order of preference
    is_first: bool  # Whether one of them is read, the first that is there
    second_leads: Sequence[str]  # One of which is looked at beside, if it is there
    averages: bool  # Over both leads; or the one that is believed is looked at
    classes: list[str]

    @property
    def counts(self) -> np.ndarray | None:
        """How many beats are of each class in each lead; None if one is labelled."""

    def engine(
        self,
        sampling_rate: float,
        views: Sequence[Sequence[str]],
        r_peaks: RPeakSource | None = None,
    ) -> Engine:
        """Begin with a signal, the leads of which are those of each view."""


def labeller_of(model: Any, lead: str | Sequence[str] | None = None) -> Labeller:
    """Return how a model labels signals; `lead` is read in place of its own."""
    leads = None if lead is None else names_of("annotate", "lead", lead)
    if hasattr(model, "labeller"):
        return model.labeller(leads, aami_first(model.classes_.tolist()))
    return PipelineLabeller(model, leads)


class PipelineLabeller:
    """Labels and probabilities of the rows that the first step of a Pipeline makes."""

    def __init__(self, model: Pipeline, leads: list[str] | None = None):
        _check_model(model)
        self._segmenter = copy.copy(model[0]).set_params(verbose=0)
        if leads is not None:
            self._segmenter.set_params(lead=leads)
        self.leads = self._segmenter._leads()
        self.is_first = self._segmenter.channels == "first"
        self._names = pd.Index(self._segmenter.feature_names_out_)
        self.averages = hasattr(model, "second_names")
        self.second_leads = [] if leads else self._seconds(model)
        self._rest = Pipeline(model.steps[1:])
        self._counts: Any = np.zeros((), dtype=np.int64)
        self._classes = np.asarray(model.classes_).tolist()
        self.classes = aami_first(self._classes)
        self._order = [self._classes.index(label) for label in self.classes]
        self._has_probabilities = hasattr(self._rest, "predict_proba")

    @property
    def counts(self) -> np.ndarray | None:
        """How many beats are of each class in each view; None if none was labelled."""
        return self._counts[:, self._order] if np.ndim(self._counts) else None

    def engine(
        self,
        sampling_rate: float,
        views: Sequence[Sequence[str]],
        r_peaks: RPeakSource | None = None,
    ) -> RowEngine:
        """Begin with a signal, the leads of which are those of each view."""
        return RowEngine(self._segmenter, self._table_of, sampling_rate, views, r_peaks)

    def _seconds(self, model):
        """Return the leads that may be looked at beside the first."""
        if self.averages:
            return model.second_names()
        if not self.is_first or len(self.leads) < 2:
            return []
        is_any = ANY_LEAD in self.leads
        return [*SECOND_LEADS, ANY_LEAD] if is_any else self.leads

    def _table_of(
        self, views: Sequence[Rows], looks: Looks, places: dict[str, np.ndarray]
    ) -> pd.DataFrame:
        """Label beats; the columns of their places come first."""
        seen = np.stack([view.has_signal for view in views])
        has_signal = np.any(seen, axis=0)
        label = np.full(len(has_signal), UNKNOWN, dtype=object)
        columns: dict[str, Any] = {}
        probabilities = None
        if self.averages and has_signal.any():
            log_proba = self._averaged(views, _worth_a_look(seen, looks))[has_signal]
            label[has_signal] = np.asarray(self._classes)[log_proba.argmax(axis=1)]
            probabilities = np.exp(log_proba)
        elif has_signal.any():
            rows = self._rows(_believed(views, seen, looks)[has_signal])
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
        quality = np.where(has_signal, "good", "no signal")
        of_beats = {"rr_prev": views[0].rr_prev, "quality": quality}
        return pd.DataFrame(places | {"label": labels} | columns | of_beats)

    def _averaged(self, views, usable):
        """Average over the views that are usable at a beat; NaN where none is."""
        seen = [view.features[of] for view, of in zip(views, usable, strict=True)]
        # All at once, as a beat alone takes the network as long as many.
        log_proba = self._rest.predict_log_proba(self._rows(np.concatenate(seen)))
        parts = np.split(log_proba, np.cumsum([len(rows) for rows in seen[:-1]]))
        n_classes = len(self.classes)
        own = [part.argmax(axis=1) for part in parts]
        self._counts = self._counts + np.array(
            [np.bincount(each, minlength=n_classes) for each in own]
        )
        total = np.zeros((len(usable[0]), n_classes))
        for of, part in zip(usable, parts, strict=True):
            total[of] += part
        n_views = np.sum(usable, axis=0)
        with np.errstate(invalid="ignore"):
            return mean_log_proba(total, n_views)

    def _rows(self, features):
        return pd.DataFrame(features, columns=self._names)


def _worth_a_look(seen, looks):
    """Return which views to look at: the sound ones with a signal, or any with one."""
    usable = seen & looks.is_sound
    return np.where(usable.any(axis=0), usable, seen)


def _believed(views, seen, looks):
    """Return the rows in the lead that is believed, or else in one with a signal."""
    if len(views) == 1:
        return views[0].features
    beats = np.arange(len(looks.first))
    place = np.where(seen[looks.first, beats], looks.first, 1 - looks.first)
    return np.where(place[:, np.newaxis], views[1].features, views[0].features)


def _check_model(model: BaseEstimator) -> None:
    is_one = isinstance(model, Pipeline) and isinstance(model[0], BeatSegmenter)
    if not is_one or len(model) < 2:
        raise TypeError(
            "model must be a Pipeline that begins with a BeatSegmenter and ends with a "
            f"classifier, or a DeviceChain, not {type(model).__name__}. Make one with "
            "sklearn_ecg.make_beat_pipeline and fit it."
        )
    check_is_fitted(model)

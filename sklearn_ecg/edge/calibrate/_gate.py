"""How the gates of a network are fitted: to the network, on calibration beats."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from ..twin._gate import WEIGHT_MAX, Gate, LeadGate, lead_of

SURE = 0.95
"""The probability of its label below which the network is not sure of a beat."""

_MOST_LOST = 0.003
"""Share of the beats of each other label that may pass, where they were held out."""

_FEWEST_OTHERS = 50
"""Beats of a label from which on its share can be told."""

_LEAST_PASSED = 0.2
"""Share of calibration beats that have to pass: a gate takes instructions, too."""

_MOST_BEATS = 30_000
"""To fit to: more say no more of so few weights."""

_FOLDS = 5

_LEAST_SPREAD = 8.0
"""Of a feature, in steps of 256: one that hardly ever varies shall not weigh most."""

FEWEST_RECORDINGS = 20
"""A gate fitted to six lost beats of other people, one fitted to twenty hardly any."""


def fit_gate(
    features: np.ndarray,
    logits: np.ndarray,
    logit_scale: float,
    recordings: np.ndarray,
    seed: int,
) -> Gate | None:
    """Fit a gate to a network; None where it would save nothing, or can't be judged.

    A logistic regression foretells from the scaled features where the network is not
    sure of its commonest label. The limit is chosen on recordings that were held out.
    """
    chosen = _some(len(features), seed)
    features, logits, recordings = features[chosen], logits[chosen], recordings[chosen]
    labels = logits.argmax(axis=1)
    commonest, others = _commonest(labels)
    is_told = features.shape[1] > 0 and len(others) > 0
    if not is_told or len(np.unique(recordings)) < FEWEST_RECORDINGS:
        return None
    unsure = softmax(logits * logit_scale, axis=1)[:, commonest] < SURE
    centers = np.median(features[labels == commonest], axis=0).astype(np.int64)
    away = features - centers
    away = np.hstack([np.minimum(away, 0), np.maximum(away, 0)])
    spread = np.maximum(away.std(axis=0), _LEAST_SPREAD)
    scores, model = _foretold(away / spread, unsure, recordings)
    least = (np.quantile(scores[labels == label], _MOST_LOST) for label in others)
    limit = min(least) - model.intercept_[0]
    gate = _rounded(model.coef_[0] / spread, limit, centers, logits[~unsure])
    passed = gate.scores(features) < gate.limit
    return gate if passed.mean() >= _LEAST_PASSED else None


def fit_lead_gate(
    logits: np.ndarray, looked: np.ndarray, n_recordings: int
) -> LeadGate | None:
    """Fit a gate to the logits of beats in two leads, of those that are looked at.

    The limit is the lowest that changes the label of no calibration beat. None where
    it would spare little, or can't be judged.
    """
    is_seen = looked.any(axis=1)
    logits, looked = logits[is_seen], looked[is_seen]
    labels = logits.sum(axis=1).argmax(axis=1)
    commonest, others = _commonest(labels)
    if len(others) == 0 or n_recordings < FEWEST_RECORDINGS:
        return None
    both = looked.all(axis=1)
    leads = lead_of(logits[:, 0], commonest)
    limit = leads[both & (labels != commonest)].max(initial=0)
    gate = LeadGate(commonest, int(limit))
    passed = both & gate.passes(logits[:, 0])
    return gate if passed.mean() >= _LEAST_PASSED else None


def _commonest(labels):
    """Return the commonest label, and the others that there are enough beats of."""
    counts = np.bincount(labels, minlength=1)
    commonest = int(counts.argmax())
    others = np.flatnonzero(counts >= _FEWEST_OTHERS)
    return commonest, others[others != commonest]


def _some(n_beats, seed):
    """Choose beats at random, in order."""
    if n_beats <= _MOST_BEATS:
        return np.arange(n_beats)
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(n_beats, _MOST_BEATS, replace=False))


def _foretold(away, unsure, recordings):
    """Return scores of recordings that were held out, and a model of all."""
    model = LogisticRegression(C=0.01, solver="newton-cholesky")
    folds = GroupKFold(_FOLDS)
    scores = cross_val_predict(
        model, away, unsure, groups=recordings, cv=folds, method="decision_function"
    )
    return scores, model.fit(away, unsure)


def _rounded(weights, limit, centers, logits):
    """Round a model to weights of 8 bits."""
    scale = WEIGHT_MAX / np.abs(weights).max()
    below, above = np.rint(weights * scale).astype(int).reshape(2, -1).tolist()
    typical = np.rint(logits.mean(axis=0)).astype(int).tolist()
    return Gate(
        tuple(centers.tolist()),
        tuple(below),
        tuple(above),
        int(np.floor(limit * scale)),
        tuple(typical),
    )

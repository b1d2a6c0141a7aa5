"""Probabilities that are right as often as they say, by the last layer alone."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import log_softmax
from small_classifiers import QUICK, Averages

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.classifier._calibration import Scaling
from sklearn_ecg.networks import prunable_weights

ALL = np.full(3, True)
TEMPERATURE, BIAS = 2.5, np.array([0.8, 0.0, -0.8])


def drawn(n_beats=20_000):
    """Logits that are too large and off, and labels as often as they should be."""
    random = np.random.default_rng(0)
    logits = 4 * random.normal(size=(n_beats, 3))
    proba = np.exp(log_softmax(logits / TEMPERATURE + BIAS, axis=1))
    codes = (random.random((n_beats, 1)) > proba.cumsum(axis=1)).sum(axis=1)
    return log_softmax(logits, axis=1), np.minimum(codes, 2)


def test_what_was_wrong_with_the_probabilities_is_found():
    scaling = Scaling.fitted(*drawn(), ALL)
    assert scaling.temperature == pytest.approx(TEMPERATURE, rel=0.05)
    assert scaling.bias - scaling.bias[1] == pytest.approx(BIAS, abs=0.08)


def test_a_class_without_beats_is_not_ruled_out():
    log_proba, codes = drawn(2000)
    scaling = Scaling.fitted(log_proba[codes < 2], codes[codes < 2], ALL)
    assert -9 < scaling.bias[2] < scaling.bias[:2].min()


def test_a_class_that_counts_half_is_half_as_probable():
    log_proba, codes = drawn()
    weights = np.where(codes == 2, 0.5, 1.0)
    one, other = (
        Scaling.fitted(log_proba, codes, ALL),
        Scaling.fitted(log_proba, codes, ALL, weights),
    )
    moved = (other.bias - one.bias) - (other.bias - one.bias)[0]
    assert moved == pytest.approx([0, 0, np.log(0.5)], abs=0.02)


@pytest.fixture(scope="module")
def windows(beats):
    """The windows of `beats` in columns, with a feature of rhythm beside them."""
    names = [f"MLII@{place:+d}" for place in range(beats[0].shape[1])]
    table = pd.DataFrame(beats[0], columns=names)
    table["rr_prev"] = np.random.default_rng(0).random(len(table), dtype=np.float32)
    return table


@pytest.fixture(scope="module", params=["beatcnn", "twobranch", "acharya2017"])
def classifier(request, windows, beats):
    own = {"module": request.param, "module_params": None}
    return PrunedCNNClassifier(0.8, **QUICK | own).fit(windows, beats[1])


def calibrated_on_others(classifier, windows, y, bias=("N", "S", "V")):
    """Calibrate to labels that are hardly right; say what its scaling gives, too."""
    other = np.random.default_rng(0).permutation(y)
    log_proba = classifier.predict_log_proba(windows)
    codes = np.searchsorted(classifier.classes_, other)
    scaling = Scaling.fitted(log_proba, codes, np.isin(classifier.classes_, bias))
    calibrated = classifier.calibrated(log_proba, other, bias=bias)
    return calibrated, scaling.applied(log_proba)


def test_every_network_computes_what_was_fitted(classifier, windows, beats):
    calibrated, expected = calibrated_on_others(classifier, windows, beats[1])
    found = calibrated.predict_log_proba(windows)
    assert np.abs(expected - classifier.predict_log_proba(windows)).max() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_zeros_stay_and_the_classifier_too(classifier, windows, beats):
    before = classifier.predict_log_proba(windows)
    calibrated, _ = calibrated_on_others(classifier, windows, beats[1])
    for old, new in zip(
        prunable_weights(classifier.module_),
        prunable_weights(calibrated.module_),
        strict=True,
    ):
        assert torch.equal(old == 0, new == 0)
    np.testing.assert_array_equal(classifier.predict_log_proba(windows), before)


def test_without_bias_all_labels_stay(classifier, windows, beats):
    calibrated, _ = calibrated_on_others(classifier, windows, beats[1], bias=[])
    labels = classifier.predict(windows).tolist()
    assert calibrated.predict(windows).tolist() == labels
    before, after = (c.predict_proba(windows) for c in (classifier, calibrated))
    assert after.max() < before.max()


def test_a_class_without_bias_stands_to_another_as_before(classifier, windows, beats):
    calibrated, _ = calibrated_on_others(classifier, windows, beats[1], bias=["V"])
    before, after = (c.predict_log_proba(windows) for c in (classifier, calibrated))
    n, s, v = (list(classifier.classes_).index(label) for label in "NSV")
    ratio = np.median((before[:, s] - before[:, n]) / (after[:, s] - after[:, n]))
    np.testing.assert_allclose(
        (before[:, s] - before[:, n]) / ratio, after[:, s] - after[:, n], atol=1e-3
    )
    moved = after[:, v] - after[:, n] - (before[:, v] - before[:, n]) / ratio
    assert np.abs(moved).min() > 0.05


def test_what_does_not_fit_is_refused(trained, beats):
    X, y = beats
    log_proba = trained.predict_log_proba(X)
    for given, labels, message in (
        (log_proba[:, :2], y, "has 2 columns: must have one for each class, 3"),
        (np.full_like(log_proba, -np.inf), y, "log_proba contains infinity"),
        (log_proba, y[:-1], "240 rows and y has 239 labels"),
        (log_proba, np.full(len(y), "X"), "the labels 'X', which"),
    ):
        with pytest.raises(ValueError, match=message):
            trained.calibrated(given, labels)
    with pytest.raises(ValueError, match="sample_weight"):
        trained.calibrated(log_proba, y, sample_weight=[1.0, 2.0])
    with pytest.raises(ValueError, match=r"bias has the labels 'X': must be some of"):
        trained.calibrated(log_proba, y, bias=["X"])


def test_a_network_of_ones_own_is_refused(beats):
    own = {"module": Averages, "module_params": None}
    classifier = PrunedCNNClassifier(**QUICK | own).fit(*beats)
    with pytest.raises(ValueError, match=r"Averages can't be calibrated: .* beatcnn"):
        classifier.calibrated(classifier.predict_log_proba(beats[0]), beats[1])

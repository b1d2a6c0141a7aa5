"""A classifier adapted to one patient: the last layer moves, and zeros stay."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_ecg import PrunedCNNClassifier

QUICK = {"n_epochs": 4, "n_stages": 1, "stage_epochs": 2, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    random = np.random.RandomState(0)
    y = random.randint(0, 3, 400)
    X = random.randn(400, 40).astype(np.float32)
    X[np.arange(400), y * 10] += 3
    return X, np.array(list("NSV"))[y]


@pytest.fixture(scope="module")
def fitted(data):
    return PrunedCNNClassifier(0.7, **QUICK).fit(*data)


def of_another_patient(data):
    X, y = data
    return np.roll(X, 2, axis=1) + 0.5, y


def loss(classifier, X, y):
    places = np.searchsorted(classifier.classes_, y)
    return -classifier.predict_log_proba(X)[np.arange(len(y)), places].mean()


def test_the_rest_of_a_patient_is_classified_better(fitted, data):
    X, y = of_another_patient(data)
    adapted = fitted.adapted(X[:200], y[:200])
    assert loss(adapted, X[200:], y[200:]) < 0.9 * loss(fitted, X[200:], y[200:])


def test_only_the_last_layer_moves_and_zeros_stay(fitted, data):
    before = {n: v.clone() for n, v in fitted.module_.state_dict().items()}
    adapted = fitted.adapted(*of_another_patient(data))
    after = adapted.module_.state_dict()
    moved = {name for name in after if not torch.equal(before[name], after[name])}
    assert moved == {"output.weight", "output.bias"}
    zeros = before["output.weight"] == 0
    assert zeros.any()
    assert (after["output.weight"][zeros] == 0).all()
    assert adapted.sparsity_ == fitted.sparsity_
    for name, values in fitted.module_.state_dict().items():
        assert torch.equal(values, before[name])


def test_the_stronger_the_nearer_to_the_labels(fitted, data):
    X, y = of_another_patient(data)
    losses = [
        loss(fitted.adapted(X, y, strength=strength), X, y)
        for strength in (1e-6, 0.03, 0.1, 1.0)
    ]
    assert losses[0] == pytest.approx(loss(fitted, X, y), rel=1e-4)
    assert losses == sorted(losses, reverse=True)


def test_a_class_without_a_beat_is_still_found(fitted, data):
    X, y = data
    adapted = fitted.adapted(X[y != "V"][:100], y[y != "V"][:100])
    recall = (adapted.predict(X[y == "V"]) == "V").mean()
    assert recall > 0.8 * (fitted.predict(X[y == "V"]) == "V").mean()


def test_the_result_is_the_same_each_time_and_draws_nothing(fitted, data):
    X, y = of_another_patient(data)
    state = torch.get_rng_state()
    one, other = fitted.adapted(X, y), fitted.adapted(X, y)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    "parameters",
    [{"module": "acharya2017"}, {"structure": "channel"}],
    ids=["acharya2017", "channel"],
)
def test_every_network_of_the_package_can_be_adapted(parameters, data):
    X, y = data
    fitted = PrunedCNNClassifier(0.5, **QUICK | parameters).fit(X, y)
    adapted = fitted.adapted(*of_another_patient(data))
    assert loss(adapted, *of_another_patient(data)) < loss(
        fitted, *of_another_patient(data)
    )


class Own(nn.Module):
    def __init__(self, n_channels, n_samples, n_rhythm, n_classes):
        super().__init__()
        self.layer = nn.Linear(n_channels * n_samples, n_classes)

    def forward(self, signal, rhythm):
        return self.layer(signal.flatten(1))


def test_what_cannot_be_adapted_is_refused(fitted, data):
    X, y = data
    with pytest.raises(
        ValueError, match=r"labels 'X', which the classifier doesn't know"
    ):
        fitted.adapted(X[:2], ["N", "X"])
    with pytest.raises(ValueError, match="2 rows and y has 1 labels"):
        fitted.adapted(X[:2], ["N"])
    with pytest.raises(ValueError, match="'strength' parameter"):
        fitted.adapted(X, y, strength=0)
    with pytest.raises(ValueError, match="0 sample"):
        fitted.adapted(X[:0], y[:0])
    own = PrunedCNNClassifier(0.5, module=Own, **QUICK).fit(X, y)
    with pytest.raises(ValueError, match="A Own can't be adapted"):
        own.adapted(X, y)

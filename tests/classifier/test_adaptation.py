"""A classifier adapted to one patient: the last layer moves, and zeros stay."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_ecg import PrunedCNNClassifier

BRIEF = {"n_epochs": 4, "n_stages": 1, "stage_epochs": 2, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    random = np.random.RandomState(0)
    y = random.randint(0, 3, 400)
    X = random.randn(400, 40).astype(np.float32)
    X[np.arange(400), y * 10] += 3
    return X, np.array(list("NSV"))[y]


@pytest.fixture(scope="module")
def fitted(data):
    return PrunedCNNClassifier(0.7, **BRIEF).fit(*data)


def of_another_patient(data):
    X, y = data
    return np.roll(X, 2, axis=1) + 0.5, y


def another_heart(data, by):
    """Return beats that look as V beats of the others do, by so much."""
    X, y = data
    X = X.copy()
    X[:, 20] += by
    return X, y


def loss(classifier, X, y):
    places = np.searchsorted(classifier.classes_, y)
    return -classifier.predict_log_proba(X)[np.arange(len(y)), places].mean()


def test_the_rest_of_a_patient_is_classified_better(fitted, data):
    X, y = of_another_patient(data)
    adapted = fitted.adapted(X[:300], y[:300])
    assert loss(adapted, X[300:], y[300:]) < 0.9 * loss(fitted, X[300:], y[300:])


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


def last_layers(classifier):
    state = classifier.module_.state_dict()
    return torch.cat([state["output.weight"].flatten(), state["output.bias"]])


def test_weights_move_little_where_there_is_little_to_learn_from(fitted, data):
    X, y = (values[:100] for values in data)
    little = fitted.adapted(X, y, strength=0.03)
    assert torch.equal(last_layers(fitted.adapted(X, y)), last_layers(little))


def test_weights_move_far_where_it_foretells_beats(fitted, data):
    X, y = another_heart(data, 2.5)
    far = fitted.adapted(X, y, strength=0.3)
    assert torch.equal(last_layers(fitted.adapted(X, y)), last_layers(far))


def test_what_holds_in_one_stretch_only_is_not_gone_after(fitted, data):
    X, y = data
    wrong = y.copy()
    stretch = slice(160, 240)  # one of five
    wrong[stretch] = np.roll(np.unique(y), 1)[np.searchsorted(np.unique(y), y[stretch])]
    little = fitted.adapted(X, wrong, strength=0.03)
    assert torch.equal(last_layers(fitted.adapted(X, wrong)), last_layers(little))


def test_a_class_without_a_beat_is_still_found(fitted, data):
    X, y = another_heart(data, 1.0)

    def recall(classifier):
        return (classifier.predict(X[y == "V"]) == "V").mean()

    others = X[y != "V"], y[y != "V"]
    assert recall(fitted.adapted(*others)) > 0.9 * recall(fitted)
    assert recall(fitted.adapted(*others, strength=0.3)) < 0.1 * recall(fitted)


@pytest.mark.parametrize("n_beats", [1, 4, 5])
def test_a_few_beats_are_enough(fitted, data, n_beats):
    X, y = of_another_patient(data)
    few = X[:n_beats], y[:n_beats]
    assert loss(fitted.adapted(*few), *few) < loss(fitted, *few)


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
    fitted = PrunedCNNClassifier(0.5, **BRIEF | parameters).fit(X, y)
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
    own = PrunedCNNClassifier(0.5, module=Own, **BRIEF).fit(X, y)
    with pytest.raises(ValueError, match="A Own can't be adapted"):
        own.adapted(X, y)


def test_weights_count_as_copies_do(fitted, data):
    X, y = of_another_patient(data)
    twice = np.arange(100) % 2
    rows = np.repeat(np.arange(100), 1 + twice)
    weighted = fitted.adapted(X[:100], y[:100], sample_weight=1 + twice, strength=0.3)
    copied = fitted.adapted(X[rows], y[rows], strength=0.3)
    np.testing.assert_allclose(
        weighted.predict_proba(X[100:]), copied.predict_proba(X[100:]), atol=1e-3
    )
    without = fitted.adapted(X[:100], y[:100], sample_weight=1 - twice, strength=0.3)
    left = fitted.adapted(X[:100][twice == 0], y[:100][twice == 0], strength=0.3)
    np.testing.assert_allclose(
        without.predict_proba(X[100:]), left.predict_proba(X[100:]), atol=1e-3
    )

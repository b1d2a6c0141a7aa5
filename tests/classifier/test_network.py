"""A classifier adapted to one patient: the last layer moves, and zeros stay."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from small_classifiers import QUICK, Averages, InPlace, n_nonzero
from torch import nn

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.classifier._network import PackedArray, packed_weights, with_weights
from sklearn_ecg.networks._networks import BeatCNN


def test_the_users_network_is_built_trained_and_pruned(beats):
    own = QUICK | {"module": Averages, "module_params": {"width": 6}}
    classifier = PrunedCNNClassifier(0.5, **own).fit(*beats)
    assert isinstance(classifier.module_, Averages)
    assert n_nonzero(classifier) == round(0.5 * (6 * 5 + 6 * 3))
    assert not any(m._forward_hooks for m in classifier.module_.modules())


def test_a_network_with_the_wrong_number_of_logits_is_refused(beats):
    own = QUICK | {"module": Averages, "module_params": {"n_out": 7}}
    with pytest.raises(ValueError, match=r"gives shape \(2, 7\) .* must give \(2, 3\)"):
        PrunedCNNClassifier(0.5, **own).fit(*beats)


def test_acharya_is_a_name(beats):
    own = QUICK | {"module": "acharya2017", "module_params": None}
    assert PrunedCNNClassifier(0.5, **own).fit(*beats).sparsity_ == pytest.approx(
        0.5, abs=1e-3
    )


@pytest.mark.parametrize("budget", ["weights", "macs"])
def test_a_network_that_works_in_place_leaves_the_users_data_alone(beats, budget):
    X, y = np.tile(beats[0], (3, 1)), np.tile(beats[1], 3)
    before = X.copy()
    classifier = PrunedCNNClassifier(
        0.5, **QUICK | {"module": InPlace, "module_params": None}, budget=budget
    ).fit(X, y)
    one, two = classifier.predict_proba(X), classifier.predict_proba(X)
    assert np.array_equal(one, two)
    assert np.array_equal(X, before)


@pytest.mark.parametrize(
    "module", ["acharya2017", type("OwnCNN", (BeatCNN,), {})], ids=str
)
def test_channels_of_a_network_of_unknown_wiring_are_refused(beats, module):
    own = QUICK | {"structure": "channel"} | {"module": module, "module_params": None}
    with pytest.raises(
        ValueError, match=r"can't drop channels of a .* it takes module="
    ):
        PrunedCNNClassifier(**own).fit(*beats)


@given(
    st.sampled_from([np.float32, np.float64, np.int64]).flatmap(
        lambda dtype: arrays(
            dtype, array_shapes(min_dims=0, min_side=0), fill=st.just(dtype(0))
        )
    )
)
def test_every_bit_comes_back(array):
    unpacked = PackedArray.of(array).unpacked()
    assert unpacked.dtype == array.dtype
    assert unpacked.shape == array.shape
    assert unpacked.tobytes() == array.tobytes()


def test_a_negative_zero_comes_back():
    array = np.zeros(100, np.float32)
    array[3] = -0.0
    assert np.signbit(PackedArray.of(array).unpacked()).nonzero()[0].tolist() == [3]


@pytest.mark.parametrize("n_values", [0, 100, 900, 1000])
def test_packed_is_the_values_and_a_bit_for_each_or_no_larger_than_the_array(n_values):
    array = np.zeros(1000, np.float32)
    array[:n_values] = 1
    packed = PackedArray.of(array)
    n_bytes = packed.values.nbytes
    if packed.bitmap is not None:
        n_bytes += packed.bitmap.nbytes
    assert n_bytes == min(4 * n_values + 125, 4000)


def test_weights_come_back_into_a_copy():
    network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    packed = packed_weights(network)
    inputs = torch.randn(8, 3)
    before = network.eval()(inputs)
    with torch.no_grad():
        network[0].weight.zero_()
    changed = network(inputs)
    assert torch.equal(with_weights(network, packed)(inputs), before)
    assert torch.equal(network(inputs), changed)


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

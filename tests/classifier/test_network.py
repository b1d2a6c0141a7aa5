"""Networks are made anew and checked; packed weights come back to the bit."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from small_classifiers import QUICK, Averages, InPlace, n_nonzero

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

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sklearn_ecg.classifier._packed_weights import (
    PackedArray,
    packed_weights,
    with_weights,
)


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

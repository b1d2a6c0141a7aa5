from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sklearn_ecg.edge.c._encoding import (
    ENCODINGS,
    choose_encodings,
    encode,
    n_pairs,
)
from sklearn_ecg.edge.c._memory import Rows
from sklearn_ecg.edge.twin._layers import CONVOLUTION, DENSE, SIGNAL
from sklearn_ecg.edge.twin._network import IntegerLayer


def layer_of(weight):
    return IntegerLayer(
        "layer",
        CONVOLUTION if weight.ndim == 3 else DENSE,
        (SIGNAL,),
        weight.astype(np.int8),
        np.zeros(len(weight), dtype=np.int32),
        np.full(weight.shape[1], 127),
    )


def offsets_of(layer, stride):
    """Where the inputs of a layer are whose rows are a stride apart."""
    if layer.kind == DENSE:
        return np.arange(layer.weight.shape[1])
    _, n_in, kernel_size = layer.weight.shape
    rows = Rows(n_in, stride, 0)
    return rows.taps(kernel_size).ravel()


def random_layer(seed, density):
    rng = np.random.default_rng(seed)
    weight = rng.integers(-127, 128, (4, 9, 5)) * (rng.random((4, 9, 5)) < density)
    return layer_of(weight)


def weights_of_pairs(row, n_bytes):
    """Undo pairs: the sum of the weights at each offset."""
    found, position = np.zeros(n_bytes, dtype=int), 0
    for gap, weight in row.reshape(-1, 2)[:-1]:
        position += int(gap) & 255
        found[position] += weight
    return found


@given(seed=st.integers(0, 1000), density=st.floats(0, 1), stride=st.integers(5, 300))
def test_pairs_say_where_each_weight_is(seed, density, stride):
    layer = random_layer(seed, density)
    offsets = offsets_of(layer, stride)
    for row, weights in zip(encode(layer, offsets, "pairs"), layer.weight, strict=True):
        expected = np.zeros(offsets[-1] + 1, dtype=int)
        expected[offsets] = weights.ravel()
        assert_array_equal(weights_of_pairs(row, len(expected)), expected)
        assert (row[1::2][:-1] != 0).all()  # a weight of 0 would end the row
        assert n_pairs(layer, offsets) >= len(row) // 2


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_rows_end_with_the_multipliers_of_their_outputs(encoding):
    layer = random_layer(0, 0.5)
    multiplier = np.array([16, 32, 4080, 0], dtype=np.uint32)
    layer = replace(layer, multiplier=multiplier, multiplier_shift=4)
    rows = encode(layer, offsets_of(layer, 9), encoding)
    last = -2 if encoding == "pairs" else -1
    assert [int(row[last]) & 255 for row in rows] == [1, 2, 255, 0]
    if encoding == "pairs":
        assert [int(row[-1]) for row in rows] == [0] * 4


def large_layer(density):
    rng = np.random.default_rng(0)
    shape = 32, 32, 5
    return layer_of(rng.integers(-127, 128, shape) * (rng.random(shape) < density))


def test_size_takes_the_fewest_bytes_and_speed_needs_no_decoding():
    for density in (0.1, 0.3, 0.5, 1.0):
        layer = large_layer(density)
        there = offsets_of(layer, 66)
        sizes = {name: sum(map(len, encode(layer, there, name))) for name in ENCODINGS}
        [chosen] = choose_encodings([layer], [there], "size")
        assert sizes[chosen] == min(sizes.values())
        for optimize in ("speed", "fast"):
            assert choose_encodings([layer], [there], optimize) == ["pairs"]
    assert choose_encodings([large_layer(1.0)], [there], "size") == ["dense"]


def test_pairs_go_from_cell_to_cell_whatever_the_order_of_weights():
    row = np.array([[1, 2, 0, 4]])
    [pairs] = encode(layer_of(row), np.array([0, 4, 2, 6]), "pairs")
    assert pairs.tolist() == [0, 1, 4, 2, 2, 4, 0, 0]
    [pairs] = encode(layer_of(row), np.array([2, 6, 0, 4]), "pairs")
    assert pairs.tolist() == [2, 1, 2, 4, 2, 2, 0, 0]


def test_layers_that_save_less_than_a_decoder_takes_are_not_decoded():
    small, large = random_layer(0, 0.5), large_layer(0.5)
    there = offsets_of(small, 66), offsets_of(large, 66)
    both = choose_encodings([small, small], [there[0]] * 2, "size")
    assert both == ["pairs", "pairs"]
    assert choose_encodings([small, large], there, "size") == ["bitmap", "bitmap"]


@pytest.mark.parametrize("encoding", ["pairs", "nibbles"])
def test_long_gaps_are_bridged(encoding):
    weight = np.zeros((1, 600))
    weight[0, 599] = 5
    row = encode(layer_of(weight), np.arange(600), encoding)[0]
    if encoding == "pairs":
        assert row.tolist() == [-1, 1, 0, -1, -1, 1, 0, -1, 89, 5, 0, 0]
    else:
        assert row[0] == 38  # 37 gaps of 15 zeros and a 0, then 7 zeros and the 5
        assert row[-39:].tolist() == [0] * 37 + [5, 0]  # the last is the multiplier


def test_rows_of_more_weights_than_a_byte_can_count_have_no_nibbles():
    layer = layer_of(np.ones((1, 300)))
    assert encode(layer, np.arange(300), "nibbles") is None
    layer = layer_of(np.ones((9, 300)))
    assert choose_encodings([layer], [np.arange(300)], "size") == ["dense"]

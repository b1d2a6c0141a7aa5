import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_ecg.edge.twin._arithmetic import (
    BYTES,
    HALFWORDS,
    convolve,
    pool_by_two,
    requantize,
)


def test_requantizing_rounds_half_up_and_saturates():
    sums = np.array([[-9, 2, 3, 900]])
    quarter = np.array([1 << 14] * 4)
    assert_array_equal(requantize(sums, quarter, BYTES), [[0, 1, 1, 127]])


@pytest.mark.parametrize("form", [BYTES, HALFWORDS])
def test_requantizing_is_exact_over_all_sums_and_multipliers(form):
    random = np.random.default_rng(0)
    sums = random.integers(-form.sum_max, form.sum_max, size=(50, 4))
    multipliers = random.integers(1, form.multiplier_max, size=4)
    half = 1 << (form.multiplier_bits - 1)
    products = sums.astype(object) * multipliers.astype(object) + half
    exact = (products >> form.multiplier_bits).astype(np.int64)
    expected = np.clip(exact, 0, form.activation_max)
    assert_array_equal(requantize(sums, multipliers, form), expected)


def test_pooling_takes_the_larger_of_two_and_leaves_out_an_odd_one():
    assert_array_equal(pool_by_two(np.array([[[1, 3, 2, 2, 9]]])), [[[3, 2]]])


def test_convolution_is_correlation_with_a_halo_of_zeros():
    maps = np.array([[[1.0, 2.0, 4.0]]])
    weight = np.array([[[1.0, 0.0, -1.0]]])
    assert_array_equal(convolve(maps, weight, np.zeros(1)), [[[-2.0, -3.0, 2.0]]])

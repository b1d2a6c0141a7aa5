import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_ecg.detection._filters import (
    BoxSum,
    Decimate,
    Delay,
    HighPass,
    Slope,
    log2,
)

SIGNALS = arrays(np.int64, st.integers(0, 60), elements=st.integers(-(2**31), 2**31))
FILTERS = {
    "box": lambda: BoxSum(3),
    "box of one": lambda: BoxSum(1),
    "delay": lambda: Delay(7),
    "high-pass": lambda: HighPass(15),
    "slope": lambda: Slope(2),
    "decimate": lambda: Decimate(3),
    "decimate by one": lambda: Decimate(1),
}


@pytest.mark.parametrize("name", FILTERS)
@given(signal=SIGNALS, cuts=st.lists(st.integers(0, 60), max_size=5))
def test_the_blocks_of_a_signal_change_nothing(name, signal, cuts):
    whole = FILTERS[name]().update(signal)
    by_blocks = FILTERS[name]()
    blocks = [by_blocks.update(block) for block in np.split(signal, sorted(cuts))]
    np.testing.assert_array_equal(np.concatenate(blocks), whole)


def test_a_box_sums_the_last_values():
    assert BoxSum(3).update(np.array([1, 2, 3, 4])).tolist() == [1, 3, 6, 9]


def test_the_high_pass_removes_a_constant_and_a_ramp():
    ramp = HighPass(5).update(np.arange(10) + 100)
    assert ramp[4:].tolist() == [0] * 6


def test_decimation_sums_whole_groups_and_keeps_the_rest():
    decimate = Decimate(3)
    assert decimate.update(np.arange(8)).tolist() == [3, 12]
    assert decimate.n_waiting == 2


@given(st.integers(1, 2**48))
def test_the_logarithm_is_within_a_tenth_of_an_octave(value):
    assert abs(log2(np.array([value]))[0] / 256 - np.log2(value)) < 0.1


@given(st.integers(1, 2**48), st.integers(1, 2**48))
def test_the_logarithm_keeps_the_order(first, second):
    low, high = sorted([first, second])
    logarithms = log2(np.array([low, high]))
    assert logarithms[0] <= logarithms[1]

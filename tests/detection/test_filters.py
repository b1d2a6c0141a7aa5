import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_ecg.detection._filters import (
    BoxSum,
    Decimate,
    Delay,
    Digitize,
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


ANYTHING = st.one_of(st.floats(-(2.0**32), 2.0**32), st.sampled_from([np.nan, np.inf]))


def test_millivolts_become_multiples_of_the_resolution_from_the_first_sample_on():
    counts = Digitize(5).update(np.array([1.0, 1.005, 0.99]))
    assert counts.tolist() == [0, 1, -2]


def test_integers_stay_what_they_are():
    counts = Digitize(5).update(np.array([1000, 1001, 990], dtype=np.int16))
    assert counts.tolist() == [1000, 1001, 990]


def test_the_extremes_of_int16_do_not_overflow():
    counts = Digitize(1).update(np.array([32767, -32768], dtype=np.int16))
    assert counts.tolist() == [32767, -32768]


def test_what_is_invalid_is_held_and_the_start_is_the_first_valid_sample():
    block = np.array([np.nan, 2.0, np.nan, np.inf, 2.5, np.nan])
    assert Digitize(1000).update(block).tolist() == [0, 0, 0, 0, 0, 0]
    assert Digitize(500).update(block).tolist() == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("gain", [1e-3, 1, 2e4])
def test_an_offset_is_taken_away_before_anything_is_limited(gain):
    signal = gain * np.sin(np.arange(100.0))
    away = signal + 8.3e6
    found = Digitize(0.1).update(away)
    np.testing.assert_allclose(found, (signal - signal[0]) * 1e4, atol=1)


def test_sums_that_are_skipped_are_those_of_one_value():
    for n_samples in range(12):
        one, other = Decimate(5), Decimate(5)
        one.update(np.arange(3))
        other.update(np.arange(3))
        whole = one.update(np.full(n_samples, 7))
        assert other.skip(n_samples, 7) == len(whole)
        assert other.n_waiting == one.n_waiting


@given(
    st.lists(ANYTHING, max_size=30),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_the_blocks_of_what_is_digitized_change_nothing(values, cuts):
    values = np.array(values, dtype=float)
    by_blocks = Digitize(0.1)
    blocks = [by_blocks.update(block) for block in np.split(values, sorted(cuts))]
    np.testing.assert_array_equal(np.concatenate(blocks), Digitize(0.1).update(values))

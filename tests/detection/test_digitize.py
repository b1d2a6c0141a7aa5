import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sklearn_ecg.detection._digitize import Digitize

ANYTHING = st.floats(width=64, allow_nan=True, allow_infinity=True)


def test_millivolts_become_multiples_of_the_resolution_from_the_first_sample_on():
    counts = Digitize(5).update(np.array([1.0, 1.005, 0.99]))
    assert counts.tolist() == [0, 1, -2]


def test_integers_stay_what_they_are():
    counts = Digitize(5).update(np.array([1000, 1001, 990], dtype=np.int16))
    assert counts.tolist() == [0, 1, -10]


def test_the_extremes_of_int16_do_not_overflow():
    counts = Digitize(1).update(np.array([32767, -32768], dtype=np.int16))
    assert counts.tolist() == [0, -65535]


def test_what_is_invalid_is_held_and_the_start_is_the_first_valid_sample():
    block = np.array([np.nan, 2.0, np.nan, np.inf, 2.5, np.nan])
    assert Digitize(1000).update(block).tolist() == [0, 0, 0, 0, 0, 0]
    assert Digitize(500).update(block).tolist() == [0, 0, 0, 0, 1, 1]


@given(
    st.lists(ANYTHING, max_size=30),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_the_blocks_of_a_signal_change_nothing(values, cuts):
    values = np.array(values, dtype=float)
    by_blocks = Digitize(0.1)
    blocks = [by_blocks.update(block) for block in np.split(values, sorted(cuts))]
    np.testing.assert_array_equal(np.concatenate(blocks), Digitize(0.1).update(values))

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from states import size_after, updated

from sklearn_ecg.beats._intervals import IntervalState, rr_intervals

gaps = st.lists(st.integers(1, 5000), max_size=40)
rates = st.sampled_from([100, 128, 250.0, 257, 360, 173.61])


@given(
    gaps=gaps,
    first=st.integers(0, 10**7),
    rate=rates,
    stops=st.sets(st.integers(0, 40)),
)
def test_the_columns_are_those_of_the_state_beat_by_beat(gaps, first, rate, stops):
    r_peaks = np.cumsum([first, *gaps])
    columns = rr_intervals(r_peaks, rate)
    found = updated(IntervalState(rate), r_peaks, stops)
    expected = np.column_stack([columns["rr_prev"], columns["rr_local"]])
    np.testing.assert_array_equal(np.array(found), expected)


def test_the_next_interval_is_the_previous_one_of_the_next_beat():
    columns = rr_intervals(np.array([5, 105, 155]), 100)
    np.testing.assert_array_equal(columns["rr_next"], [1.0, 0.5, np.nan])
    np.testing.assert_array_equal(columns["rr_prev"], [np.nan, 1.0, 0.5])


def test_the_local_mean_forgets_what_is_more_than_ten_intervals_ago():
    r_peaks = np.cumsum([0, 900, *[100] * 11])
    assert rr_intervals(r_peaks, 100)["rr_local"][[-2, -1]].tolist() == [1.0, 1.0]
    assert rr_intervals(r_peaks, 100)["rr_local"][-3] == pytest.approx(1.8)


def test_the_state_stays_small():
    some, many = (np.arange(1, n + 1) * 300 + 10**6 for n in (20, 5000))
    assert (
        size_after(IntervalState(360), many)
        <= size_after(IntervalState(360), some) + 20
    )

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from states import size_after, updated

from sklearn_ecg.beats._intervals import IntervalState, rr_intervals

gaps = st.lists(st.one_of(st.integers(1, 5000), st.just(50_000)), max_size=40)
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


def test_a_next_beat_that_comes_late_is_a_pause_of_3_5_seconds():
    r_peaks = np.array([0, 350, 701, 801, 1000])
    rr_next = rr_intervals(r_peaks, 100, n_samples=1351)["rr_next"]
    np.testing.assert_array_equal(rr_next, [3.5, 3.5, 1.0, 1.99, 3.5])
    rr_next = rr_intervals(r_peaks, 100, n_samples=1350)["rr_next"]
    assert np.isnan(rr_next[-1])


def test_a_next_beat_that_is_found_late_is_a_pause_too():
    r_peaks = np.array([0, 100, 200])
    known = np.array([40, 140, 451])
    rr_next = rr_intervals(r_peaks, 100, n_samples=460, known=known)["rr_next"]
    np.testing.assert_array_equal(rr_next, [1.0, 3.5, np.nan])


def test_after_two_minutes_of_silence_the_rhythm_begins_anew():
    r_peaks = np.cumsum([0, 80, 80, 12_001, 90, 12_000])
    columns = rr_intervals(r_peaks, 100)
    expected = [np.nan, 0.8, 0.8, np.nan, 0.9, 120.0]
    np.testing.assert_array_equal(columns["rr_prev"], expected)
    expected = [np.nan, 0.8, 0.8, np.nan, 0.9, 60.45]
    np.testing.assert_allclose(columns["rr_local"], expected)


def test_no_beats_have_no_intervals():
    columns = rr_intervals(np.zeros(0, dtype=np.int64), 100, 500)
    assert [len(column) for column in columns.values()] == [0, 0, 0]


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

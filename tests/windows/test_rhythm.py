from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from states import completed, size_after, updated

from sklearn_ecg.beats._intervals import rr_intervals
from sklearn_ecg.windows._features import feature_names
from sklearn_ecg.windows._rhythm import RhythmState, rhythm_features

ALL_FEATURES = feature_names("rhythm")
CAUSAL_FEATURES = feature_names("rhythm", causal=True)

anything = st.floats(allow_nan=True, allow_infinity=True)


def compute(features, **intervals):
    arrays = {name: np.array([value], float) for name, value in intervals.items()}
    return rhythm_features(arrays, features)[0].tolist()


def test_known_intervals_are_kept_and_divided_by_the_local_mean():
    row = compute(ALL_FEATURES, rr_prev=0.6, rr_next=1.2, rr_local=0.8)
    assert row == pytest.approx([0.6, 1.2, 0.8, 0.75, 1.5])


@pytest.mark.parametrize("unknown", [np.nan, np.inf, -np.inf, 0.0, -0.5, 0.0005])
def test_an_unknown_interval_counts_as_the_local_mean(unknown):
    row = compute(ALL_FEATURES, rr_prev=unknown, rr_next=unknown, rr_local=0.8)
    assert row == pytest.approx([0.8, 0.8, 0.8, 1.0, 1.0])


def test_an_unknown_local_mean_counts_as_the_previous_interval():
    row = compute(ALL_FEATURES, rr_prev=0.6, rr_next=0.9, rr_local=np.nan)
    assert row == pytest.approx([0.6, 0.9, 0.6, 1.0, 1.5])


def test_where_nothing_is_known_the_intervals_count_as_one_second():
    row = compute(ALL_FEATURES, rr_prev=np.nan, rr_next=np.nan, rr_local=np.nan)
    assert row == [1.0] * 5


def test_pauses_and_ratios_count_up_to_three():
    row = compute(ALL_FEATURES, rr_prev=7.0, rr_next=1.0, rr_local=0.2)
    assert row == pytest.approx([3.0, 1.0, 0.2, 3.0, 3.0])


@given(rr_prev=anything, rr_next=anything, rr_local=anything)
def test_features_are_finite_and_bounded_whatever_the_table_holds(**intervals):
    row = np.array(compute(ALL_FEATURES, **intervals))
    assert np.all((row >= 0) & (row <= 3))


@given(rr_next=anything)
def test_causal_features_do_not_depend_on_the_next_beat(rr_next):
    known = {"rr_prev": 0.7, "rr_local": 0.9}
    expected = compute(CAUSAL_FEATURES, **known, rr_next=0.8)
    assert compute(CAUSAL_FEATURES, **known, rr_next=rr_next) == expected


gaps = st.lists(st.integers(1, 5000), max_size=30)
rates = st.sampled_from([100, 250.0, 360, 1500])


@given(gaps=gaps, rate=rates, stops=st.sets(st.integers(0, 30)))
def test_features_are_those_of_the_state_beat_by_beat(gaps, rate, stops):
    r_peaks = np.cumsum([7, *gaps])
    batch = rhythm_features(rr_intervals(r_peaks, rate), ALL_FEATURES)
    steps = updated(RhythmState(rate), r_peaks, stops)
    assert steps[0].completed is None
    found = [[each[name] for name in ALL_FEATURES] for each in completed(steps)]
    np.testing.assert_array_equal(found, batch)


@given(gaps=gaps, rate=rates)
def test_what_is_provisional_is_what_a_recording_that_ends_there_has(gaps, rate):
    r_peaks = np.cumsum([7, *gaps])
    last = updated(RhythmState(rate), r_peaks)[-1].provisional
    [*_, row] = rhythm_features(rr_intervals(r_peaks, rate), ALL_FEATURES)
    assert [last[name] for name in ALL_FEATURES] == row.tolist()


@given(gaps=gaps, rate=rates)
def test_causal_features_are_not_provisional(gaps, rate):
    steps = updated(RhythmState(rate), np.cumsum([7, *gaps]))
    for step, following in pairwise(steps):
        for name in CAUSAL_FEATURES:
            assert step.provisional[name] == following.completed[name]


def test_the_next_beat_completes_the_one_before_it():
    steps = updated(RhythmState(100), [0, 100, 250])
    assert steps[1].provisional["rr_next"] == 1.0
    assert steps[2].completed["rr_next"] == 1.5


def test_the_state_stays_small():
    some, many = (np.arange(1, n + 1) * 300 + 10**6 for n in (20, 5000))
    assert size_after(RhythmState(360), many) <= size_after(RhythmState(360), some) + 20

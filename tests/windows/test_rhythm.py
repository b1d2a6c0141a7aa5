import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_ecg.windows._features import feature_names
from sklearn_ecg.windows._rhythm import rhythm_features

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

"""The table of features, and what is computed from intervals alone."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from states import in_units

from sklearn_ecg.beats import N_LOCAL_INTERVALS
from sklearn_ecg.datasets import beat_table
from sklearn_ecg.patient import (
    FEATURES,
    Milliseconds,
    chosen_features,
    feature_names,
    look_at_signal,
    milliseconds_of,
    required_columns,
    rhythm_features,
)

ROOT = Path(__file__).parents[2]
RHYTHM, RELATIVE = feature_names("rhythm"), feature_names("relative")
CAUSAL = feature_names("rhythm", causal=True)


def test_every_feature_is_in_one_group_in_the_order_of_the_table():
    assert [*RHYTHM, *RELATIVE] == list(FEATURES)
    assert all(name == feature.name for name, feature in FEATURES.items())


def test_what_looks_at_the_signal_is_told_from_what_does_not():
    of_signal = {name for name in RELATIVE if look_at_signal([name])}
    assert of_signal == {
        name
        for name in RELATIVE
        if name.startswith(("qrs_", "p_", "t_")) or name.endswith("_before")
        if name != "rr_prev_over_before"
    }
    assert look_at_signal(RELATIVE)
    assert not look_at_signal([])


def test_a_correlation_is_no_time():
    in_seconds = [name for name in FEATURES if FEATURES[name].unit == "seconds"]
    assert in_seconds == [
        "rr_prev",
        "rr_next",
        "rr_local",
        "qrs_shift",
        "qrs_width",
        "qrs_half_width",
        "qrs_half_width_difference",
        "p_place",
        "t_place",
    ]


def test_features_are_multiples_of_their_fixed_point():
    of_one = {
        "rr_prev": 0.001,
        "rr_prev_ratio": 1 / 1024,
        "rr_prev_over_q50": 1 / 1024,
        "qrs_correlation": 1 / 1024,
        "p_highest": 1 / 2048,
        "qrs_shift": 1 / 125,
        "qrs_width": 1 / (64 * 125),
        "qrs_correlation_1_before": 1 / 1024,
    }
    for name, worth in of_one.items():
        assert in_units(name, np.array([0, 1, -7]), 125).tolist() == [
            0,
            worth,
            -7 * worth,
        ]


def test_a_choice_is_a_set_or_names():
    assert chosen_features("rhythm", "all") == list(RHYTHM)
    assert chosen_features("rhythm", np.str_("causal")) == list(CAUSAL)
    assert CAUSAL == ("rr_prev", "rr_local", "rr_prev_ratio")
    assert chosen_features("relative", np.array(["rr_irregularity32"])) == [
        "rr_irregularity32"
    ]
    assert chosen_features("relative", None) == []


def test_columns_come_in_the_order_of_the_beat_table():
    assert required_columns(RHYTHM) == ["rr_prev", "rr_next", "rr_local"]
    assert required_columns(CAUSAL) == ["rr_prev", "rr_local"]
    assert required_columns(RELATIVE) == ["rr_next", "r_peaks"]
    assert required_columns(feature_names("relative", causal=True)) == ["r_peaks"]
    assert required_columns([]) == []


@pytest.mark.parametrize("name", FEATURES)
def test_the_pages_that_people_read_speak_of_every_feature(name):
    page = (ROOT / "docs/user_guide/segmenting.rst").read_text(encoding="utf-8")
    assert f"``{name}``" in page


def test_the_local_mean_is_of_as_many_intervals_as_is_said():
    in_words = {10: "ten"}[N_LOCAL_INTERVALS]
    page = (ROOT / "docs/user_guide/beats.rst").read_text(encoding="utf-8")
    for text in (FEATURES["rr_local"].meaning, page, beat_table.__doc__):
        assert re.search(rf"(?i)mean (in seconds )?of the last {in_words} ", text)


anything = st.floats(allow_nan=True, allow_infinity=True)


def compute(names, **intervals):
    known = {
        name: milliseconds_of(np.array([seconds], float))
        for name, seconds in intervals.items()
    }
    features = rhythm_features(known)
    return [float(in_units(name, features[name])[0]) for name in names]


def test_known_intervals_are_kept_and_divided_by_the_local_mean():
    row = compute(RHYTHM, rr_prev=0.6, rr_next=1.2, rr_local=0.8)
    assert row == [0.6, 1.2, 0.8, 0.75, 1.5]


@pytest.mark.parametrize("unknown", [np.nan, np.inf, -np.inf, 0.0, -0.5, 0.0005])
def test_an_unknown_interval_counts_as_the_local_mean(unknown):
    row = compute(RHYTHM, rr_prev=unknown, rr_next=unknown, rr_local=0.8)
    assert row == [0.8, 0.8, 0.8, 1.0, 1.0]


def test_an_unknown_local_mean_counts_as_the_previous_interval():
    row = compute(RHYTHM, rr_prev=0.6, rr_next=0.9, rr_local=np.nan)
    assert row == [0.6, 0.9, 0.6, 1.0, 1.5]


def test_where_nothing_is_known_the_intervals_count_as_one_second():
    row = compute(RHYTHM, rr_prev=np.nan, rr_next=np.nan, rr_local=np.nan)
    assert row == [1.0] * 5


def test_pauses_and_ratios_count_up_to_three():
    row = compute(RHYTHM, rr_prev=7.0, rr_next=1.0, rr_local=0.2)
    assert row == [3.0, 1.0, 0.2, 3.0, 3.0]


@given(rr_prev=anything, rr_next=anything, rr_local=anything)
def test_rhythm_features_are_within_the_limits_whatever_the_table_holds(**intervals):
    known = {
        name: milliseconds_of(np.array([each])) for name, each in intervals.items()
    }
    for name, values in rhythm_features(known).items():
        assert FEATURES[name].lowest <= values[0] <= FEATURES[name].highest
        assert in_units(name, values)[0] <= 3


@given(rr_next=anything)
def test_causal_features_do_not_depend_on_the_next_beat(rr_next):
    known = {"rr_prev": 0.7, "rr_local": 0.9}
    expected = compute(CAUSAL, **known, rr_next=0.8)
    assert compute(CAUSAL, **known, rr_next=rr_next) == expected


def test_only_the_intervals_that_are_given_are_made_into_features():
    known = {"rr_prev": np.array([800]), "rr_local": np.array([800])}
    assert tuple(rhythm_features(known)) == CAUSAL


def test_intervals_are_rounded_to_milliseconds_of_16_bits():
    seconds = np.array([0.7994, 0.7995, 0.001, 1e-4, 70.0, np.nan, np.inf])
    expected = [799, 800, 1, 0, 65535, 0, 0]
    assert milliseconds_of(seconds).tolist() == expected


@pytest.mark.parametrize("rate", [100, 125, 128, 250, 360, 400, 500, 800, 1000])
def test_seconds_become_the_milliseconds_of_a_device(rate):
    distances = np.arange(1, 3 * rate)
    found = milliseconds_of(distances / rate)
    np.testing.assert_array_equal(found, Milliseconds(rate)(distances))

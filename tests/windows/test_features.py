"""The table of features, and that code and pages agree with it."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.beats._table import N_LOCAL_INTERVALS
from sklearn_ecg.datasets import beat_table, make_ecg
from sklearn_ecg.windows._features import (
    FEATURES,
    chosen_features,
    feature_names,
    look_at_signal,
    required_columns,
    rhythm_features,
)

ROOT = Path(__file__).parents[2]
RHYTHM, RELATIVE = feature_names("rhythm"), feature_names("relative")


@pytest.fixture(scope="module")
def beats():
    return make_ecg(n_records=2, random_state=3).data


def segmented(beats, **choice):
    choice = {"rr_features": None} | choice
    return BeatSegmenter(**choice).fit_transform(beats).iloc[:, 126:]


def test_the_segmenter_computes_every_feature_of_the_table_in_its_order(beats):
    features = segmented(beats, rr_features="all", relative_features="all")
    assert features.columns.tolist() == list(FEATURES) == [*RHYTHM, *RELATIVE]


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_needs_the_columns_that_the_table_says_and_no_other(beats, name):
    parameter = {"rhythm": "rr_features", "relative": "relative_features"}
    choice = {parameter[FEATURES[name].group]: [name]}
    needed = ["record", "sample", *required_columns([name])]
    segmented(beats[needed], **choice)
    for column in required_columns([name]):
        with pytest.raises(ValueError, match=f"lacks the columns .'{column}'"):
            segmented(beats.drop(columns=column), **choice)


def test_features_stay_within_the_limits_of_the_table(beats):
    features = segmented(beats, rr_features="all", relative_features="all")
    for name, feature in FEATURES.items():
        values = features[name].to_numpy(float)
        assert (values >= feature.lowest - 1e-9).all()
        assert (values <= feature.highest).all()


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_that_is_causal_does_not_know_the_next_beat(beats, name):
    one = beats[beats["record"] == beats["record"].iloc[0]]
    parameter = {"rhythm": "rr_features", "relative": "relative_features"}
    choice = {parameter[FEATURES[name].group]: [name]}
    later = one.assign(rr_next=one["rr_next"] * 1.5)
    peaks = one["r_peaks"].iloc[0].samples
    stop = len(one) // 2
    # As they are known at beat `stop`, before the next one came.
    so_far = later.iloc[: stop + 1].copy()
    so_far["r_peaks"] = [type(one["r_peaks"].iloc[0])(peaks[: stop + 1])] * len(so_far)
    now = segmented(so_far, **choice).iloc[-1, 0]
    in_the_end = segmented(one, **choice).iloc[stop, 0]
    assert bool(now == in_the_end) is FEATURES[name].is_causal


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


def test_a_feature_of_a_beat_before_is_that_of_the_row_above(beats):
    names = ["qrs_width_relative", "rr_prev_over_q50"]
    wanted = [f"{name}{ending}" for name in names for ending in ("", "_2_before")]
    one = beats[beats["record"] == beats["record"].iloc[0]]
    features = segmented(one, relative_features=wanted)
    for name in names:
        now, before = features[name].to_numpy(), features[f"{name}_2_before"].to_numpy()
        np.testing.assert_array_equal(before[2:], now[:-2])


def test_a_choice_is_a_set_or_names():
    assert chosen_features("rhythm", "all") == list(RHYTHM)
    assert chosen_features("rhythm", np.str_("causal")) == [
        "rr_prev",
        "rr_local",
        "rr_prev_ratio",
    ]
    assert chosen_features("relative", np.array(["rr_irregularity32"])) == [
        "rr_irregularity32"
    ]
    assert chosen_features("relative", None) == []


def test_columns_come_in_the_order_of_the_beat_table():
    assert required_columns(RHYTHM) == ["rr_prev", "rr_next", "rr_local"]
    assert required_columns(feature_names("rhythm", causal=True)) == [
        "rr_prev",
        "rr_local",
    ]
    assert required_columns(RELATIVE) == ["rr_next", "r_peaks"]
    causal = feature_names("relative", causal=True)
    assert required_columns(causal) == ["r_peaks"]
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

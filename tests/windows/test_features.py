"""Features as columns of X: those of the table, multiples of their fixed point."""

import numpy as np
import pytest

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.patient import FEATURES, required_columns


@pytest.fixture(scope="module")
def beats():
    return make_ecg(n_records=2, random_state=3).data


def segmented(beats, **choice):
    choice = {"rr_features": None} | choice
    return BeatSegmenter(**choice).fit_transform(beats).iloc[:, 126:]


def test_the_segmenter_computes_every_feature_of_the_table_in_its_order(beats):
    features = segmented(beats, rr_features="all", relative_features="all")
    assert features.columns.tolist() == list(FEATURES)


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_needs_the_columns_that_the_table_says_and_no_other(beats, name):
    parameter = {"rhythm": "rr_features", "relative": "relative_features"}
    choice = {parameter[FEATURES[name].group]: [name]}
    needed = ["record", "sample", *required_columns([name])]
    segmented(beats[needed], **choice)
    for column in required_columns([name]):
        with pytest.raises(ValueError, match=f"lacks the columns .'{column}'"):
            segmented(beats.drop(columns=column), **choice)


@pytest.mark.parametrize("window_rate", [125, 180])
def test_columns_are_whole_multiples_within_the_limits_of_the_table(beats, window_rate):
    choice = {"rr_features": "all", "relative_features": "all"}
    segmenter = BeatSegmenter(sampling_rate=window_rate, **choice)
    features = segmenter.fit_transform(beats)
    for name, feature in FEATURES.items():
        values = features[name].to_numpy()
        integers = np.rint(values.astype(float) / feature.worth(window_rate))
        exact = np.float32(integers * feature.worth(window_rate))
        np.testing.assert_array_equal(values, exact)
        assert (integers >= feature.lowest).all()
        assert (integers <= feature.highest).all()


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


def test_a_feature_of_a_beat_before_is_that_of_the_row_above(beats):
    names = ["qrs_width_relative", "rr_prev_over_q50"]
    wanted = [f"{name}{ending}" for name in names for ending in ("", "_2_before")]
    one = beats[beats["record"] == beats["record"].iloc[0]]
    features = segmented(one, relative_features=wanted)
    for name in names:
        now, before = features[name].to_numpy(), features[f"{name}_2_before"].to_numpy()
        np.testing.assert_array_equal(before[2:], now[:-2])

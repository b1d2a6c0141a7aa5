from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from states import size_after, updated

from sklearn_ecg.beats._table import rr_intervals
from sklearn_ecg.windows._features import FEATURES, feature_names, look_at_signal
from sklearn_ecg.windows._relative_rhythm import (
    RelativeRhythmState,
    RunningMean,
    RunningQuantile,
    relative_rhythm,
)

RATE = 180
rhythms = st.lists(st.floats(0.2, 4.0), min_size=0, max_size=60)
NEXT = [name for name in FEATURES if name.startswith("rr_next_over_")]


def r_peaks_of(intervals, rate=RATE):
    return np.round(np.cumsum([0.5, *intervals]) * rate).astype(np.int64)


def test_regular_rhythm_is_typical():
    features = relative_rhythm(r_peaks_of([0.8] * 300), RATE)
    for name, values in features.items():
        if "irregularity" in name:
            assert values[-1] < 0.01
        else:
            np.testing.assert_allclose(values[40:], 0, atol=0.05)


@pytest.mark.parametrize("reference", ["mean256", "q50"])
def test_early_beat_and_pause_stand_out(reference):
    features = relative_rhythm(r_peaks_of([0.8] * 50 + [0.5, 1.1] + [0.8]), RATE)
    early, pause = log(0.5 / 0.8), log(1.1 / 0.8)
    assert features[f"rr_prev_over_{reference}"][51] == pytest.approx(early, abs=0.04)
    assert features[f"rr_next_over_{reference}"][51] == pytest.approx(pause, abs=0.04)
    assert features["rr_prev_over_before"][51] == pytest.approx(early, abs=0.02)
    assert features["rr_next_over_prev"][51] == pytest.approx(log(1.1 / 0.5), abs=0.02)


def test_a_short_mean_calls_a_run_usual_and_a_long_one_does_not():
    features = relative_rhythm(r_peaks_of([0.8] * 300 + [0.5] * 20), RATE)
    assert features["rr_prev_over_mean4"][-1] > -0.05
    assert features["rr_prev_over_mean256"][-1] < -0.35


def test_early_beats_that_are_many_do_not_move_the_median_much():
    features = relative_rhythm(r_peaks_of([0.8] * 500 + [0.5, 1.1, 0.8] * 20), RATE)
    early = features["rr_prev_over_q50"][501::3]
    np.testing.assert_allclose(early, log(0.5 / 0.8), atol=0.05)


def test_new_rate_becomes_typical():
    features = relative_rhythm(r_peaks_of([1.0] * 100 + [0.6] * 300), RATE)
    assert features["rr_prev_over_q50"][101] < -0.45
    assert features["rr_prev_over_q50"][-1] == pytest.approx(0, abs=0.02)


def test_irregular_rhythm_is_told_from_a_regular_one():
    intervals = np.random.RandomState(0).uniform(0.5, 1.1, 300)
    features = relative_rhythm(r_peaks_of(intervals), RATE)
    assert features["rr_irregularity32"][-1] > 0.1
    assert features["rr_irregularity256"][-1] > 0.1


@pytest.mark.parametrize("n_beats", [0, 1, 2])
def test_unknown_intervals_count_as_typical(n_beats):
    features = relative_rhythm(r_peaks_of([0.8] * (n_beats - 1))[:n_beats], RATE)
    assert features["rr_prev_over_mean32"].tolist() == [0] * n_beats
    assert features["rr_next_over_mean32"].tolist() == [0] * n_beats
    assert len(features["rr_irregularity32"]) == n_beats


@given(rhythms)
def test_features_of_any_rhythm_are_within_the_limits_of_the_table(intervals):
    features = relative_rhythm(r_peaks_of(intervals), RATE)
    of_rhythm = [n for n in feature_names("relative") if not look_at_signal([n])]
    assert list(features) == [name for name in features if name in of_rhythm]
    for name, values in features.items():
        assert len(values) == len(intervals) + 1
        assert (values >= FEATURES[name].lowest).all()
        assert (values <= FEATURES[name].highest).all()


@given(rhythms, st.integers(1, 60))
def test_causal_features_do_not_look_ahead(intervals, n_beats):
    r_peaks = r_peaks_of(intervals)
    whole = relative_rhythm(r_peaks, RATE)
    start = relative_rhythm(r_peaks[:n_beats], RATE)
    for name in set(feature_names("relative", causal=True)) & set(whole):
        np.testing.assert_array_equal(whole[name][:n_beats], start[name])


@given(rhythms)
def test_rate_of_the_record_does_not_matter(intervals):
    r_peaks = r_peaks_of(intervals)
    once, twice = (
        relative_rhythm(r_peaks, RATE),
        relative_rhythm(2 * r_peaks, 2 * RATE),
    )
    for name, values in once.items():
        np.testing.assert_allclose(values, twice[name])


@given(rhythms, st.sampled_from([180, 360, 257.0]), st.sets(st.integers(0, 60)))
def test_features_are_those_of_the_state_beat_by_beat(intervals, rate, stops):
    r_peaks = r_peaks_of(intervals, rate)
    batch = relative_rhythm(r_peaks, rate)
    prev = rr_intervals(r_peaks, rate)["rr_prev"]
    steps = updated(RelativeRhythmState(), prev.tolist(), stops)
    for name in steps[0]:
        np.testing.assert_array_equal([step[name] for step in steps], batch[name])


@pytest.mark.parametrize("rr_next", [3.0, 3.5, 100.0])
def test_a_pause_is_a_pause_however_long(rr_next):
    state = RelativeRhythmState()
    updated(state, [np.nan, 0.8, 0.8])
    assert state.of_next(rr_next)["rr_next_over_prev"] == pytest.approx(log(3 / 0.8))


def test_what_an_unknown_next_interval_is_compared_with_is_nothing():
    state = RelativeRhythmState()
    assert set(state.of_next(0.8).values()) == {0}
    updated(state, [np.nan, 0.8])
    assert set(state.of_next(np.nan).values()) == {0}
    assert state.of_next(0.4)["rr_next_over_prev"] == pytest.approx(log(0.5))


def test_after_a_long_silence_what_is_typical_stays_and_nothing_is_compared():
    r_peaks = r_peaks_of([0.8] * 50 + [3600] + [0.8, 0.4])
    features = relative_rhythm(r_peaks, RATE)
    assert features["rr_prev_over_mean32"][51] == 0
    assert features["rr_prev_over_before"][52] == 0
    assert features["rr_prev_over_mean32"][52] == pytest.approx(0, abs=0.01)
    assert features["rr_prev_over_before"][53] == pytest.approx(log(0.5), abs=0.01)


def test_a_running_mean_is_the_mean_until_there_are_enough_values():
    mean = RunningMean(8)
    values = np.random.RandomState(0).uniform(0.5, 1.1, 50)
    means = [mean.update(value) for value in values]
    np.testing.assert_allclose(means[:8], np.cumsum(values[:8]) / np.arange(1, 9))
    assert means[20] == pytest.approx(means[19] + (values[20] - means[19]) / 8)


@pytest.mark.parametrize("percent", [50, 75, 90])
def test_a_running_quantile_comes_near_the_quantile(percent):
    quantile = RunningQuantile(percent)
    values = np.random.RandomState(0).uniform(0.5, 1.1, 3000)
    found = [quantile.update(value) for value in values][-1000:]
    assert np.mean(found) == pytest.approx(np.percentile(values, percent), abs=0.02)


def test_the_state_stays_small():
    some, many = ([np.nan, *[0.8, 0.7] * n] for n in (10, 2000))
    assert size_after(RelativeRhythmState(), many) <= (
        size_after(RelativeRhythmState(), some) + 300
    )

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from states import completed, size_after, updated

from sklearn_ecg.windows._features import feature_names
from sklearn_ecg.windows._relative_rhythm import (
    RelativeRhythmState,
    TypicalInterval,
    relative_rhythm,
)

RATE = 180
rhythms = st.lists(st.floats(0.2, 4.0), min_size=0, max_size=60)


def r_peaks_of(intervals, rate=RATE):
    return np.round(np.cumsum([0.5, *intervals]) * rate).astype(np.int64)


def test_regular_rhythm_is_typical():
    features = relative_rhythm(r_peaks_of([0.8] * 300), RATE)
    np.testing.assert_allclose(features["rr_prev_relative"], 1, atol=0.01)
    np.testing.assert_allclose(features["rr_next_relative"], 1, atol=0.01)
    assert features["rr_irregularity"][-1] < 0.01


def test_early_beat_and_pause_stand_out():
    features = relative_rhythm(r_peaks_of([0.8] * 50 + [0.5, 1.1] + [0.8]), RATE)
    assert features["rr_prev_relative"][51] == pytest.approx(0.5 / 0.8, abs=0.03)
    assert features["rr_next_relative"][51] == pytest.approx(1.1 / 0.8, abs=0.03)


def test_early_beats_that_are_many_do_not_move_the_typical_interval_much():
    features = relative_rhythm(r_peaks_of([0.8] * 500 + [0.5, 1.1, 0.8] * 20), RATE)
    early = features["rr_prev_relative"][501::3]
    np.testing.assert_allclose(early, 0.5 / 0.8, atol=0.03)


def test_new_rate_becomes_typical():
    features = relative_rhythm(r_peaks_of([1.0] * 100 + [0.6] * 300), RATE)
    assert features["rr_prev_relative"][101] < 0.65
    assert features["rr_prev_relative"][-1] == pytest.approx(1, abs=0.02)


def test_irregular_rhythm_is_told_from_a_regular_one():
    intervals = np.random.RandomState(0).uniform(0.5, 1.1, 300)
    irregular = relative_rhythm(r_peaks_of(intervals), RATE)["rr_irregularity"]
    assert irregular[-1] > 0.1


@pytest.mark.parametrize("n_beats", [1, 2])
def test_unknown_intervals_count_as_typical(n_beats):
    features = relative_rhythm(r_peaks_of([0.8] * (n_beats - 1)), RATE)
    assert features["rr_prev_relative"].tolist() == [1] * n_beats
    assert features["rr_next_relative"].tolist() == [1] * n_beats
    assert len(features["rr_irregularity"]) == n_beats


@given(rhythms)
def test_features_of_any_rhythm_are_finite_and_capped(intervals):
    for values in relative_rhythm(r_peaks_of(intervals), RATE).values():
        assert len(values) == len(intervals) + 1
        assert ((values >= 0) & (values <= 3)).all()


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
    steps = updated(RelativeRhythmState(rate), r_peaks, stops)
    assert steps[0].completed is None
    for name, values in batch.items():
        found = [features[name] for features in completed(steps)]
        np.testing.assert_array_equal(found, values)


@given(rhythms)
def test_what_is_provisional_is_what_a_recording_that_ends_there_has(intervals):
    r_peaks = r_peaks_of(intervals)
    last = updated(RelativeRhythmState(RATE), r_peaks)[-1].provisional
    batch = relative_rhythm(r_peaks, RATE)
    assert last == {name: values[-1] for name, values in batch.items()}


def test_causal_features_are_not_provisional():
    names = set(feature_names("relative", causal=True))
    steps = updated(RelativeRhythmState(RATE), r_peaks_of([0.8, 0.5, 1.1, 0.8]))
    for step, following in pairwise(steps):
        for name in names & set(step.provisional):
            assert step.provisional[name] == following.completed[name]
        assert step.provisional["rr_next_relative"] == 1
    assert steps[2].completed["rr_next_relative"] == pytest.approx(0.5 / 0.8, abs=0.01)


def test_the_first_interval_is_typical_and_one_early_beat_moves_it_little():
    typical = TypicalInterval()
    assert np.isnan(typical.interval)
    assert typical.update(0.8)[0] == typical.interval == 0.8
    for _ in range(99):
        typical.update(0.8)
    typical.update(0.4)
    assert typical.interval == pytest.approx(0.8 * 0.99, rel=1e-3)


def test_the_state_stays_small():
    some, many = (r_peaks_of([0.8, 0.7] * n) for n in (10, 2000))
    assert size_after(RelativeRhythmState(RATE), many) <= (
        size_after(RelativeRhythmState(RATE), some) + 20
    )

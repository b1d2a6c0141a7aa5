import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from states import in_pieces, in_units, joined, size_after, updated

from sklearn_ecg.beats._table import rr_intervals
from sklearn_ecg.patient import (
    FEATURES,
    LocalMean,
    Milliseconds,
    RhythmState,
    feature_names,
    look_at_signal,
    milliseconds_of,
)
from sklearn_ecg.patient._rhythm import RunningMean, RunningQuantile

OF_RHYTHM = [name for name in feature_names("relative") if not look_at_signal([name])]
FINE = 2**16
rhythms = st.lists(
    st.one_of(st.just(0), st.integers(1, 4000), st.integers(0, 65535)), max_size=60
)


def both_sides(intervals):
    """Return the intervals before and after each beat, in ms, of those between."""
    return np.array([0, *intervals], int), np.array([*intervals, 0], int)


def features_of(seconds):
    milliseconds = np.rint(1000 * np.array(seconds)).astype(int)
    features = RhythmState().update(*both_sides(milliseconds)).features
    return {name: in_units(name, values) for name, values in features.items()}


def test_regular_rhythm_is_typical():
    for name, values in features_of([0.8] * 300).items():
        if "irregularity" in name:
            assert values[-1] < 0.01
        else:
            np.testing.assert_allclose(values[40:], 0, atol=0.07)


@pytest.mark.parametrize("reference", ["mean256", "q50"])
def test_early_beat_and_pause_stand_out(reference):
    features = features_of([0.8] * 50 + [0.5, 1.1] + [0.8])
    early, pause = np.log2(0.5 / 0.8), np.log2(1.1 / 0.8)
    assert features[f"rr_prev_over_{reference}"][51] == pytest.approx(early, abs=0.06)
    assert features[f"rr_next_over_{reference}"][51] == pytest.approx(pause, abs=0.06)
    assert features["rr_prev_over_before"][51] == pytest.approx(early, abs=0.002)
    assert features["rr_next_over_prev"][51] == pytest.approx(
        np.log2(1.1 / 0.5), abs=0.002
    )


def test_a_short_mean_calls_a_run_usual_and_a_long_one_does_not():
    features = features_of([0.8] * 300 + [0.5] * 20)
    assert features["rr_prev_over_mean4"][-1] > -0.07
    assert features["rr_prev_over_mean256"][-1] < -0.5


def test_early_beats_that_are_many_do_not_move_the_median_much():
    features = features_of([0.8] * 500 + [0.5, 1.1, 0.8] * 20)
    early = features["rr_prev_over_q50"][501::3]
    np.testing.assert_allclose(early, np.log2(0.5 / 0.8), atol=0.07)


def test_new_rate_becomes_typical():
    features = features_of([1.0] * 100 + [0.6] * 300)
    assert features["rr_prev_over_q50"][101] < -0.65
    assert features["rr_prev_over_q50"][-1] == pytest.approx(0, abs=0.03)


def test_irregular_rhythm_is_told_from_a_regular_one():
    features = features_of(np.random.RandomState(0).uniform(0.5, 1.1, 300))
    assert features["rr_irregularity32"][-1] > 0.1
    assert features["rr_irregularity256"][-1] > 0.1


@pytest.mark.parametrize("n_beats", [0, 1, 2])
def test_unknown_intervals_count_as_typical(n_beats):
    prev, following = (each[:n_beats] for each in both_sides([800] * 2))
    following[-1:] = 0
    features = RhythmState().update(prev, following).features
    assert features["rr_prev_over_mean32"].tolist() == [0] * n_beats
    assert features["rr_next_over_mean32"].tolist() == [0] * n_beats
    assert len(features["rr_irregularity32"]) == n_beats


@given(rhythms)
def test_features_of_any_rhythm_are_within_the_limits_of_the_table(intervals):
    features = RhythmState().update(*both_sides(intervals)).features
    assert set(features) == set(OF_RHYTHM)
    for name, values in features.items():
        assert len(values) == len(intervals) + 1
        assert values.dtype == np.int64
        assert (values >= FEATURES[name].lowest).all()
        assert (values <= FEATURES[name].highest).all()


@given(rhythms, st.integers(1, 60))
def test_causal_features_do_not_look_ahead(intervals, n_beats):
    prev, following = both_sides(intervals)
    whole = RhythmState().update(prev, following)
    so_far = RhythmState().update(prev[:n_beats], 0 * following[:n_beats])
    for name in set(feature_names("relative", causal=True)) & set(OF_RHYTHM):
        start = so_far.features[name]
        np.testing.assert_array_equal(whole.features[name][:n_beats], start)
    np.testing.assert_array_equal(whole.is_long[:n_beats], so_far.is_long)


@given(st.lists(st.floats(0.2, 4.0), max_size=60))
def test_rate_of_the_record_does_not_matter(seconds):
    r_peaks = np.round(np.cumsum([0.5, *seconds]) * 180).astype(np.int64)
    once, twice = (
        milliseconds_of(rr_intervals(n * r_peaks, n * 180)["rr_prev"]) for n in (1, 2)
    )
    np.testing.assert_array_equal(once, twice)


@given(rhythms, st.lists(st.integers(0, 60), max_size=8))
def test_beats_in_pieces_are_beats_as_a_whole(intervals, cuts):
    prev, following = both_sides(intervals)
    whole = RhythmState().update(prev, following)
    parts = in_pieces(RhythmState(), cuts, prev, following)
    found = joined([part.features for part in parts])
    for name, values in whole.features.items():
        np.testing.assert_array_equal(found[name], values)
    is_long = np.concatenate([part.is_long for part in parts])
    np.testing.assert_array_equal(is_long, whole.is_long)


@pytest.mark.parametrize("rr_next", [3000, 3500, 65535])
def test_a_pause_is_a_pause_however_long(rr_next):
    prev, following = np.array([0, 800, 800]), np.array([800, 800, rr_next])
    ratio = RhythmState().update(prev, following).features["rr_next_over_prev"][-1]
    assert ratio / 1024 == pytest.approx(np.log2(3 / 0.8), abs=0.002)


def test_what_an_unknown_interval_is_compared_with_is_nothing():
    prev, following = np.array([0, 800, 800]), np.array([800, 0, 400])
    features = RhythmState().update(prev, following).features
    of_next = [name for name in features if name.startswith("rr_next")]
    assert {int(features[name][0]) for name in of_next} == {0}
    assert {int(features[name][1]) for name in of_next} == {0}
    assert features["rr_next_over_prev"][2] == -1024


def test_after_an_unknown_interval_what_is_typical_stays_and_nothing_is_compared():
    features = features_of([0.8] * 50 + [0] + [0.4, 0.2])
    assert features["rr_prev_over_mean32"][51] == 0
    assert features["rr_prev_over_before"][52] == 0
    assert features["rr_prev_over_mean32"][52] == pytest.approx(-1, abs=0.05)
    assert features["rr_prev_over_before"][53] == pytest.approx(-1, abs=0.01)


def test_an_interval_is_long_from_seven_quarters_of_the_median_before_it():
    for last, expected in ((1380, False), (1420, True), (60_000, True)):
        prev, following = both_sides([800] * 50 + [last])
        is_long = RhythmState().update(prev, following).is_long
        assert not is_long[:-1].any()
        assert is_long[-1] == expected


def test_a_running_mean_is_the_mean_until_there_are_enough_values():
    mean = RunningMean(8)
    values = np.random.RandomState(0).randint(500 * FINE, 1100 * FINE, 50)
    means = [mean.update(value) for value in values.tolist()]
    exact = np.cumsum(values[:8]) / np.arange(1, 9)
    np.testing.assert_allclose(means[:8], exact, atol=8)
    step = (values[20] - means[19]) / 8
    assert means[20] == pytest.approx(means[19] + step, abs=1)


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=50), st.integers(1, 8))
def test_a_running_mean_stays_among_its_values_and_has_no_preferred_side(values, n):
    up, down = RunningMean(n), RunningMean(n)
    for value in values:
        mean = up.update(value)
        assert 0 <= mean <= max(values)
        # Of values turned upside down, it is turned upside down.
        assert down.update(-value) == -mean


@pytest.mark.parametrize("percent", [50, 75, 90])
def test_a_running_quantile_comes_near_the_quantile(percent):
    quantile = RunningQuantile(percent)
    values = np.random.RandomState(0).randint(500, 1100, 3000)
    found = [quantile.update(value * FINE) for value in values.tolist()][-1000:]
    mean = np.mean(found) / FINE
    assert mean == pytest.approx(np.percentile(values, percent), abs=20)


def test_the_state_stays_small():
    sizes = []
    for n in (10, 2000):
        state = RhythmState()
        state.update(*both_sides([800, 700] * n))
        sizes.append(size_after(state, []))
    assert sizes[1] <= sizes[0] + 30
    assert sizes[1] < 1500


@pytest.mark.parametrize("rate", [100, 250, 257.5, 360, 1000])
def test_intervals_are_milliseconds_to_the_nearest(rate):
    milliseconds = Milliseconds(rate)
    for n_samples in (0, 1, 77, round(3 * rate), round(60 * rate), 10**6, 10**12):
        expected = max(round(1000 * n_samples / rate), 1)
        found = int(milliseconds(np.array(n_samples)))
        if expected > 65535:  # Of 16 bits
            assert 65500 < found <= 65535
        else:
            assert abs(found - expected) <= 1


def test_the_local_mean_is_of_the_last_ten_intervals_that_were_known():
    intervals = [0, 700, 800, 0, *range(600, 1600, 100)]
    found = LocalMean().update(np.array(intervals))
    assert found[:5].tolist() == [0, 700, 750, 750, 700]
    assert found[-1] == np.mean(range(600, 1600, 100))
    assert LocalMean().update(np.array([1000, 1001]))[-1] == 1001  # Halves go up


@given(rhythms, st.lists(st.integers(0, 60), max_size=8))
def test_the_local_mean_in_pieces_is_that_of_the_whole(intervals, cuts):
    intervals = np.array(intervals, dtype=int)
    whole = LocalMean().update(intervals)
    parts = in_pieces(LocalMean(), cuts, intervals)
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_running_means_and_quantiles_go_on_from_where_they_were_kept():
    values = np.random.RandomState(0).randint(500 * FINE, 1100 * FINE, 30).tolist()
    for state in (RunningMean(8), RunningQuantile(75)):
        expected = updated(type(state)(getattr(state, "n_values", 75)), values)
        assert updated(state, values, stops={3, 17}) == expected

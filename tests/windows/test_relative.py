import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_ecg.windows._features import feature_names
from sklearn_ecg.windows._relative import (
    qrs_extent,
    relative_qrs,
    relative_rhythm,
)

RATE = 180


def r_peaks_of(intervals, rate=RATE):
    return np.round(np.cumsum([0.5, *intervals]) * rate).astype(np.int64)


def qrs(width, height=1.0, offset=0.0):
    extent = qrs_extent(RATE)
    time = np.arange(-extent, extent + 1) / RATE
    return height * np.exp(-((time / width) ** 2)) + offset


rhythms = st.lists(st.floats(0.2, 4.0), min_size=0, max_size=60)


class TestRhythm:
    def test_regular_rhythm_is_typical(self):
        features = relative_rhythm(r_peaks_of([0.8] * 300), RATE)
        np.testing.assert_allclose(features["rr_prev_relative"], 1, atol=0.01)
        np.testing.assert_allclose(features["rr_next_relative"], 1, atol=0.01)
        assert features["rr_irregularity"][-1] < 0.01

    def test_early_beat_and_pause_stand_out(self):
        features = relative_rhythm(r_peaks_of([0.8] * 50 + [0.5, 1.1] + [0.8]), RATE)
        assert features["rr_prev_relative"][51] == pytest.approx(0.5 / 0.8, abs=0.03)
        assert features["rr_next_relative"][51] == pytest.approx(1.1 / 0.8, abs=0.03)

    def test_early_beats_that_are_many_do_not_move_the_typical_interval_much(self):
        features = relative_rhythm(r_peaks_of([0.8] * 500 + [0.5, 1.1, 0.8] * 20), RATE)
        early = features["rr_prev_relative"][501::3]
        np.testing.assert_allclose(early, 0.5 / 0.8, atol=0.03)

    def test_new_rate_becomes_typical(self):
        features = relative_rhythm(r_peaks_of([1.0] * 100 + [0.6] * 300), RATE)
        assert features["rr_prev_relative"][101] < 0.65
        assert features["rr_prev_relative"][-1] == pytest.approx(1, abs=0.02)

    def test_irregular_rhythm_is_told_from_a_regular_one(self):
        intervals = np.random.RandomState(0).uniform(0.5, 1.1, 300)
        irregular = relative_rhythm(r_peaks_of(intervals), RATE)["rr_irregularity"]
        assert irregular[-1] > 0.1

    @pytest.mark.parametrize("n_beats", [1, 2])
    def test_unknown_intervals_count_as_typical(self, n_beats):
        features = relative_rhythm(r_peaks_of([0.8] * (n_beats - 1)), RATE)
        assert features["rr_prev_relative"].tolist() == [1] * n_beats
        assert features["rr_next_relative"].tolist() == [1] * n_beats
        assert len(features["rr_irregularity"]) == n_beats

    @given(rhythms)
    def test_features_of_any_rhythm_are_finite_and_capped(self, intervals):
        for values in relative_rhythm(r_peaks_of(intervals), RATE).values():
            assert len(values) == len(intervals) + 1
            assert ((values >= 0) & (values <= 3)).all()

    @given(rhythms, st.integers(1, 60))
    def test_causal_features_do_not_look_ahead(self, intervals, n_beats):
        r_peaks = r_peaks_of(intervals)
        whole = relative_rhythm(r_peaks, RATE)
        start = relative_rhythm(r_peaks[:n_beats], RATE)
        for name in set(feature_names("relative", causal=True)) & set(whole):
            np.testing.assert_array_equal(whole[name][:n_beats], start[name])

    @given(rhythms)
    def test_rate_of_the_record_does_not_matter(self, intervals):
        r_peaks = r_peaks_of(intervals)
        once, twice = (
            relative_rhythm(r_peaks, RATE),
            relative_rhythm(2 * r_peaks, 2 * RATE),
        )
        for name, values in once.items():
            np.testing.assert_allclose(values, twice[name])


class TestQrs:
    def test_like_beats_are_typical(self):
        features = relative_qrs(np.array([qrs(0.02)] * 30), RATE)
        np.testing.assert_allclose(features["qrs_width_relative"], 1)
        np.testing.assert_allclose(features["qrs_correlation"], 1)

    def test_wide_beat_stands_out_among_narrow_ones_but_not_among_wide_ones(self):
        narrow, wide = [qrs(0.02)] * 20, [qrs(0.05)] * 20
        among_narrow = relative_qrs(np.array([*narrow, wide[0]]), RATE)
        among_wide = relative_qrs(np.array([*wide, wide[0]]), RATE)
        assert among_narrow["qrs_width_relative"][-1] > 1.5
        assert among_narrow["qrs_correlation"][-1] < 0.9
        assert among_wide["qrs_width_relative"][-1] == pytest.approx(1)

    def test_single_ectopic_beat_hardly_changes_what_is_typical(self):
        beats = [qrs(0.02)] * 20 + [-5 * qrs(0.05)] + [qrs(0.02)]
        features = relative_qrs(np.array(beats), RATE)
        assert features["qrs_correlation"][-2] == 0
        assert features["qrs_correlation"][-1] > 0.99

    def test_gain_and_offset_of_the_recording_do_not_matter(self):
        random = np.random.RandomState(0)
        beats = np.array([qrs(width) for width in random.uniform(0.02, 0.05, 40)])
        one, other = relative_qrs(beats, RATE), relative_qrs(200 * beats + 1024, RATE)
        for name, values in one.items():
            np.testing.assert_allclose(values, other[name], rtol=1e-9)

    def test_shifted_r_peak_is_forgiven(self):
        beats = np.array([qrs(0.02)] * 20 + [np.roll(qrs(0.02), 2)])
        assert relative_qrs(beats, RATE)["qrs_correlation"][-1] > 0.999

    def test_flat_complex_counts_as_typical(self):
        beats = np.array([qrs(0.02)] * 3 + [np.zeros_like(qrs(0.02))])
        features = relative_qrs(beats, RATE)
        assert features["qrs_width_relative"][-1] == 1
        assert features["qrs_correlation"][-1] == 1

    @pytest.mark.parametrize("height", [0.0, 1e-9, 1e-3])
    def test_a_start_without_contact_is_left_behind(self, height):
        silent = [height * qrs(0.03, offset=5.0)] * 20
        beats = [qrs(0.02)] * 20 + [qrs(0.05)]
        features = relative_qrs(np.array(silent + beats), RATE, level=5.0)
        alone = relative_qrs(np.array(beats), RATE)
        for name, values in features.items():
            np.testing.assert_allclose(values[-10:], alone[name][-10:], atol=0.02)

    def test_rounding_does_not_make_a_flat_complex_a_beat(self):
        random = np.random.RandomState(0)
        noise = 5.37 + 1e-15 * random.normal(size=(12, len(qrs(0.02))))
        features = relative_qrs(np.array([*noise, *[qrs(0.02)] * 5]), RATE, level=5.37)
        np.testing.assert_allclose(features["qrs_width_relative"], 1)
        np.testing.assert_allclose(features["qrs_correlation"], 1)

    def test_beats_do_not_know_what_follows(self):
        random = np.random.RandomState(1)
        beats = random.normal(size=(30, len(qrs(0.02))))
        whole, start = relative_qrs(beats, RATE), relative_qrs(beats[:12], RATE)
        for name, values in start.items():
            np.testing.assert_array_equal(whole[name][:12], values)

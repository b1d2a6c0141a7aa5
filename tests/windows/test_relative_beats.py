"""Beats compared with what is typical of their patient: waves, and the beats before."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.windows._features import FEATURES, feature_names, look_at_signal
from sklearn_ecg.windows._relative_beats import RelativeBeatState, beat_extent
from sklearn_ecg.windows._relative_rhythm import relative_rhythm
from sklearn_ecg.windows._relative_waves import P_SEGMENT, TypicalSegment

RATE = 180
BEFORE, AFTER = beat_extent(RATE)


def beat(p_height=0.1, p_time=-0.16, width=0.02, height=1.0, t_height=0.2):
    time = np.arange(-BEFORE, AFTER) / RATE
    return height * (
        np.exp(-((time / width) ** 2))
        + p_height * np.exp(-(((time - p_time) / 0.02) ** 2))
        + t_height * np.exp(-(((time - 0.28) / 0.05) ** 2))
    )


def features_of(beats, intervals=None):
    intervals = [0.8] * (len(beats) - 1) if intervals is None else intervals
    r_peaks = np.round(np.cumsum([0.5, *intervals]) * RATE).astype(np.int64)
    rhythm = relative_rhythm(r_peaks, RATE)
    return RelativeBeatState(RATE).update_block(np.array(beats), rhythm)


def test_every_feature_of_the_signal_is_computed():
    features = features_of([beat()] * 3)
    of_rhythm = [
        name for name in feature_names("relative") if not look_at_signal([name])
    ]
    wanted = set(feature_names("relative")) - set(of_rhythm)
    assert wanted <= set(features)


def test_like_beats_have_typical_waves():
    features = features_of([beat()] * 20)
    for wave in "pt":
        np.testing.assert_allclose(features[f"{wave}_correlation"], 1)
        np.testing.assert_allclose(features[f"{wave}_size_relative"], 0, atol=1e-9)
        np.testing.assert_allclose(features[f"{wave}_difference"], np.log(0.001))


def test_a_beat_without_p_wave_stands_out():
    features = features_of([beat()] * 20 + [beat(p_height=0)])
    assert features["p_size_relative"][-1] < -1
    assert features["p_difference"][-1] > features["p_difference"][-2] + 1
    assert abs(features["t_size_relative"][-1]) < 0.1


def test_the_place_of_the_p_wave_is_told_in_seconds():
    features = features_of([beat(p_time=-0.16)] * 5 + [beat(p_time=-0.12)])
    found = features["p_place"] + P_SEGMENT[0]
    np.testing.assert_allclose(found[:-1], -0.16, atol=0.015)
    assert found[-1] == pytest.approx(-0.12, abs=0.015)


def test_a_late_r_peak_does_not_move_the_segments():
    late = np.roll(beat(), -5)
    features = features_of([beat()] * 20 + [late])
    assert features["p_correlation"][-1] > 0.99


def test_beats_that_are_early_or_odd_are_not_typical():
    odd = beat(p_height=-0.3, width=0.05)
    early = features_of(
        [beat()] * 20 + [beat(p_height=-0.3)] * 3, [0.8] * 19 + [0.4] * 3
    )
    wide = features_of([beat()] * 20 + [odd] * 3)
    for features in (early, wide):
        sizes = features["p_size_relative"][-3:]
        np.testing.assert_allclose(sizes, sizes[0], atol=0.2)
        assert (features["p_correlation"][-3:] < 0).all()


def test_height_and_offset_do_not_matter():
    random = np.random.RandomState(0)
    beats = np.array([beat(p, width=w) for p, w in random.uniform(0.02, 0.05, (40, 2))])
    one, other = features_of(beats), features_of(200 * beats + 1024)
    for name, values in one.items():
        np.testing.assert_allclose(values, other[name], rtol=1e-7, atol=1e-7)


def test_the_beats_before_are_told_of():
    widths = [0.02, 0.02, 0.05, 0.02, 0.03]
    features = features_of([beat(width=width) for width in widths])
    now = features["qrs_width_relative"]
    for back in (1, 2, 3):
        before = features[f"qrs_width_relative_{back}_before"]
        np.testing.assert_array_equal(before[back:], now[:-back])
        assert (before[:back] == now[0]).all()


def test_flat_signal_is_usual():
    features = features_of([np.zeros(BEFORE + AFTER)] * 5)
    for name, values in features.items():
        assert np.isfinite(values).all(), name
    assert (features["qrs_correlation"] == 1).all()


kinds = st.lists(
    st.tuples(
        st.floats(-0.5, 0.5), st.floats(0.005, 0.1), st.sampled_from([0, -3, 1e-6, 1])
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=40, deadline=None)
@given(kinds, st.lists(st.integers(0, 10), max_size=3))
def test_pieces_give_the_features_of_the_whole_bit_for_bit(kinds, cuts):
    beats = np.array([beat(p, width=w, height=h) for p, w, h in kinds])
    r_peaks = np.arange(len(beats)) * 140
    rhythm = relative_rhythm(r_peaks, RATE)
    whole = RelativeBeatState(RATE).update_block(beats, rhythm)
    state, parts = RelativeBeatState(RATE), []
    places = sorted(min(cut, len(beats)) for cut in cuts)
    for rows in np.split(np.arange(len(beats)), places):
        state = copy.deepcopy(state)
        of_rows = {name: values[rows] for name, values in rhythm.items()}
        parts.append(state.update_block(beats[rows], of_rows))
    for name, values in whole.items():
        found = np.concatenate([part[name] for part in parts])
        np.testing.assert_array_equal(found, values)
        limits = FEATURES.get(name)
        if limits and limits.looks_at_signal:
            assert ((values >= limits.lowest) & (values <= limits.highest)).all(), name


def test_the_typical_segment_is_of_usual_beats_only():
    typical = TypicalSegment()
    for size in (0.1, 0.2):
        typical.update(np.full(2, size), is_usual=True)
    typical.update(np.full(2, 9.0), is_usual=False)
    before = typical.update(np.full(2, 0.1), is_usual=True)
    np.testing.assert_allclose(before, 0.15)

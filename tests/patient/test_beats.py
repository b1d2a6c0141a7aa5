"""Beats compared with what is typical of their patient: waves, and the beats before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from states import in_pieces, in_units, joined, size_after

from sklearn_ecg.patient import (
    FEATURES,
    BeatState,
    RhythmState,
    beat_extent,
    feature_names,
    look_at_signal,
)
from sklearn_ecg.patient._waves import WAVES

RATE = 180
BEFORE, AFTER = beat_extent(RATE)
OF_SIGNAL = {name for name in feature_names("relative") if look_at_signal([name])}
COUNTS = 2000  # For each millivolt


def beat(p_height=0.1, p_time=-0.16, width=0.02, height=1.0, t_height=0.2):
    time = np.arange(-BEFORE, AFTER) / RATE
    return height * (
        np.exp(-((time / width) ** 2))
        + p_height * np.exp(-(((time - p_time) / 0.02) ** 2))
        + t_height * np.exp(-(((time - 0.28) / 0.05) ** 2))
    )


def rhythm_of(intervals):
    milliseconds = np.rint(1000 * np.array(intervals)).astype(int)
    prev, following = [0, *milliseconds], [*milliseconds, 0]
    return RhythmState().update(np.array(prev), np.array(following)).features


def features_of(beats, intervals=None, gain=COUNTS):
    rhythm = rhythm_of([0.8] * (len(beats) - 1) if intervals is None else intervals)
    counts = np.rint(gain * np.array(beats)).astype(np.int64)
    found = BeatState(RATE).update(counts, rhythm)
    return {name: in_units(name, values, RATE) for name, values in found.items()}


def test_every_feature_of_the_signal_is_computed():
    assert set(features_of([beat()] * 3)) == OF_SIGNAL


def test_like_beats_have_typical_waves():
    features = features_of([beat()] * 20)
    for wave in "pt":
        np.testing.assert_allclose(features[f"{wave}_correlation"], 1, atol=0.004)
        np.testing.assert_allclose(features[f"{wave}_size_relative"], 0, atol=0.01)
        # As small as anything is said to be: a thousandth of the height of the QRS.
        difference = features[f"{wave}_difference"]
        np.testing.assert_allclose(difference, np.log2(0.001), atol=0.5)


def test_a_beat_without_p_wave_stands_out():
    features = features_of([beat()] * 20 + [beat(p_height=0)])
    assert features["p_size_relative"][-1] < -1.4
    assert features["p_difference"][-1] > features["p_difference"][-2] + 1.4
    assert abs(features["t_size_relative"][-1]) < 0.15


def test_the_place_of_the_p_wave_is_told_in_seconds():
    features = features_of([beat(p_time=-0.16)] * 5 + [beat(p_time=-0.12)])
    found = features["p_place"] + WAVES["p"][0]
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
        np.testing.assert_allclose(sizes, sizes[0], atol=0.3)
        assert (features["p_correlation"][-3:] < 0).all()


@pytest.mark.parametrize("gain", [250, 1e6])
def test_height_and_offset_matter_only_by_rounding(gain):
    random = np.random.RandomState(0)
    kinds = random.uniform(0.02, 0.05, (40, 2))
    beats = np.array([beat(p, width=width) for p, width in kinds])
    one, other = features_of(beats), features_of(beats + 5.1, gain=gain)
    for name, values in one.items():
        errors = np.abs(values - other[name])
        if FEATURES[name].in_samples and name != "qrs_width":
            assert np.mean(np.rint(RATE * errors) > 1) < 0.2, name
        else:
            # Small differences have large logarithms.
            limit = 0.5 if "difference" in name or "size" in name else 0.06
            assert np.quantile(errors, 0.9) < limit, name


def test_the_beats_before_are_told_of():
    widths = [0.02, 0.02, 0.05, 0.02, 0.03]
    features = features_of([beat(width=width) for width in widths])
    now = features["qrs_width_relative"]
    assert len(set(now.tolist())) > 3
    for back in (1, 2, 3):
        before = features[f"qrs_width_relative_{back}_before"]
        np.testing.assert_array_equal(before[back:], now[:-back])
        assert (before[:back] == now[0]).all()


@pytest.mark.parametrize("level", [0, 77, -(2**36)])
def test_flat_signal_is_usual(level):
    flat = np.full((5, BEFORE + AFTER), level)
    found = BeatState(RATE).update(flat, rhythm_of([0.8] * 4))
    assert found["qrs_correlation"].tolist() == [1024] * 5
    assert found["qrs_width"].tolist() == [0] * 5
    for wave in "pt":
        assert found[f"{wave}_size_relative"].tolist() == [0] * 5


kinds = st.lists(
    st.tuples(
        st.floats(-0.5, 0.5), st.floats(0.005, 0.1), st.sampled_from([0, -3, 1e-3, 1])
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=40, deadline=None)
@given(kinds, st.lists(st.integers(0, 10), max_size=4), st.integers(200, 3000))
def test_pieces_give_the_features_of_the_whole_bit_for_bit(kinds, cuts, interval):
    beats = np.array([beat(p, width=w, height=h) for p, w, h in kinds])
    counts = np.rint(COUNTS * beats).astype(np.int64)
    rhythm = rhythm_of([interval / 1000, 0.8] * 5)
    rhythm = {name: values[: len(beats)] for name, values in rhythm.items()}
    whole = BeatState(RATE).update(counts, rhythm)
    found = joined(in_pieces(BeatState(RATE), cuts, counts, rhythm))
    for name, values in whole.items():
        np.testing.assert_array_equal(found[name], values)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2000, 2**15, 2**36]))
def test_features_of_any_signal_are_within_the_limits_of_the_table(seed, size):
    random = np.random.default_rng(seed)
    around = random.integers(-size, size + 1, (12, BEFORE + AFTER))
    around[random.random(12) < 0.2] = size
    found = BeatState(RATE).update(around, rhythm_of(random.uniform(0.2, 3, 11)))
    for name, values in found.items():
        assert values.dtype == np.int64, name
        assert (values >= FEATURES[name].lowest).all(), name
        assert (values <= FEATURES[name].highest).all(), name


@given(st.integers(1, 19))
@settings(max_examples=10, deadline=None)
def test_what_comes_later_is_not_known(n_beats):
    beats = np.random.default_rng(0).integers(-500, 500, (20, BEFORE + AFTER))
    rhythm = rhythm_of([0.8, 0.5] * 9 + [0.8])
    whole = BeatState(RATE).update(beats, rhythm)
    so_far = {name: values[:n_beats] for name, values in rhythm.items()}
    for name, values in BeatState(RATE).update(beats[:n_beats], so_far).items():
        np.testing.assert_array_equal(whole[name][:n_beats], values)


def test_the_state_stays_small():
    sizes = []
    for n_beats in (10, 500):
        state = BeatState(RATE)
        counts = np.rint(COUNTS * np.array([beat()] * n_beats)).astype(np.int64)
        state.update(counts, rhythm_of([0.8] * (n_beats - 1)))
        sizes.append(size_after(state, []))
    assert sizes[1] <= sizes[0] + 30
    assert sizes[1] < 5000

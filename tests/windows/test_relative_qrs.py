import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from states import size_after, updated

from sklearn_ecg.windows._relative_qrs import (
    RelativeQRSState,
    TypicalQRS,
    qrs_extent,
    relative_qrs,
)

RATE = 180


def qrs(width, height=1.0, offset=0.0):
    extent = qrs_extent(RATE)
    time = np.arange(-extent, extent + 1) / RATE
    return height * np.exp(-((time / width) ** 2)) + offset


def test_like_beats_are_typical():
    features = relative_qrs(np.array([qrs(0.02)] * 30), RATE)
    np.testing.assert_allclose(features["qrs_width_relative"], 1)
    np.testing.assert_allclose(features["qrs_correlation"], 1)


def test_wide_beat_stands_out_among_narrow_ones_but_not_among_wide_ones():
    narrow, wide = [qrs(0.02)] * 20, [qrs(0.05)] * 20
    among_narrow = relative_qrs(np.array([*narrow, wide[0]]), RATE)
    among_wide = relative_qrs(np.array([*wide, wide[0]]), RATE)
    assert among_narrow["qrs_width_relative"][-1] > 1.5
    assert among_narrow["qrs_correlation"][-1] < 0.9
    assert among_wide["qrs_width_relative"][-1] == pytest.approx(1)


def test_single_ectopic_beat_hardly_changes_what_is_typical():
    beats = [qrs(0.02)] * 20 + [-5 * qrs(0.05)] + [qrs(0.02)]
    features = relative_qrs(np.array(beats), RATE)
    assert features["qrs_correlation"][-2] == 0
    assert features["qrs_correlation"][-1] > 0.99


def test_gain_and_offset_of_the_recording_do_not_matter():
    random = np.random.RandomState(0)
    beats = np.array([qrs(width) for width in random.uniform(0.02, 0.05, 40)])
    one, other = relative_qrs(beats, RATE), relative_qrs(200 * beats + 1024, RATE)
    for name, values in one.items():
        np.testing.assert_allclose(values, other[name], rtol=1e-9)


def test_shifted_r_peak_is_forgiven():
    beats = np.array([qrs(0.02)] * 20 + [np.roll(qrs(0.02), 2)])
    assert relative_qrs(beats, RATE)["qrs_correlation"][-1] > 0.999


def test_flat_complex_counts_as_typical():
    beats = np.array([qrs(0.02)] * 3 + [np.zeros_like(qrs(0.02))])
    features = relative_qrs(beats, RATE)
    assert features["qrs_width_relative"][-1] == 1
    assert features["qrs_correlation"][-1] == 1


@pytest.mark.parametrize("height", [0.0, 1e-9, 1e-3])
def test_a_start_without_contact_is_left_behind(height):
    silent = [height * qrs(0.03, offset=5.0)] * 20
    beats = [qrs(0.02)] * 20 + [qrs(0.05)]
    features = relative_qrs(np.array(silent + beats), RATE)
    alone = relative_qrs(np.array(beats), RATE)
    for name, values in features.items():
        np.testing.assert_allclose(values[-10:], alone[name][-10:], atol=0.02)


def test_rounding_does_not_make_a_flat_complex_a_beat():
    random = np.random.RandomState(0)
    noise = 5.37 + 1e-15 * random.normal(size=(12, len(qrs(0.02))))
    features = relative_qrs(np.array([*noise, *[qrs(0.02)] * 5]), RATE)
    np.testing.assert_allclose(features["qrs_width_relative"], 1)
    np.testing.assert_allclose(features["qrs_correlation"], 1)


def test_beats_do_not_know_what_follows():
    random = np.random.RandomState(1)
    beats = random.normal(size=(30, len(qrs(0.02))))
    whole, start = relative_qrs(beats, RATE), relative_qrs(beats[:12], RATE)
    for name, values in start.items():
        np.testing.assert_array_equal(whole[name][:12], values)


heights = st.sampled_from([0.0, 1e-12, 1e-3, 1.0, 9.0, 1000.0])


@settings(max_examples=50, deadline=None)
@given(
    heights=st.lists(heights, min_size=1, max_size=50),
    rate=st.sampled_from([100, 180, 257.0, 360]),
    level=st.sampled_from([0.0, 1.0]),
    stops=st.sets(st.integers(0, 50)),
    seed=st.integers(0, 100),
)
def test_features_are_those_of_the_state_beat_by_beat(
    heights, rate, level, stops, seed
):
    length = 2 * qrs_extent(rate) + 1
    complexes = np.random.default_rng(seed).normal(size=(len(heights), length))
    complexes = complexes.cumsum(axis=1) * np.array(heights)[:, np.newaxis] + level
    batch = relative_qrs(complexes, rate)
    found = updated(RelativeQRSState(rate), complexes, stops)
    for name, values in batch.items():
        np.testing.assert_array_equal([each[name] for each in found], values)


def test_the_typical_complex_is_the_mean_of_the_first_nine():
    random = np.random.RandomState(0)
    complexes = random.normal(size=(10, 5))
    met = updated(TypicalQRS(5), complexes)
    np.testing.assert_array_equal(met[0], complexes[0])
    np.testing.assert_allclose(met[-1], complexes[:9].mean(axis=0))


def test_an_update_leaves_what_it_was_given_and_gave_before():
    complexes = np.random.RandomState(0).normal(size=(30, 5))
    typical, kept = TypicalQRS(5), []
    for each in complexes.copy():
        met = typical.update(each)
        kept.append((met, met.copy()))
    for met, then in kept:
        np.testing.assert_array_equal(met, then)


def test_the_state_stays_small():
    some, many = ([qrs(0.02)] * n for n in (20, 2000))
    assert size_after(RelativeQRSState(RATE), many) <= (
        size_after(RelativeQRSState(RATE), some) + 20
    )

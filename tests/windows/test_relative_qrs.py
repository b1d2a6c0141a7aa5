import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from states import size_after, updated

from sklearn_ecg.windows._features import FEATURES
from sklearn_ecg.windows._relative_qrs import (
    RelativeQRSState,
    TypicalQRS,
    qrs_extent,
)

RATE = 180


def qrs(width, height=1.0, offset=0.0):
    extent = qrs_extent(RATE)
    time = np.arange(-extent, extent + 1) / RATE
    return height * np.exp(-((time / width) ** 2)) + offset


def features_of(complexes, rate=RATE):
    return RelativeQRSState(rate).update_block(np.array(complexes)).features


def test_like_beats_are_typical():
    features = features_of([qrs(0.02)] * 30)
    for name in (
        "qrs_shift",
        "qrs_width_relative",
        "qrs_height_relative",
        "qrs_difference",
    ):
        np.testing.assert_allclose(features[name], 0, atol=1e-9)
    np.testing.assert_allclose(features["qrs_correlation"], 1)
    assert (features["qrs_sign"] == 1).all()


def test_widths_are_seconds():
    features = features_of([qrs(0.02)])
    # Of exp(-(t / 0.02)²) above a half: 2 * 0.02 * sqrt(log 2) seconds.
    assert features["qrs_half_width"][0] == pytest.approx(0.033, abs=1 / RATE)
    assert 0.02 < features["qrs_width"][0] < 0.08


def test_wide_beat_stands_out_among_narrow_ones_but_not_among_wide_ones():
    narrow, wide = [qrs(0.02)] * 20, [qrs(0.05)] * 20
    among_narrow = features_of([*narrow, wide[0]])
    among_wide = features_of([*wide, wide[0]])
    assert among_narrow["qrs_width_relative"][-1] > 0.4
    assert among_narrow["qrs_half_width_difference"][-1] > 0.03
    assert among_narrow["qrs_slope_relative"][-1] < -0.5
    assert among_narrow["qrs_correlation"][-1] < 0.9
    assert among_wide["qrs_width_relative"][-1] == pytest.approx(0)


def test_single_ectopic_beat_hardly_changes_what_is_typical():
    features = features_of([qrs(0.02)] * 20 + [-5 * qrs(0.05)] + [qrs(0.02)])
    assert features["qrs_correlation"][-2] < 0.2
    assert features["qrs_height_relative"][-2] == pytest.approx(np.log(5), abs=0.5)
    assert features["qrs_sign"][-2] == -1
    assert features["qrs_correlation"][-1] > 0.99


def test_gain_and_offset_of_the_recording_do_not_matter():
    random = np.random.RandomState(0)
    beats = np.array([qrs(width) for width in random.uniform(0.02, 0.05, 40)])
    one, other = features_of(beats), features_of(200 * beats + 1024)
    for name, values in one.items():
        np.testing.assert_allclose(values, other[name], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shift", [-9, -2, 3, 9])
def test_shifted_r_peak_is_forgiven_and_told(shift):
    relative = RelativeQRSState(RATE).update_block(
        np.array([qrs(0.02)] * 20 + [np.roll(qrs(0.02), shift)])
    )
    assert relative.features["qrs_correlation"][-1] > 0.999
    assert relative.features["qrs_shift"][-1] == pytest.approx(shift / RATE)
    assert relative.shift[-1] == shift


def test_flat_complex_counts_as_typical():
    features = features_of([qrs(0.02)] * 3 + [np.zeros_like(qrs(0.02))])
    for name, values in features.items():
        assert values[-1] == (1 if name in ("qrs_correlation", "qrs_sign") else 0)


@pytest.mark.parametrize("height", [0.0, 1e-9, 1e-3])
def test_a_start_without_contact_is_left_behind(height):
    silent = [height * qrs(0.03, offset=5.0)] * 20
    beats = [qrs(0.02)] * 20 + [qrs(0.05)]
    features, alone = features_of(silent + beats), features_of(beats)
    for name, values in features.items():
        np.testing.assert_allclose(values[-10:], alone[name][-10:], atol=0.05)


def test_rounding_does_not_make_a_flat_complex_a_beat():
    noise = 1e6 + 1e-9 * np.random.RandomState(0).randn(5, 2 * qrs_extent(RATE) + 1)
    features = features_of([*noise, *[qrs(0.02)] * 5])
    np.testing.assert_allclose(features["qrs_width_relative"], 0, atol=1e-9)
    np.testing.assert_allclose(features["qrs_correlation"], 1)


complexes_of_any_kind = st.lists(
    st.lists(
        st.sampled_from([0.0, 1.0, -1.0, 0.5, 1e-12, 1e6]), min_size=55, max_size=55
    ),
    min_size=1,
    max_size=12,
).map(np.array)


@settings(max_examples=60, deadline=None)
@given(complexes_of_any_kind, st.lists(st.integers(0, 12), max_size=3))
def test_features_of_any_complex_are_within_limits_and_as_in_pieces(complexes, cuts):
    batch = features_of(complexes)
    for name, values in batch.items():
        assert (values >= FEATURES[name].lowest).all()
        assert (values <= FEATURES[name].highest).all()
    state, found = RelativeQRSState(RATE), []
    for part in np.split(complexes, sorted(min(cut, len(complexes)) for cut in cuts)):
        if len(part):
            state = copy.deepcopy(pickle.loads(pickle.dumps(state)))
            found.append(state.update_block(part).features)
    for name, values in batch.items():
        together = np.concatenate([part[name] for part in found])
        np.testing.assert_array_equal(together, values)


def test_what_is_typical_is_not_changed_from_outside():
    typical, kept = TypicalQRS(5), []
    complexes = np.random.RandomState(0).randn(30, 5)
    for number, complex_ in enumerate(complexes):
        before = typical.update(complex_)
        kept.append((before, before.copy(), number))
    for before, copied, _ in kept:
        np.testing.assert_array_equal(before, copied)


def test_the_state_stays_small():
    some, many = ([qrs(0.02)] * n for n in (10, 500))
    assert size_after(TypicalQRS(55), many) <= size_after(TypicalQRS(55), some) + 20
    assert len(updated(TypicalQRS(55), some)) == 10

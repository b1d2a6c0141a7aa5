import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from states import in_pieces, in_units, joined, size_after

from sklearn_ecg.patient import FEATURES
from sklearn_ecg.patient._qrs import QRSState, TypicalQRS, centered, qrs_extent

RATE = 180
N_SAMPLES = 2 * qrs_extent(RATE) + 1
COUNTS = 2000  # For each millivolt


def qrs(width, height=1.0, offset=0.0):
    extent = qrs_extent(RATE)
    time = np.arange(-extent, extent + 1) / RATE
    return height * np.exp(-((time / width) ** 2)) + offset


def counts_of(complexes, gain=COUNTS):
    return np.rint(gain * np.array(complexes)).astype(np.int64)


def features_of(complexes, gain=COUNTS):
    found = QRSState(RATE).update(counts_of(complexes, gain)).features
    return {name: in_units(name, values, RATE) for name, values in found.items()}


def test_like_beats_are_typical():
    features = features_of([qrs(0.02)] * 30)
    for name in (
        "qrs_shift",
        "qrs_width_relative",
        "qrs_height_relative",
        "qrs_difference",
    ):
        np.testing.assert_allclose(features[name], 0, atol=1e-9)
    np.testing.assert_allclose(features["qrs_correlation"], 1, atol=0.004)
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
    assert among_narrow["qrs_width_relative"][-1] > 0.6
    assert among_narrow["qrs_half_width_difference"][-1] > 0.03
    assert among_narrow["qrs_slope_relative"][-1] < -0.7
    assert among_narrow["qrs_correlation"][-1] < 0.9
    assert among_wide["qrs_width_relative"][-1] == pytest.approx(0, abs=0.002)


def test_single_ectopic_beat_hardly_changes_what_is_typical():
    features = features_of([qrs(0.02)] * 20 + [-5 * qrs(0.05)] + [qrs(0.02)])
    assert features["qrs_correlation"][-2] < 0.2
    assert features["qrs_height_relative"][-2] == pytest.approx(np.log2(5), abs=0.7)
    assert features["qrs_sign"][-2] == -1
    assert features["qrs_correlation"][-1] > 0.99


@pytest.mark.parametrize("gain", [250, 1e6])
def test_gain_and_offset_of_the_recording_matter_only_by_rounding(gain):
    widths = np.random.RandomState(0).uniform(0.02, 0.05, 40)
    one = features_of([qrs(width) for width in widths])
    other = features_of([qrs(width, offset=5.0) for width in widths], gain)
    for name, values in one.items():
        if FEATURES[name].in_samples and name != "qrs_width":
            assert (np.rint(RATE * np.abs(values - other[name])) <= 2).all()
            assert np.mean(values != other[name]) < 0.3
        else:
            np.testing.assert_allclose(values, other[name], atol=0.06, err_msg=name)


def test_an_offset_does_not_matter_at_all():
    complexes = counts_of([qrs(width) for width in np.linspace(0.02, 0.05, 20)])
    one = QRSState(RATE).update(complexes).features
    other = QRSState(RATE).update(complexes - 12_345).features
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])


@pytest.mark.parametrize("shift", [-9, -2, 3, 9])
def test_shifted_r_peak_is_forgiven_and_told(shift):
    complexes = [qrs(0.02)] * 20 + [np.roll(qrs(0.02), shift)]
    found = QRSState(RATE).update(counts_of(complexes))
    assert found.features["qrs_correlation"][-1] > 0.996 * 1024
    assert found.features["qrs_shift"][-1] == found.shift[-1] == shift


def test_flat_complex_counts_as_typical():
    features = features_of([qrs(0.02)] * 3 + [np.full_like(qrs(0.02), 7)])
    for name, values in features.items():
        assert values[-1] == (1 if name in ("qrs_correlation", "qrs_sign") else 0)


@pytest.mark.parametrize("height", [0.0, 1e-3, 5e-3])
def test_a_start_without_contact_is_left_behind(height):
    silent = [height * qrs(0.03, offset=5.0)] * 20
    beats = [qrs(0.02)] * 20 + [qrs(0.05)]
    features, alone = features_of(silent + beats), features_of(beats)
    for name, values in features.items():
        np.testing.assert_allclose(values[-10:], alone[name][-10:], atol=0.06)


sizes = st.sampled_from([0, 1, -1, 2, 30_000, -32_768, 2**36, -(2**36)])
complexes_of_any_kind = st.lists(
    st.lists(sizes, min_size=N_SAMPLES, max_size=N_SAMPLES), min_size=1, max_size=12
).map(np.array)


@settings(max_examples=60, deadline=None)
@given(complexes_of_any_kind, st.lists(st.integers(0, 12), max_size=3))
def test_features_of_any_complex_are_within_limits_and_as_in_pieces(complexes, cuts):
    whole = QRSState(RATE).update(complexes)
    for name, values in whole.features.items():
        assert (values >= FEATURES[name].lowest).all(), name
        assert (values <= FEATURES[name].highest).all(), name
    parts = in_pieces(QRSState(RATE), cuts, complexes)
    found = joined([part.features for part in parts])
    for name, values in whole.features.items():
        np.testing.assert_array_equal(found[name], values)


@pytest.mark.parametrize("rate", [50, 125, 360, 1000])
def test_limits_hold_at_any_rate_of_windows(rate):
    random = np.random.RandomState(0)
    n_samples = 2 * qrs_extent(rate) + 1
    complexes = random.randint(-2000, 2000, (200, n_samples))
    complexes[100:] = np.cumsum(complexes[100:], axis=1)
    for name, values in QRSState(rate).update(complexes).features.items():
        assert (values >= FEATURES[name].lowest).all(), name
        assert (values <= FEATURES[name].highest).all(), name


def test_what_is_typical_is_not_changed_by_the_beats_that_follow():
    complexes = 1000 * np.random.RandomState(0).randint(-9, 9, (30, 5))
    typical = TypicalQRS(5)
    first = typical.update(complexes[:10])
    copied = first.copy()
    typical.update(complexes[10:])
    np.testing.assert_array_equal(first, copied)


def test_the_typical_complex_is_the_mean_of_the_first_beats():
    complexes = centered(1000 * np.random.RandomState(0).randint(-9, 9, (10, 5)))
    typical = TypicalQRS(5).update(complexes)
    np.testing.assert_array_equal(typical[0], complexes[0])
    np.testing.assert_allclose(typical[9], complexes[:9].mean(axis=0), atol=5)


def test_the_state_stays_small():
    sizes = []
    for n in (10, 500):
        state = QRSState(RATE)
        state.update(counts_of([qrs(0.02)] * n))
        sizes.append(size_after(state, []))
    assert sizes[1] <= sizes[0] + 20
    assert sizes[1] < 2500

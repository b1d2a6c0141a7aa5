import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from states import in_units

from sklearn_ecg.edge.twin._features import FeatureScaling
from sklearn_ecg.patient import feature_names, rhythm_features

RATE = 125


def test_scaled_features_span_a_byte_and_are_limited():
    values = np.linspace(-1000, 1000, 5001)[:, np.newaxis].astype(int)
    scaling = FeatureScaling.of(["rr_prev_over_q50"], values, RATE)
    scaled = scaling(np.array([[-30000], [-1000], [0], [1000], [30000]]))
    assert scaled[:, 0].tolist() == [0, 0, scaled[2, 0], 255, 255]
    middle = scaled[2, 0] * scaling.units()[0] + scaling.offsets()[0]
    assert abs(middle) < scaling.units()[0]


@pytest.mark.parametrize("name", ["rr_prev", "rr_prev_ratio", "qrs_width", "p_slope"])
def test_what_is_scaled_is_in_units_of_its_feature(name):
    values = np.random.default_rng(0).integers(300, 1400, (1000, 1))
    scaling = FeatureScaling.of([name], values, RATE)
    found = scaling(values) * scaling.units() + scaling.offsets()
    assert_allclose(found, in_units(name, values, RATE), atol=2 * scaling.units()[0])


def test_a_feature_that_hardly_changes_is_not_enlarged():
    scaling = FeatureScaling.of(["rr_prev"], np.full((10, 1), 800))
    assert scaling(np.array([[799], [800], [801], [2000]]))[:, 0].tolist() == [
        0,
        0,
        1,
        255,
    ]


def test_columns_are_multiples_of_integers():
    names = ("rr_prev", "rr_prev_over_q50", "qrs_width", "p_highest")
    integers = np.random.default_rng(0).integers(-1000, 1000, (50, 4))
    columns = [
        in_units(n, each, RATE) for n, each in zip(names, integers.T, strict=True)
    ]
    scaling = FeatureScaling.of(names, integers, RATE)
    columns = np.column_stack(columns).astype(np.float32)
    assert_array_equal(scaling.integers(columns), integers)


def test_intervals_are_scaled_as_features_that_are_computed_from_them():
    names = feature_names("rhythm")
    intervals = np.random.default_rng(0).integers(0, 4000, (200, 3))
    features = rhythm_features(
        dict(zip(("rr_prev", "rr_next", "rr_local"), intervals.T, strict=True))
    )
    values = np.column_stack([features[name] for name in names])
    scaling = FeatureScaling.of(names, values)
    assert scaling.intervals == ("rr_prev", "rr_next", "rr_local")
    assert_array_equal(
        scaling.of_intervals(intervals.astype(np.uint16)), scaling(values)
    )


def test_an_interval_that_is_unknown_or_beyond_the_range_is_scaled_as_well():
    scaling = FeatureScaling.of(["rr_prev"], np.array([[300], [1320]]))
    intervals = np.array([[0, 0], [300, 0], [1320, 0], [60000, 0]], dtype=np.uint16)
    # Unknown is 1 s.
    assert scaling.of_intervals(intervals).ravel().tolist() == [175, 0, 255, 255]
    assert_allclose(scaling.offsets() + 255 * scaling.units(), 1.32, atol=0.005)


@pytest.mark.parametrize("names", [(), ("rr_prev",), ("rr_next_ratio",)])
def test_only_what_the_features_need_is_asked_for(names):
    scaling = FeatureScaling.of(names, np.array([[300] * len(names)] * 2))
    needed = {
        (): (),
        ("rr_prev",): ("rr_prev", "rr_local"),
        ("rr_next_ratio",): ("rr_prev", "rr_next", "rr_local"),
    }
    assert scaling.intervals == needed[names]
    assert scaling.has_ratios == ("rr_next_ratio" in names)
    n_intervals = len(scaling.intervals)
    scaled = scaling.of_intervals(np.full((4, n_intervals), 800, dtype=np.uint16))
    assert scaled.shape == (4, len(names))

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_ecg.edge.twin._rhythm import (
    RhythmScaling,
    fixed_point_features,
    milliseconds_of,
)
from sklearn_ecg.windows._features import feature_names, rhythm_features

ALL_FEATURES = feature_names("rhythm")

seconds = st.one_of(st.just(math.nan), st.floats(0, 10))


@given(st.tuples(seconds, seconds, seconds))
def test_rhythm_features_are_those_of_the_segmenter(intervals):
    names = ("rr_prev", "rr_next", "rr_local")
    milliseconds = milliseconds_of(np.array([intervals]))
    # The device knows milliseconds only, and so do both sides here.
    rounded = np.where(milliseconds == 0, np.nan, milliseconds / 1000)
    expected = rhythm_features(
        dict(zip(names, rounded.T, strict=True)), list(ALL_FEATURES)
    )
    found = fixed_point_features(dict(zip(names, milliseconds.T, strict=True)))
    found = np.column_stack([found[name] for name in ALL_FEATURES])
    one = RhythmScaling.fixed_point(ALL_FEATURES)
    assert_allclose(found / one, expected, atol=0.5 / 1024 + 1e-9)


def test_rhythm_scaling_spans_the_calibrated_range():
    scaling = RhythmScaling.of(["rr_prev"], np.array([300.0]), np.array([1320.0]))
    intervals = np.array([[0, 0], [300, 0], [1320, 0], [3000, 0]], dtype=np.uint16)
    assert_array_equal(scaling(intervals).ravel(), [175, 0, 255, 255])
    assert_allclose(scaling.offsets() + 255 * scaling.units(), 1.32, atol=1e-3)


def test_only_seconds_are_counted_in_milliseconds():
    names = ["rr_prev", "rr_prev_ratio", "rr_irregularity32", "qrs_correlation"]
    fixed = RhythmScaling.fixed_point(names)
    assert fixed.tolist() == [1000, 1024, 1024, 1024]

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_ecg.edge.twin._front_end import (
    RhythmScaling,
    WindowScaling,
    fixed_point_features,
    milliseconds_of,
)
from sklearn_ecg.windows._features import feature_names
from sklearn_ecg.windows._rhythm import rhythm_features


@given(
    n_samples=st.integers(8, 400),
    amplitude=st.sampled_from([3, 50, 1000, 32_000]),
    scale=st.floats(4, 100),
    seed=st.integers(0, 1000),
)
def test_windows_are_standardized_as_in_floating_point(
    n_samples, amplitude, scale, seed
):
    rng = np.random.default_rng(seed)
    windows = rng.integers(-amplitude, amplitude + 1, (3, n_samples))
    scaled = WindowScaling.of(scale, n_samples, True)(windows.astype(np.int16))
    deviation = windows.std(axis=1, keepdims=True)
    flat = deviation[:, 0] < 0.5
    centred = windows - windows.mean(axis=1, keepdims=True)
    expected = np.clip(centred / np.maximum(deviation, 0.5) * scale, -127, 127)
    assert_allclose(scaled[~flat], expected[~flat], atol=0.51)


@pytest.mark.parametrize("value", [-32768, 0, 32767])
def test_flat_windows_become_zeros(value):
    windows = np.full((1, 126), value, dtype=np.int16)
    windows[0, 3] = max(value - 1, -32768)
    assert not WindowScaling.of(20.0, 126, True)(windows).any()


def test_deviation_that_counts_is_that_of_an_exact_root():
    windows = np.array([[0, 1] * 8, [0, 32767] * 8], dtype=np.int16)
    scaled = WindowScaling.of(100.0, 16, True)(windows)
    assert_array_equal(np.abs(scaled), 100)


def test_counts_are_scaled_without_standardizing():
    scaling = WindowScaling.of(0.1, 4, False)
    windows = np.array([[-32768, -4, 6, 100]], dtype=np.int16)
    assert_array_equal(scaling(windows), [[-127, 0, 1, 10]])


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
    names = ["rr_prev", "rr_prev_ratio", "rr_prev_relative", "qrs_correlation", "age"]
    fixed = RhythmScaling.fixed_point(names)
    assert fixed.tolist() == [1000, 1024, 1024, 1024, 1000]

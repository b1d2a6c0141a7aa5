import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_ecg.edge.twin._window import WindowScaling


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

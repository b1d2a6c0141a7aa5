import numpy as np
import pytest

from sklearn_ecg.windows._cutting import (
    cut_windows,
    largest_values,
    nearest,
    scale_by_record,
    standardize,
    typical_level,
)


def test_nearest_rounds_halves_upwards_unlike_round():
    assert [nearest(x) for x in (2.5, 3.5, -2.5, 2.4)] == [3, 4, -2, 2]


def test_windows_past_the_ends_are_filled_with_edge_values():
    windows = cut_windows(np.array([4.0, 5.0, 6.0]), np.array([-3, -1, 2, 3]), 3)
    assert windows.tolist() == [[4, 4, 4], [4, 4, 5], [6, 6, 6], [6, 6, 6]]


def test_standardized_windows_have_mean_0_and_deviation_1():
    windows = standardize(np.random.default_rng(0).normal(5, 3, (4, 100)), level=10)
    np.testing.assert_allclose(windows.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(windows.std(axis=1), 1)


def test_a_window_that_is_flat_up_to_rounding_becomes_zeros():
    level = np.full((1, 50), 0.1) + np.arange(50) * 1e-17
    assert level.std() > 0
    assert np.array_equal(standardize(level, level=1.0), np.zeros((1, 50)))


def test_flatness_is_judged_by_the_level_of_each_window():
    step = np.array([0.0, 1e-3] * 25)
    windows = standardize(np.stack([step, step]), level=np.array([1.0, 1e10]))
    assert windows.std(axis=1).tolist() == pytest.approx([1, 0])


def test_the_largest_value_of_a_window_has_no_sign():
    assert largest_values(np.array([[1.0, -7], [3, 2]])).tolist() == [7, 3]


def test_an_artefact_does_not_move_the_typical_level():
    samples = np.tile([1.0, -1.0], 20_000)
    samples[::500] = 1e9
    assert typical_level(samples) == 1


def test_one_step_of_a_24_bit_converter_is_not_flat():
    window = np.zeros((1, 126))
    window[0, 60] = 1.0
    assert standardize(window, level=2.0**23).std() == pytest.approx(1)


def test_record_scale_is_refused_where_half_of_the_samples_are_equal():
    signal = np.concatenate([np.zeros(80), np.arange(20.0)])
    with pytest.raises(ValueError, match="half of its samples"):
        scale_by_record(np.zeros((1, 5)), signal)

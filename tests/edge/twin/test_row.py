import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_ecg.edge.twin._row import RowScaling


def test_units_stand_for_the_rows_to_half_a_step():
    rng = np.random.default_rng(0)
    features = np.column_stack([rng.uniform(0.3, 0.31, 500), rng.normal(0, 1e4, 500)])
    scaling = RowScaling.of(50.0, 4, features)
    rows = np.hstack([rng.uniform(-2, 2, (500, 4)), features])
    units = scaling.units_of(rows)
    assert units.dtype == np.int16
    assert_allclose(units[:, :4] / 50, rows[:, :4], atol=0.0101)
    error = np.abs(units[:, 4:] * scaling.units() + scaling.offsets() - features)
    beyond = error > 0.501 * scaling.units()
    assert beyond.sum(axis=0).max() <= 2  # the lowest and the highest


def test_what_is_out_of_range_is_limited_when_read_and_when_it_comes_in():
    scaling = RowScaling(1, 10.0, (0.0,), (0.1,), most=127)
    units = scaling.units_of(np.array([[1e9, 1e9], [-1e9, -1e9]]))
    assert_array_equal(units, [[127, 255], [-127, 0]])
    given = np.array([[32767, 32767], [-32768, -32768]], dtype=np.int16)
    assert_array_equal(scaling.limited(given), units)


def test_counts_are_scaled_to_what_their_rows_would_be():
    rng = np.random.default_rng(0)
    in_steps = RowScaling(64, 300.0, (0.3,), (0.01,), most=2047)
    in_counts = in_steps.in_counts(1 / 20_000)
    rows = rng.uniform(-1.6, 1.6, (50, 65))
    counts = in_counts.units_of(rows)
    assert_array_equal(counts[:, :64], np.floor(rows[:, :64] * 20_000 + 0.5))
    steps = in_counts.limited(counts)
    assert_allclose(steps[:, :64], rows[:, :64] * 300, atol=0.52)
    assert_array_equal(steps[:, 64], in_steps.units_of(rows)[:, 64])


def test_counts_of_any_size_are_limited_to_what_the_network_takes():
    scaling = RowScaling(2, 30.0, most=127).in_counts(0.001)
    counts = np.array([[-32768, 32767], [4250, -4216]], dtype=np.int16)
    assert_array_equal(scaling.limited(counts), [[-127, 127], [127, -126]])
    assert_array_equal(scaling.units_of(np.array([[-1e9, 1e9]])), [[-32767, 32767]])


def test_features_that_never_differ_are_in_range():
    scaling = RowScaling.of(1.0, 1, np.full((9, 1), 5.0))
    assert_array_equal(scaling.units_of(np.array([[0.0, 5.0]])), [[0, 0]])


def test_rows_without_features_have_no_scales():
    scaling = RowScaling.of(1.0, 3, np.empty((9, 0)))
    assert scaling.units().shape == scaling.offsets().shape == (0,)
    assert_array_equal(scaling.units_of(np.ones((1, 3))), [[1, 1, 1]])

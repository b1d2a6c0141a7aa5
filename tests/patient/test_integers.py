import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_ecg.patient._integers import (
    ONE,
    bit_length,
    correlation,
    divided,
    log_ratio,
    logarithm,
    normalized,
    square_root,
    squared_correlation,
)

WORDS = st.integers(1, 2**32 - 1)


@given(WORDS)
def test_logarithm_is_off_by_less_than_a_thousandth(value):
    assert abs(int(logarithm(value)) / ONE - np.log2(value)) < 0.001


def test_logarithm_rises_and_is_exact_at_powers_of_two():
    found = logarithm(np.arange(1, 100_000))
    assert (np.diff(found) >= 0).all()
    assert (logarithm(2 ** np.arange(32)) == ONE * np.arange(32)).all()


@given(st.integers(-(2**40), 2**40), st.integers(1, 2**20))
def test_divided_rounds_to_the_nearest_and_halves_away_from_zero(value, by):
    expected = np.sign(value) * ((2 * abs(value) + by) // (2 * by))
    if by % 2 == 0:
        assert divided(value, by) == expected
    assert abs(divided(value, by) * by - value) <= by / 2 + 1
    assert divided(-value, by) == -divided(value, by)


@given(st.integers(0, 2**32 - 1))
def test_square_root_is_rounded_down(value):
    root = int(square_root(value))
    assert root**2 <= value < (root + 1) ** 2


def test_bit_length_is_that_of_python():
    values = [0, 1, 2, 3, 255, 256, 2**31, 2**32 - 1]
    assert bit_length(values).tolist() == [value.bit_length() for value in values]


@pytest.mark.parametrize("noise", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_correlation_is_that_of_floats(noise, sign):
    random = np.random.default_rng(0)
    one = random.normal(size=(50, 40))
    other = sign * one + noise * random.normal(size=(50, 40))
    rows = [
        np.rint(100 * (each - each.mean(axis=1, keepdims=True)))
        for each in (one, other)
    ]
    ours, its = (normalized(each.astype(int), 12) for each in rows)
    of_its = np.square(its).sum(axis=1)
    products, squares = (ours * its).sum(axis=1), np.square(ours).sum(axis=1)
    found = correlation(squared_correlation(products, squares, of_its), of_its) / ONE
    expected = [np.corrcoef(*pair)[0, 1] for pair in zip(*rows, strict=True)]
    np.testing.assert_allclose(found, expected, atol=0.004)


def test_nothing_is_said_of_what_is_flat():
    assert log_ratio(np.array([0, 5]), np.array([5, 0])).tolist() == [0, 0]
    assert correlation(np.array([9]), np.array([0])).tolist() == [0]
    assert normalized(np.zeros((1, 3), dtype=int), 12).tolist() == [[0, 0, 0]]

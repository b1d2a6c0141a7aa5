"""Numbers as a text, and back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from packed import unfolded, unpacked

from sklearn_ecg.report._packing import folded, packed


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_numbers_come_back(numbers):
    assert unpacked(packed(numbers)).tolist() == numbers


@given(st.lists(st.integers(-(2**31), 2**31 - 1)))
def test_small_numbers_of_either_sign_stay_small(numbers):
    assert unfolded(folded(numbers)).tolist() == numbers
    assert all(
        0 <= f <= 2 * abs(n) for f, n in zip(folded(numbers), numbers, strict=True)
    )


def test_small_numbers_take_about_a_byte():
    small = np.random.default_rng(0).integers(0, 16, 10_000)
    assert len(packed(small)) < 10_000

import numpy as np
import pytest

from sklearn_ecg.records._numbers import refuse_impossible, without_mask

FLOATS = [np.float16, np.float32, np.float64, np.longdouble]


def test_what_is_masked_becomes_nan_and_nothing_else_does():
    masked = np.ma.MaskedArray([1, 2, 3], [False, True, False])
    np.testing.assert_array_equal(without_mask(masked), [1.0, np.nan, 3.0])
    whole = without_mask(np.ma.MaskedArray([1, 2]))
    assert whole.dtype.kind == "i"
    assert not isinstance(whole, np.ma.MaskedArray)


@pytest.mark.parametrize("dtype", FLOATS)
def test_missing_samples_and_counts_of_any_converter_are_possible(dtype):
    refuse_impossible(np.array([np.nan, -30_000, 30_000], dtype=dtype), "samples")
    refuse_impossible(np.full(3, np.nan, dtype=dtype), "samples")
    refuse_impossible(np.zeros(0, dtype=dtype), "samples")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("sign", [-1, 1])
def test_an_infinite_number_is_named_with_its_place(dtype, sign):
    samples = np.zeros((4, 2), dtype=dtype)
    samples[2, 1] = sign * np.inf
    with pytest.raises(ValueError, match=r"samples holds -?inf at index \(2, 1\)"):
        refuse_impossible(samples, "samples")


@pytest.mark.parametrize("value", [2**32, -(2**32), 2**62])
def test_a_huge_integer_is_named(value):
    with pytest.raises(ValueError, match="at index 1, which no converter gives"):
        refuse_impossible(np.array([5, value]), "samples")
    refuse_impossible(np.array([5, 2**32 - 1]), "samples")

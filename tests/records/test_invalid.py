import numpy as np
import pytest

from sklearn_ecg.records._invalid import LeftOut, refuse_impossible, without_mask


def test_what_is_left_out_is_counted_and_named():
    left_out = LeftOut("warn")
    left_out.add("860", "outside of the signal", [230400, 230500], ["V", "N"])
    left_out.add("861", "it is damaged.")
    said = (
        r"1 record and 2 beats were left out: samples 230400 \(V\), 230500 \(N\) of "
        r"record 860: outside of the signal; record 861: it is damaged\. Look\."
    )
    with pytest.warns(UserWarning, match=said):
        left_out.tell("Look.")
    assert left_out.table()["sample"].isna().tolist() == [False, False, True]


def test_one_invalid_beat_may_be_an_error():
    left_out = LeftOut("raise")
    left_out.add("860", "outside of the signal", [230400], ["V"])
    said = r"^1 beat is invalid: sample 230400 \(V\) of record 860: outside of the sig"
    with pytest.raises(ValueError, match=said):
        left_out.tell()


def test_what_is_ignored_is_not_told():
    left_out = LeftOut("ignore")
    left_out.add("860", "outside", [1])
    left_out.tell()


def test_nothing_left_out_is_not_told():
    LeftOut("raise").tell()


@pytest.mark.parametrize("policy", ["no", None, True])
def test_a_policy_that_is_none_is_refused(policy):
    with pytest.raises(ValueError, match="must be 'warn', 'raise' or 'ignore'"):
        LeftOut(policy)


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

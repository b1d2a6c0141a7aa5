from fractions import Fraction

import numpy as np
import pytest

from sklearn_ecg._parameter_checks import (
    FLAG,
    N_JOBS,
    NONE,
    AnyOf,
    Anything,
    Choice,
    InvalidParameterError,
    ListOf,
    MappingTo,
    Name,
    Names,
    Number,
    WholeNumber,
    check,
    checked,
)

SHARE = Number(0, 1)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Number(0, 1), 1, 1.0),
        (Number(), np.float32(0.35), 0.35),
        (Number(), np.int64(3), 3.0),
        (Number(), Fraction(1, 4), 0.25),
        (WholeNumber(1), np.uint8(7), 7),
        (Choice(["a", None]), np.str_("a"), "a"),
        (NONE, None, None),
        (FLAG, np.True_, True),
        (Name(), np.str_("II"), "II"),
        (Names(), np.array(["II", "V1"]), ["II", "V1"]),
        (Names(least=0), (), []),
        (Names(among=["II", "V1"]), ["V1"], ["V1"]),
        (ListOf(WholeNumber()), np.array([1, 2]), [1, 2]),
        (ListOf(SHARE), (np.float32(0.1), 0), [0.1, 0.0]),
        (MappingTo(SHARE), {"V": np.float64(0.5)}, {"V": 0.5}),
        (AnyOf(SHARE, NONE), None, None),
        (N_JOBS, np.int64(-1), -1),
        (Anything(), {"widths": (np.int32(4), [np.float64(0.5)])}, None),
    ],
)
def test_what_is_allowed_comes_back_as_pythons_own(kind, value, expected):
    if expected is None and value is not None:
        expected = {"widths": (4, [0.5])}
    result = check("make", "size", value, kind)
    assert result == expected
    assert type(result) is type(expected)
    if isinstance(result, list):
        assert list(map(type, result)) == list(map(type, expected))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Number(0, 1, "left"), 1),
        (Number(0, 1, "right"), 0),
        (Number(0, closed="neither"), 0.0),
        (Number(), float("nan")),
        (Number(), float("inf")),
        (Number(), 10**400),
        (Number(), True),
        (Number(), "1"),
        (Number(), None),
        (Number(), np.array(1.0)),
        (WholeNumber(), 2.0),
        (WholeNumber(), True),
        (WholeNumber(1), np.int64(0)),
        (Choice(["a"]), ["a"]),
        (Choice(["a"]), np.array(["a"])),
        (FLAG, 1),
        (FLAG, np.int64(1)),
        (NONE, False),
        (Name(), ""),
        (Names(), "II"),
        (Names(), ["II", "II"]),
        (Names(), []),
        (Names(), ["II", 1]),
        (Names(among=["II"]), ["V1"]),
        (Names(), 3),
        (ListOf(SHARE), [0.5, 2]),
        (ListOf(SHARE), 0.5),
        (ListOf(SHARE), (share for share in [0.5])),
        (MappingTo(SHARE), {"V": 2}),
        (MappingTo(SHARE), [0.5]),
        (N_JOBS, 0),
        (AnyOf(SHARE, NONE), "none"),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(kind, value):
    message = "The 'size' parameter of make must be .* instead"
    for error in (ValueError, TypeError):
        with pytest.raises(error, match=message) as caught:
            check("make", "size", value, kind)
    assert str(caught.value).endswith(f"Got {value!r} instead.")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Number(), "a number"),
        (Number(0, 1, "left"), "a number in [0, 1)"),
        (Number(0.5, closed="neither"), "a number above 0.5"),
        (Number(high=2), "a number of at most 2"),
        (Number(high=2, closed="neither"), "a number below 2"),
        (Number(0, noun="number of Hz"), "a number of Hz of at least 0"),
        (WholeNumber(1), "an integer of at least 1"),
        (Choice(["a", "b", None]), "'a', 'b' or None"),
        (FLAG, "True or False"),
        (Name("the name of a lead"), "the name of a lead"),
        (Names(noun="leads"), "a sequence of different leads"),
        (Names(among=("I", "II")), "different names of ['I', 'II']"),
        (ListOf(SHARE), "a list, each a number in [0, 1]"),
        (AnyOf(SHARE, NONE), "a number in [0, 1] or None"),
        (N_JOBS, "None or an integer other than 0"),
    ],
)
def test_what_is_allowed_is_said_in_words(kind, text):
    assert str(kind) == text


def test_a_table_checks_what_it_knows_and_leaves_the_rest():
    values = {"size": np.int64(3), "other": np.int64(4)}
    result = checked("make", values, {"size": WholeNumber(1)})
    assert type(result["size"]) is int
    assert result["other"] is values["other"]
    with pytest.raises(InvalidParameterError, match="'size' parameter of make"):
        checked("make", {"size": 0}, {"size": WholeNumber(1)})

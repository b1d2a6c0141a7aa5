import json

import numpy as np
import pytest

from sklearn_ecg.models._contents import from_plain, to_plain


def test_numpy_values_tuples_and_dicts_are_written_as_json_knows_them():
    assert to_plain({"lead": ("MLII", "II"), "sparsity": np.float64(0.9)}) == {
        "dict": [["lead", {"tuple": ["MLII", "II"]}], ["sparsity", 0.9]]
    }


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 0.1, float("inf"), "a", [1, ("b", None)], {1: {"c": (2.5,)}}, ()],
)
def test_what_is_written_is_read_again(value):
    text = json.dumps(to_plain(value), allow_nan=False)
    again = from_plain(json.loads(text))
    assert again == value
    assert type(again) is type(value)


def test_a_number_that_is_none_is_read_again():
    assert np.isnan(from_plain(to_plain(float("nan"))))


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="set can't be written without pickle"):
        to_plain({"leads": {"II"}})


@pytest.mark.parametrize(
    "content", [{"float": "1e999"}, {"set": [1]}, {"dict": [["a"]]}, {"a": 1, "b": 2}]
)
def test_what_is_not_written_here_is_refused(content):
    with pytest.raises(ValueError, match="no model of ours does"):
        from_plain(content)

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg.displays._window_rows import WindowRows
from sklearn_ecg.windows._columns import InputLayout


def test_rows_without_names_are_one_channel():
    rows = WindowRows.of(np.arange(12.0).reshape(3, 4))
    assert rows.windows.shape == (3, 1, 4)
    assert rows.positions.tolist() == [0, 1, 2, 3]
    assert (rows.x_label, rows.channels) == ("Sample", [])
    at_rate = WindowRows.of(np.arange(12.0).reshape(3, 4), sampling_rate=125)
    assert at_rate.positions.tolist() == [0, 0.008, 0.016, 0.024]
    assert at_rate.x_label == "Time (s)"


def test_columns_are_sorted_by_lead_and_time_and_features_are_left_out():
    names = ["V1@+0.100", "rr_prev", "II@+0.000", "V1@+0.000", "II@+0.100"]
    table = pd.DataFrame([[11, 800, 0, 10, 1]], columns=names, dtype=float)
    for X, given in [(table, None), (table.to_numpy(), names)]:
        rows = WindowRows.of(X, sampling_rate=999, names=given)
        assert rows.windows.tolist() == [[[10, 11], [0, 1]]]
        assert rows.positions.tolist() == [0, 0.1]
        assert rows.x_label == "Time from the R peak (s)"
        assert rows.channels == ["V1", "II"]


def test_a_layout_says_which_columns_are_windows():
    rows = WindowRows.of(np.arange(10).reshape(2, 5), 10, InputLayout(2, 2, 1))
    assert rows.windows.tolist() == [[[0, 1], [2, 3]], [[5, 6], [7, 8]]]
    assert rows.positions.tolist() == [0, 0.1]
    assert rows.channels == ["channel 0", "channel 1"]
    with pytest.raises(ValueError, match=r"has 4 columns, .* fitted on 5"):
        WindowRows.of(np.zeros((2, 4)), layout=InputLayout(2, 2, 1))


@pytest.mark.parametrize(
    ("X", "rate", "message"),
    [
        (np.zeros((2, 2, 2, 2)), None, r"shape \(2, 2, 2, 2\); it must be"),
        (np.zeros(4), None, "Expected 2D array"),
        ([["a", "b"]], None, "could not convert|numeric"),
        (pd.DataFrame({"record": ["100"], "sample": [9]}), None, "X is a beat table"),
        (np.zeros((2, 4)), 0, "sampling_rate=0 must be positive"),
    ],
)
def test_what_is_no_table_of_windows_is_refused(X, rate, message):
    with pytest.raises(ValueError, match=message):
        WindowRows.of(X, rate)

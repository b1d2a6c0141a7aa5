import pickle
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import wfdb
from hypothesis import given
from hypothesis import strategies as st
from states import size_after, updated

from sklearn_ecg.beats._table import (
    IntervalState,
    RPeaks,
    check_table,
    interval_columns,
    rows_by_record,
    rows_of_r_peaks,
    rr_intervals,
    sample_numbers,
)


def test_an_array_is_refused_with_a_word_on_how_to_make_a_table():
    with pytest.raises(TypeError, match=r"not numpy.ndarray.*load_beats"):
        check_table(np.zeros((3, 2)), [])


def test_missing_columns_are_named():
    table = pd.DataFrame({"record": ["100"], "sample": [5]})
    with pytest.raises(ValueError, match=r"lacks the columns \['rr_next'\]"):
        check_table(table, ["rr_next"])


def test_a_table_without_rows_is_refused():
    with pytest.raises(ValueError, match="0 rows"):
        check_table(pd.DataFrame({"record": [], "sample": []}), [])


def test_rows_are_grouped_by_value_of_paths_and_identity_of_records():
    one, other = wfdb.Record(record_name="x"), wfdb.Record(record_name="x")
    column = pd.Series([one, "a", other, "".join(["a"]), one], dtype=object)
    groups = rows_by_record(pd.DataFrame({"record": column}))
    assert [rows.tolist() for _, rows in groups] == [[0, 4], [1, 3], [2]]
    assert groups[0][0] is one
    assert groups[2][0] is other


def test_a_path_object_is_the_record_of_the_same_path_as_text():
    column = pd.Series([Path("x/a"), "x/a", Path("x/b")], dtype=object)
    groups = rows_by_record(pd.DataFrame({"record": column}))
    assert [(source, rows.tolist()) for source, rows in groups] == [
        (str(Path("x/a")), [0, 1]),
        (str(Path("x/b")), [2]),
    ]


@pytest.mark.parametrize("value", [np.nan, None, 100])
def test_a_row_that_holds_no_record_is_named(value):
    table = pd.DataFrame({"record": pd.Series(["a", value], dtype=object)})
    with pytest.raises(ValueError, match=r"'record'.* in row 1; allowed are"):
        rows_by_record(table)


@pytest.mark.parametrize("value", [1.5, np.nan, np.inf])
def test_an_r_peak_between_samples_is_refused(value):
    with pytest.raises(ValueError, match=f"holds {value} in row 1"):
        sample_numbers(pd.DataFrame({"sample": [7, value]}))


def test_text_in_a_numeric_column_is_refused_by_the_name_of_the_column():
    with pytest.raises(ValueError, match=r"column 'rr_prev' .* must hold numbers"):
        interval_columns(pd.DataFrame({"rr_prev": ["soon"]}), ["rr_prev"])


def test_nullable_columns_are_read():
    table = pd.DataFrame({"rr_prev": pd.array([0.5, None], dtype="Float64")})
    intervals = interval_columns(table, ["rr_prev"])["rr_prev"]
    np.testing.assert_array_equal(intervals, [0.5, np.nan])


class TestRPeaks:
    def table(self):
        r_peaks = RPeaks([18, 77, 370])
        return pd.DataFrame({"sample": [370, 18], "r_peaks": [r_peaks, r_peaks]})

    def test_rows_are_found_among_all_beats(self):
        r_peaks, places = rows_of_r_peaks(self.table(), np.array([0, 1]))
        assert r_peaks.tolist() == [18, 77, 370]
        assert places.tolist() == [2, 0]

    def test_row_that_is_not_among_them_is_refused(self):
        table = self.table()
        table.loc[1, "sample"] = 19
        with pytest.raises(ValueError, match=r"sample 19, row 1 .* not among the 3"):
            rows_of_r_peaks(table, np.array([0, 1]))

    def test_anything_else_is_refused(self):
        table = self.table().assign(r_peaks=0.8)
        with pytest.raises(ValueError, match=r"'r_peaks' .* holds .*0.8.* in row 0"):
            rows_of_r_peaks(table, np.array([0, 1]))

    def test_table_is_pickled_with_one_object_for_a_record(self):
        again = pickle.loads(pickle.dumps(self.table()))
        assert again["r_peaks"].iloc[0] is again["r_peaks"].iloc[1]
        assert again["r_peaks"].iloc[0] == RPeaks([18, 77, 370])
        assert joblib.hash(again) == joblib.hash(self.table())

    def test_equal_ones_have_equal_hashes(self):
        assert hash(RPeaks([1, 2])) == hash(RPeaks([1, 2]))
        assert RPeaks([1, 2]) != RPeaks([1, 3])
        assert RPeaks([1, 2]) != [1, 2]


gaps = st.lists(st.one_of(st.integers(1, 5000), st.just(50_000)), max_size=40)
rates = st.sampled_from([100, 128, 250.0, 257, 360, 173.61])


@given(
    gaps=gaps,
    first=st.integers(0, 10**7),
    rate=rates,
    stops=st.sets(st.integers(0, 40)),
)
def test_the_columns_are_those_of_the_state_beat_by_beat(gaps, first, rate, stops):
    r_peaks = np.cumsum([first, *gaps])
    columns = rr_intervals(r_peaks, rate)
    found = updated(IntervalState(rate), r_peaks, stops)
    expected = np.column_stack([columns["rr_prev"], columns["rr_local"]])
    np.testing.assert_array_equal(np.array(found), expected)


def test_the_next_interval_is_the_previous_one_of_the_next_beat():
    columns = rr_intervals(np.array([5, 105, 155]), 100)
    np.testing.assert_array_equal(columns["rr_next"], [1.0, 0.5, np.nan])
    np.testing.assert_array_equal(columns["rr_prev"], [np.nan, 1.0, 0.5])


def test_a_next_beat_that_comes_late_is_a_pause_of_3_5_seconds():
    r_peaks = np.array([0, 350, 701, 801, 1000])
    rr_next = rr_intervals(r_peaks, 100, n_samples=1351)["rr_next"]
    np.testing.assert_array_equal(rr_next, [3.5, 3.5, 1.0, 1.99, 3.5])
    rr_next = rr_intervals(r_peaks, 100, n_samples=1350)["rr_next"]
    assert np.isnan(rr_next[-1])


def test_a_next_beat_that_is_found_late_is_a_pause_too():
    r_peaks = np.array([0, 100, 200])
    known = np.array([40, 140, 451])
    rr_next = rr_intervals(r_peaks, 100, n_samples=460, known=known)["rr_next"]
    np.testing.assert_array_equal(rr_next, [1.0, 3.5, np.nan])


def test_after_two_minutes_of_silence_the_rhythm_begins_anew():
    r_peaks = np.cumsum([0, 80, 80, 12_001, 90, 12_000])
    columns = rr_intervals(r_peaks, 100)
    expected = [np.nan, 0.8, 0.8, np.nan, 0.9, 120.0]
    np.testing.assert_array_equal(columns["rr_prev"], expected)
    expected = [np.nan, 0.8, 0.8, np.nan, 0.9, 60.45]
    np.testing.assert_allclose(columns["rr_local"], expected)


def test_no_beats_have_no_intervals():
    columns = rr_intervals(np.zeros(0, dtype=np.int64), 100, 500)
    assert [len(column) for column in columns.values()] == [0, 0, 0]


def test_the_local_mean_forgets_what_is_more_than_ten_intervals_ago():
    r_peaks = np.cumsum([0, 900, *[100] * 11])
    assert rr_intervals(r_peaks, 100)["rr_local"][[-2, -1]].tolist() == [1.0, 1.0]
    assert rr_intervals(r_peaks, 100)["rr_local"][-3] == pytest.approx(1.8)


def test_the_state_stays_small():
    some, many = (np.arange(1, n + 1) * 300 + 10**6 for n in (20, 5000))
    assert (
        size_after(IntervalState(360), many)
        <= size_after(IntervalState(360), some) + 20
    )

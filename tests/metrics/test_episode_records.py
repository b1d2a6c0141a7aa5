import numpy as np
import pandas as pd
import pytest
from annotation_files import write_marks

from sklearn_ecg.metrics import (
    compare_annotations,
    compare_episode_records,
    compare_episodes,
)


@pytest.fixture
def three_records(tmp_path):
    """Two half hours with atrial fibrillation, or one without, at 1 Hz from 0:00.

    The test has beats in the first only, and no file in another.
    """
    half_an_hour = {"rate": 1, "length": 1800}
    files = {
        ("a", "atr"): "100, +(AFIB 200, V 205, V 206, +(N 400, +(AFIB 600, +(N 800",
        ("a", "ext"): "100, +(AFIB 300, V 305, +(N 400, +(AFIB 900, +(N 960",
        ("b", "atr"): "+(N 1, +(AFIB 900",
        ("b", "ext"): "+(N 1, +(AFIB 1000",
        ("c", "atr"): "+(N 1, [ 300, ] 390",
        ("c", "ext"): "+(N 1, [ 345, ] 390",
    }
    for (name, annotator), text in files.items():
        write_marks(tmp_path, name, text, annotator=annotator, **half_an_hour)
    return tmp_path


def test_each_record_is_compared_as_by_itself(three_records):
    found = compare_episode_records(three_records, start=0)
    assert list(found.comparisons) == ["a", "b", "c"]
    alone = compare_episodes(three_records / "a", start=0)
    pd.testing.assert_series_equal(alone.counts, found.comparisons["a"].counts)
    assert str(alone) == str(found.comparisons["a"])
    row = found.per_record.loc["a"]
    assert row[["TPs", "FN", "TPp", "FP"]].tolist() == [1, 1, 1, 1]
    assert row[["episode Se", "duration Se"]].tolist() == [0.5, 0.25]
    assert row["duration +P"] == 100 / 160
    assert row[["reference duration", "test duration"]].tolist() == [400, 160]


def test_gross_figures_are_of_the_sums_and_averages_of_what_is_defined(three_records):
    found = compare_episode_records(three_records, start=0)
    assert found.gross[["TPs", "FN", "TPp", "FP"]].tolist() == [2, 1, 2, 1]
    assert found.gross["episode Se"] == 2 / 3
    assert found.gross["duration Se"] == 900 / 1300
    assert found.gross["duration +P"] == 900 / 960
    assert found.average["episode Se"] == 0.75
    assert found.average["duration Se"] == (0.25 + 800 / 900) / 2
    assert np.isnan(found.per_record.loc["c", "episode Se"])
    assert found.summary.index.tolist() == ["a", "b", "c", "Gross", "Average"]


def test_burdens_are_of_the_time_that_was_compared(three_records):
    found = compare_episode_records(three_records, start=0)
    errors = [(400 - 160) / 1800, (900 - 800) / 1800, 0]
    assert found.per_record["burden error"].tolist() == pytest.approx(errors)
    assert found.gross["reference burden"] == pytest.approx(1300 / 5400)
    assert found.average["test burden"] == pytest.approx(960 / 5400)
    assert found.burden_error["median"] == pytest.approx(errors[1])
    expected = np.percentile(errors, 90)
    assert found.burden_error["90th percentile"] == pytest.approx(expected)
    part = compare_episode_records(three_records, start=0, stop=900)
    assert part.per_record["reference burden"].tolist() == pytest.approx(
        [400 / 900, 0, 0]
    )


def test_other_kinds_and_options_are_handed_over(three_records):
    found = compare_episode_records(three_records, kind="VF", start=0)
    assert found.gross[["TPs", "TPp"]].tolist() == [1, 1]
    assert found.gross["duration Se"] == 0.5
    options = {"shortest": 90, "shortest_of": "both", "stop": 0}
    found = compare_episode_records(three_records, start=0, **options)
    for name, one in found.comparisons.items():
        alone = compare_episodes(three_records / name, start=0, **options)
        pd.testing.assert_series_equal(one.counts, alone.counts)
    assert found.per_record.loc["a", "TPp"] == 1
    assert found.per_record.loc["a", "FP"] == 0


def test_flutter_is_cut_out_if_that_is_asked_for(tmp_path):
    write_marks(tmp_path, "a", "+(AFL 90000, +(N 100000")
    write_marks(tmp_path, "a", "+(AFIB 90000, +(N 100000", annotator="ext")
    assert compare_episode_records(tmp_path).gross["FP"] == 1
    found = compare_episode_records(tmp_path, exclude_flutter=True)
    assert found.gross["FP"] == 0


def test_runs_are_those_of_bxb_in_records_whose_test_has_beats(three_records):
    found = compare_episode_records(three_records, start=0)
    alone = compare_annotations(three_records / "a", start=0, runs=True)
    pd.testing.assert_frame_equal(found.runs, alone.runs)
    assert found.runs.loc["VE couplets", "missed"] == 1
    others = compare_episode_records(three_records, records=["b", "c"], start=0)
    assert others.runs is None
    assert "Runs" not in str(others)


def test_st_has_neither_a_burden_nor_runs(tmp_path):
    write_marks(tmp_path, "a", "100, V 110000, V 110200")
    found = compare_episode_records(tmp_path, test="atr", kind="ST0")
    assert found.burden_error is found.runs is None
    assert "burden" not in "".join(found.per_record)
    assert "burden" not in str(found)


def test_records_that_cannot_be_compared_are_left_out_and_named(three_records):
    (three_records / "b.ext").unlink()
    write_marks(three_records, "d", "100", rate=1, length=200)
    with pytest.warns(
        UserWarning, match=r"(?s)2 records .*'b\.ext'.*'d\.ext'.*left_out"
    ):
        found = compare_episode_records(three_records)
    assert list(found.comparisons) == ["a", "c"]
    assert len(found.left_out) == 2
    with pytest.raises(ValueError, match=r"'d': it ends at 3:20.* Pass start=0"):
        compare_episode_records(three_records, test="atr", records=["d"])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"test": None}, TypeError, "Tables of one recording are for compare_episodes"),
        ({"kind": "X"}, ValueError, "'kind' parameter of compare_episode_records"),
        ({"records": "a"}, ValueError, "'records' .* different names of records"),
        ({"stop": 200}, ValueError, "'stop' parameter of compare_episode_records"),
    ],
)
def test_what_is_wrong_is_named(three_records, options, error, message):
    with pytest.raises(error, match=message):
        compare_episode_records(three_records, **options)


def test_the_text_has_a_line_for_each_gross_and_average(three_records):
    text = str(compare_episode_records(three_records, start=0, shortest=10))
    assert text.startswith("3 records: AF episodes of at least 10 s, ext against atr\n")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "Gross 2 1 2 1 0.6667 0.6667 0.6923 0.9375" in lines
    assert "Average 0.7 0.3 0.7 0.3 0.7500 0.7500 0.5694 0.8125" in lines
    assert "a 400.0 160.0 22.2 8.9 13.3" in lines
    assert "c 0 0 0 0 – – – –" in lines
    assert "Burden error: median 5.6, 90th percentile 11.8" in text
    assert "VE couplets" in text


def test_days_without_signals_agree_with_themselves(data_directory):
    directory = data_directory("ltafdb")
    found = compare_episode_records(directory, test="atr", records=["104", "30"])
    assert found.gross["episode Se"] == found.gross["duration +P"] == 1
    assert found.per_record.loc["30", "TPs"] == 0
    assert found.burden_error.tolist() == [0, 0]

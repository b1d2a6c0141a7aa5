import numpy as np
import pandas as pd
import pytest
from annotation_tables import counts_of
from edfio import Edf, EdfSignal

from sklearn_ecg.metrics import compare_annotations, compare_records


@pytest.fixture
def two_records(write_annotated, tmp_path):
    """A directory with a record of six beats, three of them found, and one of two."""
    write_annotated("a", [100, 200, 300, 400, 500, 600], "NVVNFS")
    write_annotated("a", [104, 204, 306], "NVN", annotator="ext")
    write_annotated("b", [100, 200], "NN")
    write_annotated("b", [100, 208], "NN", annotator="ext")
    return tmp_path


def test_each_record_is_compared_as_by_itself(two_records):
    found = compare_records(two_records, start=0, runs=True)
    assert list(found.comparisons) == ["a", "b"]
    alone = compare_annotations(two_records / "a", start=0, runs=True)
    of_many = found.comparisons["a"]
    pd.testing.assert_frame_equal(alone.pairs, of_many.pairs)
    pd.testing.assert_frame_equal(alone.runs, of_many.runs)
    assert found.per_record.loc["a", "QRS Se"] == alone.scores.loc["QRS", "Se"] == 0.5
    assert found.per_record.loc["a", "VE couplets Se"] == 0


def test_gross_figures_are_of_the_sum_and_averages_of_what_is_defined(two_records):
    found = compare_records(two_records, start=0)
    assert found.gross["QRS Se"] == 5 / 8
    assert found.average["QRS Se"] == (0.5 + 1) / 2
    assert found.gross["beats"] == 8
    assert np.isnan(found.per_record.loc["b", "VEB Se"])
    assert found.average["VEB Se"] == found.gross["VEB Se"] == 0.5
    assert np.isnan(found.gross["SVEB +P"])
    assert found.confusion.to_numpy().sum() == 8
    assert counts_of(found) == "Nn 3 No 1 So 1 Vn 1 Vv 1 Fo 1"
    # The intervals of a differ by 0 and 20 ms, the one of b by 80 ms.
    assert found.per_record["RR error"].tolist() == pytest.approx([np.sqrt(200), 80])
    assert found.gross["RR error"] == pytest.approx(np.sqrt((400 + 6400) / 3))
    assert found.runs is None


def test_fusion_beats_taken_for_supraventricular_ones_count_in_the_gross_figure(
    write_annotated, tmp_path
):
    write_annotated("a", [100, 200], "FS")
    write_annotated("a", [100, 200], "SS", annotator="ext")
    found = compare_records(tmp_path, start=0)
    assert found.gross["SVEB +P"] == found.average["SVEB +P"] == 0.5


def test_runs_are_added_up(two_records, write_annotated):
    write_annotated("b", [100, 200], "VV")
    write_annotated("b", [100, 208], "VV", annotator="ext")
    runs = compare_records(two_records, start=0, runs=True).runs
    assert runs.loc["VE couplets"].tolist() == [1, 1, 1, 0, 0.5, 1]


def test_records_that_cannot_be_compared_are_left_out_and_named(
    two_records, write_annotated
):
    write_annotated("c", [100], "N")
    (two_records / "b.ext").write_bytes(b"damaged")
    signal = EdfSignal(np.zeros(500), 100, label="II", physical_dimension="mV")
    Edf([signal]).write(two_records / "d.edf")
    with pytest.warns(UserWarning, match=r"(?s)b\.ext.*corrupt.*'c\.ext'.*d\.edf"):
        found = compare_records(two_records, start=0)
    assert list(found.comparisons) == ["a"]
    assert len(found.left_out) == 3
    quiet = compare_records(two_records, start=0, on_invalid="ignore")
    assert list(quiet.comparisons) == ["a"]
    with pytest.raises(ValueError, match=r"b\.ext"):
        compare_records(two_records, on_invalid="raise", start=0)


def test_only_the_records_that_are_asked_for_are_compared(two_records):
    found = compare_records(two_records, records=["b"], start=0)
    assert list(found.comparisons) == ["b"]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        compare_records(two_records, records=["b", "nowhere"], start=0)


def test_records_that_end_before_the_start_are_left_out_and_named(
    two_records, write_annotated
):
    times = [31_000, 31_100]
    write_annotated("long", times, "NV", n_samples=60_000)
    write_annotated("long", times, "NV", n_samples=60_000, annotator="ext")
    with pytest.warns(UserWarning, match=r"(?s)2 records .*'a': it ends at.*start=0"):
        found = compare_records(two_records)
    assert list(found.comparisons) == ["long"]
    with pytest.raises(ValueError, match=r"'a': it ends at .* Pass start=0"):
        compare_records(two_records, records=["a"])


def test_a_comparison_of_no_record_is_an_error_with_the_remedy(two_records, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"(?s)No record of .*Pass start=0"):
        compare_records(two_records)
    with pytest.raises(ValueError, match="records"):
        compare_records(two_records, records=[], start=0)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(FileNotFoundError, match="No record in"):
        compare_records(empty)


def test_a_directory_without_test_annotations_is_an_error_that_names_them(two_records):
    with pytest.raises(FileNotFoundError, match=r"(?s)test='mine'.*'a\.mine'"):
        compare_records(two_records, test="mine")
    with pytest.raises(FileNotFoundError, match="There is no directory"):
        compare_records(two_records / "missing")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"test": None}, TypeError, "test=None must be the extension"),
        ({"reference": pd.DataFrame()}, TypeError, "Tables of one recording are for"),
        ({"on_invalid": "drop"}, ValueError, "on_invalid='drop'"),
        ({"records": "a"}, ValueError, "'records' .* different names of records"),
        ({"window": -1}, ValueError, "'window' parameter of compare_records"),
    ],
)
def test_what_is_wrong_is_named(two_records, options, error, message):
    with pytest.raises(error, match=message):
        compare_records(two_records, **options)


def test_records_of_a_database_agree_with_themselves(mitdb):
    found = compare_records(mitdb, test="atr", records=["100", "207", "208"], runs=True)
    assert found.gross["beats"] == found.confusion.to_numpy().trace() == 5931
    assert found.gross["VF"] == found.per_record["VF"].sum() > 90
    assert found.runs[["missed", "false"]].to_numpy().sum() == 0

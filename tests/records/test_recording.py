"""Rhythms that are annotated, as a table of their own."""

import edfio
import numpy as np
import pandas as pd
import pytest

from sklearn_ecg.records import read_recording, recording_from_array


def rhythms(path, annotator=None):
    table = read_recording(path).rhythm(annotator)
    return list(table.itertuples(index=False, name=None))


def test_a_rhythm_lasts_until_the_next_mark(write_annotated):
    path = write_annotated(
        "r",
        [10, 50, 200, 210, 1000, 4000],
        "+N+N+N",
        notes=["(N", "", "(AFIB", "", "(VT\0", ""],
    )
    assert rhythms(path) == [
        (0.1, 2.0, "N"),
        (2.0, 10.0, "AFIB"),
        (10.0, 50.0, "VT"),
    ]


def test_the_last_rhythm_lasts_as_long_as_there_are_annotations(write_annotated):
    path = write_annotated("r", [10, 6000], "+N", notes=["(N", ""], annotator="ext")
    assert rhythms(path, "ext") == [(0.1, 60.0, "N")]
    path = write_annotated("s", [5200, 6000], "++", notes=["(N", "(B"])
    assert rhythms(path) == [(52.0, 60.0, "N"), (60.0, 60.0, "B")]


def test_another_time_resolution_is_converted(write_annotated):
    path = write_annotated("r", [250, 500], "++", notes=["(N", "(T"], resolution=250)
    assert rhythms(path) == [(1.0, 2.0, "N"), (2.0, 50.0, "T")]


def test_a_mark_without_a_text_ends_the_rhythm(write_annotated):
    path = write_annotated("r", [100, 200], "++", notes=["(AFIB", ""])
    assert rhythms(path) == [(1.0, 2.0, "AFIB"), (2.0, 50.0, "")]


def test_no_marks_are_no_rhythms(write_annotated, tmp_path):
    path = write_annotated("r", [100, 200], "NV")
    table = read_recording(path).rhythm()
    assert table.columns.tolist() == ["start", "stop", "rhythm"]
    assert len(table) == 0
    signal = edfio.EdfSignal(np.zeros(500), 250, label="II")
    texts = [edfio.EdfAnnotation(1.5, 0.4, "AF")]
    edfio.Edf([signal], annotations=texts).write(tmp_path / "e.edf")
    assert len(read_recording(tmp_path / "e.edf").rhythm()) == 0


def test_without_annotations_there_is_no_rhythm_either(write_annotated):
    with pytest.raises(FileNotFoundError, match=r"has no annotation file 'r\.ext'"):
        read_recording(write_annotated("r", [1], "N")).rhythm("ext")
    with pytest.raises(FileNotFoundError, match="in memory has no annotations"):
        recording_from_array(np.zeros(500), 250, "II").rhythm()


@pytest.fixture(scope="module")
def ltafdb(data_directory):
    """Directory of the Long-Term AF Database, which may be without its signals."""
    return data_directory("ltafdb")


def test_a_record_without_its_signals_has_rhythms(write_annotated, tmp_path):
    path = write_annotated("r", [100, 200], "+N", notes=["(AFIB", ""])
    (tmp_path / "r.dat").unlink()
    assert rhythms(path) == [(1.0, 50.0, "AFIB")]
    assert read_recording(path).annotations()["symbol"].tolist() == ["+", "N"]
    with pytest.raises(FileNotFoundError, match=r"r\.dat', which its header names"):
        read_recording(path).read("II")


def test_rhythms_of_the_long_term_af_database_are_all_there(ltafdb):
    table = read_recording(ltafdb / "30").rhythm()
    assert len(table) == 27
    # Beyond the end that the header says.
    assert table["stop"].iloc[-1] == pytest.approx(32797.375)
    assert set(table["rhythm"]) == {"N", "AB", "SVTA"}
    pd.testing.assert_series_equal(
        table["stop"][:-1], table["start"][1:], check_index=False, check_names=False
    )

import numpy as np
import pandas as pd
import pytest
import wfdb
from annotation_tables import annotations, recording_of

from sklearn_ecg.metrics._annotation_set import AnnotationSet, read_sets
from sklearn_ecg.records import read_recording


def test_beats_have_classes_and_those_in_fibrillation_are_left_out():
    table = annotations("j 100, + 150, r 200, [ 300, V 400, ! 450, ] 500, 600")
    found = AnnotationSet.of(table, "atr")
    assert found.samples.tolist() == [100, 200, 600]
    assert found.labels.tolist() == ["S", "V", "N"]
    assert found.last == 600
    assert len(found.fibrillation) == 1


def test_no_annotations_are_no_beats():
    found = AnnotationSet.of(annotations(""), "atr")
    assert len(found.samples) == len(found.labels) == 0
    assert found.last is None


def test_marks_in_files_are_those_that_were_written(write_annotated, tmp_path):
    path = write_annotated("r", [100, 200], "NN")
    wfdb.wrann(
        "r",
        "ext",
        sample=np.array([100, 150, 200, 300, 400]),
        symbol=["N", "~", "~", "+", "+"],
        subtype=np.array([0, -1, 0, 0, 0]),
        aux_note=["", "", "", "(AFIB", "(N"],
        write_dir=str(tmp_path),
    )
    reference, test = read_sets(read_recording(path), "atr", "ext")
    assert (reference.name, test.name) == ("atr", "ext")
    for spans, bounds in (
        (test.shutdown, (150, 200)),
        (test.atrial_fibrillation, (300, 400)),
    ):
        assert (spans.starts.tolist(), spans.stops.tolist()) == (
            [bounds[0]],
            [bounds[1]],
        )
    assert not len(reference.shutdown)


def test_tables_are_put_into_order_of_time():
    table = pd.DataFrame(
        {
            "sample": [300.0, 100.0, 200.0],
            "symbol": ["N", "~", "~"],
            "subtype": [0, -1, 0],
        }
    )
    reference, test = read_sets(recording_of(10), table, annotations("5"))
    assert reference.samples.tolist() == [300]
    assert reference.shutdown.length() == 100
    assert (reference.name, test.name) == ("the reference table", "the test table")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"symbol": ["N"]}, "The reference table has no column sample; it must"),
        ({}, "no column sample and no column symbol"),
        ({"sample": [np.nan], "symbol": ["N"]}, "Column sample .* whole numbers"),
        (
            {"sample": [1], "symbol": ["~"], "subtype": ["x"]},
            "Column subtype of the reference table must hold whole numbers",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_named(table, message):
    with pytest.raises(ValueError, match=message):
        read_sets(recording_of(10), pd.DataFrame(table), annotations("5"))

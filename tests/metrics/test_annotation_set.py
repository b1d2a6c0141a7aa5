import numpy as np
import pandas as pd
import pytest
import wfdb
from annotation_tables import annotations, recording_of

from sklearn_ecg.metrics import compare_annotations
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


def runs_of(reference, test):
    tables = (annotations(reference), annotations(test))
    return compare_annotations(recording_of(), *tables, runs=True).runs


def beats(symbols, first=120000):
    """Write beats every 300 samples."""
    return ", ".join(f"{symbol} {first + 300 * i}" for i, symbol in enumerate(symbols))


# Counts that `bxb` 10.7.0 gives: reference runs found and missed, test runs right and
# false.
CASES = [
    ("NVVN", "NVVN", {"VE couplets": [1, 0, 1, 0]}),
    (
        "NVVVN",
        "NVVNN",
        {"VE couplets": [0, 0, 1, 0], "VE short runs": [0, 1, 0, 0]},
    ),
    (
        "NVVNN",
        "NVVVN",
        {"VE couplets": [1, 0, 0, 0], "VE short runs": [0, 0, 0, 1]},
    ),
    ("NVFVN", "NVVVN", {"VE short runs": [1, 0, 1, 0]}),
    ("NVVVVVVVVN", "NVVVVVVNNN", {"VE long runs": [1, 0, 1, 0]}),
    (
        "NVVVVVVVVN",
        "NVVVVVNNNN",
        {"VE short runs": [0, 0, 1, 0], "VE long runs": [0, 1, 0, 0]},
    ),
    (
        "NVVQVVN",
        "NVVVVVN",
        {"VE couplets": [2, 0, 0, 0], "VE short runs": [0, 0, 0, 1]},
    ),
    ("NjeN", "NAAN", {"SVE couplets": [1, 0, 1, 0]}),
    ("NVVN", "NVNN", {"VE couplets": [0, 1, 0, 0]}),
    ("NNNN", "NSSN", {"SVE couplets": [0, 0, 0, 1]}),
    ("NVFN", "NVFN", {}),
    ("NFVN", "NFVN", {}),
]


@pytest.mark.parametrize(("reference", "test", "counts"), CASES)
def test_counts_as_bxb_does(reference, test, counts):
    runs = runs_of(beats(reference), beats(test))
    found = runs[["true", "missed", "right", "false"]]
    found = found[found.any(axis=1)].T.to_dict("list")
    assert found == counts


def test_ventricular_fibrillation_is_a_long_run_of_either_annotator():
    episode = "119000, [ 119500, ] 123000, 124000"
    eight = f"119000, {beats('VVVVVVVV', 120000)}, 124000"
    for reference, test in ((episode, eight), (eight, episode)):
        runs = runs_of(reference, test)
        assert runs.loc["VE long runs"].tolist() == [1, 0, 1, 0, 1, 1]
        assert runs["true"].sum() == 1
    five = f"119000, {beats('VVVVV', 120000)}, 124000"
    runs = runs_of(episode, five)
    assert runs.loc["VE long runs"].tolist()[:4] == [0, 1, 0, 0]
    assert runs.loc["VE short runs"].tolist()[:4] == [0, 0, 1, 0]


def test_beats_on_both_sides_of_an_episode_are_two_runs():
    text = "V 119000, V 119300, [ 119500, ] 123000, V 123300, V 123600"
    runs = runs_of(text, text)
    assert runs["true"].tolist() == [2, 0, 1, 0, 0, 0]


def test_atrial_fibrillation_is_a_long_supraventricular_run():
    text = "119000, +(AFIB 119500, S 120000, S 120300, +(N 123000, 124000"
    runs = runs_of(text, "119000, 120000, 120300, 124000")
    assert runs.loc["SVE long runs"].tolist()[:4] == [0, 1, 0, 0]
    assert runs["true"].sum() == runs["right"].sum() == 0
    assert runs_of(text, text).loc["SVE long runs"].tolist()[:4] == [1, 0, 1, 0]


def test_runs_that_do_not_overlap_within_the_window_do_not_meet():
    near = runs_of("V 120000, V 120300", "V 120050, V 120350")
    assert near.loc["VE couplets"].tolist()[:4] == [1, 0, 1, 0]
    far = runs_of("V 120000, V 120300", "V 120400, V 120700")
    assert far.loc["VE couplets"].tolist()[:4] == [0, 1, 0, 1]


def test_runs_before_the_start_do_not_count():
    runs = runs_of("V 1000, V 1300, 120000", "V 1000, V 1300, 120000")
    assert runs[["true", "right"]].to_numpy().sum() == 0
    assert runs[["Se", "+P"]].isna().all(axis=None)


def test_runs_are_counted_only_if_asked_for():
    tables = [annotations("120000")] * 2
    assert compare_annotations(recording_of(), *tables).runs is None

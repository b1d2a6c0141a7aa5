import re

import numpy as np
import pandas as pd
import pytest
from annotation_tables import annotations, counts_of, recording_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.metrics import compare_annotations, compare_records, ec57_scores
from sklearn_ecg.records import Recording
from sklearn_ecg.records._annotations import BEAT_SYMBOLS


def compared(reference, test, *, duration=600, sampling_rate=360, **options):
    recording = recording_of(duration, sampling_rate)
    tables = (annotations(reference), annotations(test))
    return compare_annotations(recording, *tables, **options)


# Counts that `bxb` 10.7.0 gives, at 360 Hz in 600 s from 5:00, sample 108000.
CASES = {
    "the nearer of two": (
        "120000, V 120064",
        "120032, V 120089",
        "Nn 1 Vv 1",
    ),
    "the next two are nearer to each other": (
        "120000, 120064",
        "120032, 120095",
        "Nn 2",
    ),
    "a tie with the next two": (
        "120000, 120064",
        "120032, 120096",
        "Nn 1 No 1 On 1",
    ),
    "one test beat in the middle": (
        "120000, 120064",
        "120032",
        "Nn 1 No 1",
    ),
    "one reference beat in the middle": (
        "120000, 121000",
        "V 119990, 120010, 121000",
        "Nn 2 Ov 1",
    ),
    "a tie goes to the later reference beat": (
        "120000, V 120020, 121000",
        "120010, 121000",
        "Nn 1 No 1 Vn 1",
    ),
    "a test beat before the start belongs to the first beat": (
        "107000, V 108003, 109000",
        "107000, V 107998, 109000",
        "Nn 1 Vv 1",
    ),
    "a test beat after the start belongs to an earlier beat": (
        "107000, V 107998, 109000",
        "107000, V 108003, 109000",
        "Nn 1",
    ),
    "a test beat just after the start belongs to none": (
        "107500, 109000",
        "107500, V 108010, 109000",
        "Nn 1",
    ),
    "the last of two test beats before the start": (
        "107000, 108010, 109000",
        "107000, 107950, 107990, 109000",
        "Nn 2",
    ),
    "a pair across the end": (
        "120000, 215990",
        "120000, 216005, V 216400",
        "Nn 2",
    ),
    "beats in fibrillation": (
        "120000, [ 120500, V 122000, ] 125000, 126000",
        "120000, V 122000, 126000",
        "Nn 2",
    ),
    "a test beat in fibrillation matches one outside": (
        "120000, [ 120005, ] 125000, 126000",
        "120010, 126000",
        "Nn 2",
    ),
    "test beats at both ends of fibrillation": (
        "120000, [ 121000, ] 122000, 126000",
        "120000, V 121000, V 122000, 126000",
        "Nn 2",
    ),
    "shutdown of the test": (
        "120000, V 121000, S 122000, 123000",
        "120000, ~(-1) 120500, ~(0) 122500, 123000",
        "Nn 2 Sx 1 Vx 1",
    ),
    "shutdown until the end": (
        "120000, 121000, 123000",
        "120000, ~(-1) 120500",
        "Nn 1 Nx 2",
    ),
    "shutdown of the reference": (
        "120000, ~(-1) 120500, ~(0) 122500, 123000",
        "120000, V 121000, 123000",
        "Nn 2 Xv 1",
    ),
    "fibrillation that began before the start": (
        "[ 107000, ] 112000, 120000",
        "V 110000, 120000",
        "Nn 1",
    ),
    "fibrillation open at the end": (
        "120000, [ 121000",
        "120000, V 130000, V 140000",
        "Nn 1",
    ),
    "fibrillation open after a closed one": (
        "120000, [ 121000, ] 122000, 123000, [ 124000",
        "120000, 123000, V 130000",
        "Nn 2",
    ),
    "three fibrillations between two beats": (
        "120000, [ 121000, ] 122000, [ 123000, ] 124000, [ 125000, ] 126000, 130000",
        "120000, V 121500, V 123500, V 125500, 130000",
        "Nn 2",
    ),
    "fibrillation of the test hides its beats": (
        "120000, V 121000, 126000",
        "120000, [ 120500, V 121000, ] 122000, 126000",
        "Nn 2 Vo 1",
    ),
    "a flutter wave outside of fibrillation is no beat": (
        "120000, ! 121000, 126000",
        "120000, 126000",
        "Nn 2",
    ),
    "noise alone is no shutdown": (
        "120000, 121000, 123000",
        "120000, ~(3) 120500, ~(0) 122500, 123000",
        "Nn 2 No 1",
    ),
    "one lead unreadable is no shutdown": (
        "120000, 121000, 123000",
        "120000, ~(16) 120500, ~(0) 122500, 123000",
        "Nn 2 No 1",
    ),
    "both leads unreadable is shutdown": (
        "120000, 121000, 123000",
        "120000, ~(48) 120500, ~(0) 122500, 123000",
        "Nn 2 Nx 1",
    ),
}


@pytest.mark.parametrize(("reference", "test", "counts"), CASES.values(), ids=CASES)
def test_counts_as_bxb_does(reference, test, counts):
    assert counts_of(compared(reference, test)) == counts


@pytest.mark.parametrize(
    ("rate", "distance"), [(250, 38), (257, 39), (125, 19), (128, 19), (360, 54)]
)
def test_the_window_is_rounded_to_whole_samples(rate, distance):
    near, far = (
        counts_of(
            compared("120000", f"{120000 + d}", duration=1000, sampling_rate=rate)
        )
        for d in (distance, distance + 1)
    )
    assert (near, far) == ("Nn 1", "No 1 On 1")


def test_each_beat_symbol_has_the_class_of_bxb():
    samples = range(120000, 120000 + 1000 * len(BEAT_SYMBOLS), 1000)
    beats = zip(BEAT_SYMBOLS, samples, strict=True)
    reference = ", ".join(f"{symbol} {sample}" for symbol, sample in beats)
    found = compared(reference, ", ".join(map(str, samples)))
    assert counts_of(found) == "Nn 4 Sn 7 Vn 3 Fn 1 Qn 4"


def test_rr_error_is_that_of_successive_pairs():
    found = compared("109000, 109360, 109720, 110080", "109000, 109366, 109720, 110080")
    assert found.rr_error == pytest.approx(13.61, abs=0.005)
    assert found.n_rr_intervals == 3


def test_rr_error_leaves_out_what_was_missed_and_fibrillation():
    reference = "109000, 109400, 109800, 110200, [ 110300, ] 110500, 110600, 111000"
    found = compared(reference, "109000, 109800, 110200, 110600, 111018")
    assert found.n_rr_intervals == 2
    assert found.rr_error == pytest.approx(np.sqrt((18 / 360 * 1000) ** 2 / 2))


def test_shutdown_is_counted_from_the_start_to_the_end():
    closed = compared("120000", "120000, ~(-1) 120500, ~(0) 122500")
    assert closed.shutdown == pytest.approx(2000 / 360)
    assert "No signal in the test: 6 s" in str(closed)
    assert round(compared("120000", "120000, ~(-1) 120500").shutdown) == 265
    begun_before = compared("120000", "~(-1) 100, ~(-1) 5000, ~(0) 108720, 120000")
    assert begun_before.shutdown == pytest.approx(2)
    of_reference = compared("119000, ~(-1) 120500, ~(0) 122500", "120000")
    assert (of_reference.shutdown, round(of_reference.reference_shutdown)) == (0, 6)


def test_beats_of_any_class_that_are_missed_in_shutdown_are_counted():
    found = compared("120000, S 121000, V 122000", "120000, ~(-1) 120500")
    assert found.missed_in_shutdown == 2


def test_scores_are_those_of_ec57_with_missed_beats_of_both_kinds():
    reference = "120000, 121000, V 122000, V 123000, S 124000, F 125000, Q 126000"
    test = "120000, V 121000, V 122000, ~(-1) 122500, ~(0) 123500, V 125000, S 126000"
    scores = compared(reference, test + ", V 127000").scores
    y_true, y_pred = list("NNVVSFQO"), list("NVVOOVSV")
    pd.testing.assert_frame_equal(
        scores.loc[["VEB", "SVEB"]], ec57_scores(y_true, y_pred), check_dtype=False
    )
    assert scores.loc["QRS", ["beats", "TP", "FN", "FP"]].tolist() == [7, 5, 2, 1]
    assert scores.loc["QRS", "Se"] == 5 / 7
    assert scores.loc["QRS", "+P"] == 5 / 6
    assert np.isnan(scores.loc["QRS", "FPR"])


def test_test_beats_in_a_shutdown_of_the_reference_are_no_false_positives():
    found = compared("120000, ~(-1) 120500", "120000, V 121000, S 122000")
    assert counts_of(found) == "Nn 1 Xs 1 Xv 1"
    assert found.scores["FP"].tolist() == [0, 0, 0]


def test_excused_test_beats_are_counted():
    found = compared("120000, [ 121000, ] 130000", "120000, V 122000, V 123000")
    assert found.n_excused == 2
    assert found.ventricular_fibrillation == 25
    assert len(found.pairs) == 1


def test_pairs_and_mismatches_name_samples_and_classes():
    found = compared("120000, V 121000", "120010, 121005, S 130000")
    assert found.pairs["reference"].tolist() == [120000, 121000, pd.NA]
    assert found.pairs["test"].tolist() == [120010, 121005, 130000]
    assert found.mismatches["y_true"].tolist() == ["V", "O"]
    assert found.mismatches["y_pred"].tolist() == ["N", "S"]
    assert found.mismatches["time"].tolist() == [121000 / 360, 130000 / 360]


def test_scores_of_beats_that_nobody_has_are_undefined():
    found = compared("120000", "120000")
    assert found.scores.loc[["VEB", "SVEB"], ["Se", "+P"]].isna().all(axis=None)
    assert np.isnan(found.rr_error)
    assert "–" in str(found)


@pytest.mark.parametrize("options", [{}, {"stop": 600}])
def test_a_recording_that_ends_before_the_comparison_starts_is_refused(options):
    message = "'silence': it ends at 1:00, and the comparison starts at 5:00.*start=0"
    with pytest.raises(ValueError, match=message):
        compared("1000", "1000", duration=60, **options)
    with pytest.raises(ValueError, match=r"starts at 1:10. Pass start=0"):
        compared("1000", "1000", duration=60, start=70)
    found = compared("1000", "1000", duration=60, start=0)
    assert counts_of(found) == "Nn 1"


@pytest.mark.parametrize(
    ("reference", "test", "options", "remedy"),
    [
        ("1000, 2000", "1000", {}, "Beats before that: 3. Pass start=0"),
        ("1000", "", {"start": 10, "stop": 20}, "Beats before that: 1. Pass start=0"),
        ("20000", "", {"start": 10, "stop": 20}, "Beats after that: 1. Pass a later"),
        ("", "~(0) 120000", {}, "Check that this is the annotator"),
        ("", "", {"start": 0}, "Check that this is the annotator"),
    ],
)
def test_two_annotators_without_beats_are_refused(reference, test, options, remedy):
    message = f"(?s)the reference table and the test table .* nothing.*{remedy}"
    with pytest.raises(ValueError, match=message):
        compared(reference, test, **options)


def test_an_annotator_without_beats_is_told_of():
    message = (
        "the test table of .*'silence': no beat from 5:00 to 10:00, so all 2 beats"
    )
    with pytest.warns(UserWarning, match=message):
        found = compared("120000, 121000", "1000")
    assert found.scores.loc["QRS", "Se"] == 0
    assert np.isnan(found.scores.loc["QRS", "+P"])
    message = "the reference table of .* all 1 beats of the test table match nothing"
    with pytest.warns(UserWarning, match=message):
        found = compared("", "120000")
    assert np.isnan(found.scores.loc["QRS", "Se"])


def test_fibrillation_and_shutdown_without_any_beat_are_compared_with_a_warning():
    with pytest.warns(UserWarning, match="so scores are undefined"):
        found = compared("[ 120000, ] 130000", "")
    assert found.ventricular_fibrillation == pytest.approx(10000 / 360)
    assert counts_of(found) == ""


def test_a_stop_after_the_end_is_the_end():
    assert compared("1000", "1000", start=0, stop=3600).stop == 600


def test_start_and_stop_are_those_asked_for():
    reference = "1000, V 2000, S 3000"
    assert counts_of(compared(reference, reference, start=0)) == "Nn 1 Ss 1 Vv 1"
    part = compared(reference, reference, start=4, stop=6)
    assert counts_of(part) == "Vv 1"
    assert (part.start, part.stop) == (4, 6)


def test_a_test_beat_at_the_very_beginning_counts_from_start_0():
    assert counts_of(compared("500", "0, 500", start=0)) == "Nn 1 On 1"
    assert counts_of(compared("0, 500", "0, 500", start=0)) == "Nn 2"


class OnlyAnnotations:
    """A source that holds no signal, as some files of EDF+."""

    leads = ()
    start_time = None
    annotation_rate = 100.0

    def annotations(self, annotator, sampling_rate):
        return annotations("100, 2000")[["sample", "symbol"]]


def test_without_a_length_the_reference_says_where_the_end_is():
    recording = Recording("r", OnlyAnnotations())
    table = annotations("100, 2000, V 2500")
    found = compare_annotations(recording, "atr", table, start=0)
    assert counts_of(found) == "Nn 2"
    assert found.stop == 20


def test_a_file_with_one_set_of_annotations_is_not_compared_with_itself():
    recording = Recording("r", OnlyAnnotations())
    with pytest.raises(ValueError, match="'r' holds one set of annotations, so 'atr'"):
        compare_annotations(recording)


def test_record_100_compared_with_itself_agrees(mitdb):
    found = compare_annotations(mitdb / "100", test="atr", runs=True)
    counts = found.confusion.to_numpy()
    assert counts.sum() == np.trace(counts) == 1902
    assert (found.record, found.reference, found.test) == ("100", "atr", "atr")
    assert found.rr_error == 0
    assert found.mismatches.empty


def test_annotations_come_from_files_of_the_names_given(write_annotated):
    path = write_annotated("r", [100, 200, 300], "NVN")
    write_annotated("r", [101, 201, 302], "NNN", annotator="ext")
    assert counts_of(compare_annotations(path, start=0)) == "Nn 2 Vn 1"


def test_a_table_needs_no_order_and_no_other_columns():
    table = pd.DataFrame({"sample": [2000, 1000], "symbol": ["V", "N"]})
    found = compare_annotations(recording_of(10), table, table, start=0)
    assert counts_of(found) == "Nn 1 Vv 1"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"start": -1}, ValueError, "'start' .* of at least 0"),
        ({"stop": 300}, ValueError, "'stop' .* above 300"),
        ({"window": 0}, ValueError, "'window' .* above 0"),
        ({"runs": "yes"}, ValueError, "'runs' .* True or False"),
        ({"test": 3}, TypeError, "test must be the extension .* not int"),
        (
            {"test": pd.DataFrame({"sample": [1]})},
            ValueError,
            "The test table has no column symbol",
        ),
        (
            {"reference": pd.DataFrame({"sample": [1.5], "symbol": ["N"]})},
            ValueError,
            "Column sample of the reference table must hold whole numbers",
        ),
        (
            {"reference": pd.DataFrame({"sample": ["a"], "symbol": ["N"]})},
            ValueError,
            "Column sample of the reference table must hold whole numbers",
        ),
    ],
)
def test_what_is_wrong_is_named(options, error, message):
    tables = {"reference": annotations("1000"), "test": annotations("1000")}
    with pytest.raises(error, match=message):
        compare_annotations(recording_of(), **(tables | options))


def test_a_missing_annotation_file_is_named(write_annotated):
    path = write_annotated("r", [100], "N")
    with pytest.raises(FileNotFoundError, match=r"'r\.ext'"):
        compare_annotations(path)


BEATS = st.lists(
    st.tuples(st.integers(0, 3000), st.sampled_from("NSVFQ")),
    min_size=1,
    max_size=40,
    unique_by=lambda beat: beat[0],
).map(sorted)


def table_of(beats, shift=0):
    return pd.DataFrame(
        {
            "sample": np.array([sample + shift for sample, _ in beats], dtype=int),
            "symbol": np.array([symbol for _, symbol in beats], dtype=object),
        }
    )


@settings(deadline=None, max_examples=50)
@given(BEATS)
def test_annotations_compared_with_themselves_agree(beats):
    table = table_of(beats)
    found = compare_annotations(recording_of(40, 100), table, table, start=0, runs=True)
    counts = found.confusion.to_numpy()
    assert counts.sum() == np.trace(counts) == len(beats)
    assert found.mismatches.empty
    assert found.runs[["missed", "false"]].to_numpy().sum() == 0
    assert found.n_rr_intervals == max(len(beats) - 1, 0)


@settings(deadline=None, max_examples=50)
@given(BEATS, BEATS, st.integers(1, 900))
def test_from_start_0_the_same_beats_later_give_the_same_counts(first, second, shift):
    recording = recording_of(40, 100)
    found, later = (
        compare_annotations(
            recording, table_of(first, by), table_of(second, by), start=0, runs=True
        )
        for by in (0, shift)
    )
    pd.testing.assert_frame_equal(found.confusion, later.confusion)
    pd.testing.assert_frame_equal(found.runs, later.runs)
    np.testing.assert_allclose(found.rr_error, later.rr_error)


@settings(deadline=None, max_examples=50)
@given(BEATS, BEATS)
def test_every_beat_from_the_start_on_is_counted_once(first, second):
    # Both have a beat after the start.
    first, second = [*first, (3500, "N")], [*second, (3500, "N")]
    found = compare_annotations(
        recording_of(40, 100), table_of(first), table_of(second), start=10
    )
    late = [sample for sample, _ in first if sample >= 1000]
    assert found.pairs["reference"].dropna().tolist() == late
    test = found.pairs["test"].dropna()
    assert test.is_unique
    late = {sample for sample, _ in second if sample >= 1000}
    # At most one beat near the start goes or comes.
    assert len(late ^ set(test)) <= 1
    assert all(abs(sample - 1000) <= 15 for sample in late ^ set(test))


def rows_of(text):
    """Return the words of each line by its first word."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    return {words[0]: words[1:] for words in lines}


def test_the_text_of_a_recording_says_what_was_compared_and_counted():
    tables = (annotations("120000, V 121000"), annotations("120010, 121001"))
    text = str(compare_annotations(recording_of(), *tables))
    assert text.startswith(
        "Record silence: the test table against the reference table, 5:00 to 10:00"
    )
    rows = rows_of(text)
    assert rows["V"] == ["1", "0", "0", "0", "0", "0", "0"]
    assert rows["QRS"] == ["2", "2", "0", "0", "–", "1.0000", "1.0000", "–", "1.0000"]
    assert "RMS error of 1 RR interval: 25.00 ms" in text
    assert "Runs" not in text


def test_the_text_speaks_of_runs_if_they_were_counted():
    tables = [annotations("V 120000, V 120500")] * 2
    text = str(compare_annotations(recording_of(), *tables, runs=True))
    assert re.search(r"VE couplets +1 +0 +1 +0 +1\.0000 +1\.0000\n", text)
    assert re.search(r"SVE couplets +0 +0 +0 +0 +– +–\n", text)


def test_the_text_of_records_has_a_line_for_each_gross_and_average(
    write_annotated, tmp_path
):
    for name, symbols in (("a", "NNV"), ("b", "NNN")):
        write_annotated(name, [100, 200, 300], symbols)
        write_annotated(name, [100, 204], "NN", annotator="ext")
    found = compare_records(tmp_path, start=0, runs=True)
    text = str(found)
    assert text.startswith("2 records: ext against atr.")
    rows = rows_of(text.split("\n\n")[1])
    expected = "3 0.6667 1.0000 0.0000 – 0.0000 – – 0.0000 40.00 0 0 0"
    assert " ".join(rows["a"]) == expected
    assert rows["b"][3:6] == ["–", "–", "0.0000"]
    assert rows["Average"][:2] == ["3", "0.6667"]
    assert rows["Gross"][:2] == ["6", "0.6667"]
    assert rows["Gross"][3] == "0.0000"
    assert "VE long runs +P" in text
    assert "Rows are classes of the reference" in text
    assert isinstance(found.gross, pd.Series)

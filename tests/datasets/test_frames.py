import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_ecg.datasets import beats_from_frame, load_beats
from sklearn_ecg.records import read_recording, recording_from_array


@pytest.fixture
def recording():
    return recording_from_array(np.zeros(1000), 100, "II", name="bedside")


@pytest.fixture
def annotated(ecg_directory):
    """A directory of two records, its beats, and the same as a table of annotations."""
    directory, _ = ecg_directory
    beats = load_beats(directory)
    frame = pd.DataFrame(
        {
            "record": [path.rsplit("/", 1)[-1] for path in beats.data["record"]],
            "sample": beats.data["sample"],
            "label": beats.target,
        }
    )
    return directory, beats, frame


def test_a_directory_of_records_gives_what_its_annotation_files_give(annotated):
    directory, beats, frame = annotated
    shuffled = frame.sample(frac=1, random_state=0).sort_values("record")
    made = beats_from_frame(shuffled, directory)
    pd.testing.assert_frame_equal(made.data, beats.data)
    assert made.target.tolist() == beats.target.tolist()
    assert made.groups.tolist() == beats.groups.tolist()
    assert made.target_names == beats.target_names
    in_order = shuffled["sample"].to_numpy()[made.annotation_rows]
    assert in_order.tolist() == made.data["sample"].tolist()


def test_columns_may_have_any_names_and_tables_be_of_polars(annotated):
    directory, beats, frame = annotated
    other = frame.rename(columns={"record": "file", "label": "class"})
    seconds = other.pop("sample") / 360
    table = pl.from_pandas(other.assign(at=seconds, who="one"))
    made = beats_from_frame(
        table, directory, record="file", time="at", label="class", patient="who"
    )
    pd.testing.assert_frame_equal(made.data, beats.data)
    assert set(made.groups) == {"one"}


def test_recordings_may_be_a_mapping_or_stand_in_the_table(annotated):
    directory, beats, frame = annotated
    mapping = {name: directory / name for name in frame["record"].unique()}
    made = beats_from_frame(frame, mapping)
    pd.testing.assert_frame_equal(made.data, beats.data)
    opened = {name: read_recording(path) for name, path in mapping.items()}
    in_table = frame.assign(record=frame["record"].map(opened))
    pd.testing.assert_frame_equal(beats_from_frame(in_table).data, beats.data)


@pytest.mark.parametrize("missing", [None, np.nan, ""])
def test_a_beat_without_label_counts_in_the_rhythm_only(recording, missing):
    labels = pd.Series(["N", missing, "V"], dtype=object)
    frame = pd.DataFrame({"sample": [100, 150, 250], "label": labels})
    made = beats_from_frame(frame, recording)
    assert made.data["rr_prev"].iloc[1] == 1.0
    assert made.target.tolist() == ["N", "V"]
    assert made.annotation_rows.tolist() == [0, 2]


def test_without_labels_every_beat_has_a_row(recording):
    times = pd.to_timedelta([1.0, 2.5], unit="s")
    made = beats_from_frame(pd.DataFrame({"time": times}), recording, label=None)
    assert made.data["sample"].tolist() == [100, 250]
    assert made.target is None


def test_numbers_stay_numbers_as_labels(recording):
    frame = pd.DataFrame({"sample": [100, 200], "label": [3, 1]})
    assert beats_from_frame(frame, recording).target.tolist() == [3, 1]


def test_what_cannot_be_used_is_left_out_and_named(annotated):
    directory, _, frame = annotated
    more = pd.DataFrame(
        {
            "record": ["nobody", "synthetic_000"],
            "sample": [5, 10**6],
            "label": ["N", "odd"],
        }
    )
    frame = pd.concat([frame, more], ignore_index=True)
    said = r"1 record and 1 beat .* sample 1000000 \(odd\) .*synthetic_000.*nobody"
    with pytest.warns(UserWarning, match=said):
        made = beats_from_frame(frame, directory)
    assert len(made.data) == len(frame) - 2
    assert len(made.left_out) == 2
    with pytest.raises(ValueError, match=said.replace("was left out", "is invalid")):
        beats_from_frame(frame, directory, on_invalid="raise")
    with pytest.raises(ValueError, match=r"No beat is left .*nobody"):
        beats_from_frame(more[:1], directory)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        ({"sample": [1]}, {}, r"lacks the columns 'label'; it has 'sample'"),
        ({"at": [1], "label": ["N"]}, {}, r"lacks the columns 'time'"),
        (
            {"sample": [1.5], "label": ["N"]},
            {},
            r"'sample' holds 1.5, which is no whole .* name it in time",
        ),
        ({"time": ["a"], "label": ["N"]}, {}, "'time' must hold a finite number"),
        (
            {"time": [np.nan], "label": ["N"]},
            {},
            "row 0 has nothing in the column 'time'",
        ),
        ({"time": [np.inf], "label": ["N"]}, {}, "'time' must hold a finite number"),
        (
            {"time": pd.to_datetime(["2020-01-01"]), "label": ["N"]},
            {},
            "'time' holds dates: subtract the start",
        ),
        (
            {"sample": [9], "label": ["N"], "who": [None]},
            {"patient": "who"},
            "'who' must name the patient of every beat; 1 have none",
        ),
        ({"a": [1], "label": ["N"]}, {"sample": "a", "time": "a"}, "name one column"),
    ],
)
def test_wrong_tables_are_errors_that_name_the_column(
    recording, frame, options, message
):
    with pytest.raises(ValueError, match=message):
        beats_from_frame(pd.DataFrame(frame), recording, **options)


def test_what_is_no_table_is_refused():
    with pytest.raises(TypeError, match="DataFrame of pandas or polars, not list"):
        beats_from_frame([1, 2, 3])


@pytest.mark.parametrize("entries", [[1.0, 1.0, 1.0], [("a", 1), ("a", 1), ("a", 1)]])
def test_equal_entries_are_one_recording_whatever_their_type(recording, entries):
    frame = pd.DataFrame({"record": entries, "sample": [100, 200, 300], "label": "N"})
    made = beats_from_frame(frame, {entries[0]: recording})
    assert made.data["rr_prev"].tolist()[1:] == [1.0, 1.0]


def test_paths_of_one_file_are_one_recording(annotated):
    directory, _, _ = annotated
    path = directory / "synthetic_000"
    entries = pd.Series([str(path), path, f"{path}.hea"], dtype=object)
    frame = pd.DataFrame({"record": entries, "sample": [400, 800, 1200], "label": "N"})
    made = beats_from_frame(frame)
    assert made.data["rr_prev"].notna().tolist() == [False, True, True]


def test_recordings_of_a_mapping_are_patients_by_the_names_it_gives():
    recordings = {
        name: recording_from_array(np.zeros(1000), 100, "II") for name in ("p1", "p2")
    }
    frame = pd.DataFrame({"record": ["p1", "p2"], "sample": [100, 100], "label": "N"})
    assert beats_from_frame(frame, recordings).groups.tolist() == ["p1", "p2"]


def test_a_row_without_position_is_left_out_and_named(recording):
    frame = pd.DataFrame({"sample": [100, None, 300], "label": ["N", "V", "N"]})
    with pytest.warns(
        UserWarning, match="1 beat was left out: .* row 1 has nothing in"
    ):
        made = beats_from_frame(frame, recording)
    assert made.annotation_rows.tolist() == [0, 2]


def test_recordings_of_another_kind_are_refused(recording):
    frame = pd.DataFrame({"record": ["a"], "sample": [100], "label": ["N"]})
    with pytest.raises(TypeError, match=r"a directory, a mapping .* not list"):
        beats_from_frame(frame, [recording])

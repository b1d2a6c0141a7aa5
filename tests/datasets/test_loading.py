import os
import shutil
import warnings
from pathlib import Path

import edfio
import numpy as np
import pandas as pd
import pytest
import wfdb

from sklearn_ecg.datasets import beat_table, load_beats, make_ecg
from sklearn_ecg.detection import detect_r_peaks
from sklearn_ecg.metrics import UNMATCHED, match_beats
from sklearn_ecg.records import read_recording

DS1 = (
    "101 106 108 109 112 114 115 116 118 119 122 124 201 203 205 207 208 209 215 220 "
    "223 230"
)
DS2 = (
    "100 103 105 111 113 117 121 123 200 202 210 212 213 214 219 221 222 228 231 232 "
    "233 234"
)
PACED = "102 104 107 217"


def counts(target):
    return [np.sum(target == label) for label in "NSVFQ"]


def names_of_records(beats):
    return np.array([os.path.basename(path) for path in beats.data["record"]])


@pytest.fixture(scope="module")
def mitdb_beats(mitdb):
    return load_beats(mitdb)


class TestMITBIH:
    @pytest.mark.parametrize(
        ("records", "first_second", "expected"),
        [
            (DS1, 0, [45866, 944, 3788, 415, 8]),
            (DS2, 0, [44259, 1837, 3221, 388, 7]),
            (PACED, 0, [506, 0, 227, 0, 8028]),
            (f"{DS1} {DS2} {PACED}", 0, [90631, 2781, 7236, 803, 8043]),
            (DS1, 300, [38012, 894, 3214, 335, 8]),
            (DS2, 300, [36926, 1608, 2686, 288, 7]),
            ("232", 0, [398, 1382, 0, 0, 0]),
        ],
    )
    def test_beats_per_class_are_those_of_the_annotations(
        self, mitdb_beats, records, first_second, expected
    ):
        beats = mitdb_beats
        is_meant = np.isin(names_of_records(beats), records.split())
        is_meant &= beats.data["sample"] >= first_second * 360
        assert counts(beats.target[is_meant]) == expected

    def test_all_beats_and_patients_are_there(self, mitdb_beats):
        beats, names = mitdb_beats, names_of_records(mitdb_beats)
        assert beats.data.shape == (109_494, 6)
        assert len(np.unique(names)) == 48
        assert len(np.unique(beats.groups)) == 47
        assert set(beats.groups[np.isin(names, ["201", "202"])]) == {"201"}
        assert beats.target_names == ["N", "S", "V", "F", "Q"]

    def test_each_beat_has_its_rhythm(self, mitdb_beats):
        is_meant = names_of_records(mitdb_beats) == "207"
        rhythms, n_beats = np.unique(mitdb_beats.rhythm[is_meant], return_counts=True)
        assert dict(zip(rhythms.tolist(), n_beats.tolist(), strict=True)) == {
            "B": 160,
            "IVR": 105,
            "N": 1485,
            "SVTA": 104,
            "VT": 6,
        }

    def test_escape_beats_are_supraventricular_to_bxb(self, mitdb):
        beats = load_beats(mitdb, classes="bxb")
        names = names_of_records(beats)
        for records, expected in ((DS1, 976), (DS2, 2050)):
            is_meant = np.isin(names, records.split())
            assert np.sum(beats.target[is_meant] == "S") == expected

    def test_records_are_in_the_order_of_the_database(self, mitdb_beats, mitdb):
        in_order = mitdb_beats.data["record"].drop_duplicates().tolist()
        listed = (mitdb / "RECORDS").read_text().split()
        assert in_order == [str(mitdb / name) for name in listed]


class TestSource:
    def test_directory_gives_what_make_ecg_made(self, ecg_directory):
        directory, made = ecg_directory
        beats = load_beats(directory)
        pd.testing.assert_frame_equal(beats.data, made.data)
        np.testing.assert_array_equal(beats.target, made.target)
        np.testing.assert_array_equal(beats.groups, made.groups)
        assert beats.target_names == made.target_names
        assert isinstance(beats.data.index, pd.RangeIndex)

    def test_X_y_are_data_and_target(self, ecg_directory):
        directory, _ = ecg_directory
        beats = load_beats(directory)
        X, y = load_beats(directory, return_X_y=True)
        pd.testing.assert_frame_equal(X, beats.data)
        np.testing.assert_array_equal(y, beats.target)

    def test_named_records_come_in_the_order_given(self, ecg_directory):
        directory, made = ecg_directory
        beats = load_beats(str(directory), ["synthetic_001", "synthetic_000"])
        in_order = beats.data["record"].drop_duplicates().tolist()
        assert in_order == made.records[::-1]

    def test_list_of_paths_needs_no_directory(self, ecg_directory):
        _, made = ecg_directory
        beats = load_beats([Path(made.records[1])])
        assert set(beats.data["record"]) == {made.records[1]}

    def test_records_file_says_which_records_and_in_which_order(self, ecg_directory):
        directory, made = ecg_directory
        (directory / "RECORDS").write_text("synthetic_001\n")
        assert set(load_beats(directory).data["record"]) == {made.records[1]}

    @pytest.mark.parametrize("listing", [None, "synthetic_000\nsynthetic_001\n"])
    def test_records_without_annotations_are_left_out_with_a_warning(
        self, ecg_directory, listing
    ):
        directory, made = ecg_directory
        Path(made.records[0] + ".atr").unlink()
        if listing:
            (directory / "RECORDS").write_text(listing)
        with pytest.warns(
            UserWarning,
            match=r"1 record .*synthetic_000: it has no annotations \(\.atr",
        ):
            beats = load_beats(directory)
        assert beats.left_out["record"].tolist() == [made.records[0]]
        assert set(beats.data["record"]) == {made.records[1]}

    def test_records_file_may_list_directories(self, ecg_directory, write_annotated):
        directory, made = ecg_directory
        path = write_annotated("a", [100, 200], "NV")
        root = directory.parent
        (root / "RECORDS").write_text("records/\na\n")
        (directory / "RECORDS").write_text("synthetic_001\n")
        in_order = load_beats(root).data["record"].drop_duplicates().tolist()
        assert in_order == [made.records[1], path]

    @pytest.mark.parametrize("entry", ["./", "../", "/"])
    def test_only_directories_inside_of_it_are_followed(self, ecg_directory, entry):
        directory, _ = ecg_directory
        (directory / "RECORDS").write_text(f"{entry}\n")
        with pytest.raises(FileNotFoundError, match=f"RECORDS lists '{entry}', which"):
            load_beats(directory)

    def test_relative_paths_are_stored_absolute(self, ecg_directory, monkeypatch):
        directory, made = ecg_directory
        monkeypatch.chdir(directory.parent)
        assert set(load_beats("records").data["record"]) == set(made.records)

    def test_any_annotator_is_read(self, write_annotated, tmp_path):
        write_annotated("a", [100, 200], "NV", annotator="qrs")
        _, target = load_beats(tmp_path, annotator="qrs", return_X_y=True)
        assert target.tolist() == ["N", "V"]

    def test_time_resolution_of_the_annotations_is_converted(self, write_annotated):
        path = write_annotated("a", [2500, 6250], "NN", fs=100, resolution=250)
        X, _ = load_beats([path], return_X_y=True)
        assert X["sample"].tolist() == [1000, 2500]


class TestBeatsAndClasses:
    def test_annotations_that_are_no_beats_are_left_out(self, write_annotated):
        path = write_annotated("a", [5, 100, 150, 200, 300], "+N~V!")
        X, y = load_beats([path], return_X_y=True)
        assert X["sample"].tolist() == [100, 200]
        assert y.tolist() == ["N", "V"]

    def test_beats_without_a_label_still_count_in_the_intervals(self, write_annotated):
        path = write_annotated("a", [100, 160, 300, 350], "NVNA")
        beats = load_beats([path], classes={"A": "early", "N": "normal"})
        whole = beat_table(path, [100, 160, 300, 350]).iloc[[0, 2, 3]]
        pd.testing.assert_frame_equal(beats.data, whole.reset_index(drop=True))
        assert beats.target.tolist() == ["normal", "normal", "early"]
        assert beats.target_names == ["early", "normal"]

    def test_record_without_beats_adds_nothing(self, write_annotated, tmp_path):
        write_annotated("a", [5], "+")
        path = write_annotated("b", [100, 200], "NN")
        with pytest.warns(UserWarning, match="a: it has no beat among its annotations"):
            beats = load_beats(tmp_path)
        assert set(beats.data["record"]) == {path}
        assert beats.groups.tolist() == ["b", "b"]

    def test_types_are_those_that_scikit_learn_splits_by(self, ecg_directory):
        beats = load_beats(ecg_directory[0])
        assert beats.target.dtype.kind == "U"
        assert beats.groups.dtype.kind == "U"
        assert len(beats.data) == len(beats.target) == len(beats.groups)
        assert beats.data["record"].dtype.kind == "O"

    def test_description_counts_beats_and_patients(self, write_annotated):
        path = write_annotated("a", [100, 200, 300], "NNV")
        description = load_beats([path]).DESCR
        assert "3 beats of 1 patients" in description
        assert "N 2, V 1" in description

    def test_annotations_with_symbols_of_their_own_are_read(self, write_annotated):
        path = write_annotated("a", [100, 200, 300], "NNV")
        wfdb.wrann(
            "a",
            "own",
            sample=np.array([100, 150, 200, 300]),
            symbol=["N", "z", "V", "A"],
            custom_labels=[(43, "z", "my note")],
            write_dir=os.path.dirname(path),
        )
        X, y = load_beats([path], annotator="own", return_X_y=True)
        assert X["sample"].tolist() == [100, 200, 300]
        assert y.tolist() == ["N", "V", "S"]

    @pytest.mark.parametrize("as_table", [False, True])
    def test_symbols_of_their_own_come_from_wfdb_as_tuples_or_as_a_table(
        self, write_annotated, custom_labels_of_wfdb, as_table
    ):
        path = write_annotated("a", [100, 200], "NV")
        labels = [(1, "z", "my note")]
        columns = ["label_store", "symbol", "description"]
        custom_labels_of_wfdb(
            pd.DataFrame(labels, columns=columns) if as_table else labels
        )
        X, y = load_beats([path], return_X_y=True)
        assert (X["sample"].tolist(), y.tolist()) == ([200], ["V"])

    def test_a_file_with_damaged_symbols_of_its_own_is_named(
        self, write_annotated, custom_labels_of_wfdb
    ):
        path = write_annotated("a", [100, 200], "NV")
        custom_labels_of_wfdb([("?",)])
        with pytest.raises(ValueError, match=r"a\.atr is truncated or corrupt"):
            load_beats([path])


@pytest.fixture
def custom_labels_of_wfdb(monkeypatch):
    """Return a function that sets the custom labels that wfdb reads from files."""
    read = wfdb.rdann

    def set_labels(labels):
        def rdann(*arguments, **options):
            annotation = read(*arguments, **options)
            annotation.custom_labels = labels
            return annotation

        monkeypatch.setattr(wfdb, "rdann", rdann)

    return set_labels


@pytest.fixture
def write_patient(write_annotated, tmp_path):
    """Return a function that writes a record of 360 Hz into a directory of its own."""

    def write(directory, name, n_samples=650_000):
        written = Path(write_annotated(name, [100], "N", fs=360, n_samples=n_samples))
        target = tmp_path / directory
        target.mkdir(exist_ok=True)
        for file in tmp_path.glob(f"{name}.*"):
            file.rename(target / file.name)
        return str(target / written.name)

    return write


class TestPatients:
    def test_201_and_202_are_one_patient_whatever_directories_they_are_in(
        self, write_patient
    ):
        paths = [write_patient(*place) for place in (("a", "201"), ("b", "202"))]
        assert load_beats(paths).groups.tolist() == ["201", "201"]
        paths.append(write_patient("b", "201"))
        assert load_beats(paths).groups.tolist() == ["201", "201", "201"]

    def test_201_of_another_database_is_not_the_patient_of_202(self, write_patient):
        other = write_patient("other", "201", n_samples=5000)
        paths = [other, write_patient("mitdb", "202")]
        assert load_beats(paths).groups.tolist() == [other, "201"]

    def test_each_record_is_a_patient(self, ecg_directory):
        beats = load_beats(ecg_directory[0])
        assert beats.groups.tolist() == names_of_records(beats).tolist()

    def test_records_201_and_202_of_another_database_are_two_patients(
        self, write_annotated, tmp_path
    ):
        for name in ("201", "202"):
            write_annotated(name, [100, 200], "NN", fs=360)
        assert set(load_beats(tmp_path).groups) == {"201", "202"}

    def test_records_of_one_name_in_two_directories_are_two_patients(
        self, ecg_directory, tmp_path
    ):
        directory, _ = ecg_directory
        shutil.copytree(directory, tmp_path / "other")
        paths = [directory / "synthetic_000", tmp_path / "other" / "synthetic_000"]
        groups = load_beats(paths).groups
        assert set(groups) == {str(path) for path in paths}

    def test_caller_says_which_records_share_a_patient(self, ecg_directory):
        patients = {"synthetic_000": "p", "synthetic_001": "p", "elsewhere": "q"}
        assert set(load_beats(ecg_directory[0], patients=patients).groups) == {"p"}

    def test_record_left_out_by_the_caller_is_an_error(self, ecg_directory):
        with pytest.raises(ValueError, match=r"\['synthetic_001'\]"):
            load_beats(ecg_directory[0], patients={"synthetic_000": "p"})


def test_what_a_directory_only_pretends_to_hold_is_left_out(ecg_directory):
    directory, made = ecg_directory
    (directory / "dangling.hea").symlink_to("nowhere")
    (directory / "folder.hea").mkdir()
    assert set(load_beats(directory).data["record"]) == set(made.records)
    (directory / "RECORDS").write_text("synthetic_000\nabsent/\nsynthetic_000\n")
    with pytest.warns(UserWarning, match="absent: it is listed .* is not there"):
        beats = load_beats(directory)
    assert set(beats.data["record"]) == {made.records[0]}


def test_records_whose_signal_is_missing_or_cut_off_are_left_out(ecg_directory):
    directory, made = ecg_directory
    signal = directory / "synthetic_001.dat"
    signal.write_bytes(signal.read_bytes()[:-100])
    with pytest.warns(UserWarning, match=r"synthetic_001.dat is truncated or damaged"):
        assert set(load_beats(directory).data["record"]) == {made.records[0]}
    signal.unlink()
    with pytest.warns(UserWarning, match=r"there is no file .*synthetic_001\.dat"):
        assert set(load_beats(directory).data["record"]) == {made.records[0]}


def test_a_recording_may_stand_alone_but_not_twice(ecg_directory):
    _, made = ecg_directory
    recording = read_recording(made.records[0])
    assert set(load_beats(recording).data["record"]) == {made.records[0]}
    with pytest.raises(ValueError, match="twice"):
        load_beats([recording, made.records[0]])


def test_texts_of_edf_that_are_no_symbols_are_named(tmp_path):
    signal = edfio.EdfSignal(
        np.sin(np.arange(1000.0)), 100, label="II", physical_dimension="mV"
    )
    texts = ["N", "VPC", "N"]
    annotations = [
        edfio.EdfAnnotation(onset, None, text)
        for onset, text in zip([1.0, 2.0, 3.0], texts, strict=True)
    ]
    # An episode as `Annotation.to_edf` writes it is no beat under another name.
    annotations.append(edfio.EdfAnnotation(1.0, 2.5, "V run"))
    path = tmp_path / "night.edf"
    edfio.Edf([signal], annotations=annotations).write(path)
    named = r"sample 200 \(VPC\) of record .*night.edf: its text is no symbol of WFDB"
    with pytest.warns(UserWarning, match=named):
        beats = load_beats(tmp_path, records=["night"])
    assert beats.target.tolist() == ["N", "N"]
    assert beats.left_out["symbol"].tolist() == ["VPC"]


def check_left_out(directory, reason):
    """A bad record never stops the good ones, unless it was asked for."""
    with pytest.warns(UserWarning, match=rf"1 record .*: it cannot be read .*{reason}"):
        beats = load_beats(directory)
    assert set(beats.groups) == {"synthetic_000"}
    [row] = beats.left_out.to_dict("records")
    assert row["record"].endswith("synthetic_001")
    quiet = load_beats(directory, on_invalid="ignore")
    assert quiet.left_out.equals(beats.left_out)
    with pytest.raises(ValueError, match=reason):
        load_beats(directory, on_invalid="raise")
    with pytest.raises(ValueError, match=reason):
        load_beats(directory, ["synthetic_000", "synthetic_001"], on_invalid="ignore")


class TestErrors:
    def test_missing_directory(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"no directory .*nowhere"):
            load_beats(tmp_path / "nowhere")

    @pytest.mark.parametrize("records", [None, ["synthetic_000"]])
    def test_record_given_as_directory(self, ecg_directory, records):
        with pytest.raises(
            FileNotFoundError, match="It is a record: pass it in a list"
        ):
            load_beats(ecg_directory[0] / "synthetic_000", records)

    def test_directory_without_records(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"No record in .*annotator='atr'"):
            load_beats(tmp_path)

    def test_missing_record(self, ecg_directory):
        with pytest.raises(FileNotFoundError, match=r"no file .*nobody\.hea"):
            load_beats(ecg_directory[0], ["synthetic_000", "nobody"])

    def test_missing_annotations_name_those_that_exist(self, ecg_directory):
        _, made = ecg_directory
        with pytest.raises(
            FileNotFoundError,
            match=r"synthetic_000 has no .*'synthetic_000.qrs'.* it has \['atr'\]",
        ):
            load_beats(made.records, annotator="qrs")
        Path(made.records[0] + ".atr").unlink()
        with pytest.raises(FileNotFoundError, match="it has none"):
            load_beats(made.records)

    @pytest.mark.parametrize("n_lost", [1, 2, 3, 20])
    def test_truncated_annotations(self, ecg_directory, n_lost):
        directory, _ = ecg_directory
        path = directory / "synthetic_001.atr"
        path.write_bytes(path.read_bytes()[:-n_lost])
        check_left_out(directory, r"synthetic_001\.atr is truncated or")

    def test_empty_annotation_file(self, ecg_directory):
        directory, _ = ecg_directory
        (directory / "synthetic_001.atr").write_bytes(b"")
        check_left_out(directory, r"synthetic_001\.atr is truncated or")

    @pytest.mark.parametrize("seed", range(12))
    def test_garbage_annotations(self, ecg_directory, seed):
        directory, _ = ecg_directory
        garbage = np.random.default_rng(seed).integers(0, 256, 400, dtype=np.uint8)
        (directory / "synthetic_001.atr").write_bytes(garbage.tobytes() + b"\0\0")
        check_left_out(directory, "synthetic_001")

    def test_damaged_header(self, ecg_directory):
        directory, _ = ecg_directory
        (directory / "synthetic_001.hea").write_bytes(bytes(range(256)))
        check_left_out(directory, r"synthetic_001\.hea is truncated or")

    @pytest.mark.parametrize(
        ("samples", "symbols", "reason"),
        [
            (
                [100, 5000],
                "NV",
                "sample 5000 \\(V\\) .* outside of the signal, .* 0 to 4999",
            ),
            ([100, 100], "NV", "sample 100 \\(V\\) .* not more than 0.1 s after"),
            ([100, 103], "NV", "sample 103 \\(V\\) .* not more than 0.1 s after"),
        ],
    )
    def test_impossible_beats_are_left_out(
        self, write_annotated, samples, symbols, reason
    ):
        path = write_annotated("odd", samples, symbols, n_samples=5000)
        with pytest.warns(UserWarning, match=f"1 beat was left out: {reason}"):
            beats = load_beats([path])
        assert beats.data["sample"].tolist() == [100]
        assert beats.left_out[["record", "symbol"]].values.tolist() == [[path, "V"]]
        with pytest.raises(ValueError, match=reason):
            load_beats([path], on_invalid="raise")

    def test_named_record_without_beats(self, write_annotated, tmp_path):
        write_annotated("quiet", [5], "+")
        write_annotated("loud", [100], "N")
        for arguments in ([tmp_path, ["loud", "quiet"]], [[tmp_path / "quiet"]]):
            with pytest.raises(ValueError, match="quiet has no beat"):
                load_beats(*arguments)

    def test_no_beats_at_all(self, write_annotated, tmp_path):
        write_annotated("quiet", [5], "+")
        with pytest.raises(
            ValueError, match=r"No beat with a label .* 1 record was left"
        ):
            load_beats(tmp_path)

    def test_no_beat_with_a_label(self, write_annotated, tmp_path):
        write_annotated("a", [100], "N")
        with pytest.raises(ValueError, match=r"No beat with a label .*\{'V': 'v'\}"):
            load_beats(tmp_path, classes={"V": "v"})

    def test_unknown_scheme(self, ecg_directory):
        with pytest.raises(ValueError, match="classes='five' is not known"):
            load_beats(ecg_directory[0], classes="five")

    def test_record_named_twice(self, ecg_directory):
        with pytest.raises(ValueError, match=r"names .*synthetic_000 twice"):
            load_beats(ecg_directory[0], ["synthetic_000", "synthetic_000"])

    @pytest.mark.parametrize("arguments", [([],), (".", [])])
    def test_empty_list_of_records(self, arguments):
        with pytest.raises(ValueError, match="list of records is empty"):
            load_beats(*arguments)

    def test_records_given_as_one_string(self, ecg_directory):
        with pytest.raises(ValueError, match="list of names, not 'synthetic_000'"):
            load_beats(ecg_directory[0], "synthetic_000")

    def test_names_beside_a_list_of_records(self, ecg_directory):
        with pytest.raises(ValueError, match="records must be None"):
            load_beats(ecg_directory[1].records, ["synthetic_000"])


RATE = 360


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("records")
    make_ecg(2, duration=60, random_state=0, directory=directory)
    return directory


@pytest.fixture
def record(directory, tmp_path):
    """Write one record with annotations of the caller's choice."""
    path = sorted(directory.glob("*.hea"))[0].with_suffix("")
    signal = wfdb.rdrecord(str(path)).p_signal

    def write(samples, symbols):
        wfdb.wrsamp(
            "r",
            fs=RATE,
            units=["mV", "mV"],
            sig_name=["MLII", "V1"],
            p_signal=signal,
            write_dir=str(tmp_path),
        )
        wfdb.wrann("r", "atr", np.array(samples), list(symbols), write_dir=tmp_path)
        return tmp_path, detect_r_peaks(
            wfdb.rdrecord(str(tmp_path / "r")).p_signal[:, 0], RATE
        )

    return write


def test_every_detection_has_the_label_of_the_beat_that_it_matches(directory):
    annotated = load_beats(directory)
    beats = load_beats(directory, r_peaks="detected", on_invalid="ignore")
    for record in beats.records:
        mine, theirs = (b.data["record"] == record for b in (beats, annotated))
        samples = annotated.data["sample"][theirs].to_numpy()
        found = beats.data["sample"][mine].to_numpy()
        pairs = match_beats(samples, found, sampling_rate=RATE)
        pairs = pairs[(pairs >= 0).all(axis=1)]
        labels = beats.target[mine][pairs["detected"]]
        assert labels.tolist() == annotated.target[theirs][pairs["reference"]].tolist()
        n_others = mine.sum() - len(pairs)
        assert (beats.target[mine] == UNMATCHED).sum() == n_others
        n_missed = (beats.missed["record"] == record).sum()
        assert n_missed == theirs.sum() - len(pairs)


def test_a_detection_without_annotation_is_no_beat(record):
    directory, r_peaks = record([100], "N")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        beats = load_beats(directory, r_peaks="detected")
    assert set(beats.target) <= {"N", UNMATCHED}
    assert beats.target_names[-1] == UNMATCHED
    assert (beats.target == UNMATCHED).sum() >= len(r_peaks) - 1
    assert beats.data["sample"].tolist() == r_peaks.tolist()


def test_a_missed_beat_is_named_and_warned_of(record):
    directory, r_peaks = record([1], "N")
    extra = (r_peaks[3] + r_peaks[4]) // 2
    directory, _ = record(
        [*r_peaks[:4], extra, *r_peaks[4:]], "N" * 4 + "V" + "N" * (len(r_peaks) - 4)
    )
    with pytest.warns(UserWarning, match=r"1 of \d+ annotated beats .* were not detec"):
        beats = load_beats(directory, r_peaks="detected")
    assert beats.missed[["sample", "symbol"]].values.tolist() == [[extra, "V"]]
    assert "not detected, and have no row: 1;" in beats.DESCR


def test_what_is_detected_in_fibrillation_has_no_row_unless_it_is_a_beat(record):
    _, r_peaks = record([1], "N")
    inside = r_peaks[10:15]
    marks = [inside[0] - 20, inside[-1] + 20]
    outside = np.setdiff1d(r_peaks, inside)
    samples = np.concatenate([outside, marks])
    order = np.argsort(samples)
    symbols = np.array(["N"] * len(outside) + ["[", "]"])[order]
    directory, _ = record(samples[order], symbols)
    beats = load_beats(directory, r_peaks="detected")
    assert beats.data["sample"].tolist() == outside.tolist()
    assert (beats.target == "N").all()
    # All that was detected still counts in the rhythm of the patient.
    assert beats.data["r_peaks"].iloc[0].samples.tolist() == r_peaks.tolist()


def test_aligned_beats_are_those_annotated_with_the_distances_told(record):
    _, r_peaks = record([1], "N")
    early = r_peaks[1:-1] - 18
    directory, _ = record(early, "N" * len(early))
    beats = load_beats(directory, r_peaks="aligned")
    assert (np.abs(beats.data["sample"] - r_peaks[1:-1]) <= 1).all()
    [moved] = beats.moved.to_dict("records")
    assert moved["beats"] == len(early)
    assert moved["not_aligned"] == 0
    assert moved["median_ms"] == pytest.approx(50, abs=3)
    assert moved["lower_ms"] <= moved["median_ms"] <= moved["upper_ms"]


def test_intervals_follow_the_aligned_beats(record):
    _, r_peaks = record([1], "N")
    directory, _ = record(r_peaks[1:-1] - 18, "N" * (len(r_peaks) - 2))
    beats = load_beats(directory, r_peaks="aligned").data
    steps = np.diff(beats["sample"]) / RATE
    np.testing.assert_allclose(beats["rr_next"].to_numpy()[:-1], steps)


def test_another_detector_is_labelled_likewise(directory):
    beats = load_beats(directory, r_peaks=detect_r_peaks, on_invalid="ignore")
    mine = load_beats(directory, r_peaks="detected", on_invalid="ignore")
    pd.testing.assert_series_equal(
        beats.data["rr_local"], mine.data["rr_local"], atol=0.01
    )
    assert beats.target.tolist() == mine.target.tolist()


@pytest.mark.parametrize("r_peaks", ["annotated", "aligned", "detected"])
def test_each_beat_has_the_rhythm_that_is_annotated(directory, r_peaks):
    path = sorted(directory.glob("*.hea"))[0].with_suffix("")
    atr = wfdb.rdann(str(path), "atr")
    second = atr.sample[20]
    wfdb.wrann(
        path.name,
        "rhythm",
        np.concatenate([atr.sample[:10], [second - 90], atr.sample[20:]]),
        [*atr.symbol[:10], "+", *atr.symbol[20:]],
        aux_note=[""] * 10 + ["(AFIB\0"] + [""] * len(atr.sample[20:]),
        write_dir=str(path.parent),
    )
    beats = load_beats([path], annotator="rhythm", r_peaks=r_peaks, on_invalid="ignore")
    assert len(beats.rhythm) == len(beats.target)
    is_before = (beats.data["sample"] < second - 90).to_numpy()
    assert set(beats.rhythm[is_before]) == {""}
    assert set(beats.rhythm[~is_before]) == {"AFIB"}


def test_a_beat_keeps_its_rhythm_when_it_is_aligned(record):
    _, r_peaks = record([1], "N")
    late = r_peaks[1:-1] + 18
    directory, _ = record(late, "N" * len(late))
    symbols = np.array(["N", "+"] * len(late))
    samples = np.stack([late, late + 1], axis=1).ravel()
    notes = [
        f"(R{place}" if symbol == "+" else "" for place, symbol in enumerate(symbols)
    ]
    wfdb.wrann(
        "r", "atr", samples, symbols.tolist(), aux_note=notes, write_dir=directory
    )
    beats = load_beats(directory, r_peaks="aligned")
    assert (beats.data["sample"] < late).all()
    assert beats.rhythm.tolist() == ["", *(note[1:] for note in notes[1:-2:2])]


def test_annotated_beats_are_neither_moved_nor_missed(directory):
    beats = load_beats(directory)
    assert len(beats.moved) == len(beats.missed) == 0


@pytest.mark.parametrize("r_peaks", ["found", None, 3])
def test_a_way_that_is_none_is_refused(directory, r_peaks):
    with pytest.raises(ValueError, match="must be 'annotated', 'aligned', 'detected'"):
        load_beats(directory, r_peaks=r_peaks)


def test_the_label_of_no_beat_is_no_class(directory):
    with pytest.raises(ValueError, match="the label 'O'"):
        load_beats(directory, r_peaks="detected", classes={"N": "O", "V": "V"})


def test_a_record_without_the_lead_is_left_out_of_a_directory(directory):
    with pytest.raises(ValueError, match=r"No beat with a label .* no lead 'V6'"):
        load_beats(directory, r_peaks="detected", lead="V6")


def test_a_database_is_detected_with_its_missed_beats_counted(svdb_860):
    beats = load_beats(
        svdb_860, ["860"], r_peaks="detected", lead="ECG1", on_invalid="ignore"
    )
    annotated = load_beats(svdb_860, ["860"], on_invalid="ignore")
    n_found = (beats.target != UNMATCHED).sum()
    assert n_found + len(beats.missed) == len(annotated.target)
    assert n_found > 0.99 * len(annotated.target)


@pytest.fixture
def svdb_860(data_directory):
    return data_directory("svdb")

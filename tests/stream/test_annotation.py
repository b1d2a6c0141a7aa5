from dataclasses import replace
from datetime import datetime

import edfio
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyedflib
import pytest
import wfdb
from annotation_tables import written_beats
from ishne_files import ishne_bytes

from sklearn_ecg import annotate
from sklearn_ecg.datasets import load_beats, make_ecg
from sklearn_ecg.metrics import compare_annotations
from sklearn_ecg.records import read_recording, recording_from_array
from sklearn_ecg.stream import Annotation

RATE = 360


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("recordings")
    make_ecg(1, duration=60, random_state=4, directory=directory)
    return directory


@pytest.fixture(scope="module")
def annotation(model, directory):
    return annotate(next(directory.glob("*.hea")), model)


@pytest.fixture(scope="module")
def empty(model):
    return annotate(recording_from_array(np.zeros(3000), RATE, "MLII"), model)


def labelled(annotation, labels, **columns):
    """The first beats of an annotation with labels of the test's choice."""
    beats = annotation.beats.head(len(labels)).assign(label=labels, **columns)
    return Annotation(
        annotation.recording,
        beats,
        annotation.lead,
        annotation.quality,
        tuple(dict.fromkeys(labels)),
    )


class TestWFDB:
    def test_wfdb_reads_back_every_beat(self, annotation, tmp_path):
        path = annotation.to_wfdb(tmp_path / "new")
        assert path == tmp_path / "new" / f"{annotation.recording.name}.ext"
        columns = [annotation.beats[name].tolist() for name in ("sample", "label")]
        assert written_beats(path.with_suffix("")) == tuple(columns)
        assert wfdb.rdann(str(path.with_suffix("")), "ext").fs == RATE

    def test_wfdb_reads_back_the_rhythm(self, annotation, tmp_path):
        sample = 400 + 120 * np.arange(16)
        labels = ["N"] * 4 + ["V"] * 4 + ["N"] * 8
        changed = labelled(annotation, labels, sample=sample, time=sample / RATE)
        path = changed.to_wfdb(tmp_path)
        read = wfdb.rdann(str(path.with_suffix("")), "ext")
        is_rhythm = np.array(read.symbol) == "+"
        assert read.sample[is_rhythm].tolist() == [399, 879, 1241]
        assert np.array(read.aux_note)[is_rhythm].tolist() == ["(N", "(VT", "(N"]
        table = changed.annotations(marks=True)
        assert table["sample"].tolist() == read.sample.tolist()
        assert table["symbol"].tolist() == read.symbol
        assert table["note"].tolist() == read.aux_note
        assert table["subtype"].tolist() == read.subtype.tolist()
        assert "+" not in set(changed.annotations()["symbol"])

    def test_wfdb_writes_the_same_bytes(self, annotation, tmp_path):
        sample = 400 + 120 * np.arange(12)
        sample[8:] += 900
        changed = labelled(annotation, ["N"] * 4 + ["V"] * 3 + ["N"] * 5, sample=sample)
        lost = pd.DataFrame({"start": [40.0], "stop": [45.0], "reason": ["flat"]})
        changed = replace(changed, quality=lost)
        ours = changed.to_wfdb(tmp_path)
        table = changed.annotations(marks=True)
        assert {"+", "~", '"'} < set(table["symbol"])
        wfdb.wrann(
            "theirs",
            "ext",
            table["sample"].to_numpy(),
            table["symbol"].tolist(),
            subtype=table["subtype"].to_numpy(),
            aux_note=table["note"].tolist(),
            fs=RATE,
            write_dir=str(tmp_path),
        )
        assert ours.read_bytes() == (tmp_path / "theirs.ext").read_bytes()

    def test_a_lost_signal_is_a_shutdown_to_bxb(self, annotation, directory):
        lost = pd.DataFrame({"start": [30.0], "stop": [36.0], "reason": ["flat"]})
        inside = annotation.beats["time"].between(30, 36)
        rest = replace(annotation, beats=annotation.beats[~inside], quality=lost)
        annotation.to_wfdb(directory, "whole")
        rest.to_wfdb(directory, "part")
        found = compare_annotations(rest.recording, "whole", "part", start=0)
        assert found.shutdown == pytest.approx(6, abs=0.01)
        assert found.missed_in_shutdown == inside.sum()

    def test_it_equals_itself(self, annotation, directory):
        annotation.to_wfdb(directory, "self")
        comparison = compare_annotations(annotation.recording, "self", "self", start=0)
        assert comparison.scores.loc["QRS", ["Se", "+P"]].tolist() == [1, 1]
        again = compare_annotations(
            annotation.recording, "self", annotation.annotations(), start=0
        )
        pd.testing.assert_frame_equal(again.confusion, comparison.confusion)

    def test_no_beat_is_an_artefact_and_no_signal_is_unclassified(
        self, annotation, tmp_path
    ):
        path = labelled(annotation, ["N", "O", "?"]).to_wfdb(tmp_path)
        assert written_beats(path.with_suffix(""))[1] == ["N", "|", "?"]

    def test_other_labels_need_symbols(self, annotation, tmp_path):
        named = labelled(annotation, ["normal", "ectopic"])
        with pytest.raises(ValueError, match="'ectopic', 'normal' are no symbols"):
            named.to_wfdb(tmp_path)
        path = named.to_wfdb(tmp_path, symbols={"normal": "N", "ectopic": "V"})
        assert wfdb.rdann(str(path.with_suffix("")), "ext").symbol == ["N", "V"]
        read = edfio.read_edf(named.to_edf(tmp_path / "named.edf")).annotations
        assert [each.text for each in read] == ["normal", "ectopic"]

    def test_no_beats_are_a_file_of_marks(self, empty, tmp_path):
        path = empty.to_wfdb(tmp_path)
        read = wfdb.rdann(str(path.with_suffix("")), "ext")
        assert set(read.symbol) == {"+", "~"}
        assert set(read.aux_note) == {"(NOISE", ""}

    def test_annotations_of_an_expert_are_not_replaced(self, annotation, directory):
        before = next(directory.glob("*.atr")).read_bytes()
        with pytest.raises(FileExistsError, match="belongs to the recording"):
            annotation.to_wfdb(directory, "atr")
        assert next(directory.glob("*.atr")).read_bytes() == before

    def test_a_recording_is_not_replaced_by_its_annotations(
        self, annotation, tmp_path, model
    ):
        signal = annotation.recording.read(annotation.recording.leads[0])
        path = tmp_path / "holter.ecg"
        path.write_bytes(ishne_bytes(np.rint(400 * signal[:, np.newaxis]), rate=360))
        with pytest.raises(FileExistsError, match="belongs to the recording"):
            annotate(path, model).to_wfdb(tmp_path, "ecg")
        assert path.read_bytes()[:8] == b"ISHNE1.0"

    @pytest.mark.parametrize("annotator", ["", "a1", "x.y", "../x"])
    def test_an_annotator_that_wfdb_cannot_read_is_refused(
        self, annotation, tmp_path, annotator
    ):
        with pytest.raises(ValueError, match="letters"):
            annotation.to_wfdb(tmp_path, annotator)
        assert not list(tmp_path.rglob("*.*"))

    def test_a_name_with_blanks_becomes_one_that_tools_take(self, model, tmp_path):
        record = make_ecg(1, duration=10, random_state=0).records[0]
        recording = recording_from_array(
            record.p_signal[:, 0], RATE, "II", name="night 1.é"
        )
        path = annotate(recording, model).to_wfdb(tmp_path)
        assert path.name == "night_1__.ext"


class TestEDF:
    def test_edfio_and_pyedflib_find_every_beat_at_its_sample(
        self, annotation, tmp_path
    ):
        path = annotation.to_edf(tmp_path / "new.edf")
        expected = annotation.beats["sample"].tolist()
        read = [a for a in edfio.read_edf(path).annotations if a.duration is None]
        assert [round(each.onset * RATE) for each in read] == expected
        assert [each.text for each in read] == annotation.beats["label"].tolist()
        with pyedflib.EdfReader(str(path)) as file:
            onsets, durations, texts = file.readAnnotations()
        is_beat = durations < 0
        assert np.rint(onsets[is_beat] * RATE).astype(int).tolist() == expected
        assert texts[is_beat].tolist() == annotation.beats["label"].tolist()

    def test_episodes_are_annotations_that_last(self, annotation, tmp_path):
        path = annotation.to_edf(tmp_path / "new.edf")
        read = [a for a in edfio.read_edf(path).annotations if a.duration is not None]
        assert len(read) == len(annotation.episodes) > 0
        for kind, episodes in annotation.episodes.groupby("kind"):
            own = [each for each in read if each.text == kind]
            np.testing.assert_allclose([a.onset for a in own], episodes["start"])
            lengths = episodes["stop"] - episodes["start"]
            np.testing.assert_allclose([a.duration for a in own], lengths)

    def test_this_package_reads_back_the_signal(self, annotation, tmp_path):
        read = read_recording(annotation.to_edf(tmp_path / "new.edf"))
        for lead in annotation.recording.leads:
            signal = annotation.recording.read(lead)
            found = read.read(lead)[: len(signal)]
            np.testing.assert_allclose(found, signal, atol=2e-4)
        beats = load_beats(read, classes="symbols")
        assert beats.data["sample"].tolist() == annotation.beats["sample"].tolist()
        assert beats.target.tolist() == annotation.beats["label"].tolist()

    def test_a_part_of_a_second_is_filled_and_gaps_are_annotated(self, model, tmp_path):
        record = make_ecg(1, duration=10, random_state=0).records[0]
        signal = record.p_signal[: 9 * RATE + 7, 0].copy()
        signal[1000:1036] = np.nan
        recording = recording_from_array(signal, RATE, "II")
        path = annotate(recording, model).to_edf(tmp_path / "new.edf")
        edf = edfio.read_edf(path)
        assert edf.duration == 10
        assert (edf.signals[0].data[9 * RATE + 7 :] == edf.signals[0].data[-1]).all()
        gap = next(each for each in edf.annotations if "no signal" in each.text)
        assert round(gap.onset * RATE) == 1000
        assert gap.duration == pytest.approx(0.1)

    def test_the_start_is_kept(self, model, tmp_path):
        record = make_ecg(1, duration=10, random_state=0).records[0]
        recording = recording_from_array(record.p_signal[:, 0], RATE, "II")
        recording.start_time = datetime(2024, 5, 8, 23, 59, 1)
        path = annotate(recording, model).to_edf(tmp_path / "new.edf")
        assert read_recording(path).start_time == recording.start_time

    def test_a_rate_that_fits_no_data_record_is_refused(self, model, tmp_path):
        record = make_ecg(1, duration=10, random_state=0).records[0]
        recording = recording_from_array(record.p_signal[:, 0], 257.123457, "II")
        with pytest.raises(ValueError, match=r"257\.123 Hz; no data record"):
            annotate(recording, model).to_edf(tmp_path / "new.edf")
        assert not list(tmp_path.iterdir())

    def test_the_recording_itself_is_not_replaced(self, annotation, model, tmp_path):
        path = annotation.to_edf(tmp_path / "new.edf")
        again = annotate(path, model)
        before = path.read_bytes()
        with pytest.raises(FileExistsError, match="is the recording"):
            again.to_edf(path)
        assert path.read_bytes() == before

    def test_no_beats_are_not_analysable(self, empty, tmp_path):
        path = empty.to_edf(tmp_path / "new.edf")
        [found] = edfio.read_edf(path).annotations
        assert found.text == "not analysable"


def test_beats_of_a_whole_day_are_at_their_samples_in_either_format(
    annotation, tmp_path
):
    rate, hours = 128, 24
    recording = recording_from_array(np.zeros(hours * 3600 * rate), rate, "II")
    # The first, one far from the next, and the last two that can be.
    sample = np.array([0, 7, 5_000_003, 11_059_198, 11_059_199])
    day = replace(
        labelled(annotation, list("NVSNF"), sample=sample), recording=recording
    )
    wfdb_file = day.to_wfdb(tmp_path)
    found = written_beats(wfdb_file.with_suffix(""))
    assert found == (sample.tolist(), list("NVSNF"))
    edf_file = day.to_edf(tmp_path / "day.edf")
    read = edfio.read_edf(edf_file).annotations
    read = [each for each in read if each.duration is None]
    assert [round(each.onset * rate) for each in read] == sample.tolist()
    with pyedflib.EdfReader(str(edf_file)) as file:
        onsets, durations, texts = file.readAnnotations()
    is_beat = durations < 0
    assert np.rint(onsets[is_beat] * rate).astype(int).tolist() == sample.tolist()
    assert "".join(texts[is_beat]) == "NVSNF"


class TestTables:
    def test_csv_and_parquet_hold_the_beats(self, annotation, tmp_path):
        csv = pd.read_csv(annotation.to_csv(tmp_path / "beats.csv"))
        parquet = pd.read_parquet(annotation.to_parquet(tmp_path / "beats.parquet"))
        assert csv.columns.tolist() == annotation.beats.columns.tolist()
        np.testing.assert_allclose(csv["p_N"], annotation.beats["p_N"])
        pd.testing.assert_frame_equal(parquet, annotation.beats, check_dtype=False)

    def test_csv_and_parquet_hold_the_episodes_if_they_are_asked_for(
        self, annotation, tmp_path
    ):
        path = annotation.to_csv(tmp_path / "a.csv", table="episodes")
        pd.testing.assert_frame_equal(
            pd.read_csv(path), annotation.episodes, check_dtype=False
        )
        path = annotation.to_parquet(tmp_path / "a.parquet", table="episodes")
        pd.testing.assert_frame_equal(
            pd.read_parquet(path), annotation.episodes, check_dtype=False
        )
        with pytest.raises(
            ValueError, match=r"'table' parameter .* 'beats', 'episodes' or 'said'"
        ):
            annotation.to_csv(tmp_path / "b.csv", table="beat")

    def test_a_directory_that_is_missing_is_named(self, annotation, tmp_path):
        with pytest.raises(FileNotFoundError, match="no directory"):
            annotation.to_csv(tmp_path / "missing" / "beats.csv")

    @pytest.mark.parametrize("kind", ["csv", "edf", "parquet"])
    def test_an_interrupt_leaves_no_file(self, annotation, tmp_path, monkeypatch, kind):
        def interrupt(*args, **kwargs):
            raise KeyboardInterrupt

        monkeypatch.setattr(pd.DataFrame, "to_csv", interrupt)
        monkeypatch.setattr(pd.DataFrame, "to_parquet", interrupt)
        monkeypatch.setattr(edfio.Edf, "write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            getattr(annotation, f"to_{kind}")(tmp_path / f"new.{kind}")
        assert not list(tmp_path.iterdir())

    def test_beats_are_a_beat_table(self, annotation, model):
        table = annotation.beat_table()
        assert table["sample"].tolist() == annotation.beats["sample"].tolist()
        assert model.predict(table).tolist() == annotation.beats["label"].tolist()


class TestPerHour:
    def test_every_beat_counts_in_its_hour(self, annotation):
        counts = annotation.per_hour()
        assert counts.index.tolist() == [0]
        labels = annotation.beats["label"].value_counts()
        for label in annotation.classes:
            assert counts.loc[0, label] == labels.get(label, 0)
        assert counts.loc[0, "beats"] == len(annotation.beats)
        median = 60 / annotation.beats["rr_prev"].median()
        assert counts.loc[0, "heart_rate"] == pytest.approx(median, rel=0.02)

    def test_hours_without_beats_are_there(self, annotation):
        later = labelled(annotation, ["N", "V", "O"], time=[10.0, 7300.0, 7400.0])
        recording = recording_from_array(np.zeros(100 * 3600 * 3), 100, "II")
        counts = Annotation(
            recording, later.beats, "II", later.quality, later.classes
        ).per_hour()
        assert counts["beats"].tolist() == [1, 0, 1]
        assert counts["V"].tolist() == [0, 0, 1]
        assert counts["O"].tolist() == [0, 0, 1]
        assert np.isnan(counts["heart_rate"][1])

    def test_no_beats_are_counted_too(self, empty):
        assert empty.per_hour()["beats"].tolist() == [0]


class TestOdd:
    def test_what_is_no_beat_does_not_raise_the_heart_rate(self, annotation):
        rows = annotation.beats.iloc[[0, 2, 4, 6]]
        beats = pd.concat([rows, annotation.beats.iloc[[3]].assign(label="O")])
        with_noise = replace(annotation, beats=beats.sort_values("time"))
        alone = replace(annotation, beats=rows)
        rate = alone.per_hour()["heart_rate"][0]
        assert with_noise.per_hour()["heart_rate"][0] == rate
        assert f"{rate:.0f} a minute" in str(with_noise)

    def test_rare_and_uncertain_beats_come_first(self, annotation):
        labels = ["N"] * 18 + ["V", "N"]
        certain = np.full(20, 0.99)
        certain[5] = 0.5
        odd = labelled(annotation, labels, p_N=certain, p_V=0.98).odd(2)
        assert odd.index.tolist() == [18, 5]
        assert odd["oddness"].is_monotonic_decreasing

    def test_beats_without_signal_are_not_odd(self, annotation):
        odd = labelled(annotation, ["?", "N"]).odd()
        assert odd["label"].tolist() == ["N"]

    def test_no_beats_are_not_odd(self, empty):
        assert len(empty.odd()) == 0


class TestPlot:
    def test_the_strip_shows_the_labels(self, annotation):
        display = annotation.plot(10, 15)
        beats = annotation.beats
        inside = beats[(beats["time"] >= 10) & (beats["time"] < 15)]
        assert [text.get_text() for text in display.text_] == inside["label"].tolist()
        assert display.lead == annotation.lead
        plt.close("all")

    def test_the_rhythm_is_that_of_the_recording(self, annotation, empty):
        display = annotation.plot_rhythm()
        assert display.episodes is annotation.episodes
        assert annotation.recording.name in display.axes_["rate"].get_title(loc="left")
        assert display.axes_["rate"].get_xlim() == (0, 60)
        lanes = empty.plot_rhythm().axes_["episodes"].get_yticklabels()
        assert [text.get_text() for text in lanes] == ["Not analysable"]
        plt.close("all")

    def test_no_beats_are_a_plain_strip(self, empty):
        assert empty.plot().text_ == []
        plt.close("all")

    def test_labels_of_no_beat_have_colours(self, annotation):
        labelled(annotation, ["N", "O", "?", "V"]).plot()
        plt.close("all")


def test_the_text_says_what_was_found(annotation, empty):
    text = str(annotation)
    assert f"{len(annotation.beats)} beats" in text
    assert f"lead {annotation.lead}" in text
    assert "flat" in str(empty)


def test_the_text_says_the_rhythm_if_there_is_something_to_say(annotation):
    labels = list("NNVVVNNNN")
    sample = np.arange(1, 10) * RATE // 2
    beats = labelled(annotation, labels, sample=sample, time=sample / RATE)
    assert "V: 1 run (1 nonsustained VT), the longest of 3 beats" in str(beats)
    other = replace(beats, classes=("N", "ectopic"))
    assert " run" not in str(other)


@pytest.mark.parametrize(
    ("write", "name", "allowed"),
    [
        ("report", "page.docx", r"but HTML or PDF is written: .* .\.html. or .\.htm."),
        ("to_edf", "beats.bdf", r"but EDF is written: .* '\.edf'"),
        ("to_parquet", "beats.csv", r"but Parquet is written"),
        ("to_csv", "beats.xlsx", "but CSV is written"),
        (
            "to_csv",
            "https://host/beats.csv",
            "https://host/beats.csv is a URL of a web",
        ),
        ("to_wfdb", "http://host", "http://host is a URL of a web server"),
    ],
)
def test_another_format_and_a_web_server_are_refused_by_name(
    annotation, tmp_path, monkeypatch, write, name, allowed
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=allowed):
        getattr(annotation, write)(name)
    assert not list(tmp_path.iterdir())


def test_a_compressed_table_is_compressed(annotation, tmp_path):
    path = annotation.to_csv(tmp_path / "beats.csv.gz")
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    assert len(pd.read_csv(path)) == len(annotation.beats)


@pytest.mark.parametrize("name", ["", "a/b", "..", "\n"])
def test_odd_names_of_recordings_stay_in_the_directory(annotation, tmp_path, name):
    signal = annotation.recording.read(annotation.lead)
    recording = recording_from_array(signal, RATE, "II", name=name)
    path = replace(annotation, recording=recording).to_wfdb(tmp_path / "out")
    assert path.parent == tmp_path / "out"
    assert not path.name.startswith(".")


def test_labels_are_of_one_type_be_there_beats_or_none(annotation, empty):
    some = annotation.beats.iloc[:2].assign(label="V")[["sample", "label"]]
    kinds = {
        each.beats["label"].dtype
        for each in (annotation, empty, annotation.corrected(some))
    }
    assert kinds == {np.dtype(object)}


@pytest.mark.parametrize("is_empty", [False, True])
def test_corrections_of_a_recording_named_by_digits_are_its_own(
    annotation, empty, tmp_path, is_empty
):
    which = empty if is_empty else annotation
    recording = recording_from_array(
        which.recording.read(which.lead), RATE, which.lead, name="04015"
    )
    named = replace(which, recording=recording)
    table = named.beats[["sample", "label"]].assign(recording="04015")
    table.to_csv(tmp_path / "corrections.csv", index=False)
    corrected = named.corrected(tmp_path / "corrections.csv")
    assert corrected.beats["checked"].all()


def test_an_annotation_without_a_beat_is_written_in_every_format(empty, tmp_path):
    assert len(pd.read_csv(empty.to_csv(tmp_path / "beats.csv"))) == 0
    read = pd.read_parquet(empty.to_parquet(tmp_path / "beats.parquet"))
    assert read.columns.tolist() == empty.beats.columns.tolist()
    assert len(empty.beat_table()) == len(empty.annotations()) == 0
    assert empty.report(tmp_path / "page.html").stat().st_size > 1000
    assert "0 beats" in str(empty)

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import fsspec
import numpy as np
import pandas as pd
import pytest
import wfdb
from annotation_tables import written_beats
from command_line import assert_fails, run

from sklearn_ecg import annotate, load_model, load_pretrained
from sklearn_ecg._cli import main
from sklearn_ecg._constants import OUTPUT_FORMATS
from sklearn_ecg.datasets import BEAT_SYMBOLS
from sklearn_ecg.records import read_recording


def names_of(directory):
    return sorted(path.name for path in directory.iterdir())


def test_the_beats_of_each_recording_are_written_in_each_format(
    records, model, tmp_path, capsys
):
    out = tmp_path / "labelled"
    options = ("--format", "wfdb,csv,edf", "--quiet")
    paths = [records / "synthetic_000", records / "synthetic_001.hea"]
    assert run("annotate", model, *paths, "--out", out, *options) == 0
    expected = [
        f"synthetic_00{n}.{end}"
        for n in (0, 1)
        for end in ("csv", "edf", "episodes.csv", "ext")
    ]
    assert names_of(out) == sorted(expected)
    beats = annotate(paths[0], load_model(model)).beats
    samples, symbols = written_beats(out / "synthetic_000")
    assert samples == beats["sample"].tolist()
    assert symbols == beats["label"].tolist()
    assert len(pd.read_csv(out / "synthetic_000.csv")) == len(beats)
    edf = read_recording(out / "synthetic_000.edf").annotations()
    is_beat = edf["duration"].isna()
    assert edf["sample"][is_beat].tolist() == beats["sample"].tolist()
    captured = capsys.readouterr()
    assert f"{len(beats)} beats" in captured.out
    assert captured.err == ""


def test_a_directory_is_all_its_recordings(records, model, tmp_path):
    assert run("annotate", model, records, "--out", tmp_path / "a", "--quiet") == 0
    assert names_of(tmp_path / "a") == [f"synthetic_00{n}.ext" for n in range(3)]


def test_one_bad_recording_does_not_stop_the_others(records, model, tmp_path, capsys):
    bad = tmp_path / "bad.edf"
    bad.write_bytes(b"nothing")
    out = tmp_path / "out"
    assert run("annotate", model, bad, records, "--out", out, "--quiet") == 1
    captured = capsys.readouterr()
    assert "bad.edf: failed." in captured.out
    assert "1 of 4 recordings failed" in captured.err
    assert names_of(out) == [f"synthetic_00{n}.ext" for n in range(3)]


def test_the_lead_and_the_annotator_are_those_named(records, model, tmp_path):
    path, out = records / "synthetic_000", tmp_path / "out"
    options = ("--lead", "V1", "--annotator", "mine", "--quiet")
    assert run("annotate", model, path, "--out", out, *options) == 0
    expected = annotate(path, load_model(model), lead=["V1"]).beats
    found, _ = written_beats(out / "synthetic_000", "mine")
    assert found == expected["sample"].tolist()


def test_annotated_beats_are_labelled_where_they_are(records, model, tmp_path):
    path, out = records / "synthetic_000", tmp_path / "out"
    assert (
        run("annotate", model, path, "--out", out, "--r-peaks", "atr", "--quiet") == 0
    )
    beats = wfdb.rdann(str(path), "atr")
    is_beat = np.isin(beats.symbol, BEAT_SYMBOLS)
    found, _ = written_beats(out / "synthetic_000")
    assert found == beats.sample[is_beat].tolist()


def test_two_recordings_of_one_name_and_folder_are_refused(
    records, model, tmp_path, capsys
):
    path = records / "synthetic_000"
    twin = annotate(path, load_pretrained()).to_edf(tmp_path / "synthetic_000.edf")
    for file in records.glob("synthetic_000.*"):
        shutil.copy(file, tmp_path)
    arguments = ("annotate", model, tmp_path / "synthetic_000", twin)
    assert_fails(
        capsys,
        *(*arguments, "--out", tmp_path / "out"),
        saying=["Several recordings are called synthetic_000"],
    )


@pytest.mark.parametrize("jobs", [(), ("--jobs", "1")])
def test_recordings_of_one_name_keep_their_folders(records, model, tmp_path, jobs):
    for folder in ("a", "b"):
        (tmp_path / "tree" / folder).mkdir(parents=True)
        for file in records.glob("synthetic_000.*"):
            shutil.copy(file, tmp_path / "tree" / folder)
    out = tmp_path / "out"
    assert run("annotate", model, tmp_path / "tree", "--out", out, *jobs) == 0
    assert (out / "a" / "synthetic_000.ext").is_file()
    assert (out / "b" / "synthetic_000.ext").is_file()


def test_the_help_says_what_each_format_is(capsys):
    with pytest.raises(SystemExit):
        main(["annotate", "--help"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    table = {words[0] for words in lines if words[1:] and words[1].startswith("NAME.")}
    assert table == set(OUTPUT_FORMATS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--format", "xml"), "'xml' is none of wfdb, edf, csv, parquet, html, pdf"),
        ((), "required: --out"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_read(model, capsys, options, message):
    out = ("--out", "out") if options else ()
    with pytest.raises(SystemExit):
        run("annotate", model, "nowhere", *out, *options)
    assert message in capsys.readouterr().err


def test_an_empty_directory_has_no_recording(model, tmp_path, capsys):
    arguments = ("annotate", model, tmp_path, "--out", tmp_path / "out")
    assert_fails(capsys, *arguments, saying=["There is no recording in"])


def test_progress_is_shown_unless_quiet(records, model, tmp_path, capsys):
    path = records / "synthetic_000"
    assert run("annotate", model, path, "--out", tmp_path) == 0
    assert "Annotating synthetic_000" in capsys.readouterr().err


def test_an_archive_is_annotated_together_and_gone_on_with(
    records, model, tmp_path, capsys
):
    out = tmp_path / "out"
    command = ("annotate", model, records, "--out", out, "--jobs", "1", "--quiet")
    assert run(*command) == 0
    assert "3 of 3 recordings, " in capsys.readouterr().out
    manifest = pd.read_csv(out / "manifest.csv")
    assert manifest["status"].tolist() == ["done"] * 3
    written = {path: path.stat().st_mtime_ns for path in out.glob("*.ext")}
    assert len(written) == 3
    next(iter(written)).unlink()
    assert run(*command) == 0
    again = {path: path.stat().st_mtime_ns for path in out.glob("*.ext")}
    assert sum(again[path] == time for path, time in written.items()) == 2


def test_an_archive_says_which_recordings_failed(records, model, tmp_path, capsys):
    bad = tmp_path / "bad.edf"
    bad.write_bytes(b"nothing")
    out = tmp_path / "out"
    options = ("--out", out, "--jobs", "1", "--quiet")
    assert run("annotate", model, bad, records, *options) == 1
    captured = capsys.readouterr()
    assert "3 of 4 recordings" in captured.out
    assert f"{bad}: failed." in captured.out
    assert "1 of 4 recordings failed" in captured.err


def ends_within(seconds, group):
    """Tell whether all processes of a group end in time."""
    for _ in range(seconds * 10):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def pressed_until_it_ends(process):
    """Press Ctrl-C as a person does: again, where nothing happens for long.

    While workers are started, it is not heard.
    """
    for _ in range(6):
        os.killpg(process.pid, signal.SIGINT)
        try:
            return process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("it goes on whatever is pressed")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Windows has no process groups")
def test_ctrl_c_in_an_archive_ends_its_workers_and_leaves_nothing_unfinished(
    records, tmp_path
):
    archive, out, n_recordings = tmp_path / "archive", tmp_path / "out", 300
    archive.mkdir()
    header = (records / "synthetic_000.hea").read_text()
    for number in range(n_recordings):
        text = header.replace("synthetic_000", f"r{number}")
        (archive / f"r{number}.hea").write_text(text)
        (archive / f"r{number}.dat").symlink_to(records / "synthetic_000.dat")
    command = ("annotate", "wearable", archive, "--out", out, "--quiet", "--jobs", "2")
    with subprocess.Popen(
        [sys.executable, "-m", "sklearn_ecg", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        while not list(out.glob(".rows/*.json")):
            assert process.poll() is None
            time.sleep(0.01)
        said = pressed_until_it_ends(process)
    assert said == (
        "",
        "sklearn-ecg: interrupted: what is done is kept; the same command does the "
        "rest\n",
    )
    assert process.returncode == 130
    assert ends_within(20, process.pid)
    done = list(out.glob("*.ext"))
    assert 0 < len(done) < n_recordings
    assert not list(out.rglob(".writing-*"))


def test_an_archive_takes_no_beats_from_elsewhere(records, model, tmp_path, capsys):
    assert_fails(
        capsys,
        *("annotate", model, records, "--out", tmp_path / "out", "--jobs", "2"),
        *("--r-peaks", "atr"),
        saying=["leave --r-peaks out"],
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("jobs", [(), ("--jobs", "1")])
def test_corrections_take_the_place_of_labels(records, model, tmp_path, jobs):
    path, out = records / "synthetic_000", tmp_path / "out"
    beats = annotate(path, load_model(model)).beats
    labels = ["V" if label == "N" else "N" for label in beats["label"][2:4]]
    table = pd.DataFrame({"sample": beats["sample"][2:4], "label": labels})
    file = tmp_path / "corrected.csv"
    table.assign(recording="synthetic_000").to_csv(file, index=False)
    options = ("--corrections", file, "--quiet", *jobs)
    assert run("annotate", model, records, "--out", out, *options) == 0
    said = pd.read_csv(out / "synthetic_000.said.csv")
    assert said["label"].tolist() == labels
    expected = beats["label"].tolist()
    expected[2:4] = labels
    assert written_beats(out / "synthetic_000")[1] == expected
    _, other = written_beats(out / "synthetic_001")
    same = annotate(records / "synthetic_001", load_model(model)).beats["label"]
    assert other == same.tolist()


def test_what_was_said_of_a_patient_teaches_the_model_for_the_others(
    records, model, tmp_path, capsys
):
    out, patients = tmp_path / "out", tmp_path / "patients.csv"
    patients.write_text("recording,patient\nsynthetic_000,A\nsynthetic_001,A\n")
    beats = annotate(records / "synthetic_000", load_model(model)).beats
    file = tmp_path / "corrected.csv"
    table = beats[["sample", "label"]].head(9).assign(recording="synthetic_000")
    table.to_csv(file, index=False)
    command = ("annotate", model, records, "--out", out, "--quiet")
    options = ("--corrections", file, "--patients", patients)
    assert run(*command, *options, "--jobs", "1") == 0
    manifest = pd.read_csv(out / "manifest.csv", keep_default_na=False)
    taught = ["", str(records / "synthetic_000"), ""]
    assert manifest["taught_by"].tolist() == taught
    assert_fails(capsys, *command, *options, saying=["give --jobs, too"])


def test_readers_add_and_remove_beats_and_name_stretches(records, model, tmp_path):
    path, out = records / "synthetic_000", tmp_path / "out"
    samples = annotate(path, load_model(model)).beats["sample"].tolist()
    added = (samples[2] + samples[3]) // 2
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    head = "recording,sample,stop,time,before,label,what,who,when\nsynthetic_000,"
    rows = [
        f"{added},,,,V,added,A. Reader,2026-12-01T16:00:00+01:00",
        f"{samples[1]},,,,O,beat,,",
        f"{samples[5]},{samples[7]},,,noise,stretch,,",
    ]
    first.write_text(head + "\nsynthetic_000,".join(rows) + "\n")
    second.write_text(head + f"{added},,,V,S,beat,Another,\n")
    options = ("--corrections", first, "--corrections", second, "--quiet")
    options = (*options, "--format", "csv")
    assert run("annotate", model, path, "--out", out, *options) == 0
    beats = pd.read_csv(out / "synthetic_000.csv").set_index("sample")
    assert beats["label"][added] == "S"
    assert (beats["label"].loc[[samples[1], *samples[5:8]]] == "O").all()
    assert beats.index.tolist() == sorted([*samples, added])
    episodes = pd.read_csv(out / "synthetic_000.episodes.csv")
    (noise,) = episodes.query("kind == 'not analysable'").itertuples()
    assert (noise.start, noise.stop) == (samples[5] / 360, samples[7] / 360)


def test_corrections_of_another_recording_are_refused(records, model, tmp_path, capsys):
    file = tmp_path / "corrected.csv"
    file.write_text("recording,sample,label\nsomeone,5,N\n")
    assert_fails(
        capsys,
        *("annotate", model, records / "synthetic_000", "--out", tmp_path / "out"),
        *("--corrections", file),
        saying=["someone", "not among the recordings"],
    )
    assert not (tmp_path / "out").exists()


@pytest.fixture
def tables(records, tmp_path):
    """A signal at 360 Hz as a CSV and a Parquet file, neither of which says so."""
    signal = read_recording(records / "synthetic_000").read("MLII")
    table = pd.DataFrame({"MLII (mV)": signal.round(4)})
    table.to_csv(tmp_path / "watch.csv", index=False)
    table.to_parquet(tmp_path / "strap.parquet")
    return [tmp_path / "watch.csv", tmp_path / "strap.parquet"]


@pytest.mark.parametrize("options", [(), ("--jobs", "1")])
def test_tables_are_read_at_the_rate_that_is_given(
    records, model, tables, tmp_path, options
):
    out = tmp_path / "out"
    recordings = [*tables, records / "synthetic_000"]
    options = (*options, "--quiet", "--sampling-rate", "360", "--lead", "MLII")
    assert run("annotate", model, *recordings, "--out", out, *options) == 0
    expected = wfdb.rdann(str(out / "synthetic_000"), "ext").sample.tolist()
    assert len(expected) > 20
    for path in tables:
        assert wfdb.rdann(str(out / path.stem), "ext").sample.tolist() == expected


def test_a_table_without_its_rate_is_told_what_to_give(model, tables, tmp_path, capsys):
    arguments = ("annotate", model, tables[0], "--out", tmp_path / "out", "--quiet")
    assert run(*arguments) == 1
    captured = capsys.readouterr()
    assert "watch.csv: failed." in captured.out
    assert "--sampling-rate" in captured.out
    for wrong in ("-3", "0", "nan", "inf"):
        with pytest.raises(SystemExit, match="2"):
            run(*arguments, f"--sampling-rate={wrong}")
        assert f"{wrong} is no sampling rate in Hz" in capsys.readouterr().err


def test_beats_are_printed_as_the_file_of_them_is_written(
    records, model, tmp_path, capsys
):
    command = ("annotate", model, records / "synthetic_000", "--out")
    assert run(*command, tmp_path, "--format", "csv", "--quiet") == 0
    capsys.readouterr()
    assert run(*command, "-", "--quiet") == 0
    captured = capsys.readouterr()
    assert captured.out == (tmp_path / "synthetic_000.csv").read_text()
    assert f"{len(captured.out.splitlines()) - 1} beats" in captured.err
    assert names_of(tmp_path) == ["synthetic_000.csv", "synthetic_000.episodes.csv"]


def test_printed_beats_are_corrected(records, model, tmp_path, capsys):
    path = records / "synthetic_000"
    sample = annotate(path, load_model(model)).beats["sample"][3]
    file = tmp_path / "corrected.csv"
    file.write_text(f"recording,sample,label\nsynthetic_000,{sample},V\n")
    command = ("annotate", model, path, "--out", "-", "--corrections", file)
    assert run(*command, "--quiet") == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out)).set_index("sample")
    assert table.loc[sample, "label"] == "V"
    assert table["checked"].sum() == 1


@pytest.mark.parametrize(
    ("options", "saying"),
    [
        ((), "3 are given"),
        (("--json",), "--json asks for something else"),
        (("--jobs", "1"), "--jobs asks for something else"),
        (("--format", "html"), "--format asks for something else"),
    ],
)
def test_standard_output_takes_the_beats_of_one_recording(
    records, model, capsys, options, saying
):
    command = ("annotate", model, records, "--out", "-", *options)
    assert_fails(capsys, *command, saying=[saying, "Give --out a directory"])


def test_a_directory_may_be_called_as_standard_output_is(
    records, model, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = records / "synthetic_000"
    assert run("annotate", model, path, "--out", "./-", "--quiet") == 0
    assert names_of(tmp_path / "-") == ["synthetic_000.ext"]


def objects_in(text):
    return [json.loads(line) for line in text.splitlines()]


def test_each_recording_is_a_line_of_json(records, model, tmp_path, capsys):
    bad, path = tmp_path / "bad.edf", records / "synthetic_000"
    bad.write_bytes(b"nothing")
    out = tmp_path / "out"
    command = ("annotate", model, bad, path, "--out", out, "--json", "--quiet")
    assert run(*command) == 1
    captured = capsys.readouterr()
    failed, done = objects_in(captured.out)
    assert set(failed) == {"recording", "status", "reason"}
    assert (failed["recording"], failed["status"]) == (str(bad), "failed")
    assert captured.err.startswith("sklearn-ecg: error: 1 of 2 recordings failed")
    annotation = annotate(path, load_model(model))
    assert (done["recording"], done["status"]) == (str(path), "done")
    assert done["files"] == [str(out / "synthetic_000.ext")]
    counts = annotation.beats["label"].value_counts().to_dict()
    assert {k: n for k, n in done["labels"].items() if n} == counts
    assert done["beats"] == len(annotation.beats)
    assert done["leads"] == [annotation.lead]
    summary = annotation.summary()
    assert list(done["summary"]) == summary.index.tolist()
    assert done["summary"]["mean rate"]["value"] == summary.loc["mean rate", "value"]
    assert "value" not in done["summary"]["longest AF"]  # Where a table has NaN


def test_each_recording_of_an_archive_is_a_line_of_json(
    records, model, tmp_path, capsys
):
    bad, out = tmp_path / "bad.edf", tmp_path / "out"
    bad.write_bytes(b"nothing")
    command = ("annotate", model, bad, records, "--out", out, "--jobs", "1", "--json")
    assert run(*command, "--quiet") == 1
    captured = capsys.readouterr()
    failed, *done = objects_in(captured.out)
    assert (failed["status"], failed["hours"], failed["files"]) == ("failed", None, [])
    assert "labels" not in failed
    manifest = pd.read_csv(out / "manifest.csv")
    assert [each["beats"] for each in done] == manifest["beats"][1:].tolist()
    assert [each["labels"]["N"] for each in done] == manifest["N"][1:].tolist()
    assert [each["files"] for each in done] == [
        [f"synthetic_00{n}.ext"] for n in range(3)
    ]
    assert "3 of 4 recordings" in captured.err


@pytest.mark.parametrize("jobs", [(), ("--jobs", "1")])
def test_recordings_and_labels_may_be_in_a_bucket(
    records, model, tmp_path, capsys, jobs
):
    memory = fsspec.filesystem("memory")
    for path in records.glob("synthetic_000.*"):
        memory.put_file(str(path), f"/ward/{path.name}")
    url, out = "memory://ward/synthetic_000", "memory://labels"
    assert run("annotate", model, url, "--out", out, "--quiet", *jobs) == 0
    said = capsys.readouterr().out
    assert f"{out}/manifest.csv" in said if jobs else f"{out}/synthetic_000.ext" in said
    here = annotate(records / "synthetic_000", load_model(model))
    path = here.to_wfdb(tmp_path)
    assert memory.cat_file("/labels/synthetic_000.ext") == path.read_bytes()
    memory.store.clear()
    assert run("annotate", model, url, "--out", out, "--quiet", *jobs) == 1
    assert "nor a WFDB header synthetic_000.hea" in capsys.readouterr().out
    memory.store.clear()
    with pytest.raises(SystemExit, match="2"):
        run("annotate", model, url, "--out", "https://host/labels")
    assert "a web server, which is read only" in capsys.readouterr().err

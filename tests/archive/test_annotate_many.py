"""Archives: a row for each recording, whatever happens, and no work done twice."""

import copy
import errno
import hashlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import replace

import edfio
import joblib
import numpy as np
import pandas as pd
import pytest
import torch
import wfdb
from annotation_tables import written_beats
from deadly import Deadly
from ishne_files import ishne_bytes
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from sklearn_ecg import (
    __version__,
    _files,
    adapt,
    annotate,
    annotate_many,
    load_pretrained,
    make_beat_pipeline,
)
from sklearn_ecg.archive import _entries, _task, write_outputs
from sklearn_ecg.archive._parcel import content_of
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import read_recording, recording_from_array

QUICK = {"n_epochs": 1, "n_stages": 1, "stage_epochs": 1, "random_state": 0}
N_RECORDINGS = 4


@pytest.fixture(scope="module")
def model():
    beats = make_ecg(2, duration=30, random_state=0)
    return make_beat_pipeline(**QUICK).fit(beats.data, beats.target)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    directory = tmp_path_factory.mktemp("archive")
    make_ecg(N_RECORDINGS, duration=20, random_state=1, directory=directory)
    return directory


@pytest.fixture
def archive(written, tmp_path):
    """Return a directory of recordings that a test may change."""
    directory = tmp_path / "archive"
    directory.mkdir()
    for path in written.iterdir():
        (directory / path.name).write_bytes(path.read_bytes())
    return directory


@pytest.fixture
def annotated(monkeypatch):
    """Note which recordings are annotated."""
    names = []

    def spy(recording, *args, **kwargs):
        names.append(recording.name)
        return annotate(recording, *args, **kwargs)

    monkeypatch.setattr(_task, "annotate", spy)
    return names


def contents(out):
    return {
        path.name: path.read_bytes()
        for path in out.iterdir()
        if path.is_file() and path.name != "manifest.csv"
    }


def test_every_recording_has_its_files_and_a_row(model, archive, tmp_path):
    out = tmp_path / "out"
    manifest = annotate_many(archive, model, out, formats=["wfdb", "csv"])
    assert manifest["status"].tolist() == ["done"] * N_RECORDINGS
    paths = sorted(archive.glob("*.hea"))
    assert manifest["recording"].tolist() == [str(p.with_suffix("")) for p in paths]
    for row in manifest.itertuples():
        annotation = annotate(row.recording, model)
        beats = annotation.beats
        name = os.path.basename(row.recording)
        assert row.files == f"{name}.ext {name}.csv {name}.episodes.csv"
        assert len(pd.read_csv(out / f"{name}.csv")) == len(beats) == row.beats
        episodes = pd.read_csv(out / f"{name}.episodes.csv")
        assert episodes["kind"].tolist() == annotation.episodes["kind"].tolist()
        assert written_beats(out / name)[0] == beats["sample"].tolist()
        assert (beats["label"] == "N").sum() == row.N
    read = pd.read_csv(out / "manifest.csv")
    assert read["beats"].tolist() == manifest["beats"].tolist()


def test_labels_that_say_nothing_of_the_rhythm_are_a_table_alone(
    model, archive, tmp_path
):
    annotation = annotate(next(archive.glob("*.hea")), model)
    beats = annotation.beats.assign(label="normal")
    other = replace(annotation, beats=beats, classes=("normal",))
    entry = _entries.Entry(annotation.recording)
    [path] = write_outputs(other, tmp_path / "out", entry, ["csv"], "ext")
    assert set(pd.read_csv(path)["label"]) == {"normal"}
    assert list((tmp_path / "out").iterdir()) == [path]


def test_a_second_call_does_only_what_is_missing_or_changed(
    model, archive, tmp_path, annotated
):
    out = tmp_path / "out"
    first = annotate_many(archive, model, out)
    assert len(annotated) == N_RECORDINGS
    annotated.clear()
    pd.testing.assert_frame_equal(annotate_many(archive, model, out), first)
    assert annotated == []
    names = sorted(path.stem for path in archive.glob("*.hea"))
    (out / f"{names[0]}.ext").unlink()
    os.utime(archive / f"{names[1]}.dat", (1, 1))
    annotate_many(archive, model, out)
    assert sorted(annotated) == names[:2]
    annotated.clear()
    annotate_many(archive, model, out, lead="V1")
    assert len(annotated) == N_RECORDINGS
    annotated.clear()
    annotate_many(archive, model, out, lead="V1", resume=False)
    assert len(annotated) == N_RECORDINGS


def test_what_is_written_beside_the_recordings_changes_none_of_them(
    model, archive, annotated
):
    annotate_many(archive, model, archive, formats=["wfdb", "csv"])
    annotated.clear()
    annotate_many(archive, model, archive, formats=["wfdb", "csv"])
    assert annotated == []
    name = min(archive.glob("*.hea")).stem
    os.utime(archive / f"{name}.dat", (1, 1))
    annotate_many(archive, model, archive, formats=["wfdb", "csv"])
    assert annotated == [name]


@pytest.mark.slow
def test_a_model_is_known_again_however_it_was_loaded(
    model, archive, tmp_path, annotated
):
    joblib.dump(model, tmp_path / "model.joblib")
    copies = [joblib.load(tmp_path / "model.joblib") for _ in range(2)]
    annotate_many(archive, copies[0], tmp_path / "out")
    annotated.clear()
    annotate_many(archive, copies[1], tmp_path / "out")
    assert annotated == []
    codes = "import sys, hashlib, joblib\n"
    codes += "from sklearn_ecg.archive._parcel import content_of\n"
    codes += "content = content_of(joblib.load(sys.argv[1]))\n"
    codes += "print(hashlib.sha256(content).hexdigest())"
    command = [sys.executable, "-c", codes, str(tmp_path / "model.joblib")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    content = content_of(model)
    assert done.stdout.strip() == hashlib.sha256(content).hexdigest()


def test_another_model_does_all_anew(model, archive, tmp_path, annotated):
    annotate_many(archive, model, tmp_path / "out")
    annotated.clear()
    other = copy.deepcopy(model)
    with torch.no_grad():
        next(iter(other[-1].module_.parameters())).add_(0.1)
    annotate_many(archive, other, tmp_path / "out")
    assert len(annotated) == N_RECORDINGS


def test_an_interrupt_loses_nothing_that_is_done(
    model, archive, tmp_path, monkeypatch, annotated
):
    out, whole = tmp_path / "out", tmp_path / "whole"
    annotate_many(archive, model, whole)
    annotated.clear()
    original = _task.annotate

    def interrupted(recording, *args, **kwargs):
        if len(annotated) == 2:
            raise KeyboardInterrupt
        return original(recording, *args, **kwargs)

    monkeypatch.setattr(_task, "annotate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        annotate_many(archive, model, out)
    monkeypatch.setattr(_task, "annotate", original)
    annotate_many(archive, model, out)
    assert len(annotated) == N_RECORDINGS
    assert contents(out) == contents(whole)


def test_one_bad_recording_does_not_stop_the_others(model, archive, tmp_path):
    bad = archive / "bad.edf"
    bad.write_bytes(b"nothing")
    manifest = annotate_many(archive, model, tmp_path / "out")
    failed = manifest[manifest["status"] == "failed"]
    assert failed["recording"].tolist() == [str(bad)]
    assert "bad.edf" in failed["reason"].iloc[0]
    assert failed["beats"].isna().all()
    assert (manifest["status"] == "done").sum() == N_RECORDINGS
    with pytest.raises(RuntimeError, match=r"bad\.edf could not be annotated: "):
        annotate_many(archive, model, tmp_path / "out", on_error="raise")


def bad_recordings(directory, good):
    """Write recordings that can't be annotated; return what their rows must say."""
    said = {}

    def add(name, content, reason):
        (directory / name).write_bytes(content)
        said[name.removesuffix(".hea")] = reason

    def edf(label, rate=250):
        signal = edfio.EdfSignal(np.arange(1000.0), rate, label=label)
        edfio.Edf([signal]).write(directory / "any.edf")
        return (directory / "any.edf").read_bytes()

    whole = edf("II")
    header = (good.with_suffix(".hea")).read_text().replace(good.name, "alone").encode()
    add("empty.edf", b"", "neither an EDF nor a BDF file")
    add("text.edf", b"Dear doctor,\n" * 50, "neither an EDF nor a BDF file")
    add("half_a_header.edf", whole[:100], "truncated or damaged")
    add("half.edf", whole[: len(whole) // 2], "truncated or damaged: its header ann")
    add("sleep.edf", edf("EEG Fpz-Cz"), "no lead .*; its leads are 'EEG Fpz-Cz'")
    add("slow.edf", edf("II", 50), "has 50 samples a second; beats are found in 100")
    add("blank.hea", b"", "blank.hea is truncated or damaged")
    add("alone.hea", header, "there is no file .*alone.dat")
    add("noise.dcm", b"\xff" * 300, "noise.dcm is no DICOM file")
    (directory / "gone.edf").symlink_to(directory / "nowhere")
    said["gone.edf"] = "There is no file .*gone.edf"
    if os.geteuid():
        add("secret.edf", whole, "secret.edf: Permission denied")
        (directory / "secret.edf").chmod(0)
    (directory / "any.edf").unlink()
    return said


@pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions")
def test_bad_recordings_have_rows_that_say_what_is_wrong(model, archive, tmp_path):
    good = next(archive.glob("*.hea")).with_suffix("")
    expected = bad_recordings(archive, good)
    manifest = annotate_many(archive, model, tmp_path / "out")
    assert (manifest["status"] == "done").sum() == N_RECORDINGS
    failed = manifest[manifest["status"] == "failed"]
    said = {
        os.path.basename(name): reason
        for name, reason in zip(failed["recording"], failed["reason"], strict=True)
    }
    assert said.keys() == expected.keys()
    for name, reason in expected.items():
        assert re.search(reason, said[name]), said[name]
        assert "\n" not in said[name]
        assert "Error: " not in said[name].split("(")[0]


def test_recordings_of_one_name_say_so_and_stop_no_others(model, archive, tmp_path):
    first, *others = sorted(archive.glob("*.hea"))
    twin = annotate(first, model).to_edf(archive / f"{first.stem}.edf")
    paths = [first, *others, twin]
    manifest = annotate_many(paths, model, tmp_path / "out").set_index("recording")
    twins = manifest.loc[[str(first), str(twin)]]
    assert twins["status"].tolist() == ["failed"] * 2
    assert twins["reason"].str.contains(f"are called {twin.stem}, so").all()
    assert (manifest["status"] == "done").sum() == N_RECORDINGS - 1
    assert not (tmp_path / "out" / f"{twin.stem}.ext").exists()


def test_a_failed_recording_is_tried_again(model, archive, tmp_path, annotated):
    hidden = tmp_path / "hidden"
    data = next(archive.glob("*.dat"))
    data.rename(hidden)
    manifest = annotate_many(archive, model, tmp_path / "out")
    assert (manifest["status"] == "failed").sum() == 1
    hidden.rename(data)
    annotated.clear()
    manifest = annotate_many(archive, model, tmp_path / "out")
    assert annotated == [data.stem]
    assert (manifest["status"] == "done").all()


def everything(out):
    """Return all that is in a directory, without how long it took."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = str(path.relative_to(out))
        if path.name == "manifest.csv":
            found[name] = pd.read_csv(path).drop(columns="seconds").to_csv()
        elif path.suffix == ".json":
            found[name] = json.loads(path.read_text()) | {"seconds": 0, "outputs": 0}
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def die_at(step, is_before):
    """Let this process be killed just before or after it has put a file in place."""
    original = _files.place
    steps = iter(range(1, step + 1))

    def deadly(file, path):
        is_last = next(steps) == step
        if is_last and is_before:
            os.kill(os.getpid(), signal.SIGKILL)
        original(file, path)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)

    _files.place = deadly


def killed_while_annotating(step, is_before, *arguments):
    """Annotate in a fork of this process, and tell whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            # The threads of OpenMP are not forked.
            torch.set_num_threads(1)
            die_at(step, is_before)
            annotate_many(*arguments)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks with torch")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_killed_at_any_moment_and_gone_on_with_it_writes_the_same_files(
    model, archive, tmp_path
):
    out, whole = tmp_path / "out", tmp_path / "whole"
    annotate_many(archive, model, whole)
    expected = everything(whole)
    random = np.random.default_rng(0)
    kills = 0
    has_left = []
    while killed_while_annotating(
        int(random.integers(1, 4)), bool(random.integers(2)), archive, model, out
    ):
        kills += 1
        found = everything(out)
        unfinished = {name for name in found if ".writing-" in name}
        has_left.append(bool(unfinished))
        assert all(found[name] == expected[name] for name in found.keys() - unfinished)
    assert kills >= 4
    assert any(has_left)
    assert everything(out) == expected


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(("n_deaths", "n_failed"), [(1, 0), (100, 1)])
def test_a_worker_that_dies_takes_no_recording_with_it(
    model, archive, tmp_path, n_deaths, n_failed
):
    lives = tmp_path / "lives"
    lives.write_text("\n".join("x" * n_deaths))
    deadly = Deadly(**model[-1].get_params())._become(model[-1], 1)
    deadly.lives = str(lives)
    pipeline = Pipeline([model.steps[0], ("classify", deadly)])
    paths = sorted(path.with_suffix("") for path in archive.glob("*.hea"))
    # One only, where all die: each starts workers anew.
    paths = paths[:n_failed] or paths
    manifest = annotate_many(paths, pipeline, tmp_path / "out", n_jobs=2)
    assert len(manifest) == len(paths)
    assert (manifest["status"] == "failed").sum() == n_failed
    if n_failed:
        assert manifest["reason"].str.contains("worker died").all()
    else:
        annotate_many(archive, model, tmp_path / "whole")
        assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"formats": ["xml"]}, ValueError, "'formats' parameter"),
        ({"n_jobs": 0}, ValueError, "'n_jobs' parameter"),
        ({"on_error": "ignore"}, ValueError, "'on_error' parameter"),
        ({"annotator": "e x"}, ValueError, "annotator"),
        ({"sampling_rate": -250}, ValueError, "'sampling_rate' parameter"),
    ],
)
def test_what_is_not_allowed_is_told_at_once(
    model, archive, tmp_path, options, error, message
):
    with pytest.raises(error, match=message):
        annotate_many(archive, model, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_two_recordings_of_one_name_are_refused(model, archive, tmp_path):
    path = next(archive.glob("*.hea"))
    for paths, message in (
        ([path, path.with_suffix("")], "Several recordings are called "),
        ([path.with_suffix("")] * 2, "is given 2 times; give it once"),
        ([path, path], rf"{path.stem}\.hea is given 2 times; give it once"),
    ):
        with pytest.raises(ValueError, match=message):
            annotate_many(paths, model, tmp_path / "out", on_error="raise")
    with pytest.raises(TypeError, match="begins with a BeatSegmenter"):
        annotate_many(archive, model[-1], tmp_path / "out")


def test_an_archive_of_nothing_has_an_empty_manifest(model, tmp_path):
    manifest = annotate_many([], model, tmp_path / "out")
    assert len(manifest) == 0
    assert "status" in manifest


@pytest.fixture
def tree(written, tmp_path):
    """Return a tree of folders, in which recordings of all folders have equal names."""
    tree = tmp_path / "tree"
    for folder in ("", "p 1/night", "p2"):
        (tree / folder).mkdir(parents=True, exist_ok=True)
        for path in written.glob("synthetic_00[01].*"):
            (tree / folder / path.name).write_bytes(path.read_bytes())
    return tree


def files_below(directory, pattern):
    found = directory.rglob(pattern)
    return sorted(path.relative_to(directory).as_posix() for path in found)


def in_tree(pattern):
    names = [f"synthetic_00{number}.{pattern}" for number in (0, 1)]
    return [f"{folder}{name}" for folder in ("p 1/night/", "p2/", "") for name in names]


def test_the_folders_of_a_directory_are_kept(model, tree, tmp_path, annotated):
    out = tmp_path / "out"
    paths = sorted(path.with_suffix("") for path in tree.rglob("*.hea"))
    manifest = annotate_many(paths, model, out)
    assert manifest["status"].tolist() == ["done"] * 6
    assert files_below(out, "*.ext") == in_tree("ext")
    assert files_below(out / ".rows", "*.json") == in_tree("json")
    assert [shlex.split(files) for files in manifest["files"]] == [
        [f"{path.relative_to(tree)}.ext"] for path in paths
    ]
    assert len(annotated) == 6
    annotated.clear()
    pd.testing.assert_frame_equal(annotate_many(paths, model, out), manifest)
    assert annotated == []
    (out / "p2" / "synthetic_001.ext").unlink()
    annotate_many(paths, model, out)
    assert annotated == ["synthetic_001"]


def test_directories_and_paths_may_be_mixed(model, tree, tmp_path):
    night = tree / "p 1" / "night"
    one = tree / "p2" / "synthetic_000.hea"
    out = tmp_path / "out"
    assert len(annotate_many(night, model, out)) == 2
    assert files_below(out, "*.ext") == ["synthetic_000.ext", "synthetic_001.ext"]
    annotate_many([one], model, tmp_path / "one")
    assert files_below(tmp_path / "one", "*.ext") == ["synthetic_000.ext"]
    annotate_many([night, one], model, tmp_path / "both")
    assert files_below(tmp_path / "both", "*.ext") == [
        "p 1/night/synthetic_000.ext",
        "p 1/night/synthetic_001.ext",
        "p2/synthetic_000.ext",
    ]


@pytest.mark.parametrize("folder", ["", "labels"])
def test_what_is_written_inside_of_a_directory_is_no_recording(
    model, tree, annotated, monkeypatch, folder
):
    def everywhere(directory):
        found = [*directory.rglob("*.hea"), *directory.rglob("*.edf")]
        return sorted(path for path in found if path.stem == path.name[:-4])

    monkeypatch.setattr(_entries, "recordings_in", everywhere)
    for _ in range(2):
        manifest = annotate_many(tree, model, tree / folder, formats=["edf"])
        assert len(manifest) == 6
    assert len(annotated) == 6


def test_the_edf_of_another_recording_is_not_replaced(model, archive, tmp_path):
    path = next(archive.glob("*.hea"))
    annotate(path, model).to_edf(archive / f"{path.stem}.edf")
    before = (archive / f"{path.stem}.edf").read_bytes()
    paths = [path, archive / f"{path.stem}.edf"]
    manifest = annotate_many(paths, model, archive, formats=["edf"])
    assert (manifest["status"] == "failed").all()
    assert (archive / f"{path.stem}.edf").read_bytes() == before


@pytest.mark.parametrize("change", ["truncate", "edit", "touch"])
def test_a_file_that_has_changed_since_is_not_done(
    model, archive, tmp_path, annotated, change
):
    out = tmp_path / "out"
    annotate_many(archive, model, out)
    before = contents(out)
    file = min(out.glob("*.ext"))
    if change == "truncate":
        file.write_bytes(b"")
    elif change == "edit":
        file.write_bytes(bytes(len(before[file.name])))
    else:
        os.utime(file, (1, 1))
    annotated.clear()
    annotate_many(archive, model, out)
    assert annotated == ([] if change == "touch" else [file.stem])
    assert contents(out) == before


@pytest.mark.parametrize("note", ["", "[1]", '{"status": "done"}', '{"status"'])
def test_a_damaged_note_is_none(model, archive, tmp_path, annotated, note):
    out = tmp_path / "out"
    annotate_many(archive, model, out)
    file = min((out / ".rows").glob("*.json"))
    file.write_text(note)
    annotated.clear()
    assert (annotate_many(archive, model, out)["status"] == "done").all()
    assert annotated == [file.stem]


class TestInMemory:
    @pytest.fixture
    def recordings(self, archive):
        opened = [read_recording(path) for path in sorted(archive.glob("*.hea"))[:2]]
        return [
            recording_from_array(
                one.read("MLII"), one.sampling_rate, "MLII", name=f"bed/{n}"
            )
            for n, one in enumerate(opened)
        ]

    @pytest.mark.slow
    def test_recordings_in_memory_are_annotated(self, model, recordings, tmp_path):
        manifest = annotate_many(recordings, model, tmp_path / "out", n_jobs=2)
        assert manifest["recording"].tolist() == ["bed/0", "bed/1"]
        assert manifest["files"].tolist() == ["bed_0.ext", "bed_1.ext"]
        expected = len(annotate(recordings[1], model).beats)
        assert manifest["beats"].tolist()[1] == expected
        one = annotate_many(recordings[1], model, tmp_path / "one")
        assert one["beats"].tolist() == [expected]

    def test_they_are_known_again_by_their_samples(
        self, model, recordings, tmp_path, annotated
    ):
        annotate_many(recordings, model, tmp_path / "out")
        annotated.clear()
        annotate_many(recordings, model, tmp_path / "out")
        assert annotated == []
        signal = recordings[1].read("MLII").copy()
        signal[100] += 0.1
        other = recording_from_array(signal, 360, "MLII", name="bed/1")
        annotate_many([recordings[0], other], model, tmp_path / "out")
        assert annotated == ["bed/1"]

    def test_those_of_one_name_are_refused_with_the_remedy(self, model, tmp_path):
        nameless = [recording_from_array(np.zeros(3600), 360, "II") for _ in range(2)]
        manifest = annotate_many(nameless, model, tmp_path / "out")
        assert manifest["reason"].str.contains("or give them names").all()

    def test_an_opened_recording_is_that_of_its_path(
        self, model, archive, tmp_path, annotated
    ):
        path = min(archive.glob("*.hea")).with_suffix("")
        annotate_many([path], model, tmp_path / "out")
        annotated.clear()
        manifest = annotate_many(read_recording(path), model, tmp_path / "out")
        assert manifest["recording"].tolist() == [str(path)]
        assert annotated == []

    def test_a_record_of_wfdb_and_nothing_else_is_taken(self, model, ecg, tmp_path):
        manifest = annotate_many(ecg.records[:1], model, tmp_path / "out")
        assert manifest["status"].tolist() == ["done"]
        bad = wfdb.Record(record_name="bad", fs=360, n_sig=1, sig_name=["II"])
        manifest = annotate_many([bad], model, tmp_path / "bad")
        assert manifest["status"].tolist() == ["failed"]
        with pytest.raises(TypeError, match="recording_from_array"):
            annotate_many([np.zeros(100)], model, tmp_path / "out")


def test_tables_are_read_at_the_rate_given_and_nothing_else(
    model, archive, tmp_path, annotated
):
    path = min(archive.glob("*.hea"))
    signal = read_recording(path).read("MLII")
    table = archive / "table.csv"
    pd.DataFrame({"MLII": signal}).to_csv(table, index=False)
    out, both = tmp_path / "out", [path, table]
    first = annotate_many(both, model, out)
    assert first["status"].tolist() == ["done", "failed"]
    assert "sampling_rate" in first["reason"][1]
    annotated.clear()
    manifest = annotate_many(both, model, out, sampling_rate=360)
    assert annotated == ["table"]
    assert manifest["beats"].nunique() == 1
    annotate_many(both, model, out, sampling_rate=180)
    assert annotated == ["table"] * 2


class TestNothingCanBeWritten:
    """Errors that name the path, and a row where a row can be."""

    def test_where_out_is_a_file(self, model, archive, tmp_path):
        (tmp_path / "out").write_text("a file")
        with pytest.raises(NotADirectoryError, match="out cannot be a directory"):
            annotate_many(archive, model, tmp_path / "out")

    def test_where_out_is_not_writable(self, model, archive, tmp_path, monkeypatch):
        # Simulated: the tests may run as root, who may write anywhere.
        monkeypatch.setattr(_files.os, "access", lambda *_args: False)
        with pytest.raises(PermissionError, match=f"{tmp_path}/out is not writable"):
            annotate_many(archive, model, tmp_path / "out")

    def test_where_another_manifest_is(self, model, archive):
        (archive / "manifest.csv").write_text("patient,file\n1,100\n")
        with pytest.raises(FileExistsError, match="not a manifest of annotate_many"):
            annotate_many(archive, model, archive)
        assert (archive / "manifest.csv").read_text() == "patient,file\n1,100\n"

    def test_where_two_formats_have_one_name(self, model, archive, tmp_path):
        with pytest.raises(ValueError, match="gives two files the same name"):
            annotate_many(
                archive, model, tmp_path, formats=["wfdb", "csv"], annotator="csv"
            )

    @pytest.fixture
    def full(self, monkeypatch):
        """Let files that end in a certain way find no room."""
        endings = []

        def reach_disk(file):
            if file.suffix in endings:
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(_files, "_reach_disk", reach_disk)
        return endings

    def test_of_one_recording_its_row_says_so(self, model, archive, tmp_path, full):
        full.append(".ext")
        manifest = annotate_many(archive, model, tmp_path / "out")
        assert (manifest["status"] == "failed").all()
        file = tmp_path / "out" / f"{min(archive.glob('*.hea')).stem}.ext"
        assert manifest["reason"][0] == f"{file}: No space left on device"
        assert contents(tmp_path / "out") == {}
        with pytest.raises(RuntimeError, match="No space left on device"):
            annotate_many(archive, model, tmp_path / "out", on_error="raise")
        full.clear()
        manifest = annotate_many(archive, model, tmp_path / "out")
        assert (manifest["status"] == "done").all()

    def test_of_notes_all_is_written_and_done_again(
        self, model, archive, tmp_path, full, annotated
    ):
        full.append(".json")
        manifest = annotate_many(archive, model, tmp_path / "out")
        assert (manifest["status"] == "done").all()
        assert manifest["reason"].str.contains("json: No space left on device").all()
        annotated.clear()
        annotate_many(archive, model, tmp_path / "out")
        assert len(annotated) == N_RECORDINGS

    def test_of_the_manifest_the_error_names_it(self, model, archive, tmp_path, full):
        full.append(".csv")
        path = tmp_path / "out" / "manifest.csv"
        with pytest.raises(OSError, match=f"No space left on device: '{path}'"):
            annotate_many(archive, model, tmp_path / "out")
        assert not path.exists()


def test_a_lead_that_was_guessed_is_told_in_the_manifest(model, tmp_path):
    signal = make_ecg(1, duration=20, random_state=0).records[0].p_signal
    named = recording_from_array(signal, 360, ["MLII", "V1"], name="named")
    leads = ["V1", "lead II (filtered)"]
    longer = recording_from_array(signal[:, ::-1], 360, leads, name="longer")
    manifest = annotate_many([named, longer], model, tmp_path)
    assert manifest["status"].tolist() == ["done", "done"]
    quiet, told = manifest["reason"].fillna("")
    assert quiet == ""
    assert told.startswith("Lead lead II (filtered): by its name it is II, with a qual")
    assert "passed over: 'V1'" in told


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_file_that_is_cut_off_is_told_in_the_manifest(model, tmp_path, n_jobs):
    signal = make_ecg(1, duration=20, random_state=0).records[0].p_signal
    counts = np.rint(400 * signal)
    for name, announced in (("whole", None), ("cut", 9 * signal.size)):
        raw = ishne_bytes(counts, codes=(6, 7), rate=360, announced=announced)
        (tmp_path / f"{name}.ecg").write_bytes(raw)
    manifest = annotate_many(tmp_path, model, tmp_path / "out", n_jobs=n_jobs)
    reasons = manifest.set_index("recording")["reason"].fillna("")
    cut, whole = (reasons[str(tmp_path / f"{name}.ecg")] for name in ("cut", "whole"))
    assert "cut.ecg is truncated: its header announces" in cut
    assert "truncated" not in whole


# What readers have said.


def says(recording, samples, label, **others):
    table = pd.DataFrame({"sample": samples, "label": label, **others})
    table.insert(0, "recording", recording)
    return table


@pytest.fixture
def samples(model, archive):
    """Return where the beats of the first recording are."""
    return annotate(archive / "synthetic_000", model).beats["sample"].tolist()


def test_what_readers_have_said_is_in_the_files_and_the_manifest_says_who(
    model, archive, tmp_path, samples
):
    first = says(
        "synthetic_000",
        samples[1:3],
        "S",
        who="A. Reader",
        when=["2026-12-01T16:00:00Z", "2026-12-01T16:30:00+01:00"],
    )
    other = says("synthetic_001", [7], "noise", what="stretch", stop=900)
    both, second = tmp_path / "both.csv", tmp_path / "second.csv"
    pd.concat([first, other]).to_csv(both, index=False)
    says("synthetic_000", samples[2:3], "V", who="B").to_csv(second, index=False)
    out = tmp_path / "out"
    manifest = annotate_many(
        archive, model, out, formats=["csv"], corrections=[both, second]
    )
    beats = pd.read_csv(out / "synthetic_000.csv").set_index("sample")
    assert beats["label"][samples[1:3]].tolist() == ["S", "V"]
    assert beats.index[beats["checked"]].tolist() == samples[1:3]
    said = pd.read_csv(out / "synthetic_000.said.csv")
    assert said["label"].tolist() == ["S", "S", "V"]
    assert said["who"].tolist() == ["A. Reader", "A. Reader", "B"]
    assert "checked" not in pd.read_csv(out / "synthetic_002.csv")
    assert sorted(out.glob("*.said.csv")) == [
        out / f"synthetic_00{number}.said.csv" for number in (0, 1)
    ]
    assert manifest["who"].tolist() == ["A. Reader; B", "", "", ""]
    assert manifest["when"][0] == "2026-12-01T16:30:00+01:00/2026-12-01T16:00:00Z"
    assert manifest["files"][1].endswith("synthetic_001.said.csv")


def test_what_was_said_can_be_given_again(model, archive, tmp_path, samples):
    rows = says(archive / "synthetic_000", [samples[1]], "V")
    annotate_many(archive, model, tmp_path / "a", corrections=rows)
    said = tmp_path / "a" / "synthetic_000.said.csv"
    annotate_many(archive, model, tmp_path / "b", corrections=said)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_other_corrections_do_their_recording_anew_and_no_other(
    model, archive, tmp_path, samples, annotated
):
    out = tmp_path / "out"
    rows = says("synthetic_000", [samples[1]], "V", who="A")
    annotate_many(archive, model, out, corrections=rows)
    plain = (out / "synthetic_001.ext").read_bytes()
    annotated.clear()
    annotate_many(archive, model, out, corrections=rows)
    assert annotated == []
    annotate_many(archive, model, out, corrections=rows.assign(who="B"))
    assert annotated == ["synthetic_000"]
    annotated.clear()
    manifest = annotate_many(archive, model, out)
    assert annotated == ["synthetic_000"]
    assert manifest["who"].tolist() == [""] * N_RECORDINGS
    assert not (out / "synthetic_000.said.csv").exists()
    assert (out / "synthetic_001.ext").read_bytes() == plain


def test_what_is_written_beside_the_recordings_after_corrections_changes_none(
    model, archive, samples, annotated
):
    rows = says("synthetic_000", [samples[1]], "V")
    for _ in range(2):
        annotated.clear()
        annotate_many(archive, model, archive, corrections=rows)
    assert annotated == []


def test_corrections_of_nobody_are_told_before_anything_is_written(
    model, tree, tmp_path
):
    out, names = tmp_path / "out", [path.stem for path in tree.rglob("*.hea")]
    several = next(name for name in names if names.count(name) > 1)
    for rows, message in (
        (says("someone", [5], "N"), "is of 'someone', which is not among"),
        (says("someone", [5], "N").drop(columns="recording"), "is of no recording"),
        (says(several, [5], "N"), "several recordings are called so.*the path"),
    ):
        with pytest.raises(ValueError, match=message):
            annotate_many(tree, model, out, corrections=rows)
    with pytest.raises(FileNotFoundError, match=r"no file 'none\.csv' of"):
        annotate_many(tree, model, out, corrections="none.csv")
    assert not out.exists()


def test_corrections_that_do_not_fit_are_the_row_of_their_recording(
    model, archive, tmp_path
):
    path = tmp_path / "wrong.csv"
    says("synthetic_001", [0], "V").to_csv(path, index=False)
    manifest = annotate_many(archive, model, tmp_path / "out", corrections=path)
    assert manifest["status"].tolist() == ["done", "failed", "done", "done"]
    assert f"{path}: There is no beat at the samples 0" in manifest["reason"][1]


def test_the_manifest_says_which_model_and_version_made_the_labels(
    model, archive, tmp_path
):
    manifest = annotate_many(archive, model, tmp_path / "a")
    again = annotate_many(archive, copy.deepcopy(model), tmp_path / "b")
    assert manifest["model"].unique().tolist() == ["Pipeline"]
    assert manifest["version"].unique().tolist() == [__version__]
    (own,) = manifest["model_hash"].unique()
    assert own == hashlib.sha256(content_of(model)).hexdigest()
    assert again["model_hash"].unique().tolist() == [own]
    box = load_pretrained()
    other = annotate_many(archive, box, tmp_path / "c")
    assert other["model"].unique().tolist() == [box.card_.title]
    assert other["model_hash"][0] != own


# Patients.


@pytest.fixture
def lesson(model, archive):
    """Return what a reader says of some beats of the first recording: they are V."""
    beats = annotate(archive / "synthetic_000", model).beats
    rows = says("synthetic_000", beats["sample"], beats["label"], who="A")
    return rows.assign(label="V")


PATIENTS = {"synthetic_000": "X", "synthetic_001": "X", "synthetic_002": "Y"}


def test_what_was_said_of_a_recording_teaches_the_model_for_the_patients_others(
    model, archive, tmp_path, lesson
):
    out, plain = tmp_path / "out", annotate_many(archive, model, tmp_path / "plain")
    manifest = annotate_many(
        archive, model, out, corrections=lesson, patients=PATIENTS, n_jobs=2
    )
    named = annotate(archive / "synthetic_000", model).corrected(lesson)
    taught = adapt(model, named)
    expected = annotate(archive / "synthetic_001", taught).beats
    unlike = annotate(archive / "synthetic_001", model).beats
    assert expected["label"].tolist() != unlike["label"].tolist()
    assert written_beats(out / "synthetic_001")[1] == expected["label"].tolist()
    assert (manifest["V"] - plain["V"])[2:].tolist() == [0, 0]
    assert manifest["taught_by"].tolist() == ["", manifest["recording"][0], "", ""]
    assert manifest["patient"].tolist() == ["X", "X", "Y", ""]
    assert manifest["who"].tolist() == ["A", "", "", ""]
    hashes = manifest["model_hash"].tolist()
    assert hashes[1] == hashlib.sha256(content_of(taught)).hexdigest()
    assert [hashes[0]] * 2 == hashes[2:] == plain["model_hash"][2:].tolist()


def test_what_changes_of_a_patient_does_that_patients_recordings_anew(
    model, archive, tmp_path, lesson, annotated
):
    out, options = tmp_path / "out", {"corrections": lesson, "patients": PATIENTS}
    first = annotate_many(archive, model, out, **options)
    annotated.clear()
    pd.testing.assert_frame_equal(annotate_many(archive, model, out, **options), first)
    assert annotated == []
    # Of another name, but still one patient.
    renamed = {"patients": {name: f"{who}." for name, who in PATIENTS.items()}}
    again = annotate_many(archive, model, out, **options | renamed)
    assert annotated == []
    assert again["patient"].tolist() == ["X.", "X.", "Y.", ""]
    other = {"corrections": lesson.assign(who="B")}
    annotate_many(archive, model, out, **options | other)
    assert set(annotated) == {"synthetic_000", "synthetic_001"}
    annotated.clear()
    moved = {"patients": PATIENTS | {"synthetic_001": "Y"}}
    last = annotate_many(archive, model, out, **options | other | moved)
    assert annotated == ["synthetic_001"]
    assert last["taught_by"].tolist() == [""] * N_RECORDINGS


def test_patients_are_a_column_of_the_manifest(model, archive, tmp_path, lesson):
    out, path = tmp_path / "out", tmp_path / "patients.csv"
    manifest = annotate_many(archive, model, out)
    manifest["patient"] = ["X", "X", None, None]
    manifest.to_csv(path, index=False)
    given = [
        annotate_many(archive, model, out, corrections=lesson, patients=patients)
        for patients in (manifest, path)
    ]
    pd.testing.assert_frame_equal(*given)
    assert given[0]["taught_by"].astype(bool).tolist() == [False, True, False, False]


def test_noise_teaches_nothing_and_a_lesson_that_fails_says_whose(
    model, archive, tmp_path, lesson
):
    stretch = {"what": "stretch", "stop": 30, "sample": 0, "label": "noise"}
    noise = lesson.head(1).assign(**stretch)
    manifest = annotate_many(
        archive, model, tmp_path / "a", corrections=noise, patients=PATIENTS
    )
    assert manifest["taught_by"].tolist() == [""] * N_RECORDINGS
    wrong = lesson.head(1).assign(sample=0)
    manifest = annotate_many(
        archive, model, tmp_path / "b", corrections=wrong, patients=PATIENTS
    )
    assert manifest["status"].tolist() == ["failed", "failed", "done", "done"]
    assert "synthetic_000, which it learns from: " in manifest["reason"][1]


def test_patients_that_cannot_be_are_told_before_anything_is_written(
    model, archive, tmp_path
):
    twice = pd.DataFrame({"recording": ["synthetic_000"] * 2, "patient": ["X", "Y"]})
    for patients, message in (
        (twice, "has two patients of 'synthetic_000'"),
        (twice.drop(columns="patient"), "patients lacks the column 'patient'"),
        ({"someone": "X"}, "has a patient of none of the recordings"),
    ):
        with pytest.raises(ValueError, match=message):
            annotate_many(archive, model, tmp_path / "out", patients=patients)
    with pytest.raises(FileNotFoundError, match=r"no file 'none\.csv' of patients"):
        annotate_many(archive, model, tmp_path / "out", patients="none.csv")
    other = Pipeline([("segment", model[0]), ("guess", DummyClassifier())])
    beats = make_ecg(1, duration=30, random_state=0)
    other.fit(beats.data, beats.target)
    with pytest.raises(TypeError, match="adapt takes a Pipeline of a BeatSegmenter"):
        annotate_many(archive, other, tmp_path / "out", patients=PATIENTS)
    assert not (tmp_path / "out").exists()

"""Archives in buckets: listed, annotated into, and gone on with."""

import json
import os
import shlex
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import fsspec
import joblib
import pandas as pd
import pytest

from sklearn_ecg import annotate, annotate_many, load_pretrained
from sklearn_ecg.archive import _task
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import read_recording

N_RECORDINGS = 3
HOLTERS, LABELS = "s3://bucket/holters", "s3://bucket/labels"


@pytest.fixture(scope="module")
def model():
    return load_pretrained("wearable")


@pytest.fixture(scope="module")
def written(tmp_path_factory, model):
    """Records in folders, one of which is EDF and has the name of another."""
    directory = tmp_path_factory.mktemp("holters")
    make_ecg(N_RECORDINGS, duration=20, random_state=1, directory=directory)
    (directory / "p 1").mkdir()
    annotation = annotate(directory / "synthetic_000", model)
    annotation.to_edf(directory / "p 1" / "synthetic_000.edf")
    return directory


@pytest.fixture
def bucket(s3, written):
    for path in written.rglob("*.*"):
        s3.put_file(str(path), f"bucket/holters/{path.relative_to(written)}")
    return s3


@pytest.fixture
def annotated(monkeypatch):
    """Note which recordings are annotated."""
    names = []

    def spy(recording, *args, **kwargs):
        names.append(str(recording))
        return annotate(recording, *args, **kwargs)

    monkeypatch.setattr(_task, "annotate", spy)
    return names


def objects(system, home):
    """Return the content of all objects that are labels, by their names."""
    return {
        name.removeprefix(f"{home}/"): system.cat_file(name)
        for name in system.find(home)
        if not name.endswith((".json", "manifest.csv"))
    }


def test_a_bucket_is_annotated_into_a_bucket_as_a_directory_is(
    bucket, written, model, tmp_path, annotated
):
    here = annotate_many(written, model, tmp_path, formats=["wfdb", "csv"])
    there = annotate_many(HOLTERS, model, LABELS, formats=["wfdb", "csv"])
    assert there["status"].tolist() == ["done"] * (N_RECORDINGS + 1)
    names = [name.replace(str(written), HOLTERS) for name in here["recording"]]
    assert there["recording"].tolist() == names
    same = ["beats", "hours", "files", "N", "V"]
    pd.testing.assert_frame_equal(there[same], here[same])
    expected = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for path in tmp_path.rglob("*.*")
        if path.suffix in (".ext", ".csv") and path.name != "manifest.csv"
    }
    assert objects(bucket, "bucket/labels") == expected
    with bucket.open("bucket/labels/manifest.csv") as file:
        assert pd.read_csv(file)["beats"].tolist() == there["beats"].tolist()
    assert not bucket.find("bucket/labels/.writing-trial")
    annotated.clear()
    again = annotate_many(HOLTERS, model, LABELS, formats=["wfdb", "csv"])
    assert annotated == []
    pd.testing.assert_frame_equal(again, there)


def test_a_second_call_does_what_is_missing_or_has_changed(bucket, model, annotated):
    annotate_many(HOLTERS, model, LABELS)
    before = objects(bucket, "bucket/labels")
    annotated.clear()
    bucket.rm_file("bucket/labels/synthetic_000.ext")
    bucket.pipe("bucket/labels/synthetic_001.ext", b"another")
    content = bytearray(bucket.cat_file("bucket/holters/synthetic_002.dat"))
    bucket.pipe("bucket/holters/synthetic_002.dat", bytes(content[:-2]) + b"\1\0")
    annotate_many(HOLTERS, model, LABELS)
    assert sorted(annotated) == [f"{HOLTERS}/synthetic_00{n}" for n in range(3)]
    assert objects(bucket, "bucket/labels").keys() == before.keys()
    annotated.clear()
    annotate_many(HOLTERS, model, LABELS, resume=False)
    assert len(annotated) == N_RECORDINGS + 1


def test_labels_beside_the_recordings_change_none_of_them(bucket, model, annotated):
    for out, formats in ((HOLTERS, ["wfdb"]), (f"{HOLTERS}/labels", ["edf"])):
        for _ in range(2):
            manifest = annotate_many(HOLTERS, model, out, formats=formats)
            assert len(manifest) == N_RECORDINGS + 1
        assert len(annotated) == N_RECORDINGS + 1
        annotated.clear()


def test_urls_and_paths_of_one_name_keep_their_folders(bucket, written, model):
    sources = [
        written / "p 1" / "synthetic_000.edf",
        f"{HOLTERS}/synthetic_000",
        f"{HOLTERS}/p 1/synthetic_000.edf",
    ]
    manifest = annotate_many(sources[1:], model, LABELS)
    files = [shlex.split(names) for names in manifest["files"]]
    assert files == [["synthetic_000.ext"], ["p 1/synthetic_000.ext"]]
    manifest = annotate_many(sources, model, "s3://bucket/all")
    assert manifest["status"].tolist() == ["done"] * 3
    assert bucket.exists("bucket/all/s3/bucket/holters/p 1/synthetic_000.ext")


def test_what_is_known_of_a_url_is_found_by_name_and_by_url(bucket, model):
    beats = annotate(f"{HOLTERS}/synthetic_001", model).beats
    rows = {"sample": beats["sample"][1:2], "label": "V", "who": "A"}
    for name in ("synthetic_001", f"{HOLTERS}/synthetic_001"):
        said = pd.DataFrame(rows | {"recording": name})
        manifest = annotate_many(HOLTERS, model, LABELS, corrections=said)
        who = manifest.set_index("recording")["who"]
        assert who[f"{HOLTERS}/synthetic_001"] == "A"
    assert bucket.exists("bucket/labels/synthetic_001.said.csv")
    annotate_many(HOLTERS, model, LABELS)
    bucket.invalidate_cache()
    assert not bucket.exists("bucket/labels/synthetic_001.said.csv")


def test_memory_is_written_to_by_threads(written, model):
    system = fsspec.filesystem("memory")
    opened = read_recording(written / "synthetic_000")
    with pytest.raises(ValueError, match="memory://out is in the memory of this proc"):
        annotate_many(opened, model, "memory://out", n_jobs=2)
    with joblib.parallel_config(backend="threading"):
        manifest = annotate_many(opened, model, "memory://out", n_jobs=2)
    assert manifest["files"].tolist() == ["synthetic_000.ext"]
    assert system.find("/out") == [
        "/out/.rows/synthetic_000.json",
        "/out/manifest.csv",
        "/out/synthetic_000.ext",
    ]
    system.store.clear()


def test_what_cannot_be_is_told_before_any_work(bucket, model, annotated):
    bucket.pipe("bucket/other/manifest.csv", b"patient,file\n")
    for out, error, message in (
        ("s3://bucket/other", FileExistsError, "not a manifest of annotate_many"),
        ("s3://nowhere/labels", FileNotFoundError, "no such bucket or folder"),
        ("https://host/labels", ValueError, "a web server, which is read only"),
    ):
        with pytest.raises(error, match=message):
            annotate_many(HOLTERS, model, out)
    assert annotated == []
    assert not bucket.exists("nowhere")


def test_a_single_recording_is_written_to_a_url(bucket, written, model):
    annotation = annotate(written / "synthetic_000", model)
    path = annotation.to_csv("s3://bucket/one/beats.csv")
    assert str(path) == "s3://bucket/one/beats.csv"
    with bucket.open("bucket/one/beats.csv") as file:
        assert len(pd.read_csv(file)) == len(annotation.beats)
    assert (
        str(annotation.to_wfdb("s3://bucket/one"))
        == "s3://bucket/one/synthetic_000.ext"
    )
    there = annotate(f"{HOLTERS}/p 1/synthetic_000.edf", model)
    with pytest.raises(FileExistsError, match="is the recording that was annotated"):
        there.to_edf(f"{HOLTERS}/p 1/synthetic_000.edf")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="workers are found in /proc")
def test_a_worker_that_is_killed_loses_no_recording_and_does_none_twice(
    s3, model, tmp_path
):
    make_ecg(12, duration=20, random_state=2, directory=tmp_path)
    for path in tmp_path.iterdir():
        s3.put_file(str(path), f"bucket/many/{path.name}")
    killed = []
    killer = threading.Thread(target=kill_a_worker, args=(s3, killed))
    killer.start()
    manifest = annotate_many("s3://bucket/many", model, "s3://bucket/killed", n_jobs=2)
    killer.join()
    assert len(killed) == 1
    assert manifest["status"].tolist() == ["done"] * 12
    annotate_many("s3://bucket/many", model, "s3://bucket/whole")
    assert objects(s3, "bucket/killed") == objects(s3, "bucket/whole")
    notes = s3.find("bucket/killed/.rows")
    assert {json.loads(s3.cat_file(note))["status"] for note in notes} == {"done"}
    assert len(notes) == 12


def kill_a_worker(system, killed):
    """Kill one of the workers of this process when a recording is done."""
    end = time.monotonic() + 120
    while not system.find("bucket/killed/.rows"):
        if time.monotonic() > end:
            return
        time.sleep(0.02)
        system.invalidate_cache()
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):
            stat = Path("/proc", name, "stat").read_text()
            words = Path("/proc", name, "cmdline").read_text()
            is_ours = stat.rpartition(")")[2].split()[1] == str(os.getpid())
            if is_ours and "popen_loky" in words:
                os.kill(int(name), signal.SIGKILL)
                killed.append(name)
                return

import os
from pathlib import Path

import fsspec
import pytest

from sklearn_ecg._urls import UrlPath
from sklearn_ecg.datasets import load_beats
from sklearn_ecg.records._directory import recordings_in


@pytest.fixture
def tree(tmp_path):
    """Return a function that makes empty files, and returns their directory."""

    def make(*names):
        for name in names:
            path = tmp_path / "archive" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{path.stem} 1 250 10\n")
        return tmp_path / "archive"

    return make


def names(directory):
    return [str(path.relative_to(directory)) for path in recordings_in(directory)]


def test_a_tree_is_walked_in_a_stable_order(tree):
    directory = tree(
        "b/ward 2/x.hea",
        "b/ward 2/x.dat",
        "a/night.edf",
        "a/night.hea",
        "a/NIGHT2.EDF",
        "a/x.hea",
        "z.hea",
        "a/rest.dcm",
        "a/notes.txt",
        "a/beats.csv",
        ".git/y.hea",
        "a/.hidden/y.hea",
        "a/._x.hea",
        "a/x.ext",
    )
    assert names(directory) == [
        "z",
        "a/night",
        "a/x",
        "a/NIGHT2.EDF",
        "a/rest.dcm",
        "b/ward 2/x",
    ]


def test_files_that_only_share_an_extension_are_no_recordings(tree, formats):
    directory = tree("a/pom.xml", "a/model.ecg", "a/empty.ecg", "a/rest.dcm")
    (directory / "a" / "empty.ecg").write_bytes(b"")
    for name in ("holter_ishne.ecg", "aecg_annotated.xml"):
        (directory / "a" / name).write_bytes((formats / name).read_bytes())
    assert names(directory) == [
        f"a/{name}" for name in ("aecg_annotated.xml", "holter_ishne.ecg", "rest.dcm")
    ]


def test_the_same_is_so_behind_a_url():
    system = fsspec.filesystem("memory")
    reading = b'{"waveformSamples": [1, 2], "samplingFrequencyHz": 250}'
    files = {"pom.xml": b"<project/>", "package.json": b"{}", "model.ecg": b"PK"}
    files |= {"watch.json": reading, "holter.ecg": b"ISHNE1.0", "rest.scp": b""}
    for name, content in files.items():
        system.pipe(f"/ward/a/{name}", content)
    try:
        found = recordings_in(UrlPath("memory://ward"))
        assert [path.name for path in found] == ["holter.ecg", "rest.scp", "watch.json"]
    finally:
        system.store.clear()


@pytest.mark.parametrize(
    "listing",
    [
        "a/x\nb/x\n",
        "\ufeffa/x\r\nb/x\r\n",
        "a/x.dat\nb/x.hea\n",
        "# made by hand\n\na/x  # first\n b/x \n\n",
        "a/\nb/\n",
        "a\\x\nb\\x\n",
    ],
)
def test_records_says_which_recordings_there_are(tree, listing):
    directory = tree("a/x.hea", "a/x.dat", "b/x.hea", "c/x.hea", "y.hea")
    (directory / "RECORDS").write_bytes(listing.encode())
    assert names(directory) == ["a/x", "b/x"]


def test_what_is_listed_and_missing_is_kept_for_the_manifest(tree):
    directory = tree("a.hea")
    (directory / "RECORDS").write_text("a\nlost\nnight.edf\nlost too/\n")
    assert names(directory) == ["a", "lost", "night.edf", "lost too"]


def test_links_that_lead_round_are_followed_once(tree):
    directory = tree("a/x.hea", "b/y.hea")
    (directory / "a" / "up").symlink_to(directory)
    (directory / "b" / "again").symlink_to(directory / "a")
    assert sorted(Path(name).name for name in names(directory)) == ["x", "y"]


def test_a_tree_without_recordings_says_what_was_looked_for(tree):
    directory = tree("a/notes.txt", "b/beats.csv")
    with pytest.raises(
        FileNotFoundError,
        match=r"no recording in .*archive or .*\.hea.*\.edf",
    ):
        recordings_in(directory)
    with pytest.raises(FileNotFoundError, match="There is no directory"):
        recordings_in(directory / "absent")


def test_beats_are_loaded_from_folders_below(ecg_directory):
    directory, made = ecg_directory
    assert set(load_beats(directory.parent).data["record"]) == set(made.records)


@pytest.mark.parametrize("entry", ["../x", "/etc/x", "a/../../x"])
def test_records_does_not_lead_out_of_its_folder(tree, entry):
    directory = tree("a/x.hea")
    (directory / "RECORDS").write_text(f"{entry}\n")
    with pytest.raises(FileNotFoundError, match="RECORDS lists"):
        recordings_in(directory)


def test_paths_stay_below_the_directory_as_it_was_given(tree, monkeypatch):
    directory = tree("a/x.hea")
    monkeypatch.chdir(directory.parent)
    assert recordings_in(Path("archive")) == [Path("archive", "a", "x")]
    assert os.path.isfile("archive/a/x.hea")

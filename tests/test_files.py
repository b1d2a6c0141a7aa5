import errno
import io
import os
import pathlib
import stat
import subprocess
import sys
import threading

import pytest

from sklearn_ecg import _files, load_beats, load_model
from sklearn_ecg._files import (
    all_written_whole,
    check_ending,
    check_writable,
    local_path,
    made_directory,
    written_whole,
)
from sklearn_ecg.datasets import fetch_mitdb
from sklearn_ecg.stream._corrections import read_corrections

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="Links, devices and FIFOs are those of POSIX."
)


def write(path, content):
    with written_whole(path) as temporary:
        temporary.write_text(content)


def write_half(path, error):
    with written_whole(path) as temporary:
        temporary.write_text("half")
        raise error


def test_a_file_appears_when_it_is_complete_and_leaves_nothing_beside_it(tmp_path):
    with written_whole(tmp_path / "scores.csv") as temporary:
        temporary.write_text("half")
        assert temporary.name == "scores.csv"
        assert not (tmp_path / "scores.csv").exists()
        temporary.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]
    assert (tmp_path / "scores.csv").read_text() == "whole"


@pytest.mark.parametrize("before", [None, "of yesterday"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there(tmp_path, before, error):
    path = tmp_path / "scores.csv"
    if before is not None:
        path.write_text(before)
    with pytest.raises(error):
        write_half(path, error)
    assert [p.read_text() for p in tmp_path.iterdir()] == ([before] if before else [])


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path):
    path = tmp_path / "model"
    path.write_text("old")
    path.chmod(0o640)
    write(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_symbolic_link_stays_and_its_target_is_written(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "model-1"
    target.write_text("old")
    (tmp_path / "second").symlink_to("elsewhere/model-1")
    link = tmp_path / "model"
    link.symlink_to("second")
    write(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 3
    assert len(list(target.parent.iterdir())) == 1


def test_a_link_to_a_file_that_is_not_there_makes_it(tmp_path):
    (tmp_path / "model").symlink_to("made")
    write(tmp_path / "model", "new")
    assert (tmp_path / "made").read_text() == "new"
    assert (tmp_path / "model").is_symlink()


def test_a_fifo_is_written_into(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_text()))
    reader.start()
    write(fifo, "to the reader")
    reader.join(10)
    assert read == ["to the reader"]
    assert stat.S_ISFIFO(fifo.stat().st_mode)


@pytest.mark.parametrize("through_a_link", [False, True])
def test_a_device_is_written_into(tmp_path, through_a_link):
    before = os.stat("/dev/null")
    path = "/dev/null"
    if through_a_link:
        path = tmp_path / "nowhere"
        path.symlink_to("/dev/null")
    write(path, "lost")
    assert os.stat("/dev/null").st_ino == before.st_ino
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("is_file", [False, True])
def test_the_standard_output_is_written_into_and_stays_open(tmp_path, is_file):
    code = (
        "from sklearn_ecg._files import written_whole\n"
        "with written_whole('/dev/stdout') as temporary:\n"
        "    temporary.write_text('first')\n"
    )
    shell = f'{sys.executable} -c "$CODE" {"> out; cat out" if is_file else "| cat"}'
    done = subprocess.run(
        ["sh", "-c", shell],
        cwd=tmp_path,
        env=os.environ | {"CODE": code, "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("first", "")


def test_two_writers_of_one_file_do_not_mix(tmp_path):
    path = tmp_path / "scores.csv"
    with written_whole(path) as first, written_whole(path) as second:
        first.write_text("first")
        second.write_text("second")
        assert first != second
    assert path.read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["scores.csv"]


def test_files_of_one_directory_appear_together(tmp_path):
    directory = tmp_path / "new" / "firmware"
    with all_written_whole(directory) as unfinished:
        (unfinished / "b").write_text("2")
        (unfinished / "a").write_text("1")
        assert not (directory / "a").exists()
    assert {p.name: p.read_text() for p in directory.iterdir()} == {"a": "1", "b": "2"}


def write_half_of_two(directory):
    with all_written_whole(directory) as unfinished:
        (unfinished / "a").write_text("1")
        raise OSError("No space left on device")


def test_none_of_several_files_appears_after_an_error(tmp_path):
    with pytest.raises(OSError, match="No space"):
        write_half_of_two(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (".", "is a directory"),
        ("nowhere/model", "no directory .*nowhere to write model"),
    ],
)
def test_where_nothing_can_be_written_is_named(tmp_path, path, message):
    with pytest.raises(OSError, match=message):
        check_writable(tmp_path / path)


def test_the_directory_of_a_links_target_is_named(tmp_path):
    (tmp_path / "model").symlink_to("nowhere/model")
    with pytest.raises(FileNotFoundError, match="nowhere to write model"):
        check_writable(tmp_path / "model")


def test_directory_and_device_without_permission_are_named(tmp_path, monkeypatch):
    # Simulated: the tests may run as root, who may write anywhere.
    monkeypatch.setattr(_files.os, "access", lambda *_args: False)
    with pytest.raises(PermissionError, match=f"directory {tmp_path} is not writable"):
        check_writable(tmp_path / "model")
    (tmp_path / "nowhere").symlink_to("/dev/null")
    with pytest.raises(PermissionError, match="nowhere is not writable"):
        check_writable(tmp_path / "nowhere")


def test_what_can_be_written_is_accepted(tmp_path):
    (tmp_path / "nowhere").symlink_to("/dev/null")
    for path in (tmp_path / "model", tmp_path / "nowhere"):
        check_writable(path)
    assert [path.name for path in tmp_path.iterdir()] == ["nowhere"]


def test_a_link_to_another_file_system_is_written_whole(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "file").symlink_to("elsewhere/file")
    replace = os.replace

    def replace_on_one_file_system(source, target):
        if source.parent.parent != target.parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        replace(source, target)

    with all_written_whole(tmp_path) as unfinished:
        (unfinished / "file").write_text("whole")
        monkeypatch.setattr(_files.os, "replace", replace_on_one_file_system)
    assert (tmp_path / "elsewhere" / "file").read_text() == "whole"
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["file"]


def write_together(directory):
    with all_written_whole(directory) as unfinished:
        (unfinished / "scores.csv").write_text("newer")


def device_is_full(file):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_is_told_only_when_a_file_reaches_the_disk_is_raised(
    tmp_path, monkeypatch
):
    path = tmp_path / "scores.csv"
    path.write_text("older")
    monkeypatch.setattr(_files.os, "fsync", device_is_full)
    with pytest.raises(OSError, match=rf"No space .*{path}") as raised:
        write(path, "newer")
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(path))
    with pytest.raises(OSError, match=rf"No space .*{tmp_path}"):
        write_together(tmp_path)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        "scores.csv": "older"
    }


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_device_is_named(tmp_path):
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        write("/dev/full", "lost")


def test_a_file_system_that_cannot_wait_for_its_disk_is_written_to(
    tmp_path, monkeypatch
):
    def fsync(file):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(_files.os, "fsync", fsync)
    write(tmp_path / "scores.csv", "whole")
    assert (tmp_path / "scores.csv").read_text() == "whole"


@pytest.mark.parametrize(
    "path",
    [
        "s3://bucket/x",
        "file:///tmp/x",
        "https://host/x",
        "dbfs:/mnt/x",
        "abfss://c@a/x",
    ],
)
@pytest.mark.parametrize("kind", [str, pathlib.Path])
@pytest.mark.parametrize(
    "use", [local_path, check_writable, made_directory, written_whole]
)
def test_a_url_is_refused_by_name_and_makes_no_folder(
    tmp_path, monkeypatch, path, kind, use
):
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(ValueError, match=rf"{path.split('/')[0]}//.* is a URL"),
        use(kind(path)),
    ):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["a:b/c", "C:/x", "/s3:/x", "./s3:/x", "s3/x:y"])
def test_a_colon_alone_makes_no_url(path):
    assert local_path(path) == pathlib.Path(path)


def test_paths_may_be_bytes_and_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert local_path("~/out") == tmp_path / "out"
    assert local_path(b"beats.csv") == pathlib.Path("beats.csv")
    with pytest.raises(TypeError, match="str or path-like, not StringIO"):
        local_path(io.StringIO())
    with pytest.raises(ValueError, match="null character"):
        local_path("a\0b")


def test_a_directory_that_is_a_file_is_named(tmp_path):
    (tmp_path / "out").write_text("a file")
    for path in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(NotADirectoryError, match=rf"{path} cannot be a directory"):
            made_directory(path)


def test_the_ending_of_another_format_is_refused(tmp_path):
    for name in ("page.html", "page.HTM", "page"):
        check_ending(tmp_path / name, (".html", ".htm"), "HTML")
    with pytest.raises(ValueError, match=r"page\.pdf ends with '\.pdf', but HTML is"):
        check_ending(tmp_path / "page.pdf", (".html", ".htm"), "HTML")


@pytest.mark.parametrize("kind", [str, pathlib.Path])
@pytest.mark.parametrize(
    "read",
    [
        load_model,
        load_beats,
        lambda url: read_corrections(url, "100"),
        lambda url: fetch_mitdb(url, download_if_missing=False),
    ],
    ids=["model", "directory", "corrections", "data home"],
)
def test_a_url_to_read_from_is_refused_by_name(read, kind):
    with pytest.raises(ValueError, match="s3://bucket/x is a URL; files are"):
        read(kind("s3://bucket/x"))


def test_a_folder_that_is_called_like_a_url_takes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("s3:/bucket").mkdir(parents=True)
    with pytest.raises(ValueError, match="s3://bucket is a URL"):
        made_directory("s3://bucket")

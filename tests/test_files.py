import errno
import os
import stat
import subprocess
import sys
import threading

import pytest

from sklearn_ecg import _files
from sklearn_ecg._files import all_written_whole, check_writable, written_whole

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

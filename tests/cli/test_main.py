import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import QUICK, assert_fails, run

from sklearn_ecg import PrunedCNNClassifier, __version__
from sklearn_ecg._cli import _commands, _main, main
from sklearn_ecg._parameter_checks import InvalidParameterError
from sklearn_ecg.datasets import make_ecg

COMMAND = Path(sys.executable).with_name("sklearn-ecg")


def test_ctrl_c_ends_with_130_and_leaves_no_file(
    records, tmp_path, capsys, monkeypatch
):
    def interrupt(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(PrunedCNNClassifier, "fit", interrupt)
    assert run("train", records, "--out", tmp_path / "model", *QUICK) == 130
    assert capsys.readouterr().err == "sklearn-ecg: interrupted\n"
    assert list(tmp_path.iterdir()) == []


def test_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"sklearn-ecg {__version__}\n"


def test_installed_command_fails_in_one_line_with_status_1(tmp_path):
    done = subprocess.run(
        [COMMAND, "info", tmp_path / "missing"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("sklearn-ecg: error: There is no model file")


def test_reader_that_stops_reading_is_no_error_to_complain_of(model):
    with subprocess.Popen(
        [COMMAND, "info", model], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == (141 if os.name == "posix" else 1)


def shell(command, tmp_path, **options):
    """Run a line of the shell in which `ecg` is the command; return what it said."""
    program = f'ecg() {{ {COMMAND} "$@"; }}\n{command}'
    arguments = ["bash", "-o", "pipefail", "-c", program]
    done = subprocess.run(
        arguments, capture_output=True, text=True, cwd=tmp_path, **options
    )
    return done.returncode, done.stdout, done.stderr


NEEDS_A_SHELL = pytest.mark.skipif(os.name != "posix", reason="it takes a shell")


@NEEDS_A_SHELL
@pytest.mark.parametrize(
    "command",
    [
        "--help",
        "info ambulatory",
        "annotate wearable {} --out -",
        "annotate wearable {} --out out --json",
    ],
)
def test_head_ends_a_command_without_a_word(records, tmp_path, command):
    command = command.format(records / "synthetic_000")
    status, _, err = shell(f"(sleep 0.5; ecg {command}) | true", tmp_path)
    words = [line for line in err.split("\r") if "Annotating" not in line]
    # Where nothing is buffered, argparse itself passes over a help that nobody reads.
    assert status == 141 or (command, status) == ("--help", 0)
    assert "".join(words).strip() == ""


@NEEDS_A_SHELL
def test_errors_that_nobody_reads_end_without_a_word(records, tmp_path):
    command = f"ecg annotate wearable {records} --out out"
    status, _, err = shell(f"({command}) 2>&1 | true", tmp_path)
    assert (status, err) == (141, "")


@NEEDS_A_SHELL
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_an_output_that_is_full_is_one_line(tmp_path):
    status, _, err = shell("ecg info ambulatory > /dev/full", tmp_path)
    assert status == 1
    assert err == "sklearn-ecg: error: No space left on device\n"


@pytest.mark.slow
@NEEDS_A_SHELL
def test_a_closed_output_is_no_traceback(tmp_path):
    assert shell("ecg info ambulatory >&-", tmp_path)[2] == ""


@NEEDS_A_SHELL
def test_a_file_that_grows_too_large_is_one_line_that_names_it(records, tmp_path):
    command = f"ecg annotate wearable {records}/synthetic_000 --out out --quiet"
    status, out, _ = shell(f"ulimit -f 0; {command} 2>&1 | cat", tmp_path)
    assert status == 1
    assert "synthetic_000: failed." in out
    assert "Traceback" not in out
    assert not list((tmp_path / "out").glob("*"))


def test_a_fault_of_the_package_is_one_line_that_says_so(capsys, monkeypatch):
    def fault(_args):
        return {}["key"]

    monkeypatch.setitem(_commands.COMMANDS, "info", fault)
    saying = ["KeyError: 'key'", "fault of sklearn-ecg", "test_main.py"]
    assert_fails(capsys, "info", "ambulatory", saying=saying)


def test_memory_that_is_not_there_is_said_in_words(capsys, monkeypatch):
    def too_much(_args):
        raise MemoryError("Unable to allocate 9 TiB")

    monkeypatch.setitem(_commands.COMMANDS, "info", too_much)
    saying = ["There is not enough memory. Unable to allocate 9 TiB"]
    assert_fails(capsys, "info", "ambulatory", saying=saying)


def test_ctrl_c_is_heard_while_arguments_are_read(capsys, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(_main, "make_parser", interrupt)
    assert run("info", "ambulatory") == 130
    assert capsys.readouterr().err == "sklearn-ecg: interrupted\n"


def test_parameters_are_named_as_options(capsys):
    error = InvalidParameterError("BeatSegmenter", "n_stages", "must be 1. Got 0.")
    assert _main.message_of(error, {"n_stages": 0}) == "--n-stages must be 1. Got 0."
    assert _main.message_of(error) == str(error)


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "records", "--out", "{}"),
        ("export", "wearable", "{}"),
        ("demo", "--out", "{}"),
        ("evaluate", "wearable", "records", "--csv", "{}"),
        ("evaluate", "wearable", "records", "--figures", "{}"),
    ],
)
def test_a_url_is_refused_before_it_becomes_a_directory(
    tmp_path, capsys, monkeypatch, arguments
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main([argument.format("s3://bucket/x") for argument in arguments])
    assert "s3://bucket/x is a URL" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


HELP_IMPORTS = """
import sys
sys.argv = ["sklearn-ecg", "train", "--help"]
import runpy
try:
    runpy.run_module("sklearn_ecg", run_name="__main__")
except SystemExit as exit:
    heavy = {"torch", "sklearn", "numpy", "pandas", "wfdb", "matplotlib"}
    print(exit.code, heavy & set(sys.modules))
"""


def test_help_imports_nothing_that_takes_seconds():
    done = subprocess.run(
        [sys.executable, "-c", HELP_IMPORTS], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "0 set()"


def test_the_package_is_run_as_the_command_is(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sklearn_ecg", "--version"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, f"sklearn-ecg {__version__}\n")


@pytest.mark.filterwarnings("always")
def test_a_warning_is_one_line(model, tmp_path, capsys):
    make_ecg(1, duration=30, leads=("V1",), random_state=0, directory=tmp_path)
    assert run("evaluate", model, tmp_path, "--lead=V1", "--quiet") == 0
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith("sklearn-ecg: warning: 'V1' stands in for")

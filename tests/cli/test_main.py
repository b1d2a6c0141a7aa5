import subprocess
import sys
from pathlib import Path

import pytest
from command_line import QUICK, run

from sklearn_ecg import PrunedCNNClassifier, __version__
from sklearn_ecg._cli import main
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
def test_warnings_name_options_as_errors_do(model, tmp_path, capsys):
    make_ecg(1, duration=30, leads=("V1",), random_state=0, directory=tmp_path)
    assert run("evaluate", model, tmp_path, "--lead=V1", "--quiet") == 0
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith("sklearn-ecg: warning: 'V1' stands in for")
    assert "Name one lead only in --lead to" in warning

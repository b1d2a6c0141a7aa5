import subprocess
import sys
from pathlib import Path

import pytest
from command_line import QUICK, run

from sklearn_ecg import PrunedCNNClassifier, __version__
from sklearn_ecg._cli import main
from sklearn_ecg._cli._main import in_words_of_the_shell
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


@pytest.mark.parametrize(
    ("of_python", "of_the_shell"),
    [
        ("sparsity == 90.0, must be < 1.", "--sparsity 90.0, must be < 1."),
        ("n_stages=0: must be", "--n-stages 0: must be"),
        ("from annotator='atr')", "from --annotator 'atr')"),
        ("Name one in the 'lead' parameter.", "Name one in --lead."),
        ("name it in `lead`", "name it in --lead"),
        ("its lead V9 and misleading=1 stay", "its lead V9 and misleading=1 stay"),
    ],
)
def test_parameters_are_named_as_options(of_python, of_the_shell):
    options = ["sparsity", "n_stages", "annotator", "lead"]
    assert in_words_of_the_shell(of_python, options) == of_the_shell


@pytest.mark.filterwarnings("always")
def test_warnings_name_options_as_errors_do(model, tmp_path, capsys):
    make_ecg(1, duration=30, leads=("V1",), random_state=0, directory=tmp_path)
    assert run("evaluate", model, tmp_path, "--lead=V1", "--quiet") == 0
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith("sklearn-ecg: warning: 'V1' stands in for")
    assert "Name one lead only in --lead to" in warning

"""MISRA C:2012, as cppcheck checks it: every deviation is one that the guide names."""

import re
import subprocess
from pathlib import Path

import pytest
from random_models import random_model

from sklearn_ecg.edge import export_c

GUIDE = Path(__file__).parents[3] / "docs" / "user_guide" / "deploying.rst"


def rules_of_the_guide():
    text = GUIDE.read_text("utf-8")
    table = text.partition("\nMISRA\n-----\n")[2].partition("\nElsewhere\n")[0]
    rows = re.findall(r"^   \* - ([\d., ]+)$", table, re.M)
    return {rule.strip() for row in rows for rule in row.split(",")}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["chain", "classifier", "lanes"])
def test_every_deviation_is_justified(kind, chain, tmp_path, tool):
    # A small one: long tables take minutes.
    model = random_model(3) if kind == "classifier" else chain
    optimize = "fast" if kind == "lanes" else "speed"
    files = export_c(model, tmp_path, optimize=optimize)
    sources = [file for file in files if file.suffix == ".c"]
    command = [tool("cppcheck"), "--addon=misra", "--std=c99", "--quiet"]
    command += ["--platform=unix32", "--inline-suppr", *sources]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = set(re.findall(r"misra-c2012-(\d+\.\d+)", done.stderr))
    # cppcheck finds some in any C; none at all would mean that it didn't look.
    assert "15.5" in found
    assert found <= rules_of_the_guide(), done.stderr


@pytest.mark.parametrize("kind", ["chain", "classifier"])
def test_cppcheck_finds_nothing_else(kind, chain, tmp_path, tool):
    export_c(chain if kind == "chain" else random_model(3), tmp_path)
    command = [tool("cppcheck"), "--enable=warning,portability", "--std=c99"]
    command += ["--quiet", "--error-exitcode=1", "--platform=unix32"]
    command.append(tmp_path / "ecg_beat.c")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

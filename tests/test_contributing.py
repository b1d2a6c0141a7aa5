"""What contributors are told, what the workflows run, and what `make` does, agree."""

import re
import tomllib
from pathlib import Path

import pytest

from sklearn_ecg import __version__

ROOT = Path(__file__).parents[1]


def text(path):
    return (ROOT / path).read_text("utf-8")


def recipe(target):
    """Return the commands that make runs for a target, without their folder."""
    (lines,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", text("Makefile"), re.M)
    commands = re.findall(r"^\t@\$\(BIN\)/(.*)$", lines, re.M)
    assert commands
    return commands


@pytest.mark.parametrize("target", ["lint", "docs", "test"])
def test_the_workflow_runs_every_command_of_make_test(target):
    run = re.findall(r"^ +- run: (.*)$", text(".github/workflows/tests.yml"), re.M)
    assert [command for command in recipe(target) if command not in run] == []


def test_pre_commit_runs_commands_of_make_lint():
    hooks = re.findall(r"entry: (.*)", text(".pre-commit-config.yaml"))
    assert len(hooks) == 3
    assert {hook.removesuffix(" --force-exclude") for hook in hooks} <= set(
        recipe("lint")
    )


def test_pre_commit_takes_the_versions_of_the_constraints():
    pins = re.findall(r"\[(\S+==\S+)\]", text(".pre-commit-config.yaml"))
    assert len(pins) == 3
    assert set(pins) <= set(text("constraints.txt").split())


def test_the_version_is_the_same_everywhere():
    (cited,) = re.findall(r"^version: (.*)$", text("CITATION.cff"), re.M)
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert cited == project["version"] == __version__


def test_contributing_names_targets_that_make_knows():
    targets = re.findall(r"^([a-z-]+):", text("Makefile"), re.M)
    named = re.findall(r"\bmake ([a-z-]+)`", text("CONTRIBUTING.md"))
    named += re.findall(r"^    make ([a-z-]+)", text("CONTRIBUTING.md"), re.M)
    assert set(named) >= {"test", "lint", "docs", "test-lowest"}
    assert set(named) <= set(targets)


def test_contributing_names_files_that_are_there():
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text("CONTRIBUTING.md"))
    assert len(named) >= 10
    folders = [ROOT, ROOT / "sklearn_ecg"]
    missing = [
        name for name in named if not any((at / name).exists() for at in folders)
    ]
    assert missing == []

"""What contributors are told, what the workflows run, and what `make` does, agree."""

import re
import tomllib
from pathlib import Path

import pytest

from sklearn_ecg import __version__, load_pretrained, save_model
from sklearn_ecg.models import _file

ROOT = Path(__file__).parents[1]
HOME = "https://github.com/sklearn-ecg/sklearn-ecg"


def text(path):
    return (ROOT / path).read_text("utf-8")


PROJECT = tomllib.loads(text("pyproject.toml"))["project"]


def recipe(target):
    """Return the commands that make runs for a target, without the folder of Python."""
    (lines,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", text("Makefile"), re.M)
    commands = re.findall(r"^\t@(?:\$\(BIN\)/|(?=\.ci/))(.*)$", lines, re.M)
    assert commands
    return commands


@pytest.mark.parametrize("target", ["lint", "docs", "test"])
def test_the_workflow_runs_every_command_of_make_test(target):
    run = re.findall(r"^ +- run: (.*)$", text(".github/workflows/tests.yml"), re.M)
    assert [command for command in recipe(target) if command not in run] == []


def test_the_workflow_tests_every_python_that_the_package_is_classified_for():
    (matrix,) = re.findall(r"python: \[(.*)\]", text(".github/workflows/tests.yml"))
    classified = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert re.findall(r"[\d.]+", matrix) == classified
    assert PROJECT["requires-python"] == f">={classified[0]}"


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
    (conda,) = re.findall(r'^  version: "(.*)"$', text("recipe/recipe.yaml"), re.M)
    latest = re.findall(r"^## (\S+)", text("CHANGES.md"), re.M)[0]
    assert PROJECT["dynamic"] == ["version"]
    assert cited == conda == latest == __version__


def test_the_release_has_the_date_of_its_changes():
    dates = re.findall(
        r"^date-released: (\d{4}-\d\d-\d\d)$", text("CITATION.cff"), re.M
    )
    (date,) = dates or ["not released"]
    assert f"\n## {__version__} ({date})\n" in text("CHANGES.md")


def test_a_saved_model_says_which_version_wrote_it(tmp_path):
    path = save_model(load_pretrained("wearable"), tmp_path / "model.ecg")
    content, _ = _file._read(path)
    assert content["version"] == __version__


def test_the_conda_recipe_needs_what_the_package_needs():
    (run,) = re.findall(r"^  run:\n((?:    - .*\n)+)", text("recipe/recipe.yaml"), re.M)
    needed = [line.replace(" ", "") for line in re.findall(r"- (.*)", run)]
    names = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
    wanted = [
        re.sub(r"^[\w-]+", lambda name: names.get(name[0], name[0]), requirement)
        for requirement in PROJECT["dependencies"]
    ]
    assert sorted(needed) == sorted(["python>=${{python_min}}", *wanted])


def test_every_address_of_the_project_is_in_one_repository():
    assert set(PROJECT["urls"]) == {"Homepage", "Documentation", "Changes", "Issues"}
    assert all(address.startswith(HOME) for address in PROJECT["urls"].values())
    assert f"repository-code: {HOME}\n" in text("CITATION.cff")
    assert f"repository: {HOME}\n" in text("recipe/recipe.yaml")


def test_contributing_names_targets_that_make_knows():
    targets = re.findall(r"^([a-z-]+):", text("Makefile"), re.M)
    named = re.findall(r"\bmake ([a-z-]+)`", text("CONTRIBUTING.md"))
    named += re.findall(r"^    make ([a-z-]+)", text("CONTRIBUTING.md"), re.M)
    assert set(named) >= {"test", "lint", "docs", "test-lowest", "dist"}
    assert set(named) <= set(targets)


def test_contributing_names_files_that_are_there():
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text("CONTRIBUTING.md"))
    assert len(named) >= 10
    folders = [ROOT, ROOT / "sklearn_ecg"]
    missing = [
        name for name in named if not any((at / name).exists() for at in folders)
    ]
    assert missing == []

"""The modules stay small enough to be read in one go, and all files are installed.

In which order the rooms may import each other, and that they do so through their doors,
are rules of the import linter, in pyproject.toml; `make lint` checks them.
"""

import ast
import io
import tokenize
import tomllib
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sklearn_ecg"

NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def lines_of_code(text):
    """Return the numbers of the lines that hold code: no blank, comment, docstring."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            lines -= set(range(docstring.lineno, docstring.end_lineno + 1))
    return lines


def longest_body(text):
    """Return the lines of code of the longest body of a function, and its name."""
    code = lines_of_code(text)
    bodies = [(0, "")]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, FUNCTION):
            body = range(node.body[0].lineno, node.end_lineno + 1)
            bodies.append((len(code & set(body)), node.name))
    return max(bodies)


SAMPLE = '''"""A docstring
of two lines."""

import os  # a comment


def function(
    argument,
):
    """Say nothing."""
    # A comment of its own line.
    text = """a string
    that is code"""

    return text
'''


def test_lines_of_code_are_neither_blank_nor_comments_nor_docstrings():
    assert lines_of_code(SAMPLE) == {4, 7, 8, 9, 12, 13, 15}
    assert longest_body(SAMPLE) == (3, "function")


@pytest.fixture(scope="module")
def modules():
    """The text of each module of the package, by its path."""
    paths = sorted(PACKAGE.rglob("*.py"))
    assert len(paths) > 50
    return {
        path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in paths
    }


def test_no_module_has_more_than_400_lines_of_code(modules):
    lengths = {path: len(lines_of_code(text)) for path, text in modules.items()}
    assert {path: n for path, n in lengths.items() if n > 400} == {}


def test_half_of_the_modules_have_under_200_lines_of_code(modules):
    assert median(len(lines_of_code(text)) for text in modules.values()) < 200


def test_no_function_has_more_than_50_lines_of_code(modules):
    longest = {path: longest_body(text) for path, text in modules.items()}
    assert {path: body for path, body in longest.items() if body[0] > 50} == {}


def imports(path, text):
    """Return the names that a module imports from ours, each with its module."""
    parts = path.split("/")
    return {
        (".".join([*parts[: -node.level], *(node.module or "").split(".")]), alias.name)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }


def public_names(text):
    """Return the names in the `__all__` of a module."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def test_a_door_has_nothing_that_neither_users_nor_other_rooms_import(modules):
    wanted = {
        (module.split(".")[0], name)
        for path, text in modules.items()
        for module, name in imports(path, text)
        if module.split(".")[0] != path.split("/")[0]
    }
    rooms = [path.split("/")[0] for path in modules if path.count("/__init__") == 1]
    assert len(rooms) > 10
    unwanted = {
        (room, name)
        for room in rooms
        for _, name in imports(f"{room}/__init__.py", modules[f"{room}/__init__.py"])
        if name not in public_names(modules[f"{room}/__init__.py"])
    }
    assert unwanted - wanted == set()


def test_every_file_that_is_no_module_is_installed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    installed = {
        path
        for package, patterns in project["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for path in ROOT.joinpath(*package.split(".")).glob(pattern)
    }
    files = {path for path in PACKAGE.rglob("*") if path.is_file()}
    assert PACKAGE / "py.typed" in installed
    assert {path for path in files - installed if not path.match("*.py*")} == set()

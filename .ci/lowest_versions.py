"""Print the lowest versions that pyproject.toml promises, as constraints for pip."""

import re
import tomllib
from itertools import chain
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
LOWER_BOUND = re.compile(r"([A-Za-z0-9._-]+)>=([0-9.]+)")


def lowest_versions(pyproject):
    """Yield `name==version` for what the package, its extras and its tests need."""
    project = pyproject["project"]
    extras = project["optional-dependencies"].values()
    tests = pyproject["dependency-groups"]["test"]
    for requirement in chain(project["dependencies"], *extras, tests):
        if match := LOWER_BOUND.match(requirement):
            yield f"{match[1]}=={match[2]}"


if __name__ == "__main__":
    print("\n".join(lowest_versions(tomllib.loads(PYPROJECT.read_text("utf-8")))))

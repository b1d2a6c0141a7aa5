"""Print the lowest versions that pyproject.toml promises, as constraints for pip."""

import re
import tomllib
from itertools import chain
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
LOWER_BOUND = re.compile(r"([A-Za-z0-9._-]+)>=([0-9.]+)")


def lowest_versions(project):
    """Yield `name==version` for each requirement of the package, extras included."""
    extras = project["optional-dependencies"].values()
    for requirement in chain(project["dependencies"], *extras):
        if match := LOWER_BOUND.match(requirement):
            yield f"{match[1]}=={match[2]}"


if __name__ == "__main__":
    project = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    print("\n".join(lowest_versions(project)))

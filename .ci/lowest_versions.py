"""Print the lowest versions that pyproject.toml promises, as constraints for pip."""

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
LOWER_BOUND = re.compile(r"([A-Za-z0-9._-]+)>=([0-9.]+)")


def lowest_versions(project):
    """Yield `name==version` for each requirement of the package and its tests."""
    extras = project["optional-dependencies"]
    tested = [*project["dependencies"], *extras["onnx"], *extras["test"]]
    for requirement in tested:
        if match := LOWER_BOUND.match(requirement):
            yield f"{match[1]}=={match[2]}"


if __name__ == "__main__":
    project = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    print("\n".join(lowest_versions(project)))

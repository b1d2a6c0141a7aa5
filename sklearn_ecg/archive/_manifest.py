"""The manifest of an archive: a row for each recording."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .._urls import UrlPath
from ._figures import COUNTS, FIGURES
from ._provenance import PROVENANCE

MANIFEST = "manifest.csv"

_FIRST = ["recording", "status", "reason", "hours", "beats"]
"""Columns with which a manifest begins."""

_NOT_SHOWN = ("seconds", "mark", "files", "outputs", *FIGURES, *PROVENANCE)


def manifest_of(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return a table with a row for each recording."""
    names = list(dict.fromkeys([*_FIRST, *(name for row in rows for name in row)]))
    names = [name for name in names if name not in _NOT_SHOWN]
    table: dict[str, Any] = {
        name: [row.get(name) for row in rows] for name in [*names, "seconds"]
    }
    # As a shell splits them: folders may have blanks in their names.
    table["files"] = [shlex.join(row["files"]) for row in rows]
    manifest = pd.DataFrame(table)
    for name in [*names[3:], "seconds"]:
        values = pd.to_numeric(manifest[name])
        is_fraction = name in ("hours", "seconds")
        manifest[name] = values if is_fraction else values.astype("Int64")
    for name in FIGURES:
        column = pd.Series([row.get(name) for row in rows], dtype=object)
        if name != "start":
            column = pd.to_numeric(column).astype("Int64" if name in COUNTS else float)
        manifest[name] = column.fillna("") if name == "start" else column
    for name in PROVENANCE:
        manifest[name] = [row.get(name, "") for row in rows]
    return manifest


def refuse_other_manifest(path: Path | UrlPath) -> None:
    """Refuse to replace a file that is no manifest of annotations."""
    if not path.is_file():
        return
    if not path.read_bytes().startswith(",".join(_FIRST).encode()):
        raise FileExistsError(
            f"{path} is not a manifest of annotate_many; it is not replaced. Give "
            "another directory to write to."
        )

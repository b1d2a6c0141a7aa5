"""The files of one recording, in the formats that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._constants import OUTPUT_FORMATS
from .._files import made_directory
from .._urls import UrlPath
from ..stream import Annotation, plain_name

FORMATS = OUTPUT_FORMATS

SAID = "said.csv"
"""Ending of the file of what readers have said."""

_OF_ONE_TABLE = ("csv", "parquet")
"""Formats that write beats and episodes to files of their own."""


def write_outputs(
    annotation: Annotation,
    folder: Path | UrlPath,
    formats: Sequence[str],
    annotator: str,
) -> list[Path | UrlPath]:
    """Write an annotation in some formats, and what was said of it beside.

    Each file is written whole or not at all.
    """
    written: list[Path | UrlPath] = []
    for fmt in formats:
        written += _write_output(annotation, folder, fmt, annotator)
    if len(annotation.said):
        path = (
            made_directory(folder) / f"{plain_name(annotation.recording.name)}.{SAID}"
        )
        written.append(annotation.to_csv(path, table="said"))
    return written


def _write_output(annotation, folder, fmt, annotator):
    """Write an annotation in one format."""
    if fmt == "wfdb":
        return [annotation.to_wfdb(folder, annotator)]
    name = plain_name(annotation.recording.name)
    endings = endings_of(fmt, annotator)
    first, *others = (made_directory(folder) / f"{name}.{end}" for end in endings)
    write: Any = {
        "edf": annotation.to_edf,
        "csv": annotation.to_csv,
        "parquet": annotation.to_parquet,
        "html": annotation.report,
    }[fmt]
    if not annotation.has_rhythm:
        return [write(first)]
    return [write(first), *(write(path, table="episodes") for path in others)]


def endings_of(fmt: str, annotator: str) -> list[str]:
    """Return the endings of the files of a format; the second is of the episodes."""
    if fmt == "wfdb":
        return [annotator]
    return [fmt, f"episodes.{fmt}"] if fmt in _OF_ONE_TABLE else [fmt]

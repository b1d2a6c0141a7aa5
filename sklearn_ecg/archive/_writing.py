"""The files of one recording, in the formats that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._constants import OUTPUT_FORMATS
from .._files import made_directory
from .._urls import UrlPath
from ..stream import Annotation, plain_name, report_pages
from ._entries import Entry

FORMATS = OUTPUT_FORMATS

SAID = "said.csv"
"""Ending of the file of what readers have said."""

DATA_SETS = ("beats", "episodes")
"""Folders of Parquet files, one of each recording, which are read as one table."""


def write_outputs(
    annotation: Annotation,
    out: Path | UrlPath,
    entry: Entry,
    formats: Sequence[str],
    annotator: str,
) -> list[Path | UrlPath]:
    """Write an annotation in some formats, and what was said of it beside.

    Each file is written whole or not at all.
    """
    folder = out / entry.folder
    written: list[Path | UrlPath] = []
    for fmt in formats:
        if fmt == "parquet":
            written += _write_parquet(annotation, out, entry)
        else:
            written += _write_output(annotation, folder, fmt, annotator)
    if len(annotation.said):
        name = plain_name(annotation.recording.name)
        path = made_directory(folder) / f"{name}.{SAID}"
        written.append(annotation.to_csv(path, table="said"))
    return written


def _write_output(annotation, folder, fmt, annotator):
    """Write an annotation in one format, beside others of the folder."""
    if fmt == "wfdb":
        return [annotation.to_wfdb(folder, annotator)]
    if fmt in ("html", "pdf"):
        page = f"{plain_name(annotation.recording.name)}.{fmt}"
        return report_pages(annotation, made_directory(folder) / page)
    name = plain_name(annotation.recording.name)
    endings = endings_of(fmt, annotator)
    first, *others = (made_directory(folder) / f"{name}.{end}" for end in endings)
    write: Any = {
        "edf": annotation.to_edf,
        "csv": annotation.to_csv,
    }[fmt]
    if not annotation.has_rhythm:
        return [write(first)]
    return [write(first), *(write(path, table="episodes") for path in others)]


def _write_parquet(annotation, out, entry):
    """Write the part that a recording has in the data sets."""
    name = f"{plain_name(annotation.recording.name)}.parquet"
    return [
        annotation.to_parquet(
            made_directory(out / table / entry.folder) / name,
            table=table,
            recording=str(entry),
        )
        for table in DATA_SETS[: 1 + annotation.has_rhythm]
    ]


def endings_of(fmt: str, annotator: str) -> list[str]:
    """Return the endings of the files of a format that lie beside others."""
    if fmt == "parquet":
        return []
    if fmt == "wfdb":
        return [annotator]
    return [fmt, f"episodes.{fmt}"] if fmt == "csv" else [fmt]

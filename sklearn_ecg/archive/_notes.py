"""What is noted of the recordings that are done, a file for each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .._urls import UrlPath

NOTES = ".rows"
"""Directory of the notes, below the one that is written to."""

REQUESTS = 16
"""How many files are looked at together: a bucket takes its time for each."""


def read_note(note: Path | UrlPath) -> dict[str, Any] | None:
    """Return what a note says, or None if it is not there or damaged."""
    try:
        row = json.loads(note.read_text())
    except (OSError, ValueError):
        return None
    return row if isinstance(row, dict) else None


def read_notes(notes: Iterable[Path | UrlPath]) -> list[dict[str, Any] | None]:
    """Return what several notes say."""
    with ThreadPoolExecutor(REQUESTS) as pool:
        return list(pool.map(read_note, notes))


def files_noted(out: Path | UrlPath) -> Iterator[str]:
    """Yield the files that were written below a directory, relative to it."""
    home = out / NOTES
    there: Iterable[Any] = (
        [home / name for name in home.files_below()]
        if isinstance(home, UrlPath)
        else home.rglob("*.json")
    )
    for row in read_notes(there):
        yield from (row or {}).get("files", ())

"""What is noted of the recordings that are done, a file for each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NOTES = ".rows"
"""Directory of the notes, below the one that is written to."""


def read_note(note: Path) -> dict[str, Any] | None:
    """Return what a note says, or None if it is not there or damaged."""
    try:
        row = json.loads(note.read_text())
    except (OSError, ValueError):
        return None
    return row if isinstance(row, dict) else None


def files_noted(out: Path) -> Iterator[str]:
    """Yield the files that were written below a directory, relative to it."""
    for note in (out / NOTES).rglob("*.json"):
        yield from (read_note(note) or {}).get("files", ())

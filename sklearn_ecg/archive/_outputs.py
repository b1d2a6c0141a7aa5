"""The directory that recordings are annotated into: files, notes, the manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from .._files import check_writable, clear_unfinished, made_directory, written_whole
from .._urls import UrlPath
from ..stream import Annotation
from ._entries import Entry
from ._manifest import MANIFEST, manifest_of, refuse_other_manifest
from ._notes import NOTES, REQUESTS, read_note, read_notes
from ._writing import SAID, endings_of, write_outputs


class Outputs:
    """A directory that recordings are annotated into; it goes to the workers."""

    def __init__(
        self, out: Path | UrlPath, formats: Sequence[str], annotator: str
    ) -> None:
        endings = [end for fmt in formats for end in endings_of(fmt, annotator)]
        if len(set(endings)) < len(endings):
            raise ValueError(
                f"annotator={annotator!r} with formats={list(formats)} gives two files "
                "the same name; give each format once, and another annotator."
            )
        self.out, self.formats, self.annotator = out, formats, annotator
        self._endings = endings
        self._is_far = isinstance(out, UrlPath)
        self._listed: dict[str, Any] | None = None

    def __getstate__(self):
        # What was there before is of no interest to workers.
        return self.__dict__ | {"_listed": None}

    def prepare(self) -> None:
        """Make the directory, and raise an error if it cannot be written to."""
        made_directory(self.out)
        check_writable(self.out / MANIFEST)
        refuse_other_manifest(self.out / MANIFEST)
        made_directory(self.out / NOTES)
        if isinstance(self.out, UrlPath):
            self.out.try_writing()
            self._listed = self.out.files_below()

    def write(self, annotation: Annotation, entry: Entry) -> dict[str, list]:
        """Write all formats; return what tells whether a file has changed since."""
        written = write_outputs(
            annotation, self.out, entry, self.formats, self.annotator
        )
        return {
            path.relative_to(self.out).as_posix(): _state_of(path) for path in written
        }

    def names_beside(self, entry: Entry) -> set[str]:
        """Return the files that are written beside a recording, none if elsewhere."""
        folder = entry.source.parent.resolve()
        if folder != (self.out / entry.folder).resolve():
            return set()
        return {f"{entry.name}.{ending}" for ending in (*self._endings, SAID)}

    def note(self, entry: Entry, row: dict[str, Any]) -> None:
        """Note what was done, which a later call finds."""
        file = self._note_file(entry)
        made_directory(file.parent)
        with written_whole(file) as temporary:
            temporary.write_text(json.dumps(row))

    def noted(self, entry: Entry) -> dict[str, Any] | None:
        """Return what is noted of a recording, or None."""
        return read_note(self._note_file(entry))

    def forget(self, entries: Iterable[Entry]) -> None:
        """Forget what is noted of recordings, said of them, and in the data sets."""
        noted = [entry for entry in entries if self._may_be_noted(entry)]
        with ThreadPoolExecutor(REQUESTS) as pool:
            list(pool.map(self._forget, noted))

    def _forget(self, entry):
        """Remove what would still speak of a recording that may fail this time."""
        for name in (self.noted(entry) or {}).get("files", ()):
            if name.endswith((f".{SAID}", ".parquet")):
                (self.out / name).unlink(missing_ok=True)
        self._note_file(entry).unlink(missing_ok=True)

    def _note_file(self, entry):
        return self.out / NOTES / entry.folder / f"{entry.name}.json"

    def _may_be_noted(self, entry):
        """Tell whether there was a note of a recording when all began, if known."""
        name = (NOTES / entry.folder / f"{entry.name}.json").as_posix()
        return self._listed is None or name in self._listed

    def done(self, marks: Mapping[Entry, str]) -> dict[Entry, dict[str, Any]]:
        """Return the rows of what was annotated as it is, and whose files are whole."""
        entries = [entry for entry in marks if self._may_be_noted(entry)]
        rows = read_notes(map(self._note_file, entries))
        return {
            entry: row
            for entry, row in zip(entries, rows, strict=True)
            if row is not None and self._is_done(row, marks[entry])
        }

    def _is_done(self, row, mark):
        written = row.get("outputs")
        if row.get("status") != "done" or row.get("mark") != mark or not written:
            return False
        if self._listed is not None:
            return all(
                tuple(self._listed.get(file, ())) == tuple(written[file][:2])
                for file in written
            )
        return all(_is_as_written(self.out / file, *written[file]) for file in written)

    def clear(self, entries: Sequence[Entry]) -> None:
        """Remove what processes have left behind that were killed."""
        if self._is_far:  # An object is there as a whole, or not at all.
            return
        for folder in {Path(), *(entry.folder for entry in entries)}:
            for directory in (self.out / folder, self.out / NOTES / folder):
                with suppress(FileNotFoundError):
                    clear_unfinished(directory)

    def write_manifest(self, rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
        """Write a row for each recording, and return them."""
        manifest = manifest_of(rows)
        with written_whole(self.out / MANIFEST) as temporary:
            manifest.to_csv(temporary, index=False)
        return manifest


def _state_of(path):
    """Return size, time and checksum of a file; of an object what stands for them."""
    if isinstance(path, UrlPath):
        return list(path.state())
    state = path.stat()
    return [state.st_size, state.st_mtime_ns, _checksum(path)]


def _is_as_written(path, size, written_at, checksum):
    """Tell whether a file has not changed; one that was copied has another time."""
    try:
        state = path.stat()
    except OSError:
        return False
    if state.st_size != size:
        return False
    return state.st_mtime_ns == written_at or _checksum(path) == checksum


def _checksum(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The directory that recordings are annotated into: files, notes, the manifest."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import wfdb

from .._constants import OUTPUT_FORMATS
from .._files import check_writable, clear_unfinished, made_directory, written_whole
from ..records import (
    Recording,
    RecordingLike,
    as_recording,
    read_recording,
    recording_name,
    recordings_in,
)
from ._annotation import Annotation, plain_name
from ._provenance import PROVENANCE

FORMATS = OUTPUT_FORMATS
MANIFEST = "manifest.csv"

_NOTES = ".rows"
"""Directory of what is known of each recording, a file for each."""

_TABLES = (".csv", ".tsv", ".txt", ".gz", ".parquet")
"""Formats whose files may not say their sampling rate."""

_SAID = "said.csv"
"""Ending of the file of what readers have said."""

_OF_ONE_TABLE = ("csv", "parquet")
"""Formats that write beats and episodes to files of their own."""

_FIRST = ["recording", "status", "reason", "hours", "beats"]
"""Columns with which a manifest begins."""

_NOT_SHOWN = ("seconds", "mark", "files", "outputs", *PROVENANCE)


@dataclass(frozen=True, eq=False)
class Entry:
    """A recording of an archive, and the folder below `out` that it is written to."""

    source: Any  # A Path, or a recording in memory
    folder: Path = field(default_factory=Path)

    @property
    def recording(self) -> str:
        """The name of the recording, such as corrections give it."""
        return recording_name(self.source)

    @property
    def name(self) -> str:
        """What its files are called, without their endings."""
        return plain_name(self.recording)

    @property
    def is_in_memory(self) -> bool:
        """Whether no path leads to the recording."""
        return not isinstance(self.source, Path)

    @property
    def is_table(self) -> bool:
        """Whether the recording is a file that may not say its sampling rate."""
        return not self.is_in_memory and self.source.suffix.lower() in _TABLES

    def opened(self, sampling_rate: float | None = None) -> Recording:
        """Open the recording; the rate is for tables."""
        if self.is_in_memory:
            return as_recording(self.source)
        rate = sampling_rate if self.is_table else None
        return read_recording(self.source, sampling_rate=rate)

    def __str__(self) -> str:
        return self.recording if self.is_in_memory else str(self.source)


def entries_of(
    recordings: Iterable[RecordingLike] | RecordingLike, out: Path
) -> list[Entry]:
    """Return recordings that are named, and those of directories with their folders.

    Files that are named lie side by side; where names are equal, all keep their folders
    below the one that all share.
    """
    is_one = isinstance(recordings, str | bytes | os.PathLike | Recording | wfdb.Record)
    entries: list[Entry] = []
    bases: list[Path] = []
    given: Any = [recordings] if is_one else recordings
    for source in given:
        path = _path_of(source)
        if path is None:
            entries.append(Entry(source))
        elif path.is_dir() and (is_one or not Path(f"{path}.hea").is_file()):
            found = _found_in(path, out)
            entries += [Entry(each, each.parent.relative_to(path)) for each in found]
            bases.append(path)
        else:
            entries.append(Entry(path))
            bases.append(path.parent)
    if not same_names(entries):
        return entries
    try:
        shared = os.path.commonpath([os.path.abspath(base) for base in bases])
    except ValueError:  # nothing but recordings in memory, or drives of Windows
        return entries
    return [
        entry
        if entry.is_in_memory
        else replace(entry, folder=Path(os.path.relpath(entry.source.parent, shared)))
        for entry in entries
    ]


def _path_of(source):
    """Return the path that a recording can be opened by; None if it is in memory."""
    if isinstance(source, str | bytes | os.PathLike):
        return Path(os.path.expanduser(os.fsdecode(source)))
    if isinstance(source, wfdb.Record):
        return None
    path = as_recording(source).path  # or an error that helps
    return None if path is None else Path(path)


def _found_in(directory, out):
    """Return the recordings of a directory, without what is written to `out`."""
    found = recordings_in(directory)
    inside, written_to = directory.resolve(), out.resolve()
    if written_to != inside and written_to.is_relative_to(inside):
        return [path for path in found if not path.resolve().is_relative_to(written_to)]
    if inside.is_relative_to(written_to):
        ours = {written_to / MANIFEST}
        for note in (written_to / _NOTES).rglob("*.json"):
            ours |= {written_to / file for file in (_read(note) or {}).get("files", ())}
        return [path for path in found if path.resolve() not in ours]
    return found


def same_names(entries: Sequence[Entry]) -> dict[Entry, str]:
    """Return the recordings whose files would be one, and why that is refused."""
    places = {entry: entry.folder / entry.name for entry in entries}
    counts = Counter(places.values())
    again = Counter(entry.source for entry in entries if not entry.is_in_memory)
    return {
        entry: f"{entry} is given {again[entry.source]} times; give it once."
        if not entry.is_in_memory and again[entry.source] > 1
        else f"Several recordings are called {entry.name}, so their files would be "
        "one. Annotate them into directories of their own"
        + (", or give them names." if entry.is_in_memory else ".")
        for entry, place in places.items()
        if counts[place] > 1
    }


def refuse_same_names(entries: Sequence[Entry]) -> None:
    """Refuse recordings whose files would be one."""
    for reason in same_names(entries).values():
        raise ValueError(reason)


def write_outputs(
    annotation: Annotation, folder: Path, formats: Sequence[str], annotator: str
) -> list[Path]:
    """Write an annotation in some formats, and what was said of it beside.

    Each file is written whole or not at all.
    """
    written = []
    for fmt in formats:
        written += _write_output(annotation, folder, fmt, annotator)
    if len(annotation.said):
        path = (
            made_directory(folder) / f"{plain_name(annotation.recording.name)}.{_SAID}"
        )
        written.append(annotation.to_csv(path, table="said"))
    return written


def _write_output(annotation, folder, fmt, annotator):
    """Write an annotation in one format."""
    if fmt == "wfdb":
        return [annotation.to_wfdb(folder, annotator)]
    name = plain_name(annotation.recording.name)
    endings = _endings_of(fmt, annotator)
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


def _endings_of(fmt, annotator):
    """Return the endings of the files of a format; the second is of the episodes."""
    if fmt == "wfdb":
        return [annotator]
    return [fmt, f"episodes.{fmt}"] if fmt in _OF_ONE_TABLE else [fmt]


class Outputs:
    """A directory that recordings are annotated into; it goes to the workers."""

    def __init__(self, out: Path, formats: Sequence[str], annotator: str) -> None:
        endings = [end for fmt in formats for end in _endings_of(fmt, annotator)]
        if len(set(endings)) < len(endings):
            raise ValueError(
                f"annotator={annotator!r} with formats={list(formats)} gives two files "
                "the same name; give each format once, and another annotator."
            )
        self.out, self.formats, self.annotator = out, formats, annotator
        self._endings = endings

    def prepare(self) -> None:
        """Make the directory, and raise an error if it cannot be written to."""
        made_directory(self.out)
        check_writable(self.out / MANIFEST)
        _refuse_other_manifest(self.out / MANIFEST)
        made_directory(self.out / _NOTES)

    def write(self, annotation: Annotation, entry: Entry) -> dict[str, list]:
        """Write all formats; return size, time and checksum of each file."""
        written = {}
        folder = self.out / entry.folder
        for path in write_outputs(annotation, folder, self.formats, self.annotator):
            state = path.stat()
            about = [state.st_size, state.st_mtime_ns, _checksum(path)]
            written[path.relative_to(self.out).as_posix()] = about
        return written

    def names_beside(self, entry: Entry) -> set[str]:
        """Return the files that are written beside a recording, none if elsewhere."""
        folder = entry.source.parent.resolve()
        if folder != (self.out / entry.folder).resolve():
            return set()
        return {f"{entry.name}.{ending}" for ending in (*self._endings, _SAID)}

    def note(self, entry: Entry, row: dict[str, Any]) -> None:
        """Note what was done, which a later call finds."""
        file = self._note_file(entry)
        made_directory(file.parent)
        with written_whole(file) as temporary:
            temporary.write_text(json.dumps(row))

    def noted(self, entry: Entry) -> dict[str, Any] | None:
        """Return what is noted of a recording, or None."""
        return _read(self._note_file(entry))

    def forget(self, entry: Entry) -> None:
        """Forget what is noted of a recording, and what was said of it."""
        said = (entry.folder / f"{entry.name}.{_SAID}").as_posix()
        if said in (self.noted(entry) or {}).get("files", ()):
            (self.out / said).unlink(missing_ok=True)
        self._note_file(entry).unlink(missing_ok=True)

    def _note_file(self, entry):
        return self.out / _NOTES / entry.folder / f"{entry.name}.json"

    def is_done(self, entry: Entry, mark: str) -> bool:
        """Tell whether a recording was annotated as it is, and its files are whole."""
        row = self.noted(entry) or {}
        written = row.get("outputs")
        if row.get("status") != "done" or row.get("mark") != mark or not written:
            return False
        return all(_is_as_written(self.out / file, *written[file]) for file in written)

    def clear(self, entries: Sequence[Entry]) -> None:
        """Remove what processes have left behind that were killed."""
        for folder in {Path(), *(entry.folder for entry in entries)}:
            for directory in (self.out / folder, self.out / _NOTES / folder):
                with suppress(FileNotFoundError):
                    clear_unfinished(directory)

    def write_manifest(self, rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
        """Write a row for each recording, and return them."""
        manifest = _manifest(rows)
        with written_whole(self.out / MANIFEST) as temporary:
            manifest.to_csv(temporary, index=False)
        return manifest


def _read(note):
    """Return what a note says, or None if it is not there or damaged."""
    try:
        row = json.loads(note.read_text())
    except (OSError, ValueError):
        return None
    return row if isinstance(row, dict) else None


def _refuse_other_manifest(path):
    """Refuse to replace a file that is no manifest of annotations."""
    if not path.is_file():
        return
    with open(path, errors="replace") as file:
        if not file.readline().startswith(",".join(_FIRST)):
            raise FileExistsError(
                f"{path} is not a manifest of annotate_many; it is not replaced. Give "
                "another directory to write to."
            )


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


def marks_of(
    entries: Sequence[Entry],
    outputs: Outputs,
    model: bytes,
    lead: str | Sequence[str] | None,
    sampling_rate: float | None,
) -> list[str]:
    """Return marks that change with the recordings, the model, or the options."""
    parents = {each.source.parent for each in entries if not each.is_in_memory}
    files = {parent: _files_by_stem(parent) for parent in parents}
    options = repr((outputs.formats, outputs.annotator, lead)).encode()
    base = hashlib.sha256(model + options).hexdigest()
    marks = []
    for entry in entries:
        if entry.is_in_memory:
            about = _content_of(entry)
        else:
            seen = files[entry.source.parent].get(recording_name(entry.source), [])
            beside = outputs.names_beside(entry)
            seen = sorted(file for file in seen if file[0] not in beside)
            rate = sampling_rate if entry.is_table else None
            about = repr((str(entry.source.resolve()), seen, rate))
        marks.append(hashlib.sha256((about + base).encode()).hexdigest())
    return marks


def _content_of(entry):
    """Return a text that changes with the signals of a recording in memory."""
    digest = hashlib.sha256()
    try:
        recording = entry.opened()
        for lead in recording.leads:
            digest.update(recording.read(lead).tobytes())
    except Exception:
        # The row of the recording will say what is wrong with it.
        return ""
    start = str(recording.start_time)
    return repr((recording.sampling_rates, start, digest.hexdigest()))


def _files_by_stem(directory):
    """Return the files of a directory, by all that may be the stem of a recording."""
    files = defaultdict(list)
    try:
        entries = [entry for entry in os.scandir(directory) if entry.is_file()]
    except OSError:
        # The reader of the recording says what is wrong with it.
        return files
    for entry in entries:
        try:
            state = entry.stat()
        except FileNotFoundError:  # gone since it was listed
            continue
        about = (entry.name, state.st_size, state.st_mtime_ns)
        first, *others = entry.name.split(".")
        for n_others in range(max(len(others), 1)):
            files[".".join([first, *others[:n_others]])].append(about)
    return files


def _manifest(rows):
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
    for name in PROVENANCE:
        manifest[name] = [row.get(name, "") for row in rows]
    return manifest

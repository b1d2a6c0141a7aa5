"""Which recordings an archive has, and the folders that each is written to."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

import wfdb

from .._urls import UrlPath, path_of
from ..records import (
    Recording,
    RecordingLike,
    as_recording,
    has_extension,
    read_recording,
    recording_name,
    recordings_in,
)
from ..stream import plain_name
from ._manifest import MANIFEST
from ._notes import REQUESTS, files_noted

_TABLES = (".csv", ".tsv", ".txt", ".gz", ".parquet")
"""Formats whose files may not say their sampling rate."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A recording of an archive, and the folder below `out` that it is written to."""

    source: Any  # A path, a URL, or a recording in memory
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
        return not isinstance(self.source, Path | UrlPath)

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
    recordings: Iterable[RecordingLike] | RecordingLike, out: Path | UrlPath
) -> list[Entry]:
    """Return recordings that are named, and those of directories with their folders.

    Files that are named lie side by side; where names are equal, all keep their folders
    below the one that all share.
    """
    is_one = isinstance(recordings, str | bytes | os.PathLike | Recording | wfdb.Record)
    several: Any = [recordings] if is_one else recordings
    given = list(several)
    paths = [_path_of(source) for source in given]
    with ThreadPoolExecutor(REQUESTS) as pool:
        are_directories = list(pool.map(partial(_is_directory, is_one), paths))
    entries: list[Entry] = []
    bases: list[Any] = []
    for source, path, is_directory in zip(given, paths, are_directories, strict=True):
        if path is None:
            entries.append(Entry(source))
        elif is_directory:
            found = _found_in(path, out)
            entries += [
                Entry(each, Path(each.parent.relative_to(path))) for each in found
            ]
            bases.append(path)
        else:
            entries.append(Entry(path))
            bases.append(path.parent)
    if not same_names(entries):
        return entries
    n_shared = _n_shared([_folders(base) for base in bases])
    return [
        entry
        if entry.is_in_memory
        else replace(entry, folder=Path(*_folders(entry.source.parent)[n_shared:]))
        for entry in entries
    ]


def _is_directory(is_one, path):
    """Tell whether a path is one of recordings; a record of its name comes first."""
    if path is None:
        return False
    if isinstance(path, UrlPath):
        if has_extension(path.name) or path.suffix == ".hea":
            return False
        is_record = not is_one and (path.parent / f"{path.name}.hea").is_file()
        return not is_record and path.is_dir()
    return path.is_dir() and (is_one or not Path(f"{path}.hea").is_file())


def _n_shared(ways):
    """Return how many folders, from the first on, several ways have in common."""
    together = zip(*ways, strict=False)
    return len(list(takewhile(lambda names: len(set(names)) == 1, together)))


def _folders(directory):
    """Return the names of the folders that lead to one."""
    if isinstance(directory, UrlPath):
        return directory.scheme, *directory.parts
    return Path(os.path.abspath(directory)).parts[1:]


def _path_of(source):
    """Return the path that a recording can be opened by; None if it is in memory."""
    if isinstance(source, str | bytes | os.PathLike):
        return path_of(source)
    if isinstance(source, wfdb.Record):
        return None
    path = as_recording(source).path  # or an error that helps
    return None if path is None else path_of(path)


def _found_in(directory, out):
    """Return the recordings of a directory, without what is written to `out`."""
    found = recordings_in(directory)
    inside, written_to = directory.resolve(), out.resolve()
    if written_to != inside and written_to.is_relative_to(inside):
        return [path for path in found if not path.resolve().is_relative_to(written_to)]
    if inside.is_relative_to(written_to):
        ours = {written_to / name for name in (MANIFEST, *files_noted(written_to))}
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

"""What tells whether a recording, the model or an option has changed."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from .._urls import UrlPath
from ..records import recording_name
from ._entries import Entry
from ._notes import REQUESTS
from ._outputs import Outputs

_EDITION = 2
"""Which files there are, and what they hold: another does all recordings anew."""


def marks_of(
    entries: Sequence[Entry],
    outputs: Outputs,
    model: bytes,
    lead: str | Sequence[str] | None,
    sampling_rate: float | None,
) -> list[str]:
    """Return marks that change with the recordings, the model, or the options."""
    parents = {each.source.parent for each in entries if not each.is_in_memory}
    with ThreadPoolExecutor(REQUESTS) as pool:
        files = dict(zip(parents, pool.map(_files_by_stem, parents), strict=True))
    options = repr((outputs.formats, outputs.annotator, lead, _EDITION)).encode()
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
            about = repr((str(entry.source.resolve()), seen or _state_of(entry), rate))
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


def _state_of(entry):
    """Return what a web server, which may list nothing, says of a recording."""
    with suppress(OSError):
        return [] if isinstance(entry.source, Path) else [entry.source.state()]
    return []


def _files_by_stem(directory):
    """Return the files of a directory, by all that may be the stem of a recording."""
    files = defaultdict(list)
    for about in _listing(directory):
        first, *others = about[0].split(".")
        for n_others in range(max(len(others), 1)):
            files[".".join([first, *others[:n_others]])].append(about)
    return files


def _listing(directory):
    """Return name, size and time of the files of a directory, or what stands for it."""
    try:
        if isinstance(directory, UrlPath):
            return [(name, *state) for name, state in directory.files_beside().items()]
        files = [file for file in os.scandir(directory) if file.is_file()]
    except OSError:
        # The reader of the recording says what is wrong with it.
        return []
    listed = []
    for file in files:
        with suppress(FileNotFoundError):  # gone since it was listed
            state = file.stat()
            listed.append((file.name, state.st_size, state.st_mtime_ns))
    return listed

"""What tells whether a recording, the model or an option has changed."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Sequence

from ..records import recording_name
from ._entries import Entry
from ._outputs import Outputs


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

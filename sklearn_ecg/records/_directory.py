"""Which records a directory holds."""

from __future__ import annotations

import os
from pathlib import Path

from ._wfdb_header import HeaderText

_WHOLE_FILES = (".edf", ".bdf")
"""Formats whose files hold their annotations, too."""


def check_directory(directory):
    """Raise an error that helps if `directory` is no directory."""
    if Path(directory).is_dir():
        return
    is_record = Path(f"{directory}.hea").is_file()
    hint = f" It is a record: pass it in a list, [{str(directory)!r}]."
    raise FileNotFoundError(
        f"There is no directory {directory}." + (hint if is_record else "")
    )


def recordings_in(directory: Path) -> list[Path]:
    """Return the paths of the recordings of a directory, annotated or not."""
    dicom = sorted(path.name for path in directory.glob("*.dcm"))
    names = [*_names_of_files(directory), *dicom]
    if not names:
        raise FileNotFoundError(
            f"There is no recording in {directory}: no WFDB header (.hea), EDF, BDF or "
            "DICOM file."
        )
    return [directory / name for name in names]


def list_records(directory, annotator, left_out):
    """Name the annotated recordings of a directory."""
    directory = Path(directory)
    names = []
    for name in dict.fromkeys(_names_in(directory, left_out)):
        reason = _unusable(directory, name, annotator)
        if reason is None:
            names.append(name)
        else:
            left_out.add(str(directory / name), reason)
    if not names:
        raise FileNotFoundError(
            f"No record in {directory} has a header (.hea) and annotations "
            f"(.{annotator}, from annotator={annotator!r}). "
            f"{left_out.summary()}".strip()
        )
    return names


def _unusable(directory, name, annotator):
    """Say why a record has no beats to load, or None."""
    if name.lower().endswith(_WHOLE_FILES):
        return None
    if not Path(directory, f"{name}.hea").is_file():
        return "it is listed in RECORDS, but its header (.hea) is not there"
    if not Path(directory, f"{name}.{annotator}").is_file():
        return f"it has no annotations (.{annotator})"
    return None


def _names_in(directory, left_out):
    """Name the records that RECORDS lists, or all with a header if there is none."""
    listing = directory / "RECORDS"
    if not listing.is_file():
        return _names_of_files(directory)
    names = []
    for entry in listing.read_text(encoding="utf-8", errors="replace").split():
        if entry.endswith("/"):
            below = _directory_below(directory, entry)
            if not below.is_dir():
                reason = "it is listed in RECORDS, but the directory is not there"
                left_out.add(str(below), reason)
                continue
            names += [f"{entry}{name}" for name in _names_in(below, left_out)]
        else:
            names.append(entry)
    return names


def _names_of_files(directory):
    """Name the records with a header, segments of others aside, and the EDF files."""
    headers = {path.stem for path in directory.glob("*.hea") if path.is_file()}
    segments = set()
    for name in headers:
        segments.update(HeaderText.of(str(directory / name)).segments())
    files = [
        path.name
        for path in directory.iterdir()
        if path.name.lower().endswith(_WHOLE_FILES) and path.stem not in headers
    ]
    return sorted(headers - segments) + sorted(files)


def _directory_below(directory, entry):
    below = directory / entry
    # A directory that lists itself would be followed round and round.
    way = os.path.normpath(entry)
    if os.path.isabs(way) or way.startswith("."):
        raise FileNotFoundError(
            f"{directory / 'RECORDS'} lists {entry!r}, which is not a directory inside "
            f"of {directory}."
        )
    return below

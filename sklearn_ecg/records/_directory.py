"""Which recordings a directory holds, and the folders below it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._files import DOWNLOAD_FIRST, refuse_url
from .._urls import UrlPath
from ._formats import WHOLE_FILES, bytes_to_tell, is_whole_recording
from ._mirror import skeleton
from ._wfdb_parts import HeaderText

_WITH_BEATS = (".edf", ".bdf")
"""Formats whose files hold their annotations, too."""


def check_directory(directory):
    """Raise an error that helps if `directory` is no directory."""
    if Path(directory).is_dir():
        return
    refuse_url(directory, DOWNLOAD_FIRST)
    is_record = Path(f"{directory}.hea").is_file()
    hint = f" It is a record: pass it in a list, [{str(directory)!r}]."
    raise FileNotFoundError(
        f"There is no directory {directory}." + (hint if is_record else "")
    )


def recordings_in(directory: Path | UrlPath) -> list[Any]:
    """Return the paths of the recordings of a tree of folders, annotated or not.

    What a file RECORDS lists counts in the folder that has one, and below it.
    """
    if isinstance(directory, UrlPath):
        return _recordings_at(directory)
    check_directory(directory)
    paths: list[Path] = []
    missing: list[str]
    for folder in _folders(directory):
        missing = []
        listed = _listed_in(folder, missing)
        if listed is None:
            listed = _names_of_files(folder, is_whole_recording)
        paths += [folder / name for name in [*listed, *missing]]
    if not paths:
        raise FileNotFoundError(
            f"There is no recording in {directory} or the folders below it: no WFDB "
            f"header (.hea), and no file of an ECG ({', '.join(WHOLE_FILES)}). "
            "Tables (.csv, .parquet) are not looked for, as they may hold anything: "
            "name them one by one."
        )
    return list(dict.fromkeys(paths))


def _recordings_at(url):
    """Return the URLs of the recordings of a tree, which a copy without signals has."""
    below = url.files_below()
    names = [name for name in below if _is_of_interest(name)]
    heads = {name: n for name in names if (n := bytes_to_tell(name)) != 0}
    heads |= {name: None for name in names if _is_text(name)}
    mirror = skeleton(names, url, heads)
    with mirror.naming():
        found = recordings_in(Path(mirror.directory))
    return [url / path.relative_to(mirror.directory) for path in found]


def _is_of_interest(name):
    """Tell whether an object tells of a recording, by its name."""
    ways_out = {"", ".", ".."} & set(name.split("/"))
    return not ways_out and (_is_text(name) or name.lower().endswith(WHOLE_FILES))


def _is_text(name):
    return name.endswith(".hea") or name.rpartition("/")[2] == "RECORDS"


def list_records(directory, annotator, left_out):
    """Name the annotated recordings of a directory, or else of the folders below it."""
    directory = Path(directory)
    names: list[str] = []
    found = _names_in(directory, left_out)
    for name in dict.fromkeys(found or _names_below(directory, left_out)):
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


def _folders(top: Path) -> Iterator[Path]:
    """Yield a folder and those below it, each once; RECORDS speaks for those below."""
    seen = set()
    for folder, below, files in os.walk(top, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # A link leads back.
            below.clear()
            continue
        seen.add(real)
        is_listed = "RECORDS" in files
        below[:] = [] if is_listed else sorted(n for n in below if n[:1] != ".")
        yield Path(folder)


def _names_below(directory, left_out):
    """Name the records of the folders below a directory."""
    return [
        str((folder / name).relative_to(directory))
        for folder in _folders(directory)
        for name in _names_in(folder, left_out)
    ]


def _unusable(directory, name, annotator):
    """Say why a record has no beats to load, or None."""
    if name.lower().endswith(_WITH_BEATS):
        return None
    if not Path(directory, f"{name}.hea").is_file():
        return "it is listed in RECORDS, but its header (.hea) is not there"
    if not Path(directory, f"{name}.{annotator}").is_file():
        return f"it has no annotations (.{annotator})"
    return None


def _names_in(directory, left_out):
    """Name the records that RECORDS lists, or all with a header if there is none."""
    missing: list[str] = []
    names = _listed_in(directory, missing)
    for entry in missing:
        reason = "it is listed in RECORDS, but the directory is not there"
        left_out.add(str(directory / entry), reason)
    return _names_of_files(directory) if names is None else names


def _listed_in(directory, missing):
    """Return what RECORDS lists, or None; directories not there go to `missing`."""
    listing = directory / "RECORDS"
    if not listing.is_file():
        return None
    names = []
    text = listing.read_text(encoding="utf-8-sig", errors="replace")
    for line in text.splitlines():
        entry = line.partition("#")[0].strip().replace("\\", "/")
        below = _inside(directory, entry)
        if not entry:
            continue
        if not below.is_dir() or Path(f"{below}.hea").is_file():
            stem, extension = os.path.splitext(entry)
            is_record = extension.lower() in (".hea", ".dat")
            if entry.endswith("/"):
                missing.append(entry.rstrip("/"))
            else:
                names.append(stem if is_record else entry)
            continue
        entry = entry.rstrip("/")
        listed = _listed_in(below, missing)
        inside = _names_of_files(below) if listed is None else listed
        names += [f"{entry}/{name}" for name in inside]
    return names


def _names_of_files(directory, is_recording=None):
    """Name the records with a header, segments of others aside, and whole files."""
    is_recording = is_recording or (lambda path: path.lower().endswith(_WITH_BEATS))
    files = [path for path in directory.iterdir() if not path.name.startswith(".")]
    headers = {path.stem for path in files if path.suffix == ".hea" and path.is_file()}
    segments = set()
    for name in headers:
        segments.update(HeaderText.of(str(directory / name)).segments())
    whole = [
        path.name
        for path in files
        if not path.is_dir()
        and is_recording(str(path))
        and not (path.stem in headers and path.suffix.lower() in _WITH_BEATS)
    ]
    return sorted(headers - segments) + sorted(whole)


def _inside(directory, entry):
    """Return the path of an entry of RECORDS, which may not lead out of the folder."""
    # A directory that lists itself would be followed round and round.
    way = os.path.normpath(entry)
    if entry and (os.path.isabs(way) or way.startswith(".")):
        raise FileNotFoundError(
            f"{directory / 'RECORDS'} lists {entry!r}, which is not a directory or "
            f"record inside of {directory}."
        )
    return directory / entry

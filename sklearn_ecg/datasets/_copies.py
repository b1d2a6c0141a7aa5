"""What a directory holds of a database: whole records, missing and damaged files."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from .._messages import listed, warn
from ._databases import Database

LISTING = "RECORDS"
"""The file that lists the records of a database."""

CHECKSUMS = "SHA256SUMS.txt"
"""The file in which PhysioNet gives the checksums of a database."""


@dataclass(frozen=True)
class Copy:
    """A directory that may hold a database, or a part of it."""

    directory: Path
    database: Database
    checksums: dict[str, str] | None
    problems: dict[str, str]  # What is wrong with each file that is not as it should be

    @property
    def records(self):
        """Names of all records of the database."""
        return list(dict.fromkeys(map(_record_of, self._files_of_records())))

    @property
    def records_left_out(self):
        """Names of the records that are not here, or not whole."""
        unusable = set(map(_record_of, self.problems))
        return [record for record in self.records if record in unusable]

    @property
    def damaged(self):
        """Names of the files that are here and have another checksum."""
        return [name for name, what in self.problems.items() if what != "missing"]

    def is_complete(self):
        """Tell whether all records are here, and nothing is damaged."""
        return not self.records_left_out and not self.damaged

    def has_a_part(self):
        """Tell whether a record is here, and nothing is damaged."""
        return len(self.records_left_out) < len(self.records) and not self.damaged

    def is_empty(self):
        """Tell whether there is a directory for it, without anything in it."""
        return self.directory.is_dir() and not any(self.directory.iterdir())

    def warn_if_empty(self):
        """Warn of a directory that was made for the database and holds nothing."""
        if self.is_empty():
            warn(
                f"{self.directory} is empty: the {self.database.title} is looked for "
                "elsewhere."
            )

    def warn_of_what_is_missing(self, remedy):
        """Warn of the records that are not here."""
        n_all, left_out = len(self.records), self.records_left_out
        warn(
            f"{n_all - len(left_out)} of {n_all} records of the {self.database.title} "
            f"are in {self.directory}, and only these are used; missing are "
            f"{listed(left_out)}. {remedy}"
        )

    def warn_if_not_verified(self):
        """Warn if there is nothing to compare the files with."""
        if self.checksums is None:
            warn(
                f"The files in {self.directory} could not be verified: this package "
                f"knows no checksums of the {self.database.title}, and there is no "
                f"{CHECKSUMS} of it beside them."
            )

    def __str__(self):
        if not self.directory.is_dir():
            return f"{self.directory} (no such directory)"
        if self.is_empty():
            return f"{self.directory} (empty)"
        name = (self.damaged or list(self.problems))[0]
        n_files = len(self._files_of_records()) + 1
        return (
            f"{self.directory} ({len(self.problems)} of {n_files} files unusable, "
            f"{name} {self.problems[name]})"
        )

    def _files_of_records(self):
        names = _file_names(self.database) if self.checksums is None else self.checksums
        return [name for name in names if name != LISTING]


def inspect(directory, database):
    """Look what a directory holds of a database."""
    checksums = shipped_checksums(database)
    if checksums is None:
        # Without a list that can be read, nothing can be compared.
        with suppress(OSError):
            checksums = listed_checksums(directory / CHECKSUMS, database)
    expected = checksums or dict.fromkeys(_file_names(database))
    states = {
        name: state_of(directory / name, checksum)
        for name, checksum in expected.items()
    }
    problems = {name: state for name, state in states.items() if state is not None}
    return Copy(directory, database, checksums, problems)


def state_of(path, checksum):
    """Say what is wrong with a file; None if it is as it should be."""
    if not path.is_file():
        return "missing"
    if checksum is not None and checksum_of(path) != checksum:
        return "damaged (its SHA-256 checksum differs)"
    return None


def checksum_of(path):
    """Return the SHA-256 checksum of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shipped_checksums(database):
    """Return the checksums that come with this package, None if it has none."""
    file = resources.files(__package__).joinpath("checksums", f"{database.name}.txt")
    return _parse(file.read_text("utf-8")) if file.is_file() else None


def listed_checksums(path, database):
    """Return the checksums that a file of PhysioNet lists, of the files needed."""
    try:
        listing = _parse(path.read_text("utf-8"))
    except ValueError:
        listing = {}
    checksums = {
        name: listing[name] for name in _file_names(database) if name in listing
    }
    if not checksums:
        raise OSError(
            f"{path} lists no file of the {database.title}: it is damaged, or is not "
            "the file of PhysioNet."
        )
    return checksums


def _parse(text):
    lines = (line.split() for line in text.splitlines())
    return {name: checksum for checksum, name in lines}


def _file_names(database):
    """Name the files that are needed, of a database without checksums."""
    extensions = ("hea", "dat", *database.annotators)
    names = [f"{record}.{e}" for record in database.records for e in extensions]
    return [LISTING, *names]


def _record_of(name):
    return name.rpartition(".")[0]

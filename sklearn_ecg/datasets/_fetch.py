"""The databases of PhysioNet: found here, or downloaded and verified."""

import hashlib
import os
import posixpath
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from threading import Thread

from tqdm.auto import tqdm
from wfdb.io import download

from .._files import local_path, place
from .._messages import listed, warn
from ..records import recordings_in
from ._databases import Database, database_named

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


_ENVIRONMENT_VARIABLE = "SKLEARN_ECG_DATA"
_DEFAULT_DATA_HOME = "~/sklearn_ecg_data"

# wfdb waits for a server without end, so the waiting is limited here, in seconds. The
# first file is small: if it does not come, the network is not there.
_PATIENCE_FIRST = 8.0
_PATIENCE = 300.0


def fetch_database(
    name: str,
    data_home: str | os.PathLike | None = None,
    download_if_missing: bool = True,
    *,
    verbose: bool = True,
) -> Path:
    """Find a database of PhysioNet, or download it.

    It is looked for in the directory `name` of ``$SKLEARN_ECG_DATA``, if that
    environment variable is set, then of `data_home`; a complete copy is preferred. A
    part of the records in ``$SKLEARN_ECG_DATA`` is used, with a warning that says what
    is missing; an empty directory there counts as none, with a warning, too. Otherwise,
    what is missing or damaged in `data_home` is downloaded to it with `wfdb`. A copy
    with a damaged file is never used.

    The SHA-256 checksum of every file is verified at each call, in a second for the
    largest database. A file being downloaded gets its name only after that, so that an
    interrupted download goes on with the next call, and two at once do no harm.

    Parameters
    ----------
    name : {"mitdb", "svdb", "nstdb", "incartdb", "qtdb", "edb", "ltdb", "nsrdb"}
        What is known of each is in `DATABASES`.

    data_home : str or path-like, default=None
        The directory that holds, or is to hold, the directory `name`. None stands for
        ``~/sklearn_ecg_data``.

    download_if_missing : bool, default=True
        If False, do not download: use a part of the records, if there is one in
        `data_home`, or raise an error.

    verbose : bool, default=True
        Show a progress bar while downloading.

    Returns
    -------
    directory : pathlib.Path
        The directory of the records, for :func:`~sklearn_ecg.datasets.load_beats`.

    Raises
    ------
    FileNotFoundError
        If no record is here without damage, and `download_if_missing` is False.
    OSError
        If no record is here without damage, and the server cannot be reached, does not
        answer, or sends a file with another checksum. The message says where the
        database was looked for.
    ValueError
        If there is no database of that name.

    Warns
    -----
    UserWarning
        If a part of the records is used; if the directory in ``$SKLEARN_ECG_DATA`` is
        empty; or if the files can only be compared with the
        checksums that came with them, as this package knows none of incartdb, edb, ltdb
        and nsrdb.

    See Also
    --------
    load_beats : Load the beats of a directory.
    make_ecg : Synthetic records that need no download.

    References
    ----------
    A. L. Goldberger et al. (2000), PhysioBank, PhysioToolkit, and PhysioNet,
    Circulation 101(23):e215-e220; and the ``references`` of each database in
    `DATABASES`. All are under the Open Data Commons Attribution License.

    Examples
    --------
    >>> from sklearn_ecg.datasets import fetch_database, load_beats
    >>> beats = load_beats(fetch_database("mitdb"))  # doctest: +SKIP
    >>> beats.data.shape  # doctest: +SKIP
    (109494, 6)
    """
    database = database_named(name)
    home = local_path(_DEFAULT_DATA_HOME if data_home is None else data_home)
    own = home / name
    copies = [inspect(directory, database) for directory in (*_given(name), own)]
    for copy in copies[:-1]:
        copy.warn_if_empty()
    for copy in copies:
        if copy.is_complete():
            copy.warn_if_not_verified()
            return copy.directory
    for copy in copies[:-1]:
        if copy.has_a_part():
            copy.warn_if_not_verified()
            copy.warn_of_what_is_missing(
                f"To have all, complete them, or unset {_ENVIRONMENT_VARIABLE}."
            )
            return copy.directory
    looked_for = f"Looked for the database in: {'; '.join(map(str, copies))}."
    if not download_if_missing:
        reason = "download_if_missing is False."
        error = FileNotFoundError(
            f"The {database.title} is not complete on this machine, and {reason} "
            f"{looked_for}"
        )
        return _part_or_error(copies[-1], reason, error)
    try:
        _download_what_is_missing(copies[-1], verbose)
    except OSError as failure:
        error = OSError(
            f"The {database.title} could not be downloaded: {failure} {looked_for} Try "
            "again later (verified files are kept), or copy the files of "
            f"{database.url} to {own}."
        )
        error.__cause__ = failure
        reason = f"The rest could not be downloaded: {failure}"
        return _part_or_error(inspect(own, database), reason, error)
    return own


def fetch_mitdb(
    data_home: str | os.PathLike | None = None,
    download_if_missing: bool = True,
    *,
    verbose: bool = True,
) -> Path:
    """Find the MIT-BIH Arrhythmia Database, or download it, about 100 MB.

    This is ``fetch_database("mitdb", ...)``.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The directory that holds, or is to hold, the directory ``mitdb``. None stands
        for ``~/sklearn_ecg_data``.

    download_if_missing : bool, default=True
        If False, do not download.

    verbose : bool, default=True
        Show a progress bar while downloading.

    Returns
    -------
    directory : pathlib.Path
        The directory of the 48 records, for :func:`~sklearn_ecg.datasets.load_beats`.

    Raises
    ------
    OSError
        As `fetch_database` does.

    Warns
    -----
    UserWarning
        If a part of the records is used.

    See Also
    --------
    fetch_database : Where it looks, what it verifies, and other databases.

    References
    ----------
    G. B. Moody and R. G. Mark (2001), The impact of the MIT-BIH Arrhythmia Database,
    IEEE Engineering in Medicine and Biology 20(3):45-50. A. L. Goldberger et al.
    (2000), PhysioBank, PhysioToolkit, and PhysioNet, Circulation 101(23):e215-e220.
    https://physionet.org/content/mitdb/1.0.0/, Open Data Commons Attribution License.

    Examples
    --------
    >>> from sklearn_ecg.datasets import fetch_mitdb, load_beats
    >>> beats = load_beats(fetch_mitdb())  # doctest: +SKIP
    >>> beats.data.shape  # doctest: +SKIP
    (109494, 6)
    """
    return fetch_database("mitdb", data_home, download_if_missing, verbose=verbose)


def is_complete_copy(directory: Path, name: str) -> bool:
    """Tell whether a directory holds a database whose checksums are known, bit for bit.

    Beside it there may be other files, but no other recording.
    """
    database = database_named(name)
    copy = inspect(directory, database)
    if shipped_checksums(database) is None or not copy.is_complete():
        return False
    return {path.name for path in recordings_in(directory)} == set(copy.records)


def _given(name):
    """Return the directory of a database that the user has set, in a list, or none."""
    data = os.environ.get(_ENVIRONMENT_VARIABLE)
    return [Path(data).expanduser() / name] if data else []


def _part_or_error(copy, reason, error):
    """Return the directory of a part of the records, with a warning, or raise."""
    if not copy.has_a_part():
        raise error
    copy.warn_if_not_verified()
    copy.warn_of_what_is_missing(reason)
    return copy.directory


def _download_what_is_missing(copy, verbose):
    """Download the files of a database that are missing or damaged."""
    database, target = copy.database, copy.directory
    target.mkdir(parents=True, exist_ok=True)
    # On the same file system, a rename is all or nothing.
    with tempfile.TemporaryDirectory(prefix=".download-", dir=target) as part:
        part = Path(part)
        if copy.checksums is None:
            copy = _with_the_checksums_of_the_server(copy, part)
        else:
            _download(database, LISTING, part, _PATIENCE_FIRST)
        names = sorted(copy.problems, key=lambda name: name != LISTING)
        for name in tqdm(names, database.title, unit="file", disable=not verbose):
            checksum = copy.checksums[name]
            # Another process may have brought it in the meantime.
            if state_of(target / name, checksum) is not None:
                place(_verified(database, name, checksum, part), target / name)


def _verified(database, name, checksum, part):
    path = part / name
    if not path.exists():
        _download(database, name, part, _PATIENCE)
    if checksum_of(path) != checksum:
        raise OSError(
            f"{_url(database, name)} arrived damaged: its SHA-256 checksum is not that "
            f"of version {database.version}."
        )
    return path


def _with_the_checksums_of_the_server(copy, part):
    """Fetch the list of checksums, and look again what is missing."""
    _download(copy.database, CHECKSUMS, part, _PATIENCE_FIRST)
    listed_checksums(part / CHECKSUMS, copy.database)
    place(part / CHECKSUMS, copy.directory / CHECKSUMS)
    warn(
        f"The {copy.database.title} is compared with the checksums that the server "
        "sends along: this package knows none of its own."
    )
    return inspect(copy.directory, copy.database)


def _download(database, name, directory, patience):
    """Download one file with wfdb, or raise an OSError within `patience` seconds."""
    url, failures = _url(database, name), []

    def work():
        try:
            download.dl_full_file(url, str(directory / name))
        # Whatever goes wrong in the thread is raised again by the caller's.
        except Exception as error:
            failures.append(error)

    thread = Thread(target=work, daemon=True, name=f"download {name}")
    thread.start()
    thread.join(patience)
    if thread.is_alive():
        raise OSError(f"{url} did not arrive within {patience:g} seconds.")
    if failures:
        raise OSError(f"{url} cannot be read ({failures[0]}).") from failures[0]


def _url(database, name):
    root = download.config.db_index_url
    return posixpath.join(root, database.name, database.version, name)

"""Downloading the files of a database, each verified before it gets its name."""

import posixpath
import tempfile
import warnings
from pathlib import Path
from threading import Thread

from tqdm.auto import tqdm
from wfdb.io import download

from .._files import place
from ._copies import (
    CHECKSUMS,
    LISTING,
    checksum_of,
    inspect,
    listed_checksums,
    state_of,
)

# wfdb waits for a server without end, so the waiting is limited here, in seconds. The
# first file is small: if it does not come, the network is not there.
_PATIENCE_FIRST = 8.0
_PATIENCE = 300.0


def download_what_is_missing(copy, verbose):
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
    warnings.warn(
        f"The {copy.database.title} is compared with the checksums that the server "
        "sends along: this package knows none of its own.",
        UserWarning,
        stacklevel=4,
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

"""The MIT-BIH Arrhythmia Database: found here, or downloaded and verified."""

import hashlib
import os
import posixpath
import tempfile
from importlib import resources
from pathlib import Path
from threading import Thread

from tqdm.auto import tqdm
from wfdb.io import download

_VERSIONED_NAME = "mitdb/1.0.0"
_CHECKSUM_FILE = "mitdb_sha256sums.txt"
_ENVIRONMENT_VARIABLE = "SKLEARN_ECG_DATA"
_DEFAULT_DATA_HOME = "~/sklearn_ecg_data"

# wfdb waits for a server without end, so the waiting is limited here, in seconds. The
# first file is small: if it does not come, the network is not there.
_FIRST_FILE = "RECORDS"
_PATIENCE_FIRST = 8.0
_PATIENCE = 300.0


def fetch_mitdb(data_home=None, download_if_missing=True, *, verbose=True):
    """Find the MIT-BIH Arrhythmia Database, or download it.

    The database is looked for in the directory ``mitdb`` of ``$SKLEARN_ECG_DATA``, if
    that environment variable is set, then of `data_home`. What is missing or damaged
    there is downloaded to `data_home` with `wfdb`, about 100 MB in all. The SHA-256
    checksum of every file must be that of version 1.0.0, at each call (0.1 s). A file
    being downloaded gets its name only after it was verified; an interrupted download
    goes on with the next call.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The directory that holds, or is to hold, the directory ``mitdb``. None stands
        for ``~/sklearn_ecg_data``.

    download_if_missing : bool, default=True
        If False, raise an error instead of downloading.

    verbose : bool, default=True
        Show a progress bar while downloading.

    Returns
    -------
    directory : pathlib.Path
        The directory of the 48 records, for :func:`~sklearn_ecg.datasets.load_beats`.

    Raises
    ------
    FileNotFoundError
        If the database is not complete on this machine and `download_if_missing` is
        False.
    OSError
        If the server cannot be reached, does not answer, or sends a file with another
        checksum. The message says where the database was looked for.

    See Also
    --------
    make_ecg : Synthetic records that need no download.

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
    (109494, 5)
    """
    checksums = _read_checksums()
    home = Path(_DEFAULT_DATA_HOME if data_home is None else data_home).expanduser()
    target = home / "mitdb"
    candidates = [*_directory_from_environment(), target]
    findings = []
    for directory in candidates:
        unusable = _unusable_files(directory, checksums)
        if not unusable:
            return directory
        findings.append(_describe(directory, unusable, len(checksums)))
    looked_for = f"Looked for the database in: {'; '.join(findings)}."
    if not download_if_missing:
        raise FileNotFoundError(
            "The MIT-BIH Arrhythmia Database is not complete on this machine, and "
            f"download_if_missing is False. {looked_for}"
        )
    try:
        _download_verified(list(unusable), target, checksums, verbose)
    except OSError as error:
        raise OSError(
            f"The MIT-BIH Arrhythmia Database could not be downloaded: {error} "
            f"{looked_for} Try again later (verified files are kept), or copy the "
            f"files of https://physionet.org/content/{_VERSIONED_NAME}/ to {target}."
        ) from error
    return target


def _read_checksums():
    """Return the SHA-256 checksum of each file that is needed, by its name."""
    text = resources.files(__package__).joinpath(_CHECKSUM_FILE).read_text("utf-8")
    lines = (line.split() for line in text.splitlines())
    return {name: checksum for checksum, name in lines}


def _directory_from_environment():
    data = os.environ.get(_ENVIRONMENT_VARIABLE)
    return [Path(data).expanduser() / "mitdb"] if data else []


def _unusable_files(directory, checksums):
    """Say of each file that is not as it should be what is wrong with it."""
    unusable = {}
    for name, checksum in checksums.items():
        path = directory / name
        if not path.is_file():
            unusable[name] = "missing"
        elif _checksum(path) != checksum:
            unusable[name] = "damaged (its SHA-256 checksum differs)"
    return unusable


def _checksum(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _describe(directory, unusable, n_files):
    if not directory.is_dir():
        return f"{directory} (no such directory)"
    name, problem = next(iter(unusable.items()))
    return (
        f"{directory} ({len(unusable)} of {n_files} files unusable, {name} {problem})"
    )


def _download_verified(names, target, checksums, verbose):
    """Download files, each verified before it gets its name in `target`."""
    target.mkdir(parents=True, exist_ok=True)
    names = sorted(names, key=lambda name: name != _FIRST_FILE)
    # On the same file system, a rename is all or nothing.
    with tempfile.TemporaryDirectory(prefix=".download-", dir=target) as part:
        _download(_FIRST_FILE, Path(part), _PATIENCE_FIRST)
        for name in tqdm(names, "MIT-BIH database", unit="file", disable=not verbose):
            path = Path(part, name)
            if not path.exists():
                _download(name, Path(part), _PATIENCE)
            if _checksum(path) != checksums[name]:
                raise OSError(
                    f"{_url(name)} arrived damaged: its SHA-256 checksum is not that "
                    "of version 1.0.0."
                )
            os.replace(path, target / name)


def _download(name, directory, patience):
    """Download one file with wfdb, or raise an OSError within `patience` seconds."""
    failures = []

    def work():
        try:
            download.dl_full_file(_url(name), str(directory / name))
        # Whatever goes wrong in the thread is raised again by the caller's.
        except Exception as error:
            failures.append(error)

    thread = Thread(target=work, daemon=True, name=f"download {name}")
    thread.start()
    thread.join(patience)
    if thread.is_alive():
        raise OSError(f"{_url(name)} did not arrive within {patience:g} seconds.")
    if failures:
        raise OSError(f"{_url(name)} cannot be read ({failures[0]}).") from failures[0]


def _url(name):
    return posixpath.join(download.config.db_index_url, _VERSIONED_NAME, name)

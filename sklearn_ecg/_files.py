"""Writing files that are either whole or not there, through links, into devices."""

import errno
import os
import platform
import re
import shutil
import stat
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ._urls import UrlPath, looks_like_url, path_of, shown

# A link in these directories leads to a device, or to a file that a program holds open.
_OF_THE_SYSTEM = ("/dev", "/proc")

_UNFINISHED = ".writing-"
"""What temporary directories begin with; the machine and the process follow."""

_NO_FSYNC = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
"""What file systems answer that write at once, or cannot say."""


def local_path(path):
    """Return a path to write to, with `~` expanded; refuse a URL by its name."""
    try:
        text = os.path.expanduser(os.fsdecode(path))
    except TypeError:
        raise TypeError(
            f"A path to write to must be a str or path-like, not {type(path).__name__}."
        ) from None
    refuse_url(
        text,
        "files are written to local paths only. Write to a directory of this machine, "
        "or to one that is mounted, and copy the files from there.",
    )
    if "\0" in text:
        raise ValueError(f"{text!r} is no path: it has a null character.")
    return Path(text)


DOWNLOAD_FIRST = "files are read from this machine: download it, and give the copy."
"""The remedy for a URL to read from."""


def refuse_url(path, remedy):
    """Raise an error with the remedy if a path is a URL, also one that was a Path."""
    if looks_like_url(path):
        raise ValueError(f"{shown(path)} is a URL; {remedy}")


def output_path(path):
    """Return a path to write to, with `~` expanded, or the one behind a URL."""
    try:
        is_far = looks_like_url(path)
    except TypeError:
        is_far = False
    path = path_of(path) if is_far else local_path(path)
    if isinstance(path, UrlPath):
        path.refuse_web()
    return path


def made_directory(path):
    """Return a directory to write to, made if it is missing; buckets have none."""
    if isinstance(path, UrlPath):
        return path
    path = local_path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise NotADirectoryError(
            f"{path} cannot be a directory to write to: it, or a part of its path, is "
            "a file."
        ) from error
    return path


@contextmanager
def written_whole(path):
    """Give a temporary path that becomes `path` at the end, or goes on an error."""
    if isinstance(path, UrlPath):
        with TemporaryDirectory(prefix=unfinished_prefix()) as unfinished:
            temporary = Path(unfinished, path.name)
            yield temporary
            path.place(temporary)
        return
    path = local_path(path)
    with _errors_naming(path):
        # On the same file system, a rename is all or nothing.
        beside = None if _is_written_into(path) else _target(path).parent
        with TemporaryDirectory(prefix=unfinished_prefix(), dir=beside) as unfinished:
            temporary = Path(unfinished, path.name)
            yield temporary
            _reach_disk(temporary)
            place(temporary, path)


@contextmanager
def all_written_whole(directory):
    """Give a temporary directory whose files move to `directory` at the end."""
    directory = made_directory(directory)
    with (
        _errors_naming(directory),
        TemporaryDirectory(prefix=unfinished_prefix(), dir=directory) as unfinished,
    ):
        yield Path(unfinished)
        files = sorted(Path(unfinished).iterdir())
        for file in files:
            _reach_disk(file)
        for file in files:
            place(file, directory / file.name)


@contextmanager
def _errors_naming(path):
    """Let errors of writing name the path that was asked for, not a temporary one."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and _UNFINISHED not in str(error.filename):
            raise
        if error.errno is not None:
            reason = error.strerror or os.strerror(error.errno)
            raise OSError(error.errno, reason, str(path)) from error
        # A message of our own is of another type; those of libraries name no path.
        if type(error) is not OSError:
            raise
        raise OSError(f"{path} could not be written: {error}") from error


def _reach_disk(file):
    """Wait until a file is on the disk: a full one may not be told of before."""
    with open(file, "rb+") as written:
        try:
            os.fsync(written.fileno())
        except OSError as error:
            if error.errno not in _NO_FSYNC:
                raise


def check_size(file, n_bytes):
    """Raise an error if a library, which tells of none, wrote a part of a file."""
    size = file.stat().st_size
    if size != n_bytes:
        raise OSError(
            f"of {file.name}, {size} of {n_bytes} bytes were written; the disk may be "
            "full."
        )


def check_ending(path, endings, content):
    """Refuse a path that ends as files of another format do; none at all is fine."""
    ending = path.suffix.lower()
    if ending and ending not in endings:
        raise ValueError(
            f"{path} ends with {path.suffix!r}, but {content} is written: give a path "
            f"that ends with {' or '.join(map(repr, endings))}."
        )


def place(file, path):
    """Move a complete file to `path`, through a link or into a device if it is one."""
    if _is_written_into(path):
        with open(file, "rb") as source, open(path, "wb") as sink:
            shutil.copyfileobj(source, sink)
        return
    target = _target(path)
    if target.exists():
        shutil.copymode(target, file)
    try:
        os.replace(file, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # A link may lead to another file system.
        home = target.parent
        with TemporaryDirectory(prefix=unfinished_prefix(), dir=home) as beside:
            os.replace(Path(shutil.copy(file, beside)), target)


def check_writable(path):
    """Raise an error if no file can be written to `path`, before any work is done."""
    if isinstance(path, UrlPath):
        path.check_library()
        return
    path = local_path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a directory; give the name of a file.")
    if _is_written_into(path):
        if not os.access(path, os.W_OK):
            raise PermissionError(f"{path} is not writable.")
        return
    target = _target(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"There is no directory {target.parent} to write {target.name} to; make it "
            "first."
        )
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise PermissionError(f"The directory {target.parent} is not writable.")


def clear_unfinished(directory):
    """Remove what processes left in a directory that were killed while they wrote."""
    if os.name != "posix":
        return
    pattern = re.compile(rf"{re.escape(_UNFINISHED + platform.node())}-(\d+)-")
    for path in directory.iterdir():
        found = pattern.match(path.name)
        if found and not _is_running(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)


def unfinished_prefix():
    """Return how the temporary directories of this process begin."""
    return f"{_UNFINISHED}{platform.node()}-{os.getpid()}-"


def _is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _target(path):
    """Return where a link leads to, or the path itself."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _is_written_into(path):
    """Tell whether a path must not be replaced: a device, a FIFO, standard output."""
    try:
        is_special = not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        is_special = False
    return is_special or any(
        str(link.parent).startswith(_OF_THE_SYSTEM) for link in _links(path)
    )


def _links(path):
    """List the symbolic links that lead from a path to a file, in their order."""
    links = []
    while path.is_symlink() and path not in links:
        links.append(path)
        path = Path(os.path.abspath(path.parent / os.readlink(path)))
    return links

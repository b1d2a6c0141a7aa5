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

# A link in these directories leads to a device, or to a file that a program holds open.
_OF_THE_SYSTEM = ("/dev", "/proc")

_UNFINISHED = ".writing-"
"""What temporary directories begin with; the machine and the process follow."""


@contextmanager
def written_whole(path):
    """Give a temporary path that becomes `path` at the end, or goes on an error."""
    path = Path(path)
    # On the same file system, a rename is all or nothing.
    beside = None if _is_written_into(path) else _target(path).parent
    with TemporaryDirectory(prefix=_prefix(), dir=beside) as unfinished:
        temporary = Path(unfinished, path.name)
        yield temporary
        place(temporary, path)


@contextmanager
def all_written_whole(directory):
    """Give a temporary directory whose files move to `directory` at the end."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=_prefix(), dir=directory) as unfinished:
        yield Path(unfinished)
        for file in sorted(Path(unfinished).iterdir()):
            place(file, directory / file.name)


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
        with TemporaryDirectory(prefix=_prefix(), dir=target.parent) as beside:
            os.replace(Path(shutil.copy(file, beside)), target)


def check_writable(path):
    """Raise an error if no file can be written to `path`, before any work is done."""
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


def _prefix():
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

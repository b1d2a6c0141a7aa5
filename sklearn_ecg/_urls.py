"""Paths behind URLs: buckets, web servers, and whatever else fsspec opens."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

# pathlib makes one slash of two. A single letter is a drive of Windows.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[/\\]")

_TAGS = ("ETag", "etag", "mtime", "LastModified", "last_modified", "Last-Modified")
_TAGS += ("updated", "created")
"""What file systems say of an object that changes with its content."""

_EXTRAS = {"s3": ("s3fs", "s3"), "s3a": ("s3fs", "s3")}
"""The library of a protocol, and the extra that installs it."""

_REMEDIES = {
    "s3": "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, for an "
    "account that is allowed to; for a public bucket, set FSSPEC_S3_ANON=true.",
    "gs": "Set GOOGLE_APPLICATION_CREDENTIALS to the key of an account that is "
    "allowed to.",
    "http": "Give a URL that is signed, or download the file.",
}
_REMEDIES |= {"s3a": _REMEDIES["s3"], "https": _REMEDIES["http"]}
_OTHER_REMEDY = "Give credentials as the library of the protocol asks for."

_REFUSED = ("Credential", "TokenRetrieval", "ProfileNotFound", "Unauthorized")
_UNREACHABLE = ("Connect", "Timeout", "DNS", "gaierror")


def looks_like_url(path: Any) -> bool:
    """Tell whether a path is written as a URL, of a file of this machine, too."""
    return isinstance(path, UrlPath) or bool(_URL.match(os.fsdecode(path)))


def is_url(path: Any) -> bool:
    """Tell whether a path is a URL, also one that was a Path."""
    if isinstance(path, UrlPath):
        return True
    text = os.fsdecode(path)
    return bool(_URL.match(text)) and not text.lower().startswith("file:")


def path_of(path: Any) -> Path | UrlPath:
    """Return a path, with `~` expanded, or the one behind a URL."""
    if isinstance(path, UrlPath):
        return path
    text = os.fsdecode(path)
    if is_url(text) and not os.path.exists(text):
        return UrlPath(text)
    if _URL.match(text) and not os.path.exists(text):
        text = _path_in(text.replace("\\", "/"))
    return Path(os.path.expanduser(text))


def _path_in(url):
    """Return the path that a URL of a file of this machine has."""
    # Its import takes longer than that of all else here.
    from urllib.request import url2pathname

    after = re.sub("^file:(//[^/]*)?", "", url, flags=re.IGNORECASE)
    return url2pathname(after)


def shown(url: Any) -> str:
    """Return a URL as messages may have it: without passwords and signatures."""
    text = os.fsdecode(url)
    if not _URL.match(text):
        return text
    text = text if "://" in text else text.replace(":/", "://", 1)
    head, _, rest = text.partition("://")
    place, slash, below = rest.partition("/")
    return f"{head}://{place.rpartition('@')[2]}{slash}{below}".partition("?")[0]


class UrlPath:
    """The path of an object, or of a folder of them, as far as one is needed here."""

    def __init__(self, url: str | os.PathLike):
        text = os.fsdecode(url).replace("\\", "/")
        text = text if "://" in text else text.replace(":/", "://", 1)
        path, mark, query = text.partition("?")
        self._path, self._query = path.rstrip("/"), mark + query

    def __fspath__(self) -> str:
        return self._path + self._query

    def __str__(self) -> str:
        return shown(self)

    def __repr__(self) -> str:
        return f"UrlPath({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UrlPath) and os.fspath(self) == os.fspath(other)

    def __hash__(self) -> int:
        return hash(os.fspath(self))

    def __truediv__(self, name: str | os.PathLike) -> UrlPath:
        below = PurePosixPath(Path(name).as_posix())
        return self._at("/".join([self._path, *below.parts]))

    @property
    def scheme(self) -> str:
        """The protocol."""
        return self._path.partition("://")[0].lower()

    @property
    def parts(self) -> tuple[str, ...]:
        """The bucket or host, and the folders below it."""
        return tuple(part for part in self._path.split("/")[2:] if part)

    @property
    def name(self) -> str:
        """The last of its parts."""
        return self._path.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The last extension, with its dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> UrlPath:
        """The folder that it is in; a bucket is in itself."""
        head = self._path.rpartition("/")[0]
        return self if len(self.parts) < 2 else self._at(head)

    def with_suffix(self, suffix: str) -> UrlPath:
        """Return the path with another extension."""
        return self.parent / f"{PurePosixPath(self.name).with_suffix(suffix)}"

    def resolve(self) -> UrlPath:
        """Return the path itself, as there are no links."""
        return self

    def is_relative_to(self, other: Any) -> bool:
        """Tell whether it is a path or below it."""
        is_below = (
            isinstance(other, UrlPath) and other.parts == self.parts[: len(other.parts)]
        )
        return is_below and other.scheme == self.scheme

    def relative_to(self, other: Any) -> PurePosixPath:
        """Return the path below another one."""
        if not self.is_relative_to(other):
            raise ValueError(f"{self} is not in {other}.")
        return PurePosixPath(*self.parts[len(other.parts) :])

    def state(self) -> tuple[int | None, str]:
        """Return the size, and a text that changes with the content."""
        with self._told("read") as (system, path):
            system.invalidate_cache(system._parent(path))
            return _state_of(system.info(path))

    def is_file(self) -> bool:
        """Tell whether there is an object of this name."""
        try:
            with self._told("read") as (system, path):
                return bool(system.info(path)["type"] == "file")
        except FileNotFoundError:
            return False

    def is_dir(self) -> bool:
        """Tell whether there are objects below it."""
        with self._told("read") as (system, path):
            return bool(system.isdir(path))

    def exists(self) -> bool:
        """Tell whether there is an object of this name, or any below it."""
        return self.is_file() or self.is_dir()

    def read_bytes(self, start: int | None = None, stop: int | None = None) -> bytes:
        """Return the content, or the bytes from `start` up to `stop`."""
        with self._told("read") as (system, path):
            return bytes(system.cat_file(path, start=start, end=stop))

    def read_text(self) -> str:
        """Return the content as text."""
        return self.read_bytes().decode("utf-8")

    def files_below(self) -> dict[str, tuple[int | None, str]]:
        """Return the state of all objects below it, by their names relative to it."""
        with self._told("list") as (system, path):
            system.invalidate_cache()
            found = system.find(path, detail=True)
        start = len(system._strip_protocol(path).rstrip("/")) + 1
        return {name[start:]: _state_of(about) for name, about in sorted(found.items())}

    def files_beside(self) -> dict[str, tuple[int | None, str]]:
        """Return the state of the objects of a folder, not of those below, by name."""
        with self._told("list") as (system, path):
            system.invalidate_cache(path)
            found = system.ls(path, detail=True)
        return {
            about["name"].rpartition("/")[2]: _state_of(about)
            for about in found
            if about["type"] == "file"
        }

    def place(self, file: Path) -> None:
        """Put a complete file there: an object is replaced as a whole."""
        self.refuse_web()
        with self._told("written") as (system, path):
            system.put_file(str(file), path)

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the object."""
        try:
            with self._told("removed") as (system, path):
                system.rm_file(path)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def try_writing(self) -> None:
        """Write and remove an empty object below it: or an error says what to do."""
        trial = self / ".writing-trial"
        with TemporaryDirectory() as directory:
            file = Path(directory, trial.name)
            file.touch()
            trial.place(file)
        with suppress(OSError):
            trial.unlink()

    def check_library(self) -> None:
        """Raise an error that helps if the library of its protocol is missing."""
        with self._told("opened"):
            pass

    def refuse_web(self) -> None:
        """Raise an error that helps if nothing can be written there."""
        if self.scheme in ("http", "https"):
            raise ValueError(
                f"{self} is a URL of a web server, which is read only. Write to a "
                "directory or a bucket."
            )

    def _at(self, path):
        return UrlPath(path + self._query)

    @contextmanager
    def _told(self, done: str) -> Iterator[tuple[Any, str]]:
        """Give the file system and its path; let errors say what to do about them."""
        from fsspec.core import url_to_fs

        try:
            yield url_to_fs(os.fspath(self))
        except Exception as error:
            raise self._in_words(error, done) from None

    def _in_words(self, error, done):
        """Return an error in words for people; those of libraries may hold secrets."""
        names = "".join(type(each).__name__ for each in _causes(error))
        statuses = {getattr(each, "status", None) for each in _causes(error)}
        if isinstance(error, ImportError):
            return ImportError(self._lacks_library(error))
        if isinstance(error, ValueError) and "rotocol not known" in str(error):
            return ValueError(f"{self} is of a protocol that fsspec does not know.")
        is_refused = isinstance(error, PermissionError) or statuses & {401, 403}
        if is_refused or any(word in names for word in _REFUSED):
            remedy = _REMEDIES.get(self.scheme, _OTHER_REMEDY)
            why = "access is denied" if is_refused else "there are no credentials"
            return PermissionError(f"{self} cannot be {_past(done)}: {why}. {remedy}")
        if any(word in names for word in _UNREACHABLE):
            return ConnectionError(
                f"{self} cannot be reached. See whether this machine is connected, and "
                "whether the name and the endpoint are right."
            )
        if isinstance(error, FileNotFoundError):
            return FileNotFoundError(self._not_there(done))
        reason = f"{type(error).__name__}: {_without_secrets(error)}"
        return OSError(f"{self} cannot be {_past(done)} ({reason}).")

    def _lacks_library(self, error):
        if self.scheme not in _EXTRAS:
            return f"{self} cannot be opened: {_without_secrets(error)}"
        library, extra = _EXTRAS[self.scheme]
        return (
            f"{self} is opened with {library}, which is not installed: "
            f'pip install "sklearn-ecg[{extra}]".'
        )

    def _not_there(self, done):
        if done == "written":
            return f"{self} cannot be written: there is no such bucket or folder."
        return f"There is no {self}. See whether the name is right, in all its letters."


def _past(done):
    return {"read": "read", "list": "listed"}.get(done, done)


def _causes(error):
    """Yield an error and those that it came from."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        error = error.__cause__ or error.__context__
    return seen


def _without_secrets(error):
    """Return what an error says, without queries, passwords and keys."""
    text = re.sub(r"\?\S+", "", " ".join(str(error).split()))
    text = re.sub(r"//[^/\s@]+@", "//", text)
    for name, value in os.environ.items():
        if len(value) > 7 and re.search("KEY|SECRET|TOKEN|PASSWORD", name):
            text = text.replace(value, "...")
    return text


def _state_of(about):
    tag = next((about[name] for name in _TAGS if about.get(name)), "")
    return about.get("size"), str(tag).strip('"')

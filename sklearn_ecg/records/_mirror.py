"""Local copies of files behind URLs, of as much of them as was asked for."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from .._files import clear_unfinished, unfinished_prefix
from .._messages import called
from .._urls import UrlPath
from ._wfdb_parts import HeaderText

_BLOCK = 1 << 16
"""Bytes that are fetched at least: as long as a request takes, so many are read."""

_AT_ONCE = 1 << 23
"""Bytes of one request at most, which are in memory."""

_REQUESTS = 16
"""Requests at the same time, of small files."""

Fetch = Callable[[str, int, int | None], None]
"""Brings bytes of a file, from one place to another; None is its end."""


def nothing_to_fetch(name: str, start: int, stop: int | None) -> None:
    """Fetch nothing: the file is whole where it is."""


class Mirror:
    """A directory of this machine with files of one behind a URL, full of holes.

    Holes take no room on the disk, and are filled when `fetch` is called. The directory
    goes when the object does; of processes that were killed, with the next mirror.
    """

    def __init__(self, url: UrlPath):
        self.url = url
        _clear_once()
        self.directory = tempfile.mkdtemp(prefix=unfinished_prefix())
        weakref.finalize(self, shutil.rmtree, self.directory, ignore_errors=True)
        self._copies: dict[str, _Copy] = {}
        self.path = os.path.join(self.directory, url.name)

    def naming(self):
        """Let messages name URLs, and not the copies here."""
        return called(self.directory, str(self.url.parent))

    def announce(self, name: str, size: int | None = None) -> None:
        """Make a file of the right length, with nothing but holes in it."""
        path = os.path.join(self.directory, name)
        self._copies[name] = _Copy(self.url.parent / name, path, size)

    def fetch(self, name: str, start: int = 0, stop: int | None = None) -> None:
        """Fill the holes of a file from one byte to another."""
        if name in self._copies:
            self._copies[name].fetch(start, stop)

    def bring(self, name: str) -> None:
        """Fetch a whole file, of which nothing is known so far."""
        self.announce(name)
        self.fetch(name)

    def bring_record(self, stem: str) -> None:
        """Fetch the headers of a WFDB record, and announce its signals."""
        self.bring(f"{stem}.hea")
        text = HeaderText.of(os.path.join(self.directory, stem))
        if not text.is_multi_segment:
            self._announce_signals(text, {})
            return
        there = self.url.parent.files_beside()
        segments = [name for name in set(text.segments()) if f"{name}.hea" in there]
        with ThreadPoolExecutor(_REQUESTS) as pool:
            list(pool.map(self.bring, [f"{name}.hea" for name in segments]))
        for name in segments:
            segment = HeaderText.of(os.path.join(self.directory, name))
            self._announce_signals(segment, there)

    def _announce_signals(self, text, there):
        """Announce the signal files of a header; what has no length is fetched."""
        for name in {line[0] for line in text.signals}:
            # A header must not lead out of the directory.
            if name != os.path.basename(name) or name in self._copies:
                continue
            with suppress(FileNotFoundError):
                self.announce(name, there.get(name, (None, ""))[0])
                if len(text.record) < 4:
                    self.fetch(name)

    def bring_annotations(self, stem: str, annotator: str) -> None:
        """Fetch annotations, or else show which there are."""
        try:
            self.bring(f"{stem}.{annotator}")
        except FileNotFoundError:
            with suppress(OSError):
                for name in self.url.parent.files_beside():
                    if name.startswith(f"{stem}."):
                        Path(self.directory, os.path.basename(name)).touch()


class _Copy:
    """A local file with holes where its bytes were not fetched yet."""

    def __init__(self, url: UrlPath, path: str, size: int | None):
        self.url, self.path = url, path
        self._lock = threading.Lock()
        self._state = url.state() if size is None else None
        size = self._state[0] if self._state else size
        content = b""
        if size is None:  # A server that does not say it
            content = url.read_bytes()
        with open(path, "wb") as file:
            file.write(content)
            file.truncate(len(content) if size is None else size)
        self.size = os.path.getsize(path)
        self._is_there = np.full(-(-self.size // _BLOCK), size is None)

    def fetch(self, start: int, stop: int | None) -> None:
        """Fill the holes from one byte to another."""
        stop = self.size if stop is None else min(stop, self.size)
        with self._lock:
            for first, last in self._missing(max(start, 0) // _BLOCK, stop):
                begin, end = first * _BLOCK, min(last * _BLOCK, self.size)
                for place in range(begin, end, _AT_ONCE):
                    self._fill(place, min(place + _AT_ONCE, end))

    def _missing(self, first, stop):
        """Return stretches of blocks that are not there yet."""
        last = -(-stop // _BLOCK)
        is_hole = ~self._is_there[first:last]
        edges = np.flatnonzero(np.diff(np.concatenate([[0], is_hole, [0]]))) + first
        return edges.reshape(-1, 2).tolist()

    def _fill(self, start, stop):
        """Write bytes into a hole, if they are of the same content as all others."""
        self._state = self._state or self.url.state()
        content = self.url.read_bytes(start, stop)
        if len(content) == self.size:  # A server that knows no ranges
            start, stop = 0, self.size
        is_other = self._is_there.any() and self.url.state() != self._state
        if len(content) != stop - start or is_other:
            raise ValueError(
                f"{self.url} has changed since it was opened: open it again."
            )
        with open(self.path, "rb+") as file:
            file.seek(start)
            file.write(content)
        self._is_there[start // _BLOCK : -(-stop // _BLOCK)] = True


def skeleton(
    names: Sequence[str], url: UrlPath, heads: dict[str, int | None]
) -> Mirror:
    """Return a mirror of a tree: empty files, and the first bytes of some of them."""
    mirror = Mirror(url / "all")
    for folder in {os.path.dirname(name) for name in names}:
        os.makedirs(os.path.join(mirror.directory, folder), exist_ok=True)
    for name in names:
        Path(mirror.directory, name).touch()

    def bring(name):
        content = (url / name).read_bytes(0 if heads[name] else None, heads[name])
        Path(mirror.directory, name).write_bytes(content)

    with ThreadPoolExecutor(_REQUESTS) as pool:
        list(pool.map(bring, heads))
    return mirror


@cache
def _clear_once():
    """Remove what processes left behind that were killed."""
    with suppress(OSError):
        clear_unfinished(Path(tempfile.gettempdir()))

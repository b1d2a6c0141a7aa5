"""Small databases in the place of those of PhysioNet, here and on a server."""

import hashlib
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

from sklearn_ecg.datasets import _fetch

FILES = {
    "RECORDS": b"100\n101\n",
    "100.hea": b"100 0 360\n",
    "100.dat": bytes(1000),
    "100.atr": bytes(range(100)),
}

THREE_RECORDS = {
    f"{record}.{extension}": f"{record} {extension}".encode()
    for record in ("800", "801", "802")
    for extension in ("hea", "dat", "atr")
} | {"RECORDS": b"800\n801\n802\n"}

LTDB = {
    f"14046.{extension}": extension.encode() * 50 for extension in ("hea", "dat", "atr")
} | {"RECORDS": b"14046\n"}


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.requested.append(Path(self.path).name)
        if self.server.is_silent:
            self.server.released.wait(10)
        super().do_GET()

    def log_message(self, *arguments):
        """Keep the output of the tests clean."""


def know(monkeypatch, files):
    """Let the package know the checksums of these files, whatever the database."""
    checksums = {name: hashlib.sha256(b).hexdigest() for name, b in files.items()}
    monkeypatch.setattr(_fetch, "shipped_checksums", lambda _database: checksums)


def write(directory, files=FILES, **changed):
    """Write the files of a database, some of them with another content."""
    directory.mkdir(parents=True)
    for name, content in (files | changed).items():
        directory.joinpath(name).write_bytes(content)


def write_records(directory, *records, damaged=None):
    """Write the files of some of the three records, without RECORDS."""
    directory.mkdir(parents=True)
    for name, content in THREE_RECORDS.items():
        if name[:3] in records:
            changed = b"damaged" if name == damaged else content
            directory.joinpath(name).write_bytes(changed)


def list_of_checksums(files):
    lines = (f"{hashlib.sha256(b).hexdigest()}  {n}\n" for n, b in files.items())
    return "".join(lines).encode()


def contents(directory):
    return {path.name: path.read_bytes() for path in Path(directory).iterdir()}

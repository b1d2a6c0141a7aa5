import hashlib
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from wfdb.io import download

from sklearn_ecg.datasets import _mitdb, fetch_mitdb

FILES = {
    "RECORDS": b"100\n101\n",
    "100.hea": b"100 0 360\n",
    "100.dat": bytes(1000),
    "100.atr": bytes(range(100)),
}


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.requested.append(Path(self.path).name)
        if self.server.is_silent:
            self.server.released.wait(10)
        super().do_GET()

    def log_message(self, *arguments):
        """Keep the output of the tests clean."""


@pytest.fixture
def database(monkeypatch):
    """A database of four small files in the place of the real one."""
    checksums = {name: hashlib.sha256(b).hexdigest() for name, b in FILES.items()}
    monkeypatch.setattr(_mitdb, "_read_checksums", lambda: checksums)
    monkeypatch.delenv("SKLEARN_ECG_DATA", raising=False)


@pytest.fixture
def server(database, tmp_path, monkeypatch):
    """A server on this machine that wfdb takes for PhysioNet."""
    served = tmp_path / "server" / "mitdb" / "1.0.0"
    write(served)
    handler = partial(Handler, directory=tmp_path / "server")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.served, server.requested = served, []
        server.is_silent, server.released = False, Event()
        monkeypatch.setattr(
            download.config, "db_index_url", f"http://127.0.0.1:{server.server_port}/"
        )
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


def write(directory, **changed):
    directory.mkdir(parents=True)
    for name, content in FILES.items():
        directory.joinpath(name).write_bytes(changed.get(name, content))


def contents(directory):
    return {path.name: path.read_bytes() for path in Path(directory).iterdir()}


class TestFound:
    @pytest.fixture(autouse=True)
    def no_network(self, database, monkeypatch):
        monkeypatch.setattr(download, "dl_full_file", None)

    def test_in_the_directory_of_the_environment(self, tmp_path, monkeypatch):
        write(tmp_path / "data" / "mitdb")
        write(tmp_path / "home" / "mitdb")
        monkeypatch.setenv("SKLEARN_ECG_DATA", str(tmp_path / "data"))
        assert fetch_mitdb(tmp_path / "home") == tmp_path / "data" / "mitdb"

    def test_in_the_data_home_if_the_environment_has_it_damaged(
        self, tmp_path, monkeypatch
    ):
        write(tmp_path / "data" / "mitdb", **{"100.dat": b"damaged"})
        write(tmp_path / "home" / "mitdb")
        monkeypatch.setenv("SKLEARN_ECG_DATA", str(tmp_path / "data"))
        assert fetch_mitdb(tmp_path / "home") == tmp_path / "home" / "mitdb"

    def test_in_the_home_directory_by_default(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        write(tmp_path / "sklearn_ecg_data" / "mitdb")
        assert fetch_mitdb() == tmp_path / "sklearn_ecg_data" / "mitdb"


class TestNotDownloaded:
    def test_every_place_is_named_with_what_it_lacks(
        self, database, tmp_path, monkeypatch
    ):
        write(tmp_path / "data" / "mitdb", **{"100.dat": b"damaged"})
        monkeypatch.setenv("SKLEARN_ECG_DATA", str(tmp_path / "data"))
        with pytest.raises(FileNotFoundError) as error:
            fetch_mitdb(tmp_path / "home", download_if_missing=False)
        message = str(error.value)
        assert f"{tmp_path / 'data' / 'mitdb'} (1 of 4 files unusable" in message
        assert "100.dat damaged" in message
        assert f"{tmp_path / 'home' / 'mitdb'} (no such directory)" in message
        assert not (tmp_path / "home").exists()

    def test_first_missing_file_is_named(self, database, tmp_path):
        write(tmp_path / "mitdb")
        (tmp_path / "mitdb" / "100.hea").unlink()
        with pytest.raises(FileNotFoundError, match=r"100\.hea missing"):
            fetch_mitdb(tmp_path, download_if_missing=False)


class TestDownload:
    def test_all_files_arrive_and_nothing_else(self, server, tmp_path, capsys):
        directory = fetch_mitdb(tmp_path / "home", verbose=False)
        assert directory == tmp_path / "home" / "mitdb"
        assert contents(directory) == FILES
        assert sorted(server.requested) == sorted(FILES)
        assert capsys.readouterr() == ("", "")

    def test_progress_is_shown(self, server, tmp_path, capsys):
        fetch_mitdb(tmp_path)
        assert "4/4" in capsys.readouterr().err

    def test_second_call_asks_nothing_of_the_server(self, server, tmp_path):
        fetch_mitdb(tmp_path, verbose=False)
        server.requested.clear()
        fetch_mitdb(tmp_path, verbose=False)
        assert server.requested == []

    def test_missing_and_damaged_files_are_replaced_and_no_others(
        self, server, tmp_path
    ):
        write(tmp_path / "mitdb", **{"100.dat": FILES["100.dat"][:-1]})
        (tmp_path / "mitdb" / "100.atr").unlink()
        directory = fetch_mitdb(tmp_path, verbose=False)
        assert contents(directory) == FILES
        # The list of records is fetched each time, to see whether the server is there.
        assert sorted(server.requested) == ["100.atr", "100.dat", "RECORDS"]

    def test_damaged_download_is_refused_and_verified_files_are_kept(
        self, server, tmp_path
    ):
        (server.served / "100.dat").write_bytes(b"an error page")
        with pytest.raises(OSError, match=r"100\.dat arrived damaged"):
            fetch_mitdb(tmp_path, verbose=False)
        kept = contents(tmp_path / "mitdb")
        assert kept == {name: FILES[name] for name in ("RECORDS", "100.hea")}
        (server.served / "100.dat").write_bytes(FILES["100.dat"])
        server.requested.clear()
        assert contents(fetch_mitdb(tmp_path, verbose=False)) == FILES
        assert "100.hea" not in server.requested

    def test_file_missing_on_the_server_is_named(self, server, tmp_path):
        (server.served / "100.atr").unlink()
        with pytest.raises(OSError, match=r"100\.atr cannot be read .*404"):
            fetch_mitdb(tmp_path, verbose=False)

    def test_interrupted_download_is_resumed(self, server, tmp_path, monkeypatch):
        fetch, fetched = download.dl_full_file, []

        def fetch_two(url, path):
            if len(fetched) == 2:
                Path(path).write_bytes(b"half a")
                raise ConnectionResetError("the connection broke")
            fetched.append(url)
            fetch(url, path)

        monkeypatch.setattr(download, "dl_full_file", fetch_two)
        with pytest.raises(OSError, match="the connection broke"):
            fetch_mitdb(tmp_path, verbose=False)
        assert contents(tmp_path / "mitdb").items() <= FILES.items()
        monkeypatch.setattr(download, "dl_full_file", fetch)
        assert contents(fetch_mitdb(tmp_path, verbose=False)) == FILES


class TestUnreachable:
    def test_refused_connection_says_where_it_looked_and_what_to_do(
        self, database, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(download.config, "db_index_url", "http://127.0.0.1:9/")
        with pytest.raises(OSError, match="could not be downloaded") as error:
            fetch_mitdb(tmp_path, verbose=False)
        message = str(error.value)
        assert "http://127.0.0.1:9/mitdb/1.0.0/RECORDS" in message
        assert f"Looked for the database in: {tmp_path / 'mitdb'}" in message
        assert "https://physionet.org/content/mitdb/1.0.0/" in message
        assert contents(tmp_path / "mitdb") == {}

    def test_server_that_does_not_answer_is_given_up(
        self, server, tmp_path, monkeypatch
    ):
        server.is_silent = True
        monkeypatch.setattr(_mitdb, "_PATIENCE_FIRST", 0.3)
        start = time.monotonic()
        with pytest.raises(OSError, match=r"RECORDS did not arrive within 0\.3 s"):
            fetch_mitdb(tmp_path, verbose=False)
        assert time.monotonic() - start < 5

    def test_directory_that_cannot_be_made_is_named(self, server, tmp_path):
        (tmp_path / "file").write_text("not a directory")
        with pytest.raises(OSError, match=r"could not be downloaded.*file"):
            fetch_mitdb(tmp_path / "file", verbose=False)


class TestChecksums:
    def test_all_files_of_48_records_are_listed(self):
        names = list(_mitdb._read_checksums())
        records = {name[:3] for name in names if name != "RECORDS"}
        assert len(records) == 48
        extensions = ("hea", "dat", "atr")
        expected = {f"{record}.{e}" for record in records for e in extensions}
        assert set(names) == expected | {"RECORDS"}

    def test_the_real_database_passes(self, mitdb):
        assert fetch_mitdb(mitdb.parent, download_if_missing=False) == mitdb

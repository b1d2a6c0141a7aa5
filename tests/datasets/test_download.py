import time
from pathlib import Path
from threading import Barrier, Thread

import pytest
from small_databases import FILES, LTDB, contents, list_of_checksums, write
from wfdb.io import download

from sklearn_ecg.datasets import _copies, _fetch, fetch_database, fetch_mitdb


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
        monkeypatch.setattr(_fetch, "_PATIENCE_FIRST", 0.3)
        start = time.monotonic()
        with pytest.raises(OSError, match=r"RECORDS did not arrive within 0\.3 s"):
            fetch_mitdb(tmp_path, verbose=False)
        assert time.monotonic() - start < 5

    def test_directory_that_cannot_be_made_is_named(self, server, tmp_path):
        (tmp_path / "file").write_text("not a directory")
        with pytest.raises(OSError, match=r"could not be downloaded.*file"):
            fetch_mitdb(tmp_path / "file", verbose=False)


class TestTogether:
    def test_two_downloads_at_once_do_not_harm_one_another(
        self, server, tmp_path, monkeypatch
    ):
        fetch, both_are_here = download.dl_full_file, Barrier(2, timeout=10)

        def fetch_when_both_are_here(url, path):
            if url.endswith("RECORDS"):
                both_are_here.wait()
            fetch(url, path)

        monkeypatch.setattr(download, "dl_full_file", fetch_when_both_are_here)
        directories, home = [], tmp_path / "home"

        def work():
            directories.append(fetch_mitdb(home, verbose=False))

        threads = [Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert directories == [home / "mitdb"] * 2
        assert contents(home / "mitdb") == FILES

    def test_what_another_process_brought_meanwhile_is_not_fetched_again(
        self, server, tmp_path, monkeypatch
    ):
        fetch, target = download.dl_full_file, tmp_path / "mitdb"

        def fetch_while_another_process_writes(url, path):
            for name, content in FILES.items():
                (target / name).write_bytes(content)
            fetch(url, path)

        monkeypatch.setattr(
            download, "dl_full_file", fetch_while_another_process_writes
        )
        assert fetch_mitdb(tmp_path, verbose=False) == target
        assert server.requested == ["RECORDS"]


class TestWithoutShippedChecksums:
    """The package knows no checksums of the long-term database."""

    @pytest.fixture(autouse=True)
    def ltdb(self, monkeypatch):
        monkeypatch.setattr(_copies, "shipped_checksums", lambda _database: None)
        monkeypatch.delenv("SKLEARN_ECG_DATA", raising=False)

    @pytest.fixture
    def server(self, server, tmp_path, monkeypatch):
        monkeypatch.setattr(_copies, "shipped_checksums", lambda _database: None)
        server.served = tmp_path / "server" / "ltdb" / "1.0.0"
        write(server.served, LTDB | {"index.html": b"not needed"})
        server.served.joinpath("SHA256SUMS.txt").write_bytes(list_of_checksums(LTDB))
        return server

    def test_the_list_of_the_server_is_fetched_and_compared_with(
        self, server, tmp_path
    ):
        with pytest.warns(UserWarning, match="checksums that the server sends along"):
            directory = fetch_database("ltdb", tmp_path / "home", verbose=False)
        assert set(contents(directory)) == {*LTDB, "SHA256SUMS.txt"}
        server.requested.clear()
        assert fetch_database("ltdb", tmp_path / "home") == directory
        assert server.requested == []

    def test_a_file_that_differs_from_the_list_is_refused(self, server, tmp_path):
        (server.served / "14046.dat").write_bytes(b"an error page")
        with (
            pytest.warns(UserWarning, match="sends along"),
            pytest.raises(OSError, match=r"14046\.dat arrived damaged"),
        ):
            fetch_database("ltdb", tmp_path / "home", verbose=False)

    def test_a_list_of_something_else_is_refused(self, server, tmp_path):
        (server.served / "SHA256SUMS.txt").write_bytes(b"<html>Not here</html>")
        with pytest.raises(OSError, match="lists no file of the MIT-BIH Long-Term"):
            fetch_database("ltdb", tmp_path / "home", verbose=False)
        assert contents(tmp_path / "home" / "ltdb") == {}

import time
import warnings
from pathlib import Path
from threading import Barrier, Thread

import pytest
from small_databases import (
    FILES,
    LTDB,
    THREE_RECORDS,
    contents,
    know,
    list_of_checksums,
    write,
    write_records,
)
from wfdb.io import download

from sklearn_ecg.datasets import (
    DATABASES,
    _fetch,
    fetch_database,
    fetch_mitdb,
    is_complete_copy,
    load_beats,
)
from sklearn_ecg.datasets._fetch import inspect, listed_checksums, state_of


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

    def test_in_the_data_home_if_the_environment_has_an_empty_directory(
        self, tmp_path, monkeypatch
    ):
        (tmp_path / "data" / "mitdb").mkdir(parents=True)
        write(tmp_path / "home" / "mitdb")
        monkeypatch.setenv("SKLEARN_ECG_DATA", str(tmp_path / "data"))
        with pytest.warns(UserWarning, match=r"data/mitdb is empty: the MIT-BIH"):
            assert fetch_mitdb(tmp_path / "home") == tmp_path / "home" / "mitdb"

    def test_in_the_home_directory_by_default(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        write(tmp_path / "sklearn_ecg_data" / "mitdb")
        assert fetch_mitdb() == tmp_path / "sklearn_ecg_data" / "mitdb"


def test_a_copy_is_complete_if_each_file_and_no_other_recording_is_there(
    tmp_path, monkeypatch
):
    know(monkeypatch, THREE_RECORDS)
    for number, damaged in enumerate((None, "801.dat")):
        directory = tmp_path / str(number)
        write_records(directory, "800", "801", "802", damaged=damaged)
        assert is_complete_copy(directory, "svdb") == (damaged is None)
    write_records(tmp_path / "with another", "800", "801", "802")
    (tmp_path / "with another" / "803.hea").write_bytes(b"803 1 360 10")
    assert not is_complete_copy(tmp_path / "with another", "svdb")


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

    def test_an_empty_directory_is_said_to_be_empty(self, database, tmp_path):
        (tmp_path / "mitdb").mkdir()
        with pytest.raises(FileNotFoundError, match=r"mitdb \(empty\)\.$"):
            fetch_mitdb(tmp_path, download_if_missing=False)

    def test_first_missing_file_is_named(self, database, tmp_path):
        write(tmp_path / "mitdb")
        (tmp_path / "mitdb" / "100.hea").unlink()
        with pytest.raises(FileNotFoundError, match=r"100\.hea missing"):
            fetch_mitdb(tmp_path, download_if_missing=False)


class TestPartOfTheRecords:
    @pytest.fixture(autouse=True)
    def svdb(self, monkeypatch, tmp_path):
        know(monkeypatch, THREE_RECORDS)
        monkeypatch.setenv("SKLEARN_ECG_DATA", str(tmp_path / "data"))
        monkeypatch.setattr(download.config, "db_index_url", "http://127.0.0.1:9/")

    def test_of_the_environment_is_used_with_a_word_of_what_is_missing(self, tmp_path):
        write_records(tmp_path / "data" / "svdb", "800", "802")
        message = (
            r"2 of 3 records of the MIT-BIH Supraventricular .* missing are '801'\..*"
            "unset SKLEARN_ECG_DATA"
        )
        with pytest.warns(UserWarning, match=message):
            directory = fetch_database("svdb", tmp_path / "home")
        assert directory == tmp_path / "data" / "svdb"
        assert not (tmp_path / "home").exists()

    def test_gives_way_to_a_complete_copy(self, tmp_path):
        write_records(tmp_path / "data" / "svdb", "800", "802")
        write_records(tmp_path / "home" / "svdb", "800", "801", "802")
        directory = fetch_database("svdb", tmp_path / "home")
        assert directory == tmp_path / "home" / "svdb"

    @pytest.mark.parametrize(
        ("may_download", "reason"),
        [(False, "download_if_missing is False"), (True, "127.0.0.1:9/svdb/1.0.0")],
    )
    def test_of_the_data_home_is_used_where_nothing_can_be_downloaded(
        self, tmp_path, may_download, reason
    ):
        write_records(tmp_path / "home" / "svdb", "801")
        with pytest.warns(UserWarning, match=f"1 of 3 records .*{reason}"):
            directory = fetch_database("svdb", tmp_path / "home", may_download)
        assert directory == tmp_path / "home" / "svdb"

    @pytest.mark.parametrize("may_download", [False, True])
    def test_is_not_used_with_a_damaged_file_which_is_named(
        self, tmp_path, may_download
    ):
        directory = tmp_path / "data" / "svdb"
        write_records(directory, "801", "802", damaged="801.dat")
        with pytest.raises(OSError, match=r"5 of 10 files .*801\.dat damaged"):
            fetch_database("svdb", tmp_path / "home", may_download)

    def test_of_which_no_record_is_whole_is_not_used(self, tmp_path):
        write_records(tmp_path / "data" / "svdb", "800")
        (tmp_path / "data" / "svdb" / "800.atr").unlink()
        with pytest.raises(FileNotFoundError, match="not complete"):
            fetch_database("svdb", tmp_path / "home", download_if_missing=False)

    def test_all_records_without_their_listing_are_complete(self, tmp_path):
        write_records(tmp_path / "data" / "svdb", "800", "801", "802")
        assert fetch_database("svdb") == tmp_path / "data" / "svdb"


@pytest.mark.parametrize("n_records", [3, 7])
def test_a_copy_that_nothing_is_known_to_compare_with_is_used_with_a_word(
    tmp_path, monkeypatch, n_records
):
    monkeypatch.setenv("SKLEARN_ECG_DATA", str(tmp_path))
    records = DATABASES["ltdb"].records[:n_records]
    names = (f"{r}.{e}" for r in records for e in ("hea", "dat", "atr"))
    write(tmp_path / "ltdb", dict.fromkeys(names, b"something"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert fetch_database("ltdb") == tmp_path / "ltdb"
    messages = [str(warning.message) for warning in caught]
    assert "could not be verified" in messages[0]
    assert ["3 of 7 records" in message for message in messages[1:]] == (
        [] if n_records == 7 else [True]
    )


def test_a_database_that_is_not_known_is_named_with_those_that_are():
    with pytest.raises(ValueError, match="'mitbih': must be one of 'mitdb', 'svdb'"):
        fetch_database("mitbih")


class TestRealFiles:
    def test_the_mit_bih_database_passes(self, mitdb):
        assert fetch_mitdb(mitdb.parent, download_if_missing=False) == mitdb

    @pytest.mark.parametrize("name", ["svdb", "nstdb", "qtdb"])
    def test_what_is_here_of_other_databases_passes_and_is_counted(
        self, data_directory, name
    ):
        directory = data_directory(name)
        here = {path.stem for path in directory.glob("*.hea")}
        n_all = len(DATABASES[name].records)
        with pytest.warns(UserWarning, match=f"{len(here)} of {n_all} records"):
            found = fetch_database(name, directory.parent, download_if_missing=False)
        assert found == directory


class TestPatientsOfTheDatabases:
    def test_records_118_and_its_noisy_copies_are_one_patient(
        self, mitdb, data_directory
    ):
        noisy = data_directory("nstdb")
        paths = [mitdb / "118", noisy / "118e06", noisy / "118e24", mitdb / "119"]
        assert set(load_beats(paths).groups) == {"118", "119"}


@pytest.fixture
def three_records(monkeypatch):
    know(monkeypatch, THREE_RECORDS)


@pytest.fixture
def no_checksums(monkeypatch):
    monkeypatch.setattr(_fetch, "shipped_checksums", lambda _database: None)


@pytest.mark.parametrize(
    ("records", "left_out", "is_complete", "has_a_part"),
    [
        (("800", "801", "802"), [], True, True),
        (("800", "802"), ["801"], False, True),
        ((), ["800", "801", "802"], False, False),
    ],
)
def test_records_that_are_not_here_are_told_from_those_that_are(
    three_records, tmp_path, records, left_out, is_complete, has_a_part
):
    write_records(tmp_path / "svdb", *records)
    copy = inspect(tmp_path / "svdb", DATABASES["svdb"])
    assert copy.records == ["800", "801", "802"]
    assert copy.records_left_out == left_out
    assert copy.is_complete() == is_complete
    assert copy.has_a_part() == has_a_part


def test_a_damaged_file_makes_a_copy_useless_and_is_named_first(
    three_records, tmp_path
):
    write_records(tmp_path / "svdb", "801", "802", damaged="802.hea")
    copy = inspect(tmp_path / "svdb", DATABASES["svdb"])
    assert copy.damaged == ["802.hea"]
    assert not copy.is_complete()
    assert not copy.has_a_part()
    assert "802.hea damaged" in str(copy)


def test_a_damaged_listing_makes_a_copy_useless(three_records, tmp_path):
    write_records(tmp_path / "svdb", "800", "801", "802")
    (tmp_path / "svdb" / "RECORDS").write_text("800")
    copy = inspect(tmp_path / "svdb", DATABASES["svdb"])
    assert copy.damaged == ["RECORDS"]
    assert not copy.is_complete()


def test_a_directory_that_is_not_there_is_no_copy(three_records, tmp_path):
    copy = inspect(tmp_path / "svdb", DATABASES["svdb"])
    assert not copy.has_a_part()
    assert str(copy) == f"{tmp_path / 'svdb'} (no such directory)"


def test_a_file_is_missing_or_damaged_or_as_it_should_be(tmp_path):
    path = tmp_path / "file"
    assert state_of(path, None) == "missing"
    path.write_text("content")
    assert state_of(path, None) is None
    assert state_of(path, _fetch.checksum_of(path)) is None
    assert state_of(path, "0" * 64).startswith("damaged")


def test_a_damaged_file_is_found_by_the_list_beside_it(no_checksums, tmp_path):
    write(tmp_path / "ltdb", LTDB | {"14046.atr": b"damaged"})
    (tmp_path / "ltdb" / "SHA256SUMS.txt").write_bytes(list_of_checksums(LTDB))
    copy = inspect(tmp_path / "ltdb", DATABASES["ltdb"])
    assert copy.damaged == ["14046.atr"]
    assert copy.records == ["14046"]


@pytest.mark.parametrize("listing", [None, b"<html>An error page</html>"])
def test_a_copy_without_a_list_is_said_to_be_unverified(
    no_checksums, tmp_path, listing
):
    names = (
        f"{r}.{e}" for r in DATABASES["ltdb"].records for e in ("hea", "dat", "atr")
    )
    write(tmp_path / "ltdb", dict.fromkeys(names, b"something"))
    if listing is not None:
        (tmp_path / "ltdb" / "SHA256SUMS.txt").write_bytes(listing)
    copy = inspect(tmp_path / "ltdb", DATABASES["ltdb"])
    assert copy.is_complete()
    with pytest.warns(UserWarning, match="could not be verified"):
        copy.warn_if_not_verified()


def test_only_files_that_are_needed_are_taken_from_a_list(tmp_path):
    others = {"14046.hea-": b"an old one", "index.html": b"a page"}
    path = tmp_path / "SHA256SUMS.txt"
    path.write_bytes(list_of_checksums(LTDB | others))
    assert set(listed_checksums(path, DATABASES["ltdb"])) == set(LTDB)


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
        monkeypatch.setattr(_fetch, "shipped_checksums", lambda _database: None)
        monkeypatch.delenv("SKLEARN_ECG_DATA", raising=False)

    @pytest.fixture
    def server(self, server, tmp_path, monkeypatch):
        monkeypatch.setattr(_fetch, "shipped_checksums", lambda _database: None)
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

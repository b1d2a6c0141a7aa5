import warnings

import pytest
from small_databases import THREE_RECORDS, know, write, write_records
from wfdb.io import download

from sklearn_ecg.datasets import DATABASES, fetch_database, fetch_mitdb, load_beats


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

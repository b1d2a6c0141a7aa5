import pytest
from real_data import what_is_missing

from sklearn_ecg.datasets import DATABASES


@pytest.mark.parametrize("name", ["mitdb", "svdb", "formats"])
def test_a_directory_that_is_empty_or_not_there_skips_tests(tmp_path, name):
    assert "no directory" in what_is_missing(tmp_path / name, name)
    (tmp_path / name).mkdir()
    assert "is empty" in what_is_missing(tmp_path / name, name)


@pytest.mark.parametrize(("name", "is_enough"), [("mitdb", False), ("svdb", True)])
def test_a_part_is_enough_but_of_the_database_whose_records_tests_name(
    tmp_path, name, is_enough
):
    (tmp_path / f"{DATABASES[name].records[0]}.hea").touch()
    (tmp_path / "RECORDS").touch()
    assert (what_is_missing(tmp_path, name) is None) is is_enough
    for record in DATABASES[name].records:
        (tmp_path / f"{record}.hea").touch()
    assert what_is_missing(tmp_path, name) is None


def test_files_of_something_else_are_no_database(tmp_path):
    (tmp_path / "notes.txt").touch()
    assert "0 of 48 records" in what_is_missing(tmp_path, "mitdb")
    assert what_is_missing(tmp_path, "formats") is None

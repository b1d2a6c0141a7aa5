import pytest
from small_databases import (
    LTDB,
    THREE_RECORDS,
    know,
    list_of_checksums,
    write,
    write_records,
)

from sklearn_ecg.datasets import DATABASES, _copies
from sklearn_ecg.datasets._copies import inspect, listed_checksums, state_of


@pytest.fixture
def three_records(monkeypatch):
    know(monkeypatch, THREE_RECORDS)


@pytest.fixture
def no_checksums(monkeypatch):
    monkeypatch.setattr(_copies, "shipped_checksums", lambda _database: None)


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
    assert state_of(path, _copies.checksum_of(path)) is None
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

import numpy as np
import pytest
import wfdb
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold

from sklearn_ecg.datasets import DATABASES, _fetch, make_ecg
from sklearn_ecg.datasets._databases import database_named, known_patient

N_RECORDS = {
    "mitdb": 48,
    "svdb": 78,
    "nstdb": 15,
    "incartdb": 75,
    "qtdb": 105,
    "edb": 90,
    "ltdb": 7,
    "nsrdb": 18,
}


def patients(name):
    database = DATABASES[name]
    return {record: database.patient_of(record) for record in database.records}


def together(name, record):
    """Name the records of the patient of a record."""
    of_record = patients(name)
    return [r for r, patient in of_record.items() if patient == of_record[record]]


@pytest.mark.parametrize("name", N_RECORDS)
def test_every_record_is_named_once_and_the_number_is_that_of_physionet(name):
    database = DATABASES[name]
    assert database.name == name
    assert len(set(database.records)) == len(database.records) == N_RECORDS[name]
    assert set(database.patients) <= set(database.records)
    assert name in database.url
    assert database.version in database.url
    assert "Goldberger" in database.references[-1]


def test_databases_cannot_be_changed_by_accident():
    with pytest.raises(TypeError):
        DATABASES["mitdb"] = None
    with pytest.raises(AttributeError):
        DATABASES["mitdb"].version = "2.0.0"


@pytest.mark.parametrize("name", ["mitdb", "incartdb", "nsrdb"])
def test_records_share_as_many_patients_as_physionet_says(name):
    assert len(set(patients(name).values())) == DATABASES[name].n_patients


def test_patients_of_several_records_are_known():
    assert together("mitdb", "201") == ["201", "202"]
    assert together("incartdb", "I36") == ["I35", "I36", "I37"]
    assert together("incartdb", "I08") == ["I08"]
    assert together("incartdb", "I75") == ["I74", "I75"]
    assert together("edb", "e0121") == ["e0118", "e0119", "e0121", "e0122"]
    assert together("nstdb", "118e06")[0] == "118e24"
    assert len(together("nstdb", "118e06")) == 6


def test_the_largest_and_smallest_patient_of_incart_have_four_and_one_records():
    _, counts = np.unique(list(patients("incartdb").values()), return_counts=True)
    assert np.bincount(counts).tolist() == [0, 2, 18, 11, 1]


def test_an_excerpt_is_of_the_patient_whose_record_it_is_from():
    of_excerpt = patients("qtdb")
    for name in ("mitdb", "svdb", "edb", "ltdb"):
        shared = set(of_excerpt.values()) & set(patients(name).values())
        assert len(shared) >= 4
    assert set(patients("nsrdb")) & set(of_excerpt.values()) >= {"16265", "17453"}
    assert of_excerpt["sele0126"] == patients("edb")["e0126"] == "e0123"
    assert of_excerpt["sel820"] == "820"


def test_splits_of_the_mit_bih_database_hold_every_record_once():
    splits = DATABASES["mitdb"].splits
    records = [record for part in splits.values() for record in part]
    assert sorted(records) == sorted(DATABASES["mitdb"].records)
    assert {name: len(part) for name, part in splits.items()} == {
        "DS1": 22,
        "DS2": 22,
        "paced": 4,
    }


@pytest.mark.parametrize("name", ["mitdb", "svdb", "nstdb", "qtdb"])
def test_checksums_are_shipped_of_every_record(name):
    database = DATABASES[name]
    files = set(_fetch.shipped_checksums(database))
    expected = {f"{r}.{e}" for r in database.records for e in ("hea", "dat")}
    annotated = {file.rpartition(".")[0] for file in files if file.endswith(".atr")}
    assert expected | {"RECORDS"} <= files
    assert annotated <= set(database.records)
    extensions = {file.rpartition(".")[2] for file in files}
    assert extensions == {"hea", "dat", "RECORDS", *database.annotators}
    missing = {"nstdb": 3, "qtdb": 23}.get(name, 0)
    assert len(annotated) == len(database.records) - missing


@pytest.mark.parametrize("name", ["incartdb", "edb", "ltdb"])
def test_no_checksums_are_shipped_of_the_others(name):
    assert _fetch.shipped_checksums(DATABASES[name]) is None


def test_a_record_is_known_by_name_rate_and_length():
    assert known_patient("202", 360, 650_000) == "201"
    assert known_patient("202", 360.0, 650_000) == "201"
    assert known_patient("202", 250, 650_000) is None
    assert known_patient("202", 360, 5000) is None
    assert known_patient("14046", 128, 10_828_800) == "14046"
    assert known_patient("mine", 360, 650_000) is None


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="name=5: must be one of 'mitdb'"):
        database_named(5)


@pytest.mark.parametrize("name", ["mitdb", "svdb", "nstdb", "qtdb"])
def test_headers_agree_with_what_is_said_of_the_database(data_directory, name):
    database, directory = DATABASES[name], data_directory(name)
    found, lengths = {}, set()
    for path in directory.glob("*.hea"):
        header = wfdb.rdheader(str(path.with_suffix("")))
        assert header.fs == database.sampling_rate
        lengths.add(header.sig_len)
        for lead in header.sig_name:
            found[lead] = found.get(lead, 0) + 1
    if database.n_samples is not None:
        assert lengths == {database.n_samples}
    if database.leads is not None:
        assert set(found) - {"noise1", "noise2"} == set(database.leads)
        most = max(found, key=found.get)
        assert database.favorite_lead in (most, database.leads[0])


def test_scikit_learn_splits_any_table_by_patient():
    beats = make_ecg(8, duration=30, random_state=0)
    split = GroupShuffleSplit(1, test_size=0.25, random_state=0)
    folds = StratifiedGroupKFold(4, shuffle=True, random_state=0)
    for splitter in (split, folds):
        for train, test in splitter.split(beats.data, beats.target, beats.groups):
            assert len(set(beats.groups[test])) == 2
            assert not set(beats.groups[train]) & set(beats.groups[test])

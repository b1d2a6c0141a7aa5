import os

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.datasets import beat_table
from sklearn_ecg.records import read_recording, recording_from_array


def test_one_lead_may_be_named_alone(ecg_directory):
    _, made = ecg_directory
    recording = read_recording(made.records[0])
    [first, second] = recording.leads
    assert read_recording(made.records[0], leads=second).leads == (second,)
    with pytest.raises(ValueError, match="leads"):
        read_recording(made.records[0], leads=[first, first])


@pytest.mark.parametrize("path", [b"100.edf", 7, None, ["a.edf"]])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(TypeError, match=r"path=.* must be a str or path-like"):
        read_recording(path)


def test_a_recording_is_its_own_recording(ecg_directory):
    _, made = ecg_directory
    recording = read_recording(made.records[0])
    assert read_recording(recording) is recording
    assert read_recording(recording, leads="V1").leads == ("V1",)
    with pytest.raises(ValueError, match="sampling_rate=100"):
        read_recording(recording, sampling_rate=100)


def test_files_of_a_record_stand_for_it(ecg_directory, monkeypatch):
    _, made = ecg_directory
    record = made.records[0]
    for path in (f"{record}.hea", f"{record}.dat"):
        assert read_recording(path).path == record
    with pytest.raises(ValueError, match=rf"is a file of record {record}"):
        read_recording(f"{record}.atr")
    monkeypatch.setenv("HOME", os.path.dirname(record))
    assert read_recording(f"~/{os.path.basename(record)}").path == record


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("x.mat", "a MATLAB file"),
        ("x.xml", "an XML file of another kind"),
        ("x.ecg", r"a model, which sklearn_ecg\.load_model reads"),
        ("x.edf.gz", "decompress it first"),
        ("x.foo", "of an unknown format"),
        ("x", "it has no extension"),
    ],
)
def test_unknown_formats_are_refused_by_name(tmp_path, name, what):
    known = r"Known are WFDB .*EDF and BDF .*DICOM .*ISHNE .*aECG .*Parquet .*\.csv"
    if name.count(".") and name != "x.foo":
        with pytest.raises(FileNotFoundError, match=rf"no file .*{what}.*{known}"):
            read_recording(tmp_path / name)
    (tmp_path / name).write_text("1")
    with pytest.raises(ValueError, match=rf"{name} is .*{what}.*{known}"):
        read_recording(tmp_path / name)


def test_a_directory_is_refused_by_name(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a directory: name one of"):
        read_recording(tmp_path)


@pytest.mark.parametrize("leads", [[], 0, b"II", [0]])
def test_what_names_no_lead_is_refused(leads):
    recording = recording_from_array(np.zeros(100), 100, "II")
    with pytest.raises(ValueError, match="The 'leads' parameter"):
        recording.read(leads)


def test_leads_of_one_name_are_numbered():
    signal = np.arange(20.0).reshape(10, 2)
    recording = recording_from_array(signal, 10, ["ECG", "ECG"])
    assert recording.leads == ("ECG (1)", "ECG (2)")
    assert recording.read("ECG (2)").tolist() == signal[:, 1].tolist()


def test_masked_samples_are_missing():
    masked = np.ma.array([1, 2, 3], mask=[False, True, False])
    read = recording_from_array(masked, 10, "II").read("II")
    np.testing.assert_array_equal(read, [1, np.nan, 3])


@pytest.mark.parametrize(
    ("signal", "rate", "unit", "message"),
    [
        ([1.0, 2], 10, ["mV"], "must be a str"),
        ([1.0, 2], 10, None, "must be a str"),
        ([1.0, 2], True, "mV", "positive number of Hz"),
        ([[1.0, 2], [3, 4], [5, 6]], 10, "mV", "ask for"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(signal, rate, unit, message):
    with pytest.raises(ValueError, match=message):
        recording_from_array(signal, rate, "II", unit)


def test_beats_of_a_lead_that_is_off_have_no_signal():
    good = np.sin(np.arange(1000.0))
    table = beat_table(recording_from_array(good, 100, "II"), [200, 400])
    off = beat_table(recording_from_array(0 * good, 100, "II"), [300])
    both = pd.concat([table, off], ignore_index=True)
    segmenter = BeatSegmenter("II").fit(both)
    assert segmenter.has_signal(both).tolist() == [True, True, False]
    with pytest.raises(ValueError, match="constant"):
        segmenter.transform(both)

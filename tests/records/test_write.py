"""What is written for other tools: the bytes of WFDB, and the limits of EDF."""

import warnings
from datetime import datetime

import edfio
import numpy as np
import pandas as pd
import pytest
import wfdb

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import read_recording, recording_from_array
from sklearn_ecg.records._annotations import BEAT_SYMBOLS
from sklearn_ecg.records._write import write_edf, write_wfdb_annotations

RATE = 360
MICROVOLT = 1e-3
NO_TEXTS = pd.DataFrame({"time": [], "duration": [], "text": []})


@pytest.mark.parametrize("rate", [360, 128.0, 257.12, np.float64(250), 999.5])
def test_annotations_are_those_of_wfdb_byte_by_byte(tmp_path, rate):
    random = np.random.default_rng(0)
    steps = random.choice([1, 200, 1023, 1024, 70_000, 3_000_000], 500)
    table = annotations(np.cumsum(steps), random.choice([*BEAT_SYMBOLS, "|"], 500))
    assert_written_as_by_wfdb(tmp_path, table, rate)


def test_subtypes_and_notes_are_those_of_wfdb_byte_by_byte(tmp_path):
    random = np.random.default_rng(1)
    table = annotations(
        np.cumsum(random.choice([1, 300, 5000], 500)),
        random.choice([*'N+~"'], 500),
        subtype=random.choice([0, 0, -1, -128, 127, 48], 500),
        note=random.choice(["", "", "(N", "(AFIB", "PSE", "é", "x" * 255], 500),
    )
    assert_written_as_by_wfdb(tmp_path, table, RATE)


def annotations(samples, symbols, **columns):
    """Return a table of annotations that say no more, but for the columns given."""
    table = {"sample": samples, "symbol": list(symbols), "subtype": 0, "note": ""}
    return pd.DataFrame(table | columns)


def assert_written_as_by_wfdb(directory, table, rate):
    write_wfdb_annotations(directory / "ours.ext", table, rate)
    wfdb.wrann(
        "theirs",
        "ext",
        table["sample"].to_numpy(),
        table["symbol"].tolist(),
        subtype=table["subtype"].to_numpy(),
        aux_note=table["note"].tolist(),
        fs=rate,
        write_dir=str(directory),
    )
    ours = (directory / "ours.ext").read_bytes()
    assert ours == (directory / "theirs.ext").read_bytes()
    read = wfdb.rdann(str(directory / "ours"), "ext")
    assert read.sample.tolist() == table["sample"].tolist()
    assert read.symbol == table["symbol"].tolist()
    assert read.subtype.tolist() == table["subtype"].tolist()
    assert read.aux_note == table["note"].tolist()


def test_beats_too_far_apart_for_wfdb_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"2147483648 samples apart.*Write CSV"):
        write_wfdb_annotations(tmp_path / "x.ext", annotations([2**31], "N"), RATE)
    assert not list(tmp_path.iterdir())


def test_what_is_no_symbol_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"'ZZ' are no symbols of WFDB; .* N L R"):
        write_wfdb_annotations(tmp_path / "x.ext", annotations([1], ["ZZ"]), RATE)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def ecg():
    return make_ecg(1, duration=60, random_state=4).records[0].p_signal[:, 0]


@pytest.fixture
def stored(tmp_path):
    """Write a lead as EDF; return what is read back, and the warnings."""

    def store(signal, unit="mV", lead="II", start_time=None):
        recording = recording_from_array(signal, RATE, lead, unit=unit)
        recording.start_time = start_time
        path = tmp_path / "new.edf"
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            write_edf(path, recording, NO_TEXTS)
        read = read_recording(path)
        return read.read(read.leads[0]), [str(each.message) for each in told]

    return store


@pytest.mark.parametrize("value", [1e4, -1e4, 1e9, -4e9])
@pytest.mark.parametrize("n_samples", [1, 360, 3600])
def test_an_artefact_leaves_the_ecg_its_resolution(ecg, stored, value, n_samples):
    signal = ecg.copy()
    artefact = np.arange(4000, 4000 + n_samples)
    signal[artefact] = value
    read, told = stored(signal)
    good = np.delete(np.arange(len(ecg)), artefact)
    np.testing.assert_allclose(read[good], ecg[good], atol=MICROVOLT / 2)
    assert (np.abs(read[artefact]) > 30).all()
    assert len(told) == 1
    assert f"{n_samples} of 21600 samples of lead 'II' of 'in memory' are cl" in told[0]


def test_artefacts_of_all_sizes_leave_the_ecg_its_resolution(ecg, stored):
    random = np.random.default_rng(0)
    signal = ecg.copy()
    signal[:600] = random.normal(0, 1e4, 600)
    np.testing.assert_allclose(stored(signal)[0][600:], ecg[600:], atol=MICROVOLT / 2)


@pytest.mark.parametrize("offset", [100, 300])
def test_an_offset_that_comes_and_goes_is_no_artefact(ecg, stored, offset):
    signal = ecg.copy()
    signal[16000:] += offset
    read, told = stored(signal)
    np.testing.assert_allclose(read, signal, atol=5 * MICROVOLT / 2)
    assert not told


def test_a_drift_is_kept_beside_an_artefact(ecg, stored):
    signal = ecg + np.linspace(0, 100, len(ecg))
    with_artefact = signal.copy()
    with_artefact[9000:9100] = 1e4
    read, told = stored(with_artefact)
    good = np.delete(np.arange(len(ecg)), np.arange(9000, 9100))
    np.testing.assert_allclose(read[good], signal[good], atol=5 * MICROVOLT / 2)
    assert "100 of 21600" in told[0]


def test_counts_that_are_called_millivolts_are_kept_and_named(ecg, stored):
    read, told = stored(1e6 + 1000 * ecg)
    np.testing.assert_allclose(read, 1e6 + 1000 * ecg, atol=0.03)
    assert "so in steps of 0.053 mV" in told[0]


def test_other_signals_than_voltages_are_never_clipped(stored):
    event = np.zeros(21600)
    event[500] = 1e5
    read, told = stored(event, unit="", lead="event")
    assert read[500] == 1e5
    assert not told


@pytest.mark.parametrize("value", [0.0, 5.0, -3e5, 1e6])
def test_a_constant_lead_stays_what_it_is(stored, value):
    read, told = stored(np.full(720, value))
    np.testing.assert_allclose(read, value, atol=1e-4, rtol=1e-9)
    assert not told


def test_a_lead_without_a_sample_is_no_signal(stored, tmp_path):
    read, told = stored(np.full(720, np.nan))
    np.testing.assert_allclose(read, 0, atol=1e-6)
    assert not told
    [gap] = edfio.read_edf(tmp_path / "new.edf").annotations
    assert (gap.onset, gap.duration, gap.text) == (0, 2, "no signal II")


def test_what_edf_has_no_limits_for_is_refused_by_name(stored):
    with pytest.raises(ValueError, match=r"Lead 'II' of 'in memory' lies between 1e\+"):
        stored(np.full(720, 1e9))


def test_texts_have_times_and_as_far_as_there_are_any_durations(ecg, tmp_path):
    texts = pd.DataFrame(
        {"time": [2, 1.5, 2], "duration": [30, np.nan, np.nan], "text": ["AF", *"NV"]}
    )
    recording = recording_from_array(ecg, RATE, "II")
    write_edf(tmp_path / "new.edf", recording, texts)
    read = edfio.read_edf(tmp_path / "new.edf").annotations
    assert list(map(tuple, read)) == [(1.5, None, "N"), (2, None, "V"), (2, 30, "AF")]


@pytest.mark.parametrize("lead", ["a\tb", "é", "EDF Annotations", "x" * 30])
def test_any_name_of_a_lead_can_be_written(ecg, stored, lead):
    read, _ = stored(ecg, lead=lead)
    np.testing.assert_allclose(read, ecg, atol=MICROVOLT)


@pytest.mark.parametrize("year", [1975, 2190])
def test_a_date_that_edf_does_not_know_is_left_out_with_a_word(
    ecg, stored, tmp_path, year
):
    _, told = stored(ecg, start_time=datetime(year, 3, 2, 23, 59, 1))
    assert f"in memory began on {year}-03-02" in told[0]
    assert edfio.read_edf(tmp_path / "new.edf").starttime.hour == 23

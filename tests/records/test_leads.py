import os
from pathlib import Path

import numpy as np
import pytest
import wfdb

from sklearn_ecg.records import recording_from_array
from sklearn_ecg.records._leads import (
    Lead,
    check_r_peaks,
    leads_to_read,
    pieces,
    read_leads,
    without_signal,
)

RATE = 100


def noise(n_leads=2, n_samples=500):
    return np.random.default_rng(0).normal(size=(n_samples, n_leads))


def in_memory(p_signal=None, leads=("MLII", "V5"), **fields):
    if p_signal is None and "d_signal" not in fields:
        p_signal = noise(len(leads))
    return wfdb.Record(
        record_name="memory", fs=RATE, sig_name=list(leads), p_signal=p_signal, **fields
    )


@pytest.fixture
def on_disk(tmp_path):
    """The path of a record of two leads, of which the second is upside down."""
    signal = noise(1)
    wfdb.wrsamp(
        "disk",
        fs=RATE,
        units=["mV", "mV"],
        sig_name=["V5", "MLII"],
        p_signal=np.hstack([signal, -signal]),
        fmt=["16", "16"],
        write_dir=str(tmp_path),
    )
    return str(tmp_path / "disk")


def test_the_first_lead_that_the_record_has_stands_in_for_the_others():
    [lead] = read_leads(in_memory(leads=("V1", "V5")), ["MLII", "II", "V5", "V1"])
    assert lead.name == "V5"


def test_leads_are_found_by_name_and_not_by_place(on_disk):
    expected = wfdb.rdrecord(on_disk).p_signal[:, 1]
    [lead] = read_leads(on_disk, ["MLII"])
    np.testing.assert_array_equal(lead.samples, expected)


def test_all_channels_come_in_the_order_wanted(on_disk):
    first, second = read_leads(on_disk, ["MLII", "V5"], "all")
    assert (first.name, second.name) == ("MLII", "V5")
    assert np.corrcoef(first.samples, second.samples)[0, 1] < -0.99


def test_a_missing_lead_is_an_error_that_names_the_record_and_its_leads(on_disk):
    with pytest.raises(
        ValueError, match=r"disk' has no lead 'I' or 'aVR'.*'V5' .*, 'ML"
    ):
        read_leads(on_disk, ["I", "aVR"])


def test_all_channels_are_required_even_if_some_are_there(on_disk):
    with pytest.raises(ValueError, match=r"has no lead 'V1'; its leads are 'V5'"):
        read_leads(on_disk, ["V5", "V1"], "all")


def test_two_leads_of_one_name_cannot_be_told_apart():
    with pytest.raises(ValueError, match="has 2 leads that are called 'ECG'"):
        read_leads(in_memory(leads=("ECG", "ECG")), ["ECG"])


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("mV", 1),
        ("V", 1e3),
        ("nv", 1e-6),
        ("uV", 1e-3),
        ("uv", 1e-3),
        ("UV", 1e-3),
        ("\N{MICRO SIGN}V", 1e-3),
        ("\N{GREEK SMALL LETTER MU}V", 1e-3),
        ("beats", 1),
        (None, 1),
    ],
)
def test_signals_are_converted_to_millivolts(unit, factor):
    record = in_memory(units=[unit, unit])
    [lead] = read_leads(record, ["MLII"])
    np.testing.assert_allclose(lead.samples, factor * record.p_signal[:, 0])


@pytest.mark.parametrize("fmt", [None, ["16", "16"]])
def test_digital_samples_in_memory_are_converted(fmt):
    digital = np.random.default_rng(0).integers(-500, 500, (300, 2))
    record = in_memory(
        d_signal=digital, adc_gain=[200.0, 100.0], baseline=[10, 20], fmt=fmt
    )
    [lead] = read_leads(record, ["V5"])
    np.testing.assert_allclose(lead.samples, (digital[:, 1] - 20) / 100)


@pytest.mark.parametrize("attribute", ["units", "adc_gain", "baseline", "fmt"])
def test_a_list_without_an_entry_for_each_lead_is_refused(attribute):
    fields = {"adc_gain": [200.0] * 2, "baseline": [0] * 2, "fmt": ["16"] * 2}
    record = in_memory(d_signal=np.arange(100).reshape(50, 2), **fields)
    assert read_leads(record, ["V5"])
    setattr(record, attribute, [{"units": "mV", "fmt": "16"}.get(attribute, 200)])
    with pytest.raises(ValueError, match=rf"{attribute} of record 'memory' have 1 ent"):
        read_leads(record, ["V5"])


def test_the_missing_sample_mark_of_a_digital_format_is_missing():
    digital = np.random.default_rng(0).integers(-500, 500, (300, 1))
    digital[40] = -32768
    record = in_memory(
        leads=["II"], d_signal=digital, adc_gain=[200.0], baseline=[0], fmt=["16"]
    )
    [lead] = read_leads(record, ["II"])
    assert np.flatnonzero(lead.missing).tolist() == [40]


def test_the_last_sample_stands_for_missing_ones_which_are_marked():
    signal = np.arange(100.0)[:, np.newaxis]
    signal[[0, 50, 51, 70, 99], 0] = [np.nan, np.nan, np.inf, 9.97e36, -np.inf]
    original = signal.copy()
    [lead] = read_leads(in_memory(signal, leads=["II"]), ["II"])
    expected = [1.0, *range(1, 50), 49, 49, *range(52, 70), 69, *range(71, 99), 98.0]
    np.testing.assert_allclose(lead.samples, expected)
    assert np.flatnonzero(lead.missing).tolist() == [0, 50, 51, 70, 99]
    np.testing.assert_array_equal(signal, original)


def test_a_lead_without_a_finite_sample_is_refused():
    with pytest.raises(ValueError, match="lead 'II' of record 'memory' has no finite"):
        read_leads(in_memory(np.full((50, 1), np.nan), leads=["II"]), ["II"])


def test_a_lead_without_samples_is_refused():
    with pytest.raises(ValueError, match="'memory' holds no signal"):
        read_leads(in_memory(np.zeros((0, 1)), leads=["II"]), ["II"])


def test_a_constant_lead_is_refused():
    with pytest.raises(ValueError, match=r"'II' of record 'memory' is constant \(5 mV"):
        read_leads(in_memory(np.full((50, 1), 5.0), leads=["II"]), ["II"])


@pytest.mark.parametrize(("limit", "is_saturated"), [(0.5, True), (3.0, False)])
def test_a_lead_that_stands_on_its_limits_is_refused(limit, is_saturated):
    record = in_memory(np.clip(noise(1), -limit, limit), leads=["II"])
    if is_saturated:
        with pytest.raises(ValueError, match=r"'II' of record 'memory' is saturated"):
            read_leads(record, ["II"])
    else:
        assert read_leads(record, ["II"])


def test_a_record_without_signal_says_how_to_read_it():
    record = wfdb.Record(record_name="empty", fs=RATE, sig_name=["II"])
    with pytest.raises(ValueError, match=r"'empty' holds no signal.*wfdb.rdrecord"):
        read_leads(record, ["II"])


def test_a_signal_that_does_not_match_its_lead_names_is_refused():
    with pytest.raises(ValueError, match=r"p_signal of record 'memory' .* \(500, 3\)"):
        read_leads(in_memory(noise(3)), ["MLII"])


def test_digital_samples_without_gain_are_refused():
    digital = np.zeros((50, 2), dtype=int)
    with pytest.raises(ValueError, match=r"'memory' .* without the adc_gain"):
        read_leads(in_memory(d_signal=digital), ["MLII"])


@pytest.mark.parametrize("rate", [None, 0, -360, np.nan, np.inf])
def test_a_record_without_usable_rate_is_refused(rate):
    record = in_memory()
    record.fs = rate
    with pytest.raises(ValueError, match=f"'memory' .* sampling rate: {rate}"):
        read_leads(record, ["MLII"])


def test_a_multi_segment_record_in_memory_says_what_to_do():
    record = wfdb.MultiRecord(record_name="long", segments=[])
    with pytest.raises(ValueError, match=r"'long' is a wfdb.MultiRecord.*multi_to_sin"):
        read_leads(record, ["II"])


def test_a_multi_segment_record_on_disk_is_read(on_disk):
    folder = Path(on_disk).parent
    (folder / "long.hea").write_text("long/2 2 100 1000\ndisk 500\ndisk 500\n")
    [lead] = read_leads(str(folder / "long"), ["MLII"])
    [half] = read_leads(on_disk, ["MLII"])
    np.testing.assert_allclose(lead.samples, np.tile(half.samples, 2))


def test_a_record_that_does_not_exist_is_named(tmp_path):
    path = str(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match=r"nothing' cannot .*nothing\.hea"):
        read_leads(path, ["II"])


def test_a_missing_signal_file_is_named(on_disk):
    os.remove(f"{on_disk}.dat")
    with pytest.raises(FileNotFoundError, match=r"disk' cannot be read.*disk\.dat"):
        read_leads(on_disk, ["MLII"])


@pytest.mark.parametrize("kept", [0, 1, 777, 1000, 1999])
def test_a_truncated_signal_file_is_refused(on_disk, kept):
    file = Path(f"{on_disk}.dat")
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"disk' cannot be read: disk\.dat is trunc"):
        read_leads(on_disk, ["MLII"])


def test_a_flipped_bit_in_the_signal_is_caught_by_the_checksum(on_disk):
    file = Path(f"{on_disk}.dat")
    content = bytearray(file.read_bytes())
    content[1002] ^= 0x10
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"lead 'MLII' .*disk' do not add up .*\.dat"):
        read_leads(on_disk, ["MLII"])


def test_a_negative_checksum_means_the_same_modulo_65536(on_disk):
    header = Path(f"{on_disk}.hea")
    checksum = wfdb.rdheader(on_disk).checksum[1]
    text = header.read_text()
    header.write_text(text.replace(f" {checksum} ", f" {checksum - 65536} "))
    assert wfdb.rdheader(on_disk).checksum[1] == checksum - 65536
    assert read_leads(on_disk, ["MLII"])


@pytest.mark.parametrize("kept", [0, 8, 13, 30, 60])
def test_a_truncated_header_is_refused(on_disk, kept):
    header = Path(f"{on_disk}.hea")
    header.write_bytes(header.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"ecord '.*disk'"):
        read_leads(on_disk, ["MLII"])


def test_a_header_of_garbage_is_refused(on_disk):
    Path(f"{on_disk}.hea").write_bytes(bytes(range(256)))
    with pytest.raises(ValueError, match=r"disk' cannot be read: .*disk\.hea is trunc"):
        read_leads(on_disk, ["MLII"])


def test_spans_that_hold_a_missing_sample_are_told():
    lead = Lead("100", "II", 10.0, np.zeros(50), missing=np.arange(50) == 21)
    found = without_signal(lead, np.array([5, 15, 21]), np.array([10, 25, 21]))
    assert found.tolist() == [False, True, True]


@pytest.mark.parametrize("sample", [-1, 50])
def test_r_peaks_outside_of_the_lead_are_refused(sample):
    lead = Lead("100", "II", 360.0, np.zeros(50))
    check_r_peaks(lead, np.array([0, 49]))
    said = f"sample {sample} lies outside of the lead 'II' of record '100'.* 0 to 49"
    with pytest.raises(ValueError, match=said):
        check_r_peaks(lead, np.array([sample]))


def test_pieces_put_together_are_the_leads_in_millivolts():
    signal = np.random.default_rng(0).normal(size=(1234, 2))
    recording = recording_from_array(1000 * signal, 100, ["II", "V1"], unit="uV")
    recording.source.signals[0][7] = 1e20
    read = np.concatenate([*pieces(recording, recording.source.leads, seconds=5)])
    assert np.isnan(read[7, 0])
    read[7, 0] = signal[7, 0]
    np.testing.assert_allclose(read, signal)


def test_leads_that_differ_in_rate_are_not_read_together():
    signals = [np.zeros(200), np.zeros(400)]
    recording = recording_from_array(signals, [100, 200], ["II", "V1"])
    [choice] = leads_to_read(recording, ["V1", "II"], first=True)
    assert choice.name == "V1"
    with pytest.raises(ValueError, match=r"\(II 100 Hz, V1 200 Hz\), so they cannot"):
        leads_to_read(recording, ["II", "V1"], first=False)

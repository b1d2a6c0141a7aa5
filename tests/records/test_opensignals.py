import gzip
import json
from datetime import datetime

import numpy as np
import pytest

from sklearn_ecg.records import read_recording

COUNTS = np.random.default_rng(0).integers(0, 1024, (200, 2))
BITALINO = {
    "sensor": ["ECGBIT", "EDA"],
    "column": ["nSeq", "I1", "O1", "A1", "A5"],
    "time": "9:39:1.250",
    "comments": "Erika Mustermann",
    "date": "2024-2-3",
    "device": "bitalino_rev",
    "sampling rate": 1000,
    "label": ["A1", "A5"],
    "resolution": [4, 1, 1, 10, 6],
}
PLUX = {
    "sensor": ["ECG", "RESPIRATION"],
    "column": ["nSeq", "DI", "CH1", "CH2"],
    "device": "biosignalsplux",
    "sampling rate": 700,
    "label": ["CH1", "CH2"],
    "resolution": [16, 16],
}


def document(devices, counts=COUNTS, modulus=16, left_out=(), n_digital=2, tab="\t"):
    lines = ["# OpenSignals Text File Format", f"# {json.dumps(devices)}"]
    lines.append("# EndOfHeader")
    for i, row in enumerate(counts):
        if i not in left_out:
            numbers = [i % modulus, *[0] * n_digital, *row]
            lines.append("\t".join(map(str, numbers)) + tab)
    return "\n".join(lines) + "\n"


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a text, and returns its path."""

    def write(text, name="opensignals.txt"):
        path = tmp_path / name
        raw = text.encode()
        path.write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
        return path

    return write


@pytest.mark.parametrize("name", ["opensignals.txt", "opensignals.txt.gz"])
@pytest.mark.parametrize("tab", ["\t", ""])
def test_the_ecg_of_a_bitalino_is_in_millivolts(write, name, tab):
    recording = read_recording(write(document({"20:16": BITALINO}, tab=tab), name))
    assert recording.leads == ("ECGBIT A1", "EDA A5")
    assert recording.units == {"ECGBIT A1": "mV", "EDA A5": "counts"}
    assert recording.sampling_rate == 1000
    assert recording.start_time == datetime(2024, 2, 3, 9, 39, 1, 250_000)
    expected = (COUNTS[:, 0] / 2**10 - 0.5) * 3.3 / 1100 * 1000
    np.testing.assert_allclose(recording.read("ECGBIT A1"), expected, atol=1e-12)
    np.testing.assert_array_equal(recording.read("EDA A5"), COUNTS[:, 1])
    assert "Muster" not in f"{recording!r}"


def test_the_ecg_of_a_biosignalsplux_is_in_millivolts(write):
    text = document({"00:07": PLUX}, COUNTS * 60, 10**9, n_digital=1)
    recording = read_recording(write(text))
    assert recording.leads == ("ECG CH1", "RESPIRATION CH2")
    assert recording.sampling_rate == 700
    expected = (COUNTS[:, 0] * 60 / 2**16 - 0.5) * 3
    np.testing.assert_allclose(recording.read("ECG CH1"), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("device", "modulus", "n_digital"), [(BITALINO, 16, 2), (PLUX, 10**9, 1)]
)
def test_rows_that_are_missing_by_their_numbers_are_gaps(
    write, device, modulus, n_digital
):
    lost = [30, 31, 32, *range(90, 100)]
    text = document({"x": device}, modulus=modulus, left_out=lost, n_digital=n_digital)
    recording = read_recording(write(text))
    lead = recording.leads[0]
    signal = recording.read(lead)
    assert np.flatnonzero(np.isnan(signal)).tolist() == lost
    kept = np.setdiff1d(np.arange(200), lost)
    text = document({"x": device}, modulus=modulus, n_digital=n_digital)
    whole = read_recording(write(text)).read(lead)
    np.testing.assert_array_equal(signal[kept], whole[kept])


def test_devices_side_by_side_are_leads_of_one_recording(write):
    first = BITALINO | {
        "column": ["nSeq", "A1"],
        "label": ["A1"],
        "resolution": [4, 10],
    }
    second = first | {"sensor": ["EMG"]}
    rows = "\n".join(f"{i % 16}\t{a}\t{i % 16}\t{b}" for i, (a, b) in enumerate(COUNTS))
    head = document({"a": first, "b": second}, [])
    recording = read_recording(write(head + rows))
    assert recording.leads == ("ECGBIT A1", "EMG A1")
    np.testing.assert_array_equal(recording.read("EMG A1"), COUNTS[:, 1])


@pytest.mark.parametrize("change", [{"device": "other"}, {"resolution": None}])
def test_an_ecg_of_unknown_scale_stays_in_counts_with_a_word(write, change):
    path = write(document({"x": BITALINO | change}))
    with pytest.warns(UserWarning, match=r"does not say how its channels 'ECGBIT A1'"):
        recording = read_recording(path)
    assert recording.units["ECGBIT A1"] == "counts"
    np.testing.assert_array_equal(recording.read("ECGBIT A1"), COUNTS[:, 0])


@pytest.mark.parametrize(
    "change", [lambda x: x / 1000, lambda x: x - 512, lambda x: 9 * x]
)
def test_values_that_are_no_counts_are_left_as_they_are(write, change):
    path = write(document({"x": BITALINO}, change(COUNTS)))
    with pytest.warns(UserWarning, match=r"'ECGBIT A1' of .*converter does not give"):
        recording = read_recording(path)
    assert recording.units["ECGBIT A1"] == "unknown"
    np.testing.assert_allclose(recording.read("ECGBIT A1"), change(COUNTS[:, 0]))


GOOD = document({"x": BITALINO})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD[:60], "header has no end"),
        (GOOD[: GOOD.index("# End")], "header has no end"),
        (GOOD[: GOOD.index("# End") + 14], "header has no end"),
        (GOOD.replace('"sampling rate": 1000', '"sampling rate": 0'), "rate 0 Hz"),
        (GOOD.replace('"sampling rate": 1000', '"sampling rate": "x"'), "in JSON"),
        (GOOD.replace('"column"', '"columns"'), "in JSON"),
        (GOOD.replace("{", "", 1), "in JSON"),
        (GOOD.replace('"O1", ', ""), "names 4 columns, and line 4 has"),
        (GOOD.replace('"A1", "A5"]', "]").replace('"O1", ]', '"O1"]'), "names 3"),
        (document({"x": BITALINO, "y": PLUX}), "names 9 columns"),
        (GOOD.replace("\n1\t", "\nx\t"), "should number the samples"),
    ],
)
def test_damage_is_refused_by_name(write, text, message):
    with pytest.raises(ValueError, match=rf"opensignals.txt.*{message}") as raised:
        read_recording(write(text))
    assert "Muster" not in str(raised.value)


def test_devices_of_several_rates_are_refused(write):
    slow = BITALINO | {"sampling rate": 100}
    rows = "\n".join("\t".join("0" * 10) for _ in range(20))
    with pytest.raises(ValueError, match=r"one sampling rate, not of \[100.0, 1000"):
        read_recording(write(document({"a": BITALINO, "b": slow}, []) + rows))


def test_a_text_among_the_samples_is_named_by_line(write):
    rows = GOOD.splitlines()
    rows[10] = rows[10].replace("\t", "\toops\t", 3).rsplit("\t", 4)[0]
    with pytest.raises(ValueError, match=r"opensignals.txt"):
        read_recording(write("\n".join(rows))).read()

import base64
from datetime import datetime

import numpy as np
import pytest
from ecgdatakit.parsing.parsers.sierra_xml import SierraXMLParser
from sierra_files import document, limb_residuals, xli

from sklearn_ecg.records import read_recording
from sklearn_ecg.records._xli import decode_xli

NAMES = "I II III aVR aVL aVF V1 V2 V3 V4 V5 V6"
RANDOM = np.random.default_rng(0)
STORED = np.cumsum(RANDOM.integers(-9, 10, (12, 1000)), axis=1)
STORED[2] = STORED[1] - STORED[0] + RANDOM.integers(-1, 2, 1000)


LABELS = f'numberofleads="12" leadlabels="{NAMES}" samplespersecond="500"'
PLAIN = f'{LABELS} dataencoding="Base64"'
PACKED = f'{PLAIN} compression="XLI"'
RAW = base64.encodebytes(STORED.astype("<i2").tobytes()).decode()
XLI = base64.encodebytes(xli([*limb_residuals(STORED[:6]), *STORED[6:]])).decode()


@pytest.fixture
def write(tmp_path):
    """Return a function that writes an XML file."""

    def write(text, encoding="utf-8"):
        path = tmp_path / "rest.xml"
        path.write_text(text, encoding=encoding)
        return path

    return write


@pytest.mark.parametrize(
    ("waves", "attributes", "version"),
    [
        (RAW, PLAIN, "1.04"),
        (XLI, PACKED, "1.04.01"),
        (XLI, PLAIN + ' compressflag="True" compressmethod="XLI"', "1.03"),
        (RAW, PACKED + ' compressflag="False"', "1.03"),
        (RAW, 'dataencoding="Base64"', "1.04"),
        (
            " ".join(map(str, STORED.reshape(-1))),
            f'{LABELS} dataencoding="Plain"',
            "1.03",
        ),
    ],
)
def test_samples_are_those_written_however_they_are_stored(
    write, waves, attributes, version
):
    path = write(document(waves, attributes, version))
    recording = read_recording(path)
    assert recording.leads == tuple(NAMES.split())
    assert (recording.sampling_rate, recording.duration) == (500, 2)
    assert recording.start_time == datetime(2024, 2, 3, 10, 20, 30)
    other = SierraXMLParser().parse(path).leads
    for place, signal in enumerate(recording.read().values()):
        np.testing.assert_allclose(signal, STORED[place] * 5e-3)
        np.testing.assert_allclose(signal, other[place].samples * 5e-3)


def test_utf_16_and_the_offset_of_unsigned_samples_are_read(write):
    raw = base64.b64encode((STORED + 32768).astype("<u2").tobytes()).decode()
    attributes = PLAIN + ' signalsigned="False" signaloffset="32768"'
    text = document(raw, attributes).replace("utf-8", "utf-16")
    recording = read_recording(write(text, "utf-16"))
    np.testing.assert_allclose(recording.read("V1"), STORED[6] * 5e-3)


def test_without_resolution_counts_stay_counts(write):
    path = write(document(RAW, PLAIN).replace("resolution>", "revolution>"))
    with pytest.warns(UserWarning, match=r"rest.xml does not say the unit"):
        recording = read_recording(path)
    np.testing.assert_array_equal(recording.read("V6"), STORED[11])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("SierraECG", "Other", "document type is 'Other'"),
        ("parsedwaveforms", "waves", "no element parsedwaveforms"),
        ('second="500"', 'second="0"', "must have 0"),
        ('channel="2000"', 'channel=""', "duration of a lead is no number"),
        ('channel="2000"', 'channel="99999999"', "1000 samples, and must have 5"),
        ('leads="12"', 'leads="13"', "announces 13 leads, and names 12"),
        ('leads="12"', 'leads="0"', "announces 0 leads"),
        ("Base64", "Hex", "encoded as 'hex'"),
        ('"XLI"', '"ZIP"', "compressed by 'ZIP'"),
        (XLI[:40], "?" + XLI[:39], "no base64"),
        (XLI, XLI[:600] + "\n", "leads?|base64"),
        (XLI, RAW, "announces .* bytes|code"),
        ("</restingecgdata>", "", "no well-formed XML"),
    ],
)
def test_damage_is_refused_by_name(write, old, new, message):
    text = document(XLI, PACKED)
    assert old in text
    with pytest.raises(ValueError, match=rf"rest.xml .*({message})") as raised:
        read_recording(write(text.replace(old, new)))
    assert "Muster" not in str(raised.value)


@pytest.mark.parametrize("count", [10, 12, 10**9])
def test_leads_without_names_are_counted(write, count):
    attributes = 'dataencoding="Base64" samplespersecond="500"'
    text = document(RAW, attributes).replace(">12<", f">{count}<").replace("STD-12", "")
    if count > 12:
        with pytest.raises(ValueError, match=rf"rest.xml .*announces {count} leads"):
            read_recording(write(text))
        return
    assert read_recording(write(text)).leads == tuple(
        f"ECG {i + 1}" for i in range(count)
    )


def test_codes_that_mean_nothing_and_leads_without_end_are_refused():
    with pytest.raises(ValueError, match="code 1000, which means nothing"):
        decode_xli(b"\x03\0\0\0\0\0\0\0" + b"\xfa\0\0", 1)
    long = np.zeros(3_000_000, int)
    with pytest.raises(ValueError, match="longer than any resting ECG"):
        decode_xli(xli([long]), 1)

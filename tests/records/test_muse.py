from datetime import datetime

import numpy as np
import pytest
from ecgdatakit.parsing.parsers.ge_muse_xml import GEMuseXMLParser
from muse_files import document, lead_data, waveform

from sklearn_ecg.records import read_recording

LEADS = ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"]
STORED = np.random.default_rng(0).integers(-2000, 2000, (8, 500)).astype("<i2")
SIGNALS = dict(zip(LEADS, STORED * 4.88e-3, strict=True))


EIGHT = waveform(*(lead_data(*pair) for pair in zip(LEADS, STORED, strict=True)))
MEDIAN = waveform(lead_data("I", STORED[0, :300]), kind="Median")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes an XML file."""

    def write(text):
        path = tmp_path / "rest.xml"
        path.write_bytes(text.encode("latin-1"))
        return path

    return write


def test_eight_leads_give_twelve_in_millivolts(write):
    path = write(document(MEDIAN, EIGHT))
    recording = read_recording(path)
    assert recording.leads == ("I", "II", "III", "aVR", "aVL", "aVF", *LEADS[2:])
    assert (recording.sampling_rate, recording.duration) == (500, 1)
    assert recording.start_time == datetime(2024, 2, 3, 10, 20, 30)
    read = recording.read()
    for lead, signal in SIGNALS.items():
        np.testing.assert_allclose(read[lead], signal, rtol=1e-12)
    one, two = SIGNALS["I"], SIGNALS["II"]
    np.testing.assert_allclose(read["III"], two - one, atol=1e-12)
    np.testing.assert_allclose(read["aVR"], -(one + two) / 2, atol=1e-12)
    np.testing.assert_allclose(read["aVL"], (one - read["III"]) / 2, atol=1e-12)
    np.testing.assert_allclose(read["aVF"], (two + read["III"]) / 2, atol=1e-12)


def test_every_sample_is_that_of_another_reader(write):
    path = write(document(MEDIAN, EIGHT))
    read = read_recording(path).read()
    for lead in GEMuseXMLParser().parse(path).leads:
        np.testing.assert_allclose(read[lead.label], lead.samples * 4.88e-3)


@pytest.mark.parametrize(
    ("unit", "scale"), [("MILLIVOLTS", "0.00488"), ("NANOVOLTS", "4880")]
)
@pytest.mark.parametrize("dtype", ["<i2", "<i4"])
def test_units_and_sizes_of_samples_may_be_others(write, unit, scale, dtype):
    lead = lead_data("V1", STORED[2].astype(dtype), unit, scale)
    recording = read_recording(write(document(waveform(lead))))
    np.testing.assert_allclose(recording.read("V1"), SIGNALS["V1"], rtol=1e-12)


def test_the_exponent_makes_the_rate(write):
    lead = lead_data("V1", STORED[2])
    path = write(document(waveform(lead, base=25, exponent=1)))
    assert read_recording(path).sampling_rate == 250


def test_the_month_comes_first_and_what_is_no_date_is_told(write):
    lead = waveform(lead_data("V1", STORED[2]))
    with pytest.warns(UserWarning, match="no acquisition time that can be read"):
        assert (
            read_recording(write(document(lead, date="13-02-2024"))).start_time is None
        )


def test_without_a_unit_counts_stay_counts(write):
    path = write(document(waveform(lead_data("V1", STORED[2], unit=""))))
    with pytest.warns(UserWarning, match=r"rest.xml does not say the unit"):
        recording = read_recording(path)
    np.testing.assert_array_equal(recording.read("V1"), STORED[2])


def test_of_two_rhythms_the_first_is_read(write):
    with pytest.warns(UserWarning, match="holds 2 rhythms"):
        recording = read_recording(write(document(EIGHT, MEDIAN.replace("Median", ""))))
    assert recording.n_samples == 500


def test_a_wrong_check_sum_is_told(write):
    text = document(EIGHT).replace("<LeadDataCRC32>", "<LeadDataCRC32>1")
    with pytest.warns(UserWarning, match=r"check sum of .*rest.xml is wrong"):
        read_recording(write(text))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<SampleBase>500", "<SampleBase>0", "sampling rate 0 Hz"),
        ("<SampleBase>500", "<SampleBase>", "SampleBase is no number"),
        ("<SampleExponent>0", "<SampleExponent>999999", ""),
        ("<WaveFormData>", "<WaveFormData>?", "lead I is no base64"),
        ("<WaveFormData>", "<WaveFormData>AAAA", "lead I (has|is)"),
        ("<LeadSampleSize>2", "<LeadSampleSize>3", "LeadSampleSize is 3 bytes"),
        ("<LeadSampleCountTotal>500", "<LeadSampleCountTotal>501", "500 samples"),
        ("Rhythm", "Median", "no waveform of the type Rhythm"),
        ("LeadData>", "LeadDatum>", "holds no lead"),
        ("</RestingECG>", "", "no well-formed XML"),
        ('SYSTEM "restecg.dtd"', "[<!ENTITY a 'b'>]", "declares XML entities"),
    ],
)
def test_damage_is_refused_by_name(write, old, new, message):
    text = document(EIGHT)
    assert old in text
    with pytest.raises(ValueError, match=rf"rest.xml .*{message}") as raised:
        read_recording(write(text.replace(old, new)))
    assert "stermann" not in str(raised.value)

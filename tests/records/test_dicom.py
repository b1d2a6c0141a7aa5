import builtins
from datetime import datetime

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, TwelveLeadECGWaveformStorage

from sklearn_ecg.records import read_recording

STANDARD = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = (
        value,
        scheme,
        meaning,
    )
    return [item]


def channel(source, unit="uV", sensitivity=2.5, correction=1.1, baseline=3.0):
    item = Dataset()
    item.ChannelSourceSequence = code(*source)
    item.ChannelSensitivity = sensitivity
    item.ChannelSensitivityUnitsSequence = code(unit, "UCUM", unit)
    item.ChannelSensitivityCorrectionFactor = correction
    item.ChannelBaseline = baseline
    item.WaveformBitsStored = 16
    return item


def group(stored, channels, rate=500, originality="ORIGINAL", label="RHYTHM"):
    item = Dataset()
    item.WaveformOriginality = originality
    item.MultiplexGroupLabel = label
    item.NumberOfWaveformSamples, item.NumberOfWaveformChannels = stored.shape
    item.SamplingFrequency = rate
    item.ChannelDefinitionSequence = channels
    item.WaveformBitsAllocated = 16
    item.WaveformSampleInterpretation = "SS"
    item.WaveformData = stored.astype("<i2").tobytes()
    return item


def annotation(text, group=1, **where):
    item = Dataset()
    item.ReferencedWaveformChannels = [group, 0]
    item.UnformattedTextValue = text
    for keyword, value in where.items():
        setattr(item, keyword, value)
    return item


STORED = np.random.default_rng(0).integers(-2000, 2000, (1000, 2))
LEADS = [("2:2", "MDC", "Lead II"), ("2:7", "MDC", "Lead V5")]


@pytest.fixture
def write(tmp_path):
    """Return a function that writes multiplex groups, and further elements."""

    def write(*groups, **elements):
        dataset = Dataset()
        dataset.SOPClassUID = TwelveLeadECGWaveformStorage
        dataset.SOPInstanceUID = "1.2.3"
        dataset.SpecificCharacterSet = "ISO_IR 192"
        dataset.Modality = "ECG"
        dataset.WaveformSequence = list(groups)
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        path = tmp_path / "resting.dcm"
        dataset.save_as(path, enforce_file_format=True)
        return path

    return write


def two_leads(**options):
    return group(STORED, [channel(lead) for lead in LEADS], **options)


def test_the_published_file_is_read_as_pydicom_reads_it(formats):
    path = formats / "waveform_ecg.dcm"
    recording = read_recording(path)
    assert list(recording.leads) == STANDARD
    assert recording.sampling_rate == 1000
    assert recording.start_time == datetime(2013, 1, 25, 10, 59, 19)
    expected = pydicom.dcmread(path).waveform_array(0) * 1e-3
    signals = recording.read()
    for place, lead in enumerate(STANDARD):
        np.testing.assert_array_equal(signals[lead], expected[:, place])


def test_fiducial_points_of_the_published_file_are_annotations(formats):
    table = read_recording(formats / "waveform_ecg.dcm").annotations()
    fiducial = table[table["symbol"] == "Fiducial Point"]
    assert len(table) == 66
    assert fiducial["sample"].tolist()[:4] == [500, 526, 1525, 2506]


def test_sensitivity_correction_and_baseline_give_millivolts(write):
    path = write(two_leads())
    recording = read_recording(path)
    expected = pydicom.dcmread(path).waveform_array(0) * 1e-3
    np.testing.assert_array_equal(recording.read("II"), expected[:, 0])
    np.testing.assert_allclose(expected[:, 0], (STORED[:, 0] * 2.5 * 1.1 + 3) / 1000)


def test_a_stretch_equals_that_part_of_the_whole(write):
    recording = read_recording(write(two_leads()))
    part = recording.read(["V5"], start=0.333, stop=1.5)["V5"]
    np.testing.assert_array_equal(part, recording.read("V5")[166:750])


@pytest.mark.parametrize(("unit", "factor"), [("mV", 1), ("uV", 1e-3), ("V", 1e3)])
def test_each_channel_has_its_own_unit(write, unit, factor):
    channels = [channel(LEADS[0], unit, 1, 1, 0), channel(LEADS[1], "mm[Hg]", 1, 1, 0)]
    recording = read_recording(write(group(STORED, channels)))
    assert recording.units == {"II": "mV", "V5": "mm[Hg]"}
    np.testing.assert_allclose(recording.read("II"), STORED[:, 0] * factor)
    np.testing.assert_array_equal(recording.read("V5"), STORED[:, 1])


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (("5.6.3-9-1", "SCPECG", "Lead I (Einthoven)"), "I"),
        (("2:63", "MDC", "aVL, augmented voltage, left"), "aVL"),
        (("131329", "99LOCAL", "MDC_ECG_LEAD_II"), "II"),
        (("x", "99LOCAL", "Lead aVF"), "aVF"),
        (("2:65", "MDC", "−aVR"), "−aVR"),
        (("2:24", "MDC", "Frank Lead I"), "Frank Lead I"),
    ],
)
def test_leads_have_their_usual_names(write, source, name):
    path = write(group(STORED[:, :1], [channel(source)]))
    assert read_recording(path).leads == (name,)


def test_standard_names_match_those_that_the_package_asks_for(formats):
    assert list(read_recording(formats / "waveform_ecg.dcm").leads) == STANDARD


def test_median_beats_are_left_out_and_another_original_is_named(write):
    beats = two_leads(originality="DERIVED", label="MEDIAN BEAT")
    assert read_recording(write(beats, two_leads(rate=250))).sampling_rate == 250
    path = write(two_leads(), beats, two_leads(rate=250, label="LATER"))
    with pytest.warns(
        UserWarning, match=r"1 \(RHYTHM\) is read, '3 \(LATER\)' left out"
    ):
        assert read_recording(path).sampling_rate == 500


def test_a_group_without_a_voltage_is_no_ecg(write):
    pressure = group(STORED, [channel(lead, "mm[Hg]") for lead in LEADS])
    assert read_recording(write(pressure, two_leads(rate=250))).sampling_rate == 250
    with pytest.raises(ValueError, match=r"resting.dcm holds no ECG"):
        read_recording(write(pressure))


def test_derived_waveforms_alone_are_read_with_a_warning(write):
    path = write(two_leads(originality="DERIVED"))
    with pytest.warns(UserWarning, match="No waveform of .* is an original"):
        assert read_recording(path).leads == ("II", "V5")


def test_the_padding_value_is_a_missing_sample(write):
    item = two_leads()
    item.WaveformPaddingValue = np.int16(STORED[7, 0]).tobytes()
    signal = read_recording(write(item)).read("II")
    np.testing.assert_array_equal(np.isnan(signal), STORED[:, 0] == STORED[7, 0])


def test_annotations_have_times_durations_and_the_group_that_is_read(write):
    point = annotation("N", TemporalRangeType="POINT", ReferencedSamplePositions=[251])
    span = annotation(
        "noise", TemporalRangeType="SEGMENT", ReferencedTimeOffsets=["100", "350"]
    )
    items = [
        point,
        span,
        annotation("all"),
        annotation("x", 2, ReferencedSamplePositions=[9]),
    ]
    table = read_recording(
        write(two_leads(), WaveformAnnotationSequence=items)
    ).annotations()
    assert table["sample"].tolist() == [50, 250]
    assert table["symbol"].tolist() == ["noise", "N"]
    np.testing.assert_allclose(table["duration"], [0.25, np.nan])


def test_a_file_without_annotations_says_so(write):
    with pytest.raises(FileNotFoundError, match=r"resting.dcm holds no annotations"):
        read_recording(write(two_leads())).annotations()


def test_the_start_has_fractions_and_the_offset_of_the_group(write):
    item = two_leads()
    item.MultiplexGroupTimeOffset = 1500
    path = write(item, AcquisitionDateTime="20240203102030.25+0100")
    assert read_recording(path).start_time == datetime(2024, 2, 3, 10, 20, 31, 750_000)
    assert read_recording(write(two_leads())).start_time is None


@pytest.mark.filterwarnings("ignore:Invalid value for VR DT")
def test_a_time_that_cannot_be_read_is_named_and_the_signal_read(write):
    path = write(two_leads(), AcquisitionDateTime="20241231")
    path.write_bytes(path.read_bytes().replace(b"20241231", b"20241399"))
    with pytest.warns(UserWarning, match="acquisition time '20241399'"):
        recording = read_recording(path)
    assert recording.start_time is None
    assert len(recording.read("II")) == 1000


def test_an_image_is_no_recording(write):
    with pytest.raises(ValueError, match=r"resting.dcm holds no waveform"):
        read_recording(write())


def test_a_file_that_is_no_dicom_is_named(tmp_path):
    (tmp_path / "no.dcm").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(ValueError, match=r"no.dcm is no DICOM file"):
        read_recording(tmp_path / "no.dcm")


def test_signal_that_is_missing_is_named(write):
    item = two_leads()
    item.WaveformData = item.WaveformData[:-100]
    with pytest.raises(ValueError, match=r"resting.dcm is truncated: 4000 bytes"):
        read_recording(write(item))


@pytest.mark.parametrize(
    "keyword", ["SamplingFrequency", "ChannelDefinitionSequence", "WaveformData"]
)
def test_a_missing_element_is_named(write, keyword):
    item = two_leads()
    delattr(item, keyword)
    with pytest.raises(ValueError, match=rf"resting.dcm is .*damaged.*{keyword}"):
        read_recording(write(item))


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_truncated_anywhere_the_file_is_named(write):
    path = write(two_leads())
    raw = path.read_bytes()
    for n_bytes in range(0, len(raw), 97):
        path.write_bytes(raw[:n_bytes])
        with pytest.raises(ValueError, match="resting"):
            read_recording(path)


def test_without_pydicom_the_extra_is_named(write, monkeypatch):
    path = write(two_leads())
    import_module = builtins.__import__

    def without_pydicom(name, *arguments):
        if name == "pydicom":
            raise ImportError(name)
        return import_module(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_pydicom)
    with pytest.raises(ImportError, match=r'pip install "sklearn-ecg\[dicom\]"'):
        read_recording(path)

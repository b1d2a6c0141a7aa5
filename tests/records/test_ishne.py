from datetime import datetime

import numpy as np
import pytest
from ecgdatakit.parsing.parsers.ishne_holter import ISHNEHolterParser
from ishne_files import ishne_bytes

from sklearn_ecg.records import read_recording

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.integers(-3000, 3000, (2000, 3))


@pytest.fixture
def write(tmp_path):
    """Return a function that writes an ISHNE Holter."""

    def write(samples=SAMPLES, **options):
        path = tmp_path / "holter.ecg"
        path.write_bytes(ishne_bytes(samples, **options))
        return path

    return write


def test_leads_have_their_names_rate_start_and_millivolts(write):
    recording = read_recording(write(nanovolts=4878, text=b"a day at home"))
    assert recording.leads == ("II", "V1", "ECG 3")
    assert recording.name == "holter"
    assert recording.sampling_rate == 200
    assert recording.start_time == datetime(2024, 2, 3, 10, 20, 30)
    for place, signal in enumerate(recording.read().values()):
        np.testing.assert_allclose(signal, SAMPLES[:, place] * 4.878e-3, rtol=1e-12)


def test_a_stretch_equals_that_part_of_the_whole(write, monkeypatch):
    recording = read_recording(write())
    whole = recording.read("V1")
    monkeypatch.setattr("sklearn_ecg.records._ishne._FRAMES_AT_ONCE", 7)
    np.testing.assert_array_equal(recording.read("V1"), whole)
    part = recording.read(["V1", "II"], start=1, stop=3.5)
    np.testing.assert_array_equal(part["V1"], whole[200:700])


@pytest.mark.filterwarnings("ignore:.*is truncated:UserWarning")
@pytest.mark.filterwarnings("ignore:.*spec code:UserWarning")
def test_every_sample_of_the_published_file_is_that_of_another_reader(formats):
    path = formats / "holter_ishne.ecg"
    recording = read_recording(path)
    other = ISHNEHolterParser().parse(path)
    assert recording.leads == ("X", "Y", "Z")
    assert recording.start_time == other.recording.date
    for lead, signal in zip(other.leads, recording.read().values(), strict=True):
        np.testing.assert_allclose(signal, lead.samples * lead.resolution / 1000)


@pytest.mark.parametrize("announced", [len(SAMPLES), SAMPLES.size])
def test_the_header_may_count_samples_of_one_lead_or_of_all(write, announced):
    assert read_recording(write(announced=announced)).n_samples == len(SAMPLES)


def test_a_holter_that_was_cut_off_is_read_with_a_warning(write):
    path = write(announced=10**7)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.warns(UserWarning, match=r"holter.ecg is truncated.* 5998 are there"):
        recording = read_recording(path)
    assert recording.n_samples == len(SAMPLES) - 1


def test_faults_of_a_lead_are_missing_samples(write):
    samples = SAMPLES.copy()
    samples[5:9, 1] = -32768
    signal = read_recording(write(samples)).read("V1")
    assert np.flatnonzero(np.isnan(signal)).tolist() == [5, 6, 7, 8]


def test_a_wrong_check_sum_is_told_and_either_order_of_bytes_is_right(write):
    path = write()
    raw = bytearray(path.read_bytes())
    raw[8:10] = raw[9], raw[8]
    path.write_bytes(raw)
    read_recording(path)
    read_recording(write(check_sum=False))
    raw[8] ^= 1
    path.write_bytes(raw)
    with pytest.warns(UserWarning, match=r"check sum of the header of .*holter.ecg"):
        read_recording(path)


def test_without_resolution_counts_stay_counts(write):
    with pytest.warns(UserWarning, match=r"no resolution of its leads \[1, 2, 3\]"):
        recording = read_recording(write(nanovolts=-9))
    assert set(recording.units.values()) == {"counts"}
    np.testing.assert_array_equal(recording.read("II"), SAMPLES[:, 0])


@pytest.mark.parametrize("date", [(-9, -9, -9), (0, 0, 0)])
def test_an_unknown_start_is_none(write, date):
    assert read_recording(write(date=date)).start_time is None


def test_a_start_that_is_no_date_is_told(write):
    with pytest.warns(UserWarning, match="no date and time that can be read"):
        assert read_recording(write(date=(31, 2, 2024))).start_time is None


def test_no_name_of_a_person_is_shown(write):
    recording = read_recording(write())
    with pytest.raises(FileNotFoundError, match=r"holds no annotations") as raised:
        recording.annotations()
    assert "Muster" not in f"{recording!r} {recording} {raised.value}"


@pytest.mark.parametrize(
    ("place", "new", "message"),
    [
        (10, b"\xff\xff\xff\xff", "-1 bytes of text"),
        (10, b"\xff\xff\xff\x7f", "2147483647 bytes of text"),
        (156, b"\0\0", "has 0 leads"),
        (156, b"\x0d\0", "has 13 leads"),
        (272, b"\0\0", "sampling rate 0 Hz"),
        (272, b"\xff\xff", "sampling rate -1 Hz"),
    ],
)
def test_numbers_that_cannot_be_are_refused(write, place, new, message):
    path = write(check_sum=False)
    raw = bytearray(path.read_bytes())
    raw[place : place + len(new)] = new
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=rf"holter.ecg is .*damaged.*{message}"):
        read_recording(path)


@pytest.mark.parametrize("n_bytes", [8, 300, 521, 522, 525])
def test_a_file_without_a_whole_header_and_signal_is_refused(write, n_bytes):
    path = write(check_sum=False)
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(ValueError, match=r"holter.ecg is truncated"):
        read_recording(path)


def test_a_file_that_shrinks_is_named(write):
    path = write()
    recording = read_recording(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"holter.ecg has become shorter"):
        recording.read("II")

from datetime import datetime

import numpy as np
import pytest
from ecgdatakit.parsing.parsers.mortara_el250 import MortaraEL250Parser
from mortara_files import channel, document

from sklearn_ecg.records import read_recording

STORED = np.random.default_rng(0).integers(-2000, 2000, (2, 500)).astype("<i2")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes an XML file."""

    def write(text):
        path = tmp_path / "rest.xml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


TWO = [channel("II", STORED[0]), channel("AVR", STORED[1])]


def test_channels_are_leads_in_millivolts_as_another_reader_has_them(write):
    path = write(document(*TWO))
    recording = read_recording(path)
    assert recording.leads == ("II", "aVR")
    assert (recording.sampling_rate, recording.duration) == (500, 1)
    assert recording.start_time == datetime(2024, 2, 3, 10, 20, 30)
    other = MortaraEL250Parser().parse(path).leads
    for place, signal in enumerate(recording.read().values()):
        np.testing.assert_allclose(signal, STORED[place] / 400)
        np.testing.assert_allclose(
            signal, other[place].samples * other[place].resolution / 1000
        )


def test_numbers_may_be_written_out_and_durations_in_milliseconds(write):
    data = ", ".join(map(str, STORED[0]))
    path = write(document(channel("II", STORED[0], data, DURATION="1000")))
    np.testing.assert_allclose(read_recording(path).read("II"), STORED[0] / 400)


def test_offsets_and_missing_units_are_told(write):
    with pytest.warns(UserWarning, match="II of .*rest.xml has an OFFSET"):
        read_recording(write(document(channel("II", STORED[0], OFFSET="9"))))
    path = write(document(channel("II", STORED[0], UNITS_PER_MV="")))
    with pytest.warns(UserWarning, match=r"rest.xml does not say the unit"):
        recording = read_recording(path)
    np.testing.assert_array_equal(recording.read("II"), STORED[0])


def test_a_time_that_is_none_is_told(write):
    with pytest.warns(UserWarning, match="no acquisition time that can be read"):
        assert read_recording(write(document(*TWO, time="0"))).start_time is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"BITS": "12"}, "holds 12 bits"),
        ({"FORMAT": "FLOAT"}, "'FLOAT'"),
        ({"ENCODING": "HEX"}, "encoded as 'HEX'"),
        ({"SAMPLE_FREQ": "0"}, "sampling rate 0 Hz"),
        ({"SAMPLE_FREQ": ""}, "SAMPLE_FREQ of channel II is no number"),
        ({"UNITS_PER_MV": "-1"}, "UNITS_PER_MV of channel II is -1"),
        ({"DURATION": "77"}, "has 500 samples, not 77"),
        ({"data": "no b@se64"}, "channel II is no base64"),
        ({"data": "AAAA"}, "channel II has 3 bytes"),
        ({"data": "x" * 5}, "channel II is no base64"),
    ],
)
def test_damage_is_refused_by_name(write, changes, message):
    path = write(document(channel("II", STORED[0], **changes)))
    with pytest.raises(ValueError, match=rf"rest.xml .*{message}") as raised:
        read_recording(path)
    assert "Muster" not in str(raised.value)


def test_a_file_without_channels_is_refused(write):
    with pytest.raises(ValueError, match=r"rest.xml holds no lead"):
        read_recording(write(document()))

from datetime import datetime

import numpy as np
import pytest
from ecgdatakit.parsing.parsers.mfer import MFERParser
from mfer_files import Mfer, definition, of_channel

from sklearn_ecg.records import read_recording

SAMPLES = np.random.default_rng(0).integers(-2000, 2000, (1000, 2))
END = b"\x80"


@pytest.fixture
def write(tmp_path):
    """Return a function that writes an MFER file."""

    def write(*parts):
        path = tmp_path / "ward.mwf"
        path.write_bytes(b"".join(parts))
        return path

    return write


def two_leads(mfer, **options):
    return mfer.begin(2, **options) + b"".join(
        of_channel(i, mfer.lead(code)) for i, code in enumerate((2, 62))
    )


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("n_samples", [1, 10, 1000])
def test_samples_are_those_written_in_either_order_of_bytes(write, order, n_samples):
    mfer = Mfer(order)
    path = write(two_leads(mfer), mfer.frame(SAMPLES, n_samples), END)
    recording = read_recording(path)
    other = MFERParser().parse(path)
    assert recording.leads == ("II", "aVR")
    assert recording.sampling_rate == 250
    assert recording.start_time == datetime(2024, 2, 3, 10, 20, 30, 250_000)
    for place, signal in enumerate(recording.read().values()):
        lead = other.leads[place]
        np.testing.assert_allclose(signal, SAMPLES[:, place] * 2.5e-3, rtol=1e-12)
        np.testing.assert_allclose(signal, lead.samples * lead.resolution / 1000)


@pytest.mark.parametrize(
    ("interval", "rate"),
    [((0, 0, 500), 500), ((1, -6, 7812), 1e6 / 7812), ((0, 1, 25), 250)],
)
def test_the_interval_is_one_of_time_or_a_rate(write, interval, rate):
    mfer = Mfer()
    path = write(two_leads(mfer, interval=interval), mfer.frame(SAMPLES))
    assert read_recording(path).sampling_rate == pytest.approx(rate)


def test_channels_have_types_units_offsets_and_rates_of_their_own(write):
    mfer = Mfer("little")
    other = of_channel(
        1,
        definition(0x09, mfer.pack("H", 143)),
        definition(0x0C, b"\1\0" + mfer.number(2)),
        definition(0x0B, b"\1\xfd" + mfer.number(8)),
        definition(0x0A, b"\3"),
        definition(0x04, mfer.pack("I", 5)),
        definition(0x0D, b"\7"),
        definition(0x12, b"\xff"),
    )
    ecg = SAMPLES[:500, 0].astype("<i2").reshape(-1, 10)
    pressure = np.arange(250, dtype="u1").reshape(-1, 5) + 6
    frame = b"".join(
        a.tobytes() + b.tobytes() for a, b in zip(ecg, pressure, strict=True)
    )
    path = write(
        mfer.begin(2), mfer.lead(1), definition(4, mfer.pack("I", 10)), other,
        definition(0x1E, frame),
    )  # fmt: skip
    recording = read_recording(path)
    assert recording.leads == ("I", "blood pressure")
    assert recording.units == {"I": "mV", "blood pressure": "mmHg"}
    assert recording.sampling_rates == {"I": 250, "blood pressure": 125}
    np.testing.assert_allclose(recording.read("I"), ecg.reshape(-1) * 2.5e-3)
    signal = recording.read("blood pressure")
    assert np.flatnonzero(np.isnan(signal)).tolist() == [249]
    np.testing.assert_array_equal(signal[:249], 2 * (np.arange(249) + 13))


def test_frames_with_a_pointer_have_a_gap_between_them(write):
    mfer = Mfer()
    later = definition(0x07, mfer.pack("I", 1250))
    path = write(two_leads(mfer), mfer.frame(SAMPLES), later, mfer.frame(SAMPLES), END)
    signal = read_recording(path).read("II")
    assert np.isnan(signal[1000:1250]).all()
    np.testing.assert_array_equal(signal[:1000], signal[1250:])
    path = write(two_leads(mfer), mfer.frame(SAMPLES), mfer.frame(SAMPLES))
    np.testing.assert_allclose(
        read_recording(path).read("II"), np.tile(SAMPLES[:, 0] * 2.5e-3, 2)
    )


def test_dominant_beats_and_states_are_left_out(write):
    mfer = Mfer()
    beats = definition(0x08, mfer.pack("H", 9)) + mfer.frame(SAMPLES[:100])
    state = of_channel(1, definition(0x0A, b"\4"))
    path = write(two_leads(mfer), state, mfer.frame(SAMPLES), beats)
    recording = read_recording(path)
    assert recording.leads == ("II",)
    assert recording.n_samples == 1000


def test_without_a_unit_counts_stay_counts(write):
    mfer = Mfer()
    path = write(two_leads(mfer), definition(0x0C), mfer.frame(SAMPLES))
    with pytest.warns(
        UserWarning, match=r"ward.mwf does not say the unit of .*'II', 'aVR'"
    ):
        recording = read_recording(path)
    assert recording.units["II"] == "counts"
    np.testing.assert_array_equal(recording.read("II"), SAMPLES[:, 0])


def test_values_of_no_given_length_end_with_two_zeros(write):
    mfer = Mfer()
    told = b"\x3f\0\x80" + mfer.lead(3) + b"\0\0"
    assert read_recording(write(mfer.begin(2), told, mfer.frame(SAMPLES))).leads == (
        "V1",
        "ECG 2",
    )


def test_a_frame_that_is_shorter_than_announced_is_read_with_a_warning(write):
    mfer = Mfer()
    told = definition(0x06, mfer.pack("I", 10**9))
    waves = definition(0x1E, SAMPLES.astype(">i2").tobytes()[:-1])
    with pytest.warns(UserWarning, match=r"ward.mwf is truncated.* 999 are there"):
        recording = read_recording(write(two_leads(mfer), told, waves))
    assert recording.n_samples == 999


def test_no_name_of_a_person_is_shown(write):
    mfer = Mfer()
    recording = read_recording(write(two_leads(mfer), mfer.frame(SAMPLES)))
    with pytest.raises(FileNotFoundError, match="holds no annotations") as raised:
        recording.annotations()
    assert "Muster" not in f"{recording!r} {raised.value}"


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (definition(0x0B, b"\1\xfd\0\0"), "interval is 0 in unit 1"),
        (definition(0x0B, b"\2\0\0\1"), "in unit 2"),
        (definition(0x0B, b"\1"), "definition 0xb has 1 bytes"),
        (definition(0x0B, b"\0\x7f\x7f\xff"), "sampling rate 3.27"),
        (definition(0x05, b"\0\0"), "announces 0 channels"),
        (definition(0x05, b"\xff\xff\xff\xff"), "announces 4294967295 channels"),
        (definition(0x04, b"\xff\xff\xff\xff"), "block of all its channels has 171"),
        (definition(0x04, b"\0"), "blocks have no samples"),
        (definition(0x0A, b"\x09"), "type 9, which is not read"),
        (definition(0x0E, b"\0\1"), "compressed"),
        (b"\x3f\0\x80" * 20, "without end"),
        (b"\x22\x84\xff\xff\xff\xff", "truncated: the last 42"),
    ],
)
def test_damage_is_refused_by_name(write, told, message):
    waves = definition(0x1E, SAMPLES.astype(">i2").tobytes())
    with pytest.raises(ValueError, match=rf"ward.mwf (is|gives) .*({message})"):
        read_recording(write(two_leads(Mfer()), told, waves))


@pytest.mark.parametrize("n_bytes", [0, 1, 3, 40, 90, 120, 2000])
def test_truncated_anywhere_the_file_is_named(write, n_bytes):
    mfer = Mfer()
    path = write(two_leads(mfer), mfer.frame(SAMPLES))
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(ValueError, match=r"ward.mwf (is no MFER|holds no lead)"):
        read_recording(path)

import struct
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from ecgdatakit.parsing.parsers.scp_ecg import SCPECGParser
from scp_files import decimated, scp_bytes

from sklearn_ecg.records import read_recording

RANDOM = np.random.default_rng(0)
STEPS = RANDOM.integers(-12, 13, (8, 2000)) + 200 * (RANDOM.random((8, 2000)) > 0.99)
LEADS = ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"]
SIGNALS = dict(
    zip(LEADS, np.cumsum(STEPS - STEPS.mean(1)[:, None], 1).astype(int), strict=True)
)
TWO = {lead: SIGNALS[lead] for lead in ("II", "V1")}

WAVE = 400 * np.exp(-(((np.arange(250) - 100) / 12) ** 2))
REFERENCE = {"II": WAVE.astype(int), "V1": (-WAVE).astype(int), "fiducial": 101}
BEATS = [(at - 80, at, at + 120) for at in (300, 800, 1400)]


@pytest.fixture
def write(tmp_path):
    """Return a function that writes an SCP-ECG file."""

    def write(signals=TWO, **options):
        path = tmp_path / "rest.scp"
        path.write_bytes(scp_bytes(signals, **options))
        return path

    return write


def beside(path):
    """Return what another reader reads, in mV."""
    leads = SCPECGParser().parse(path).leads
    return {lead.label: lead.samples * lead.resolution / 1000 for lead in leads}


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("tables", [None, b"\x1f\x4e"])
def test_samples_are_those_written_however_they_are_stored(write, order, tables):
    path = write(order=order, tables=tables)
    recording = read_recording(path)
    assert recording.leads == ("II", "V1")
    assert recording.sampling_rate == 500
    other = beside(path)
    for lead, signal in recording.read().items():
        np.testing.assert_allclose(signal, TWO[lead] * 2.5e-3, rtol=1e-12)
        np.testing.assert_allclose(signal, other[lead], rtol=1e-12)


def test_limb_leads_follow_from_two_of_them(write):
    recording = read_recording(write(SIGNALS))
    assert recording.leads[:6] == ("I", "II", "III", "aVR", "aVL", "aVF")
    read = recording.read()
    one, two = SIGNALS["I"] * 2.5e-3, SIGNALS["II"] * 2.5e-3
    np.testing.assert_allclose(read["III"], two - one, atol=1e-12)
    np.testing.assert_allclose(read["aVR"], -(one + two) / 2, atol=1e-12)
    np.testing.assert_allclose(read["aVL"], one - two / 2, atol=1e-12)
    np.testing.assert_allclose(read["aVF"], two - one / 2, atol=1e-12)


def test_limb_leads_that_are_stored_are_not_computed(write):
    signals = {lead: SIGNALS["I"] for lead in ("I", "II", "aVR")}
    assert read_recording(write(signals)).leads == ("I", "II", "aVR")


def test_reference_beats_are_added_where_they_were_taken_off(write):
    path = write(reference=REFERENCE, beats=BEATS)
    other = beside(path)
    for lead, signal in read_recording(path).read().items():
        np.testing.assert_allclose(signal, TWO[lead] * 2.5e-3, atol=1e-12)
        np.testing.assert_allclose(signal, other[lead], atol=1e-12)


def test_bimodal_compression_keeps_the_zones_and_the_shape_between(write):
    slow = (300 * np.sin(np.arange(2000) / 60)).astype(int)
    whole = {lead: slow.copy() for lead in TWO}
    for lead, signal in whole.items():
        for start, at, stop in BEATS:
            first = start - 1 - (at - 101)
            signal[start - 1 : stop] += REFERENCE[lead][first:][: stop - start + 1]
    zones = [(at - 25, at + 26) for _, at, _ in BEATS]
    path = write(whole, reference=REFERENCE, beats=BEATS, zones=zones, factor=4)
    recording = read_recording(path)
    assert (recording.sampling_rate, recording.n_samples) == (500, 2000)
    for lead, signal in recording.read().items():
        error = np.abs(signal * 400 - whole[lead])
        assert error.max() < 12
        for start, stop in zones:
            assert error[start - 1 : stop].max() < 1e-9


def test_a_rest_outside_of_the_zones_is_stored_as_it_is():
    samples = np.arange(23)
    kept = decimated(samples, [(7, 10)], 4)
    assert kept.tolist() == [1, 4, 5, 6, 7, 8, 9, 11, 15, 19, 22]


def test_leads_that_begin_late_are_missing_before(write):
    path = write(TWO, lead_starts={"II": 1, "V1": 501})
    signal = read_recording(path).read("V1")
    assert np.isnan(signal[:500]).all()
    np.testing.assert_allclose(signal[500:], TWO["V1"] * 2.5e-3)


@pytest.mark.parametrize(("interval", "rate"), [(3906, 256), (1000, 1000), (8333, 120)])
def test_whole_rates_are_taken_where_microseconds_allow_them(write, interval, rate):
    assert read_recording(write(interval=interval)).sampling_rate == rate


def test_the_start_has_the_zone_that_the_file_says(write):
    start = datetime(2024, 2, 3, 10, 20, 30)
    assert read_recording(write()).start_time == start
    zone = timezone(timedelta(minutes=-150))
    assert read_recording(write(zone_minutes=-150)).start_time == start.replace(
        tzinfo=zone
    )
    with pytest.warns(UserWarning, match="no acquisition time that can be read"):
        assert read_recording(write(date=(2024, 2, 31))).start_time is None


def test_bits_that_end_early_leave_samples_missing(write):
    path = write(order=0)
    raw = path.read_bytes()
    place = raw.index(struct.pack("<2IB", 1, 2000, 3)) + 4
    path.write_bytes(raw[:place] + struct.pack("<I", 2200) + raw[place + 4 :])
    with (
        pytest.warns(UserWarning, match="check sum"),
        pytest.warns(UserWarning, match=r"rest.scp holds 20.. of the 2200 samples"),
    ):
        signal = read_recording(path).read("V1")
    assert np.isnan(signal[-150:]).all()
    np.testing.assert_allclose(signal[:2000], TWO["V1"] * 2.5e-3)


def test_a_wrong_check_sum_is_told_and_no_name_shown(write):
    path = write()
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"Mustermann", b"Mustermenn"))
    with pytest.warns(UserWarning, match=r"check sum of .*rest.scp is wrong") as told:
        recording = read_recording(path)
    assert "Muster" not in f"{recording!r} {told[0].message}"


@pytest.mark.filterwarnings("ignore:The check sum:UserWarning")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"\xc4\x09\xd0\x07\x02", b"\xc4\x09\x00\x00\x02", "order 2, 0 us apart"),
        (b"\xc4\x09\xd0\x07\x02", b"\xc4\x09\xd0\x07\x07", "order 7, 2000 us apart"),
        (b"\xc4\x09\xd0\x07\x02", b"\x00\x00\xd0\x07\x02", "unit 0 nV"),
        (struct.pack("<2I", 1, 2000), struct.pack("<2I", 9, 1), "sample 9 to 1"),
        (
            struct.pack("<2I", 1, 2000),
            struct.pack("<2I", 1, 2**32 - 1),
            "announces 429",
        ),
        (b"\x1f\x4e", b"\x00\x00", "no table of codes"),
        (b"\x1f\x4e", b"\xff\xff", "ends too early"),
    ],
)
def test_damage_is_refused_by_name(write, old, new, message):
    path = write()
    raw = path.read_bytes()
    assert old in raw
    path.write_bytes(raw.replace(old, new))
    with pytest.raises(ValueError, match=rf"rest.scp is no SCP-ECG.*{message}"):
        read_recording(path)


@pytest.mark.parametrize("n_bytes", [0, 1, 5, 21, 30, 60, 120, 400, 1500])
def test_truncated_anywhere_the_file_is_named(write, n_bytes):
    path = write()
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(ValueError, match=r"rest.scp is no SCP-ECG file, or a trunc"):
        read_recording(path)


def test_a_record_without_rhythm_is_refused(write):
    path = write()
    raw = bytearray(path.read_bytes())
    place = raw.index(struct.pack("<H", 6), 22)
    raw[place + 2 : place + 6] = bytes(4)
    path.write_bytes(raw)
    with (
        pytest.warns(UserWarning, match="check sum"),
        pytest.raises(ValueError, match=r"rest.scp .*it has no section 6"),
    ):
        read_recording(path)

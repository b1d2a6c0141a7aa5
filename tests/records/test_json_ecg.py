import json
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from ecgdatakit.parsing.parsers.alivecor_kardia import AliveCorKardiaParser

from sklearn_ecg.records import read_recording
from sklearn_ecg.records._directory import recordings_in

VALUES = np.random.default_rng(0).integers(-2000, 2000, 320)
LIST = VALUES.tolist()
STEP = 1e3 / 20 / 2**17  # Of Movesense, in mV


def kardia(**changes):
    raw = {"frequency": 300, "mainsFrequency": 50, "amplitudeResolution": 500}
    raw |= {"samples": {"leadI": LIST, "AVR": LIST[::-1]}, "numLeads": 2} | changes
    filtered = raw | {"samples": {"leadI": [0] * 320}, "numLeads": 1}
    return {
        "id": "x",
        "patientID": "Mustermann",
        "recordedAt": "2024-02-03T10:20:30+01:00",
        "data": {"enhanced": filtered, "raw": raw},
    }


def fitbit(**changes):
    reading = {"startTime": "2024-02-03T10:20:30.250", "waveformSamples": LIST}
    reading |= {"samplingFrequencyHz": "250", "scalingFactor": 10922, "leadNumber": 1}
    return reading | changes


def google(**changes):
    interval = {"startTime": "2024-02-03T09:20:30Z", "startUtcOffset": "3600s"}
    reading = {"interval": interval, "waveformSamples": LIST}
    reading |= {"samplingFrequencyHertz": 250, "millivoltsScalingFactor": 10922}
    return {"name": "users/me", "electrocardiogram": reading | changes}


def movesense(rate=128, lost=(), unit=int):
    packets = [
        {
            "ecg": {
                "Samples": [unit(x) for x in VALUES[16 * i : 16 * i + 16]],
                "Timestamp": round(123456 + 1000 * 16 * i / rate),
            }
        }
        for i in range(20)
        if i not in lost
    ]
    return {"data": packets}


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a document, and returns its path."""

    def write(document):
        path = tmp_path / "watch.json"
        text = document if isinstance(document, str) else json.dumps(document)
        path.write_text(text)
        return path

    return write


def test_kardia_is_read_unfiltered_as_another_reader_reads_it(write):
    path = write(kardia())
    recording = read_recording(path)
    assert recording.leads == ("I", "aVR")
    assert recording.sampling_rate == 300
    zone = timezone(timedelta(hours=1))
    assert recording.start_time == datetime(2024, 2, 3, 10, 20, 30, tzinfo=zone)
    np.testing.assert_allclose(recording.read("I"), VALUES * 5e-4)
    for lead in AliveCorKardiaParser().parse(path).leads:
        np.testing.assert_allclose(recording.read(lead.label), lead.samples * 5e-4)
    assert "Muster" not in f"{recording!r}"


def test_kardia_without_a_unit_stays_in_counts(write):
    document = kardia()
    del document["data"]["raw"]["amplitudeResolution"]
    with pytest.warns(UserWarning, match=r"watch.json does not say the unit"):
        recording = read_recording(write(document))
    np.testing.assert_array_equal(recording.read("I"), VALUES)


@pytest.mark.parametrize(
    "document", [fitbit(), {"ecgReadings": [fitbit()]}, [fitbit()]], ids=str
)
def test_a_reading_of_fitbit_is_lead_one_in_millivolts(write, document):
    recording = read_recording(write(document))
    assert (recording.leads, recording.sampling_rate) == (("I",), 250)
    assert recording.start_time == datetime(2024, 2, 3, 10, 20, 30, 250_000)
    np.testing.assert_allclose(recording.read("I"), VALUES / 10922)


@pytest.mark.parametrize("document", [google(), {"dataPoints": [google()]}], ids=str)
def test_a_reading_of_google_health_has_the_zone_of_the_wearer(write, document):
    recording = read_recording(write(document))
    zone = timezone(timedelta(hours=1))
    assert recording.start_time == datetime(2024, 2, 3, 10, 20, 30, tzinfo=zone)
    assert recording.start_time.hour == 10
    np.testing.assert_allclose(recording.read("I"), VALUES / 10922)


def test_of_several_readings_the_first_is_read(write):
    with pytest.warns(UserWarning, match=r"watch.json holds 2 readings"):
        recording = read_recording(write({"ecgReadings": [fitbit(), fitbit()]}))
    assert recording.n_samples == 320


def test_a_signal_of_withings_is_in_microvolts(write):
    body = {"signal": LIST, "sampling_frequency": 300, "wearposition": 1}
    recording = read_recording(write({"status": 0, "body": body}))
    assert (recording.leads, recording.sampling_rate) == (("ECG",), 300)
    np.testing.assert_allclose(recording.read("ECG"), VALUES / 1000)


@pytest.mark.parametrize("rate", [125, 128, 200, 250, 256, 500, 512])
def test_the_rate_of_movesense_follows_from_its_packets(write, rate):
    recording = read_recording(write(movesense(rate)))
    assert recording.sampling_rate == rate
    np.testing.assert_allclose(recording.read("ECG"), VALUES * STEP)


@pytest.mark.parametrize("rate", [128, 256, 512])
def test_packets_of_movesense_that_were_lost_are_gaps(write, rate):
    signal = read_recording(write(movesense(rate, lost=(3, 4, 11)))).read("ECG")
    lost = [*range(48, 80), *range(176, 192)]
    assert np.flatnonzero(np.isnan(signal)).tolist() == lost
    kept = np.setdiff1d(np.arange(320), lost)
    np.testing.assert_allclose(signal[kept], VALUES[kept] * STEP)


def test_numbers_of_movesense_that_are_no_steps_have_no_unit(write):
    with pytest.warns(UserWarning, match=r"watch.json does not say the unit"):
        read_recording(write(movesense(unit=lambda x: x + 0.5)))


def test_null_is_a_missing_sample(write):
    signal = read_recording(write(fitbit(waveformSamples=[1, None, 3]))).read("I")
    assert np.isnan(signal).tolist() == [False, True, False]


def without(document, *way):
    *way, last = way
    inner = document
    for key in way:
        inner = inner[key]
    del inner[last]
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("[" * 100_000, "recursion|Expecting|nested"),
        ("\0\0\0", "Expecting|utf"),
        ("17", "layout of none"),
        ({"name": "package", "version": "1"}, "layout of none that is known"),
        (json.dumps(fitbit())[:-30], "delimiter|Expecting|Unterminated"),
        (kardia(frequency=0), "sampling rate 0 Hz"),
        (kardia(frequency="x"), "frequency is no number"),
        (kardia(frequency=1e300), "frequency is 1e"),
        (kardia(samples={}), "holds no lead"),
        (kardia(samples={"leadI": []}), "samples of lead I are missing"),
        (kardia(samples={"leadI": "abc"}), "samples of lead I are missing"),
        (kardia(samples={"leadI": [[1, 2], [3, 4]]}), "lead I are no numbers"),
        (kardia(samples={"leadI": ["x"]}), "lead I are no numbers"),
        (without(kardia(), "data", "raw", "samples"), "data.raw.samples are missing"),
        ({"data12L": {}}, "12-lead recordings of Kardia"),
        (fitbit(scalingFactor=0), "0 steps are 1 mV"),
        (without(fitbit(), "scalingFactor"), "scalingFactor is no number"),
        (without(fitbit(), "samplingFrequencyHz"), "samplingFrequencyHz is no number"),
        (without(google(), "electrocardiogram", "millivoltsScalingFactor"), "Scaling"),
        (google(waveformSamples=[1e999]), "lead I are no numbers"),
        ({"data": movesense()["data"][:1]}, "one packet"),
        ({"data": movesense()["data"][::-1]}, "do not rise|not in the order"),
        (without(movesense(), "data", 3, "ecg", "Timestamp"), "Timestamp is no number"),
        (without(movesense(), "data", 3, "ecg", "Samples"), "Samples|damaged"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_damage_is_refused_by_name(write, document, message):
    with pytest.raises(ValueError, match=rf"watch.json .*({message})") as raised:
        read_recording(write(document))
    assert "Muster" not in str(raised.value)


def test_other_json_in_a_directory_is_no_recording(tmp_path):
    for number, document in enumerate([kardia(), fitbit(), google(), movesense()]):
        (tmp_path / f"{number}.json").write_text(json.dumps(document))
    (tmp_path / "package.json").write_text('{"name": "x", "data": [1, 2]}')
    (tmp_path / "results.json").write_text("")
    assert [path.name for path in recordings_in(tmp_path)] == [
        f"{number}.json" for number in range(4)
    ]

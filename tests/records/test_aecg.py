from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from aecg_files import document, sequence, sequence_set, series
from ecgdatakit.parsing.parsers.hl7_aecg import HL7aECGParser

from sklearn_ecg.records import read_recording

SAMPLES = np.random.default_rng(0).integers(-500, 500, 100)


TWO_LEADS = sequence_set(
    sequence("MDC_ECG_LEAD_II", SAMPLES), sequence("MDC_ECG_LEAD_AVR", -SAMPLES)
)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes an XML file."""

    def write(text, encoding="utf-8"):
        path = tmp_path / "trial.xml"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_leads_have_their_names_rate_start_and_millivolts(write):
    recording = read_recording(write(document(series(TWO_LEADS))))
    assert recording.leads == ("II", "aVR")
    assert (recording.name, recording.sampling_rate) == ("trial", 250)
    assert recording.start_time == datetime(2024, 2, 3, 10, 20, 30)
    np.testing.assert_allclose(recording.read("II"), SAMPLES * 2.5e-3)
    np.testing.assert_array_equal(
        recording.read("aVR", start=0.1, stop=0.2), recording.read("aVR")[25:50]
    )


def test_every_sample_of_the_published_file_is_that_of_another_reader(formats):
    path = formats / "aecg_annotated.xml"
    recording = read_recording(path)
    other = HL7aECGParser().parse(path)
    assert list(recording.leads) == [lead.label for lead in other.leads]
    assert recording.start_time == datetime(2002, 11, 22, 9, 10)
    assert (recording.sampling_rate, recording.duration) == (500, 10)
    for lead, signal in zip(other.leads, recording.read().values(), strict=True):
        np.testing.assert_allclose(signal, lead.samples * lead.resolution / 1000)


def test_waves_of_the_published_file_are_annotations(formats):
    table = read_recording(formats / "aecg_annotated.xml").annotations()
    waves = table[table["symbol"] == "WAVC_QRSWAVE"]
    assert waves["sample"].tolist()[:3] == [135, 530, 934]
    np.testing.assert_allclose(waves["duration"], 0.12)


@pytest.mark.parametrize(
    ("scale", "unit", "origin", "origin_unit"),
    [(0.0025, "mV", 0.1, "mV"), (2500, "nV", 100, "uV"), (2.5, "\u00b5V", 1e-4, "V")],
)
def test_scale_and_origin_may_be_in_any_unit(write, scale, unit, origin, origin_unit):
    lead = sequence("MDC_ECG_LEAD_V1", SAMPLES, scale, unit, origin, origin_unit)
    recording = read_recording(write(document(series(sequence_set(lead)))))
    assert recording.units == {"V1": "mV"}
    np.testing.assert_allclose(recording.read("V1"), SAMPLES * 2.5e-3 + 0.1, atol=1e-12)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_and_prefixes_of_namespaces_do_not_matter(write, encoding):
    text = document(series(TWO_LEADS)).replace("Erika", "Érika")
    if encoding == "utf-16":
        text = text.replace('"1.0"?', '"1.0" encoding="UTF-16"?')
    assert read_recording(write(text, encoding)).leads == ("II", "aVR")


def test_the_rhythm_is_read_and_not_the_median_beats(write):
    beats = series(
        sequence_set(sequence("MDC_ECG_LEAD_I", SAMPLES)), code="REPRESENTATIVE_BEAT"
    )
    path = write(document(beats, series(TWO_LEADS, more=beats)))
    assert read_recording(path).leads == ("II", "aVR")
    with pytest.warns(UserWarning, match=r"trial.xml holds no rhythm"):
        assert read_recording(write(document(beats))).leads == ("I",)


def test_series_that_follow_one_another_have_a_gap_between_them(write):
    lead = sequence("MDC_ECG_LEAD_II", SAMPLES)
    parts = [
        series(sequence_set(lead, head=f"20240203102030.{part}+0130"))
        for part in ("900", "100")
    ]
    recording = read_recording(write(document(*reversed(parts))))
    signal = recording.read("II")
    assert np.isnan(signal[100:200]).all()
    np.testing.assert_array_equal(signal[:100], signal[200:])
    zone = timezone(timedelta(hours=1, minutes=30))
    assert recording.start_time == datetime(2024, 2, 3, 10, 20, 30, 100_000, zone)


def test_leads_that_were_recorded_in_turn_keep_their_times(write):
    sets = [
        sequence_set(sequence("MDC_ECG_LEAD_I", SAMPLES)),
        sequence_set(sequence("MDC_ECG_LEAD_II", SAMPLES), head="20240203102030.4"),
    ]
    recording = read_recording(write(document(series(*sets))))
    assert recording.duration == 0.8
    second = recording.read("II")
    assert np.isnan(second[:100]).all()
    np.testing.assert_allclose(second[100:], SAMPLES * 2.5e-3)


def test_of_two_rhythms_at_one_time_the_first_is_read(write):
    other = series(sequence_set(sequence("MDC_ECG_LEAD_II", SAMPLES + 1)))
    path = write(document(series(TWO_LEADS), other))
    with pytest.warns(UserWarning, match="several rhythms at one time"):
        recording = read_recording(path)
    np.testing.assert_allclose(recording.read("II"), SAMPLES * 2.5e-3)


def test_times_may_be_relative_and_in_milliseconds(write):
    text = document(series(TWO_LEADS))
    text = text.replace("ABSOLUTE", "RELATIVE").replace("20240203102030", "0")
    text = text.replace('value="0.004" unit="s"', 'value="7.8125" unit="ms"')
    text = text.replace(
        "<name>", '<effectiveTime><low value="202402031020"/></effectiveTime><name>'
    )
    recording = read_recording(write(text))
    assert recording.sampling_rate == 128
    assert recording.start_time == datetime(2024, 2, 3, 10, 20)


def test_a_file_without_annotations_says_so_and_shows_no_name(write):
    recording = read_recording(write(document(series(TWO_LEADS))))
    with pytest.raises(FileNotFoundError, match=r"trial.xml holds no annot") as raised:
        recording.annotations()
    assert "Muster" not in f"{recording!r} {raised.value}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('increment value="0.004"', 'increment value="0"', "interval is 0 s"),
        ('increment value="0.004"', 'increment value="x"', "is no number"),
        ('increment value="0.004"', 'increment value="-1"', "interval is -1 s"),
        ('unit="s"', 'unit="week"', "increment of time is in 'week'"),
        ("TIME_ABSOLUTE", "TIE", "no sequence of times"),
        ('"20240203102030"', '"20241303102030"', "none of the calendar"),
        ('scale value="2.5"', 'scale value="1e99"', "scale of lead II is 1e"),
        ("<digits>", "<digits>x", "digits of lead II are no numbers"),
        ("<digits>", "<digots>", "no well-formed XML"),
        ("</AnnotatedECG>", "", "no well-formed XML"),
        ("sequenceSet>", "sequenceSets>", "holds no lead"),
        ("series>", "sets>", "holds no lead"),
    ],
)
def test_damage_is_refused_by_name(write, old, new, message):
    path = write(document(series(TWO_LEADS)).replace(old, new))
    with pytest.raises(ValueError, match=rf"trial.xml .*{message}") as raised:
        read_recording(path)
    assert "Muster" not in str(raised.value)


def test_entities_are_refused_and_not_expanded(write):
    bomb = '<!DOCTYPE x [<!ENTITY a "ha">'
    for before, after in zip("abcdefghi", "bcdefghij", strict=True):
        bomb += f'<!ENTITY {after} "{f"&{before};" * 10}">'
    text = document(series(TWO_LEADS), "<name>&j;</name>", head=bomb + "]>")
    with pytest.raises(ValueError, match=r"trial.xml is no .*declares XML entities"):
        read_recording(write(text))


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.6, 0.95, 0.999])
def test_truncated_anywhere_the_file_is_named(write, share):
    text = document(series(TWO_LEADS))
    with pytest.raises(ValueError, match=r"trial.xml is"):
        read_recording(write(text[: int(share * len(text))]))


def test_a_piece_that_lies_far_away_is_a_damaged_time(write):
    lead = sequence("MDC_ECG_LEAD_II", SAMPLES)
    sets = [sequence_set(lead), sequence_set(lead, head="20340203102030")]
    with pytest.raises(ValueError, match=r"trial.xml: .* its time is damaged"):
        read_recording(write(document(series(*sets))))

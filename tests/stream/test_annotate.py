import copy
import gc
import re

import edfio
import numpy as np
import pandas as pd
import pytest

from sklearn_ecg import annotate, load_pretrained
from sklearn_ecg.datasets import beat_table, make_ecg
from sklearn_ecg.detection import detect_r_peaks
from sklearn_ecg.records import recording_from_array
from sklearn_ecg.stream import BeatStream

RATE = 360


def test_beats_are_those_of_the_stream_and_of_predict(model, ecg, signal):
    record = ecg.records[0]
    beats = annotate(record, model).beats
    stream = BeatStream(model, RATE)
    live = pd.concat([stream.push(signal), stream.flush()], ignore_index=True)
    pd.testing.assert_frame_equal(beats, live[beats.columns])
    table = beat_table(record)
    assert beats["sample"].tolist() == table["sample"].tolist()
    assert beats["label"].tolist() == model.predict(table).tolist()


def test_the_model_is_left_as_it_was(model, ecg):
    before = copy.deepcopy(model).get_params()
    annotate(ecg.records[0], model, lead="V1")
    after = model.get_params()
    assert {k: str(v) for k, v in before.items()} == {
        k: str(v) for k, v in after.items()
    }


def test_the_lead_that_is_named_is_read(model, ecg):
    annotation = annotate(ecg.records[0], model, lead="v1")
    assert annotation.lead == "V1"
    expected = detect_r_peaks(ecg.records[0].p_signal[:, 1], RATE)
    assert annotation.beats["sample"].tolist() == expected.tolist()


def test_a_lead_of_another_kind_is_named(model, signal):
    with pytest.warns(UserWarning, match="'V5' stands in for 'MLII'"):
        annotation = annotate(recording_from_array(signal, RATE, "V5"), model)
    assert annotation.instead_of == "MLII"
    assert "V5 stands in for MLII" in str(annotation)


@pytest.fixture(scope="module")
def box():
    """A model that reads two leads, any of them."""
    return load_pretrained("ambulatory")


def write_edf(path, *leads):
    """Write an EDF file of leads, given by name, unit, rate and signal."""
    edfio.Edf(
        [
            edfio.EdfSignal(
                np.clip(x, -9, 9), rate, label=name, physical_dimension=unit
            )
            for name, unit, rate, x in leads
        ]
    ).write(path)
    return path


@pytest.mark.parametrize(
    ("other", "unit", "rate"),
    [
        ("GSR", "uV", RATE),
        ("Snore", "mV", RATE),
        ("Battery", "mV", RATE),
        ("SaO2", "%", 1),
        ("Skin", "degC", RATE),
        ("X", "g", RATE),
    ],
)
@pytest.mark.parametrize("name", ["ECG", "Ch1"])
def test_no_other_signal_is_labelled_in_place_of_the_ecg(
    box, signal, tmp_path, other, unit, rate, name
):
    noise = np.random.default_rng(0).normal(0, 1, 60 * rate)
    path = write_edf(
        tmp_path / "a.edf",
        (other, unit, rate, noise),
        (name, "mV", RATE, signal),
        ("Y", "g", RATE, signal[::-1]),
    )
    with pytest.warns(UserWarning, match=f"'{name}' .* passed over: '{other}'") as told:
        annotation = annotate(path, box)
    assert len(told) == 1
    assert annotation.lead == name
    assert annotation.second_lead is None
    assert list(annotation.leads) == [name]
    assert f"Lead {name}: " in str(annotation)
    assert f"passed over: '{other}'" in str(annotation)
    page = annotation.report(tmp_path / "a.html").read_text()
    assert "passed over" in page


def test_a_lead_with_a_qualifier_is_the_lead_and_is_told(model, signal):
    pair = np.column_stack([signal[::-1], signal])
    recording = recording_from_array(pair, RATE, ["V1", "lead II (filtered)"])
    with pytest.warns(UserWarning, match="it is II, with a qualifier"):
        annotation = annotate(recording, model)
    assert annotation.lead == "lead II (filtered)"
    assert annotation.instead_of is None
    assert "with a qualifier" in str(annotation)


def test_a_lead_that_is_no_voltage_is_read_if_it_is_named(box, signal, tmp_path):
    still = np.full(60, 37.0) + np.arange(60) / 100
    path = write_edf(
        tmp_path / "a.edf", ("Skin", "degC", 1, still / 10), ("X", "g", RATE, signal)
    )
    with pytest.raises(ValueError, match="no lead that is an ECG") as told:
        annotate(path, box)
    assert "as in lead='X'" in str(told.value)
    annotation = annotate(path, box, lead="X")
    assert len(annotation.beats) > 30
    assert "its unit 'g' is no voltage" in str(annotation)


def test_a_second_lead_at_another_rate_is_not_looked_at_and_told_of(box, signal):
    leads = [signal, signal[::2]]
    recording = recording_from_array(leads, [RATE, RATE / 2], ["MLII", "V1"])
    annotation = annotate(recording, box)
    assert annotation.second_lead is None
    assert len(annotation.beats) > 30
    told = f"Lead V1: not looked at beside MLII, as its samples are .* {RATE // 2} a"
    assert re.search(told, str(annotation))


def test_nothing_is_said_of_leads_that_were_asked_for(box, ecg):
    annotation = annotate(ecg.records[0], box)
    assert set(annotation.leads) == {"MLII", "V1"}
    assert "passed over" not in str(annotation)


@pytest.mark.parametrize("lead", [[], 0, b"II", [0], ""])
def test_what_names_no_lead_is_refused(model, ecg, lead):
    with pytest.raises(ValueError, match="The 'lead' parameter of annotate"):
        annotate(ecg.records[0], model, lead=lead)


def test_samples_are_those_of_the_recording_where_the_lead_is_slower(model, signal):
    fast = np.zeros(2 * len(signal))
    recording = recording_from_array([signal, fast], [360, 720], ["MLII", "V1"])
    beats = annotate(recording, model).beats
    alone = annotate(recording_from_array(signal, 360, "MLII"), model).beats
    assert beats["sample"].tolist() == (2 * alone["sample"]).tolist()
    assert beats["label"].tolist() == alone["label"].tolist()
    np.testing.assert_array_equal(beats["time"], alone["time"])


def test_given_r_peaks_are_taken_as_they_are_or_aligned(model, ecg):
    record = ecg.records[0]
    r_peaks = beat_table(record)["sample"].to_numpy()[1:-1]
    moved = annotate(record, model, r_peaks=r_peaks - 12).beats
    assert moved["sample"].tolist() == (r_peaks - 12).tolist()
    table = beat_table(record, r_peaks - 12)
    assert moved["label"].tolist() == model.predict(table).tolist()
    aligned = annotate(record, model, r_peaks=r_peaks - 12, align=True).beats
    assert (np.abs(aligned["sample"] - r_peaks) <= 1).all()


def test_another_detector_is_believed(model, ecg):
    beats = annotate(ecg.records[0], model, r_peaks=detect_r_peaks).beats
    mine = annotate(ecg.records[0], model).beats
    assert (np.abs(beats["sample"] - mine["sample"]) <= 1).all()


def test_given_beats_that_cannot_be_are_told_of(model, signal):
    recording = recording_from_array(signal, RATE, "MLII")
    with pytest.warns(UserWarning, match="outside of the signal"):
        beats = annotate(recording, model, r_peaks=[500, 900, 10**7]).beats
    assert beats["sample"].tolist() == [500, 900]


def test_a_beat_without_signal_stays_and_says_so(model, signal):
    holed = signal.copy()
    r_peak = detect_r_peaks(signal, RATE)[20]
    holed[r_peak + 100 : r_peak + 110] = np.nan
    annotation = annotate(recording_from_array(holed, RATE, "MLII"), model)
    lost = annotation.beats[annotation.beats["quality"] == "no signal"]
    assert lost["label"].tolist() == ["?"] * len(lost)
    assert len(lost) >= 1
    assert lost["p_N"].isna().all()
    assert "no signal" in str(annotation)


def test_stretches_without_a_signal_are_in_seconds(model, signal):
    holed = signal.copy()
    holed[3600:7200] = np.nan
    quality = annotate(recording_from_array(holed, RATE, "MLII"), model).quality
    [stretch] = quality.to_dict("records")
    assert stretch == {"start": 10.0, "stop": 20.0, "reason": "invalid"}


@pytest.mark.parametrize(
    "signal",
    [
        np.full(5000, np.nan),
        np.zeros(5000),
        np.full(5000, 3.3),
        np.sin(np.arange(200.0)),
        np.ones(1),
        np.array([1, -1], dtype=np.int16).repeat(3),
    ],
    ids=["all missing", "zeros", "constant", "short", "one sample", "six samples"],
)
def test_recordings_without_beats_have_an_annotation_without(model, signal):
    annotation = annotate(recording_from_array(signal, RATE, "MLII"), model)
    assert len(annotation.beats) == 0
    assert "0 beats" in str(annotation)


def test_int16_extremes_do_not_hang(model):
    square = np.tile(np.repeat([-32768, 32767], 90), 60).astype(np.int16)
    recording = recording_from_array(square, RATE, "MLII", unit="uV")
    assert set(annotate(recording, model).beats["label"]) <= {*model.classes_}


def test_a_model_of_another_kind_is_refused(model, ecg):
    with pytest.raises(TypeError, match="begins with a BeatSegmenter"):
        annotate(ecg.records[0], model[-1])


def test_a_recording_without_the_lead_is_refused(model, signal):
    with pytest.raises(ValueError, match="no lead 'MLII' or 'II' or 'V5'"):
        annotate(recording_from_array(signal, RATE, "ECG"), model)


def test_a_rate_that_is_too_low_is_refused(model, signal):
    message = "'MLII' of record .* has 50 samples a second; beats are found in 100 to"
    with pytest.raises(ValueError, match=message):
        annotate(recording_from_array(signal, 50, "MLII"), model)


def test_a_file_that_is_not_there_is_named(model, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        annotate(tmp_path / "nowhere.edf", model)


def test_a_long_recording_is_read_piece_by_piece(model):
    record = make_ecg(1, duration=20, random_state=0).records[0]
    signal = np.tile(record.p_signal[:, 0], 180)
    recording = recording_from_array(signal, RATE, "MLII")
    longest = 0

    def read(indices, spans):
        nonlocal longest
        longest = max(longest, spans[0][1] - spans[0][0])
        return original(indices, spans)

    original = recording.source.read
    recording.source.read = read
    beats = annotate(recording, model).beats
    assert longest == 600 * RATE
    gc.collect()
    stream = BeatStream(model, RATE)
    live = pd.concat([stream.push(signal), stream.flush()], ignore_index=True)
    pd.testing.assert_frame_equal(beats, live)


def test_a_bar_is_shown_if_asked_for(model, ecg, capsys):
    annotate(ecg.records[0], model, verbose=1)
    assert "Annotating" in capsys.readouterr().err
    annotate(ecg.records[0], model)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("gain", "unit"), [(1e-3, "volts"), (1e3, "microvolts or counts")]
)
def test_a_unit_that_seems_to_be_wrong_is_named(model, signal, gain, unit):
    recording = recording_from_array(gain * signal, 360, "MLII")
    with pytest.warns(UserWarning, match=f"seems to be in {unit}"):
        annotation = annotate(recording, model)
    plain = annotate(recording_from_array(signal, 360, "MLII"), model)
    assert annotation.quality.empty
    assert len(annotation.beats) == pytest.approx(len(plain.beats), abs=2)


@pytest.mark.parametrize("gain", [0.05, 10.0])
def test_low_and_high_beats_are_no_other_unit(model, signal, gain):
    annotate(recording_from_array(gain * signal, 360, "MLII"), model)


def test_beats_too_fast_to_be_told_apart_are_spoken_of(model):
    normal = {"N": 1.0}
    made = make_ecg(1, duration=180, class_frequencies=normal, random_state=0)
    signal = made.records[0].p_signal[:, 0]
    fast = recording_from_array(signal, 4 * 360, "MLII")
    with pytest.warns(UserWarning, match="in lead 'MLII' of record 'in memory'"):
        annotate(fast, model)


def test_r_peaks_that_are_seconds_or_a_mask_are_refused(model, signal):
    recording = recording_from_array(signal, 360, "MLII")
    with pytest.raises(ValueError, match="They seem to be seconds"):
        annotate(recording, model, r_peaks=np.arange(0.5, 59, 0.8))
    with pytest.raises(ValueError, match="not a mask of 21600 entries"):
        annotate(recording, model, r_peaks=np.arange(21_600) % 300 == 0)
    with pytest.raises(ValueError, match="They seem to be seconds"):
        annotate(recording, model, r_peaks=lambda signal, rate: np.arange(0.5, 59, 0.8))

from datetime import UTC, datetime

import numpy as np
import pytest

from sklearn_ecg.records import read_recording

SAMPLES = np.random.default_rng(0).normal(0, 300, (1500, 2)).round(3)
HEAD = """%OpenBCI Raw EXG Data
%Number of channels = 2
%Sample Rate = 250 Hz
%Board = OpenBCI_GUI$BoardCytonSerial
"""
NAMES = "Sample Index, EXG Channel 0, EXG Channel 1, Accel Channel 0, Other, Timestamp"
NAMES += ", Timestamp (Formatted)\n"
BEGAN = datetime(2024, 2, 3, 10, 20, 30, 250_000)


def document(
    samples=SAMPLES, left_out=(), turn=256, step=1, delayed=(), head=HEAD, names=NAMES
):
    lines = []
    for i, row in enumerate(samples):
        if i in left_out:
            continue
        # Rows come in packets, some of them late.
        seconds = 1706952030.25 + (i // 10 * 10 + (200 if i in delayed else 0)) / 250
        numbers = [step * i % turn, *row, 0.5, 0.0, f"{seconds:.6f}"]
        lines.append(", ".join(map(str, numbers)) + ", 2024-02-03 10:20:30.250")
    return head + names + "\n".join(lines) + "\n"


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a text, and returns its path."""

    def write(text):
        path = tmp_path / "session.txt"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(("turn", "step"), [(256, 1), (256, 2), (201, 1)])
def test_channels_are_in_millivolts_at_the_rate_of_the_header(write, turn, step):
    recording = read_recording(write(document(turn=turn, step=step)))
    assert recording.leads == ("EXG Channel 0", "EXG Channel 1", "Accel Channel 0")
    assert recording.units["EXG Channel 1"] == "mV"
    assert recording.units["Accel Channel 0"] == "g"
    assert recording.sampling_rates["EXG Channel 0"] == 250
    assert recording.start_time == BEGAN
    assert recording.n_samples == 1500
    np.testing.assert_allclose(recording.read("EXG Channel 1"), SAMPLES[:, 1] / 1000)


@pytest.mark.parametrize("turn", [256, 201])
@pytest.mark.parametrize("n_lost", [1, 60, 255, 256, 257, 700])
def test_rows_that_are_missing_are_gaps_however_many(write, turn, n_lost):
    lost = range(400, 400 + n_lost)
    signal = read_recording(write(document(left_out=lost, turn=turn))).read()
    signal = signal["EXG Channel 0"]
    assert np.flatnonzero(np.isnan(signal)).tolist() == list(lost)
    kept = np.setdiff1d(np.arange(1500), lost)
    np.testing.assert_allclose(signal[kept], SAMPLES[kept, 0] / 1000)


def test_rows_that_come_late_are_no_gap(write):
    recording = read_recording(write(document(delayed=range(500, 540))))
    assert not np.isnan(recording.read("EXG Channel 0")).any()


def test_a_stretch_across_a_gap_equals_that_part_of_the_whole(write):
    recording = read_recording(write(document(left_out=range(400, 460))))
    part = recording.read(["EXG Channel 0"], start=1.5, stop=2)["EXG Channel 0"]
    np.testing.assert_array_equal(part, recording.read("EXG Channel 0")[375:500])


def test_older_files_without_names_are_read_by_the_number_of_channels(write):
    head = HEAD.replace("EXG", "EEG")
    recording = read_recording(write(document(head=head, names="")))
    assert recording.leads == ("EXG Channel 0", "EXG Channel 1")
    assert recording.start_time is None
    np.testing.assert_allclose(recording.read("EXG Channel 0"), SAMPLES[:, 0] / 1000)


def test_a_start_in_seconds_is_one_of_the_world(write):
    text = document().replace(", Timestamp (Formatted)", "")
    text = text.replace(", 2024-02-03 10:20:30.250", "")
    recording = read_recording(write(text))
    assert recording.start_time == datetime.fromtimestamp(1706952030.25, UTC)


GOOD = document()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD, "holds no rows|does not say"),
        (HEAD + NAMES, "holds no rows"),
        (GOOD.replace("Sample Rate = 250", "Rate"), "says no sample rate"),
        (GOOD.replace("Rate = 250", "Rate = 0"), "sampling rate 0 Hz"),
        (GOOD.replace("Rate = 250", "Rate = 2.5.0"), "could not|no sample rate|CSV"),
        (document(names="").replace("%Number of", "%"), "which of its columns"),
        (GOOD.replace("Accel Channel 0, ", ""), "names 6 columns, and line 6 has 7"),
        (GOOD.replace("EXG Channel", "X").replace("Accel Channel", "Y"), "no channel"),
        (GOOD.replace("\n7, ", "\nseven, "), "should number the samples"),
        (GOOD.replace("\n7, ", "\n, "), "rows without a number"),
        (GOOD.replace("\n7, ", "\n99999999999, "), "lies 4e.* is damaged"),
    ],
)
def test_damage_is_refused_by_name(write, text, message):
    with pytest.raises(
        ValueError, match=rf"session.txt.*({message})|{message}.*session"
    ):
        read_recording(write(text))

import warnings

import numpy as np
import pandas as pd
import pytest
import wfdb

from sklearn_ecg.datasets import load_beats, make_ecg
from sklearn_ecg.detection import detect_r_peaks
from sklearn_ecg.metrics import UNMATCHED, match_beats

RATE = 360


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("records")
    make_ecg(2, duration=60, random_state=0, directory=directory)
    return directory


@pytest.fixture
def record(directory, tmp_path):
    """Write one record with annotations of the caller's choice."""
    path = sorted(directory.glob("*.hea"))[0].with_suffix("")
    signal = wfdb.rdrecord(str(path)).p_signal

    def write(samples, symbols):
        wfdb.wrsamp(
            "r",
            fs=RATE,
            units=["mV", "mV"],
            sig_name=["MLII", "V1"],
            p_signal=signal,
            write_dir=str(tmp_path),
        )
        wfdb.wrann("r", "atr", np.array(samples), list(symbols), write_dir=tmp_path)
        return tmp_path, detect_r_peaks(
            wfdb.rdrecord(str(tmp_path / "r")).p_signal[:, 0], RATE
        )

    return write


def test_every_detection_has_the_label_of_the_beat_that_it_matches(directory):
    annotated = load_beats(directory)
    beats = load_beats(directory, r_peaks="detected", on_invalid="ignore")
    for record in beats.records:
        mine, theirs = (b.data["record"] == record for b in (beats, annotated))
        samples = annotated.data["sample"][theirs].to_numpy()
        found = beats.data["sample"][mine].to_numpy()
        pairs = match_beats(samples, found, sampling_rate=RATE)
        pairs = pairs[(pairs >= 0).all(axis=1)]
        labels = beats.target[mine][pairs["detected"]]
        assert labels.tolist() == annotated.target[theirs][pairs["reference"]].tolist()
        n_others = mine.sum() - len(pairs)
        assert (beats.target[mine] == UNMATCHED).sum() == n_others
        n_missed = (beats.missed["record"] == record).sum()
        assert n_missed == theirs.sum() - len(pairs)


def test_a_detection_without_annotation_is_no_beat(record):
    directory, r_peaks = record([100], "N")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        beats = load_beats(directory, r_peaks="detected")
    assert set(beats.target) <= {"N", UNMATCHED}
    assert beats.target_names[-1] == UNMATCHED
    assert (beats.target == UNMATCHED).sum() >= len(r_peaks) - 1
    assert beats.data["sample"].tolist() == r_peaks.tolist()


def test_a_missed_beat_is_named_and_warned_of(record):
    directory, r_peaks = record([1], "N")
    extra = (r_peaks[3] + r_peaks[4]) // 2
    directory, _ = record(
        [*r_peaks[:4], extra, *r_peaks[4:]], "N" * 4 + "V" + "N" * (len(r_peaks) - 4)
    )
    with pytest.warns(UserWarning, match=r"1 of \d+ annotated beats .* were not detec"):
        beats = load_beats(directory, r_peaks="detected")
    assert beats.missed[["sample", "symbol"]].values.tolist() == [[extra, "V"]]
    assert "not detected, and have no row: 1;" in beats.DESCR


def test_what_is_detected_in_fibrillation_has_no_row_unless_it_is_a_beat(record):
    _, r_peaks = record([1], "N")
    inside = r_peaks[10:15]
    marks = [inside[0] - 20, inside[-1] + 20]
    outside = np.setdiff1d(r_peaks, inside)
    samples = np.concatenate([outside, marks])
    order = np.argsort(samples)
    symbols = np.array(["N"] * len(outside) + ["[", "]"])[order]
    directory, _ = record(samples[order], symbols)
    beats = load_beats(directory, r_peaks="detected")
    assert beats.data["sample"].tolist() == outside.tolist()
    assert (beats.target == "N").all()
    # All that was detected still counts in the rhythm of the patient.
    assert beats.data["r_peaks"].iloc[0].samples.tolist() == r_peaks.tolist()


def test_aligned_beats_are_those_annotated_with_the_distances_told(record):
    _, r_peaks = record([1], "N")
    early = r_peaks[1:-1] - 18
    directory, _ = record(early, "N" * len(early))
    beats = load_beats(directory, r_peaks="aligned")
    assert (np.abs(beats.data["sample"] - r_peaks[1:-1]) <= 1).all()
    [moved] = beats.moved.to_dict("records")
    assert moved["beats"] == len(early)
    assert moved["not_aligned"] == 0
    assert moved["median_ms"] == pytest.approx(50, abs=3)
    assert moved["lower_ms"] <= moved["median_ms"] <= moved["upper_ms"]


def test_intervals_follow_the_aligned_beats(record):
    _, r_peaks = record([1], "N")
    directory, _ = record(r_peaks[1:-1] - 18, "N" * (len(r_peaks) - 2))
    beats = load_beats(directory, r_peaks="aligned").data
    steps = np.diff(beats["sample"]) / RATE
    np.testing.assert_allclose(beats["rr_next"].to_numpy()[:-1], steps)


def test_another_detector_is_labelled_likewise(directory):
    beats = load_beats(directory, r_peaks=detect_r_peaks, on_invalid="ignore")
    mine = load_beats(directory, r_peaks="detected", on_invalid="ignore")
    pd.testing.assert_series_equal(
        beats.data["rr_local"], mine.data["rr_local"], atol=0.01
    )
    assert beats.target.tolist() == mine.target.tolist()


def test_annotated_beats_are_neither_moved_nor_missed(directory):
    beats = load_beats(directory)
    assert len(beats.moved) == len(beats.missed) == 0


@pytest.mark.parametrize("r_peaks", ["found", None, 3])
def test_a_way_that_is_none_is_refused(directory, r_peaks):
    with pytest.raises(ValueError, match="must be 'annotated', 'aligned', 'detected'"):
        load_beats(directory, r_peaks=r_peaks)


def test_the_label_of_no_beat_is_no_class(directory):
    with pytest.raises(ValueError, match="the label 'O'"):
        load_beats(directory, r_peaks="detected", classes={"N": "O", "V": "V"})


def test_a_record_without_the_lead_is_left_out_of_a_directory(directory):
    with pytest.raises(ValueError, match=r"No beat with a label .* no lead 'V6'"):
        load_beats(directory, r_peaks="detected", lead="V6")


def test_a_database_is_detected_with_its_missed_beats_counted(svdb_860):
    beats = load_beats(
        svdb_860, ["860"], r_peaks="detected", lead="ECG1", on_invalid="ignore"
    )
    annotated = load_beats(svdb_860, ["860"], on_invalid="ignore")
    n_found = (beats.target != UNMATCHED).sum()
    assert n_found + len(beats.missed) == len(annotated.target)
    assert n_found > 0.99 * len(annotated.target)


@pytest.fixture
def svdb_860(data_directory):
    return data_directory("svdb")

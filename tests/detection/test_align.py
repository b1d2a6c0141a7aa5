import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.detection import align_r_peaks, detect_r_peaks

RATE = 360


@pytest.fixture(scope="module")
def signal():
    return make_ecg(1, duration=60, random_state=0).records[0].p_signal[:, 0]


@pytest.fixture(scope="module")
def r_peaks(signal):
    return detect_r_peaks(signal, RATE)


def test_detected_r_peaks_are_aligned_already(signal, r_peaks):
    aligned = align_r_peaks(signal, RATE, r_peaks)
    assert (np.abs(aligned.r_peaks - r_peaks) <= 1).all()
    assert aligned.is_aligned[1:-1].all()


@pytest.mark.parametrize("milliseconds", [-60, -20, 30])
def test_marks_from_elsewhere_come_to_where_the_detector_has_them(
    signal, r_peaks, milliseconds
):
    inner = r_peaks[1:-1]
    elsewhere = inner + round(milliseconds / 1000 * RATE)
    assert (np.abs(align_r_peaks(signal, RATE, elsewhere).r_peaks - inner) <= 1).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_r_peaks_rise_and_stay_in_reach_wherever_the_marks_are(signal, seed):
    rng = np.random.default_rng(seed)
    marks = np.unique(rng.integers(0, len(signal), 300))
    aligned = align_r_peaks(signal, RATE, marks)
    assert (np.diff(aligned.r_peaks) > 0).all()
    assert (np.abs(aligned.r_peaks - marks) <= 0.1 * RATE + 3).all()
    assert (aligned.r_peaks[~aligned.is_aligned] == marks[~aligned.is_aligned]).all()
    assert (aligned.r_peaks >= 0).all()
    assert (aligned.r_peaks < len(signal)).all()


@pytest.mark.parametrize("gain", [0.01, -1, 100])
def test_gain_and_offset_change_nothing(signal, r_peaks, gain):
    changed = align_r_peaks(gain * signal + 5, RATE, r_peaks - 15).r_peaks
    plain = align_r_peaks(signal, RATE, r_peaks - 15).r_peaks
    assert (np.abs(changed - plain) <= 1).all()


def test_a_beat_near_missing_samples_stays_where_it_was(signal, r_peaks):
    holed = signal.copy()
    holed[r_peaks[5] + 10] = np.nan
    marks = r_peaks - 10
    aligned = align_r_peaks(holed, RATE, marks)
    assert not aligned.is_aligned[5]
    assert aligned.r_peaks[5] == marks[5]
    assert aligned.is_aligned[4]
    assert aligned.is_aligned[6]


def test_beats_on_a_flat_line_stay_where_they_were():
    aligned = align_r_peaks(np.full(2000, 0.7), RATE, [500, 900])
    assert aligned.r_peaks.tolist() == [500, 900]
    assert not aligned.is_aligned.any()


def test_two_marks_of_one_beat_do_not_meet(signal, r_peaks):
    marks = np.array([r_peaks[5] - 10, r_peaks[5] + 10])
    aligned = align_r_peaks(signal, RATE, marks)
    assert aligned.r_peaks.tolist() == marks.tolist()
    assert not aligned.is_aligned.any()


def test_no_r_peaks_are_no_r_peaks(signal):
    assert align_r_peaks(signal, RATE, []).r_peaks.tolist() == []


@pytest.mark.parametrize(
    ("r_peaks", "message"),
    [
        ([10, 10], "must rise; 10, at position 1, comes after 10"),
        ([10, 10**9], "0 to 21599; position 1 holds 1000000000"),
        ([0.5], "whole numbers"),
        (["a"], "whole numbers"),
    ],
)
def test_r_peaks_that_are_none_are_refused(signal, r_peaks, message):
    with pytest.raises(ValueError, match=message):
        align_r_peaks(signal, RATE, r_peaks)


@pytest.mark.parametrize("reach", [0, -1, 0.6, np.nan, "0.1"])
def test_a_reach_that_is_none_is_refused(signal, reach):
    with pytest.raises(ValueError, match="'reach' parameter of align_r_peaks"):
        align_r_peaks(signal, RATE, [100], reach=reach)

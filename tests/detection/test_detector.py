import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.detection import RPeakDetector, detect_r_peaks


def in_pieces(detector, pieces):
    return np.concatenate([*map(detector.push, pieces), detector.flush()])


@pytest.mark.filterwarnings("ignore:Between many of the beats")
@settings(deadline=None, max_examples=60)
@given(
    rate=st.one_of(st.sampled_from([128, 250, 360, 500, 1000]), st.floats(100, 2000)),
    gain=st.sampled_from([0.01, 1, 1000]),
    as_integers=st.booleans(),
    gaps=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 800)), max_size=3),
    cuts=st.lists(st.integers(0, 10_000), max_size=12),
)
def test_the_pieces_of_a_signal_change_no_beat(
    noisy_lead, rate, gain, as_integers, gaps, cuts
):
    signal = gain * noisy_lead
    for start, length in gaps:
        signal[start : start + length] = np.nan
    if as_integers:
        signal = np.rint(np.nan_to_num(signal) * 200).astype(np.int32)
    whole = detect_r_peaks(signal, rate)
    pieces = np.split(signal, sorted(cuts))
    np.testing.assert_array_equal(in_pieces(RPeakDetector(rate), pieces), whole)


@pytest.mark.parametrize("length", [1, 7])
def test_pieces_of_very_few_samples_change_no_beat(noisy_lead, length):
    signal = noisy_lead[:5000]
    pieces = np.split(signal, range(length, len(signal), length))
    found = in_pieces(RPeakDetector(250), pieces)
    assert len(found) > 15
    np.testing.assert_array_equal(found, detect_r_peaks(signal, 250))


def test_a_long_piece_is_the_same_as_short_ones(noisy_lead):
    signal = np.tile(noisy_lead, 40)
    pieces = np.array_split(signal, 1000)
    found = in_pieces(RPeakDetector(250), pieces)
    np.testing.assert_array_equal(detect_r_peaks(signal, 250), found)


def test_a_regular_beat_is_certain_soon_after_its_r_peak(noisy_lead):
    detector = RPeakDetector(250)
    delays = [
        stop - r_peak
        for stop in range(1, 3900)
        for r_peak in detector.push(noisy_lead[stop - 1 : stop])
        if stop > 1000
    ]
    assert len(delays) > 8
    assert np.median(delays) <= 0.36 * 250


def test_the_beats_of_the_first_seconds_come_after_them(noisy_lead):
    detector = RPeakDetector(250)
    assert len(detector.push(noisy_lead[:400])) == 0
    found = detector.push(noisy_lead[400:1000])
    assert found[0] < 400


def test_the_next_recording_begins_anew(noisy_lead):
    detector = RPeakDetector(250)
    first = in_pieces(detector, [noisy_lead])
    assert len(detector.flush()) == 0
    np.testing.assert_array_equal(in_pieces(detector, [noisy_lead]), first)


def test_a_detector_without_samples_has_no_beats():
    assert RPeakDetector(250).flush().tolist() == []
    assert RPeakDetector(250).push([]).tolist() == []


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("sampling_rate", 0),
        ("sampling_rate", "250"),
        ("resolution", 0),
        ("flat_range", -1),
        ("limits", (5, -5)),
        ("limits", 5),
        ("limits", (np.nan, 5)),
        ("limits", "ab"),
    ],
)
def test_a_parameter_that_is_not_allowed_is_named(parameter, value):
    with pytest.raises(ValueError, match=parameter):
        RPeakDetector(**{"sampling_rate": 250, parameter: value})


def test_samples_that_are_no_numbers_are_named():
    with pytest.raises(ValueError, match="samples must be floats"):
        RPeakDetector(250).push(["a"])

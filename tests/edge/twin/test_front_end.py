import numpy as np
import pytest

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.detection import detect_r_peaks
from sklearn_ecg.edge.twin._front_end import SLACK, FrontEnd


def counts_at(rate, duration=60):
    record = make_ecg(1, duration=duration, sampling_rate=rate, random_state=1)
    signal = record.records[0].p_signal[:, 0]
    return np.rint(200 * signal).astype(np.int16)


@pytest.mark.parametrize("rate", [100, 125, 180])
def test_beats_are_those_of_the_detector_where_samples_are_not_summed(rate):
    counts = counts_at(rate)
    front = FrontEnd(rate, 125, -25, 39)
    found = [beat.sample for beat in front.beats(front.working_samples(counts))]
    assert found == detect_r_peaks(counts, rate).tolist()


@pytest.mark.parametrize("rate", [200, 250, 360, 500, 1000])
def test_beats_are_near_those_of_the_detector_elsewhere(rate):
    counts = counts_at(rate)
    front = FrontEnd(rate, 125, -25, 39)
    found = np.array([b.sample for b in front.beats(front.working_samples(counts))])
    expected = detect_r_peaks(counts, rate)
    assert len(found) == len(expected)
    assert np.abs(found - expected).max() <= 2 * front.lengths.factor


@pytest.mark.parametrize("rate", [100, 125, 200, 250, 360, 500, 1000])
def test_windows_of_a_straight_line_are_straight_and_centred(rate):
    front = FrontEnd(rate, 125, -25, 39)
    counts = np.arange(-2000, 6000, dtype=np.int16)
    working = front.working_samples(counts)
    factor = front.lengths.factor
    samples = np.array([1000, 1001, 1337, 2000])
    windows = front.windows(working, samples)
    times = np.arange(-25, 39) / 125 * rate
    expected = counts[samples][:, np.newaxis] + times
    expected = expected * factor / 2**front.shift
    np.testing.assert_allclose(windows, expected, atol=1.6)


def test_windows_go_on_with_the_first_sample_before_the_signal():
    front = FrontEnd(250, 125, -25, 39)
    working = front.working_samples(np.arange(500, 1500, dtype=np.int16))
    window = front.windows(working, np.array([0]))[0]
    assert (window[:20] == working[0]).all()
    assert window[30] > working[0]


@pytest.mark.parametrize("rate", [100, 125, 187, 250, 360, 500, 1000])
@pytest.mark.parametrize("window", [(-25, 39), (-52, 81)])
def test_the_ring_holds_what_the_first_beats_need(rate, window):
    front = FrontEnd(rate, 125, *window)
    lengths = front.lengths
    seconds = (front.ring - SLACK - front.reach[0]) / lengths.working_rate
    assert seconds > 2 + (lengths.delay + lengths.apart) / lengths.working_rate
    assert front.ring in (512, 1024)


def test_sums_of_extreme_samples_fit_16_bits():
    for rate in (100, 250, 360, 500, 800, 1000):
        front = FrontEnd(rate, 125, -25, 39)
        for extreme in (-32768, 32767):
            working = front.working_samples(np.full(5000, extreme, dtype=np.int16))
            assert np.abs(working).max() <= 32768
            assert (working.astype(np.int16) == working).all()


def test_whether_something_is_seen_is_known_of_blocks():
    front = FrontEnd(250, 125, -25, 39)
    is_so = np.zeros(1000, dtype=bool)
    is_so[100] = True
    before = front.blocks(is_so)
    assert np.flatnonzero(np.diff(before)).tolist() == [100 // 16]

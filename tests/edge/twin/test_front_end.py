import numpy as np
import pytest

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.detection import detect_r_peaks
from sklearn_ecg.detection._find import FindBeats
from sklearn_ecg.edge.twin._front_end import BLOCK, SLACK, FrontEnd
from sklearn_ecg.windows._grid import WorkingSamples

RATES = [100, 125, 180, 187, 200, 250, 257.5, 360, 500, 1000]


def counts_at(rate, duration=60):
    record = make_ecg(1, duration=duration, sampling_rate=rate, random_state=1)
    signal = record.records[0].p_signal[:, 0]
    return np.rint(200 * signal).astype(np.int16)


@pytest.mark.parametrize("rate", RATES)
def test_beats_in_working_samples_are_those_of_the_detector(rate):
    counts = counts_at(rate)
    front = FrontEnd(rate, 125, -25, 39)
    working, find = WorkingSamples(front.lengths), FindBeats(front.lengths)
    working.append(counts)
    found = find.update(working.values)
    n_working = working.end
    working.finish(front.tail)
    found += find.end(working.values[n_working:])
    samples = [beat.sample for beat in found if beat.sample < len(counts)]
    assert samples == detect_r_peaks(counts, rate).tolist()
    assert len(samples) > 40


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("window", [(-25, 39), (-52, 81)])
def test_the_ring_holds_what_the_first_beats_need(rate, window):
    front = FrontEnd(rate, 125, *window)
    lengths = front.lengths
    seconds = (front.ring - SLACK - front.reach[0]) / lengths.working_rate
    assert seconds > 2 + (lengths.delay + lengths.apart) / lengths.working_rate
    assert front.ring in (512, 1024)


@pytest.mark.parametrize("rate", RATES)
def test_a_window_needs_whole_blocks(rate):
    front = FrontEnd(rate, 125, -25, 39)
    samples = np.arange(1000, 1200)
    last = front.last_needed(samples)
    needed = samples // front.lengths.factor + front.reach[1]
    assert ((last + 1) % BLOCK == 0).all()
    assert ((last >= needed) & (last < needed + BLOCK)).all()


def test_beats_that_a_host_tells_of_are_known_with_their_last_sample():
    front = FrontEnd(250, 125, -25, 39)
    found = front.told_beats(np.array([100, 101]), -1)
    assert [beat.sample for beat in found] == [100, 101]
    # Sums of two: that of sample 101 is complete with it, that of 100 is not yet.
    assert [beat.known for beat in found] == [49, 50]


def test_a_beat_is_late_when_the_ring_has_gone_past_its_window():
    front = FrontEnd(250, 125, -25, 39)
    (beat,) = front.told_beats(np.array([1000]), -1)
    first = 1000 // 2 - front.reach[0]
    for known, expected in ((front.ring - 1, False), (front.ring, True)):
        late = beat._replace(known=first + known - SLACK)
        assert front.is_late(late) is expected


@pytest.mark.parametrize("rate", RATES)
def test_a_late_beat_is_still_near_its_place(rate):
    counts = counts_at(rate)
    front = FrontEnd(rate, 125, -25, 39)
    working = WorkingSamples(front.lengths)
    working.append(counts)
    for beat in FindBeats(front.lengths).update(working.values):
        seconds = (front.rough_sample(beat.time) - beat.sample) / rate
        assert abs(seconds) < 0.1
    assert front.rough_sample(0) == 0

import numpy as np
import pytest

from sklearn_ecg.rhythm import EpisodeFinder
from sklearn_ecg.rhythm._beats import CODES, ONE

RATE = 100


def beats_of(labels, start=0, interval=80):
    return [(start + interval * n, CODES[label], ONE) for n, label in enumerate(labels)]


@pytest.mark.parametrize("labels", ["NNVVV", "NVNVNV", "NSSS", "N" * 100, "NNVV"])
def test_a_long_silence_ends_what_the_next_beat_would_end(labels):
    told_of = {}
    for waits in (False, True):
        state = EpisodeFinder(RATE, bradycardia=80).state
        told = state.update(beats_of(labels), [])
        last = 80 * (len(labels) - 1)
        if waits:
            assert state.wait(last + 12_000) == []
            ended = state.wait(last + 12_001)
            *others, begun = ended
            assert all(one.is_over for one in others)
            assert (begun.is_over, begun.kind) == (False, "not analysable")
            assert begun.start == last
            assert state.wait(last + 20_000) == []
            told += others
        told += state.update(beats_of("NNN", start=last + 30_000), [])
        told_of[waits] = sorted(told + state.end(last + 40_000))
    assert told_of[True] == told_of[False]


def test_fibrillation_ends_in_silence_and_begins_anew():
    irregular = np.random.default_rng(0).integers(40, 110, 200)
    samples = np.cumsum(irregular)
    beats = [(int(sample), CODES["N"], ONE) for sample in samples]
    state = EpisodeFinder(RATE).state
    told = state.update(beats, [])
    assert [one.is_over for one in told if one.kind == "AF"] == [False]
    ended = state.wait(int(samples[-1]) + 12_001)
    (af,) = (one for one in ended if one.kind == "AF")
    assert af.is_over
    assert af.stop == samples[-1]


def test_a_recording_that_begins_in_silence_says_so():
    state = EpisodeFinder(RATE).state
    assert state.wait(12_000) == []
    (begun,) = state.wait(13_000)
    assert (begun.kind, begun.start, begun.stop) == ("not analysable", 0, 13_000)
    told = state.update(beats_of("NNN", start=14_000), [])
    (over,) = [one for one in told if one.kind == "not analysable"]
    assert (over.is_over, over.start, over.stop) == (True, 0, 14_000)

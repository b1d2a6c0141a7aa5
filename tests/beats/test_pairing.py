import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.beats._pairing import pair_beats, samples_in

BEATS = st.sets(st.integers(0, 2000), max_size=60).map(
    lambda beats: np.array(sorted(beats), dtype=np.int64)
)


@pytest.mark.parametrize("rate", range(10, 5000, 20))
def test_windows_of_half_a_sample_more_are_rounded_upwards(rate):
    assert samples_in(0.15, rate) == (15 * rate + 50) // 100


@settings(deadline=None)
@given(BEATS, BEATS, st.integers(0, 60))
def test_pairs_are_one_to_one_in_order_and_near(reference, test, window):
    pairs = pair_beats(reference, test, window)
    for column, beats in zip(pairs.T, (reference, test), strict=True):
        assert column[column >= 0].tolist() == list(range(len(beats)))
    both = pairs[(pairs >= 0).all(axis=1)]
    assert (np.abs(reference[both[:, 0]] - test[both[:, 1]]) <= window).all()


@settings(deadline=None)
@given(BEATS)
def test_beats_are_paired_with_themselves(beats):
    assert (np.diff(pair_beats(beats, beats, 54), axis=1) == 0).all()


@settings(deadline=None)
@given(BEATS, BEATS, st.integers(0, 1500))
def test_far_from_the_start_the_pairs_are_those_of_the_whole(reference, test, start):
    # A stretch without beats, so that what is before it has no part in what follows.
    reference, test = (
        beats[(beats < start) | (beats > start + 200)] for beats in (reference, test)
    )
    whole = pair_beats(reference, test, 54)
    late = [
        [i, j]
        for i, j in whole.tolist()
        if max(reference[i] if i >= 0 else -1, test[j] if j >= 0 else -1) >= start
    ]
    assert pair_beats(reference, test, 54, start).tolist() == late


@settings(deadline=None)
@given(BEATS, BEATS, st.integers(0, 60))
def test_pairs_are_the_same_whichever_side_comes_first(reference, test, window):
    one = pair_beats(reference, test, window)
    other = pair_beats(test, reference, window)[:, ::-1]
    assert sorted(one.tolist()) == sorted(other.tolist())


def test_two_beats_on_one_sample_are_two_beats():
    beats = np.array([100, 100, 400])
    assert pair_beats(beats, beats, 54).tolist() == [[0, 0], [1, 1], [2, 2]]
    once = pair_beats(beats, np.array([100, 400]), 54)
    assert once.tolist() == [[0, 0], [1, -1], [2, 1]]


def test_two_days_of_beats_are_paired_in_seconds():
    beats = np.cumsum(np.random.default_rng(0).integers(80, 300, 200_000))
    start = time.perf_counter()
    pairs = pair_beats(beats, beats + 5, 54)
    assert (pairs >= 0).all()
    assert time.perf_counter() - start < 10

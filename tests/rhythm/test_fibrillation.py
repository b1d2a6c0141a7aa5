import numpy as np
import pytest

from sklearn_ecg.rhythm import find_episodes
from sklearn_ecg.rhythm._fibrillation import (
    N_WORDS,
    TABLE,
    WordEntropy,
    least_score,
)

RATE = 1000


def score_of(intervals):
    """Return the score of the last window as its paper writes it."""
    symbols = np.minimum(12000 // np.asarray(intervals), 63)
    words = [tuple(symbols[n - 2 : n + 1]) for n in range(2, len(symbols))][-N_WORDS:]
    counts = np.unique(words, axis=0, return_counts=True)[1]
    shares = counts / len(words)
    entropy = -(shares * np.log2(shares)).sum() / np.log2(len(words))
    return len(counts) / len(words) * entropy


def irregular(n, random_state=0):
    return np.random.default_rng(random_state).integers(400, 1100, n)


def regular(n, random_state=0):
    return np.random.default_rng(random_state).integers(790, 810, n)


def af_of(intervals, labels=None, **parameters):
    samples = np.cumsum([0, *intervals])
    labels = ["N"] * len(samples) if labels is None else labels
    found = find_episodes(samples, labels, RATE, **parameters)
    return found[found["kind"] == "AF"].reset_index(drop=True)


@pytest.mark.parametrize("random_state", range(5))
def test_the_score_is_that_of_the_paper(random_state):
    rng = np.random.default_rng(random_state)
    spread = rng.choice([20, 60, 150, 400])
    intervals = rng.integers(800 - spread, 800 + spread, 400)
    entropy = WordEntropy()
    for n, interval in enumerate(intervals.tolist()):
        entropy.update(interval)
        if n >= N_WORDS + 1 and n % 40 == 0:
            expected = score_of(intervals[: n + 1])
            own = entropy.score / (N_WORDS * TABLE[N_WORDS])
            assert own == pytest.approx(expected, abs=2e-4)


def test_a_score_fits_into_32_bits():
    assert N_WORDS * TABLE[N_WORDS] < 2**31
    assert least_score(1) == N_WORDS * TABLE[N_WORDS]


def test_an_irregular_rhythm_is_fibrillation_and_a_regular_one_is_not():
    found = af_of([*regular(300), *irregular(300), *regular(300)])
    assert len(found) == 1
    onset = regular(300).sum() / RATE
    end = onset + irregular(300).sum() / RATE
    # Half a window is about 45 s.
    assert abs(found["start"][0] - onset) < 30
    assert abs(found["stop"][0] - end) < 30
    assert found["certainty"][0] > 0.9
    beats = 60 * (found["n_beats"] - 1) / (found["stop"] - found["start"])
    assert found["rate"].tolist() == beats.tolist()


def test_what_goes_on_needs_less_irregularity_than_what_begins():
    rather = np.random.default_rng(1).choice([620, 700, 780, 860, 940], 400)
    assert 0.5 < score_of(rather) < 0.6
    quiet = [*regular(300), *rather]
    assert af_of(quiet).empty
    begun = af_of([*irregular(300), *rather])
    assert begun["stop"].tolist() == [(irregular(300).sum() + rather.sum()) / RATE]
    over = af_of([*irregular(300), *regular(300), *rather])
    assert over["stop"][0] < (irregular(300).sum() + regular(300).sum()) / RATE


def test_the_first_window_decides_from_the_first_beat_and_the_last_to_the_last():
    intervals = irregular(200)
    found = af_of(intervals)
    assert found["start"].tolist() == [intervals[0] / RATE]
    assert found["stop"].tolist() == [intervals.sum() / RATE]


def test_fibrillation_that_soon_begins_is_told_from_there_on():
    quiet, restless = regular(60), irregular(300)
    found = af_of([*quiet, *restless])
    assert len(found) == 1
    # The first window is of 81 intervals; its middle is well before AF begins.
    assert abs(found["start"][0] - quiet.sum() / RATE) < 30


def test_a_short_recording_is_decided_by_the_intervals_it_has():
    assert len(af_of(irregular(81))) == 1
    assert af_of(irregular(80)).empty
    assert af_of(regular(81)).empty


def test_ventricular_beats_do_not_make_a_rhythm_irregular():
    # Every third beat comes early, and a compensatory pause follows it.
    rng = np.random.default_rng(0)
    breathing = 80 * np.sin(np.arange(600) / 2)
    intervals = (800 + breathing + rng.normal(0, 10, 600)).astype(int)
    early = np.arange(3, 599, 3)
    shift = rng.integers(100, 400, len(early))
    intervals[early] -= shift
    intervals[early + 1] += shift
    labels = np.full(601, "N", dtype=object)
    assert len(af_of(intervals, labels)) == 1
    labels[early + 1] = "V"
    assert af_of(intervals, labels).empty
    labels[early + 1] = "S"
    assert len(af_of(intervals, labels)) == 1


def test_episodes_shorter_than_thirty_seconds_are_not_told():
    intervals = irregular(200)
    duration = intervals[1:].sum() / RATE
    assert len(af_of(intervals, shortest_af=duration)) == 1
    assert af_of(intervals, shortest_af=duration + 0.01).empty


def test_fibrillation_does_not_go_on_through_a_minute_of_silence():
    intervals = [*irregular(300), 61_000, *irregular(300, 1)]
    found = af_of(intervals)
    assert len(found) == 2
    samples = np.cumsum([0, *intervals]) / RATE
    assert found["stop"][0] == samples[300]
    assert found["start"][1] > samples[301]
    assert len(af_of([*irregular(300), 20_000, *irregular(300, 1)])) == 1

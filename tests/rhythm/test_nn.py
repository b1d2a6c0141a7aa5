import numpy as np
import pytest

from sklearn_ecg.rhythm._nn import nn_intervals
from sklearn_ecg.rhythm._stretches import merged

NOTHING = np.empty((0, 2))


def nn_of(intervals, labels=None, excluded=NOTHING):
    """Return the NN intervals between beats so many ms apart, the first at 0."""
    samples = np.cumsum([0, *intervals], dtype=float)
    labels = np.array(list(labels or "N" * len(samples)))
    excluded = merged(np.array(excluded, dtype=float).reshape(-1, 2))
    return nn_intervals(samples, labels, 1000, excluded)


def test_every_interval_between_neighbouring_normal_beats_is_one():
    nn = nn_of([800, 820, 840])
    assert nn.ms.tolist() == [800, 820, 840]
    assert nn.start.tolist() == [0, 0.8, 1.62]
    assert nn.stop.tolist() == [0.8, 1.62, 2.46]
    assert nn.follows.tolist() == [False, True, True]


@pytest.mark.parametrize("label", list("SVFQ?"))
def test_an_interval_at_another_beat_is_none_and_nothing_follows_across_it(label):
    nn = nn_of([800, 500, 1100, 810, 820], f"NN{label}NNN")
    assert nn.ms.tolist() == [800, 810, 820]
    assert nn.follows.tolist() == [False, False, True]
    assert len(nn.all_stops) == 5


def test_a_detection_that_is_no_beat_parts_no_neighbours():
    nn = nn_of([800, 300, 500, 820], "NNONN")
    assert nn.ms.tolist() == [800, 800, 820]
    assert nn.follows.tolist() == [False, True, True]


@pytest.mark.parametrize("stretch", [(0.9, 1.0), (0.5, 0.8), (1.6, 2.0), (0.8, 0.8)])
def test_an_interval_that_touches_an_excluded_stretch_is_none(stretch):
    starts = np.array([0, 0.8, 1.6, 2.4])
    stops = starts + 0.8
    nn = nn_of([800] * 4, excluded=[stretch])
    apart = (stops < stretch[0]) | (starts > stretch[1])
    np.testing.assert_allclose(nn.start, starts[apart])
    assert 0 < len(nn.start) < 4


def test_an_interval_that_a_missed_beat_doubles_is_none_nor_are_its_neighbours():
    intervals = [800] * 10 + [1600] + [800] * 10
    nn = nn_of(intervals)
    assert nn.ms.tolist() == [800] * 18
    assert np.flatnonzero(~nn.follows).tolist() == [0, 9]


@pytest.mark.parametrize("first", [200, 300, 400, 500, 600])
def test_both_intervals_at_a_beat_too_many_are_none(first):
    intervals = [800] * 10 + [first, 800 - first] + [800] * 10
    assert set(nn_of(intervals).ms) == {800}


@pytest.mark.parametrize("interval", [290, 2010, 60_000])
def test_an_interval_that_no_sinus_beat_ends_is_none(interval):
    nn = nn_of([interval] * 3)
    assert len(nn.ms) == 0
    assert len(nn_of([interval // 10 * 10, 800]).ms) == 0


@pytest.mark.parametrize("interval", [300, 2000])
def test_slow_and_fast_rhythms_within_the_limits_are_kept(interval):
    assert nn_of([interval] * 20).ms.tolist() == [interval] * 20


@pytest.mark.parametrize(("period", "depth"), [(4, 200), (6, 280), (10, 350)])
def test_deep_breathing_of_the_young_is_kept(period, depth):
    intervals = 900 + depth * np.sin(2 * np.pi * np.arange(400) / period)
    assert len(nn_of(np.rint(intervals)).ms) == 400


def test_a_heart_that_slows_within_a_few_beats_is_kept():
    intervals = [600] * 30 + [700, 800, 880] + [900] * 30 + [800, 700] + [600] * 30
    assert len(nn_of(intervals).ms) == len(intervals)


def test_no_beats_have_no_intervals():
    for n_beats in (0, 1):
        samples, labels = np.zeros(n_beats), np.full(n_beats, "N")
        assert len(nn_intervals(samples, labels, 100, merged(NOTHING)).ms) == 0

import numpy as np
import pytest

from sklearn_ecg.rhythm import find_episodes

RATE = 100


def episodes_of(intervals, labels=None, **parameters):
    samples = np.cumsum([0, *intervals])
    labels = ["N"] * len(samples) if labels is None else list(labels)
    found = find_episodes(samples, labels, RATE, **parameters)
    columns = ["kind", "start", "stop", "n_beats"]
    return list(found[columns].itertuples(index=False, name=None))


def test_a_pause_is_longer_than_two_seconds():
    assert episodes_of([80, 200, 80]) == []
    assert episodes_of([80, 201, 80]) == [("pause", 0.8, 2.81, 2)]
    assert episodes_of([80, 201, 80], pause=2.5) == []


@pytest.mark.parametrize(
    ("labels", "is_pause"),
    [("NN", True), ("SN", True), ("NS", True), ("VN", False), ("NQ", False)],
)
def test_both_beats_of_a_pause_are_normal_or_supraventricular(labels, is_pause):
    assert bool(episodes_of([250], labels)) == is_pause
    assert episodes_of([250], labels, pause_beats=["N", "S", "V", "F", "Q"])


def test_what_is_lost_is_no_pause():
    lost = [(1.0, 1.5)]
    assert episodes_of([80, 300, 80], unreadable=lost) == [
        ("not analysable", 1.0, 1.5, 0)
    ]


@pytest.mark.parametrize(
    ("noise", "kind"),
    [
        ([40, 80, 130, 170, 210], "not analysable"),
        # P waves that are not conducted come slower.
        ([70, 140, 210], "pause"),
        ([125], "pause"),
    ],
)
def test_noise_is_no_pause(noise, kind):
    labels = ["N", *["O"] * len(noise), "N"]
    found = find_episodes([0, *noise, 250], labels, RATE)
    assert found[["kind", "start", "stop"]].to_numpy().tolist() == [[kind, 0, 2.5]]


def test_what_is_detected_within_a_second_of_a_beat_cuts_nothing():
    labels = ["V", "O", "O", "V", "V"]
    found = find_episodes([0, 30, 60, 90, 130], labels, RATE)
    assert found["kind"].tolist() == ["V run"]


def test_no_heart_stands_still_for_more_than_two_minutes():
    assert [one[0] for one in episodes_of([80, 11_900, 80])] == ["pause"]
    assert episodes_of([80, 12_100, 80]) == [("not analysable", 0.8, 121.8, 0)]


def test_a_rate_is_fast_for_thirty_seconds():
    # Eight intervals of 0.5 s; the first mean above 100 a minute begins before them.
    fast = [70] * 20 + [50] * 60 + [70] * 20
    ((kind, start, stop, n_beats),) = episodes_of(fast)
    assert kind == "tachycardia"
    # Means of eight are below 0.6 s from five of 0.5 s on, three of 0.7 s before.
    assert start == pytest.approx(20 * 0.7 - 3 * 0.7)
    assert stop == pytest.approx(20 * 0.7 + 30 + 3 * 0.7)
    assert n_beats == 67
    assert episodes_of([70] * 20 + [50] * 50 + [70] * 20) == []
    short = episodes_of([70] * 20 + [50] * 50 + [70] * 20, shortest_rate=20)
    assert [one[0] for one in short] == ["tachycardia"]


def test_a_rate_is_slow_below_fifty():
    assert episodes_of([120] * 60) == []
    ((kind, start, stop, n_beats),) = episodes_of([121] * 60)
    assert (kind, start, n_beats) == ("bradycardia", 0.0, 61)
    assert stop == pytest.approx(72.6)
    assert episodes_of([121] * 60, bradycardia=40) == []


def test_episodes_of_slow_means_that_share_beats_do_not_overlap():
    # Means of eight with seven or eight of 1.15 s are above 50 a minute.
    intervals = [122] * 40 + [150] + [115] * 8 + [150] + [122] * 40
    first, second = episodes_of(intervals)
    assert first[0] == second[0] == "bradycardia"
    assert first[2] == second[1] == pytest.approx(sum(intervals[:47]) / RATE)
    assert second[2] == pytest.approx(sum(intervals) / RATE)
    # What was too short for an episode takes no beats from the next one.
    (only,) = episodes_of(intervals[30:])
    assert only[1] == pytest.approx(sum(intervals[30:43]) / RATE)


def test_a_mean_does_not_reach_over_what_was_lost():
    # Two fast stretches of 25 s, with half a second lost between them.
    intervals = [50] * 50 + [100] + [50] * 50
    assert [one[0] for one in episodes_of(intervals)] == ["tachycardia"]
    lost = [(25.2, 25.8)]
    assert [one[0] for one in episodes_of(intervals, unreadable=lost)] == [
        "not analysable"
    ]

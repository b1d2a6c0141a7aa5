import re

import numpy as np
import pytest

from sklearn_ecg.rhythm import find_episodes, summarize
from sklearn_ecg.rhythm._words import lines_of

RATE = 100


def lines(intervals, labels=None, duration=None, **keywords):
    samples = np.cumsum([0, *intervals])
    labels = ["N"] * len(samples) if labels is None else list(labels)
    episodes = find_episodes(samples, labels, RATE, duration=duration, **keywords)
    return lines_of(summarize(samples, labels, RATE, episodes, duration))


def test_of_a_plain_rhythm_there_is_nothing_to_say():
    assert lines([80] * 200) == []
    assert lines_of_no_beats() == []


def lines_of_no_beats():
    return lines_of(summarize([], [], RATE, find_episodes([], [], RATE)))


def test_what_was_not_analysed_comes_first():
    unreadable = [(100, 160)]
    said = lines([80] * 500, duration=400, unreadable=unreadable)
    assert said == ["Analysed: 5.7 min of 6.7 min"]
    assert lines([80] * 50, duration=7200)[0] == "Analysed: 40.0 s of 2.00 h"


def test_fibrillation_is_told_by_its_share_its_hours_and_its_longest_episode():
    irregular = np.random.default_rng(0).integers(40, 110, 800)
    [line] = lines([*[80] * 400, *irregular, *[80] * 400])
    found = re.fullmatch(
        r"AF: (.*) % of the time, (.*) min in 1 episode, the longest (.*) min at "
        r"0:05:(..)",
        line,
    )
    share, minutes, longest, second = map(float, found.groups())
    true_minutes = irregular.sum() / RATE / 60
    assert minutes == longest == pytest.approx(true_minutes, abs=1)
    assert share == pytest.approx(100 * minutes / (true_minutes + 640 / 60), abs=0.5)
    assert 20 <= second < 60


def test_ectopic_beats_are_told_by_how_they_come():
    labels = "NVVVVNVVNVVNNNSSSNNNVNVNVNNN"
    intervals = [80, 50, 50, 50, 50, *[80] * 22]
    assert lines(intervals, labels) == [
        "V: 1 run (1 nonsustained VT), the longest of 4 beats at 0:00:00; 2 couplets; "
        "1 stretch of bigeminy",
        "S: 1 run, the longest of 3 beats at 0:00:10",
    ]


def test_a_whole_minute_is_told_with_its_seconds():
    (line,) = lines([50] * 120 + [205] + [50] * 20, tachycardia=200)
    assert line == "Pauses over 2 s: 1, the longest 2.0 s at 0:01:00"


def test_pauses_are_told_with_the_longest_and_where_they_are_doubtful():
    intervals = [*[80] * 20, 250, *[80] * 20, 310, *[80] * 20]
    unreadable = [(38.5, 39.5)]
    assert lines(intervals, unreadable=unreadable) == [
        "Analysed: 52.9 s of 53.6 s",
        "Pauses over 2 s: 2, the longest 3.1 s at 0:00:34, "
        "1 beside what is not analysable",
    ]


def test_slow_and_fast_rates_are_told_by_their_time():
    # A mean of eight intervals reaches into the rhythm beside it.
    assert lines([50] * 100 + [80] * 100 + [150] * 60) == [
        "Bradycardia: 42.0 % of the time, 92.4 s",
        "Tachycardia: 23.5 % of the time, 51.6 s",
    ]

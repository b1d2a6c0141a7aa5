from datetime import datetime

import matplotlib.pyplot as plt
import pytest

from sklearn_ecg.displays._clock_axis import label_time

EVENING = datetime(2026, 3, 5, 22, 47, 10)


def labelled(duration, start_time=None):
    _, ax = plt.subplots()
    label_time(ax, duration, start_time)
    texts = [text.get_text() for text in ax.get_xticklabels()]
    return ax, dict(zip(texts, ax.get_xticks().tolist(), strict=True))


def test_without_a_start_the_time_counts_from_the_beginning():
    ax, ticks = labelled(7200)
    assert ticks == {
        "0:00": 0,
        "0:30": 1800,
        "1:00": 3600,
        "1:30": 5400,
        "2:00": 7200,
    }
    assert ax.get_xlabel() == "Time since the recording began (hours:minutes)"
    assert ax.get_xlim() == (0, 7200)


def test_with_a_start_ticks_stand_at_round_times_of_the_clock():
    ax, ticks = labelled(4 * 3600, EVENING)
    assert list(ticks)[:4] == ["23:00", "23:30", "0:00", "0:30"]
    assert ticks["23:00"] == 12 * 60 + 50
    assert ticks["0:00"] == 12 * 60 + 50 + 3600
    assert ax.get_xlabel() == "Clock time, from 5 March 2026"


def test_a_short_recording_has_seconds():
    ax, ticks = labelled(30)
    assert list(ticks)[1] == "0:00:05"
    assert ax.get_xlabel().endswith("(hours:minutes:seconds)")


def test_days_are_named_by_their_date():
    _, ticks = labelled(10 * 86400, EVENING)
    assert list(ticks)[:2] == ["7 Mar", "9 Mar"]


@pytest.mark.parametrize("start_time", [None, EVENING])
@pytest.mark.parametrize("duration", [0, 1, 59, 600, 86400, 10 * 86400, 40 * 86400])
def test_there_are_neither_no_ticks_nor_too_many(duration, start_time):
    ax, ticks = labelled(duration, start_time)
    assert len(ax.get_xticks()) == len(ticks) <= 10
    assert duration < 59 or len(ticks) >= 3

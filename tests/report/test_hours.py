"""The table by the hour."""

from datetime import datetime

import numpy as np
import pandas as pd

from sklearn_ecg.report._clock import Clock
from sklearn_ecg.report._hours import by_the_hour, hour_text
from sklearn_ecg.rhythm import find_episodes

RATE = 100


def rows_of(start_time, hours):
    samples = np.arange(50, hours * 3600 * RATE, 100)
    labels = np.full(len(samples), "N", dtype=object)
    labels[1000:1002] = "V"
    beats = pd.DataFrame({"sample": samples, "label": labels})
    duration = hours * 3600.0
    episodes = find_episodes(samples, labels, RATE, duration=duration)
    return by_the_hour(
        beats, RATE, episodes, Clock(start_time, duration), 0.0, duration
    )


def test_hours_are_those_of_the_clock():
    rows = rows_of(datetime(2026, 12, 1, 13, 40), 2)
    assert [row["name"] for row in rows] == ["13:40:00", "14:00:00", "15:00:00"]
    assert [row["analysed"] for row in rows] == [20, 60, 40]
    assert [row["beats"] for row in rows] == [1200, 3600, 2400]
    assert [row["V couplets"] for row in rows] == [1, 0, 0]
    assert {row["mean"] for row in rows} == {60.0}


def test_a_part_of_an_hour_is_not_0_minutes():
    written = [hour_text("analysed", minutes) for minutes in (0, 0.01, 0.42, 59.96)]
    assert written == ["0", "< 0.1", "0.4", "60"]
    assert [hour_text("beats", n) for n in (7, 4200, np.nan)] == ["7", "4,200", "–"]


def test_without_a_clock_hours_count_from_the_start():
    rows = rows_of(None, 2)
    assert [row["name"] for row in rows] == ["0:00:00", "1:00:00"]


def test_of_several_days_there_is_a_row_a_day():
    rows = rows_of(datetime(2026, 12, 1, 12), 48)
    assert [row["name"] for row in rows] == [
        "1 Dec 12:00:00",
        "2 Dec 0:00:00",
        "3 Dec 0:00:00",
    ]
    assert [row["analysed"] for row in rows] == [720, 1440, 720]

"""The heart rate, and the words and places of an axis of time."""

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg.report._charts import HEIGHT, WIDTH, clock, curve, heart_rate, ticks


def test_the_heart_rate_breaks_where_no_beats_are():
    times = np.concatenate([np.arange(0, 300, 1.0), np.arange(600, 900, 0.5)])
    beats = pd.DataFrame({"time": times, "label": "N"})
    chart = heart_rate(beats, 900)
    first, second = chart["lines"]
    assert {point.split(",")[1] for point in first.split()} == {
        f"{HEIGHT - HEIGHT * 60 / chart['top']:.1f}"
    }
    assert chart["top"] == 132
    assert len(second.split()) == len(first.split())


def test_a_recording_without_a_beat_has_an_empty_chart():
    beats = pd.DataFrame({"time": [], "label": np.array([], dtype=object)})
    chart = heart_rate(beats, 3600)
    assert chart["lines"] == []
    assert chart["marks"] == {"V": [], "S": []}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59, "0:00:59"), (3725.4, "1:02:05"), (90061, "25:01:01")],
)
def test_times_are_written_as_people_do(seconds, text):
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("duration", "step"), [(60, 10), (7200, 900), (86400, 7200), (864000, 86400)]
)
def test_an_axis_of_time_has_few_round_ticks(duration, step):
    found = ticks(duration)
    assert found[1] == (round(WIDTH * step / duration, 1), clock(step))
    assert 3 <= len(found) <= 13


def test_a_curve_fills_its_box():
    assert curve(np.array([0.0, 1.0, 0.5]), 10, 4) == "0.0,4.0 5.0,0.0 10.0,2.0"
    assert curve(np.zeros(2), 10, 4) == "0.0,4.0 10.0,4.0"

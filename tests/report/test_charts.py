"""The heart rate, and the words and places of an axis of time."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg.report._charts import HEIGHT, WIDTH, curve, heart_rate, ticks
from sklearn_ecg.report._clock import Clock


def test_the_heart_rate_breaks_where_no_beats_are():
    times = np.concatenate([np.arange(0, 300, 1.0), np.arange(600, 900, 0.5)])
    beats = pd.DataFrame({"time": times, "label": "N"})
    chart = heart_rate(beats, None, 0, 900, Clock(None, 900))
    first, second = chart["lines"]
    assert {point.split(",")[1] for point in first.split()} == {
        f"{HEIGHT - HEIGHT * 60 / chart['top']:.1f}"
    }
    assert chart["top"] == 132
    assert len(second.split()) == len(first.split())


def test_a_recording_without_a_beat_has_an_empty_chart():
    beats = pd.DataFrame({"time": [], "label": np.array([], dtype=object)})
    chart = heart_rate(beats, None, 0, 3600, Clock(None, 3600))
    assert chart["lines"] == []
    assert chart["marks"] == {"V": [], "S": []}


@pytest.mark.parametrize(
    ("duration", "step"), [(60, 10), (7200, 900), (86400, 7200), (864000, 86400)]
)
def test_an_axis_of_time_has_few_round_ticks(duration, step):
    found = ticks(0, duration, Clock(None, duration))
    assert found[1] == (
        round(WIDTH * step / duration, 1),
        f"{step // 3600}:{step // 60 % 60:02d}" + f":{step % 60:02d}" * (step % 60 > 0),
    )
    assert 3 <= len(found) <= 13


def test_a_curve_fills_its_box():
    assert curve(np.array([0.0, 1.0, 0.5]), 10, 4) == "0.0,4.0 5.0,0.0 10.0,2.0"
    assert curve(np.zeros(2), 10, 4) == "0.0,4.0 10.0,4.0"


def test_an_axis_has_round_times_of_the_clock_where_it_is_known():
    clock = Clock(datetime(2026, 12, 1, 13, 40), 7200)
    assert ticks(0, 7200, clock)[:2] == [
        (round(WIDTH * 300 / 7200, 1), "13:45"),
        (round(WIDTH * 1200 / 7200, 1), "14:00"),
    ]


def test_episodes_of_a_kind_are_on_a_line_and_none_is_too_thin_to_be_seen():
    beats = pd.DataFrame({"time": np.arange(0, 86400, 1.0), "label": "N"})
    episodes = pd.DataFrame(
        {
            "kind": ["pause", "AF", "pause", "V couplet"],
            "start": [100.0, 43200.0, 100.1, 7.0],
            "stop": [102.5, 64800.0, 102.6, 7.5],
        }
    )
    clock = Clock(None, 86400)
    af, pauses = heart_rate(beats, episodes, 0, 86400, clock)["bands"]
    assert (af["kind"], af["boxes"], af["n"]) == ("AF", [(500.0, 250.0)], 1)
    assert (pauses["kind"], pauses["boxes"], pauses["n"]) == ("pause", [(1.0, 1.5)], 2)

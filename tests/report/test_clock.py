"""Times by the clock, and from the start where no clock is known."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sklearn_ecg.report._clock import Clock

START = datetime(2026, 12, 1, 22, 30, 15)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (3725.4, "1:02:05"), (90061, "25:01:01")]
)
def test_without_a_clock_times_count_from_the_start(seconds, text):
    assert Clock(None, 100_000)(seconds) == text
    assert Clock(None, 100_000).facts() is None


@pytest.mark.parametrize(("seconds", "text"), [(0, "22:30:15"), (7200, "0:30:15")])
def test_with_a_clock_times_are_its_times(seconds, text):
    assert Clock(START, 80_000)(seconds) == text


def test_of_several_days_the_date_is_written():
    clock = Clock(START, 200_000)
    assert clock(0) == "1 Dec 22:30:15"
    assert clock(90_000) == "2 Dec 23:30:15"


def test_the_time_zone_is_that_of_the_file():
    assert Clock(START, 60).whole() == (
        "Began on Tuesday, 1 December 2026, 22:30:15, time zone not given."
    )
    assert Clock(START.replace(tzinfo=UTC), 60).whole().endswith("22:30:15 UTC.")
    there = START.replace(tzinfo=timezone(timedelta(hours=2)))
    assert "22:30:15 UTC+02:00" in Clock(there, 60).whole()

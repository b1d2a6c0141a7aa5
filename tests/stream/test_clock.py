from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_ecg.stream._clock import PacketClock

RATE, N = 130, 73
PACKET = N / RATE


def lost(times, jitter=0.025, n=N, rate=RATE):
    """Return how many samples are missing before each packet."""
    clock, n_seen, found = PacketClock(rate, jitter), 0, []
    for time in times:
        found.append(clock.samples_lost(time, n_seen))
        n_seen += found[-1] + n
    return found


def test_packets_one_after_the_other_have_no_gap():
    assert lost(1.7e9 + PACKET * np.arange(50)) == [0] * 50


@pytest.mark.parametrize("n_packets", [1, 2, 1000])
def test_lost_packets_are_gaps_of_their_length(n_packets):
    times = PACKET * np.array([0, 1, 2, 3 + n_packets, 4 + n_packets])
    assert lost(times) == [0, 0, 0, N * n_packets, 0]


@given(st.lists(st.floats(-0.025, 0.025), min_size=50, max_size=50))
def test_jitter_is_no_gap_and_does_not_hide_one(jitter):
    times = PACKET * np.arange(50) + jitter
    assert lost(times) == [0] * 50
    times[30:] += PACKET
    found = lost(times)
    assert [place for place, n_lost in enumerate(found) if n_lost] == [30]
    assert abs(found[30] - N) <= 0.05 * RATE + 1


@pytest.mark.parametrize("drift", [-0.009, -1e-3, 1e-4, 1e-3, 0.009])
def test_the_drift_of_a_clock_is_no_gap(drift):
    assert not any(lost((1 + drift) * PACKET * np.arange(5000)))


def test_packets_shorter_than_the_jitter_are_not_lost_without_a_trace():
    times = 0.04 * np.delete(np.arange(1000), np.s_[5::10])
    assert sum(lost(times, n=10, rate=250)) == pytest.approx(100 * 10, rel=0.15)


@pytest.mark.parametrize("back", [PACKET, 2 * PACKET, 0.06])
def test_a_packet_that_comes_late_or_twice_is_refused(back):
    clock = PacketClock(RATE, 0.025)
    clock.samples_lost(10.0, 0)
    clock.samples_lost(10.0 + PACKET, N)
    with pytest.raises(ValueError, match=r"before the end of those pushed before it"):
        clock.samples_lost(10 + 2 * PACKET - back, 2 * N)
    # As if it hadn't come.
    assert clock.samples_lost(10.0 + 3 * PACKET, 2 * N) == N


@pytest.mark.parametrize("size", [1e3, 1e6, 1e9])
def test_other_units_than_seconds_are_named(size):
    with pytest.raises(ValueError, match=r"seems to be in (milli|micro|nano)seconds"):
        lost(size * PACKET * np.arange(3))


def test_a_gap_of_years_is_refused():
    with pytest.raises(ValueError, match=r"days after the samples before it"):
        lost([0.0, 1e9])


@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 11, 30, 12),
        datetime(2026, 11, 30, 12, tzinfo=UTC),
        np.datetime64("2026-11-30T12:00:00"),
    ],
)
def test_dates_are_times(start):
    step = timedelta(seconds=PACKET)
    assert lost([start, start + step, start + 4 * step]) == [0, 0, 2 * N]


@pytest.mark.parametrize(
    "time", [np.nan, np.inf, "12:00", True, None, np.datetime64("NaT"), [1.0]]
)
def test_what_is_no_time_is_refused(time):
    with pytest.raises(ValueError, match="must be a finite number of seconds or a"):
        PacketClock(RATE, 0.025).samples_lost(time, 0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1.0, datetime(2026, 1, 1)),
        (datetime(2026, 1, 1), 1.0),
        (datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_two_kinds_of_times_are_refused(first, second):
    with pytest.raises(ValueError, match="of the same kind"):
        lost([first, second])

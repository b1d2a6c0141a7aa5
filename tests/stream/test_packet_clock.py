"""Where the samples of packets belong, and how fast the clock of a device runs."""

import copy
import pickle
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.stream import PacketClock
from sklearn_ecg.stream._packet_clock import SampleClock, StampLine

RATE, N = 130, 73
PACKET = N / RATE


def lost(times, jitter=0.025, n=N, rate=RATE):
    """Return how many samples are missing before each packet."""
    clock, n_seen, found = SampleClock(rate, jitter), 0, []
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


@pytest.mark.parametrize("drift", [-0.018, -1e-3, 1e-4, 1e-3, 0.018])
def test_the_drift_of_a_clock_is_no_gap(drift):
    assert not any(lost((1 + drift) * PACKET * np.arange(5000)))


def test_packets_shorter_than_the_jitter_are_not_lost_without_a_trace():
    times = 0.04 * np.delete(np.arange(1000), np.s_[5::10])
    # A tenth is lost, of which a fifth might be a clock that is 2 % slow.
    assert sum(lost(times, n=10, rate=250)) == pytest.approx(100 * 10, rel=0.25)


@pytest.mark.parametrize("back", [PACKET, 2 * PACKET, 0.06])
def test_a_packet_that_comes_late_or_twice_is_refused(back):
    clock = SampleClock(RATE, 0.025)
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
        SampleClock(RATE, 0.025).samples_lost(time, 0)


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


TRUE_RATE = 130.61
"""Samples a second by the strap's clock, of which the nominal rate knows nothing."""


def session(n_packets, rate=TRUE_RATE, jitter=0.003, start=8.5e8):
    """Return packets of the numbers of their samples, and stamps of the last ones."""
    samples = np.arange(n_packets * N).reshape(n_packets, N)
    off = np.random.default_rng(0).uniform(-jitter, jitter, n_packets)
    return samples, start + samples[:, -1] / rate + off


def placed(clock, samples, stamps):
    """Return where each sample was placed, by its number."""
    places = {}
    for packet, stamp in zip(samples, stamps, strict=True):
        _, kept = clock.place(packet, stamp)
        first = clock.n_samples - len(kept)
        places |= dict(zip(kept.tolist(), range(first, clock.n_samples), strict=True))
    return places


def assert_in_place(places):
    assert all(number == place for number, place in places.items())


@pytest.mark.parametrize("rate", [128.0, 129.9, 130.0, TRUE_RATE, 131.0])
def test_no_sample_slips_whatever_packets_are_lost(rate):
    samples, stamps = session(10_000, rate)  # One hour and a half
    is_lost = np.random.default_rng(1).random(len(samples)) < 0.02
    is_lost[0] = False
    clock = PacketClock(130)
    places = placed(clock, samples[~is_lost], stamps[~is_lost])
    assert len(places) == N * (~is_lost).sum()
    assert_in_place(places)
    assert clock.rate == pytest.approx(rate, rel=1e-5)
    assert (clock.n_left_out, clock.restarts) == (0, [])


@pytest.mark.parametrize("minutes", [1, 10, 60])
def test_a_gap_of_minutes_is_right_to_the_sample(minutes):
    lost = round(60 * minutes * TRUE_RATE / N)
    samples, stamps = session(1000 + lost + 1000)
    kept = np.r_[0:1000, 1000 + lost : len(samples)]
    assert_in_place(placed(PacketClock(130), samples[kept], stamps[kept]))


def test_the_first_seconds_are_placed_before_the_rate_is_known():
    samples, stamps = session(12, jitter=0.0005)
    kept = [0, 1, 2, 4, 5, 8, 9, 11]
    assert_in_place(placed(PacketClock(130), samples[kept], stamps[kept]))


def test_a_clock_that_drifts_is_followed():
    samples, _ = session(20_000)
    # As a crystal that warms up: 40 parts in a million within three hours.
    seconds = samples[:, -1] / TRUE_RATE
    stamps = seconds + 40e-6 * seconds**2 / (2 * seconds[-1])
    kept = np.random.default_rng(2).random(len(samples)) > 0.02
    kept[0] = True
    kept[12_000:12_600] = False  # Five minutes and a half
    assert_in_place(placed(PacketClock(130), samples[kept], stamps[kept]))


def test_stamps_may_be_of_first_samples():
    samples, stamps = session(200, jitter=0)
    clock = PacketClock(130, stamped="first")
    kept = np.delete(np.arange(200), [50, 51, 120])
    firsts = stamps - (N - 1) / TRUE_RATE
    assert_in_place(placed(clock, samples[kept], firsts[kept]))


def test_packets_of_any_length_are_placed():
    cuts = np.cumsum(np.random.default_rng(3).integers(40, 90, 500))
    packets = np.split(np.arange(cuts[-1]), cuts[:-1])
    stamps = [packet[-1] / TRUE_RATE for packet in packets]
    kept = [n for n in range(500) if n % 17]
    packets, stamps = ([each[n] for n in kept] for each in (packets, stamps))
    first = packets[0][0]
    places = placed(PacketClock(130), [packet - first for packet in packets], stamps)
    assert_in_place(places)


def test_a_packet_that_comes_twice_is_left_out():
    samples, stamps = session(100)
    order = np.repeat(np.arange(100), 1 + (np.arange(100) % 7 == 3))
    clock = PacketClock(130)
    assert_in_place(placed(clock, samples[order], stamps[order]))
    assert clock.n_samples == 100 * N
    assert clock.n_left_out == 14


def test_a_packet_that_comes_after_the_next_is_left_out():
    samples, stamps = session(100)
    order = np.r_[0:50, 51, 50, 52:100]
    clock = PacketClock(130)
    places = placed(clock, samples[order], stamps[order])
    assert_in_place(places)
    assert set(range(100 * N)) - set(places) == set(samples[50])
    assert clock.n_left_out == 1


@pytest.mark.parametrize("jump", [-3e8, -90.0, -0.4, 3e8])
def test_a_clock_that_is_set_anew_costs_a_second(jump):
    samples, stamps = session(200, jitter=0)
    stamps[100:] += jump
    clock = PacketClock(130)
    places = placed(clock, samples, stamps)
    assert all(
        place == number + 130 * (number >= 100 * N) for number, place in places.items()
    )
    assert clock.restarts == [100 * N + 130]
    assert clock.n_left_out == 0


def test_a_gap_after_a_restart_is_still_measured():
    samples, stamps = session(400)
    stamps[100:] -= 5e8
    kept = np.delete(np.arange(400), np.s_[300:320])
    places = placed(PacketClock(130), samples[kept], stamps[kept])
    assert places[399 * N] == 399 * N + 130


def test_what_is_remembered_does_not_grow():
    samples, stamps = session(2000)
    clock = PacketClock(130)
    sizes = []
    for packet, stamp in zip(samples, stamps, strict=True):
        clock.place(packet, stamp)
        sizes.append(len(pickle.dumps(clock)))
    assert max(sizes[10:]) <= min(sizes[10:]) + 20


def test_a_copy_goes_on_where_it_was():
    samples, stamps = session(300)
    clock = PacketClock(130)
    placed(clock, samples[:150], stamps[:150])
    other = copy.deepcopy(clock)
    kept = np.r_[160:300]
    assert placed(other, samples[kept], stamps[kept]) == placed(
        clock, samples[kept], stamps[kept]
    )


def test_the_same_kinds_of_stamps_are_taken_as_by_a_stream():
    clock = PacketClock(130)
    start = datetime(2026, 12, 1, tzinfo=UTC)
    assert clock.place(np.zeros(N), start).n_lost == 0
    late = start + timedelta(seconds=3 * PACKET)
    n_lost, samples = clock.place(np.ma.masked_equal([0.0] * N, 0), late)
    assert n_lost == 2 * N
    assert np.isnan(samples).all()
    with pytest.raises(ValueError, match="of the same kind"):
        clock.place(np.zeros(N), 5.0)


def test_a_packet_of_nothing_changes_nothing():
    clock = PacketClock(130)
    clock.place(np.zeros(N), 1.0)
    assert clock.place([], 50.0).n_lost == 0
    assert clock.place(np.zeros(N), 1 + PACKET).n_lost == 0


def test_nanoseconds_are_named():
    clock = PacketClock(130)
    clock.place(np.zeros(N), 1e9)
    with pytest.raises(ValueError, match="seems to be in nanoseconds"):
        clock.place(np.zeros(N), 1e9 * (1 + PACKET))


@pytest.mark.parametrize(
    ("name", "value"), [("sampling_rate", 99), ("stamped", "middle"), ("jitter", -1)]
)
def test_parameters_are_checked(name, value):
    with pytest.raises(ValueError, match=name):
        PacketClock(**{"sampling_rate": 130, name: value})


@settings(max_examples=50, deadline=None)
@given(
    rate=st.sampled_from([128.5, 130.0, 131.5]),
    steps=st.lists(st.integers(1, 5000), min_size=3, max_size=60),
)
def test_the_line_is_that_of_least_squares(rate, steps):
    line, numbers = StampLine(130), np.cumsum([0, *steps])
    for step in steps:
        line.add(step, 0, step / rate)
    # Without what is known before, and without forgetting, it would be exact.
    share = 1 / (1 + (0.5 / 0.02) ** 2 / np.var(numbers) / len(numbers))
    nominal = 1 / 130
    expected = nominal + share * (1 / rate - nominal)
    assert line.period == pytest.approx(expected, rel=2e-3)

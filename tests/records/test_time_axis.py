import numpy as np
import pytest

from sklearn_ecg.records._time_axis import Rows, axis_of, counted_on, past_midnight

ROW = np.arange(15000)
WITH_GAP = np.delete(ROW, slice(5000, 7500))
PACKET = ROW // 73
KEPT = ~np.isin(PACKET, [10, 11, 50])
ROWS = Rows(str, lambda one, other: np.ones(len(one), dtype=bool))
random = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("times", "rate", "n_samples", "n_gaps"),
    [
        (np.round(ROW / 128, 3), 128, 15000, 0),
        (np.round(ROW / 360, 3), 360, 15000, 0),
        (np.round(ROW / 512, 3), 512, 15000, 0),
        (np.round(ROW / 1024, 3), 1024, 15000, 0),
        (np.round(ROW / 250, 2), 250, 15000, 0),
        (np.round(WITH_GAP / 128, 3), 128, 15000, 1),
        (np.delete(ROW, [7]) / 250, 250, 15000, 1),
        (np.delete(ROW, ROW[3::5]) / 250, 250, 15000, 3000),
        (WITH_GAP / 250 + random.uniform(0, 0.003, len(WITH_GAP)), 250, 15000, 1),
        (PACKET * 73 / 130, 130, 15000, 0),
        ((PACKET * 73 / 130)[KEPT], 130, 15000, 2),
        ((PACKET * 73 / 130 + ROW % 73 * 1e-4)[KEPT], 130, 15000, 2),
        (np.where(ROW % 73 == 0, ROW / 130, np.nan), 130, 15000, 0),
        (np.floor(ROW / 250 + 0.3), 250, 15000, 0),
        (np.floor(ROW / 127.9 + 0.3), 127.9, 15000, 0),
        (ROW / 249.93, 249.93, 15000, 0),
    ],
    ids=str,
)
def test_rate_and_gaps(times, rate, n_samples, n_gaps):
    axis = axis_of(times, ROWS)
    assert 1 / axis.period == pytest.approx(rate, rel=1e-6)
    assert (axis.n_samples, len(axis.places) - 1) == (n_samples, n_gaps)


def test_rows_are_where_their_times_say():
    axis = axis_of(WITH_GAP / 250, ROWS)
    expected = np.concatenate([ROW[:5000], np.full(2500, -1), ROW[5000:12500]])
    np.testing.assert_array_equal(axis.rows_of(0, 15000), expected)
    np.testing.assert_array_equal(axis.rows_of(4990, 7600), expected[4990:7600])
    np.testing.assert_array_equal(axis.rows_of(6000, 6100), expected[6000:6100])


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (np.zeros(100), "all its rows have one time, as in 0"),
        (np.full(100, np.nan), "no row of it has a time"),
        (np.r_[0.0, 1e6 + ROW / 250], "the time in 0 is far from all others"),
        (np.r_[ROW / 250, 4e8 + ROW / 250], "days apart"),
        (np.r_[ROW / 250, 60 + ROW / 500], "keep no one rate"),
        (np.r_[ROW[:500], ROW[400:]] / 250, "400 and 500 give different samples"),
    ],
)
def test_times_that_cannot_be_are_refused(times, message):
    with pytest.raises(ValueError, match=message):
        axis_of(times, ROWS)


def test_clocks_go_on_after_midnight():
    clock = np.array([86399.5, 86399.75, 0.0, 0.25])
    assert np.diff(past_midnight(clock)).tolist() == [0.25, 0.25, 0.25]


def test_two_jittering_rows_may_share_a_time():
    jitter = np.random.default_rng(1).normal(scale=0.0015, size=len(ROW))
    axis = axis_of(np.maximum.accumulate(np.round(ROW / 250 + jitter, 3)), ROWS)
    assert (1 / axis.period, axis.n_samples) == (pytest.approx(250), 15000)


def test_rows_that_are_all_there_twice_are_left_out():
    rows = Rows(str, lambda one, other: one // 2 != other // 2)
    axis = axis_of(np.repeat(ROW, 2) / 250, rows)
    assert (1 / axis.period, axis.n_samples) == (250, 15000)


def test_blocks_out_of_order_are_no_clock_that_falls_back():
    times = np.r_[ROW[:5000], ROW[7500:10000], ROW[5000:7500]] / 250
    assert counted_on(times, 3600.0) is times
    assert counted_on(times, 65.536) is times

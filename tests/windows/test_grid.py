import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.detection import DEVICE_RATE, Lengths
from sklearn_ecg.windows._grid import RESOLUTION, Grid, WorkingSamples

RATES = [100, 125, 180, 187, 200, 250, 257.5, 360, 500, 1000]


def working_samples(signal, rate, is_missing=None):
    working = WorkingSamples(Lengths.at(rate))
    working.append(signal, is_missing)
    return working


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("window_rate", [125, 180])
def test_windows_of_a_straight_line_are_straight_and_centred(rate, window_rate):
    grid = Grid(rate, window_rate, -25, 39)
    counts = np.arange(-2000, 6000, dtype=np.int16)
    working = working_samples(counts, rate)
    samples = np.array([1000, 1001, 1337, 2000])
    windows = grid.windows(working.values, samples)
    times = np.arange(-25, 39) / window_rate * rate
    expected = counts[samples][:, np.newaxis] + times
    expected = expected * grid.lengths.factor / 2**grid.lengths.shift
    np.testing.assert_allclose(windows, expected, atol=1.6)


def test_windows_at_the_rate_of_the_samples_are_the_samples():
    counts = np.random.default_rng(0).integers(-999, 999, 500)
    windows = Grid(125, 125, -3, 4).windows(counts, np.array([200, 317]))
    np.testing.assert_array_equal(windows, [counts[197:204], counts[314:321]])


def test_windows_go_on_past_both_ends_as_the_signal_begins_and_ends():
    grid = Grid(250, 125, -25, 39)
    working = working_samples(np.arange(500, 1500, dtype=np.int16), 250).values
    first, last = grid.windows(working, np.array([0, 999]))
    assert (first[:20] == working[0]).all()
    assert first[30] > working[0]
    assert (last[30:] == working[-1]).all()
    assert last[20] < working[-1]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("window", [(-25, 39), (-52, 81)])
def test_a_window_needs_no_more_than_its_reach(rate, window):
    grid = Grid(rate, 125, *window)
    counts = np.random.default_rng(0).integers(-999, 999, round(4 * rate))
    working = working_samples(counts, rate).values
    before, after = grid.reach
    samples = np.arange(round(2 * rate), round(2 * rate) + grid.lengths.factor)
    place = samples[0] // grid.lengths.factor
    for sample in samples[samples // grid.lengths.factor == place]:
        part = working[place - before : place + after + 1]
        found = grid.windows(part, np.array([sample]), place - before)
        np.testing.assert_array_equal(found, grid.windows(working, np.array([sample])))


@settings(max_examples=40, deadline=None)
@given(
    rate=st.sampled_from(RATES),
    stops=st.lists(st.integers(0, 3000), max_size=20),
    in_counts=st.booleans(),
    n_missing=st.integers(0, 300),
)
def test_working_samples_in_pieces_are_those_of_the_whole(
    rate, stops, in_counts, n_missing
):
    random = np.random.default_rng(0)
    signal = random.normal(size=3000).cumsum()
    if in_counts:
        signal = np.rint(signal).astype(np.int16)
    else:
        signal[500 : 500 + n_missing] = np.nan
    whole = working_samples(signal, rate)
    found = WorkingSamples(Lengths.at(rate))
    for piece in np.split(signal, sorted(stops)):
        found.append(piece)
    for each in (whole, found):
        each.finish(5)
    np.testing.assert_array_equal(found.values, whole.values)
    np.testing.assert_array_equal(found.is_missing, whole.is_missing)
    assert whole.end == -(-3000 // whole._factor) + 5 - (3000 % whole._factor > 0)


@pytest.mark.parametrize("rate", [100, 250, 360, 500, 800, 1000])
@pytest.mark.parametrize("extreme", [-32768, 32767])
def test_sums_of_extreme_counts_fit_16_bits(rate, extreme):
    counts = np.full(5000, extreme, dtype=np.int16)
    working = working_samples(counts, rate).values
    assert (working.astype(np.int16) == working).all()
    assert abs(working[0]) > 2**14


def test_a_missing_sample_is_the_one_before_it_and_its_sum_is_missing():
    signal = np.arange(1000.0)
    signal[500:502] = np.nan
    working = working_samples(signal, 250)
    assert np.flatnonzero(working.is_missing).tolist() == [250]
    held = working_samples(np.where(np.isnan(signal), 499, signal), 250)
    np.testing.assert_array_equal(working.values, held.values)


def test_counts_may_be_said_to_be_missing():
    is_missing = np.arange(1000) == 503
    working = working_samples(np.arange(1000), 250, is_missing)
    assert np.flatnonzero(working.is_missing).tolist() == [251]
    spans = np.array([[240, 250], [250, 251], [252, 260], [-9, 2000]])
    assert working.whole(*spans.T).tolist() == [True, False, True, False]


def test_nothing_is_missing_of_a_whole_signal():
    working = working_samples(np.arange(100), 125)
    assert working.whole(np.array([-5, 3]), np.array([200, 4])).all()


@pytest.mark.parametrize("rate", [125, 250, 360])
@pytest.mark.parametrize("n_skipped", [1, 77, 10_000])
def test_missing_samples_that_are_skipped_are_as_if_they_had_been_taken(
    rate, n_skipped
):
    before = np.concatenate([np.arange(800.0), np.full(501, np.nan)])
    after = np.random.default_rng(0).normal(size=500)
    after[450] = np.nan
    taken, skipped = (working_samples(before, rate) for _ in range(2))
    taken.append(np.full(n_skipped, np.nan))
    skipped.skip(n_skipped)
    for each in (taken, skipped):
        each.append(after)
    assert taken.end == skipped.end
    some = 200 // taken._factor
    np.testing.assert_array_equal(taken.values[-some:], skipped.values[-some:])
    np.testing.assert_array_equal(taken.is_missing[-some:], skipped.is_missing[-some:])


def test_what_is_forgotten_changes_no_place():
    signal = np.random.default_rng(0).normal(size=2000)
    whole, some = (working_samples(signal, 250) for _ in range(2))
    some.forget(900)
    assert (some.start, some.end) == (900, whole.end)
    np.testing.assert_array_equal(some.values, whole.values[900:])
    grid, samples = Grid(250, 125, -9, 9), np.array([1900])
    np.testing.assert_array_equal(
        grid.windows(some.values, samples, some.start),
        grid.windows(whole.values, samples),
    )
    few = working_samples(signal, 250)
    few.forget(100)
    assert few.start == 0  # Not worth a copy


@pytest.mark.parametrize("rate", RATES)
def test_windows_in_millivolts_are_means_of_the_samples(rate):
    signal = make_ecg(1, duration=20, sampling_rate=rate, random_state=0)
    signal = signal.records[0].p_signal[:, 0] + 3
    working = working_samples(signal, rate)
    factor = Lengths.at(rate).factor
    n_whole = len(signal) // factor * factor
    means = signal[:n_whole].reshape(-1, factor).mean(axis=1)
    found = working.millivolts(working.values)
    np.testing.assert_allclose(found, means, atol=3 * RESOLUTION / 1000)


def test_the_grid_is_one_of_every_rate_of_a_device():
    for rate in np.linspace(DEVICE_RATE.low, DEVICE_RATE.high, 200):
        grid = Grid(float(rate), 125, -25, 39)
        assert 80 < grid.lengths.working_rate < 190
        assert grid.step > 2**13

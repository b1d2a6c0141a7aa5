import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.detection import RPeakDetector

RATE = 250


def lead(n_seconds):
    """Return a sine of 1 mV that is neither flat nor saturated."""
    return np.sin(np.arange(n_seconds * RATE) / 10)


def quality_of(signal, **parameters):
    detector = RPeakDetector(RATE, **parameters)
    detector.push(signal)
    detector.flush()
    return list(detector.quality.itertuples(index=False, name=None))


def test_a_signal_that_moves_has_no_such_stretch():
    assert quality_of(lead(20), limits=(-5, 5)) == []


@pytest.mark.parametrize("level", [-5.0, 0.0, 5.0])
def test_a_lead_that_stays_at_a_level_is_flat_with_and_without_little_noise(level):
    signal = lead(20)
    signal[1000:2000] = level
    assert quality_of(signal) == [(1000, 2000, "flat")]
    signal[1000:2000] += np.random.default_rng(0).uniform(-0.009, 0.009, 1000)
    assert quality_of(signal) == [(1000, 2000, "flat")]
    assert quality_of(signal, flat_range=20) == [(1000, 2000, "flat")]
    assert quality_of(signal, flat_range=5) == []


def test_half_a_second_without_change_is_no_flat_stretch():
    signal = lead(20)
    signal[1000:1125] = 0.0
    assert quality_of(signal) == []


def test_what_is_at_a_limit_is_saturated():
    signal = lead(20)
    signal[1000:1100] = 5.0
    signal[1100:1200] = -5.0
    assert quality_of(signal, limits=(-5, 5)) == [(1000, 1200, "saturated")]
    assert quality_of(signal) == []


def test_what_is_missing_is_invalid_up_to_the_end():
    signal = lead(20)
    signal[:500] = np.nan
    signal[-503:] = np.nan
    assert quality_of(signal) == [(0, 500, "invalid"), (4500, 5000, "invalid")]


def test_integers_are_flat_where_they_do_not_change():
    signal = (200 * lead(20)).astype(np.int16)
    signal[1000:2000] = 7
    assert quality_of(signal) == [(1000, 2000, "flat")]
    signal[1000:2000:2] = 8
    assert quality_of(signal, flat_range=20) == []


def test_a_stretch_is_reported_as_soon_as_it_has_ended():
    signal = lead(20)
    signal[1000:2000] = 0.0
    detector = RPeakDetector(RATE)
    detector.push(signal[:2000])
    assert detector.quality.empty
    detector.push(signal[2000:2100])
    assert detector.quality["stop"].tolist() == [2000]


def test_the_next_recording_begins_with_no_stretch():
    detector = RPeakDetector(RATE)
    detector.push(np.zeros(1000))
    detector.flush()
    assert len(detector.quality) == 1
    detector.push(lead(5))
    assert detector.quality.empty


@settings(deadline=None, max_examples=30)
@given(cuts=st.lists(st.integers(0, 5000), max_size=8))
def test_the_blocks_of_a_signal_change_nothing(cuts):
    signal = lead(20)
    signal[700:1400] = 5.0
    signal[2000:2700] = 0.0
    signal[3000:3300] = np.nan
    by_blocks = RPeakDetector(RATE, limits=(-5, 5))
    for block in np.split(signal, sorted(cuts)):
        by_blocks.push(block)
    by_blocks.flush()
    stretches = list(by_blocks.quality.itertuples(index=False, name=None))
    assert stretches == quality_of(signal, limits=(-5, 5))
    assert len(stretches) == 3


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000))
def test_a_long_block_has_the_stretches_that_are_found_bin_by_bin(seed):
    random = np.random.default_rng(seed)
    signal = lead(40)
    for start in range(0, len(signal), 500):
        part = signal[start : start + random.integers(500)]
        part[:] = random.choice([0.0, 5.0, np.nan])
        part += random.uniform(-1, 1, len(part)) * random.choice([0, 0.02, 0.1])
    by_bins = RPeakDetector(RATE, limits=(-5, 5))
    for each in np.split(signal, len(signal) // (RATE // 10)):
        by_bins.push(each)
    by_bins.flush()
    stretches = list(by_bins.quality.itertuples(index=False, name=None))
    assert stretches == quality_of(signal, limits=(-5, 5))
    assert stretches

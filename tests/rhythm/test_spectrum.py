import numpy as np
import pytest

from sklearn_ecg.rhythm._nn import nn_intervals
from sklearn_ecg.rhythm._spectrum import band_powers
from sklearn_ecg.rhythm._stretches import merged


def beats_of(duration, *waves, mean=800.0):
    """Return R peaks in ms; a wave is its amplitude in ms and its frequency in Hz."""
    times = [0.0]
    while times[-1] < 1000 * duration:
        phase = 2 * np.pi * times[-1] / 1000
        parts = [height * np.sin(frequency * phase) for height, frequency in waves]
        times.append(times[-1] + mean + sum(parts))
    return np.array(times[:-1])


def powers_of(samples, labels=None, lost=(), duration=900):
    labels = np.full(len(samples), "N") if labels is None else labels
    excluded = merged(np.array(lost, dtype=float).reshape(-1, 2))
    return band_powers(nn_intervals(samples, labels, 1000, excluded), duration // 300)


def with_ectopics(samples, every):
    """Return labels by which every so many beats are ventricular."""
    labels = np.full(len(samples), "N")
    labels[every // 2 :: every] = "V"
    return labels


@pytest.mark.parametrize(("frequency", "band"), [(0.06, 0), (0.1, 0), (0.2, 1)])
def test_the_power_of_a_wave_is_half_its_square_in_its_band(frequency, band):
    powers = powers_of(beats_of(900, (30, frequency)))
    np.testing.assert_allclose(powers[:, band], 450, rtol=0.03)
    np.testing.assert_allclose(powers[:, 1 - band], 0, atol=5)


@pytest.mark.parametrize("frequency", [0.02, 0.45])
def test_a_wave_outside_of_both_bands_has_no_power(frequency):
    np.testing.assert_allclose(powers_of(beats_of(900, (30, frequency))), 0, atol=8)


def test_a_heart_that_slows_steadily_has_no_power():
    times = np.cumsum(np.linspace(700, 1000, 1060))
    np.testing.assert_allclose(powers_of(times), 0, atol=1)


def test_powers_are_squares():
    once, twice = (powers_of(beats_of(600, (h, 0.1)), duration=600) for h in (10, 20))
    np.testing.assert_allclose(twice[:, 0] / once[:, 0], 4, rtol=0.02)


@pytest.mark.parametrize(("every", "error"), [(40, 0.03), (20, 0.05), (12, 0.1)])
def test_ectopic_beats_change_powers_little(every, error):
    samples = beats_of(3600, (30, 0.1), (30, 0.23))
    clean = powers_of(samples, duration=3600).mean(axis=0)
    seen = powers_of(samples, with_ectopics(samples, every), duration=3600)
    np.testing.assert_allclose(seen.mean(axis=0), clean, rtol=error)


def test_a_segment_of_which_too_little_is_seen_has_no_powers():
    samples = beats_of(900, (30, 0.1))
    powers = powers_of(samples, with_ectopics(samples, 8))
    assert np.isnan(powers).all()


@pytest.mark.parametrize(("seconds", "is_there"), [(2.0, True), (6.0, False)])
def test_a_segment_with_a_long_gap_has_no_powers(seconds, is_there):
    samples = beats_of(900, (30, 0.1))
    powers = powers_of(samples, lost=[(400, 400 + seconds)])
    assert np.isfinite(powers[[0, 2]]).all()
    assert np.isfinite(powers[1]).all() == is_there


def test_a_gap_is_of_the_segments_in_which_it_is_long():
    samples = beats_of(1500, (30, 0.1))
    powers = powers_of(samples, lost=[(298, 910)], duration=1500)
    assert np.isfinite(powers[:, 0]).tolist() == [True, False, False, False, True]


def test_beats_that_begin_late_or_end_early_leave_a_gap():
    samples = beats_of(900, (30, 0.1))
    powers = powers_of(samples[(samples > 10_000) & (samples < 890_000)])
    assert np.isfinite(powers[:, 0]).tolist() == [False, True, False]


def test_without_a_whole_segment_there_are_no_powers():
    assert powers_of(beats_of(200), duration=200).shape == (0, 2)
    assert np.isnan(powers_of(np.zeros(0), duration=600)).all()

import numpy as np
import pytest

from sklearn_ecg.records._leads import Lead
from sklearn_ecg.windows._filters import filter_band, filter_lead, remove_baseline


def test_causal_filter_does_not_look_ahead_and_zero_phase_does():
    noise = np.random.default_rng(0).normal(size=2000)
    changed = noise.copy()
    changed[1500:] += 10
    for zero_phase in (False, True):
        before, after = (
            filter_band(x, 360, 0.5, 40, zero_phase)[:1500] for x in (noise, changed)
        )
        assert np.array_equal(before, after) is not zero_phase


def test_filtering_both_ways_needs_16_samples():
    samples = np.arange(16.0)
    assert np.isfinite(filter_band(samples, 360, 0.5, 40, zero_phase=True)).all()
    with pytest.raises(ValueError, match="has 15 samples, and at least 16 are needed"):
        filter_band(samples[:15], 360, 0.5, 40, zero_phase=True)


def test_causal_filter_has_no_transient_at_the_start():
    wave = 3 + np.sin(2 * np.pi * 10 * np.arange(3600) / 360)
    filtered = filter_band(wave, 360, 0.5, 40)
    assert np.abs(filtered[:36]).max() < 1.5


def test_band_pass_keeps_its_band_and_drops_the_rest():
    seconds = np.arange(0, 30, 1 / 360)
    wander, beat, mains = (
        np.sin(2 * np.pi * frequency * seconds) for frequency in (0.05, 8, 150)
    )
    filtered = filter_band(wander + beat + mains, 360, 0.5, 40, zero_phase=True)
    assert np.abs(filtered - beat)[1000:-1000].max() < 0.03


def test_median_baseline_removes_wander_and_keeps_the_qrs():
    seconds = np.arange(0, 10, 1 / 360)
    wander = np.sin(2 * np.pi * 0.2 * seconds)
    qrs = np.exp(-(((seconds % 1 - 0.5) / 0.01) ** 2))
    removed = remove_baseline(wander + qrs, 360)
    assert np.abs(removed - qrs)[360:-360].max() < 0.15
    assert np.abs(wander).max() > 0.99


def noisy_lead(n_samples=2000, rate=360.0):
    samples = np.random.default_rng(0).normal(size=n_samples)
    return Lead("100", "II", rate, samples)


def test_a_lead_is_filtered_by_what_is_asked_for_in_turn():
    lead = noisy_lead()
    kept = lead.samples.copy()
    assert filter_lead(lead) is lead.samples
    flat = remove_baseline(lead.samples, 360)
    np.testing.assert_array_equal(filter_lead(lead, "median"), flat)
    np.testing.assert_array_equal(
        filter_lead(lead, "median", (0.5, 40), True),
        filter_band(flat, 360, 0.5, 40, zero_phase=True),
    )
    np.testing.assert_array_equal(lead.samples, kept)


def test_a_band_that_a_lead_cannot_hold_is_refused_with_its_name():
    with pytest.raises(
        ValueError, match="40 Hz, is not below half of the 80 Hz at which the lead 'II'"
    ):
        filter_lead(noisy_lead(rate=80.0), bandpass=(0.5, 40))
    with pytest.raises(ValueError, match="'II' of record '100' is too short for zero_"):
        filter_lead(noisy_lead(15), bandpass=(0.5, 40), zero_phase=True)

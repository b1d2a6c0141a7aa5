import hashlib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from sklearn_ecg.records._leads import Lead
from sklearn_ecg.windows._cutting import (
    _resampling_filter,
    cut_windows,
    filter_band,
    filter_lead,
    largest_values,
    nearest,
    original_spans,
    rate_ratio,
    remove_baseline,
    resample,
    resampled_positions,
    scale_of_record,
    standardize,
    typical_level,
)


def test_nearest_rounds_halves_upwards_unlike_round():
    assert [nearest(x) for x in (2.5, 3.5, -2.5, 2.4)] == [3, 4, -2, 2]


def test_windows_past_the_ends_are_filled_with_edge_values():
    windows = cut_windows(np.array([4.0, 5.0, 6.0]), np.array([-3, -1, 2, 3]), 3)
    assert windows.tolist() == [[4, 4, 4], [4, 4, 5], [6, 6, 6], [6, 6, 6]]


def test_standardized_windows_have_mean_0_and_deviation_1():
    windows = standardize(np.random.default_rng(0).normal(5, 3, (4, 100)), level=10)
    np.testing.assert_allclose(windows.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(windows.std(axis=1), 1)


def test_a_window_that_is_flat_up_to_rounding_becomes_zeros():
    level = np.full((1, 50), 0.1) + np.arange(50) * 1e-17
    assert level.std() > 0
    assert np.array_equal(standardize(level, level=1.0), np.zeros((1, 50)))


def test_flatness_is_judged_by_the_level_of_each_window():
    step = np.array([0.0, 1e-3] * 25)
    windows = standardize(np.stack([step, step]), level=np.array([1.0, 1e10]))
    assert windows.std(axis=1).tolist() == pytest.approx([1, 0])


def test_the_largest_value_of_a_window_has_no_sign():
    assert largest_values(np.array([[1.0, -7], [3, 2]])).tolist() == [7, 3]


def test_an_artefact_does_not_move_the_typical_level():
    samples = np.tile([1.0, -1.0], 20_000)
    samples[::500] = 1e9
    assert typical_level(samples) == 1


def test_one_step_of_a_24_bit_converter_is_not_flat():
    window = np.zeros((1, 126))
    window[0, 60] = 1.0
    assert standardize(window, level=2.0**23).std() == pytest.approx(1)


def test_record_scale_is_refused_where_half_of_the_samples_are_equal():
    signal = np.concatenate([np.zeros(80), np.arange(20.0)])
    with pytest.raises(ValueError, match=r"The lead 'II'.* half of its samples"):
        scale_of_record(signal, Lead("100", "II", 360.0, signal))


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


ratios = st.builds(Fraction, st.integers(1, 60), st.integers(1, 60))


@given(ratio=ratios, offset=st.floats(-1e4, 1e4))
def test_resampling_keeps_a_constant_at_any_ratio(ratio, offset):
    resampled = resample(np.full(300, offset), ratio)
    np.testing.assert_allclose(resampled, offset, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(("old", "new"), [(250, 180), (128, 180), (1000, 180)])
def test_resampling_keeps_a_sine_in_place(old, new):
    def sine(rate):
        return np.sin(2 * np.pi * 7 * np.arange(10 * rate) / rate)

    resampled = resample(sine(old), rate_ratio(new, old))
    assert len(resampled) == 10 * new
    inside = slice(new, -new)
    np.testing.assert_allclose(resampled[inside], sine(new)[inside], atol=2e-3)


@pytest.mark.parametrize(("up", "down"), [(25, 36), (125, 64), (1, 8), (3, 1)])
def test_the_low_pass_is_that_of_resample_poly(up, down):
    taps = _resampling_filter(up, down)
    slower = max(up, down)
    expected = signal.firwin(len(taps), 1 / slower, window=("kaiser", 5.0))
    for phase in range(up):
        expected[phase::up] /= up * expected[phase::up].sum()
    np.testing.assert_allclose(taps, expected, rtol=0, atol=1e-15)


def test_the_low_pass_has_the_same_bits_on_every_machine():
    digest = hashlib.sha256(_resampling_filter(25, 36).astype("<f8").tobytes())
    assert digest.hexdigest()[:16] == "5dd9328b2fb0f2de"


def test_resampling_suppresses_what_the_new_rate_cannot_hold():
    mains = np.sin(2 * np.pi * 150 * np.arange(3600) / 360)
    assert np.abs(resample(mains, Fraction(1, 2))[100:-100]).max() < 1e-2


def test_an_odd_sampling_rate_gives_a_ratio_of_manageable_terms():
    ratio = rate_ratio(180, 173.61)
    assert ratio.denominator <= 10_000
    assert float(ratio) == pytest.approx(180 / 173.61, abs=1e-7)


@given(target=st.floats(50, 1000), rate=st.floats(50, 5000))
def test_a_ratio_is_off_by_less_than_1_part_in_10_000(target, rate):
    assert float(rate_ratio(target, rate)) == pytest.approx(target / rate, rel=1e-4)


@given(sample=st.integers(0, 10**9), ratio=ratios)
def test_resampled_position_is_the_nearest_and_halves_go_up(sample, ratio):
    [position] = resampled_positions(np.array([sample]), ratio)
    assert Fraction(-1, 2) < position - sample * ratio <= Fraction(1, 2)


@given(start=st.integers(-50, 50), length=st.integers(1, 20), ratio=ratios)
def test_original_span_just_covers_its_window(start, length, ratio):
    [first], [last] = original_spans(np.array([start]), length, ratio)
    assert first <= start / ratio < first + 1
    assert last - 1 < (start + length - 1) / ratio <= last

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_ecg.windows._resampling import (
    original_spans,
    rate_ratio,
    resample,
    resampled_positions,
)

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

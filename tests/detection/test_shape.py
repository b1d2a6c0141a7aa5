import numpy as np
import pytest

from sklearn_ecg.detection._filters import Lengths
from sklearn_ecg.detection._shape import broad_and_smooth

LENGTHS = Lengths.at(125)
MIDDLE = 200
PEAK = MIDDLE + LENGTHS.lag + LENGTHS.sharp_delay // 2


def shape_of(signal):
    """Return how broad and smooth a wave in the middle is, of one energy."""
    peaks, heights = np.array([PEAK]), np.array([5000])
    broad, smooth = broad_and_smooth(signal, peaks, heights, LENGTHS)
    return int(broad[0]), int(smooth[0])


def wave(width, height=10_000):
    seconds = (np.arange(400) - MIDDLE) / 125
    return np.rint(height * np.exp(-((seconds / width) ** 2))).astype(np.int64)


def test_a_wide_wave_is_broader_and_smoother_than_a_narrow_one_of_its_height():
    narrow, wide = shape_of(wave(0.015)), shape_of(wave(0.06))
    assert wide[0] > narrow[0] + 128
    assert wide[1] > narrow[1] + 256


def test_trembling_makes_a_wave_less_smooth_and_hardly_narrower():
    still = shape_of(wave(0.04))
    trembling = shape_of(wave(0.04) + 1000 * (-1) ** np.arange(400))
    assert trembling[1] < still[1] - 256
    assert abs(trembling[0] - still[0]) < 64


def test_twice_the_signal_is_an_octave_broader():
    once, twice = shape_of(wave(0.04)), shape_of(2 * wave(0.04))
    assert twice[0] - once[0] == pytest.approx(256, abs=2)


@pytest.mark.parametrize("offset", [-(2**30), 300])
def test_an_offset_changes_no_shape(offset):
    assert shape_of(wave(0.04) + offset) == shape_of(wave(0.04))

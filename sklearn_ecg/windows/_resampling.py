"""From the sampling rate of a record to the rate of the windows, and places in both.

Everything here takes signals that are already checked, as float64.
"""

from fractions import Fraction
from functools import lru_cache

from scipy import signal

_HALF_LENGTH = 10
"""Reach of the resampling filter, in samples of the slower of the two rates."""


def rate_ratio(target_rate, sampling_rate):
    """Return the ratio of two rates as a fraction that a resampler can use."""
    ratio = Fraction(float(target_rate) / float(sampling_rate))
    return ratio.limit_denominator(10_000)


def resample(samples, ratio):
    """Change the sampling rate of a whole signal, with a low-pass against aliasing."""
    if ratio == 1:
        return samples
    up, down = ratio.numerator, ratio.denominator
    return signal.resample_poly(
        samples, up, down, window=_resampling_filter(up, down), padtype="edge"
    )


@lru_cache(maxsize=32)
def _resampling_filter(up, down):
    """Design the low-pass of `resample`, as `scipy.signal.resample_poly` does."""
    slower = max(up, down)
    n_taps = 2 * _HALF_LENGTH * slower + 1
    taps = signal.firwin(n_taps, 1 / slower, window=("kaiser", 5.0))
    for phase in range(up):
        taps[phase::up] /= up * taps[phase::up].sum()
    return taps


def resampling_reach(ratio):
    """Return how far from a sample of the result its filter looks."""
    up, down = ratio.numerator, ratio.denominator
    return 0 if ratio == 1 else -(-_HALF_LENGTH * max(up, down) // up)


def resampled_positions(samples, ratio):
    """Return where samples of a record lie after `resample`, to the nearest."""
    up, down = ratio.numerator, ratio.denominator
    return (2 * up * samples + down) // (2 * down)


def original_spans(starts, length, ratio):
    """Return the samples of a record that windows of the resampled signal span."""
    up, down = ratio.numerator, ratio.denominator
    return starts * down // up, -(-(starts + length - 1) * down // up)

"""A whole lead made ready for windows, and windows cut out of it.

Everything here takes signals that are already checked, as float64.
"""

from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage, signal

_BANDPASS_ORDER = 2

_HALF_LENGTH = 10
"""Reach of the resampling filter, in samples of the slower of the two rates."""

_KAISER = 5.0
"""Shape of its Kaiser window."""

_TERMS_OF_SINE, _TERMS_OF_BESSEL = 12, 24
"""More change no bit."""


def filter_lead(lead, baseline=None, bandpass=None, zero_phase=False):
    """Filter a lead as the parameters of `BeatSegmenter` say."""
    samples = lead.samples
    if baseline == "median":
        samples = remove_baseline(samples, lead.sampling_rate)
    if bandpass is None:
        return samples
    low, high = bandpass
    if high >= lead.sampling_rate / 2:
        raise ValueError(
            f"The upper edge of 'bandpass', {high:g} Hz, is not below half of "
            f"the {lead.sampling_rate:g} Hz at which the {lead} was sampled."
        )
    try:
        return filter_band(samples, lead.sampling_rate, low, high, zero_phase)
    except ValueError as error:
        raise ValueError(
            f"The {lead} is too short for zero_phase=True: {error}."
        ) from error


def remove_baseline(samples, sampling_rate):
    """Subtract the baseline that two median filters leave, of 200 and 600 ms."""
    baseline = samples
    for seconds in (0.2, 0.6):
        size = 2 * int(seconds * sampling_rate / 2) + 1
        baseline = ndimage.median_filter(baseline, size=size, mode="nearest")
    return samples - baseline


def filter_band(samples, sampling_rate, low, high, zero_phase=False):
    """Keep a band of frequencies: a Butterworth filter in second-order sections."""
    sections = signal.butter(
        _BANDPASS_ORDER, (low, high), "bandpass", fs=sampling_rate, output="sos"
    )
    if zero_phase:
        # As many as sosfiltfilt adds at each end, by reflection.
        n_added = 3 * (2 * len(sections) + 1)
        if len(samples) <= n_added:
            raise ValueError(
                f"it has {len(samples)} samples, and at least {n_added + 1} are needed"
            )
        return signal.sosfiltfilt(sections, samples, padlen=n_added)
    settled = signal.sosfilt_zi(sections) * samples[0]
    return signal.sosfilt(sections, samples, zi=settled)[0]


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
    """Design the low-pass of `resample`, that of `scipy.signal.resample_poly`.

    By sums, products and quotients alone, which all machines round alike, and browsers.
    """
    slower = max(up, down)
    half = _HALF_LENGTH * slower
    places = np.arange(half + 1)
    side = _sinc(places, slower) * _bessel(_KAISER**2 / 4 * (1 - (places / half) ** 2))
    taps = np.concatenate([side[:0:-1], side])
    for phase in range(up):
        # One after the other, as `sum` adds in an order of its own.
        taps[phase::up] /= up * np.cumsum(taps[phase::up])[-1]
    return taps


def _sinc(places, slower):
    """Return sin(x) / x at whole multiples of pi / slower."""
    within = places % (2 * slower)
    sign = np.where(within < slower, 1.0, -1.0)
    within = within % slower
    angle = np.pi * np.minimum(within, slower - within) / slower
    sine = np.ones(len(places))
    for n in range(_TERMS_OF_SINE, 0, -1):
        sine = 1 - angle * angle / (2 * n * (2 * n + 1)) * sine
    sine = sign * angle * sine
    return np.divide(
        sine, np.pi * places / slower, out=np.ones(len(places)), where=places > 0
    )


def _bessel(quarter):
    """Return the Bessel function I0 of twice the root of numbers."""
    total = np.ones(len(quarter))
    for n in range(_TERMS_OF_BESSEL, 0, -1):
        total = 1 + quarter / (n * n) * total
    return total


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


FLAT = 1e-10
"""Spread of a window, over the level of its signal, that is only rounding."""


def nearest(value):
    """Round to the nearest integer, and halves upwards."""
    return int(np.floor(value + 0.5))


def cut_windows(samples, starts, length):
    """Cut windows out of a signal; past its ends it goes on with its edge values."""
    last_start = len(samples) - length
    if last_start < 0:
        samples = np.pad(samples, (0, -last_start), mode="edge")
        last_start = 0
    windows = sliding_window_view(samples, length)[np.clip(starts, 0, last_start)]
    # Few windows cross an end: not worth a padded copy of a long signal.
    crosses = (starts < 0) | (starts > last_start)
    places = starts[crosses, np.newaxis] + np.arange(length)
    windows[crosses] = samples[np.clip(places, 0, len(samples) - 1)]
    return windows


def largest_values(windows):
    """Return the largest absolute value of each window."""
    return np.maximum(windows.max(axis=1), -windows.min(axis=1))


def typical_level(samples):
    """Return the median of the absolute values of a lead, which no artefact moves."""
    return np.median(np.abs(samples[:: max(1, len(samples) // 10_000)]))


def standardize(windows, level):
    """Give each window mean 0 and standard deviation 1, in place."""
    windows -= windows.mean(axis=1, keepdims=True)
    deviation = np.sqrt(np.square(windows).mean(axis=1, keepdims=True))
    flat = deviation[:, 0] <= FLAT * level
    windows /= np.where(flat[:, np.newaxis], 1.0, deviation)
    windows[flat] = 0.0
    return windows


def scale_of_record(samples, lead):
    """Return the median and the interquartile range of a whole lead."""
    lower, median, upper = np.percentile(samples, (25, 50, 75))
    if lower == upper:
        raise ValueError(
            f"The {lead} can't be scaled by its interquartile range: at least half of "
            "its samples have the same value. Choose normalize='beat'."
        )
    return median, upper - lower

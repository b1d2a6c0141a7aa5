"""Windows cut out of a signal, and scaled by themselves or by their whole lead."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

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


def scale_by_record(windows, samples):
    """Scale windows by the median and the interquartile range of their whole lead."""
    lower, median, upper = np.percentile(samples, (25, 50, 75))
    if lower == upper:
        raise ValueError("at least half of its samples have the same value")
    windows -= median
    windows /= upper - lower
    return windows

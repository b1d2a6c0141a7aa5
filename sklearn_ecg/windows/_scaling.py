"""Scales of windows: of their own, or of the whole lead."""

import numpy as np

FLAT = 1e-10
"""Spread of a window, over the level of its signal, that is only rounding."""


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

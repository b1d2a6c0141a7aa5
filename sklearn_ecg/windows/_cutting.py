"""Windows cut out of a signal."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


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

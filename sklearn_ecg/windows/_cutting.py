"""Windows cut out of a signal."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def nearest(value):
    """Round to the nearest integer, and halves upwards.

    Python rounds halves to the even neighbour, which would shift neighbouring beats
    in opposite directions.

    Examples
    --------
    >>> [nearest(0.5), nearest(1.5), nearest(-0.5)]
    [1, 2, 0]
    """
    return int(np.floor(value + 0.5))


def cut_windows(samples, starts, length):
    """Cut windows out of a signal; past its ends it goes on with its edge values.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        One lead.

    starts : ndarray of shape (n_windows,), int
        First sample of each window, from ``-length`` to ``n_samples``.

    length : int
        Samples per window.

    Returns
    -------
    ndarray of shape (n_windows, length)
        A copy.

    Examples
    --------
    >>> cut_windows(np.array([1.0, 2.0, 3.0]), np.array([-1, 1]), 3)
    array([[1., 1., 2.],
           [2., 3., 3.]])
    """
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

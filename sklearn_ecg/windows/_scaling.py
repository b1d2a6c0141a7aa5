"""Scales of windows: of their own, or of the whole lead."""

import numpy as np

FLAT = 1e-10
"""Spread of a window, over the level of its signal, that is only rounding."""


def largest_values(windows):
    """Return the largest absolute value of each window.

    Parameters
    ----------
    windows : ndarray of shape (n_windows, length)

    Returns
    -------
    ndarray of shape (n_windows,)

    Examples
    --------
    >>> largest_values(np.array([[1.0, -3.0], [2.0, 0.0]]))
    array([3., 2.])
    """
    return np.maximum(windows.max(axis=1), -windows.min(axis=1))


def typical_level(samples):
    """Return the median of the absolute values of a lead, which no artefact moves.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        One lead; at most about 20,000 samples of it are looked at, in even steps.

    Returns
    -------
    float

    Examples
    --------
    >>> float(typical_level(np.array([1.0, -1, 1e9])))
    1.0
    """
    return np.median(np.abs(samples[:: max(1, len(samples) // 10_000)]))


def standardize(windows, level):
    """Give each window mean 0 and standard deviation 1, in place.

    Parameters
    ----------
    windows : ndarray of shape (n_windows, length)
        Overwritten.

    level : float or ndarray of shape (n_windows,)
        How large the values are that the windows are computed from. A window whose
        deviation is no more than the rounding of such values is flat: it becomes 0.

    Returns
    -------
    ndarray of shape (n_windows, length)
        The same array.

    Examples
    --------
    >>> standardize(np.array([[1.0, 3.0], [5.0, 5.0]]), level=5.0)
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    windows -= windows.mean(axis=1, keepdims=True)
    deviation = np.sqrt(np.square(windows).mean(axis=1, keepdims=True))
    flat = deviation[:, 0] <= FLAT * level
    windows /= np.where(flat[:, np.newaxis], 1.0, deviation)
    windows[flat] = 0.0
    return windows


def scale_by_record(windows, samples):
    """Scale windows by the median and the interquartile range of their whole lead.

    Parameters
    ----------
    windows : ndarray of shape (n_windows, length)
        Overwritten.

    samples : ndarray of shape (n_samples,)
        The lead that they were cut from.

    Returns
    -------
    ndarray of shape (n_windows, length)
        The same array.

    Raises
    ------
    ValueError
        If half of the samples are equal, so that there is nothing to scale by.

    Examples
    --------
    >>> scale_by_record(np.array([[2.0, 6.0]]), np.arange(5.0))
    array([[0., 2.]])
    """
    lower, median, upper = np.percentile(samples, (25, 50, 75))
    if lower == upper:
        raise ValueError("at least half of its samples have the same value")
    windows -= median
    windows /= upper - lower
    return windows

"""From the sampling rate of a record to that of the windows, and places in both.

Everything here takes signals that are already checked, as float64.
"""

from fractions import Fraction
from functools import lru_cache

from scipy import signal

_HALF_LENGTH = 10
"""Reach of the resampling filter, in samples of the slower of the two rates."""


def rate_ratio(target_rate, sampling_rate):
    """Return the ratio of two rates as a fraction that a resampler can use.

    Parameters
    ----------
    target_rate, sampling_rate : float
        In Hz.

    Returns
    -------
    Fraction
        With a denominator of at most 10,000. Exact for rates in common use; otherwise
        off by less than 1 part in 10,000. A window is stretched by that much; no beat
        moves, because its place is computed with the same fraction.

    Examples
    --------
    >>> rate_ratio(180, 257), rate_ratio(180, 360.0)
    (Fraction(180, 257), Fraction(1, 2))
    >>> rate_ratio(180, 360.01008)  # 1.4e-5 off
    Fraction(1, 2)
    """
    ratio = Fraction(float(target_rate) / float(sampling_rate))
    return ratio.limit_denominator(10_000)


def resample(samples, ratio):
    """Change the sampling rate of a whole signal, with a low-pass against aliasing.

    Sample ``i`` of the result lies at sample ``i / ratio`` of the input. A constant
    comes out as the same constant, to rounding, at any ratio. Past its ends the
    signal is taken to go on with its edge values.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        One lead.

    ratio : Fraction
        The new rate over the old.

    Returns
    -------
    ndarray of shape (ceil(n_samples * ratio),)

    Examples
    --------
    >>> import numpy as np
    >>> resample(np.full(6, 2.5), Fraction(2, 3)).round(12)
    array([2.5, 2.5, 2.5, 2.5])
    """
    if ratio == 1:
        return samples
    up, down = ratio.numerator, ratio.denominator
    return signal.resample_poly(
        samples, up, down, window=_resampling_filter(up, down), padtype="edge"
    )


@lru_cache(maxsize=32)
def _resampling_filter(up, down):
    """Design the low-pass of `resample`: the default of `scipy.signal.resample_poly`.

    But each of its `up` phases is scaled to pass a constant unchanged. As designed
    they differ by a few parts in 10,000, which would turn the offset of a recording
    into a ripple.
    """
    slower = max(up, down)
    n_taps = 2 * _HALF_LENGTH * slower + 1
    taps = signal.firwin(n_taps, 1 / slower, window=("kaiser", 5.0))
    for phase in range(up):
        taps[phase::up] /= up * taps[phase::up].sum()
    return taps


def resampling_reach(ratio):
    """Return how far from a sample of the result its filter looks.

    Parameters
    ----------
    ratio : Fraction
        The new rate over the old.

    Returns
    -------
    int
        In samples of the input, to either side.

    Examples
    --------
    >>> resampling_reach(Fraction(1, 2)), resampling_reach(Fraction(3, 2))
    (20, 10)
    """
    up, down = ratio.numerator, ratio.denominator
    return 0 if ratio == 1 else -(-_HALF_LENGTH * max(up, down) // up)


def resampled_positions(samples, ratio):
    """Return where samples of a record lie after `resample`, to the nearest.

    Parameters
    ----------
    samples : ndarray of shape (n_beats,), int64
        Sample numbers at the record's rate.

    ratio : Fraction
        The new rate over the old.

    Returns
    -------
    ndarray of shape (n_beats,), int64
        Halves are rounded upwards.

    Examples
    --------
    >>> import numpy as np
    >>> resampled_positions(np.array([0, 1, 2, 3]), Fraction(1, 2))
    array([0, 1, 1, 2])
    """
    up, down = ratio.numerator, ratio.denominator
    return (2 * up * samples + down) // (2 * down)


def original_spans(starts, length, ratio):
    """Return the samples of a record that windows of the resampled signal span.

    Parameters
    ----------
    starts : ndarray of shape (n_windows,), int64
        First sample of each window, at the new rate.

    length : int
        Samples per window.

    ratio : Fraction
        The new rate over the old.

    Returns
    -------
    first, last : ndarray of shape (n_windows,), int64
        The last sample of the record that is not after the window's first, and the
        first one that is not before its last.

    Examples
    --------
    >>> import numpy as np
    >>> original_spans(np.array([3]), 4, Fraction(2, 3))  # from 4.5 to 9
    (array([4]), array([9]))
    """
    up, down = ratio.numerator, ratio.denominator
    return starts * down // up, -(-(starts + length - 1) * down // up)

"""Filtering, resampling, cutting and scaling of ECG signals.

Everything here takes signals that are already checked, as float64.
"""

from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage, signal

_RESAMPLING_HALF_LENGTH = 10
"""Reach of the resampling filter, in samples of the slower of the two rates."""

_BANDPASS_ORDER = 2

FLAT = 1e-10
"""Spread of a window, relative to the level of its signal, that is only rounding."""


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


def remove_baseline(samples, sampling_rate):
    """Subtract the baseline that two median filters leave, of 200 and 600 ms.

    The first filter removes P waves and QRS complexes, the second T waves.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        One lead.

    sampling_rate : float
        In Hz.

    Returns
    -------
    ndarray of shape (n_samples,)

    References
    ----------
    P. de Chazal, M. O'Dwyer, R. B. Reilly (2004), "Automatic classification of
    heartbeats using ECG morphology and heartbeat interval features", IEEE
    Transactions on Biomedical Engineering 51(7):1196-1206.

    Examples
    --------
    >>> wander = np.linspace(-1, 1, 1000)
    >>> bool(np.abs(remove_baseline(wander, 100)[40:-40]).max() < 1e-12)
    True
    """
    baseline = samples
    for seconds in (0.2, 0.6):
        size = 2 * int(seconds * sampling_rate / 2) + 1
        baseline = ndimage.median_filter(baseline, size=size, mode="nearest")
    return samples - baseline


def filter_band(samples, sampling_rate, low, high, zero_phase=False):
    """Keep a band of frequencies, with a Butterworth filter in second-order sections.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        One lead.

    sampling_rate, low, high : float
        In Hz; the filter passes half the power at `low` and `high`, or a quarter if
        `zero_phase`.

    zero_phase : bool, default=False
        Filter forwards and backwards, so that no wave is delayed. Otherwise the
        filter is causal, and starts settled on the first sample.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If `zero_phase`, and there are too few samples to start from both ends.

    Examples
    --------
    >>> offset = np.full(1000, 5.0)
    >>> bool(np.abs(filter_band(offset, 360, 0.5, 40)).max() < 1e-9)
    True
    """
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
    n_taps = 2 * _RESAMPLING_HALF_LENGTH * slower + 1
    taps = signal.firwin(n_taps, 1 / slower, window=("kaiser", 5.0))
    for phase in range(up):
        taps[phase::up] /= up * taps[phase::up].sum()
    return taps


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
    >>> original_spans(np.array([3]), 4, Fraction(2, 3))  # from 4.5 to 9
    (array([4]), array([9]))
    """
    up, down = ratio.numerator, ratio.denominator
    return starts * down // up, -(-(starts + length - 1) * down // up)


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

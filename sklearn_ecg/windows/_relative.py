"""Features that compare a beat with what is typical of its own patient.

A wide QRS complex means one thing in a patient whose beats are all wide, and another
in a patient whose beats are not; an interval of 0.6 s is early at 60 beats a minute
and late at 120. So each beat is compared with a typical interval and a typical QRS
complex that are followed from beat to beat. They look back only and take a few
bytes: a device can follow them too.
"""

import numpy as np

from ._features import LONGEST
from ._signal import FLAT, largest_values

_SLOWEST = 0.002
"""Least share of the typical interval by which one beat moves it, after 500 beats."""

_IRREGULARITY_START = 0.03
_IRREGULARITY_STEP = 0.004
"""In seconds."""

QRS_REACH = 0.1
"""Seconds of a QRS complex to either side of the R peak."""

_SHIFT = 1 / 60
"""Seconds by which two QRS complexes are shifted at most for the best match."""

_BEATS_TO_START = 9
_FAR_HIGHER = 8
_QRS_GAIN = 1 / 16
_QRS_STEP = 0.15
"""Largest step of the typical QRS complex, as a share of its height, before gain."""


def relative_rhythm(r_peaks, sampling_rate):
    """Compare the intervals of every beat of a recording with the typical one so far.

    The typical interval follows the running median by stochastic approximation [1]_:
    each interval moves it towards itself, by at most a share of it that falls from a
    half to 0.2 %. The irregularity follows the median of the differences between
    successive intervals in the same way, by steps of 4 ms. Both include the interval
    before the beat.

    Parameters
    ----------
    r_peaks : ndarray of shape (n_beats,), int64
        All of the recording, rising.
    sampling_rate : float
        In Hz.

    Returns
    -------
    dict of str to ndarray of shape (n_beats,)
        ``rr_prev_relative`` and ``rr_next_relative``, the intervals over the typical
        one, at most 3, and 1 where unknown; ``rr_irregularity``, over the same.

    References
    ----------
    .. [1] H. Robbins, S. Monro (1951), "A stochastic approximation method", Annals of
       Mathematical Statistics 22(3):400-407.

    Examples
    --------
    >>> features = relative_rhythm(np.array([0, 100, 200, 300, 350, 500]), 100)
    >>> features["rr_prev_relative"].round(2).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.67, 1.67]
    """
    intervals = np.minimum(np.diff(r_peaks) / sampling_rate, LONGEST)
    typical, irregularity = _follow(intervals.tolist())
    following = intervals[1:] / typical[:-1]
    # At the first beat nothing is known: as if of a regular 60 beats per minute.
    relative = {
        "rr_prev_relative": [[1.0], intervals / typical],
        "rr_next_relative": [[1.0], following, [1.0]],
        "rr_irregularity": [[_IRREGULARITY_START], irregularity / typical],
    }
    return {
        name: np.minimum(np.concatenate(parts)[: len(r_peaks)], LONGEST)
        for name, parts in relative.items()
    }


def _follow(intervals):
    """Return the typical interval and the irregularity after each interval."""
    typical = previous = intervals[0] if intervals else np.nan
    irregularity = _IRREGULARITY_START
    followed = np.empty((len(intervals), 2))
    for number, interval in enumerate(intervals, start=1):
        step = typical * max(1 / number, _SLOWEST)
        typical += min(max(interval - typical, -step), step)
        is_more = abs(interval - previous) > irregularity
        irregularity += _IRREGULARITY_STEP if is_more else -_IRREGULARITY_STEP
        irregularity = max(irregularity, _IRREGULARITY_STEP / 4)
        previous = interval
        followed[number - 1] = typical, irregularity
    return followed.T


def qrs_extent(sampling_rate):
    """Return the samples to either side of the R peak that `relative_qrs` needs.

    Examples
    --------
    >>> qrs_extent(180)
    21
    """
    return round(QRS_REACH * sampling_rate) + _largest_shift(sampling_rate)


def relative_qrs(complexes, sampling_rate, level=0.0):
    """Compare every QRS complex of a recording with the typical one before it.

    The typical complex is the mean of the first nine; from then on each beat moves it
    towards itself by a sixteenth of the difference, sample by sample, and by no more
    than a hundredth of its height. So a single ectopic beat hardly changes it. It
    starts anew when nine beats in succession are more than eight times as high, as they
    are once an electrode has contact. Flat complexes are passed over.

    Parameters
    ----------
    complexes : ndarray of shape (n_beats, 2 * qrs_extent(sampling_rate) + 1)
        Signal around all R peaks of the recording, in any unit.
    sampling_rate : float
        In Hz.
    level : float
        How large the values are that the complexes are computed from. A complex that
        deviates by no more than the rounding of such values is flat.

    Returns
    -------
    dict of str to ndarray of shape (n_beats,)
        ``qrs_width_relative``: the width of the complex over that of the typical one,
        at most 3. The width is the area under the absolute deviation from the mean over
        the largest one. ``qrs_correlation``: Pearson's, at the best shift within a
        sixtieth of a second, 0 where negative. Both are 1 where either complex is flat.

    Examples
    --------
    >>> time = np.arange(-21, 22) / 180
    >>> narrow, wide = np.exp(-((time / 0.02) ** 2)), np.exp(-((time / 0.05) ** 2))
    >>> features = relative_qrs(np.array([narrow, narrow, wide, 3 * narrow]), 180)
    >>> features["qrs_width_relative"].round(2).tolist()
    [1.0, 1.0, 1.92, 0.86]
    >>> features["qrs_correlation"].round(2).tolist()
    [1.0, 1.0, 0.82, 0.98]
    """
    shift = _largest_shift(sampling_rate)
    complexes = complexes - complexes.mean(axis=1, keepdims=True)
    complexes[largest_values(complexes) <= FLAT * level] = 0.0
    typical = _typical_complexes(complexes)
    inner = slice(shift, -shift)
    width = _width(complexes[:, inner]), _width(typical[:, inner])
    known = (width[0] > 0) & (width[1] > 0)
    ratio = np.divide(*width, out=np.ones(len(complexes)), where=known)
    n_samples = complexes.shape[1] - 2 * shift
    correlation = np.max(
        [
            _correlation(complexes[:, inner], typical[:, start : start + n_samples])
            for start in range(2 * shift + 1)
        ],
        axis=0,
    )
    return {
        "qrs_width_relative": np.minimum(ratio, LONGEST),
        "qrs_correlation": np.where(known, np.maximum(correlation, 0.0), 1.0),
    }


def _largest_shift(sampling_rate):
    return max(1, round(_SHIFT * sampling_rate))


def _typical_complexes(complexes):
    """Return the typical complex that each beat meets; the first meets itself."""
    typical = np.zeros_like(complexes)
    heights = largest_values(complexes)
    now, n_met, n_higher = typical[0], 0, 0
    for number in np.flatnonzero(heights):
        height = np.abs(now).max()
        n_higher = n_higher + 1 if heights[number] > _FAR_HIGHER * height else 0
        if n_met == 0 or n_higher == _BEATS_TO_START:
            now, n_met, n_higher = complexes[number].copy(), 0, 0
        typical[number] = now
        n_met += 1
        difference = complexes[number] - now
        if n_met <= _BEATS_TO_START:
            now += difference / n_met
            continue
        limit = _QRS_STEP * height
        now += _QRS_GAIN * np.clip(difference, -limit, limit)
    return typical


def _width(complexes):
    deviation = np.abs(complexes - complexes.mean(axis=1, keepdims=True))
    largest = deviation.max(axis=1)
    flat = np.zeros(len(complexes))
    return np.divide(deviation.sum(axis=1), largest, out=flat, where=largest > 0)


def _correlation(one, other):
    one = one - one.mean(axis=1, keepdims=True)
    other = other - other.mean(axis=1, keepdims=True)
    norm = np.sqrt(np.square(one).sum(axis=1) * np.square(other).sum(axis=1))
    product = (one * other).sum(axis=1)
    return np.divide(product, norm, out=np.zeros(len(one)), where=norm > 0)

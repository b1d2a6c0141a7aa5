"""Features that compare a QRS complex with what is typical of its patient.

A wide QRS complex means one thing in a patient whose beats are all wide, and another
in a patient whose beats are not. So each is compared with a typical one that is
followed from beat to beat. It looks back only and takes a few bytes: a device can
follow it too.
"""

from __future__ import annotations

import numpy as np

from ._features import LONGEST
from ._scaling import FLAT, largest_values

_REACH = 0.1
"""Seconds of a QRS complex to either side of the R peak."""

_SHIFT = 1 / 60
"""Seconds by which two QRS complexes are shifted at most for the best match."""

_BEATS_TO_START = 9
_FAR_HIGHER = 8
_GAIN = 1 / 16
_STEP = 0.15
"""Largest step of the typical QRS complex, as a share of its height, before gain."""


def qrs_extent(sampling_rate: float) -> int:
    """Return the samples to either side of the R peak that `relative_qrs` needs.

    Parameters
    ----------
    sampling_rate : float
        In Hz.

    Returns
    -------
    int

    Examples
    --------
    >>> qrs_extent(180)
    21
    """
    return round(_REACH * sampling_rate) + _largest_shift(sampling_rate)


class TypicalQRS:
    """The typical QRS complex of a patient.

    It is the mean of the first nine complexes; from then on each one moves it towards
    itself by a sixteenth of the difference, sample by sample, and by no more than a
    hundredth of its height. So a single ectopic beat hardly changes it. It starts anew
    when nine beats in succession are more than eight times as high, as they are once an
    electrode has contact. Flat complexes are passed over.

    It remembers one complex and two counts; `copy.deepcopy` and pickle keep it.

    Parameters
    ----------
    n_samples : int
        Of a complex.

    Examples
    --------
    >>> typical = TypicalQRS(n_samples=3)
    >>> typical.update(np.array([-1.0, 2.0, -1.0])).tolist()  # the first meets itself
    [-1.0, 2.0, -1.0]
    >>> typical.update(np.array([-2.0, 4.0, -2.0])).tolist()
    [-1.0, 2.0, -1.0]
    >>> typical.update(np.array([-2.0, 4.0, -2.0])).tolist()
    [-1.5, 3.0, -1.5]
    """

    def __init__(self, n_samples: int):
        self._complex = np.zeros(n_samples)
        self._n_met = 0
        self._n_far_higher = 0

    def update(self, qrs: np.ndarray) -> np.ndarray:
        """Take the next complex.

        Parameters
        ----------
        qrs : ndarray of shape (n_samples,), float64
            With mean 0; zeros throughout if it is flat.

        Returns
        -------
        ndarray of shape (n_samples,)
            The typical complex before it, which is not to be changed.
        """
        qrs_height = _height(qrs)
        if qrs_height == 0:
            return self._complex
        height = _height(self._complex)
        is_far_higher = qrs_height > _FAR_HIGHER * height
        self._n_far_higher = self._n_far_higher + 1 if is_far_higher else 0
        if self._n_met == 0 or self._n_far_higher == _BEATS_TO_START:
            self._complex = qrs.copy()
            self._n_met, self._n_far_higher = 0, 0
        before = self._complex
        self._n_met += 1
        difference = qrs - before
        if self._n_met <= _BEATS_TO_START:
            self._complex = before + difference / self._n_met
        else:
            limit = _STEP * height
            np.minimum(difference, limit, out=difference)
            np.maximum(difference, -limit, out=difference)
            difference *= _GAIN
            self._complex = before + difference
        return before


def _height(qrs):
    # In every step of a long loop; the method `max` takes a detour.
    return np.maximum.reduce(np.abs(qrs))


class RelativeQRSState:
    """The QRS complexes of a patient so far, with which each one is compared.

    It remembers a `TypicalQRS`; `copy.deepcopy` and pickle keep it.

    Parameters
    ----------
    sampling_rate : float
        Of the complexes, in Hz.

    Examples
    --------
    >>> state = RelativeQRSState(sampling_rate=180)
    >>> time = np.arange(-21, 22) / 180
    >>> for width in (0.02, 0.02, 0.05):
    ...     features = state.update(np.exp(-((time / width) ** 2)))
    >>> round(features["qrs_width_relative"], 2)
    1.92
    """

    def __init__(self, sampling_rate: float):
        self.sampling_rate = sampling_rate
        self.typical = TypicalQRS(2 * qrs_extent(sampling_rate) + 1)

    def update(self, qrs: np.ndarray) -> dict[str, float]:
        """Take the next complex, and compare it with the typical one before it.

        Parameters
        ----------
        qrs : ndarray of shape (2 * qrs_extent(sampling_rate) + 1,)
            Signal around the R peak, in any unit.

        Returns
        -------
        dict of str to float
            The features that `relative_qrs` computes.
        """
        features = self.update_block(qrs[np.newaxis])
        return {name: float(value) for name, [value] in features.items()}

    def update_block(self, complexes: np.ndarray) -> dict[str, np.ndarray]:
        """Take the next complexes, and compare each with the typical one before it.

        Parameters
        ----------
        complexes : ndarray of shape (n_beats, 2 * qrs_extent(sampling_rate) + 1)
            Signal around the R peaks, in any unit.

        Returns
        -------
        dict of str to ndarray of shape (n_beats,)
        """
        complexes = _centered(complexes)
        typical = np.empty_like(complexes)
        meet = self.typical.update
        for number, qrs in enumerate(complexes):
            typical[number] = meet(qrs)
        return _compare(complexes, typical, _largest_shift(self.sampling_rate))


def relative_qrs(complexes, sampling_rate):
    """Compare every QRS complex of a recording with the typical one before it.

    Parameters
    ----------
    complexes : ndarray of shape (n_beats, 2 * qrs_extent(sampling_rate) + 1)
        Signal around all R peaks of the recording, in any unit.
    sampling_rate : float
        In Hz.

    Returns
    -------
    dict of str to ndarray of shape (n_beats,)
        ``qrs_width_relative``: the width of the complex over that of the typical one,
        at most 3. The width is the area under the absolute deviation from the mean over
        the largest one. ``qrs_correlation``: Pearson's, at the best shift within a
        sixtieth of a second, 0 where negative. Both are 1 where either complex is flat:
        deviates by no more than the rounding of its values.

    See Also
    --------
    RelativeQRSState : The same beat by beat, bit for bit.

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
    return RelativeQRSState(sampling_rate).update_block(complexes)


def _largest_shift(sampling_rate):
    return max(1, round(_SHIFT * sampling_rate))


def _centered(complexes):
    """Give each complex mean 0, and make flat ones zeros."""
    level = largest_values(complexes)
    complexes = complexes - complexes.mean(axis=1, keepdims=True)
    complexes[largest_values(complexes) <= FLAT * level] = 0.0
    return complexes


def _compare(complexes, typical, shift):
    """Compute the features of complexes from what is typical at each."""
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

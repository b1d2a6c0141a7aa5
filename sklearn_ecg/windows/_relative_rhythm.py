"""Features that compare the intervals around a beat with those typical of its patient.

An interval of 0.6 s is early at 60 beats a minute and late at 120. So each is compared
with a typical interval that is followed from beat to beat. It looks back only and takes
a few bytes: a device can follow it too.
"""

from __future__ import annotations

import numpy as np

from ._features import LONGEST, BeatStep

_SLOWEST = 0.002
"""Least share of the typical interval by which one beat moves it, after 500 beats."""

_IRREGULARITY_START = 0.03
_IRREGULARITY_STEP = 0.004
"""In seconds."""

_AT_FIRST_BEAT = {
    "rr_prev_relative": 1.0,
    "rr_next_relative": 1.0,
    "rr_irregularity": _IRREGULARITY_START,
}
"""As in a regular rhythm of 60 beats per minute, where nothing is known yet."""


class TypicalInterval:
    """The typical interval of a patient, and how much successive ones differ.

    The typical interval follows the running median by stochastic approximation [1]_:
    each interval moves it towards itself, by at most a share of it that falls from a
    half to 0.2 %. The irregularity follows the median of the differences between
    successive intervals in the same way, by steps of 4 ms.

    It remembers four numbers; `copy.deepcopy` and pickle keep it.

    Attributes
    ----------
    interval : float
        The typical one, in seconds; NaN before the first.
    irregularity : float
        In seconds.

    References
    ----------
    .. [1] H. Robbins, S. Monro (1951), "A stochastic approximation method", Annals of
       Mathematical Statistics 22(3):400-407.

    Examples
    --------
    >>> typical = TypicalInterval()
    >>> for interval in (0.8, 0.8, 0.8, 1.2):
    ...     _ = typical.update(interval)
    >>> round(typical.interval, 3)
    1.0
    """

    __slots__ = ("_n_intervals", "_previous", "interval", "irregularity")

    def __init__(self):
        self.interval = np.nan
        self.irregularity = _IRREGULARITY_START
        self._previous = np.nan
        self._n_intervals = 0

    def update(self, interval: float) -> tuple[float, float]:
        """Take the next interval.

        Parameters
        ----------
        interval : float
            In seconds.

        Returns
        -------
        interval, irregularity : float
            The typical ones from now on.
        """
        if self._n_intervals == 0:
            self.interval = self._previous = interval
        self._n_intervals += 1
        step = self.interval * max(1 / self._n_intervals, _SLOWEST)
        self.interval += min(max(interval - self.interval, -step), step)
        is_more = abs(interval - self._previous) > self.irregularity
        moved = self.irregularity + (
            _IRREGULARITY_STEP if is_more else -_IRREGULARITY_STEP
        )
        self.irregularity = max(moved, _IRREGULARITY_STEP / 4)
        self._previous = interval
        return self.interval, self.irregularity


class RelativeRhythmState:
    """The rhythm of a patient so far, with which that of each beat is compared.

    It remembers a `TypicalInterval` and the features of one beat; `copy.deepcopy` and
    pickle keep it.

    Parameters
    ----------
    sampling_rate : float
        Of the recording, in Hz.

    Examples
    --------
    >>> state = RelativeRhythmState(sampling_rate=100)
    >>> for r_peak in (0, 100, 200, 300, 350):
    ...     step = state.update(r_peak)
    >>> round(step.completed["rr_next_relative"], 2)
    0.5
    >>> round(step.provisional["rr_prev_relative"], 2)
    0.67
    """

    def __init__(self, sampling_rate: float):
        self.sampling_rate = sampling_rate
        self.typical = TypicalInterval()
        self._r_peak: int | None = None
        self._last = _AT_FIRST_BEAT

    def update(self, r_peak: int) -> BeatStep:
        """Take the next R peak, and compute what it makes known.

        Parameters
        ----------
        r_peak : int
            In samples of the recording, after the one before.

        Returns
        -------
        BeatStep
            The features that `relative_rhythm` computes.
        """
        if self._r_peak is None:
            self._r_peak = int(r_peak)
            return BeatStep(None, dict(self._last))
        interval = min((int(r_peak) - self._r_peak) / self.sampling_rate, LONGEST)
        following = interval / self.typical.interval
        if np.isnan(following):  # nothing was typical yet at the first beat
            following = _AT_FIRST_BEAT["rr_next_relative"]
        completed = self._last | {"rr_next_relative": min(following, LONGEST)}
        typical, irregularity = self.typical.update(interval)
        self._r_peak = int(r_peak)
        self._last = {
            "rr_prev_relative": min(interval / typical, LONGEST),
            "rr_next_relative": 1.0,
            "rr_irregularity": min(irregularity / typical, LONGEST),
        }
        return BeatStep(completed, dict(self._last))


def relative_rhythm(r_peaks, sampling_rate):
    """Compare the intervals of every beat of a recording with the typical one so far.

    What is typical includes the interval before the beat.

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

    See Also
    --------
    RelativeRhythmState : The same beat by beat, bit for bit.

    Examples
    --------
    >>> features = relative_rhythm(np.array([0, 100, 200, 300, 350, 500]), 100)
    >>> features["rr_prev_relative"].round(2).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.67, 1.67]
    """
    intervals = np.minimum(np.diff(r_peaks) / sampling_rate, LONGEST)
    follow = TypicalInterval().update
    followed = [follow(interval) for interval in intervals.tolist()]
    typical, irregularity = np.array(followed).reshape(-1, 2).T
    following = intervals[1:] / typical[:-1]
    later = {
        "rr_prev_relative": intervals / typical,
        "rr_next_relative": np.append(following, 1.0),
        "rr_irregularity": irregularity / typical,
    }
    return {
        name: np.minimum(np.append(first, later[name])[: len(r_peaks)], LONGEST)
        for name, first in _AT_FIRST_BEAT.items()
    }

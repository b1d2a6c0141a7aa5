"""Episodes of a rhythm: beat by beat as they come, or of a whole recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._parameter_checks import Names, Number, WholeNumber, check, checked
from ._beats import CODES, ONE, checked_beats, checked_duration
from ._events import ended, table_of
from ._state import EpisodeState
from ._stretches import in_samples, stretches_of

_SECONDS = Number(0, noun="number of seconds")
_RATE = Number(0, closed="neither", noun="number of beats a minute")
_PARAMETERS = {
    "shortest_af": _SECONDS,
    "pause": Number(0, closed="neither", noun="number of seconds"),
    "pause_beats": Names(["N", "S", "V", "F", "Q"], noun="labels of beats"),
    "bradycardia": _RATE,
    "tachycardia": _RATE,
    "n_intervals": WholeNumber(1, noun="number of intervals"),
    "shortest_rate": _SECONDS,
}
_SAMPLING_RATE = Number(0, closed="neither", noun="number of Hz")
_ROUNDING = 1e-3
"""By how much a certainty may be beyond 0 and 1, as probabilities of float16 are."""


class EpisodeFinder:
    """Find the episodes of a rhythm from labelled beats that come one by one.

    However the beats are handed over, the episodes are those of `find_episodes`.
    All decisions are made in integers, and what is remembered does not grow.

    Parameters
    ----------
    sampling_rate : float
        Of the positions, in Hz.
    shortest_af : float, default=30
        Seconds that atrial fibrillation lasts at least.
    pause : float, default=2
        Seconds above which an interval is a pause.
    pause_beats : sequence of str, default=("N", "S")
        What both beats of a pause must be.
    bradycardia, tachycardia : float, default=50 and 100
        Beats a minute below and above which a rate is slow and fast.
    n_intervals : int, default=8
        Intervals of which a rate is the mean.
    shortest_rate : float, default=30
        Seconds that bradycardia and tachycardia last at least.

    Raises
    ------
    ValueError
        If a parameter is not allowed, or bradycardia is not below tachycardia.

    See Also
    --------
    find_episodes : Those of a whole recording, and what each kind is.

    Examples
    --------
    >>> from sklearn_ecg.rhythm import EpisodeFinder
    >>> finder = EpisodeFinder(sampling_rate=100)
    >>> finder.push([0, 80, 120, 160, 200], list("NNVVV"))[["event", "kind"]]
       event   kind
    0  begin  V run
    >>> finder.push([290], ["N"])[["event", "kind", "start", "stop"]]
      event   kind  start  stop
    0   end  V run    1.2   2.0
    >>> finder.flush().empty
    True
    """

    def __init__(
        self,
        sampling_rate: float,
        *,
        shortest_af: float = 30.0,
        pause: float = 2.0,
        pause_beats: Sequence[str] = ("N", "S"),
        bradycardia: float = 50.0,
        tachycardia: float = 100.0,
        n_intervals: int = 8,
        shortest_rate: float = 30.0,
    ) -> None:
        rate = check("EpisodeFinder", "sampling_rate", sampling_rate, _SAMPLING_RATE)
        rules: dict[str, Any] = {
            "shortest_af": shortest_af,
            "pause": pause,
            "pause_beats": pause_beats,
            "bradycardia": bradycardia,
            "tachycardia": tachycardia,
            "n_intervals": n_intervals,
            "shortest_rate": shortest_rate,
        }
        rules = checked("EpisodeFinder", rules, _PARAMETERS)
        if rules["bradycardia"] >= rules["tachycardia"]:
            raise ValueError(
                f"bradycardia={bradycardia} must be below tachycardia={tachycardia}, "
                "in beats a minute."
            )
        self.sampling_rate = rate
        # What goes on, in integers, for rooms whose beats are checked already.
        self.state = EpisodeState(rate, rules)
        self._latest = 0  # The last sample that was told of
        self._is_certainty_known = False
        self._is_ended = False

    def push(
        self,
        samples: ArrayLike,
        labels: ArrayLike,
        certainty: ArrayLike | None = None,
        unreadable: ArrayLike | pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """Take the next beats.

        Parameters
        ----------
        samples : array-like of int, shape (n_beats,)
            Their R peaks since the recording began, not falling.
        labels : array-like of str, shape (n_beats,)
            N, S, V, F, Q, O (a detection that is no beat) or ? (unknown).
        certainty : array-like of float, shape (n_beats,), default=None
            How sure each label is, 0 to 1; NaN counts as 0.
        unreadable : DataFrame or array-like of shape (n_stretches, 2), default=None
            Stretches without signal, ``start`` and ``stop`` in seconds: those that
            begin before the last of these beats and were not told before.

        Returns
        -------
        DataFrame of shape (n_events, 7)
            ``event``, ``"begin"`` or ``"end"``, and the columns of `find_episodes`.
            Couplets, pauses and what is not analysable are told when they are over; of
            the others, the beginning is told as soon as it is certain. At a beginning,
            ``stop`` is NaN, and ``n_beats`` counts those so far.

        Raises
        ------
        ValueError
            If positions fall, a label is not known, lengths differ, or after `flush`.
            The finder stays what it was.
        """
        if self._is_ended:
            raise ValueError(
                "This finder has been ended by flush. Make another EpisodeFinder for "
                "what follows."
            )
        stretches = in_samples(stretches_of(unreadable), self.sampling_rate)
        positions, names = checked_beats(samples, labels, self._latest)
        shares = _checked_certainty(certainty, len(names))
        if len(positions):
            self._latest = int(positions[-1])
        self._is_certainty_known |= certainty is not None
        codes = [CODES[name] for name in names]
        beats = zip(positions.tolist(), codes, shares, strict=True)
        return self._table(self.state.update(beats, stretches))

    def flush(self, duration: float | None = None) -> pd.DataFrame:
        """End the recording.

        Parameters
        ----------
        duration : float, default=None
            Seconds that it lasts; None is until the last R peak.

        Returns
        -------
        DataFrame
            The last episodes, as `push` gives them; none if it has ended before.

        Raises
        ------
        ValueError
            If it ends before its last beat.
        """
        last = self._latest / self.sampling_rate
        duration = checked_duration("EpisodeFinder", duration, last)
        if self._is_ended:
            return self._table([])
        self._is_ended = True
        return self._table(self.state.end(round(duration * self.sampling_rate)))

    def _table(self, told):
        known = self._is_certainty_known
        return table_of(told, self.sampling_rate, is_certainty_known=known)


def find_episodes(
    samples: ArrayLike,
    labels: ArrayLike,
    sampling_rate: float,
    *,
    certainty: ArrayLike | None = None,
    unreadable: ArrayLike | pd.DataFrame | None = None,
    duration: float | None = None,
    shortest_af: float = 30.0,
    pause: float = 2.0,
    pause_beats: Sequence[str] = ("N", "S"),
    bradycardia: float = 50.0,
    tachycardia: float = 100.0,
    n_intervals: int = 8,
    shortest_rate: float = 30.0,
) -> pd.DataFrame:
    """Say the rhythm of a recording in words, from the labels of its beats.

    Parameters
    ----------
    samples : array-like of int, shape (n_beats,)
        R peaks, not falling.
    labels : array-like of str, shape (n_beats,)
        N, S, V, F, Q, O (a detection that is no beat) or ? (unknown). F counts as V.
    sampling_rate : float
        Of the positions, in Hz.
    certainty : array-like of float, shape (n_beats,), default=None
        How sure each label is, 0 to 1, as its probability; NaN counts as 0.
    unreadable : DataFrame or array-like of shape (n_stretches, 2), default=None
        Stretches in which no beat can be seen, or none believed, as in ventricular
        fibrillation: ``start`` and ``stop`` in seconds.
    duration : float, default=None
        Seconds that the recording lasts; None is until the last R peak.
    shortest_af : float, default=30
        Seconds that atrial fibrillation lasts at least.
    pause : float, default=2
        Seconds above which an interval is a pause.
    pause_beats : sequence of str, default=("N", "S")
        What both beats of a pause must be.
    bradycardia, tachycardia : float, default=50 and 100
        Beats a minute below and above which a rate is slow and fast.
    n_intervals : int, default=8
        Intervals of which a rate is the mean.
    shortest_rate : float, default=30
        Seconds that bradycardia and tachycardia last at least.

    Returns
    -------
    DataFrame of shape (n_episodes, 6)
        One row for each, by ``start``:

        - ``kind``: ``"AF"``, ``"V couplet"``, ``"V run"``, ``"V bigeminy"``, ``"V
          trigeminy"``, ``"V quadrigeminy"``, the same with S, ``"pause"``,
          ``"bradycardia"``, ``"tachycardia"``, ``"not analysable"``;
        - ``start``, ``stop``: in seconds, of its first and last R peak;
        - ``n_beats``: how many beats are in it, both ends counted; 0 if not analysable;
        - ``rate``: beats a minute from the first to the last;
        - ``certainty``: the mean certainty of its labels, NaN if not given or without
          labels; of AF, the share of its beats at which the intervals say so.

        `KINDS` has the definition of each, and whose it is.

    Raises
    ------
    ValueError
        If a parameter is not allowed, positions fall, a label is not known, lengths
        differ, or the last beat is after the end.

    See Also
    --------
    EpisodeFinder : The same beat by beat.
    names_of : What runs are called by their rate.

    Notes
    -----
    Atrial fibrillation is told from 129 intervals, some two minutes; at the beginning,
    from 81 intervals on, and from fewer never.

    References
    ----------
    X. Zhou, H. Ding, W. Wu, Y. Zhang, "A real-time atrial fibrillation detection
    algorithm based on the instantaneous state of heart rate", *PLoS ONE*
    10(9):e0136544 (2015).

    Examples
    --------
    >>> from sklearn_ecg.rhythm import find_episodes
    >>> samples = [0, 80, 120, 160, 200, 290, 370, 620, 700]
    >>> find_episodes(samples, list("NNVVVNNNN"), sampling_rate=100).round(2)
        kind  start  stop  n_beats   rate  certainty
    0  V run    1.2   2.0        3  150.0        NaN
    1  pause    3.7   6.2        2   24.0        NaN
    """
    finder = EpisodeFinder(
        sampling_rate,
        shortest_af=shortest_af,
        pause=pause,
        pause_beats=pause_beats,
        bradycardia=bradycardia,
        tachycardia=tachycardia,
        n_intervals=n_intervals,
        shortest_rate=shortest_rate,
    )
    events = [finder.push(samples, labels, certainty, unreadable)]
    events.append(finder.flush(duration))
    return ended(pd.concat(events, ignore_index=True))


def of_1024(shares: np.ndarray) -> list[int]:
    """Return shares as integers; what is unknown is 0."""
    return np.rint(np.clip(np.nan_to_num(shares), 0, 1) * ONE).astype(int).tolist()


def _checked_certainty(certainty, n_beats):
    """Return certainties in 1/1024."""
    if certainty is None:
        return [ONE] * n_beats
    shares = np.asarray(certainty, dtype=float).ravel()
    if len(shares) != n_beats:
        raise ValueError(f"certainty has {len(shares)} entries for {n_beats} beats.")
    if (shares < -_ROUNDING).any() or (shares > 1 + _ROUNDING).any():
        raise ValueError(
            f"certainty must be fractions from 0 to 1, or NaN; it goes from "
            f"{np.nanmin(shares):g} to {np.nanmax(shares):g}."
        )
    return of_1024(shares)

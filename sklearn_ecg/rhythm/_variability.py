"""Heart rate variability of NN intervals, by the rules of the Task Force of 1996."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._parameter_checks import Number, check
from ._beats import checked_beats, checked_duration
from ._events import checked_episodes
from ._fibrillation import AF
from ._gaps import NOT_ANALYSABLE
from ._measures import measures_of_parts
from ._nn import nn_intervals
from ._stretches import merged, stretches_of

_POSITIVE = Number(0, closed="neither", noun="number of Hz")
_SHARE = Number(0, 1)


def variability(
    samples: ArrayLike,
    labels: ArrayLike,
    sampling_rate: float,
    *,
    unreadable: ArrayLike | pd.DataFrame | None = None,
    episodes: pd.DataFrame | None = None,
    duration: float | None = None,
    least_share: float = 0.67,
) -> pd.DataFrame:
    """Compute the heart rate variability of a recording, and of each of its hours.

    Parameters
    ----------
    samples : array-like of int, shape (n_beats,)
        R peaks, not falling.
    labels : array-like of str, shape (n_beats,)
        N, S, V, F, Q, O (a detection that is no beat) or ? (unknown).
    sampling_rate : float
        Of the positions, in Hz.
    unreadable : DataFrame or array-like of shape (n_stretches, 2), default=None
        Stretches in which no beat can be seen: ``start`` and ``stop`` in seconds.
    episodes : DataFrame, default=None
        What `find_episodes` returns. Nothing is computed of beats in atrial
        fibrillation, nor in what is not analysable.
    duration : float, default=None
        Seconds that the recording lasts; None is until the last R peak.
    least_share : float, default=0.67
        Share of the time that NN intervals take at least; below it, nothing is said.

    Returns
    -------
    DataFrame of shape (n_hours + 1, 19)
        The row ``"whole"``, and ``"hour 0"`` and so on for each hour begun:

        - ``start``, ``stop``: in seconds;
        - ``n_nn``: how many NN intervals there are;
        - ``nn_share``: their share of all intervals between beats;
        - ``nn_time_share``, ``af_share``, ``not_analysable_share``: shares of the time
          that are NN intervals, in atrial fibrillation, and not analysable;
        - ``mean_nn``, ``SDNN``: mean and standard deviation of NN intervals in ms;
        - ``SDANN``: the standard deviation of their means in segments of 5 min, in ms;
        - ``RMSSD``: the root of the mean square of the differences between adjacent NN
          intervals, in ms;
        - ``pNN50``: the share of these differences that are above 50 ms, in per cent;
        - ``triangular_index``: the number of NN intervals over that in the fullest bin,
          of 1/128 s;
        - ``LF``, ``HF``: power from 0.04 to 0.15 Hz, and to 0.40 Hz, in ms²; the mean
          of the segments of 5 min in which enough is seen;
        - ``LF/HF``: the ratio of the two;
        - ``n_segments``: how many segments these are;
        - ``is_24_h``: whether 18 h or more can be analysed, so that SDNN, SDANN and
          the triangular index compare with those of 24 h;
        - ``reason``: why measures are NaN; empty if none is.

    Raises
    ------
    ValueError
        If a parameter is not allowed, positions fall, lengths differ, a label is not
        known, a stretch ends before it starts, or the last beat is after the end.

    See Also
    --------
    find_episodes : The episodes of atrial fibrillation.

    Notes
    -----
    *NN intervals* have a beat labelled N at both ends and no other beat between; a
    detection labelled O is no beat. They touch no unreadable stretch and no beat in
    atrial fibrillation, and last 300 to 2000 ms. An interval is none if it is below 0.7
    or above 1.5 times both the median of the 11 around it and an interval beside it: a
    beat was missed or is too many. Nor is one that shares a beat with such a one. A
    limit of 20 %, as is usual, takes out sinus arrhythmia of healthy people. A
    premature beat that is labelled N passes if it is less early, and raises RMSSD much.

    *Differences* are taken between NN intervals that share a beat, never across a gap.
    pNN50 is of their number; the Task Force divides by that of all NN intervals, which
    is the same where there is no gap.

    *Spectra* are periodograms with a Hann window of the intervals at their second beat,
    resampled at 4 Hz by a cubic spline, without their linear trend. A segment counts if
    NN intervals take 80 % of it and no gap is longer than 5 s. In a gap, lost beats are
    put on a line; HF, which is lost there, is scaled by the share of the segment that
    was seen.

    An interval belongs to the row and the segment in which it ends. A row of less than
    5 min has no measures, SDANN needs 3 segments, each with `least_share`, and the
    triangular index 20 min of NN intervals. SDNN, SDANN and the triangular index grow
    with the length of the recording: compare those of equal lengths only. Positions in
    steps of 1/128 s, as of many Holter recorders, add 30 ms² to the square of RMSSD and
    2 ms² to HF. pNN50 and the triangular index depend more on the steps: some per cent
    between one sampling rate and another.

    References
    ----------
    Task Force of the European Society of Cardiology and the North American Society of
    Pacing and Electrophysiology, "Heart rate variability: standards of measurement,
    physiological interpretation, and clinical use", *Circulation* 93:1043-1065 (1996).

    M. Karlsson, R. Hörnsten, A. Rydberg, U. Wiklund, "Automatic filtering of outliers
    in RR intervals before analysis of heart rate variability in Holter recordings",
    *BioMedical Engineering OnLine* 11:2 (2012).

    A. N. Vest et al., "An open source benchmarked toolbox for cardiovascular waveform
    and interval analysis", *Physiological Measurement* 39:105004 (2018), which leaves
    out windows of which more than 20 % was rejected.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ecg.rhythm import variability
    >>> n = np.arange(2000)
    >>> intervals = 800 + 40 * np.sin(2 * np.pi * 0.2 * n)  # ms, breathing at 0.25 Hz
    >>> samples = np.rint(np.cumsum(intervals))
    >>> table = variability(samples, ["N"] * 2000, sampling_rate=1000)
    >>> table.loc["whole", ["mean_nn", "SDNN", "RMSSD", "HF"]].astype(float).round(1)
    mean_nn    800.0
    SDNN        28.4
    RMSSD       33.4
    HF         799.5
    Name: whole, dtype: float64
    """
    rate = check("variability", "sampling_rate", sampling_rate, _POSITIVE)
    least_share = check("variability", "least_share", least_share, _SHARE)
    positions, names = checked_beats(samples, labels)
    last = positions[-1] / rate if len(positions) else 0.0
    end = checked_duration("variability", duration, last)
    af = _until(end, _of_kind(episodes, AF))
    lost = _of_kind(episodes, NOT_ANALYSABLE)
    lost = _until(end, np.vstack([lost, stretches_of(unreadable)]))
    told = {"af": merged(af), "lost": merged(lost)}
    told["excluded"] = merged(np.vstack([af, lost]))
    nn = nn_intervals(positions, np.array(names, dtype=str), rate, told["excluded"])
    return measures_of_parts(nn, end, told, least_share)


def _of_kind(episodes, kind):
    """Return starts and stops of the episodes of one kind."""
    if episodes is None:
        return np.zeros((0, 2))
    episodes = checked_episodes(episodes, ["kind", "start", "stop"])
    chosen = episodes.loc[episodes["kind"] == kind, ["start", "stop"]]
    pairs = chosen.to_numpy(dtype=float)
    if not (pairs[:, 0] <= pairs[:, 1]).all():
        raise ValueError(
            f"episodes has one of kind {kind!r} that stops before its start."
        )
    return pairs


def _until(end, stretches):
    """Return what of stretches is in the recording."""
    return np.minimum(stretches[stretches[:, 0] <= end], end)

"""Episodes as the marks of annotation files, which say one rhythm at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..records import NO_BEAT
from ._fibrillation import AF
from ._gaps import NOT_ANALYSABLE
from ._kinds import FAST_RUN
from ._rates import PAUSE, SLOW

USUAL = "(N"
"""What is said where there is no other rhythm to say."""

NOISE = "(NOISE"
"""What is said where nobody can tell, as in the MIT-BIH Malignant Ventricular
Arrhythmia Database."""

NOTE_OF_PAUSE = "PSE"
"""The text of a pause in the Long-Term AF Database. ``(P`` would be a pacemaker."""

NO_SIGNAL, SIGNAL = -1, 0
"""Subtypes of ``~``: there is no signal from here on, and there is one again."""

_TEXTS = (
    (NOT_ANALYSABLE, NOISE, NOISE),
    (SLOW, "(SBR", "(SBR"),
    ("S bigeminy", "(AB", "(AB"),
    ("S run", "", "(SVTA"),
    (AF, "(AFIB", "(AFIB"),
    ("V trigeminy", "(T", "(T"),
    ("V bigeminy", "(B", "(B"),
    ("V run", "(IVR", "(VT"),
)
"""Kinds of episodes, and their texts if slow and if fast. A later one hides others.

Ventricular beats interrupt fibrillation, as in the MIT-BIH and the Long-Term AF
Databases. What is supraventricular in it is part of it, and it goes on through noise.
"""


def rhythm_marks(
    episodes: pd.DataFrame | None,
    samples: np.ndarray,
    labels: np.ndarray,
    sampling_rate: float,
    no_signal: pd.DataFrame,
) -> pd.DataFrame:
    """Return the annotations of WFDB that say what episodes say.

    Parameters
    ----------
    episodes : DataFrame or None
        With ``kind``, ``start``, ``stop`` (s) and ``rate`` (beats a minute); None if
        nothing is known of the rhythm.
    samples : ndarray of int, shape (n_beats,)
        What was detected, in time order.
    labels : ndarray of str, shape (n_beats,)
        Their labels; ``"O"`` is no beat.
    sampling_rate : float
        In Hz.
    no_signal : DataFrame
        Stretches from ``start`` to ``stop`` (s) that hold no signal.

    Returns
    -------
    DataFrame
        ``sample``, ``symbol``, ``subtype`` and ``note``, in time order, no two of them
        at one sample, and none where something was detected: tools of WFDB that sort
        annotations keep one of each sample.

    Notes
    -----
    A rhythm (``+``) is marked a sample before its first beat, and its end a sample
    after its last one, unless the next rhythm begins before there is another beat. A
    pause is a note (``"``) in the middle of its interval. ``~`` is where the signal is
    lost, and where it comes back.
    """
    places, marks = _Places(samples), []
    if episodes is not None:
        r_peaks = samples[labels != NO_BEAT]
        marks += _changes(episodes, r_peaks, sampling_rate, places)
        marks += _pauses(episodes, sampling_rate, places)
    marks += _losses(no_signal, sampling_rate, places)
    table = pd.DataFrame(marks, columns=["sample", "symbol", "subtype", "note"])
    table = table.astype({"sample": np.int64, "subtype": np.int64})
    return table.sort_values("sample", kind="stable", ignore_index=True)


class _Places:
    """Samples that are taken: by what was detected, and by marks as they come."""

    def __init__(self, samples):
        self._taken = set(samples.tolist())

    def take(self, sample):
        """Take a sample, or the first after it that is free."""
        sample = max(int(sample), 0)
        while sample in self._taken:
            sample += 1
        self._taken.add(sample)
        return sample


def _samples(seconds, sampling_rate):
    return np.rint(seconds.to_numpy(dtype=float) * sampling_rate).astype(np.int64)


def _changes(episodes, r_peaks, sampling_rate, places):
    """Yield a mark wherever the rhythm becomes another."""
    samples, texts = _rhythms(episodes, r_peaks, sampling_rate)
    said = None
    for sample, text in zip(samples.tolist(), texts.tolist(), strict=True):
        if text != said:
            yield places.take(sample), "+", 0, text
        said = text


def _rhythms(episodes, r_peaks, sampling_rate):
    """Return where stretches of one rhythm begin, and what it is."""
    shown = [
        (
            round(episode.start * sampling_rate),
            round(episode.stop * sampling_rate),
            text,
        )
        for kind, slow, fast in _TEXTS
        for episode in episodes[episodes["kind"] == kind].itertuples()
        if (text := fast if episode.rate > FAST_RUN else slow)
    ]
    # Noise is between beats; all else is from one beat to another.
    ends = [(a + 1, b - 1) if t == NOISE else (a - 1, b + 1) for a, b, t in shown]
    starts, stops = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    bounds = np.unique(np.concatenate([r_peaks[:1] - 1, starts, stops]))
    texts = np.full(len(bounds), USUAL, dtype=object)
    firsts, lasts = np.searchsorted(bounds, [starts, stops])
    for (*_, text), first, last in zip(shown, firsts, lasts, strict=True):
        texts[first:last] = text
    # A stretch without a beat is only what is between two rhythms.
    n_beats = np.diff(np.searchsorted(r_peaks, bounds), append=len(r_peaks))
    is_said = (n_beats > 0) | (texts == NOISE)
    # The last one ends what was said of beats before it.
    if len(bounds) > 1 and texts[-2] != NOISE:
        is_said[-1] = True
    return bounds[is_said], texts[is_said]


def _pauses(episodes, sampling_rate, places):
    """Yield a note in the middle of each pause."""
    pauses = episodes[episodes["kind"] == PAUSE]
    for sample in _samples((pauses["start"] + pauses["stop"]) / 2, sampling_rate):
        yield places.take(sample), '"', 0, NOTE_OF_PAUSE


def _losses(no_signal, sampling_rate, places):
    """Yield where the signal is lost, and where it comes back."""
    starts = _samples(no_signal["start"], sampling_rate)
    stops = np.maximum.accumulate(_samples(no_signal["stop"], sampling_rate))
    is_new = starts > np.append(-1, stops)[:-1]
    for sample in starts[is_new]:
        yield places.take(sample), "~", NO_SIGNAL, ""
    for sample in stops[np.append(is_new[1:], True)[: len(stops)]]:
        yield places.take(sample), "~", SIGNAL, ""

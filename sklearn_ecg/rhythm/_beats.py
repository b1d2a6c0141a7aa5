"""A beat as the states of the rhythm know it, and what they find."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._messages import listed
from .._parameter_checks import Number, check

N, S, V, F, Q, UNKNOWN, NO_BEAT = range(7)

CODES = {"N": N, "S": S, "V": V, "F": F, "Q": Q, "?": UNKNOWN, "O": NO_BEAT}

ONE = 1024
"""A certainty of 1."""


class Beat(NamedTuple):
    """A beat, and what was counted before it."""

    number: int  # How many beats were before it
    sample: int  # Its R peak
    code: int  # Of what it counts as: a fusion beat as ventricular
    certainty: int  # Of its label, in 1/1024
    before: int  # The certainties of all beats before it, added up


class Found(NamedTuple):
    """An episode that has begun, or one that is over."""

    is_over: bool
    kind: str
    start: int  # In samples
    stop: int  # In samples; the last beat so far, if it is not over
    n_beats: int
    certainty: int  # In 1/1024


NOTHING: tuple[Found, ...] = ()


def found(is_over: bool, kind: str, first: Beat, last: Beat) -> Found:
    """Return an episode from one beat to another, both of them in it."""
    n_beats = last.number - first.number + 1
    certainty = (last.before + last.certainty - first.before) // n_beats
    return Found(is_over, kind, first.sample, last.sample, n_beats, certainty)


_SECONDS = Number(0, noun="number of seconds")


def checked_duration(owner: str, duration: float | None, last: float) -> float:
    """Return how long a recording lasts whose last beat is so late, in seconds."""
    if duration is None:
        return last
    duration = check(owner, "duration", duration, _SECONDS)
    if duration < last:
        raise ValueError(
            f"duration={duration:g} s is before the last beat, at {last:g} s."
        )
    return duration


def checked_beats(
    samples: ArrayLike, labels: ArrayLike, latest: int = 0
) -> tuple[np.ndarray, list[str]]:
    """Return positions and labels; refuse those that are none, or before the latest."""
    positions = np.asarray(samples)
    names = np.asarray(labels, dtype=object).ravel().tolist()
    if positions.ndim != 1 or len(positions) != len(names):
        raise ValueError(
            f"samples has the shape {positions.shape} and labels {len(names)} "
            "entries; there must be one of each for each beat."
        )
    unknown = sorted({str(name) for name in names if name not in CODES})
    if unknown:
        raise ValueError(
            f"The labels {listed(unknown)} are not known; allowed are "
            f"{', '.join(CODES)}. datasets.map_symbols makes them of the symbols "
            "of WFDB."
        )
    if len(positions) == 0:
        return np.zeros(0, dtype=np.int64), names
    is_number = positions.dtype.kind in "iuf"
    with np.errstate(invalid="ignore"):
        whole = positions.astype(np.int64) if is_number else np.zeros(1)
    if not is_number or (whole != positions).any():
        raise ValueError(
            "samples must hold whole numbers, the R peaks in samples at "
            "sampling_rate; np.rint(seconds * sampling_rate) makes them of seconds."
        )
    steps = np.diff(whole, prepend=latest)
    if (steps < 0).any():
        place = int(np.argmax(steps < 0))
        raise ValueError(
            f"samples must not fall, and begin at 0; {whole[place]}, at position "
            f"{place}, comes after {whole[place] - steps[place]}."
        )
    return whole, names

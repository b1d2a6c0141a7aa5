"""A beat as the states of the rhythm know it, and what they find."""

from __future__ import annotations

from typing import NamedTuple

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

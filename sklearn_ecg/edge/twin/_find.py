"""Beats as a device finds them: in one lead, in two, or where its host tells them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...detection import Beat, Change, FindBeats, LeadJudge
from ._front_end import NOISY, SECOND_LEAD, FrontEnd


class Found(NamedTuple):
    """A beat, and which leads are worth a look at it."""

    beat: Beat
    flags: int
    is_sound: tuple[bool, ...] = (True,)


class FindInOneLead:
    """The beats of the only lead."""

    def __init__(self, front: FrontEnd):
        self._find = FindBeats(front.lengths)
        self.changes = [Change(0, 0)]

    def update(self, working: Sequence[np.ndarray], n_working: int) -> list[Found]:
        """Take the next working samples of each lead; return the beats certain now."""
        return _found(self._find.update(working[0]))

    def skip(self, n_working: int) -> None:
        """Pass over working samples of one value."""
        self._find.skip(n_working)

    def end(self, tails: Sequence[np.ndarray], n_working: int) -> list[Found]:
        """Take the last working samples; return the beats left."""
        return _found(self._find.end(tails[0]))


class FindInTwoLeads:
    """The beats of two leads, of which the judge believes one."""

    def __init__(self, front: FrontEnd):
        self._front = front
        self._factor = front.lengths.factor
        self._finders = FindBeats(front.lengths), FindBeats(front.lengths)
        self._judge = LeadJudge(front.sampling_rate)

    @property
    def changes(self) -> list[Change]:
        """Which lead is believed from which sample on."""
        return self._judge.changes

    def update(self, working: Sequence[np.ndarray], n_working: int) -> list[Found]:
        """Take the next working samples of each lead; return the beats certain now."""
        pairs = zip(self._finders, working, strict=True)
        found = [finder.update(each) for finder, each in pairs]
        return self._judged(found, n_working * self._factor)

    def skip(self, n_working: int) -> None:
        """Pass over working samples of one value."""
        for finder in self._finders:
            finder.skip(n_working)

    def end(self, tails: Sequence[np.ndarray], n_working: int) -> list[Found]:
        """Take the last working samples; return the beats left."""
        pairs = zip(self._finders, tails, strict=True)
        found = self._judged([finder.end(tail) for finder, tail in pairs], sys.maxsize)
        # What is judged at the end is known then.
        last = n_working - 1
        return [
            each._replace(beat=each.beat._replace(known=min(each.beat.known, last)))
            for each in found
        ]

    def _judged(self, found, now):
        in_samples = [[self._in_samples(beat) for beat in beats] for beats in found]
        return [self._believed(beat) for beat in self._judge.update(in_samples, now)]

    def _in_samples(self, beat):
        """Return a beat with its times in samples, and where a device would put it."""
        if self._front.is_late(beat):
            beat = beat._replace(sample=self._front.rough_sample(beat.time))
        return beat._replace(known=(beat.known + 1) * self._factor)

    def _believed(self, said):
        flags = NOISY * said.is_noisy | SECOND_LEAD * said.lead
        known = -(-said.known // self._factor) - 1
        return Found(Beat(said.sample, known, time=None), flags, said.is_sound)


def told(beats: list[Beat]) -> list[Found]:
    """Return beats that the host tells of."""
    return _found(beats)


def _found(beats):
    return [Found(beat, NOISY * beat.is_noisy) for beat in beats]

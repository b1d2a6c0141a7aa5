"""The beats of a signal in two leads, one of which is believed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from ._detector import RPeakDetector
from ._judge import BelievedBeat, Change, LeadJudge
from ._quality import Stretch


class TwoLeads:
    """A detector for each of two leads, and the judge of what they find."""

    def __init__(self, sampling_rate: float):
        self._detectors = [RPeakDetector(sampling_rate) for _ in range(2)]
        self._judge = LeadJudge(sampling_rate)
        self._n_seen = 0
        self._n_known = [0, 0]  # Stretches of each lead that were compared
        self._meeting = MeetingStretches()

    @property
    def believed(self) -> RPeakDetector:
        """The detector of the lead that is believed."""
        return self._detectors[self._judge.believed]

    @property
    def changes(self) -> list[Change]:
        """Which lead is believed from when on."""
        return self._judge.changes

    @property
    def stretches(self) -> list[Stretch]:
        """Those in which no lead shows beats."""
        return self._meeting.stretches

    @property
    def settled(self) -> int:
        """The sample before which all stretches are known that begin there."""
        return self._meeting.settled(self._settled_of_each())

    def take(self, signals: Sequence[np.ndarray]) -> list[BelievedBeat]:
        """Take the next samples of both leads, in mV; return the beats certain now."""
        self._n_seen += len(signals[0])
        pairs = zip(self._detectors, signals, strict=True)
        return self._judged([of._take(signal) for of, signal in pairs], self._n_seen)

    def take_missing(self, n_samples: int) -> list[BelievedBeat]:
        """Take samples that are missing in both leads."""
        self._n_seen += n_samples
        found = [detector._take_missing(n_samples) for detector in self._detectors]
        return self._judged(found, self._n_seen)

    def end(self) -> list[BelievedBeat]:
        """End the recording; return the last beats."""
        found = [detector._end() for detector in self._detectors]
        return self._judged(found, sys.maxsize)

    def _settled_of_each(self):
        return [detector._find_stretches.settled for detector in self._detectors]

    def _judged(self, found, now):
        new = []
        for number, detector in enumerate(self._detectors):
            new.append(detector._stretches[self._n_known[number] :])
            self._n_known[number] += len(new[-1])
        self._meeting.take(new, self._settled_of_each())
        return self._judge.update(found, now)


class MeetingStretches:
    """Where stretches of two leads without beats to see meet."""

    def __init__(self):
        self._may_meet: list[list[Stretch]] = [[], []]  # One of the other lead to come
        self.stretches: list[Stretch] = []  # In which no lead shows beats

    def settled(self, of_each: Sequence[int]) -> int:
        """Return the sample before which all stretches are known that begin there."""
        first, second = of_each
        starts = [max(one.start, second) for one in self._may_meet[0]]
        starts += [max(one.start, first) for one in self._may_meet[1]]
        return min([max(first, second), *starts])

    def take(self, new: Sequence[Sequence[Stretch]], settled: Sequence[int]) -> None:
        """Take stretches of each lead; forget those that cannot meet another."""
        for stretches, more in zip(self._may_meet, new, strict=True):
            stretches += more
        first, second = self._may_meet
        while first and second:
            one, other = first[0], second[0]
            start, stop = max(one.start, other.start), min(one.stop, other.stop)
            if start < stop:
                self.stretches.append(Stretch(start, stop, one.reason))
            del (first if one.stop <= other.stop else second)[0]
        for stretches, known in zip(self._may_meet, reversed(settled), strict=True):
            while stretches and stretches[0].stop <= known:
                del stretches[0]

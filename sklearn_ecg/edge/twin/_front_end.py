"""From the samples of a converter to beats with their windows, in integers.

Samples are summed to working samples near 125 Hz, as in `sklearn_ecg.detection`, and
shifted back to 16 bits. The detector works on them, and windows are cut out of them: so
one ring of working samples is all that a device remembers of the signal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...beats._build import SHORTEST_RR
from ...beats._table import PATIENCE
from ...detection._candidates import Energy, FindCandidates
from ...detection._decision import DecideBeats, Times
from ...detection._filters import Decimate, Lengths
from ._integers import divided

SLACK = 64
"""Working samples that a device may take until it asks for a beat."""

BLOCK = 8
"""Working samples per quality flag."""

PLACE_BITS = 14
"""Fraction bits of a place between two working samples."""

LEAD_OFF, SATURATED, NOISY, AFTER_GAP = 1, 2, 4, 8
LONG_INTERVAL, PROVISIONAL, LATE = 16, 32, 64
FLAGS = {
    "lead_off": LEAD_OFF,
    "saturated": SATURATED,
    "noisy": NOISY,
    "after_gap": AFTER_GAP,
    "long_interval": LONG_INTERVAL,
    "provisional": PROVISIONAL,
    "late": LATE,
}
"""What may be wrong with an event, by the bits of its flags."""

NOISY_BELOW = 512
"""Binary logarithm, in 1/256, of the energy of a beat over that of the last peaks that
were none, below which it is noisy: four times."""

LEAD_OFF_SECONDS = 1.0
"""A lead that is off so long interrupts the rhythm."""


class Found(NamedTuple):
    """A beat that the detector has found."""

    time: int | None  # Peak of its energy, in working samples; None if the host told it
    sample: int  # Its R peak, in samples since the signal began
    decided: int  # When it was certain, in working samples
    is_noisy: bool  # Whether peaks that were no beats are nearly as high


class TimedDecision(DecideBeats):
    """The decision of the detector, with the time at which each beat was certain."""

    def __init__(self, working_rate):
        super().__init__(working_rate)
        self.found = []

    def _accept(self, candidate):
        is_noisy = candidate.height - self._noise.median < NOISY_BELOW
        super()._accept(candidate)
        sample = max(candidate.sample, 0)
        self.found.append(Found(candidate.time, sample, self._now, is_noisy))


@dataclass(frozen=True)
class FrontEnd:
    """How samples become working samples, beats and windows."""

    sampling_rate: float  # Of the converter, in Hz
    window_rate: float  # Of the windows, in Hz
    first: int  # First sample of a window, with the R peak at 0
    end: int  # One past the last sample of a window

    @property
    def lengths(self):
        """Lengths of the filters of the detector."""
        return Lengths.at(self.sampling_rate)

    @property
    def shift(self):
        """Places by which sums of samples are shifted back to 16 bits."""
        return math.ceil(math.log2(self.lengths.factor))

    @property
    def step(self):
        """Working samples from one sample of a window to the next, in fixed point."""
        return round(self.lengths.working_rate / self.window_rate * 2**PLACE_BITS)

    @property
    def reach(self):
        """Working samples that a window needs before and after the R peak."""
        before = -(self.first * self.step >> PLACE_BITS) + 1
        after = ((self.end - 1) * self.step >> PLACE_BITS) + 2
        return before, after

    @property
    def ring(self):
        """Working samples that a device remembers: 512 are 4 s at 125 Hz."""
        lengths, (before, after) = self.lengths, self.reach
        learning = Times.at(lengths.working_rate).learning
        needed = before + learning + lengths.delay + lengths.apart + SLACK + after
        return 1 << (needed - 1).bit_length()

    @property
    def shortest(self):
        """Samples within which no second beat can follow."""
        return math.floor(SHORTEST_RR * self.sampling_rate)

    @property
    def longest_wait(self):
        """Working samples that a beat waits for the next one."""
        return round(PATIENCE * self.lengths.working_rate)

    @property
    def lead_off(self):
        """Samples of a lead that is off that interrupt the rhythm."""
        return round(LEAD_OFF_SECONDS * self.sampling_rate)

    @property
    def tail(self):
        """Working samples after which nothing is left to be found in a signal."""
        lengths = self.lengths
        wait = lengths.delay + lengths.apart + 1
        return wait + self.reach[1] + BLOCK

    def working_samples(self, counts):
        """Sum samples to working samples of 16 bits, with a tail of the last one."""
        factor = self.lengths.factor
        n_tail = self.tail * factor - len(counts) % factor
        held = np.full(n_tail, counts[-1], dtype=np.int64)
        whole = np.concatenate([counts.astype(np.int64), held])
        return Decimate(factor).update(whole) >> self.shift

    def beats(self, working):
        """Find the beats of a signal."""
        lengths = self.lengths
        energy, find = Energy(lengths), FindCandidates(lengths)
        decide = TimedDecision(lengths.working_rate)
        candidates = find.update(*energy.update(working - working[0]))
        decide.update(candidates, len(working) - 1)
        decide.flush()
        decide.update([], len(working) - 1)
        return decide.found

    def told_beats(self, r_peaks):
        """Return the beats that the host tells of, once their R peaks are there."""
        factor = self.lengths.factor
        return [
            Found(None, sample, (sample + 1) // factor - 1, False)
            for sample in r_peaks.tolist()
        ]

    def is_late(self, beat):
        """Tell whether a beat was found when its samples may be forgotten."""
        return beat.decided + SLACK - self._first_needed(beat) >= self.ring

    def _first_needed(self, beat):
        lengths = self.lengths
        of_window = beat.sample // lengths.factor - self.reach[0]
        if beat.time is None:
            return of_window
        n_near = lengths.before_peak + 1 + lengths.after_peak
        sharpened = beat.time - lengths.lag + lengths.after_peak - n_near
        of_fiducial = sharpened - lengths.box - lengths.high_pass
        return min(of_fiducial, of_window)

    def last_needed(self, samples):
        """Return the last working sample of the last block that windows need."""
        place = np.asarray(samples) // self.lengths.factor + self.reach[1]
        return place | (BLOCK - 1)

    def rough_sample(self, time):
        """Return about where the R peak of a peak of the energy is."""
        lengths = self.lengths
        center = lengths.factor * (2 * (time - lengths.lag) - lengths.sharp_delay)
        return max((center + lengths.factor) // 2, 0)

    def windows(self, working, samples):
        """Cut windows, by linear interpolation between working samples."""
        factor = self.lengths.factor
        before, after = self.reach
        inside = 2 * (samples % factor) - (factor - 1)
        inside = divided(inside << (PLACE_BITS - 1), factor)
        places = inside[:, np.newaxis] + self.step * np.arange(self.first, self.end)
        padded = np.pad(working, (before, after + 1), mode="edge")
        left = (samples // factor)[:, np.newaxis] + (places >> PLACE_BITS) + before
        part = places & (2**PLACE_BITS - 1)
        low, high = padded[left], padded[left + 1]
        half = 1 << (PLACE_BITS - 1)
        return low + (((high - low) * part + half) >> PLACE_BITS)

    def blocks(self, is_so):
        """Tell in which blocks of working samples any sample is so."""
        n_block = BLOCK * self.lengths.factor
        padded = np.pad(is_so, (0, -len(is_so) % n_block))
        return np.concatenate([[0], np.cumsum(padded.reshape(-1, n_block).any(axis=1))])

"""What a device remembers of a signal, and what it says of beats.

One ring of working samples is all: beats are found in it, and windows are cut out of
it, as `sklearn_ecg.detection` and `sklearn_ecg.windows` do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...beats import LONGEST_PAUSE, PATIENCE, SHORTEST_RR
from ...detection import Beat, Distances, Times
from ...windows import Grid

SLACK = 64
"""Working samples that a device may take until it asks for a beat."""

BLOCK = 8
"""Working samples per quality flag."""

LEAD_OFF, SATURATED, NOISY, AFTER_GAP = 1, 2, 4, 8
LONG_INTERVAL, PROVISIONAL, LATE, SECOND_LEAD = 16, 32, 64, 128
FLAGS = {
    "lead_off": LEAD_OFF,
    "saturated": SATURATED,
    "noisy": NOISY,
    "after_gap": AFTER_GAP,
    "long_interval": LONG_INTERVAL,
    "provisional": PROVISIONAL,
    "late": LATE,
    "second_lead": SECOND_LEAD,
}
"""What may be wrong with an event, by the bits of its flags."""

LEAD_OFF_SECONDS = 1.0
"""A lead that is off so long interrupts the rhythm."""


@dataclass(frozen=True)
class FrontEnd(Grid):
    """How samples become working samples, beats and windows on a device."""

    n_leads: int = 1

    @property
    def remembered(self):
        """Working samples after which every beat is out: 512 are 4 s at 125 Hz."""
        lengths, (before, after) = self.lengths, self.reach
        learning = Times.at(lengths.working_rate).learning
        needed = before + learning + lengths.delay + lengths.apart + SLACK + after
        return 1 << (needed - 1).bit_length()

    @property
    def ring(self):
        """Working samples of a lead in which a device finds and cuts beats.

        Of two leads 256 at 125 Hz: it forgets the beats of the first seconds before it
        has learnt which peaks are beats, but none that waits to be judged.
        """
        if self.n_leads == 1:
            return self.remembered
        lengths, (before, after) = self.lengths, self.reach
        hold = Distances.at(self.sampling_rate).hold // lengths.factor + 1
        needed = before + max(hold, lengths.delay + lengths.apart, after) + SLACK
        return 1 << (needed - 1).bit_length()

    @property
    def shortest(self):
        """Samples within which no second beat can follow."""
        return math.floor(SHORTEST_RR * self.sampling_rate)

    @property
    def longest_pause(self):
        """Samples without a beat after which the rhythm begins anew."""
        return math.floor(LONGEST_PAUSE * self.sampling_rate)

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

    def told_beats(self, r_peaks: np.ndarray, earliest: int) -> list[Beat]:
        """Return the beats that the host tells of, once their R peaks are there."""
        factor = self.lengths.factor
        return [
            Beat(sample, max((sample + 1) // factor - 1, earliest), time=None)
            for sample in r_peaks.tolist()
        ]

    def is_late(self, beat: Beat) -> bool:
        """Tell whether a beat was found when its samples may be forgotten."""
        return beat.known + SLACK - self._first_needed(beat) >= self.ring

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

    def rough_sample(self, time: int) -> int:
        """Return about where the R peak of a peak of the energy is."""
        lengths = self.lengths
        center = lengths.factor * (2 * (time - lengths.lag) - lengths.sharp_delay)
        return max((center + lengths.factor) // 2, 0)

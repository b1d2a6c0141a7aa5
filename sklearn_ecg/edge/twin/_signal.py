"""What a device remembers of the leads of a signal, and what was wrong with them."""

from __future__ import annotations

import numpy as np

from ...detection import Decimate, hold_last
from ...windows import WorkingSamples
from ._front_end import BLOCK, LEAD_OFF, SATURATED


class Signal:
    """The leads of a stretch without gaps, and for how long they all were off."""

    def __init__(self, inputs, front):
        self._front = front
        self._leads = [_Lead(inputs, front) for _ in range(inputs.n_leads)]
        self._off_for = 0  # Samples for which all leads have been off
        self._came_back: list[int] = []  # Samples at which it was back after long
        self.n_samples = 0
        self.has_begun = False

    @property
    def n_working(self):
        """Number of working samples so far."""
        return self._leads[0].n_working

    def append(self, counts, lead_off):
        """Take samples of all leads; return the working samples of each."""
        if len(counts):
            self.has_begun = True
            self._watch(lead_off.all(axis=1))
            self.n_samples += len(counts)
        columns = zip(self._leads, counts.T, lead_off.T, strict=True)
        return [lead.append(*each) for lead, *each in columns]

    def skip(self, n_samples):
        """Pass over samples with all leads off; return how many sums they complete."""
        before = self.n_working
        for lead in self._leads:
            lead.skip(n_samples)
        self.n_samples += n_samples
        self._off_for += n_samples
        return self.n_working - before

    def end(self):
        """Complete the last sums and more, as if the signal stayed where it is."""
        factor = self._front.lengths.factor
        n_tail = self._front.tail * factor - self.n_samples % factor
        return [lead.end(n_tail) for lead in self._leads]

    def _watch(self, lead_off):
        """Note where a lead comes back after all were off for long."""
        edges = np.flatnonzero(np.diff(np.concatenate([[self._off_for > 0], lead_off])))
        start = -self._off_for
        for edge in edges.tolist():
            if not lead_off[edge]:
                if edge - start >= self._front.lead_off:
                    self._came_back.append(self.n_samples + edge)
            else:
                start = edge
        self._off_for = len(lead_off) - start if lead_off[-1] else 0

    def was_off_between(self, first, last):
        """Tell whether a lead came back after `first`, all of which were off."""
        while self._came_back and self._came_back[0] <= first:
            del self._came_back[0]
        return bool(self._came_back) and self._came_back[0] <= last

    def spans(self, samples):
        """Cut the working samples of all leads around R peaks."""
        return np.stack([lead.spans(samples) for lead in self._leads], axis=1)

    def flags(self, samples):
        """Tell what is wrong around R peaks, of shape (n_beats, n_leads)."""
        return np.stack([lead.flags(samples) for lead in self._leads], axis=1)

    def forget(self, before):
        """Forget the working samples before one, if they are many."""
        for lead in self._leads:
            lead.forget(before)


class _Lead:
    """The working samples of a lead, and what was wrong with them."""

    def __init__(self, inputs, front):
        self._low, self._high = inputs.limits
        self._front = front
        self._working = WorkingSamples(front.lengths, inputs.shift)
        self._decimate = Decimate(front.lengths.factor)
        self._is_full = np.zeros(0, dtype=bool)  # Saturated, of each working sample
        self._last = 0

    @property
    def n_working(self):
        """Number of working samples so far."""
        return self._working.end

    def append(self, counts, lead_off):
        """Take samples; the last one is held where the lead is off."""
        if len(counts) == 0:
            return np.zeros(0, dtype=np.int64)
        counts = np.clip(counts, self._low, self._high)
        held = hold_last(counts, lead_off, self._last)
        self._last = held[-1]
        saturated = ~lead_off & ((counts <= self._low) | (counts >= self._high))
        return self._extend(held, lead_off, saturated)

    def skip(self, n_samples):
        """Pass over samples with the lead off."""
        self._working.skip(n_samples)
        self._decimate.skip(n_samples, 0)

    def end(self, n_tail):
        """Take samples as if the signal stayed where it is."""
        nothing = np.zeros(n_tail, dtype=bool)
        return self._extend(np.full(n_tail, self._last), nothing, nothing)

    def _extend(self, counts, lead_off, saturated):
        before = self.n_working
        self._working.append(counts, lead_off)
        is_full = self._decimate.update(saturated.astype(np.int64)) > 0
        self._is_full = np.concatenate([self._is_full, is_full])
        return self._working.values[before - self._working.start :]

    def spans(self, samples):
        """Cut the working samples around R peaks, as far as anything looks at them."""
        if len(samples) == 0:
            width = self._front.end - self._front.first
            return np.zeros((0, width), dtype=np.int64)
        return self._front.windows(self._working.values, samples, self._working.start)

    def flags(self, samples):
        """Tell what is wrong in the blocks of working samples around R peaks."""
        places = samples // self._front.lengths.factor
        first = (places - self._front.reach[0]) // BLOCK * BLOCK - self._working.start
        stop = self._front.last_needed(samples) + 1 - self._working.start
        found = np.zeros(len(samples), dtype=np.int64)
        for flag, is_so in (
            (LEAD_OFF, self._working.is_missing),
            (SATURATED, self._is_full),
        ):
            before = np.concatenate([[0], np.cumsum(is_so)])
            bounds = np.clip([first, stop], 0, len(is_so))
            found |= np.where(before[bounds[1]] > before[bounds[0]], flag, 0)
        return found

    def forget(self, before):
        """Forget the working samples before one, if they are many."""
        start = self._working.start
        self._working.forget(before // BLOCK * BLOCK)
        self._is_full = self._is_full[self._working.start - start :]

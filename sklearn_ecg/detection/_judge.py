"""Which of two leads is believed, and which beats the other one adds.

Two leads show the same beats. Where their detectors do not agree, one is wrong: it
missed a beat, or took a wave or noise for one. Each such beat is charged to the lead
that is more likely wrong, and each beat that both show clears both. What is believed
changes when one lead is charged far more often than the other, and the other one is
not far less regular; or when it is charged often, and is far less regular itself; or
when its beats are so low beside the other's that it is flat. Noise is irregular, and
at times shows a beat where there is one: a lead that is far less regular is not worth
a look, however often both agree.

A beat is judged when both detectors have had the time to say what they see there. That
time follows from where the beat is, so nothing depends on how the signal is cut into
pieces. All is in integers, of few beats: the
C of a chain does the same. The numbers were chosen on the MIT-BIH Arrhythmia Database
and the even records of the Supraventricular Arrhythmia Database, as they are and with
one lead made bad.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ._decision import NOISY_BELOW, Beat

MISSED, WAVES, NOISE, FLAT = "missed", "waves", "noise", "flat"
"""What may be wrong with a lead."""

_ALWAYS = 65536
"""The fault of a lead that is wrong at each beat."""

_MEMORY = 4
"""A beat is one in two to this power of what a running mean remembers."""

_WORSE = 24576
"""By how much more fault than the other one the believed lead loses."""

_SOUND = 12288
"""The fault of a lead that is believed from now on, at most."""

_USELESS = 32768
"""The fault of a lead from which it is not worth a look."""

_TRUSTED = 2048
"""The fault of a lead that adds beats, at most."""

_CLEAR = 640
"""How high such a beat is over noise at least, in 1/256 octave."""

_GAP_OF, _GAP_OVER = 8, 7
"""Where a beat is added, the believed lead has none for 8/7 of a usual interval."""

_IRREGULAR = 6144
"""By how much the intervals of an irregular lead jump more than the other's."""

_KNOWN = 16
"""Beats of both leads before one of them can be irregular."""

_FLAT = 1024
"""By how much lower the beats of a flat lead are than the other's, in 1/256 octave."""

_AS_GOOD = 64
"""Beats for which the first lead is no worse before it is believed again."""

_SILENT = 4
"""Beats that only the other lead shows, from which on a lead is silent."""

MOST_BEATS = 16
"""Beats of a lead that are compared, the last ones."""


@dataclass(frozen=True)
class Distances:
    """Times of the judge, in samples."""

    same: int  # Two marks so near are one beat
    apart: int  # Beats of two leads are farther apart
    added: int  # An added beat is farther from those of the believed lead
    wave: int  # P and T waves are so near to their beat
    hold: int  # Both detectors have spoken of a beat
    start: int  # Both have learnt
    longest: int  # Longer intervals count as this one
    silence: int  # A lead without beats for longer may be silent

    @classmethod
    def at(cls, sampling_rate: float) -> Distances:
        """Return the times at a sampling rate, in Hz."""
        seconds = {
            "same": 0.15,
            "apart": 0.2,
            "added": 0.3,
            "wave": 0.36,
            "hold": 1.0,
            "start": 4.0,
            "longest": 2.0,
            "silence": 2.5,
        }
        return cls(
            **{name: round(time * sampling_rate) for name, time in seconds.items()}
        )


class BelievedBeat(NamedTuple):
    """A beat that is believed."""

    sample: int  # Its R peak
    known: int  # After how many samples it was certain
    lead: int = 0  # In which it was found
    is_sound: tuple[bool, ...] = (True,)  # Which leads are worth a look
    is_noisy: bool = False  # Whether peaks that were no beats are nearly as high


class Change(NamedTuple):
    """Which lead is believed from a sample on."""

    sample: int
    lead: int
    why: str = ""  # What is wrong with the other; "" if nothing is


class LeadJudge:
    """Of two leads, the one to believe, and the beats that are believed."""

    def __init__(self, sampling_rate: float):
        self._times = Distances.at(sampling_rate)
        self._leads = _Lead(), _Lead()
        self._interval = 0  # The usual one between beats that are believed
        self._last = BelievedBeat(-self._times.longest, 0)
        self._now = self._n_as_good = 0
        self._said: list[BelievedBeat] = []
        self.believed = 0
        self.changes = [Change(0, 0)]

    def update(self, found: Sequence[list[Beat]], now: int) -> list[BelievedBeat]:
        """Take what both detectors found before `now`, in samples; return beats."""
        of_both = [
            (beat.known, number, beat)
            for number, beats in enumerate(found)
            for beat in beats
        ]
        for known, number, beat in sorted(of_both):
            self._judge_until(known - 1)
            self._take(number, beat)
        self._judge_until(now)
        said, self._said = self._said, []
        return said

    def _take(self, number, beat):
        self._now = beat.known
        lead, other = self._leads[number], self._leads[1 - number]
        if lead.n_waiting == MOST_BEATS:
            self._judge(number)
        lead.take(beat)
        while number == self.believed and other.n_waiting:
            # What the other lead alone has before this beat can be told now.
            if other.next.sample >= beat.sample - self._times.added:
                break
            self._judge(1 - number)
        if number == self.believed:
            self._say(number, beat)

    def _judge_until(self, now):
        """Judge the beats whose time has come, in the order of these times."""
        while True:
            first, second = (self._due(lead) for lead in self._leads)
            if min(first, second) > now:
                return
            self._now = max(self._now, min(first, second))
            self._judge(int(second < first))

    def _due(self, lead):
        if not lead.n_waiting:
            return float("inf")
        return max(lead.next.sample + self._times.hold, self._times.start)

    def _judge(self, number):
        """Judge the beat that waits longest in a lead."""
        lead, other = self._leads[number], self._leads[1 - number]
        beat = lead.follow(self._times.longest)
        if other.has(beat.sample, self._times.same):
            for each in self._leads if number == 0 else ():
                each.charge(FLAT if self._is_flat(each) else None)
                each.n_silent = 0
        else:
            self._charge(lead, other, beat)
            if number != self.believed and self._is_missed(lead, other, beat):
                self._say(number, beat)
        self._choose()

    def _charge(self, lead, other, beat):
        """Charge a beat of one lead alone."""
        other.n_silent += 1
        lead.n_silent = 0
        wrong, why = other, MISSED
        if self._is_flat(other):
            why = FLAT
        elif self._is_flat(lead):
            wrong, why = lead, FLAT
        elif not self._is_silent(other, lead):
            if self._is_wave(lead, other, beat.sample):
                wrong, why = lead, WAVES
            elif beat.over_noise < NOISY_BELOW:
                wrong, why = lead, NOISE
        for each in (lead, other):
            each.charge(why if each is wrong else None)

    def _is_flat(self, lead):
        """Tell whether the beats of a lead are far too low beside the other's."""
        other = self._other(lead)
        if min(lead.last, other.last) < self._times.start:
            return False
        is_low = other.height - lead.height >= _FLAT
        return is_low and lead.jumps >= other.jumps

    def _other(self, lead):
        return self._leads[lead is self._leads[0]]

    def _is_silent(self, lead, other):
        """Tell whether only the other lead has had beats for a while."""
        silence = other.last - lead.last
        return lead.n_silent >= _SILENT and silence > self._times.silence

    def _is_wave(self, lead, other, sample):
        """Tell whether there is a beat of both leads so near that this is its wave."""
        near = lead.near(sample, self._times.wave)
        return any(
            each != sample and other.has(each, self._times.same) for each in near
        )

    def _is_missed(self, lead, other, beat):
        """Tell whether a beat of one lead alone was missed in the believed one."""
        if lead.fault > _TRUSTED or beat.over_noise < _CLEAR:
            return False
        if other.has(beat.sample, self._times.added):
            return False
        before, after = other.around(beat.sample, self._now)
        return _GAP_OVER * (after - before) >= _GAP_OF * self._interval

    def _choose(self):
        own, other = self._leads[self.believed], self._leads[1 - self.believed]
        is_worse = own.fault - other.fault >= _WORSE and other.fault <= _SOUND
        is_worse &= not other.is_irregular_beside(own)
        is_worse |= self._is_flat(own)
        is_worse |= self._is_silent(own, other) and other.fault <= _USELESS
        is_worse |= own.fault >= _WORSE and own.is_irregular_beside(other)
        if self.believed == 1:
            is_as_good = other.fault <= min(own.fault + _TRUSTED, _SOUND // 2)
            is_as_good &= self._is_sound(other)
            self._n_as_good = self._n_as_good + 1 if is_as_good else 0
        if not is_worse and self._n_as_good < _AS_GOOD:
            return
        self._n_as_good = 0
        self.believed = 1 - self.believed
        why = FLAT if self._is_flat(own) else own.why
        change = Change(self._now, self.believed, why if is_worse else "")
        self.changes.append(change)
        for beat in other.after(self._last.sample):
            self._say(self.believed, beat)

    def _is_sound(self, lead):
        """Tell whether a lead is worth a look beside the one that is believed."""
        is_irregular = lead.is_irregular_beside(self._other(lead))
        return lead.fault <= _USELESS and not is_irregular

    def _say(self, number, beat):
        """Say that a beat is believed, unless it has been said in the other lead."""
        since = beat.sample - self._last.sample
        if since < (1 if number == self._last.lead else self._times.apart):
            return
        self._interval += (min(since, self._times.longest) - self._interval) >> 3
        is_sound = [self._is_sound(lead) for lead in self._leads]
        is_sound[number] = True
        self._last = BelievedBeat(
            beat.sample, self._now, number, tuple(is_sound), beat.is_noisy
        )
        self._said.append(self._last)


class _Lead:
    """What is known of a lead."""

    def __init__(self):
        self.n_waiting = 0  # Beats to be judged, the last ones
        self.n_silent = 0  # Beats that only the other lead has had of late
        self.jumps = 0  # Running mean of how intervals change, in 1/65536
        self._beats: list[Beat] = []  # The last ones
        self.fault = 0  # How often it is wrong: a running mean
        self._faults = dict.fromkeys((MISSED, WAVES, NOISE, FLAT), 0)  # Of each kind
        self.last = self._interval = 0  # The last beat that was judged
        self.height = 0  # Running mean of that of its beats
        self.n_followed = 0  # Beats that were judged, up to those that make it known

    @property
    def why(self):
        """What is wrong with it most often."""
        return max(self._faults, key=self._faults.__getitem__)

    @property
    def next(self):
        """The beat that waits longest."""
        return self._beats[-self.n_waiting]

    def take(self, beat):
        """Take a beat, and forget the one that is longest past."""
        self._beats.append(beat)
        del self._beats[:-MOST_BEATS]
        self.n_waiting += 1

    def follow(self, longest):
        """Follow the height and the interval of the next beat; return that."""
        beat = self.next
        self.n_waiting -= 1
        self.height += (beat.height - self.height) >> (_MEMORY if self.height else 0)
        interval, before = beat.sample - self.last, self._interval
        longer = max(interval, before, 1)
        is_long = longer > longest
        jump = _ALWAYS if is_long else abs(interval - before) * _ALWAYS // longer
        self.jumps += (jump - self.jumps) >> _MEMORY
        self.last, self._interval = beat.sample, interval
        self.n_followed = min(self.n_followed + 1, _KNOWN)
        return beat

    def is_irregular_beside(self, other):
        """Tell whether its intervals jump far more than another lead's."""
        is_known = min(self.n_followed, other.n_followed) == _KNOWN
        return is_known and self.jumps - other.jumps >= _IRREGULAR

    def charge(self, why):
        """Take a beat: what was wrong with it here, or None."""
        self.fault += ((_ALWAYS if why else 0) - self.fault) >> _MEMORY
        for kind, share in self._faults.items():
            self._faults[kind] = share + (
                ((_ALWAYS if kind == why else 0) - share) >> _MEMORY
            )

    def has(self, sample, within):
        """Tell whether a beat is so near to a sample."""
        return bool(self.near(sample, within))

    def near(self, sample, within):
        """Return the beats that are so near to a sample."""
        samples = [beat.sample for beat in self._beats]
        return [each for each in samples if abs(each - sample) <= within]

    def after(self, sample):
        """Return the beats after a sample."""
        return [beat for beat in self._beats if beat.sample > sample]

    def around(self, sample, now):
        """Return the beats before and after a sample; `now` if there is none after."""
        before = [beat.sample for beat in self._beats if beat.sample < sample]
        after = [beat.sample for beat in self._beats if beat.sample >= sample]
        return before[-1] if before else 0, after[0] if after else now

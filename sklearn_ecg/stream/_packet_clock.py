"""Where the samples of packets belong, by the clock of the device that stamps them."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .._parameter_checks import Choice, Number, check
from ..detection import RATE
from ..records import without_mask

JITTER = Number(0, noun="number of seconds")
_STAMPED = Choice(("last", "first"))

_DRIFT = 0.02
"""Share by which the rate of a device may be off its nominal one."""

_MEMORY = 600.0
"""Seconds of signal after which a stamp counts for 1/e of a new one."""

_LATEST = 60.0
"""Seconds before the last stamp from which on a stamp is of a clock set anew."""

_RESTART = 1.0
"""Seconds that are taken for lost where a clock was set anew, and nobody knows."""

_LONGEST_GAP = 366 * 86400.0
_UNITS = {1e3: "milliseconds", 1e6: "microseconds", 1e9: "nanoseconds"}


class Placed(NamedTuple):
    """What `PacketClock.place` says of a packet."""

    n_lost: int
    samples: NDArray


class PacketClock:
    """Put the packets of a device in their places, by its own time stamps.

    The clock of a device runs as fast as its converter samples, or nearly: how many
    samples it takes a second is estimated by least squares from the stamps so far,
    those of the last 10 minutes above all, and may be 2 % off the nominal rate. So the
    length of a gap, also of one of minutes, is right to the sample where stamps are off
    by less than half of one. Errors of single stamps don't add up.

    Parameters
    ----------
    sampling_rate : float
        In Hz, from 100 to 2000: the nominal one.
    stamped : {"last", "first"}, default="last"
        Which sample of a packet its time stamp is of.
    jitter : float, default=0.025
        How far time stamps may be off, in seconds. What is late by less than twice as
        much and half a sample is no gap.

    Attributes
    ----------
    rate : float
        Samples a second by the clock of the device, as estimated so far.
    n_samples : int
        Samples so far, those that were lost counted.
    n_left_out : int
        Packets so far that came twice or late, and were left out.
    restarts : list of int
        At which sample the clock was set anew.

    See Also
    --------
    BeatStream : Takes what comes of it, sample by sample.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ecg.stream import PacketClock
    >>> clock = PacketClock(130)
    >>> for second in (0.5, 1.0, 1.5, 3.0, 3.0):
    ...     n_lost, samples = clock.place(np.zeros(65), second)
    ...     print(n_lost, len(samples))
    0 65
    0 65
    0 65
    130 65
    0 0
    >>> clock.n_samples, clock.n_left_out
    (390, 1)
    """

    def __init__(
        self, sampling_rate: float, *, stamped: str = "last", jitter: float = 0.025
    ) -> None:
        rate = check("PacketClock", "sampling_rate", sampling_rate, RATE)
        check("PacketClock", "stamped", stamped, _STAMPED)
        self._nominal = rate, check("PacketClock", "jitter", jitter, JITTER)
        self._is_of_last = stamped == "last"
        self._clock = SampleClock(*self._nominal)
        self.n_samples = self.n_left_out = 0
        self.restarts: list[int] = []

    @property
    def rate(self) -> float:
        """Samples a second by the clock of the device."""
        return 1 / self._clock.line.period

    def place(
        self, samples: ArrayLike, time: float | datetime | np.datetime64
    ) -> Placed:
        """Say where a packet belongs.

        Parameters
        ----------
        samples : array-like of shape (n_samples,) or (n_samples, n_leads)
            The packet.
        time : float, datetime or datetime64
            Its time stamp: in seconds, or a date.

        Returns
        -------
        n_lost : int
            Samples that are missing before it, as `BeatStream.gap` takes them. Where
            the clock was set anew, nobody knows how many, and one second is told.
        samples : ndarray
            Its samples; none of a packet that came before, or for whose samples a gap
            was told already.

        Raises
        ------
        ValueError
            If `time` is no finite time stamp, not of the kind of those before, or not
            in seconds.
        """
        block = without_mask(samples)
        if not len(block):
            return Placed(0, block)
        stamped = self.n_samples + (len(block) - 1 if self._is_of_last else 0)
        since, late = self._clock.lateness(time, stamped)
        if since is not None and -_LATEST < since <= 0:
            self.n_left_out += 1
            return Placed(0, block[:0])
        if late < -self._clock.tolerance or late > _LONGEST_GAP:
            n_lost = round(_RESTART * self._nominal[0])
            self.restarts.append(self.n_samples + n_lost)
            self._clock = SampleClock(*self._nominal)
            self._clock.samples_lost(time, stamped + n_lost)
        else:
            n_lost = self._clock.samples_lost(time, stamped)
        self.n_samples += n_lost + len(block)
        return Placed(n_lost, block)


class SampleClock:
    """How many samples are missing before one that has a time stamp.

    It is expected where the samples before it end. Twice the jitter and half a sample
    later, it follows a gap; so much earlier, it is late or comes again.
    """

    def __init__(self, sampling_rate: float, jitter: float):
        self._rate = sampling_rate
        self.tolerance = 2 * jitter + 0.5 / sampling_rate
        self.line = StampLine(sampling_rate)
        self._epoch: datetime | None = None  # Of stamps that are dates
        self._last: float | None = None  # The last stamp
        self._number = 0  # Of the sample that it is of
        self._off = (
            0.0  # What it was off at the nominal rate, as far as it was followed
        )
        self._n_stamps = 0

    def lateness(self, time: Any, number: int) -> tuple[float | None, float]:
        """Return seconds since the last stamp, None for none, and from where expected.

        `number` is that of the stamped sample, if nothing is missing before it. Stamps
        are followed by no more than a clock may drift: a line would follow their
        jitter, and foresee stamps that are off by more.
        """
        seconds, _ = self._seconds(time)
        if self._last is None:
            return None, 0.0
        since = seconds - self._last
        expected = (number - self._number) / self._rate
        if self._n_stamps == 1 and expected > 0:
            _refuse_unit(time, since / expected)
        return since, since + self._off - expected

    def samples_lost(self, time: Any, number: int) -> int:
        """Return how many samples are missing before a stamped one; take its stamp."""
        since, late = self.lateness(time, number)
        n_lost = 0
        if since is not None:
            self._refuse_impossible(time, late)
            n_seen = number - self._number
            if late > self.tolerance:
                n_lost = max(self.line.samples_until(since) - n_seen, 0)
            self.line.add(n_seen, n_lost, since)
            most = _DRIFT * max(since, 0.0)
            rest = late - n_lost / self._rate
            self._off = rest - min(max(rest, -most), most)
        self._n_stamps += 1
        self._last, epoch = self._seconds(time)
        self._epoch = self._epoch or epoch
        self._number = number + n_lost
        return n_lost

    def _seconds(self, time):
        """Return a time stamp in seconds, and from when these are counted."""
        is_number = isinstance(time, Real) and not isinstance(time, bool | np.bool_)
        is_date = isinstance(time, datetime | np.datetime64)
        if is_number and np.isfinite(time) and self._epoch is None:
            return float(time), None
        is_first = self._last is None
        if is_date and not pd.isna(time) and (is_first or self._epoch is not None):
            date = pd.Timestamp(time)
            epoch = date if self._epoch is None else self._epoch
            if (date.tzinfo is None) == (epoch.tzinfo is None):
                return (date - epoch) / timedelta(seconds=1), epoch
        raise ValueError(
            f"time={time!r} must be a finite number of seconds or a datetime, of the "
            "same kind and with or without a time zone in every push."
        )

    def _refuse_impossible(self, time, late):
        """Refuse stamps that come too early, or are no clock's."""
        if late < -self.tolerance:
            raise ValueError(
                f"The packet of time={time} begins {-late:.3g} s "
                f"({round(-late * self._rate)} samples) before the end of those pushed "
                "before it: it is late, or was pushed twice. Leave it out."
            )
        if late > _LONGEST_GAP:
            raise ValueError(
                f"time={time} is {late / 86400:.4g} days after the samples before it; "
                "time must be in seconds. Begin another BeatStream after so long a gap."
            )


def _refuse_unit(time, times_too_long):
    """Refuse stamps in another unit than seconds, told by the first interval."""
    for size, unit in _UNITS.items():
        if 1 - _DRIFT < times_too_long / size < 1 + _DRIFT:
            raise ValueError(
                f"time={time} seems to be in {unit}; it must be in seconds."
            )


class StampLine:
    """The line through time stamps over the numbers of samples, by least squares.

    Older stamps count for less, and the nominal rate is what is known before any. Sums
    are from the last stamp, so that they stay small.
    """

    def __init__(self, sampling_rate: float):
        self._nominal = 1 / sampling_rate
        # As if a stamp half a sample off had said the nominal rate, right to the drift.
        self._known = (0.5 / _DRIFT) ** 2
        self._weight = 1.0
        self._n, self._nn, self._t, self._nt = 0.0, 0.0, 0.0, 0.0

    @property
    def period(self) -> float:
        """Seconds from a sample to the next, by the clock of the stamps."""
        spread = self._nn - self._n**2 / self._weight
        joint = self._nt - self._n * self._t / self._weight
        period = (joint + self._known * self._nominal) / (spread + self._known)
        low, high = (1 - _DRIFT) * self._nominal, (1 + _DRIFT) * self._nominal
        return min(max(period, low), high)

    def samples_until(self, seconds: float) -> int:
        """Return how many samples there are from the last stamp to a later one."""
        mean, at = self._t / self._weight, self._n / self._weight
        return round(at + (seconds - mean) / self.period)

    def add(self, n_seen: int, n_lost: int, seconds: float) -> None:
        """Take a stamp: so many samples, seen and lost, and seconds after the last."""
        n = n_seen + n_lost
        self._nt += n * seconds * self._weight - seconds * self._n - n * self._t
        self._nn += n * n * self._weight - 2 * n * self._n
        self._n -= n * self._weight
        self._t -= seconds * self._weight
        # What is lost makes nothing older: no stamp came in between.
        kept = math.exp(-max(n_seen, 0) * self._nominal / _MEMORY)
        self._n, self._nn = kept * self._n, kept * self._nn
        self._t, self._nt = kept * self._t, kept * self._nt
        self._weight = kept * self._weight + 1

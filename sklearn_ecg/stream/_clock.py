"""Time stamps of packets: which samples were lost between them."""

from __future__ import annotations

from datetime import datetime, timedelta
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

_DRIFT = 0.01
"""Share of the time that the clock of the stamps may run faster or slower."""

_LONGEST_GAP = 366 * 86400.0
_UNITS = {1e3: "milliseconds", 1e6: "microseconds", 1e9: "nanoseconds"}


class PacketClock:
    """Where the samples of each packet belong, by its time stamp.

    A packet is expected where the samples before it end. Twice the jitter later, it
    follows a gap; so much earlier, it is late or comes again. The clock of the stamps
    is followed by 1 % of the time, so that its drift is neither.
    """

    def __init__(self, sampling_rate: float, jitter: float):
        self._rate = sampling_rate
        self._tolerance = 2 * jitter + 0.5 / sampling_rate
        self._epoch: datetime | None = None  # Of stamps that are dates
        self._offset: float | None = None  # Of a stamp, from the seconds of samples
        self._last: float | None = None
        self._n_stamps = 0

    def samples_lost(self, time: Any, n_seen: int) -> int:
        """Return how many samples are missing before a packet; take its time stamp."""
        seconds, epoch = self._seconds(time)
        if self._offset is None or self._last is None:
            self._epoch, self._last = epoch, seconds
            self._offset = seconds - n_seen / self._rate
            return 0
        late = seconds - self._offset - n_seen / self._rate
        self._check(time, late, seconds - self._last)
        n_lost = round(late * self._rate) if late > self._tolerance else 0
        most = _DRIFT * max(seconds - self._last, 0.0)
        self._offset += min(max(late - n_lost / self._rate, -most), most)
        self._last = seconds
        self._n_stamps += 1
        return n_lost

    def _seconds(self, time):
        """Return a time stamp in seconds, and from when these are counted."""
        is_number = isinstance(time, Real) and not isinstance(time, bool | np.bool_)
        is_date = isinstance(time, datetime | np.datetime64)
        if is_number and np.isfinite(time) and self._epoch is None:
            return float(time), None
        is_first = self._offset is None
        if is_date and not pd.isna(time) and (is_first or self._epoch is not None):
            date = pd.Timestamp(time)
            epoch = date if self._epoch is None else self._epoch
            if (date.tzinfo is None) == (epoch.tzinfo is None):
                return (date - epoch) / timedelta(seconds=1), epoch
        raise ValueError(
            f"time={time!r} must be a finite number of seconds or a datetime, of the "
            "same kind and with or without a time zone in every push."
        )

    def _check(self, time, late, since):
        """Refuse stamps that are not in seconds, come too early, or are no clock's."""
        if late < -self._tolerance:
            raise ValueError(
                f"The packet of time={time} begins {-late:.3g} s "
                f"({round(-late * self._rate)} samples) before the end of those pushed "
                "before it: it is late, or was pushed twice. Leave it out."
            )
        of_samples = since - late
        if self._n_stamps == 0 and of_samples > 0:
            for size, unit in _UNITS.items():
                if 0.98 < since / (size * of_samples) < 1.02:
                    raise ValueError(
                        f"time={time} seems to be in {unit}; it must be in seconds."
                    )
        if late > _LONGEST_GAP:
            raise ValueError(
                f"time={time} is {late / 86400:.4g} days after the samples before it; "
                "time must be in seconds. Begin another BeatStream after so long a gap."
            )

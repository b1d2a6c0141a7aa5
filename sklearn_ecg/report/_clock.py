"""Times as a reader says them: by the clock, if the file knows when it began."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .._messages import moment

_DAY = 86400


class Clock:
    """Writes seconds since the start of a recording as times.

    Of a recording that spans more than a day, the date is written, too.
    """

    def __init__(self, start_time: datetime | None, duration: float):
        self.start_time = start_time
        self.is_long = duration > _DAY
        self.begin = None
        if start_time is not None:
            self.begin = (start_time - _midnight(start_time)).total_seconds()

    def __call__(self, seconds: float) -> str:
        """Write a time: hours, minutes and seconds."""
        if self.begin is None:
            return moment(seconds)
        shown = self.begin + seconds
        text = moment(shown % _DAY)
        return f"{self.date_of(seconds)} {text}" if self.is_long else text

    def date_of(self, seconds: float) -> str:
        """Write the date of a time, as 1 Dec; nothing where it is not known."""
        if self.start_time is None or self.begin is None:
            return ""
        days = int((self.begin + seconds) // _DAY)
        day = _midnight(self.start_time) + timedelta(days=days)
        return f"{day.day} {day:%b}"

    def whole(self) -> str:
        """Write when the recording began, the time zone as the file gives it."""
        start = self.start_time
        if start is None:
            return "Times count from the start."
        zone = start.tzname() or ""
        text = f"{start:%A}, {start.day} {start:%B %Y}, {start:%H:%M:%S} {zone}".strip()
        return f"Began on {text}" + (", time zone not given." if not zone else ".")

    def facts(self) -> dict[str, Any] | None:
        """Return what a script needs to write times as this does."""
        start = self.start_time
        if start is None:
            return None
        date = [start.year, start.month - 1, start.day]
        return {"begin": self.begin, "date": date, "isLong": self.is_long}


def _midnight(time: datetime) -> datetime:
    return time.replace(hour=0, minute=0, second=0, microsecond=0)

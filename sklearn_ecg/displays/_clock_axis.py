"""An axis of time: since a recording began, or by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

_STEPS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200)
_DAY = 86400
_MOST_TICKS = 9


def label_time(ax, duration: float, start_time: datetime | None) -> None:
    """Give axes whose x is seconds ticks at round times, and say what they are."""
    fitting = [step for step in _STEPS if duration <= _MOST_TICKS * step]
    step = fitting[0] if fitting else _DAY * int(np.ceil(duration / _DAY / _MOST_TICKS))
    before = 0.0  # What the clock shows where the axis begins
    unit = "hours:minutes" if step % 60 == 0 else "hours:minutes:seconds"
    name = f"Time since the recording began ({unit})"
    midnight = None
    if start_time is not None:
        name = f"Clock time, from {start_time.day} {start_time:%B %Y}"
        midnight = start_time.replace(hour=0, minute=0, second=0, microsecond=0)
        before = (start_time - midnight).total_seconds()
    first = np.ceil(before / step) * step
    places = np.arange(first, before + duration + 1e-9, step)
    texts = [_text(place, step, midnight) for place in places.tolist()]
    ax.set_xticks(places - before, texts)
    ax.set_xlim(0, max(duration, 1e-9))
    ax.set_xlabel(name)


def _text(seconds, step, midnight):
    if midnight is not None and step % _DAY == 0:
        day = midnight + timedelta(seconds=seconds)
        return f"{day.day} {day:%b}"
    whole = round(seconds if midnight is None else seconds % _DAY)
    text = f"{whole // 3600}:{whole % 3600 // 60:02d}"
    return text if step % 60 == 0 else f"{text}:{whole % 60:02d}"

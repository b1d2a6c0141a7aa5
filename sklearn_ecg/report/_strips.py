"""Strips of ECG around beats, at the speed of paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..records import Recording
from ._packing import folded, packed
from ._thinning import thinned

_SECONDS = 10.0
_RATE = 125.0
"""Samples a second of what is shown, about."""

_UNITS = 200
"""Steps of a millivolt: strips hold whole numbers."""

MISSING = -32768
"""What stands where a sample is missing."""

_EDGE = 0.5
"""Seconds at either end of a strip in which a beat is not seen whole."""


def strip_around(
    recording: Recording, leads: Sequence[str], time: float
) -> dict[str, Any]:
    """Cut a strip of ten seconds with a moment in its middle."""
    start = min(max(time - _SECONDS / 2, 0.0), _latest(recording))
    stop = min(start + _SECONDS, recording.duration)
    signals = [_signal(recording, lead, start, stop) for lead in leads]
    return {"start": round(start, 3), "stop": round(stop, 3), "signals": signals}


def strips_of(
    recording: Recording, leads: Sequence[str], beats: Iterable[tuple[int, float]]
) -> list[dict[str, Any]]:
    """Cut a strip around each beat that no strip before shows whole.

    `beats` are pairs of a sample and a time.
    """
    strips: list[dict[str, Any]] = []
    for sample, time in beats:
        if not any(shows(strip, time, recording) for strip in strips):
            strip = strip_around(recording, leads, time)
            strips.append({**strip, "odd": int(sample)})
    return strips


def shows(strip: dict[str, Any], time: float, recording: Recording) -> bool:
    """Tell whether a strip shows the beat at a moment whole."""
    first = strip["start"] + _EDGE * (strip["start"] > 0)
    last = strip["stop"] - _EDGE * (strip["start"] < round(_latest(recording), 3))
    return first <= time <= last


def _latest(recording):
    return max(recording.duration - _SECONDS, 0.0)


def _signal(recording, lead, start, stop):
    """Return a stretch of a lead around its middle, in whole steps."""
    values, rate = thinned(recording, lead, start, stop, _RATE)
    values = values - np.nanmedian(values) if np.isfinite(values).any() else values
    units = np.where(np.isfinite(values), np.rint(values * _UNITS), MISSING)
    return {"rate": rate, "values": units.astype(np.int64)}


def samples_of(strips: Iterable[dict[str, Any]]) -> str:
    """Return the samples of all leads of all strips, one after the other, packed."""
    values = [each["values"] for strip in strips for each in strip["signals"]]
    together = np.concatenate([np.zeros(0, dtype=np.int64), *values])
    return packed(folded(np.diff(together, prepend=0)))


def without_samples(strip: dict[str, Any]) -> dict[str, Any]:
    """Return a strip that says of each lead how many samples it has."""
    signals = [{"rate": s["rate"], "n": len(s["values"])} for s in strip["signals"]]
    return {**strip, "signals": signals}

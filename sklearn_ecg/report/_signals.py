"""The signals that a page shows: strips around beats, and typical beats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..records._recording import Recording

_SECONDS = 10.0
_RATE = 125.0
"""Samples a second of what is shown, about."""

_UNITS = 200
"""Steps of a millivolt: strips hold whole numbers."""

_EDGE = 0.5
"""Seconds at either end of a strip in which a beat is not seen whole."""

_AROUND = (0.3, 0.5)
_MOST_BEATS = 60


def strips_of(
    recording: Recording, lead: str, beats: pd.DataFrame, odd: pd.DataFrame
) -> list[dict[str, Any]]:
    """Cut a strip around each odd beat that no strip before shows, with all labels."""
    strips: list[dict[str, Any]] = []
    seen: list[tuple[float, float]] = []
    probabilities = [name for name in beats.columns if name.startswith("p_")]
    latest = max(recording.duration - _SECONDS, 0.0)
    for beat in odd.itertuples():
        if any(start <= beat.time <= stop for start, stop in seen):
            continue
        start = min(max(beat.time - _SECONDS / 2, 0.0), latest)
        stop = min(start + _SECONDS, recording.duration)
        seen.append((start + _EDGE * (start > 0), stop - _EDGE * (start < latest)))
        signal, rate = _thinned(recording, lead, start, stop)
        inside = beats[(beats["time"] >= start) & (beats["time"] < stop)]
        certainty = inside[probabilities].max(axis=1) if probabilities else None
        strips.append(
            {
                "start": round(start, 3),
                "rate": rate,
                "signal": signal,
                "odd": int(beat.sample),
                "beats": [
                    [int(sample), round(float(time), 3), str(label), _share(share)]
                    for sample, time, label, share in zip(
                        inside["sample"],
                        inside["time"],
                        inside["label"],
                        np.ones(len(inside)) if certainty is None else certainty,
                        strict=True,
                    )
                ],
            }
        )
    return strips


def typical_beats(
    recording: Recording, lead: str, beats: pd.DataFrame, labels: list[str]
) -> dict[str, np.ndarray]:
    """Return the median beat of each label, of at most sixty in even steps."""
    before, after = _AROUND
    typical = {}
    for label in labels:
        times = beats.loc[beats["label"] == label, "time"].to_numpy(dtype=float)
        inside = (times >= before) & (times <= recording.duration - after)
        times = times[inside]
        chosen = times[
            np.linspace(0, len(times) - 1, min(len(times), _MOST_BEATS), dtype=int)
        ]
        cut = [
            np.asarray(recording.read(lead, time - before, time + after))
            for time in chosen
        ]
        length = min(map(len, cut), default=0)
        whole = [one[:length] for one in cut if np.isfinite(one[:length]).all()]
        if whole and length:
            centered = np.array(whole) - np.median(whole, axis=1, keepdims=True)
            typical[label] = np.median(centered, axis=0)
    return typical


def _thinned(recording, lead, start, stop):
    """Return a stretch of the lead with fewer samples, and their rate."""
    signal = np.asarray(recording.read(lead, start, stop))
    rate = len(signal) / (stop - start)
    step = max(1, int(rate // _RATE))
    whole = signal[: len(signal) // step * step].reshape(-1, step).mean(axis=1)
    whole = whole - np.nanmedian(whole) if np.isfinite(whole).any() else whole
    units = np.rint(whole * _UNITS)
    return [int(u) if np.isfinite(u) else None for u in units], rate / step


def _share(value):
    return None if not np.isfinite(value) else round(float(value), 3)

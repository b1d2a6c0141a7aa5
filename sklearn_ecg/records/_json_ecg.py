"""JSON of watches, chest straps and pocket ECGs.

Kardia: https://developers.kardia.com. Fitbit:
https://dev.fitbit.com/build/reference/web-api/electrocardiogram. Google Health:
``Electrocardiogram`` of its API, version 4. Withings: ``heart v2 get`` of
https://developer.withings.com/api-reference. Movesense: the log of its app Showcase.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from .._messages import warn
from ._decoded import (
    COUNTS,
    Decoded,
    Piece,
    damage_named,
    standard_name,
)

_KARDIA_LEADS = {"leadI": "I", "leadII": "II", "leadIII": "III"}
_MOVESENSE_MICROVOLTS = 1e6 / 20 / (1 << 17)
"""Of one step of its converter, as the maker says."""

_MOVESENSE_RATES = np.array([125, 128, 200, 250, 256, 500, 512.0])
_NEAR = 0.01
"""Share by which a rate found by times may differ from the nominal one."""


class JsonFile(Decoded):
    """An ECG in JSON, in any of the layouts that are known."""

    def __init__(self, path: str):
        with damage_named(path, "JSON file of an ECG"):
            document = json.loads(Path(path).read_bytes())
            for read in _READERS:
                found = read(path, document)
                if found is not None:
                    pieces, start = found
                    super().__init__(path, pieces, start)
                    return
            raise ValueError(
                "it has the layout of none that is known: Kardia, Fitbit, Google "
                "Health, Withings, Movesense"
            )


def _kardia(path, document):
    """Read a recording of the Kardia API, unfiltered."""
    data = _of(document, "data")
    if isinstance(document, dict) and "data12L" in document:
        raise ValueError("12-lead recordings of Kardia do not say their unit")
    raw = _of(data, "raw")
    if raw is None:
        return None
    rate = _number(raw, "frequency")
    step = _number(raw, "amplitudeResolution") if "amplitudeResolution" in raw else None
    samples = _of(raw, "samples")
    if not isinstance(samples, dict):
        raise ValueError("its data.raw.samples are missing")
    pieces = []
    for key, values in samples.items():
        name = standard_name(_KARDIA_LEADS.get(key, key))
        signal = _samples(values, name)
        unit = COUNTS if step is None else "nV"
        pieces.append(Piece(name, rate, unit, signal * (step or 1.0)))
    return pieces, _time(document.get("recordedAt"))


def _fitbit(path, document):
    """Read a reading of Fitbit or of Google Health: lead I."""
    readings = [one for one in _readings(document) if "waveformSamples" in one]
    if not readings:
        return None
    if len(readings) > 1:
        warn(
            f"{path} holds {len(readings)} readings: the first is read. Write the "
            "others to files of their own."
        )
    reading = readings[0]
    is_google = "samplingFrequencyHertz" in reading
    key = "samplingFrequencyHertz" if is_google else "samplingFrequencyHz"
    rate = _number(reading, key)
    per_millivolt = _number(
        reading, "millivoltsScalingFactor" if is_google else "scalingFactor"
    )
    if per_millivolt < 1:
        raise ValueError(f"it says that {per_millivolt:g} steps are 1 mV")
    signal = _samples(reading["waveformSamples"], "I") / per_millivolt
    interval = reading.get("interval")
    start = _time(reading.get("startTime") or _of(interval, "startTime"))
    offset = str(_of(interval, "startUtcOffset") or "").removesuffix("s")
    if start and start.tzinfo and offset:
        start = start.astimezone(timezone(timedelta(seconds=float(offset))))
    return [Piece("I", rate, "mV", signal)], start


def _withings(path, document):
    """Read a signal of the Withings API, which is in microvolts."""
    body = _of(document, "body") or document
    if _of(body, "sampling_frequency") is None or _of(body, "signal") is None:
        return None
    signal = _samples(body["signal"], "ECG")
    return [Piece("ECG", _number(body, "sampling_frequency"), "uV", signal)], None


def _movesense(path, document):
    """Read the packets of a Movesense log, NaN where some were lost."""
    data = _of(document, "data")
    if not isinstance(data, list):
        return None
    packets = [_of(one, "ecg") or _of(one, "ECG") for one in data]
    packets = [one for one in packets if one is not None]
    if not packets:
        return None
    signals = [_samples(one["Samples"], "ECG") for one in packets]
    times = np.array([_number(one, "Timestamp") for one in packets]) / 1000
    sizes = np.array([len(signal) for signal in signals])
    rate = _packet_rate(times, sizes)
    steps, lasting = np.diff(times), sizes[:-1] / rate
    if (steps < 0).any():
        raise ValueError("its packets are not in the order of time")
    is_gap = steps > 1.5 * lasting
    first = np.flatnonzero(np.concatenate([[True], is_gap]))
    is_whole = all((signal == np.rint(signal)).all() for signal in signals)
    unit, gain = ("uV", _MOVESENSE_MICROVOLTS) if is_whole else (COUNTS, 1.0)
    pieces, end = [], 0.0
    for begin, stop in zip(first, [*first[1:], len(signals)], strict=True):
        lost = steps[begin - 1] - lasting[begin - 1] if begin else 0.0
        start = end + round(lost * rate) / rate
        samples = np.concatenate(signals[begin:stop]) * gain
        pieces.append(Piece("ECG", rate, unit, samples, start))
        end = start + len(samples) / rate
    return pieces, None


_READERS: tuple[Callable, ...] = (_kardia, _fitbit, _withings, _movesense)


def _packet_rate(times, sizes):
    """Return the rate of packets of which some are lost, their times rounded."""
    steps, sizes = np.diff(times), sizes[:-1]
    if not len(steps):
        raise ValueError("it holds one packet, which does not say its rate")
    usual = np.median(steps)
    is_usual = np.abs(steps - usual) <= 0.2 * usual
    if not usual > 0:
        raise ValueError("the times of its packets do not rise")
    rate = sizes[is_usual].sum() / steps[is_usual].sum()
    nominal = _MOVESENSE_RATES[np.abs(_MOVESENSE_RATES / rate - 1).argmin()]
    return float(nominal) if abs(nominal / rate - 1) <= _NEAR else float(rate)


def _readings(document):
    """Return the readings of one document: itself, or those that it lists."""
    for key in ("ecgReadings", "dataPoints"):
        listed = _of(document, key)
        if isinstance(listed, list):
            document = listed
    listed = document if isinstance(document, list) else [document]
    readings = [_of(one, "electrocardiogram") or one for one in listed]
    return [one for one in readings if isinstance(one, dict)]


def _of(document, key):
    return document.get(key) if isinstance(document, dict) else None


def _number(document, key):
    """Return a number that JSON may hold as a text."""
    try:
        number = float(document[key])
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"its {key} is no number") from None
    if not 0 <= number < 1e15:
        raise ValueError(f"its {key} is {number:g}")
    return number


def _samples(values, name):
    """Return samples, NaN where JSON has null."""
    if not isinstance(values, list) or not values:
        raise ValueError(f"the samples of lead {name} are missing")
    try:
        samples = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        samples = np.empty((0, 0))
    if samples.ndim != 1 or np.isinf(samples).any():
        raise ValueError(f"the samples of lead {name} are no numbers")
    return samples


def _time(text):
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None

"""What the self-test of an export is given, and what it must give."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ...rhythm import KINDS
from .._device_chain import UNCLASSIFIED, DeviceChain
from .._names import names_table, with_odd_names
from ..twin._chain import ChainStream

UNCLASSIFIED_CODE = 255
"""What stands in C for the label of a beat whose samples are forgotten."""


def selftest_of(quantized, optimize="speed", takes_names=False):
    """Return the tables of a self-test, by their names."""
    if isinstance(quantized, DeviceChain):
        return _of_chain(quantized, optimize if takes_names else None)
    windows, intervals = _beats(*quantized.origin.examples)
    logits = quantized.device_logits(windows, intervals)
    windows = windows.reshape(len(windows), -1)
    return {"windows": windows, "intervals": intervals, "logits": logits}


def event_rows(events, classes):
    """Return events as rows of integers, with the codes of their labels."""
    codes = {label: code for code, label in enumerate(classes)}
    codes[UNCLASSIFIED] = UNCLASSIFIED_CODE
    columns = events.assign(label=events["label"].map(codes))
    return columns.to_numpy(dtype=np.int64).reshape(-1, 5)


def episode_rows(told):
    """Return what a chain told of the rhythm as rows of integers."""
    codes = {kind: code for code, kind in enumerate(KINDS)}
    columns = told.assign(event=told["event"] == "end", kind=told["kind"].map(codes))
    return columns.to_numpy(dtype=np.int64).reshape(-1, 7)


def episodes_table(rows):
    """Return what a chain told of the rhythm from rows of integers."""
    columns = ["beat", "event", "kind", "first", "last", "n_beats", "certainty"]
    told = pd.DataFrame(rows, columns=columns)
    kinds = np.array(list(KINDS), dtype=object)
    events = np.array(["begin", "end"], dtype=object)
    return told.assign(event=events[told["event"]], kind=kinds[told["kind"]])


def _of_chain(chain, optimize_named):
    """Play the strip; once more with names that come in the middle, if they may."""
    n_leads = chain.inputs.n_leads
    samples, r_peaks = strip(chain.inputs.sampling_rate, chain.adc_gain, n_leads)
    events = chain.run(samples, r_peaks=None if chain.inputs.detects else r_peaks)
    tables = {"samples": samples, "r_peaks": r_peaks}
    tables |= _told(chain, events, len(samples))
    if optimize_named is None:
        return tables
    named = with_odd_names(chain)
    half = samples[: len(samples) // 2]
    told = ChainStream(chain.inputs).push(half, np.zeros(half.shape, dtype=bool))
    n_told = len(told.samples)
    events = pd.concat([events[:n_told], named.run(samples)[n_told:]])
    told = _told(chain, events, len(samples))
    table = names_table(chain, named, optimize_named)
    tables["names"] = np.frombuffer(table, dtype=np.uint8)
    return tables | {f"named_{key}": rows for key, rows in told.items()}


def _told(chain, events, n_samples):
    """Return the tables of beats, and of the rhythm, that a strip must give."""
    tables = {"events": event_rows(events, chain.classes_)}
    if chain.has_rhythm:
        tables["episodes"] = episode_rows(chain.episodes(events, n_samples))
    return tables


def _beats(windows, intervals):
    """Beats of the calibration data, one for each class, and ones at the limits."""
    low, high = np.iinfo(np.int16).min, np.iinfo(np.int16).max
    flat, step, spikes = (np.full(windows.shape[1:], low, np.int16) for _ in range(3))
    step[..., step.shape[-1] // 2 :] = high
    spikes[..., ::2] = high
    limits = np.full((3, intervals.shape[1]), np.iinfo(np.uint16).max, np.uint16)
    limits[1] = 0
    limits[2] = 1
    return (
        np.concatenate([windows, [flat, step, spikes]]),
        np.concatenate([intervals, limits]),
    )


_HIDDEN = 6
"""Number of a beat that only the second of two leads shows."""


def strip(sampling_rate, adc_gain, n_leads=1):
    """Make ten seconds of a signal with early, wide and ordinary beats, and a pause.

    Of two leads, only the second shows all beats.
    """
    seconds = np.arange(math.floor(10 * sampling_rate)) / sampling_rate
    millivolts = 0.1 * np.sin(2 * np.pi * 0.2 * seconds)
    at, early, late, r_peaks, hidden = 0.5, (4, 8), 2, [], 0.0
    for beat in range(14):
        is_wide = beat == early[1]
        at += 0.45 if beat in early else 0.8 if beat - 1 not in early else 1.1
        at += 1.6 if beat == late else 0
        r_peaks.append(round(at * sampling_rate))
        height, width = (1.6, 0.05) if is_wide else (1.0, 0.018)
        qrs = height * np.exp(-(((seconds - at) / width) ** 2))
        qrs -= 0.25 * np.exp(-(((seconds - at - 2 * width) / width) ** 2))
        millivolts += qrs
        hidden = qrs if beat == _HIDDEN else hidden
        millivolts += 0.2 * np.exp(-(((seconds - at - 0.28) / 0.07) ** 2))
        if not is_wide:
            millivolts += 0.12 * np.exp(-(((seconds - at + 0.16) / 0.03) ** 2))
    if n_leads == 2:
        millivolts = np.column_stack([millivolts - hidden, -0.7 * millivolts])
    counts = np.clip(np.rint(millivolts * adc_gain), -32768, 32767).astype(np.int16)
    r_peaks = np.array(r_peaks)
    return counts, r_peaks[r_peaks < len(counts)]

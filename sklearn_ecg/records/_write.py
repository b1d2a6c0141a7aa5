"""Annotations written for other tools: WFDB annotation files, EDF+."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import edfio
import numpy as np
import wfdb

from .._files import written_whole
from ._leads import LARGEST
from ._recording import Recording

_EMPTY = b"\x00\x00"
"""A WFDB annotation file of no annotation: the mark of its end."""

_NO_SIGNAL = "no signal"


def check_annotator(annotator: str) -> None:
    """Refuse an extension of annotation files that wfdb does not read."""
    if not isinstance(annotator, str) or not re.fullmatch("[A-Za-z]+", annotator):
        raise ValueError(
            f"annotator={annotator!r} must be made of letters only, as 'ext' is: wfdb "
            "reads no other."
        )


def write_wfdb_annotations(
    path: Path, samples: np.ndarray, symbols: Sequence[str], sampling_rate: float
) -> None:
    """Write an annotation file that wfdb and the WFDB applications read."""
    annotator = path.suffix[1:]
    with written_whole(path) as temporary:
        if len(samples) == 0:
            temporary.write_bytes(_EMPTY)
            return
        # wfdb takes no name of a record but its own kind.
        wfdb.wrann(
            "record",
            annotator,
            np.asarray(samples, dtype=np.int64),
            list(symbols),
            fs=sampling_rate,
            write_dir=str(temporary.parent),
        )
        (temporary.parent / f"record.{annotator}").rename(temporary)


def write_edf(
    path: Path, recording: Recording, times: np.ndarray, texts: Sequence[str]
) -> None:
    """Write the leads of a recording, and annotations, as one EDF+ file."""
    seconds = _seconds_of_record(recording)
    annotations = [
        edfio.EdfAnnotation(float(time), None, str(text))
        for time, text in zip(times.tolist(), texts, strict=True)
    ]
    signals = []
    for name in recording.leads:
        signal, gaps = _whole_signal(recording, name, seconds)
        annotations += gaps
        rate = recording.sampling_rates[name]
        unit = recording.units[name]
        signals.append(
            edfio.EdfSignal(
                signal,
                rate,
                label=_ascii(name, 16),
                physical_dimension=_ascii(unit, 8),
                physical_range=_range_of(signal),
            )
        )
    start = recording.start_time
    edf = edfio.Edf(
        signals,
        recording=None if start is None else edfio.Recording(startdate=start.date()),
        starttime=None if start is None else start.time(),
        data_record_duration=seconds,
        annotations=sorted(annotations),
    )
    with written_whole(path) as temporary:
        edf.write(temporary)


def _seconds_of_record(recording):
    """Return the length of a data record that holds whole samples of each lead."""
    rates = recording.sampling_rates.values()
    for seconds in range(1, 61):
        if all(
            abs(rate * seconds - round(rate * seconds)) < 1e-9 * seconds
            for rate in rates
        ):
            return seconds
    raise ValueError(
        f"Record {str(recording)!r} has leads at "
        f"{', '.join(f'{rate:g}' for rate in rates)} Hz; no data record of an EDF file "
        "up to 60 s holds whole samples of them. Write WFDB or CSV instead."
    )


def _whole_signal(recording, name, seconds):
    """Return a lead up to whole data records, and annotations of what is missing."""
    signal = recording.read(name)
    rate = recording.sampling_rates[name]
    missing = ~((signal > -LARGEST) & (signal < LARGEST))
    gaps = []
    if missing.any():
        edges = np.flatnonzero(np.diff(np.concatenate([[0], missing, [0]])))
        for start, stop in edges.reshape(-1, 2):
            text = f"{_NO_SIGNAL} {_ascii(name, 16)}"
            gaps.append(edfio.EdfAnnotation(start / rate, (stop - start) / rate, text))
        kept = np.where(missing, -1, np.arange(len(signal)))
        np.maximum.accumulate(kept, out=kept)
        signal = np.where(kept < 0, 0.0, signal[kept])
    length = round(seconds * rate)
    rest = -len(signal) % length
    return np.pad(signal, (0, rest), mode="edge"), gaps


def _range_of(signal):
    """Return limits that hold the signal, and that eight characters can say."""
    lowest, highest = float(signal.min()), float(signal.max())
    middle, half = (lowest + highest) / 2, max((highest - lowest) / 2, 1e-3)
    step = Fraction(1, 1000) if max(abs(lowest), abs(highest)) < 100 else Fraction(1)
    low = float((middle - half) // step * step)
    high = float(-(-(middle + half) // step) * step)
    return low, high


def _ascii(text, length):
    return text.replace("µ", "u").encode("ascii", "replace").decode()[:length]

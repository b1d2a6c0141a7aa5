"""Annotations written for other tools: WFDB annotation files, EDF+."""

from __future__ import annotations

import math
import re
from pathlib import Path

import edfio
import numpy as np
import pandas as pd
from wfdb.io.annotation import ann_labels

from .._files import check_size, written_whole
from .._messages import listed, warn
from ._annotations import WFDB_SYMBOLS
from ._invalid import LARGEST
from ._recording import Recording

_SKIP, _NOTE, _SUBTYPE, _AUX = 59, 22, 61, 63
"""Codes of WFDB for a long interval, a note, a subtype, and a text."""

_FARTHEST, _FARTHEST_SKIP = 1023, 2**31 - 1
"""Samples from one annotation to the next, without and with a long interval."""

_NO_SIGNAL = "no signal"

_FINE = 65.535
"""Millivolts that 16 bits hold in steps of a microvolt."""

_COARSE = 5 * _FINE
_SHARES = (0.0, 0.01, 0.05, 0.1, 0.25)
"""Shares of the samples at either end that may be artefacts, tried in this order."""

_MOST = 9_999_999
"""The largest limit of a lead that EDF can say, with a sign, in eight characters."""


def check_annotator(annotator: str) -> None:
    """Refuse an extension of annotation files that wfdb does not read."""
    if not isinstance(annotator, str) or not re.fullmatch("[A-Za-z]+", annotator):
        raise ValueError(
            f"annotator={annotator!r} must be made of letters only, as 'ext' is: wfdb "
            "reads no other."
        )


def write_wfdb_annotations(
    path: Path, annotations: pd.DataFrame, sampling_rate: float
) -> None:
    """Write an annotation file that wfdb and the WFDB applications read.

    `annotations` has ``sample``, ``symbol``, ``subtype`` and ``note``, in time order.
    """
    end = b"\0\0"
    content = _rate_in_wfdb(sampling_rate) if len(annotations) else b""
    # wfdb.wrann does not tell that a disk is full, and takes long for a day of beats.
    with written_whole(path) as temporary:
        temporary.write_bytes(content + _in_wfdb(annotations) + end)


def _rate_in_wfdb(sampling_rate):
    """Return the note that tells a rate, and the mark that beats follow."""
    is_whole = round(sampling_rate, 8) == int(sampling_rate)
    rate = int(sampling_rate) if is_whole else float(sampling_rate)
    note = bytes([0, _NOTE << 2]) + _more_in_wfdb(0, f"## time resolution: {rate}")
    return note + bytes([0, _SKIP << 2, 255, 255, 255, 255, 1, 0])


def _in_wfdb(annotations):
    """Return annotations in the format of WFDB, with what some of them say more."""
    words, ends = _words_in_wfdb(annotations["sample"], annotations["symbol"].tolist())
    subtypes, notes = annotations["subtype"].to_numpy(), annotations["note"].to_numpy()
    content, done = [], 0
    for place in np.flatnonzero((subtypes != 0) | (notes != "")):
        end = 2 * int(ends[place])
        content += [words[done:end], _more_in_wfdb(int(subtypes[place]), notes[place])]
        done = end
    return b"".join([*content, words[done:]])


def _more_in_wfdb(subtype, note):
    """Return what follows an annotation that has a subtype or a text."""
    more = bytes([subtype % 256, _SUBTYPE << 2]) if subtype else b""
    if note:
        text = note.encode("latin-1")
        more += bytes([len(text), _AUX << 2]) + text + bytes(len(text) % 2)
    return more


def _words_in_wfdb(samples, symbols):
    """Return words of a code and an interval, and how many there are at each end."""
    codes = {label.symbol: label.label_store for label in ann_labels}
    unknown = sorted(set(symbols) - set(codes))
    if unknown:
        raise ValueError(
            f"{listed(unknown)} are no symbols of WFDB; allowed are "
            f"{' '.join(WFDB_SYMBOLS)}."
        )
    steps = np.diff(np.asarray(samples, dtype=np.int64), prepend=0)
    if (steps > _FARTHEST_SKIP).any():
        raise ValueError(
            f"Annotations are {steps.max()} samples apart; a WFDB file holds "
            f"{_FARTHEST_SKIP} at most. Write CSV instead."
        )
    is_far = steps > _FARTHEST
    words = np.empty((len(steps), 4), dtype="<u2")
    words[:, 0] = _SKIP << 10
    words[:, 1], words[:, 2] = steps >> 16, steps & 0xFFFF
    words[:, 3] = [codes[symbol] << 10 for symbol in symbols]
    words[:, 3] += np.where(is_far, 0, steps).astype(np.uint16)
    is_written = np.ones_like(words, dtype=bool)
    is_written[:, :3] = is_far[:, np.newaxis]
    return words[is_written].tobytes(), np.cumsum(is_written.sum(axis=1))


def write_edf(path: Path, recording: Recording, texts: pd.DataFrame) -> None:
    """Write the leads of a recording, and annotations, as one EDF+ file.

    `texts` has ``time`` and ``duration`` in seconds, NaN where there is none, and
    ``text``.
    """
    seconds = _seconds_of_record(recording)
    annotations = [
        edfio.EdfAnnotation(time, None if math.isnan(duration) else duration, text)
        for time, duration, text in zip(
            *(texts[name].tolist() for name in ("time", "duration", "text")),
            strict=True,
        )
    ]
    signals = []
    for name in recording.leads:
        signal, gaps = _whole_signal(recording, name, seconds)
        annotations += gaps
        unit = recording.units[name]
        where = f"lead {name!r} of {str(recording)!r}"
        low, high = _kept_range(signal, unit)
        limits = _limits_around(low, high, unit, where)
        signals.append(
            edfio.EdfSignal(
                _clipped(signal, low, high, where),
                recording.sampling_rates[name],
                # The one name that a lead must not have.
                label=_ascii(name, 16).replace("EDF Annot", "EDF annot"),
                physical_dimension=_ascii(unit, 8),
                physical_range=limits,
            )
        )
    date, time = _start_in_edf(recording)
    edf = edfio.Edf(
        signals,
        recording=None if date is None else edfio.Recording(startdate=date),
        starttime=time,
        data_record_duration=seconds,
        annotations=sorted(annotations),
    )
    with written_whole(path) as temporary:
        edf.write(temporary)
        check_size(temporary, _size_of(edf))


def _size_of(edf):
    """Return the bytes of a file, which edfio does not tell to be written in part."""
    in_record = sum(signal.samples_per_data_record for signal in edf._signals)
    return edf.bytes_in_header_record + 2 * in_record * edf.num_data_records


def _start_in_edf(recording):
    """Return the date and the time of day at which a recording began, or None."""
    start = recording.start_time
    if start is None:
        return None, None
    if 1985 <= start.year <= 2084:
        return start.date(), start.time()
    warn(
        f"{recording} began on {start:%Y-%m-%d}; EDF knows the years 1985 to 2084, so "
        "the date is left out."
    )
    return None, start.time()


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


def _kept_range(signal, unit):
    """Return the range of a lead that is stored: of a voltage, without artefacts."""
    lowest, highest = float(signal.min()), float(signal.max())
    if unit != "mV" or highest - lowest <= _FINE:
        return lowest, highest
    # An offset of electrodes that comes and goes, up to 300 mV, is no artefact.
    inner, outer = (
        float(np.subtract(*np.quantile(signal, (1 - share, share))))
        for share in (0.25, 0.1)
    )
    widest = max(_COARSE, min(200 * inner, 50 * outer))
    for share in _SHARES:
        low, high = map(float, np.quantile(signal, (share, 1 - share)))
        if high - low <= widest:
            break
    room = max(_FINE - (high - low), 2 * (high - low)) / 2
    return max(lowest, low - room), min(highest, high + room)


def _clipped(signal, low, high, where):
    """Return a signal within limits, and say how much of it lay outside."""
    low, high = max(low, -_MOST), min(high, _MOST)
    n_outside = int(((signal < low) | (signal > high)).sum())
    if n_outside:
        warn(
            f"{n_outside} of {len(signal)} samples of {where} are clipped to "
            f"{low:.6g} to {high:.6g}: EDF stores 16 bits, and with the artefacts "
            f"(up to {np.abs(signal).max():.3g}) its steps would be too coarse."
        )
    return np.clip(signal, low, high)


def _limits_around(low, high, unit, where):
    """Return limits that hold a range, and that eight characters can say."""
    if low > _MOST or high < -_MOST:
        raise ValueError(
            f"{where[0].upper()}{where[1:]} lies between {low:.6g} and {high:.6g}; EDF "
            f"knows limits up to {_MOST}. Write WFDB or CSV instead, or give the "
            "signal in mV."
        )
    if unit == "mV" and high - low > _COARSE:
        warn(
            f"{where[0].upper()}{where[1:]} spans {high - low:.3g} mV; EDF stores 16 "
            f"bits, so in steps of {(high - low) / 65535:.2g} mV."
        )
    n_whole = len(str(math.ceil(max(abs(low), abs(high)))))
    steps = 10 ** min(4, max(0, 6 - n_whole))
    low, high = math.floor(low * steps), math.ceil(high * steps)
    if low == high:
        low, high = low - 1, high + 1
    return max(low / steps, -_MOST), min(high / steps, _MOST)


def _ascii(text, length):
    """Return a text as a header of EDF takes it: printable, and no longer."""
    plain = text.replace("µ", "u").encode("ascii", "replace").decode()[:length]
    return "".join(character if character.isprintable() else "?" for character in plain)

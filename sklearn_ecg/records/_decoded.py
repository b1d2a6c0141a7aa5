"""What readers of short files share: all leads are decoded when a file is opened."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from .._messages import listed, warn
from ._memory import Arrays
from ._names import is_voltage, numbered, to_millivolts

LIMB_LEADS = ("I", "II", "III", "aVR", "aVL", "aVF")
STANDARD_LEADS = (*LIMB_LEADS, *(f"V{i}" for i in range(1, 7)))
NUMBERED_LEADS = dict(enumerate(("I", "II", *(f"V{i}" for i in range(1, 8))), 1))
NUMBERED_LEADS |= dict(enumerate((f"V{i}R" for i in range(2, 8)), 10))
NUMBERED_LEADS |= dict(enumerate(("X", "Y", "Z", "CC5", "CM5"), 16))
NUMBERED_LEADS |= dict(enumerate(("III", "aVR", "aVL", "aVF", "-aVR"), 61))
NUMBERED_LEADS |= dict(enumerate(("V8", "V9", "V8R", "V9R", "D", "A", "J"), 66))
"""Leads by their numbers in SCP-ECG, which MFER shares."""

COUNTS = "counts"
"""The unit of leads whose file gives them none."""

_SPELLED = {lead.upper(): lead for lead in STANDARD_LEADS}

_LONGEST_GAP = 3600.0, 10.0
"""Seconds, and times the signal, beyond which the time of a piece must be wrong."""

_MOST_MISSING = 10_000_000
"""Samples beyond which a gap must be wrong, whatever the rate: more than an hour."""

_SAME = 1e-4
"""Share by which the rates of two pieces of a lead may differ."""

_FASTEST = 1e6
"""Hz beyond which a rate must be wrong."""


class Piece(NamedTuple):
    """Samples of a lead that follow one another."""

    lead: str
    rate: float  # In Hz
    unit: str
    samples: np.ndarray  # In that unit, NaN where one is missing
    start: float = 0.0  # In seconds


class Decoded(Arrays):
    """Leads that were decoded from a file, each joined from its pieces."""

    def __init__(
        self, path: str, pieces: Sequence[Piece], start_time: datetime | None = None
    ):
        self.path = path
        if not pieces:
            raise ValueError(f"{path} holds no lead of an ECG.")
        without = [piece.lead for piece in pieces if piece.unit == COUNTS]
        if without:
            warn(
                f"{path} does not say the unit of its leads {listed(without)}: they "
                "are left in counts of the converter."
            )
        origin = min(piece.start for piece in pieces)
        leads: dict[str, list[Piece]] = {}
        for piece in pieces:
            leads.setdefault(piece.lead, []).append(piece)
        super().__init__(
            [_joined(path, they, origin) for they in leads.values()],
            list(leads),
            [they[0].rate for they in leads.values()],
            [_unit(they[0].unit) for they in leads.values()],
            start_time,
        )

    def annotations(self, annotator, sampling_rate) -> pd.DataFrame:
        """Say that there are none; see `Source`."""
        raise FileNotFoundError(
            f"{self.path} holds no annotations that are read: hand over the R peaks "
            "and symbols yourself."
        )


@contextmanager
def damage_named(path: str, what: str):
    """Name the file in whatever error its damage ends in."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        if path in str(error):
            raise
        reason = str(error) if isinstance(error, ValueError) else repr(error)
        if isinstance(error, struct.error | IndexError):
            reason = "it ends too early"
        raise ValueError(
            f"{path} is no {what}, or a truncated or damaged one: {reason.rstrip('.')}."
        ) from error


def standard_name(text: str) -> str:
    """Return the usual spelling of a standard lead; other names stay as they are."""
    return _SPELLED.get(text.strip().upper(), text.strip())


def told_apart(pieces: Sequence[Piece]) -> list[Piece]:
    """Give leads of one name numbers, where they are no pieces of one lead."""
    names = numbered([piece.lead for piece in pieces])
    return [piece._replace(lead=n) for piece, n in zip(pieces, names, strict=True)]


def start_of(path: str, text: str, *forms: str) -> datetime | None:
    """Return the start that a text says, with a warning if it is no time."""
    text = text.strip()
    for form in forms if text else ():
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    if text:
        warn(
            f"{path} gives no acquisition time that can be read: the start of the "
            "recording is taken to be unknown. The signal is read all the same."
        )
    return None


def with_derived(pieces: Sequence[Piece]) -> list[Piece]:
    """Add III, aVR, aVL and aVF, which follow from I and II, if none is there."""
    named = {piece.lead: piece for piece in pieces}
    one, two = named.get("I"), named.get("II")
    if one is None or two is None or {"III", "aVR", "aVL", "aVF"} & {*named}:
        return list(pieces)
    if len(one.samples) != len(two.samples) or one[1:3] + one[4:] != two[1:3] + two[4:]:
        return list(pieces)
    derived = {
        "III": two.samples - one.samples,
        "aVR": -(one.samples + two.samples) / 2,
        "aVL": one.samples - two.samples / 2,
        "aVF": two.samples - one.samples / 2,
    }
    limbs = [one._replace(lead=lead, samples=derived[lead]) for lead in derived]
    others = [piece for piece in pieces if piece is not one and piece is not two]
    return [one, two, *limbs, *others]


def samples_in(text: str, what: str, dtype: str = "<i2") -> np.ndarray:
    """Return the samples that a text of XML holds in base64."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise ValueError(f"{what} is no base64") from None
    size = np.dtype(dtype).itemsize
    if not raw or len(raw) % size:
        raise ValueError(f"{what} has {len(raw)} bytes, no samples of {size} each")
    return np.frombuffer(raw, dtype).astype(np.float64)


def rate_of(interval: float, resolution: float = 0.0) -> float:
    """Return the rate of a sampling interval in seconds, rounded as that is.

    A whole rate is taken where the interval is as near to it as its resolution allows.
    """
    if not 0 < interval < np.inf:
        raise ValueError(f"its sampling interval is {interval:g} s")
    rate = 1 / interval
    whole = round(rate)
    if whole and abs(1 / whole - interval) <= max(resolution / 2, 1e-9 * interval):
        return float(whole)
    return rate


def _unit(unit):
    return "mV" if is_voltage(unit) else unit


def _joined(path, pieces, origin):
    """Return one array of a lead, NaN between its pieces."""
    pieces = sorted(pieces, key=lambda piece: piece.start)
    first = pieces[0]
    for piece in pieces:
        _check_piece(path, piece, first)
    starts = [round((piece.start - origin) * first.rate) for piece in pieces]
    n_filled, end = 0, 0
    for piece, start in zip(pieces, starts, strict=True):
        an_hour = min(_LONGEST_GAP[0] * first.rate, _MOST_MISSING)
        longest = max(an_hour, _LONGEST_GAP[1] * n_filled)
        if start - end > longest or start < end:
            raise ValueError(
                f"{path}: a piece of lead {piece.lead!r} begins "
                f"{(start - end) / first.rate:.6g} s after the end of what is before "
                "it, so its time is damaged."
            )
        n_filled, end = n_filled + len(piece.samples), start + len(piece.samples)
    signal = np.full(end, np.nan)
    for piece, start in zip(pieces, starts, strict=True):
        stretch = signal[start : start + len(piece.samples)]
        stretch[:] = piece.samples
        to_millivolts(stretch, piece.unit)
    return signal


def _check_piece(path, piece, first):
    if not 0 < piece.rate <= _FASTEST:
        raise ValueError(
            f"{path} gives lead {piece.lead!r} the sampling rate {piece.rate:g} Hz."
        )
    is_other = abs(piece.rate / first.rate - 1) > _SAME
    if is_other or _unit(piece.unit) != _unit(first.unit):
        raise ValueError(
            f"{path} holds lead {piece.lead!r} at {first.rate:g} Hz in "
            f"{first.unit!r}, and further on at {piece.rate:g} Hz in {piece.unit!r}."
        )

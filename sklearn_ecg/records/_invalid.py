"""What cannot be used: refused, or left out, counted and named."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._messages import warn

ON_INVALID = ("warn", "raise", "ignore")

_SHOWN = 100
"""How many a message names one by one."""


def check_on_invalid(on_invalid: str) -> None:
    """Refuse a policy that is none."""
    if not isinstance(on_invalid, str) or on_invalid not in ON_INVALID:
        raise ValueError(
            f"on_invalid={on_invalid!r} must be 'warn', 'raise' or 'ignore'."
        )


class LeftOut:
    """A list of what was left out, with the reasons."""

    columns = ("record", "sample", "symbol", "reason")

    def __init__(self, on_invalid: str):
        check_on_invalid(on_invalid)
        self.on_invalid = on_invalid
        self.rows: list[tuple] = []

    def add(
        self,
        record: str,
        reason: str,
        samples: Iterable[int] | None = None,
        symbols: Iterable[str] | None = None,
    ) -> None:
        """Note beats of a record by sample and symbol; without samples, all of it."""
        if samples is None:
            self.rows.append((record, None, None, reason))
            return
        samples = list(samples)
        symbols = [None] * len(samples) if symbols is None else list(symbols)
        for sample, symbol in zip(samples, symbols, strict=True):
            place = None if sample is None else int(sample)
            self.rows.append((record, place, symbol, reason))

    def table(self) -> pd.DataFrame:
        """Return a row for each: record, sample, symbol, reason."""
        table = pd.DataFrame(self.rows, columns=list(self.columns), dtype=object)
        return table.astype({"sample": "Int64"})

    def tell(self, advice: str = "", *, verb: str = "left out") -> None:
        """Warn or raise, if there is anything to tell."""
        if not self.rows or self.on_invalid == "ignore":
            return
        message = f"{self.summary(verb)} {advice}".strip()
        if self.on_invalid == "raise":
            raise ValueError(message)
        warn(message)

    def summary(self, verb: str = "left out") -> str:
        """Say in one sentence how many there are and which; nothing if none."""
        if not self.rows:
            return ""
        n_records = sum(
            sample is None and symbol is None for _, sample, symbol, _ in self.rows
        )
        n_beats = len(self.rows) - n_records
        counts = [
            f"{count} {noun}{'s' if count > 1 else ''}"
            for count, noun in ((n_records, "record"), (n_beats, "beat"))
            if count
        ]
        shown = "; ".join(_described(self.rows[:_SHOWN]))
        more = len(self.rows) - _SHOWN
        rest = f"; and {more} more" if more > 0 else ""
        if self.on_invalid == "raise" and verb == "left out":
            verb = "invalid"
        tense = {"left out": ("was", "were")}.get(verb, ("is", "are"))
        is_or_are = tense[len(self.rows) > 1]
        return f"{' and '.join(counts)} {is_or_are} {verb}: {shown}{rest}."


def _described(rows):
    """Yield words for the beats of one record that share a reason, and for records."""
    for (record, reason), same in groupby(rows, key=lambda row: (row[0], row[3])):
        reason = reason.rstrip(".")
        beats = [
            f"{sample}" if symbol is None else f"{sample} ({symbol})"
            for _, sample, symbol, _ in same
            if sample is not None
        ]
        noun = "sample" if len(beats) == 1 else "samples"
        place = f"{noun} {', '.join(beats)} of " if beats else ""
        yield f"{place}record {record}: {reason}"


LARGEST = 2.0**32
"""Absolute value from which a sample is no measurement, in the units of its record.

No converter in use counts further; the marks that other formats put for missing
samples, such as 9.97e36 and 1e20, lie beyond.
"""


def without_mask(samples: ArrayLike) -> np.ndarray:
    """Return samples as an array in which what is masked is NaN."""
    if isinstance(samples, np.ma.MaskedArray) and np.ma.is_masked(samples):
        return np.ma.filled(samples.astype(np.float64), np.nan)
    return np.asarray(samples)


def refuse_impossible(samples: np.ndarray, called: str) -> None:
    """Refuse infinite and huge numbers; files have other marks, and may hold them."""
    is_short = samples.dtype.kind in "iu" and samples.dtype.itemsize < 4
    if is_short or samples.size == 0:
        return
    # These two pass over NaN, which says that a sample is missing.
    lowest, highest = np.fmin.reduce(samples, None), np.fmax.reduce(samples, None)
    if not (float(lowest) <= -LARGEST or float(highest) >= LARGEST):
        return
    is_wrong = np.abs(samples.astype(float)) >= LARGEST
    first = tuple(int(places[0]) for places in np.nonzero(is_wrong))
    place = first[0] if len(first) == 1 else first
    raise ValueError(
        f"{called} holds {samples[first]:g} at index {place}, which no converter gives:"
        f" samples lie within ±{LARGEST:.2g}. Put NaN where a sample is missing."
    )

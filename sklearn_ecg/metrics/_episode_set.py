"""The episodes of one annotator, read from marks or from a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..records import atrial_fibrillation, atrial_flutter, fibrillation

ST_KINDS = ("ST", "ST0", "ST1")
KINDS = ("AF", "VF", *ST_KINDS)

_MARKS = {
    "AF": ("+", atrial_fibrillation),
    "AFL": ("+", atrial_flutter),
    "VF": ("[]", fibrillation),
}
"""Symbols of the marks of a kind, and what reads them."""

_NEVER = -1
"""The sample of an extremum that there is none of."""


@dataclass(frozen=True)
class EpisodeSet:
    """Episodes of one kind in time order, which do not overlap."""

    starts: np.ndarray  # In samples
    stops: np.ndarray  # In samples
    extrema: np.ndarray  # Of ST in signals 0 and 1, shape (n_episodes, 2)
    last: int  # The sample of the last annotation of any kind; 0 without any

    @classmethod
    def of_marks(cls, annotations: pd.DataFrame, kind: str, end: int) -> EpisodeSet:
        """Read them from annotations; one that is open lasts until the later end."""
        samples = annotations["sample"]
        last = int(samples.iloc[-1]) if len(samples) else 0
        end = max(last, end)
        if kind in ST_KINDS:
            starts, stops, extrema = _st_episodes(annotations, kind, end)
            return cls(starts, stops, extrema, last)
        spans = _MARKS[kind][1](annotations)
        stops = np.where(np.isinf(spans.stops), end, spans.stops)
        return cls.of_bounds(spans.starts, stops, last)

    @classmethod
    def of_table(
        cls, table: pd.DataFrame, kind: str, sampling_rate: float, role: str
    ) -> EpisodeSet:
        """Take them from a table of episodes with their times in seconds."""
        if kind in ST_KINDS:
            raise ValueError(
                f"The {role} table holds episodes, and {kind} cannot be compared "
                "without their extrema: hand over annotations with the marks 's'."
            )
        rows = table[table["kind"] == kind].sort_values("start", kind="stable")
        times = rows[["start", "stop"]].to_numpy(dtype=float, na_value=np.nan).T
        is_right = np.isfinite(times).all() and (times[0] <= times[1]).all()
        if not is_right or (times[1][:-1] > times[0][1:]).any():
            raise ValueError(
                f"The {kind} episodes of the {role} table must begin and end at finite "
                "numbers of seconds, end no earlier than they begin, and not overlap."
            )
        starts, stops = np.floor(np.round(times * sampling_rate, 6) + 0.5)
        return cls.of_bounds(starts, stops, max(stops, default=0))

    @classmethod
    def of_bounds(cls, starts, stops, last) -> EpisodeSet:
        """Make them of starts and stops."""
        extrema = np.full((len(starts), 2), _NEVER)
        return cls(starts.astype(np.int64), stops.astype(np.int64), extrema, int(last))


def is_episode_table(given) -> bool:
    """Tell a table of episodes from one of annotations."""
    return isinstance(given, pd.DataFrame) and {"kind", "start", "stop"} <= set(given)


def check_has_texts(role: str, given, kind: str) -> None:
    """Refuse a table whose marks have lost the texts that say what they are."""
    symbol = _MARKS[kind][0] if kind in _MARKS else "s"
    if not isinstance(given, pd.DataFrame) or "note" in given or len(symbol) > 1:
        return
    if "symbol" in given and (given["symbol"] == symbol).any():
        raise ValueError(
            f"The {role} table has marks {symbol!r} and no column note, in which their "
            f"texts would say which of them are {kind}."
        )


def _st_episodes(annotations, kind, end):
    """Return starts, stops and extrema of ST in one signal, or in either."""
    marks = annotations[annotations["symbol"] == "s"]
    signals = [n for n in (0, 1) if kind in ("ST", f"ST{n}")]
    found, n_open = [], 0
    for sample, note in zip(marks["sample"], marks["note"].astype(str), strict=True):
        if note.startswith(f"({kind}"):
            if not n_open:
                found.append([sample, end, _NEVER, _NEVER])
            # Episodes of both signals are one for as long as either lasts.
            n_open = n_open + 1 if kind == "ST" else 1
        elif n_open and note.startswith(kind):
            n_open -= 1
            if not n_open:
                found[-1][1] = sample
        elif n_open:
            for n in signals:
                if note.startswith(f"AST{n}"):
                    found[-1][2 + n] = sample
    table = np.array(found, dtype=np.int64).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 2:]

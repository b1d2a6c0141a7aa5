"""Stretches of a recording: fibrillation, shutdown, as annotations bound them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

# The bits of a signal quality that say of two leads that they cannot be read. All are
# set in -1, which says it of the whole signal.
_NO_SIGNAL = 0x30


@dataclass(frozen=True)
class Spans:
    """Stretches that do not overlap, in time order."""

    starts: np.ndarray  # In samples; a stretch without an end stops at infinity
    stops: np.ndarray  # In samples; a stretch without an end stops at infinity
    includes_stop: bool = True  # Whether the sample of the end belongs to the stretch

    @classmethod
    def of(cls, pairs, *, includes_stop=True) -> Spans:
        """Make spans of pairs of start and stop."""
        bounds = np.array(pairs, dtype=float).reshape(-1, 2)
        return cls(bounds[:, 0], bounds[:, 1], includes_stop)

    def __len__(self) -> int:
        return len(self.starts)

    def hold(self, samples) -> np.ndarray:
        """Tell which samples are inside."""
        samples = np.asarray(samples, dtype=float)
        place = np.searchsorted(self.starts, samples, side="right")
        stop = np.append(-np.inf, self.stops)[place]
        return samples <= stop if self.includes_stop else samples < stop

    def touch(self, starts, stops) -> np.ndarray:
        """Tell which stretches from `starts` to `stops` meet one of these."""
        n_begun = np.searchsorted(self.starts, stops, side="right")
        n_over = np.searchsorted(self.stops, starts, side="left")
        return n_begun > n_over

    def within(self, start, stop) -> Spans:
        """Return what of them lies between two samples."""
        starts, stops = np.clip([self.starts, self.stops], start, stop)
        inside = (self.stops >= start) & (self.starts <= stop)
        return Spans(starts[inside], stops[inside], self.includes_stop)

    def length(self) -> float:
        """Return how many samples they last together."""
        return float((self.stops - self.starts).sum())


def fibrillation(annotations: pd.DataFrame) -> Spans:
    """Return ventricular flutter and fibrillation, from ``[`` to ``]``."""
    marks = annotations[annotations["symbol"].isin(["[", "]"])]
    found, start = [], None
    for sample, symbol in zip(marks["sample"], marks["symbol"], strict=True):
        if symbol == "[" and start is None:
            start = sample
        elif symbol == "]" and start is not None:
            found.append((start, sample))
            start = None
    if start is not None:
        found.append((start, np.inf))
    return Spans.of(found)


def shutdown(annotations: pd.DataFrame) -> Spans:
    """Return where ``~`` says that there is no signal, until the next ``~``."""
    marks = annotations[annotations["symbol"] == "~"]
    is_on = (marks["subtype"].to_numpy() & _NO_SIGNAL) == _NO_SIGNAL
    return _until_the_next(marks["sample"].to_numpy(), is_on)


def atrial_fibrillation(annotations: pd.DataFrame) -> Spans:
    """Return where the rhythm is ``(AFIB``, until the next rhythm."""
    marks = annotations[annotations["symbol"] == "+"]
    is_on = marks["note"].astype(str).str.startswith("(AFIB").to_numpy(dtype=bool)
    return _until_the_next(marks["sample"].to_numpy(), is_on)


def _until_the_next(samples, is_on):
    """Join the stretches from each sample that is on until the next one that is off."""
    was_on = np.append(False, is_on[:-1])[: len(is_on)]
    starts, stops = samples[is_on & ~was_on], samples[~is_on & was_on]
    missing = len(starts) - len(stops)
    stops = np.append(stops.astype(float), [np.inf] * missing)
    return Spans(starts.astype(float), stops, includes_stop=False)

"""The rhythm as a device tells it, from its beats alone, in integers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from ..rhythm import CODES, EpisodeFinder, Found, ended, table_of
from ._model import UNKNOWN, Engine
from ._rhythm import LATEST, RhythmEvents

MARGIN_ONE = 256
"""A margin of one: a natural logarithm of the ratio of two probabilities."""

OCTAVES = round(2**20 / (MARGIN_ONE * math.log(2)))
"""Octaves of the least margin, in 1/1048576."""

ONE = 1024
"""A certainty of 1."""

_MOST_OCTAVES = 31
_NO_BEAT = CODES["O"]


def certainty_of_margin(margins: np.ndarray) -> np.ndarray:
    """Return how sure labels are, of two, by their margins: both in integers.

    Parameters
    ----------
    margins : ndarray of int of shape (n_beats,)
        As chains tell them, in 1/256.

    Returns
    -------
    ndarray of int of shape (n_beats,)
        In 1/1024, from 512 on: the logistic function of the margin, up to 0.015.
    """
    octaves = np.asarray(margins, dtype=np.int64) * OCTAVES >> 10
    places = np.minimum(octaves // 1024 + 1, _MOST_OCTAVES)
    other = (2 * ONE - octaves % 1024) >> places
    return ONE * ONE // (ONE + other)


class DeviceRhythm:
    """Episodes of the beats that a chain tells, as its C tells them.

    An interval between two beats is not analysable if the interval before one of the
    detections in it is unknown: after a gap, or where the lead was off.
    """

    def __init__(self, sampling_rate: float) -> None:
        self.state = EpisodeFinder(sampling_rate).state
        self._last: int | None = None  # The last beat
        self._is_lost = False  # Whether an interval since then was unknown

    def update(self, beats: pd.DataFrame) -> Iterator[list[Found]]:
        """Take beats; yield of each what begins and ends with it.

        `beats` has ``sample``, at the rate of the device, ``label``, ``margin``, and
        ``rr_prev``, which is 0 or NaN where it is unknown.
        """
        codes = beats["label"].map(CODES).to_numpy(dtype=np.int64)
        certainty = certainty_of_margin(beats["margin"].to_numpy())
        certainty[codes == CODES[UNKNOWN]] = 0
        is_known = (beats["rr_prev"] > 0).tolist()
        columns = beats["sample"].tolist(), codes.tolist(), certainty.tolist()
        for sample, code, share, known in zip(*columns, is_known, strict=True):
            yield self._told(sample, code, share, known)

    def _told(self, sample, code, certainty, is_known):
        self._is_lost |= not is_known
        lost: Iterable[tuple[int, int]] = []
        if code != _NO_BEAT:
            if self._is_lost and self._last is not None:
                lost = [(self._last, sample)]
            self._last, self._is_lost = sample, False
        return self.state.update([(sample, code, certainty)], lost)


class LiveDeviceRhythm(RhythmEvents):
    """Episodes of the beats of a chain that come piece by piece."""

    def __init__(self, sampling_rate: float, device_rate: float) -> None:
        super().__init__(device_rate)
        self._ratio = device_rate / sampling_rate
        self._latest = round(LATEST * device_rate)
        self._rhythm = DeviceRhythm(device_rate)
        self._is_certainty_known = True

    def take(self, beats: pd.DataFrame, engine: Engine, n_samples: int) -> None:
        """Take beats of a signal of so many samples until now."""
        self._told = self._found(beats)
        now = math.floor(n_samples * self._ratio)
        self._told += self._rhythm.state.wait(now - self._latest)

    def end(self, beats: pd.DataFrame, engine: Engine, n_samples: int) -> None:
        """Take the last beats of a recording of so many samples."""
        n_read = _n_read(n_samples * self._ratio)
        self._told = self._found(beats) + self._rhythm.state.end(n_read)

    def _found(self, beats):
        events = _at_device(beats, self._rate)
        return [one for told in self._rhythm.update(events) for one in told]


def device_episodes(
    beats: pd.DataFrame, device_rate: float, duration: float
) -> pd.DataFrame:
    """Return the episodes of all beats of a recording, as a chain tells them."""
    rhythm = DeviceRhythm(device_rate)
    events = _at_device(beats, device_rate)
    told = [one for each in rhythm.update(events) for one in each]
    told += rhythm.state.end(_n_read(duration * device_rate))
    episodes = ended(table_of(told, device_rate, is_certainty_known=True))
    # The last sample of the converter may be later than that of the signal.
    return episodes.assign(stop=episodes["stop"].clip(upper=duration))


def _at_device(beats, device_rate):
    """Return beats at the samples of a device."""
    sample = np.rint(beats["time"] * device_rate).astype(np.int64)
    return beats.assign(sample=sample)


def _n_read(n_samples):
    """Return how many samples a converter reads of so many of its own."""
    return math.ceil(round(n_samples, 6))

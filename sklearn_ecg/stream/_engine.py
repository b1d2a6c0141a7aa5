"""From samples to labelled beats: R peaks, the rows of a segmenter, and their labels.

Everything here takes signals that are already checked, as float64.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._messages import warn
from ..detection import (
    LONGEST_WAIT,
    BelievedBeat,
    Change,
    RPeakDetector,
    TwoLeads,
    refuse_falling,
    refuse_outside,
    samples_of,
)
from ..windows import Rows, RowStream

_MARGIN = 2.0
"""Seconds beside the longest wait, for the learning and the delay of the filters."""

_MISSING_AT_ONCE = 2**16
"""Samples of a gap that another source of R peaks is told of at once."""

_HEIGHTS = 0.01, 100.0
"""Millivolts between which the beats of an ECG are high, far off both ends."""


class RPeakSource(Protocol):
    """Whatever finds R peaks in a live signal, such as `RPeakDetector`."""

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Take samples of one lead; return R peaks in samples since the start."""

    def flush(self) -> np.ndarray:
        """Return the last R peaks."""


class Looks(NamedTuple):
    """Which views are worth a look at some beats."""

    first: np.ndarray  # The view of the lead that is believed, shape (n_beats,)
    is_sound: np.ndarray  # Of shape (n_views, n_beats)


class RowEngine:
    """Labelled beats of a signal that a segmenter cuts, in one view or two."""

    device_rate = None

    def __init__(
        self,
        segmenter,
        table_of: Callable[
            [Sequence[Rows], Looks, dict[str, np.ndarray]], pd.DataFrame
        ],
        sampling_rate: float,
        views: Sequence[Sequence[str]],
        r_peaks: RPeakSource | None = None,
    ):
        is_judged = len(views) == 2 and r_peaks is None
        self._finder: TwoLeads | _OneLead = (
            TwoLeads(sampling_rate) if is_judged else _OneLead(sampling_rate, r_peaks)
        )
        # What is missing changes nothing after a while, unless a source counts it.
        self._is_own = r_peaks is None or isinstance(r_peaks, RPeakDetector)
        self._rows = RowStream(segmenter, sampling_rate, views, LONGEST_WAIT + _MARGIN)
        self._widths = [len(view) for view in views]
        self._names = np.array([view[0] for view in views], dtype=object)
        self._believed: deque[BelievedBeat] = deque()  # Beats whose rows are not out
        self._table_of = table_of
        self._rate = float(sampling_rate)
        self._n_missing = 0
        # Most pushes of a live signal complete no beat. A copy is of few blocks, and
        # quick to copy.
        self._no_beats = self._table(self._rows.none).copy()

    @property
    def none(self) -> pd.DataFrame:
        """The table of no beats."""
        return self._no_beats.copy()

    @property
    def quality(self) -> pd.DataFrame:
        """Stretches without beats to see."""
        columns = ["start", "stop", "reason"]
        return pd.DataFrame(self._finder.stretches, columns=columns)

    @property
    def stretches(self) -> Sequence[tuple]:
        """What `quality` holds, as a sequence that grows."""
        return self._finder.stretches

    @property
    def settled(self) -> int:
        """The sample before which all stretches are known that begin there."""
        return self._finder.settled

    @property
    def changes(self) -> Sequence[Change]:
        """Which lead is believed from when on."""
        return self._finder.changes

    def push(self, blocks: Sequence[np.ndarray]) -> list[pd.DataFrame]:
        """Take samples in mV of each view; return the beats that are certain now."""
        # The first sample tells of most blocks that they hold a signal.
        if len(blocks[0]) and all(
            np.isnan(block[0]).all() and np.isnan(block).all() for block in blocks
        ):
            return self.skip(len(blocks[0]))
        self._n_missing = 0
        return [self._take(blocks)]

    def skip(self, n_samples: int) -> list[pd.DataFrame]:
        """Take missing samples of all leads; only those that change something."""
        at_once = self._rows.settled
        at_once = at_once if self._is_own else max(at_once, _MISSING_AT_ONCE)
        found = []
        while n_samples and not (self._is_own and self._n_missing >= at_once):
            n_taken = min(n_samples, at_once)
            missing = [np.full((n_taken, width), np.nan) for width in self._widths]
            found.append(self._take(missing))
            n_samples -= n_taken
            self._n_missing += n_taken
        if self._is_own and n_samples:
            self._finder.take_missing(n_samples)
            self._rows.skip(n_samples)
        return found or [self.none]

    def flush(self) -> pd.DataFrame:
        """Return the last beats."""
        beats = self._finder.end()
        self._believed.extend(beats)
        return self._labelled(self._rows.flush(*_arrays_of(beats)))

    def tell_of_signal(self, called: str, is_voltage: bool) -> None:
        """Warn of a signal that seems to be in another unit, or of beats too fast."""
        detector = self._finder.believed
        detector._tell_of_fast_beats(called)
        tell_of_unit(detector._find_stretches, called, is_voltage)

    def _take(self, blocks):
        beats = self._finder.take([block[:, 0].copy() for block in blocks])
        self._believed.extend(beats)
        return self._labelled(self._rows.push(blocks, *_arrays_of(beats)))

    def _labelled(self, views):
        return self._table(views) if len(views[0].r_peaks) else self.none

    def _table(self, views):
        r_peaks = views[0].r_peaks
        places = {"time": r_peaks / self._rate, "sample": r_peaks}
        looks = self._looks_at(r_peaks)
        table = self._table_of(views, looks, places)
        # Of one type, whether there are beats or not.
        return table.assign(lead=pd.Series(self._names[looks.first], dtype=object))

    def _looks_at(self, r_peaks):
        """Return which leads are believed at beats; those before them are past."""
        found, waiting = [], self._believed
        for r_peak in r_peaks.tolist():
            # One too soon after another has no row.
            while waiting[0].sample != r_peak:
                waiting.popleft()
            found.append(waiting.popleft())
        first = np.array([beat.lead for beat in found], dtype=np.intp)
        n_views = len(self._widths)
        is_sound = np.ones((n_views, len(found)), dtype=bool)
        for place, beat in enumerate(found):
            if len(beat.is_sound) == n_views:
                is_sound[:, place] = beat.is_sound
        return Looks(first, is_sound)


class _OneLead:
    """The beats of one lead, by the detector of the package or another source."""

    def __init__(self, sampling_rate, source):
        # Beside another source, it only looks for stretches without beats to see.
        is_detector = isinstance(source, RPeakDetector)
        self.believed = source if is_detector else RPeakDetector(sampling_rate)
        self._source = None if is_detector else source
        self._rate = float(sampling_rate)
        self._n_seen = 0
        self.changes = [Change(0, 0)]

    @property
    def stretches(self):
        return self.believed._stretches

    @property
    def settled(self):
        return self.believed._find_stretches.settled

    def take(self, signals):
        """Take samples of each view, the first of which is looked at."""
        self._n_seen += len(signals[0])
        beats = self.believed._take(signals[0])
        return self._found(beats, lambda source: source.push(signals[0]))

    def take_missing(self, n_samples):
        """Take samples that are missing, where there is no other source."""
        self._n_seen += n_samples
        self.believed._take_missing(n_samples)

    def end(self):
        """Return the last beats."""
        return self._found(self.believed._end(), lambda source: source.flush())

    def _found(self, beats, ask):
        if self._source is None:
            return [BelievedBeat(beat.sample, beat.known) for beat in beats]
        found = checked_r_peaks(ask(self._source), self._n_seen, self._rate)
        return [BelievedBeat(sample, sample) for sample in found.tolist()]


def checked_r_peaks(
    r_peaks: ArrayLike, n_seen: int, sampling_rate: float
) -> np.ndarray:
    """Check what a source of R peaks returns after so many samples."""
    called = "The result of r_peaks.push"
    found = samples_of(r_peaks, called, n_seen, sampling_rate)
    refuse_outside(found, called, n_seen)
    refuse_falling(found, called)
    return found


def tell_of_unit(stretches, called: str, is_voltage: bool) -> None:
    """Warn of beats that are far too low or high for an ECG in millivolts."""
    lowest, highest = sorted([stretches.first_height, stretches.height])
    is_low, is_high = lowest > 0 and highest < _HEIGHTS[0], lowest > _HEIGHTS[1]
    if not is_voltage or not (is_low or is_high):
        return
    unit = "volts" if is_low else "microvolts or counts"
    warn(
        f"The beats of {called} span {highest:.2g} mV, where those of an ECG span "
        f"0.1 to 10 mV: the signal seems to be in {unit}. Labels do not depend on it, "
        "but plots and files do; recording_from_array has a parameter 'unit'."
    )


def _arrays_of(beats):
    """Return where beats are, and after how many samples each was certain."""
    columns = [(beat.sample, beat.known) for beat in beats]
    r_peaks, known = np.array(columns, dtype=np.int64).reshape(-1, 2).T
    return r_peaks, known

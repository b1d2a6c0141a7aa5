"""Beats beside what is typical of their patient: QRS, P and T, and the beats before."""

from __future__ import annotations

import numpy as np

from ._features import BEATS_BEFORE, OF_BEATS_BEFORE
from ._qrs import QRSState, largest_shift, qrs_extent
from ._waves import WaveState, wave_spans

LEAST_CORRELATION, MOST_IRREGULAR = 870, 222
"""Correlation of usual beats, in 1/1024, and |rr_prev_over_q50|, in 1/1024 octave."""


def beat_extent(window_rate: float) -> tuple[int, int]:
    """Return the samples before and after an R peak that the features need."""
    shift, spans = largest_shift(window_rate), wave_spans(window_rate)
    return shift - spans["p"][0], shift + spans["t"][1]


class BeatState:
    """The beats of a patient in one lead so far, with which each one is compared."""

    def __init__(self, window_rate: float) -> None:
        self._r_peak, _ = beat_extent(window_rate)
        self._extent = qrs_extent(window_rate)
        self._qrs = QRSState(window_rate)
        self._waves = WaveState(window_rate)
        self._memory: np.ndarray | None = None

    def update(
        self, around: np.ndarray, rhythm: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Take the next beats, and compare each with those before it.

        `around` has their signal in counts, of shape (n_beats, n_samples), as wide as
        `beat_extent` says; `rhythm` has the features of their intervals.
        """
        r_peak, extent = self._r_peak, self._extent
        qrs = self._qrs.update(around[:, r_peak - extent : r_peak + extent + 1])
        is_usual = qrs.features["qrs_correlation"] > LEAST_CORRELATION
        is_usual &= np.abs(rhythm["rr_prev_over_q50"]) < MOST_IRREGULAR
        waves = self._waves.update(around, r_peak, qrs.shift, qrs.height, is_usual)
        features = qrs.features | waves
        return features | self._of_beats_before(features | rhythm)

    def _of_beats_before(self, features):
        """Return features of the beats before; the first beat stands for those."""
        values = np.column_stack([features[name] for name in OF_BEATS_BEFORE])
        if self._memory is None:
            self._memory = np.repeat(values[:1], BEATS_BEFORE, axis=0)
        known = np.concatenate([self._memory, values])
        if len(values):
            self._memory = known[-BEATS_BEFORE:]
        else:
            self._memory = self._memory if len(self._memory) else None
        columns = {}
        for back in range(1, BEATS_BEFORE + 1):
            before = known[BEATS_BEFORE - back :][: len(values)]
            for name, each in zip(OF_BEATS_BEFORE, before.T, strict=True):
                columns[f"{name}_{back}_before"] = each
        return columns

"""Features that compare a beat with what is typical of its patient, and beats before.

QRS complexes first, then the waves of those beats that are usual; then what is told of
the beats before.
"""

from __future__ import annotations

import numpy as np

from ._features import BEATS_BEFORE, OF_BEATS_BEFORE
from ._relative_qrs import RelativeQRSState, largest_shift, qrs_extent
from ._relative_waves import P_SEGMENT, T_SEGMENT, RelativeWaveState

_LEAST_CORRELATION = 0.85
_MOST_IRREGULAR = 0.15
"""The QRS complexes and intervals of usual beats."""

_BLOCK = 1024
"""Beats at once, so that the arrays stay small."""


def beat_extent(sampling_rate: float) -> tuple[int, int]:
    """Return the samples before and after an R peak that the features need."""
    shift = largest_shift(sampling_rate)
    before = shift - round(P_SEGMENT[0] * sampling_rate)
    after = shift + round(T_SEGMENT[1] * sampling_rate)
    return before, after


class RelativeBeatState:
    """The beats of a patient so far, with which each one is compared."""

    def __init__(self, sampling_rate: float):
        self.sampling_rate = sampling_rate
        self._qrs = RelativeQRSState(sampling_rate)
        self._p = RelativeWaveState("p", P_SEGMENT, sampling_rate)
        self._t = RelativeWaveState("t", T_SEGMENT, sampling_rate)
        self._before: dict[str, list[float]] = {}

    def update_block(
        self, around: np.ndarray, rhythm: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Take the next beats, and compare each with those before it."""
        blocks = [
            self._update(
                around[start : start + _BLOCK],
                {name: rhythm[name][start : start + _BLOCK] for name in _OF_RHYTHM},
            )
            for start in range(0, max(len(around), 1), _BLOCK)
        ]
        return {
            name: np.concatenate([block[name] for block in blocks])
            for name in blocks[0]
        }

    def _update(self, around, rhythm):
        r_peak, _ = beat_extent(self.sampling_rate)
        extent = qrs_extent(self.sampling_rate)
        qrs = self._qrs.update_block(around[:, r_peak - extent : r_peak + extent + 1])
        is_usual = qrs.features["qrs_correlation"] > _LEAST_CORRELATION
        is_usual &= np.abs(rhythm["rr_prev_over_q50"]) < _MOST_IRREGULAR
        features = dict(qrs.features)
        for wave in (self._p, self._t):
            features |= wave.update_block(
                around, r_peak, qrs.shift, qrs.height, is_usual
            )
        return features | self._of_beats_before(features | rhythm)

    def _of_beats_before(self, features):
        """Return features of the beats before; the first beat stands for those."""
        columns = {}
        for name in OF_BEATS_BEFORE:
            values = features[name]
            before = self._before.get(
                name, [values[0]] * BEATS_BEFORE if len(values) else []
            )
            known = np.concatenate([before, values])
            for back in range(1, BEATS_BEFORE + 1):
                start = BEATS_BEFORE - back
                columns[f"{name}_{back}_before"] = known[start : start + len(values)]
            if len(values):
                self._before[name] = known[-BEATS_BEFORE:].tolist()
        return columns


_OF_RHYTHM = [name for name in OF_BEATS_BEFORE if name.startswith("rr_")]

"""What enters a quantised network: from beat tables, device samples, or rows of X."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from ...beats._table import interval_columns
from ...classifier._data import read_rows
from ...windows._columns import InputLayout
from ...windows._segmenter import BeatSegmenter
from ._front_end import (
    RHYTHM_MAX,
    RhythmScaling,
    WindowScaling,
    counts_of,
    milliseconds_of,
)


@dataclass(frozen=True)
class DeviceInputs:
    """Inputs of a whole pipeline: what a device reads, and what becomes of it.

    Attributes
    ----------
    segmenter : BeatSegmenter
        That of the pipeline, but with windows in millivolts.
    adc_gain : float
        Counts per mV.
    window_scaling : WindowScaling
    rhythm_scaling : RhythmScaling
    n_channels : int
    """

    segmenter: BeatSegmenter
    adc_gain: float
    window_scaling: WindowScaling
    rhythm_scaling: RhythmScaling
    n_channels: int

    def read(self, beats):
        """Read what a device would: samples, and RR intervals.

        Parameters
        ----------
        beats : DataFrame of shape (n_beats, n_columns)
            A beat table.

        Returns
        -------
        windows : ndarray of shape (n_beats, n_channels, n_samples), int16
            In counts; what 16 bits can't hold is clipped.
        intervals : ndarray of shape (n_beats, n_intervals), uint16
            In ms, 0 where unknown.
        """
        windows = counts_of(self.millivolts(beats), self.adc_gain)
        names = self.rhythm_scaling.intervals
        columns = interval_columns(beats, list(names))
        intervals = [milliseconds_of(columns[name]) for name in names]
        intervals = np.array(intervals, dtype=np.uint16).reshape(len(names), -1).T
        if not names:
            intervals = np.empty((len(windows), 0), dtype=np.uint16)
        return windows, intervals

    def millivolts(self, beats):
        """Cut the windows of a beat table, in mV: (n_beats, n_channels, n_samples)."""
        rows = np.asarray(self.segmenter.transform(beats))
        shape = self.n_channels, self.window_scaling.n_samples
        return rows[:, : shape[0] * shape[1]].reshape(len(rows), *shape)

    def scale(self, windows, intervals):
        """Turn what `read` returns into the integers that enter the network."""
        return self.window_scaling(windows), self.rhythm_scaling(intervals)

    def __call__(self, beats):
        """Return the integers that enter the network, of a beat table."""
        return self.scale(*self.read(beats))


@dataclass(frozen=True)
class RowInputs:
    """Inputs of a classifier alone: rows that are normalised already.

    Attributes
    ----------
    names : tuple of str or None
        Of the columns of X, where it has any.
    layout : InputLayout
    scale : float
        Units per one of X.
    most : int
        Largest absolute value of the units.
    rhythm_scaling : RhythmScaling
    """

    names: tuple[str, ...] | None
    layout: InputLayout
    scale: float
    most: int
    rhythm_scaling: RhythmScaling

    def __call__(self, rows):
        """Return the integers that enter the network, of rows that are checked."""
        signal, rhythm = split_rows(rows, self.layout)
        units = np.floor(signal * self.scale + 0.5)
        scaling = self.rhythm_scaling
        if self.layout.n_rhythm:
            rhythm = np.floor((rhythm - scaling.offsets()) / scaling.units() + 0.5)
        return (
            np.clip(units, -self.most, self.most).astype(np.int64),
            np.clip(rhythm, 0, RHYTHM_MAX).astype(np.int64),
        )


def checked_rows(estimator, X, layout):
    """Check X against what an estimator was fitted with: names, shape, finite values.

    Parameters
    ----------
    estimator : PrunedCNNClassifier or QuantizedClassifier
    X : DataFrame, or array-like of shape (n_beats, n_features) or \
(n_beats, n_channels, n_samples)
    layout : InputLayout

    Returns
    -------
    ndarray of shape (n_beats, n_features), float64

    Raises
    ------
    ValueError
        If it is not of that kind.
    """
    return read_rows(estimator, X, layout, np.float64)


def split_rows(rows, layout):
    """Split rows of X into windows and rhythm features.

    Parameters
    ----------
    rows : ndarray of shape (n_beats, n_features)
    layout : InputLayout

    Returns
    -------
    signal : ndarray of shape (n_beats, n_channels, n_samples)
    rhythm : ndarray of shape (n_beats, n_rhythm)
    """
    rows = layout.arrange(rows)
    width = layout.n_channels * layout.n_samples
    signal = rows[:, :width].reshape(len(rows), layout.n_channels, layout.n_samples)
    return signal, rows[:, width:]


def in_millivolts(segmenter, beats):
    """Return a copy of a fitted segmenter that leaves windows in millivolts.

    Parameters
    ----------
    segmenter : BeatSegmenter
    beats : DataFrame
        Any beat table; fitting a segmenter learns nothing from it.

    Returns
    -------
    BeatSegmenter
        Fitted.
    """
    copy = clone(segmenter).set_params(normalize=None)
    copy.set_output(transform="default")
    return copy.fit(beats)

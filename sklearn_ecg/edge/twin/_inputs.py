"""What enters an integer network: from beat tables, from a device, or from rows of X.

Both kinds of inputs have the same face. `check` refuses what the model doesn't take,
`read` turns it into the integers that the C takes, and `scale` turns those into what
enters the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from ...beats import interval_columns
from ...classifier import read_rows
from ...patient import milliseconds_of
from ...training import split_rows
from ...windows import BeatSegmenter, InputLayout
from ._features import FeatureScaling
from ._row import RowScaling
from ._window import WindowScaling, counts_of


@dataclass(frozen=True)
class DeviceInputs:
    """Inputs of a whole pipeline: what a device reads, and what becomes of it."""

    segmenter: BeatSegmenter  # The pipeline's own, but with windows in millivolts
    adc_gain: float  # Counts per mV
    window_scaling: WindowScaling
    feature_scaling: FeatureScaling
    n_channels: int

    takes_rows = False

    @property
    def window_shape(self):
        """Shape of what the C takes of one beat."""
        return self.n_channels, self.window_scaling.n_samples

    @property
    def window_rate(self):
        """Sampling rate of the windows, in Hz."""
        return self.segmenter.sampling_rate

    @property
    def r_peak(self):
        """Number of the sample of a window at which the R peak is."""
        return int(np.argmin(np.abs(self.segmenter.times_)))

    @property
    def leads(self):
        """The leads that windows are of, for people."""
        leads = self.segmenter.lead
        leads = [leads] if isinstance(leads, str) else list(leads)
        return (" then " if self.segmenter.channels == "all" else " or ").join(leads)

    @property
    def intervals(self):
        """Names of the RR intervals that the C takes, in their order."""
        return self.feature_scaling.intervals

    @property
    def parameters(self):
        """All numbers that decide what enters the network."""
        return [self.window_scaling, self.feature_scaling]

    @property
    def layout(self):
        """Columns of X: there are none."""
        raise AttributeError("A pipeline takes beat tables, which have no features.")

    column_names = layout

    @property
    def calibration(self):
        """What more there is to say of the calibration beats."""
        return f", at {self.adc_gain:.10g} counts per mV"

    def check(self, beats, estimator):
        """Return a beat table as it is: the segmenter checks it."""
        return beats

    def read(self, beats):
        """Read what a device would: samples, and RR intervals."""
        windows = counts_of(self.millivolts(beats), self.adc_gain)
        columns = interval_columns(beats, list(self.intervals))
        intervals = np.empty((len(windows), len(self.intervals)), dtype=np.uint16)
        for number, name in enumerate(self.intervals):
            intervals[:, number] = milliseconds_of(columns[name])
        return windows, intervals

    def millivolts(self, beats):
        """Cut the windows of a beat table, in mV: (n_beats, n_channels, n_samples)."""
        rows = np.asarray(self.segmenter.transform(beats))
        n_channels, n_samples = self.window_shape
        return rows[:, : n_channels * n_samples].reshape(-1, n_channels, n_samples)

    def scale(self, windows, intervals):
        """Turn what `read` returns into the integers that enter the network."""
        features = self.feature_scaling.of_intervals(intervals)
        return self.window_scaling(windows), features


@dataclass(frozen=True)
class RowInputs:
    """Inputs of a classifier alone: rows that the caller has normalized."""

    names: tuple[str, ...] | None  # Of the columns of X, where it has any
    layout: InputLayout
    row_scaling: RowScaling

    takes_rows = True
    intervals = ()

    @property
    def calibration(self):
        """What more there is to say of the calibration beats."""
        if self.row_scaling.window is None:
            return ""
        return f", at {1 / self.row_scaling.scale:.10g} a count"

    @property
    def feature_scaling(self):
        """What a unit of each feature beside the window is worth."""
        return self.row_scaling

    @property
    def window_shape(self):
        """Shape of what the C takes of one beat."""
        return (self.layout.n_features,)

    @property
    def parameters(self):
        """All numbers that decide what enters the network."""
        return self

    @property
    def column_names(self):
        """Names of the columns of X."""
        if self.names is None:
            raise AttributeError("The classifier was fitted without feature names.")
        return self.names

    @property
    def names_beside(self):
        """Names of the features beside the window, in their order."""
        if not self.layout.n_rhythm:
            return []
        names = np.asarray(self.column_names, dtype=object)[np.newaxis]
        return self.layout.arrange(names)[0, -self.layout.n_rhythm :].tolist()

    def check(self, rows, estimator):
        """Return rows of X as an array, or refuse them: see `read_rows`."""
        return read_rows(estimator, rows, self.layout, np.float64)

    def read(self, rows):
        """Round rows to the integers that the C takes."""
        units = self.row_scaling.units_of(self.layout.arrange(rows))
        return units, np.empty((len(units), 0), dtype=np.uint16)

    def scale(self, rows, intervals):
        """Turn what `read` returns into the integers that enter the network."""
        shape = self.layout.n_channels, self.layout.n_samples
        parts = split_rows(self.row_scaling.limited(rows), shape)
        return parts["signal"], parts["rhythm"]


def in_millivolts(segmenter, beats):
    """Return a copy of a fitted segmenter that leaves windows in millivolts."""
    copy = clone(segmenter).set_params(normalize=None)
    copy.set_output(transform="default")
    return copy.fit(beats)

"""The rhythm of a recording in one figure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length

from .._messages import lasting
from ..records import NO_BEAT
from ..rhythm import find_episodes, summarize, touched
from ._clock_axis import label_time
from ._lorenz import draw_lorenz
from ._rhythm_panels import (
    LOST,
    draw_counts,
    draw_key,
    draw_lanes,
    draw_rate,
    lanes_of,
)
from ._style import AF_COLOUR, GRID, styles_of_classes

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

_N_INTERVALS = 4
"""Intervals of which a rate is the mean: a single early beat does not make a peak."""

_HEIGHTS = {"rate": 2.7, "counts": 1.2}
_LANE_HEIGHT = 0.24
_MARGINS = 1.1
"""Inches, in the figure that is made by default."""


class RhythmDisplay:
    """The rhythm of a recording in one figure, be it minutes or days.

    From above: the heart rate, as the median of each minute and the band in which eight
    of ten rates are, each the mean of four intervals; a line for each kind of episode
    that there is, with the share of the analysed time that it takes, or how many there
    are; V beats upwards and S beats downwards, with how many there are. What could not
    be analysed is shaded.

    Beside it is the Lorenz plot, also called Poincaré plot: the interval before each
    beat and the one after it. A place has the colour of what is most there, V (F
    counts as V), S or atrial fibrillation, and is the darker the more beats there are;
    letters name where each is densest. A regular rhythm lies on the diagonal, ectopic
    beats lie above it, and fibrillation fills a fan.

    Use `from_beats` to make one, or
    :meth:`Annotation.plot_rhythm <sklearn_ecg.stream.Annotation.plot_rhythm>`; all
    parameters are stored as attributes.

    Parameters
    ----------
    samples : ndarray of int, shape (n_beats,)
        R peaks, rising.
    labels : ndarray of str, shape (n_beats,)
        As :func:`~sklearn_ecg.rhythm.find_episodes` takes them.
    sampling_rate : float
        Of the positions, in Hz.
    episodes : DataFrame
        What `find_episodes` returns of these beats.
    duration : float
        Seconds that the recording lasts.
    start_time : datetime, default=None
        When it began. None shows the time since then.
    record_name : str, default=""
        Its name, for the title.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : dict of str to matplotlib Axes
        ``"rate"``, ``"episodes"``, ``"counts"``, ``"lorenz"``, and ``"key"``, which
        says what the colours mean.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.displays import RhythmDisplay
    >>> beats = make_ecg(
    ...     1, duration=900, atrial_fibrillation=[(300, 600)], random_state=0
    ... )
    >>> display = RhythmDisplay.from_beats(beats.data["sample"], beats.target, 360)
    >>> [text.get_text() for text in display.axes_["episodes"].get_yticklabels()]
    ['AF', 'V runs', 'S bigeminy etc.']
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        samples: np.ndarray,
        labels: np.ndarray,
        sampling_rate: float,
        episodes: pd.DataFrame,
        *,
        duration: float,
        start_time: datetime | None = None,
        record_name: str = "",
    ) -> None:
        self.samples = samples
        self.labels = labels
        self.sampling_rate = sampling_rate
        self.episodes = episodes
        self.duration = duration
        self.start_time = start_time
        self.record_name = record_name

    @classmethod
    def from_beats(
        cls,
        samples: ArrayLike,
        labels: ArrayLike,
        sampling_rate: float,
        episodes: pd.DataFrame | None = None,
        *,
        duration: float | None = None,
        start_time: datetime | None = None,
        record_name: str = "",
        figure: Figure | SubFigure | None = None,
    ) -> RhythmDisplay:
        """Plot the rhythm of labelled beats.

        Parameters
        ----------
        samples : array-like of int, shape (n_beats,)
            R peaks, rising.
        labels : array-like of str, shape (n_beats,)
            As :func:`~sklearn_ecg.rhythm.find_episodes` takes them.
        sampling_rate : float
            Of the positions, in Hz.
        episodes : DataFrame, default=None
            What `find_episodes` returns of these beats. None finds them; give them if
            signal was lost, or to set what an episode is.
        duration : float, default=None
            Seconds that the recording lasts; None is until its last beat.
        start_time : datetime, default=None
            When it began. None shows the time since then.
        record_name : str, default=""
            Its name, for the title.
        figure : matplotlib Figure or SubFigure, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : RhythmDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the lengths differ, or if episodes are to be found and positions fall or
            a label is not known.

        Examples
        --------
        See `RhythmDisplay`.
        """
        check_consistent_length(samples, labels)
        if episodes is None:
            episodes = find_episodes(samples, labels, sampling_rate, duration=duration)
        samples, labels = np.asarray(samples), np.asarray(labels, dtype=object)
        if duration is None:
            duration = float(samples[-1]) / sampling_rate if len(samples) else 0.0
        display = cls(
            samples,
            labels,
            sampling_rate,
            episodes,
            duration=duration,
            start_time=start_time,
            record_name=record_name,
        )
        return display.plot(figure=figure)

    def plot(self, *, figure: Figure | SubFigure | None = None) -> RhythmDisplay:
        """Draw the figure.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : RhythmDisplay
            The display itself.
        """
        import matplotlib.pyplot as plt

        beats, lanes = self._beats(), self._lanes()
        heights = (
            _HEIGHTS["rate"],
            _LANE_HEIGHT * max(len(lanes), 1),
            _HEIGHTS["counts"],
        )
        if figure is None:
            size = 10, sum(heights) + _MARGINS
            figure = plt.figure(figsize=size, layout="constrained")
        grid = figure.add_gridspec(3, 2, width_ratios=(2.5, 1), height_ratios=heights)
        cells = {"rate": grid[0, 0], "episodes": grid[1, 0], "counts": grid[2, 0]}
        cells |= {"lorenz": grid[0, 1], "key": grid[1:, 1]}
        self.figure_ = figure
        self.axes_ = {name: figure.add_subplot(cell) for name, cell in cells.items()}
        draw_rate(self.axes_["rate"], beats, self.duration)
        draw_lanes(self.axes_["episodes"], lanes, self.duration)
        draw_counts(self.axes_["counts"], beats, self.duration)
        draw_key(self.axes_["key"], self.duration)
        self._draw_lorenz(beats)
        self._draw_time()
        n_beats = len(beats)
        name = f"{self.record_name}: " if self.record_name else ""
        title = f"{name}{lasting(self.duration)}, {n_beats:,} beats"
        self.axes_["rate"].set_title(title, loc="left", fontsize=10)
        return self

    def _of_kind(self, kind):
        return self.episodes[self.episodes["kind"] == kind]

    def _lanes(self):
        summary = summarize(
            self.samples, self.labels, self.sampling_rate, self.episodes, self.duration
        )
        return list(lanes_of(self.episodes, summary))

    def _beats(self):
        """Return the beats with their time, interval before, rate, and rhythm."""
        is_beat = self.labels != NO_BEAT
        samples = self.samples[is_beat]
        times = samples / self.sampling_rate
        lost, af = self._of_kind("not analysable"), self._of_kind("AF")
        is_cut = np.append(True, touched(times[:-1], times[1:], lost))[: len(times)]
        interval = pd.Series(np.where(is_cut, np.nan, np.diff(samples, prepend=0)))
        mean = interval.rolling(_N_INTERVALS).mean()
        n_begun = np.searchsorted(af["start"], times, side="right")
        n_over = np.searchsorted(af["stop"], times, side="left")
        return pd.DataFrame(
            {
                "time": times,
                "label": self.labels[is_beat],
                "interval": interval,
                "rate": 60 * self.sampling_rate / mean.where(mean > 0),
                "in_af": n_begun > n_over,
            }
        )

    def _draw_lorenz(self, beats):
        before = beats["interval"].to_numpy()
        after = np.append(before[1:], np.nan)[: len(before)]
        label = beats["label"].to_numpy()
        is_ventricular = np.isin(label, ["V", "F"])
        others = pd.Series(label[~(is_ventricular | (label == "S"))])
        rest = others.mode().iloc[0] if len(others) else "N"
        kinds = np.select(
            [is_ventricular, beats["in_af"], label == "S"], ["V", "AF", "S"], rest
        )
        styles = styles_of_classes([rest, "S", "V"])
        colours = {name: colour for name, (colour, _) in styles.items()}
        whole = ~np.isnan(before + after)
        draw_lorenz(
            self.axes_["lorenz"],
            before[whole],
            after[whole],
            kinds[whole],
            colours | {"AF": AF_COLOUR},
            self.sampling_rate,
        )
        self.axes_["lorenz"].set_anchor("N")

    def _draw_time(self):
        lost = self._of_kind("not analysable")
        spans = list(zip(lost["start"], lost["stop"] - lost["start"], strict=True))
        for name in ("rate", "episodes", "counts"):
            ax = self.axes_[name]
            label_time(ax, self.duration, self.start_time)
            ax.grid(axis="x" if name == "episodes" else "both", color=GRID, lw=0.6)
            ax.set_axisbelow(True)
            ax.spines[["top", "right"]].set_visible(False)
            if name != "counts":
                ax.tick_params(axis="x", length=0, labelbottom=False)
                ax.set_xlabel("")
            if name != "episodes":
                height = ax.get_xaxis_transform()
                shade = {"color": LOST, "linewidth": 0}
                ax.broken_barh(spans, (0, 1), transform=height, **shade)

"""A strip of ECG with its beats labelled."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length

from .._messages import listed
from ..beats import check_table, rows_by_record, sample_numbers
from ..records import (
    ANY_LEAD,
    RecordingLike,
    as_recording,
    choose_leads,
    names_of,
    recording_name,
    to_millivolts,
)
from ._style import (
    GRID,
    LIGHT_COLOURS,
    TRACE,
    class_handles,
    legend_in_rows,
    legend_outside,
    styles_of_classes,
)

_MOST_LINES = 3
"""Of letters, and as many of true classes below them."""

_MOST_TRACE = 0.8

_LEAST_TRACE = 0.35

_LEAST_PITCH = 15.0
"""Points from a line to the next; badges need more."""

# In lines: from the top to the middle of the first, from the middle of the last down.
_ABOVE, _BELOW = 0.82, 0.53


def find_record(X, record):
    """Return one record of the beat table, and the positions of its rows."""
    records = rows_by_record(X)
    if isinstance(record, os.PathLike):
        record = os.fspath(record)
    if record is None:
        return records[0]
    found = [(source, rows) for source, rows in records if record in _names_of(source)]
    if len(found) == 1:
        return found[0]
    if found:
        paths = listed([str(source) for source, _ in found])
        raise ValueError(
            f"record={record!r} is the name of {len(found)} records of the beat table, "
            f"{paths}: give the path."
        )
    names = listed([recording_name(source) for source, _ in records])
    raise ValueError(
        f"record={record!r} is not in the beat table, whose records are {names}."
    )


def _names_of(source):
    name = recording_name(source)
    return (name, source) if isinstance(source, str) else (name,)


def start_of_interest(times, is_wrong, duration, recording):
    """Return a start that puts the first wrong beat, or the first, in the strip."""
    first = times[is_wrong].min() if is_wrong.any() else times.min()
    return max(0.0, min(first - duration / 3, recording.duration - duration))


def read_strip(recording, start, duration, lead):
    """Return the samples of one lead, itself, and where the strip starts in seconds."""
    if not duration > 0:
        raise ValueError(f"duration={duration!r} must be positive, in seconds.")
    if not 0 <= start < recording.duration:
        raise ValueError(
            f"start={start!r} is outside of record {recording.name!r}, which is "
            f"{recording.duration:g} s long."
        )
    index = _find_lead(recording, lead)
    stored = recording.source.leads[index]
    first = min(round(start * stored.sampling_rate), stored.n_samples - 1)
    stop = round((start + duration) * stored.sampling_rate)
    stop = max(first + 1, min(stop, stored.n_samples))
    [samples] = recording.source.read([index], [(first, stop)])
    samples = to_millivolts(samples, stored.unit)
    return samples, stored, first / stored.sampling_rate


def _find_lead(recording, lead):
    """Return the place of a lead; None means MLII, or else what speaks for an ECG."""
    wanted = ["MLII", ANY_LEAD] if lead is None else names_of("plot", "lead", lead)
    leads = recording.source.leads
    try:
        return choose_leads(recording.name, leads, wanted, first=True)[0].place
    except ValueError:
        if lead is not None:
            raise
        return 0


def arrange_labels(ax, letters, truths):
    """Put letters, and below them true classes, on lines on which none touch."""
    if not letters:
        return _MOST_TRACE
    height = _height_laid_out(ax)
    pitch = max(_LEAST_PITCH, *(_size(text)[1] for text in letters + truths))
    most = max(2, int((1 - _LEAST_TRACE) * height / pitch + 1 - _ABOVE - _BELOW))
    n_lines = _stack(ax, letters, 0, min(_MOST_LINES, most - 1), pitch)
    if truths:
        n_lines = _stack(ax, truths, n_lines, min(_MOST_LINES, most - n_lines), pitch)
    return min(_MOST_TRACE, 1 - pitch * (_ABOVE + n_lines - 1 + _BELOW) / height)


def limits_with_headroom(signal, share):
    """Return limits of the y-axis that leave a share of its height to the trace."""
    finite = np.asarray(signal)[np.isfinite(signal)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
    # A flat trace would otherwise be magnified until its rounding shows.
    half = 0.55 * max(high - low, 0.2)
    bottom = (low + high) / 2 - half
    return bottom, bottom + 2 * half / share


def lines_without_overlap(starts, ends, n_lines, order):
    """Give each interval the first line on which it touches no other; -1 if none is."""
    lines = np.full(len(starts), -1)
    for number in order:
        touches = (starts < ends[number]) & (ends > starts[number])
        free = set(range(n_lines)) - set(lines[touches].tolist())
        lines[number] = min(free, default=-1)
    return lines


def _height_laid_out(ax):
    """Lay the figure out, and return the axes' height in points."""
    before = ax.bbox.height
    engine = ax.figure.get_layout_engine()
    if engine is not None:
        engine.execute(ax.figure.figure)
    return _in_points(ax, min(before, ax.bbox.height))


def _stack(ax, texts, first, n_lines, pitch):
    """Move texts to the lines from the first on, and return the next that is free."""
    from matplotlib.transforms import offset_copy

    starts, ends = _spans(ax, texts)
    plain = [text.get_bbox_patch() is None for text in texts]
    order = np.argsort(plain, kind="stable")
    lines = lines_without_overlap(starts, ends, n_lines, order)
    for text, line in zip(texts, lines, strict=True):
        # From the top in points, so that lines keep their distance at any height.
        below = -pitch * (_ABOVE + first + line)
        across = ax.get_xaxis_transform()
        text.set_transform(offset_copy(across, ax.figure, y=below, units="points"))
        text.set_visible(line >= 0)
    return first + max(lines) + 1


def _spans(ax, texts):
    """Turn texts at the edges inwards, and return where each begins and ends."""
    points = [(text.get_position()[0], 0) for text in texts]
    left, right = _in_points(ax, ax.bbox.intervalx)
    centers = _in_points(ax, ax.transData.transform(points)[:, 0])
    halves = np.array([_size(text)[0] for text in texts]) / 2
    sides = np.select([centers - halves < left, centers + halves > right], [1, -1], 0)
    for text, side in zip(texts, sides.tolist(), strict=True):
        text.set_horizontalalignment({1: "left", -1: "right", 0: "center"}[side])
    middles = centers + sides * halves
    return middles - halves, middles + halves


def _size(text):
    """Return the width and height of a text in points, its badge and a gap included."""
    box = text.get_window_extent()
    gap, frame = 1.0, 1.6
    badge = 0 if text.get_bbox_patch() is None else 0.5 * text.get_fontsize() + frame
    return _in_points(text, np.array([box.width, box.height])) + badge + gap


def _in_points(artist, pixels):
    return pixels * 72 / artist.figure.dpi


if TYPE_CHECKING:
    from matplotlib.axes import Axes


class BeatDisplay:
    """A strip of ECG with its heartbeats labelled, and wrong labels marked.

    Above the trace stands the predicted class of each beat, a letter in the class's
    colour; beats other than N get a badge, and every R peak a marker of its class's
    shape. A misclassified beat has its background shaded, its badge framed, and its
    true class written below. Where only one kind of labels is known, true or predicted,
    they are shown, and nothing is marked as wrong.

    The labels of close beats stand on several lines. Where three lines are not enough,
    letters without a badge are hidden first; the markers stay.

    Use `from_estimator` or `from_predictions` to make one; all parameters are stored
    as attributes.

    Parameters
    ----------
    signal : ndarray of shape (n_samples,)
        The strip, in `units`.
    sampling_rate : float
        Sampling frequency of `signal`, in Hz.
    beat_times : ndarray of shape (n_beats,)
        The R peaks in the strip, in seconds from the beginning of the record.
    y_true : ndarray of shape (n_beats,), default=None
        True classes of these beats; None if nobody knows them.
    y_pred : ndarray of shape (n_beats,), default=None
        Predicted classes of these beats; None if nothing was predicted.
    start : float, default=0.0
        When the strip begins, in seconds from the beginning of the record.
    record_name : str, default=""
        Name of the record, for the x-axis.
    lead : str, default=""
        Name of the lead, for the y-axis.
    units : str, default="mV"
        Unit of `signal`, for the y-axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the strip.
    figure_ : matplotlib Figure
        Figure that holds the axes.
    line_ : matplotlib Line2D
        The trace.
    text_ : list of matplotlib Text
        The letters, one per beat, in time order.
    truth_text_ : list of matplotlib Text
        The true classes of the misclassified beats, in time order.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> import wfdb
    >>> from sklearn_ecg.datasets import beat_table
    >>> from sklearn_ecg.displays import BeatDisplay
    >>> r_peaks = np.arange(100, 2000, 250)
    >>> signal = np.zeros((2000, 1))
    >>> signal[r_peaks] = 1.0
    >>> record = wfdb.Record(
    ...     record_name="bedside", fs=250, n_sig=1, sig_name=["II"], units=["mV"],
    ...     p_signal=signal,
    ... )
    >>> X = beat_table(record, r_peaks)
    >>> display = BeatDisplay.from_predictions(
    ...     X, y_true=list("NNVNNNNN"), y_pred=list("NNVNNSNN"), start=0
    ... )
    >>> [text.get_text() for text in display.text_]
    ['N', 'N', 'V', 'N', 'N', 'S', 'N', 'N']
    >>> [text.get_text() for text in display.truth_text_]
    ['is N']
    >>> plt.close(display.figure_)

    Without known classes:

    >>> display = BeatDisplay.from_predictions(X, y_pred=list("NNVNNSNN"), start=0)
    >>> display.truth_text_
    []
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        signal: np.ndarray,
        sampling_rate: float,
        beat_times: np.ndarray,
        y_true: np.ndarray | None = None,
        y_pred: np.ndarray | None = None,
        *,
        start: float = 0.0,
        record_name: str = "",
        lead: str = "",
        units: str = "mV",
    ) -> None:
        self.signal = signal
        self.sampling_rate = sampling_rate
        self.beat_times = beat_times
        self.y_true = y_true
        self.y_pred = y_pred
        self.start = start
        self.record_name = record_name
        self.lead = lead
        self.units = units

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: pd.DataFrame,
        y: ArrayLike | None = None,
        *,
        record: str | os.PathLike | None = None,
        start: float | None = None,
        duration: float = 10.0,
        lead: str | None = None,
        ax: Axes | None = None,
    ) -> BeatDisplay:
        """Plot a strip with the predictions of a classifier.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier or Pipeline that takes the beat table. It predicts the
            beats of the one record.
        X : DataFrame of shape (n_beats, n_columns)
            The beat table.
        y : array-like of shape (n_beats,), default=None
            True classes; None if they are not known.
        record : str, default=None
            Name of the record, such as ``"200"``, or its path. None takes the first
            of the table.
        start : float, default=None
            When the strip begins, in seconds from the beginning of the record. None
            shows the first misclassified beat, or the first beat if none is.
        duration : float, default=10.0
            Length of the strip in seconds.
        lead : str, default=None
            Name of the lead to show. None shows MLII, or else the first lead.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new, wide figure.

        Returns
        -------
        display : BeatDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            As for `from_predictions`.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> import wfdb
        >>> from sklearn.dummy import DummyClassifier
        >>> from sklearn_ecg.datasets import beat_table
        >>> from sklearn_ecg.displays import BeatDisplay
        >>> record = wfdb.Record(
        ...     record_name="bedside", fs=250, n_sig=1, sig_name=["II"], units=["mV"],
        ...     p_signal=np.zeros((2000, 1)),
        ... )
        >>> X, y = beat_table(record, np.arange(100, 2000, 250)), list("NNVNNNNN")
        >>> classifier = DummyClassifier().fit(X, y)
        >>> display = BeatDisplay.from_estimator(classifier, X, y, start=0)
        >>> [text.get_text() for text in display.truth_text_]
        ['is V']
        >>> plt.close(display.figure_)
        """
        check_table(X, [])
        check_consistent_length(X, y)
        _, rows = find_record(X, record)
        X = X.iloc[rows]
        return cls.from_predictions(
            X,
            _rows_of(y, rows),
            estimator.predict(X),
            start=start,
            duration=duration,
            lead=lead,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        X: pd.DataFrame,
        y_true: ArrayLike | None = None,
        y_pred: ArrayLike | None = None,
        *,
        record: str | os.PathLike | None = None,
        start: float | None = None,
        duration: float = 10.0,
        lead: str | None = None,
        ax: Axes | None = None,
    ) -> BeatDisplay:
        """Plot a strip with given labels: predictions, true classes or both.

        Only the strip is read from the record.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            The beat table.
        y_true : array-like of shape (n_beats,), default=None
            True classes; None if they are not known.
        y_pred : array-like of shape (n_beats,), default=None
            Predicted classes; None shows `y_true` alone, such as the labels of an
            expert.
        record : str, default=None
            Name of the record, such as ``"200"``, or its path. None takes the first
            of the table.
        start : float, default=None
            When the strip begins, in seconds from the beginning of the record. None
            shows the first misclassified beat, or the first beat if none is.
        duration : float, default=10.0
            Length of the strip in seconds.
        lead : str, default=None
            Name of the lead to show. None shows MLII, or else the first lead.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new, wide figure.

        Returns
        -------
        display : BeatDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If `X` is no DataFrame.
        ValueError
            If `X` is no beat table, neither `y_true` nor `y_pred` is given, the lengths
            differ, the table does not have the record, the record does not have the
            lead, or the strip lies outside it.

        Examples
        --------
        See `BeatDisplay`.
        """
        check_table(X, [])
        check_consistent_length(X, y_true, y_pred)
        source, rows = find_record(X, record)
        y_true, y_pred = _rows_of(y_true, rows), _rows_of(y_pred, rows)
        is_wrong = _is_wrong(y_true, y_pred)
        recording = as_recording(source)
        times = sample_numbers(X)[rows] / recording.sampling_rate
        if start is None:
            start = start_of_interest(times, is_wrong, duration, recording)
        return cls._of_strip(
            recording, start, duration, lead, times, y_true, y_pred
        ).plot(ax=ax)

    @classmethod
    def from_recording(
        cls,
        recording: RecordingLike,
        times: ArrayLike,
        labels: ArrayLike,
        *,
        start: float = 0.0,
        duration: float = 10.0,
        lead: str | None = None,
        ax: Axes | None = None,
    ) -> BeatDisplay:
        """Plot a strip of a recording with labels that need no beat table.

        Parameters
        ----------
        recording : Recording, str, path-like or wfdb.Record
            The recording, or its path.
        times : array-like of shape (n_beats,)
            The R peaks, in seconds from the beginning of the recording.
        labels : array-like of shape (n_beats,)
            Their labels.
        start, duration : float, default=0 and 10
            Where the strip begins and how long it is, in seconds.
        lead : str, default=None
            Name of the lead to show. None shows MLII, or else the first lead.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new, wide figure.

        Returns
        -------
        display : BeatDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the lengths differ, the recording does not have the lead, or the strip
            lies outside it.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn_ecg.displays import BeatDisplay
        >>> from sklearn_ecg.records import recording_from_array
        >>> recording = recording_from_array(np.zeros(2000), 250, "II")
        >>> display = BeatDisplay.from_recording(recording, [1.2, 2, 2.5], list("NNV"))
        >>> [text.get_text() for text in display.text_]
        ['N', 'N', 'V']
        >>> plt.close(display.figure_)
        """
        check_consistent_length(times, labels)
        times, labels = np.asarray(times, dtype=float), np.asarray(labels)
        display = cls._of_strip(
            as_recording(recording), start, duration, lead, times, None, labels
        )
        return display.plot(ax=ax)

    @classmethod
    def _of_strip(cls, recording, start, duration, lead, times, y_true, y_pred):
        """Read a strip, and show the beats in it."""
        signal, stored, start = read_strip(recording, start, duration, lead)
        stop = start + len(signal) / stored.sampling_rate
        shown = np.flatnonzero((times >= start) & (times < stop))
        shown = shown[np.argsort(times[shown], kind="stable")]
        return cls(
            signal,
            stored.sampling_rate,
            times[shown],
            _rows_of(y_true, shown),
            _rows_of(y_pred, shown),
            start=start,
            record_name=recording.name,
            lead=stored.name,
            units=recording.units[stored.name],
        )

    def plot(self, *, ax: Axes | None = None) -> BeatDisplay:
        """Draw the strip.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new, wide figure.

        Returns
        -------
        display : BeatDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the display has neither true nor predicted classes.
        """
        import matplotlib.pyplot as plt

        if ax is None:
            seconds = len(self.signal) / self.sampling_rate
            width = min(max(1.1 * seconds, 9), 22)
            _, ax = plt.subplots(figsize=(width, 3.4), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self._draw_trace()
        self._draw_beats()
        handles = class_handles(self._styles, len(self.truth_text_) > 0)
        if handles and not legend_outside([ax], handles, "upper left"):
            above = {"bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
            legend_in_rows(ax, handles, loc="lower left", **above)
        share = arrange_labels(ax, self.text_, self.truth_text_)
        ax.set_ylim(*limits_with_headroom(self.signal, share))
        return self

    def _draw_trace(self):
        times = self.start + np.arange(len(self.signal)) / self.sampling_rate
        ax = self.ax_
        (self.line_,) = ax.plot(times, self.signal, color=TRACE, linewidth=0.9)
        ax.set_xlim(self.start, self.start + len(self.signal) / self.sampling_rate)
        record = f"record {self.record_name}" if self.record_name else "the record"
        ax.set_xlabel(f"Time from the beginning of {record} (s)")
        ax.set_ylabel(f"{self.lead} ({self.units})".strip())
        ax.grid(which="major", color=GRID, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)

    def _draw_beats(self):
        self.text_, self.truth_text_ = [], []
        is_wrong = _is_wrong(self.y_true, self.y_pred)
        given = [y for y in (self.y_true, self.y_pred) if y is not None]
        self._styles = styles_of_classes(np.concatenate(given))
        for time, label, wrong in zip(
            self.beat_times, given[-1], is_wrong, strict=True
        ):
            self._draw_marker(time, label)
            self.text_.append(self._draw_letter(time, label, wrong))
        for beat in np.flatnonzero(is_wrong):
            truth = self._draw_truth(self.beat_times[beat], self.y_true[beat])
            self.truth_text_.append(truth)

    def _draw_marker(self, time, label):
        colour, marker = self._styles[label]
        sample = round((time - self.start) * self.sampling_rate)
        height = self.signal[min(sample, len(self.signal) - 1)]
        self.ax_.plot(
            time,
            height,
            marker=marker,
            color=colour,
            markersize=5.5,
            markeredgecolor="white",
            markeredgewidth=0.6,
            linestyle="none",
            zorder=3,
        )

    def _draw_letter(self, time, label, is_wrong):
        colour, _ = self._styles[label]
        badge = None
        text_colour = colour
        if label != "N" or is_wrong:
            edge = "black" if is_wrong else colour
            badge = {"boxstyle": "round,pad=0.25", "facecolor": colour}
            badge |= {"edgecolor": edge, "linewidth": 1.6 if is_wrong else 0.8}
            text_colour = "black" if colour in LIGHT_COLOURS else "white"
        return self._write(time, label, color=text_colour, bbox=badge)

    def _draw_truth(self, time, label):
        self.ax_.axvspan(time - 0.15, time + 0.15, color="#000000", alpha=0.10, lw=0)
        return self._write(time, f"is {label}", color="black")

    def _write(self, time, text, **style):
        return self.ax_.text(
            time,
            1,
            str(text),
            transform=self.ax_.get_xaxis_transform(),
            ha="center",
            va="center",
            fontsize=9,
            fontweight="bold",
            **style,
        )


def _rows_of(labels, rows):
    return None if labels is None else np.asarray(labels)[rows]


def _is_wrong(y_true, y_pred):
    """Return which of the labels shown are known to be wrong."""
    if y_true is None and y_pred is None:
        raise ValueError("There is no label to show: give y_pred, y_true or both.")
    if y_true is None or y_pred is None:
        return np.zeros(len(y_true if y_pred is None else y_pred), dtype=bool)
    return np.asarray(y_true) != np.asarray(y_pred)

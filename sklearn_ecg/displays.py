"""Figures in scikit-learn's pattern: ECG strips with labels, scores along a pruning.

Colours are those of Okabe and Ito, which colour-blind readers tell apart; each comes
with a marker or a letter of its own, so that a grey print says the same.
"""

from collections.abc import Mapping
from copy import copy
from itertools import cycle

import numpy as np
import pandas as pd
import wfdb
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from ._table import check_table, rows_by_record, sample_numbers
from .datasets import AAMI_CLASSES
from .datasets._records import read_timing
from .model_selection import listed, record_name

__all__ = ["BeatDisplay", "PruningPathDisplay"]

# Okabe & Ito, "Color Universal Design", 2008, without black and yellow: black is the
# trace, and yellow is too light on white.
_COLOURS = ("#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9")
_MARKERS = ("o", "^", "s", "D", "X", "v", "P", "*")
_LINE_STYLES = ("-", "--", "-.", ":")

_AAMI_MEANINGS = {
    "N": "normal",
    "S": "supraventricular ectopic",
    "V": "ventricular ectopic",
    "F": "fusion",
    "Q": "paced or unclassifiable",
}

_TRACE = "#222222"
_GREYS = ("#222222", "#8A8A8A")
_GRID = "#DDDDDD"
_LIGHT_COLOURS = {"#E69F00", "#56B4E9", "#CC79A7"}

# Parts of the axes' height: the letters stand above the trace, never on it.
_TRACE_SHARE = 0.80
_LETTER_HEIGHT = 0.93
_TRUTH_HEIGHT = 0.845

_SPARSITY_TICKS = (0, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999)
_PATH_AXES = {
    "sparsity": "Sparsity: weights that are zero",
    "n_nonzero": "Non-zero weights",
    "macs": "MACs per beat",
}


class BeatDisplay:
    """A strip of ECG with its heartbeats labelled, and wrong labels marked.

    Above the trace stands the predicted class of each beat, a letter in the class's
    colour; beats other than N get a badge, and every R peak a marker of its class's
    shape. A misclassified beat has its background shaded, its badge framed, and its
    true class written below.

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
    y_true : ndarray of shape (n_beats,)
        True classes of these beats.
    y_pred : ndarray of shape (n_beats,)
        Predicted classes of these beats.
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
        The predicted classes, one per beat, in time order.
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
    """

    def __init__(
        self,
        signal,
        sampling_rate,
        beat_times,
        y_true,
        y_pred,
        *,
        start=0.0,
        record_name="",
        lead="",
        units="mV",
    ):
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
        estimator,
        X,
        y,
        *,
        record=None,
        start=None,
        duration=10.0,
        lead=None,
        ax=None,
    ):
        """Plot a strip with the predictions of a classifier.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier or Pipeline that takes the beat table. It predicts the
            beats of the one record.
        X : DataFrame of shape (n_beats, n_columns)
            The beat table.
        y : array-like of shape (n_beats,)
            True classes.
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
        _, rows = _find_record(X, record)
        X, y = X.iloc[rows], np.asarray(y)[rows]
        return cls.from_predictions(
            X, y, estimator.predict(X), start=start, duration=duration, lead=lead, ax=ax
        )

    @classmethod
    def from_predictions(
        cls,
        X,
        y_true,
        y_pred,
        *,
        record=None,
        start=None,
        duration=10.0,
        lead=None,
        ax=None,
    ):
        """Plot a strip with given predictions.

        Only the strip is read from the record.

        Parameters
        ----------
        X : DataFrame of shape (n_beats, n_columns)
            The beat table.
        y_true : array-like of shape (n_beats,)
            True classes. (Where they are not known, `y_pred` again.)
        y_pred : array-like of shape (n_beats,)
            Predicted classes.
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
            If `X` is no beat table, the lengths differ, the table does not have the
            record, the record does not have the lead, or the strip lies outside it.

        Examples
        --------
        See `BeatDisplay`.
        """
        check_table(X, [])
        check_consistent_length(X, y_true, y_pred)
        source, rows = _find_record(X, record)
        y_true, y_pred = np.asarray(y_true)[rows], np.asarray(y_pred)[rows]
        timing = read_timing(source)
        times = sample_numbers(X)[rows] / timing.sampling_rate
        if start is None:
            start = _start_of_interest(times, y_true != y_pred, duration, timing)
        signal, lead, units, start = _read_strip(source, timing, start, duration, lead)
        stop = start + len(signal) / timing.sampling_rate
        shown = np.flatnonzero((times >= start) & (times < stop))
        shown = shown[np.argsort(times[shown], kind="stable")]
        display = cls(
            signal,
            timing.sampling_rate,
            times[shown],
            y_true[shown],
            y_pred[shown],
            start=start,
            record_name=record_name(source),
            lead=lead,
            units=units,
        )
        return display.plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw the strip.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new, wide figure.

        Returns
        -------
        display : BeatDisplay
            The display itself.
        """
        import matplotlib.pyplot as plt

        if ax is None:
            seconds = len(self.signal) / self.sampling_rate
            width = min(max(1.1 * seconds, 9), 22)
            _, ax = plt.subplots(figsize=(width, 3.4), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self._draw_trace()
        self._draw_beats()
        self._draw_legend()
        return self

    def _draw_trace(self):
        times = self.start + np.arange(len(self.signal)) / self.sampling_rate
        ax = self.ax_
        (self.line_,) = ax.plot(times, self.signal, color=_TRACE, linewidth=0.9)
        ax.set_xlim(self.start, self.start + len(self.signal) / self.sampling_rate)
        ax.set_ylim(*_limits_with_headroom(self.signal))
        record = f"record {self.record_name}" if self.record_name else "the record"
        ax.set_xlabel(f"Time from the beginning of {record} (s)")
        ax.set_ylabel(f"{self.lead} ({self.units})".strip())
        ax.grid(which="major", color=_GRID, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)

    def _draw_beats(self):
        self.text_, self.truth_text_ = [], []
        self._styles = _styles_of(np.concatenate([self.y_true, self.y_pred]))
        beats = zip(self.beat_times, self.y_true, self.y_pred, strict=True)
        for time, true, predicted in beats:
            self._draw_marker(time, predicted)
            is_wrong = true != predicted
            self.text_.append(self._draw_letter(time, predicted, is_wrong))
            if is_wrong:
                self.truth_text_.append(self._draw_truth(time, true))

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
            text_colour = "black" if colour in _LIGHT_COLOURS else "white"
        return self._write(time, _LETTER_HEIGHT, label, color=text_colour, bbox=badge)

    def _draw_truth(self, time, label):
        self.ax_.axvspan(time - 0.15, time + 0.15, color="#000000", alpha=0.10, lw=0)
        return self._write(time, _TRUTH_HEIGHT, f"is {label}", color="black")

    def _write(self, time, height, text, **style):
        return self.ax_.text(
            time,
            height,
            str(text),
            transform=self.ax_.get_xaxis_transform(),
            ha="center",
            va="center",
            fontsize=9,
            fontweight="bold",
            **style,
        )

    def _draw_legend(self):
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        handles = [
            Line2D(
                [],
                [],
                marker=marker,
                color=colour,
                linestyle="none",
                label=_with_meaning(label),
            )
            for label, (colour, marker) in self._styles.items()
        ]
        if self.truth_text_:
            shading = Patch(facecolor="#E5E5E5", edgecolor="black")
            shading.set_label("misclassified; below, what it is")
            handles.append(shading)
        if handles:
            self.ax_.legend(
                handles=handles,
                loc="lower left",
                bbox_to_anchor=(0.0, 1.0),
                ncols=len(handles),
                frameon=False,
                fontsize="small",
                handletextpad=0.4,
                columnspacing=1.2,
                borderaxespad=0.2,
            )


class PruningPathDisplay:
    """Scores of a network along its pruning, against what is left of it.

    Use `from_estimator` or `from_paths` to make one, or give a path; all parameters
    are stored as attributes.

    Parameters
    ----------
    path : DataFrame or list of dict
        One entry per stage, with ``sparsity`` or another quantity for the x-axis
        (``n_nonzero``, ``macs``), and scores. A score can be a mapping from class to
        score: then each class is a curve.
    low : DataFrame, default=None
        Lower ends of the error bands, with the columns of `path`; None draws none.
    high : DataFrame, default=None
        Upper ends of the error bands, with the columns of `path`; None draws none.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the curves.
    figure_ : matplotlib Figure
        Figure that holds the axes.
    lines_ : dict of str to matplotlib Line2D
        The curves by the name of the score.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_ecg.displays import PruningPathDisplay
    >>> stages = [
    ...     {"sparsity": 0.0, "n_nonzero": 40_000, "validation_score": 0.96},
    ...     {"sparsity": 0.6, "n_nonzero": 16_000, "validation_score": 0.96},
    ...     {"sparsity": 0.9, "n_nonzero": 4_000, "validation_score": 0.95},
    ... ]
    >>> display = PruningPathDisplay(stages).plot(x="n_nonzero")
    >>> list(display.lines_)
    ['validation_score']
    >>> plt.close(display.figure_)
    """

    def __init__(self, path, *, low=None, high=None):
        self.path = path
        self.low = low
        self.high = high

    @classmethod
    def from_estimator(cls, estimator, *, x="sparsity", scores=None, ax=None):
        """Plot the stages of a fitted classifier.

        Parameters
        ----------
        estimator : PrunedCNNClassifier or Pipeline
            A fitted classifier with the attribute ``stages_``, or a fitted Pipeline
            that ends with one.
        x : {"sparsity", "n_nonzero", "macs"}, default="sparsity"
            The quantity on the x-axis, from dense at the left to sparse.
        scores : str or list of str, default=None
            The scores to draw. None draws every score of the stages.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : PruningPathDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier has no stages yet.
        ValueError
            As for `plot`.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn_ecg import PrunedCNNClassifier
        >>> from sklearn_ecg.displays import PruningPathDisplay
        >>> rng = np.random.default_rng(0)
        >>> y = np.repeat(["N", "V"], 30)
        >>> X = rng.normal(size=(60, 64)) + (y == "V")[:, np.newaxis]
        >>> classifier = PrunedCNNClassifier(n_stages=1, n_epochs=1)
        >>> _ = classifier.fit(X, y)
        >>> display = PruningPathDisplay.from_estimator(classifier, x="macs")
        >>> list(display.lines_)
        ['train_score']
        >>> plt.close(display.figure_)
        """
        classifier = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        check_is_fitted(classifier, "stages_")
        return cls(classifier.stages_).plot(x=x, scores=scores, ax=ax)

    @classmethod
    def from_paths(cls, paths, *, x="sparsity", scores=None, ax=None):
        """Plot several paths, of seeds or of folds, as one with error bands.

        The curve is the median of the paths at each stage, the band is their range.

        Parameters
        ----------
        paths : list of (DataFrame or list of dict)
            Paths through the same sparsities, as in ``[a.stages_, b.stages_]``.
        x : {"sparsity", "n_nonzero", "macs"}, default="sparsity"
            The quantity on the x-axis, from dense at the left to sparse. Where the
            paths differ in it, its median.
        scores : str or list of str, default=None
            The scores to draw. None draws every score that all paths have.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : PruningPathDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there is no path, the paths go through different sparsities, or as for
            `plot`.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn_ecg.displays import PruningPathDisplay
        >>> paths = [
        ...     [{"sparsity": 0.0, "f1_score": 0.96}, {"sparsity": 0.9, "f1_score": s}]
        ...     for s in (0.93, 0.94, 0.92)
        ... ]
        >>> display = PruningPathDisplay.from_paths(paths)
        >>> display.path["f1_score"].tolist()
        [0.96, 0.93]
        >>> plt.close(display.figure_)
        """
        tables = [_as_table(path) for path in paths]
        _check_same_sparsities(tables)
        columns = [c for c in tables[0] if all(c in table for table in tables)]
        stages = pd.concat([t[columns] for t in tables], keys=range(len(tables)))
        numbers = stages.select_dtypes("number").groupby(level=1)
        display = cls(numbers.median(), low=numbers.min(), high=numbers.max())
        return display.plot(x=x, scores=scores, ax=ax)

    def plot(self, *, x="sparsity", scores=None, ax=None):
        """Draw the curves.

        Parameters
        ----------
        x : {"sparsity", "n_nonzero", "macs"}, default="sparsity"
            The quantity on the x-axis, from dense at the left to sparse. The axis is
            logarithmic in what is left, so that 90 % and 99 % are as far apart as 0 %
            and 90 %.
        scores : str or list of str, default=None
            The scores to draw: names of columns, or of mappings, which stand for all
            of their classes. None draws every score: all columns with "score",
            "accuracy", "recall" or "f1" in their names, and all mappings.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : PruningPathDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the path has no stage, or lacks `x` or the scores.
        """
        import matplotlib.pyplot as plt

        path = _as_table(self.path)
        _check_path_axis(x, path)
        names = _chosen_scores(path, scores)
        if ax is None:
            _, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = {}
        for name, style in _curve_styles(names).items():
            label = name.replace("_", " ")
            (line,) = ax.plot(path[x], path[name], label=label, **style)
            self._draw_band(path[x], name, line.get_color())
            self.lines_[name] = line
        _set_path_axis(ax, x, path[x])
        ax.set_ylabel("Score")
        ax.grid(color=_GRID, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="best", frameon=False, handlelength=3)
        return self

    def _draw_band(self, positions, name, colour):
        if self.low is None or self.high is None:
            return
        low, high = _as_table(self.low)[name], _as_table(self.high)[name]
        self.ax_.fill_between(positions, low, high, color=colour, alpha=0.18, lw=0)


def _find_record(X, record):
    """Return one record of the beat table, and the positions of its rows."""
    records = rows_by_record(X)
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
    names = listed([record_name(source) for source, _ in records])
    raise ValueError(
        f"record={record!r} is not in the beat table, whose records are {names}."
    )


def _names_of(source):
    name = record_name(source)
    return (name, source) if isinstance(source, str) else (name,)


def _start_of_interest(times, is_wrong, duration, timing):
    """Return a start that puts the first wrong beat, or the first, in the strip."""
    first = times[is_wrong].min() if is_wrong.any() else times.min()
    latest = timing.n_samples / timing.sampling_rate - duration
    return max(0.0, min(first - duration / 3, latest))


def _read_strip(source, timing, start, duration, lead):
    """Return the samples of one lead, its name and unit, and the start in seconds."""
    length = timing.n_samples / timing.sampling_rate
    if not duration > 0:
        raise ValueError(f"duration={duration!r} must be positive, in seconds.")
    if not 0 <= start < length:
        raise ValueError(
            f"start={start!r} is outside of record {record_name(source)!r}, which is "
            f"{length:g} s long."
        )
    first = min(round(start * timing.sampling_rate), timing.n_samples - 1)
    stop = round((start + duration) * timing.sampling_rate)
    stop = max(first + 1, min(stop, timing.n_samples))
    record, signals = _read_signals(source, first, stop)
    column = _find_lead(record, lead, source)
    units = record.units[column] if record.units else ""
    lead = record.sig_name[column]
    return signals[:, column], lead, units, first / timing.sampling_rate


def _read_signals(source, first, stop):
    """Return the record, and all its leads from one sample up to another."""
    if isinstance(source, wfdb.Record):
        return source, _signals_in_memory(source, first, stop)
    try:
        record = wfdb.rdrecord(source, sampfrom=first, sampto=stop)
    except OSError:
        raise
    # wfdb meets a damaged file with whatever its parser stumbles over first.
    except Exception as error:
        raise ValueError(
            f"The signal of record {source} cannot be read: a file of it is truncated "
            f"or damaged ({type(error).__name__}: {error})."
        ) from error
    return record, record.p_signal


def _signals_in_memory(record, first, stop):
    if record.p_signal is not None:
        return np.asarray(record.p_signal)[first:stop]
    part = copy(record)
    part.d_signal = np.asarray(record.d_signal)[first:stop]
    # The format tells which value stands for a missing sample; 16 is wfdb's own.
    part.fmt = part.fmt or ["16"] * part.d_signal.shape[1]
    return part.dac()


def _find_lead(record, lead, source):
    """Return the column of a lead; None means MLII, or else the first."""
    names = list(record.sig_name)
    if lead is None:
        return names.index("MLII") if "MLII" in names else 0
    if lead not in names:
        raise ValueError(
            f"Record {record_name(source)!r} has no lead {lead!r}; its leads are "
            f"{listed(names)}."
        )
    return names.index(lead)


def _limits_with_headroom(signal):
    """Return limits of the y-axis that leave room for the letters above the trace."""
    finite = np.asarray(signal)[np.isfinite(signal)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
    # A flat trace would otherwise be magnified until its rounding shows.
    half = 0.55 * max(high - low, 0.2)
    bottom = (low + high) / 2 - half
    return bottom, bottom + 2 * half / _TRACE_SHARE


def _styles_of(labels):
    """Return colour and marker of each label; those of the AAMI classes are fixed."""
    fixed = dict(zip(AAMI_CLASSES, zip(_COLOURS, _MARKERS, strict=False), strict=False))
    present = list(dict.fromkeys(np.asarray(labels).tolist()))
    if set(present) <= set(fixed):
        return {label: style for label, style in fixed.items() if label in present}
    styles = zip(cycle(_COLOURS), cycle(_MARKERS), strict=False)
    return dict(zip(sorted(present, key=str), styles, strict=False))


def _with_meaning(label):
    meaning = _AAMI_MEANINGS.get(label)
    return f"{label}  {meaning}" if meaning else str(label)


def _as_table(path):
    """Return a path as a DataFrame, each class of a mapping as a column of its own."""
    table = pd.DataFrame(path).reset_index(drop=True)
    if table.empty:
        raise ValueError("The pruning path has no stage; at least one is needed.")
    columns = {}
    for name, values in table.items():
        if isinstance(values.iloc[0], Mapping):
            by_class = pd.DataFrame(list(values))
            columns |= {f"{name}: {label}": by_class[label] for label in by_class}
        else:
            columns[name] = values
    return pd.DataFrame(columns)


def _check_same_sparsities(tables):
    if not tables:
        raise ValueError("paths is empty; at least one pruning path is needed.")
    for number, table in enumerate(tables):
        _check_path_axis("sparsity", table)
        sparsities = table["sparsity"].to_numpy(), tables[0]["sparsity"].to_numpy()
        # Rounding to whole weights may differ by one weight per layer.
        if len(table) != len(tables[0]) or not np.allclose(*sparsities, atol=1e-3):
            raise ValueError(
                "The paths must go through the same sparsities; path 0 goes through "
                f"{_sparsities(tables[0])}, path {number} through {_sparsities(table)}."
            )


def _sparsities(table):
    return ", ".join(f"{sparsity:.3g}" for sparsity in table["sparsity"])


def _check_path_axis(x, path):
    allowed = [name for name in _PATH_AXES if name in path]
    if x not in allowed:
        raise ValueError(
            f"x={x!r} is not among the quantities of this pruning path, which are "
            f"{listed(allowed) or 'none'}."
        )


def _chosen_scores(path, scores):
    """Return the columns to draw."""
    available = [name for name in path.select_dtypes("number") if _is_score(name)]
    if scores is None:
        wanted = available
    else:
        chosen = [scores] if isinstance(scores, str) else list(scores)
        wanted = [column for name in chosen for column in _columns_of(path, name)]
    if not wanted:
        raise ValueError(
            f"The pruning path has no scores to draw; its columns are "
            f"{listed(list(path.columns))}."
        )
    return wanted


def _is_score(name):
    words = ("score", "accuracy", "recall", "f1")
    return ": " in name or any(word in name.lower() for word in words)


def _columns_of(path, name):
    columns = [column for column in path if column == name]
    columns += [column for column in path if column.startswith(f"{name}: ")]
    if not columns:
        raise ValueError(
            f"The pruning path has no score {name!r}; its columns are "
            f"{listed(list(path.columns))}."
        )
    return columns


def _curve_styles(names):
    """Return the style of each curve: colours for classes, greys for overall scores."""
    split = {name: name.rpartition(": ") for name in names}
    of_classes = {name: label for name, (score, _, label) in split.items() if score}
    class_styles = _styles_of(list(of_classes.values()))
    scores = list(dict.fromkeys(split[name][0] for name in of_classes))
    overall = [name for name in names if name not in of_classes]
    greys = cycle(_GREYS if of_classes else (_TRACE, *_COLOURS))
    markers, lines = cycle(_MARKERS), cycle(("--", ":") if of_classes else _LINE_STYLES)
    styles = {
        name: {"color": next(greys), "marker": next(markers), "linestyle": next(lines)}
        for name in overall
    }
    for name, label in of_classes.items():
        colour, marker = class_styles[label]
        line = _LINE_STYLES[scores.index(split[name][0]) % len(_LINE_STYLES)]
        styles[name] = {"color": colour, "marker": marker, "linestyle": line}
    return {name: {"markersize": 5, "linewidth": 1.5} | styles[name] for name in names}


def _set_path_axis(ax, x, positions):
    """Scale the x-axis by the logarithm of what is left, from dense to sparse."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

    ax.set_xlabel(_PATH_AXES[x])
    if x == "sparsity":
        ax.set_xscale(
            "function", functions=(lambda s: -np.log1p(-s), lambda t: -np.expm1(-t))
        )
        ticks = [tick for tick in _SPARSITY_TICKS if tick <= positions.max() + 1e-3]
        ax.set_xticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
        return
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.invert_xaxis()

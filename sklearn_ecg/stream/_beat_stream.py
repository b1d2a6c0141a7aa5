"""Labelled beats from a live signal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline

from ..detection._decision import LONGEST_WAIT
from ..detection._detector import RPeakDetector
from ..records._lead_choice import (
    choose_leads,
    choose_second,
    names_of,
    tell_of_choices,
)
from ..records._recording import StoredLead
from ..windows._row_stream import RowStream
from ._model import UNKNOWN, Labeller

_NONE = np.zeros(0, dtype=np.int64)

_MARGIN = 2.0
"""Seconds beside the longest wait, for the learning and the delay of the filters."""


class RPeakSource(Protocol):
    """Whatever finds R peaks in a live signal, such as `RPeakDetector`."""

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Take samples of one lead; return R peaks in samples since the start."""

    def flush(self) -> np.ndarray:
        """Return the last R peaks."""


class BeatStream:
    """Find and label the beats of a signal that comes piece by piece.

    However the signal is cut into pieces, the beats, labels and probabilities are those
    of :func:`annotate` on the whole recording, to the last bit.

    A beat is certain when its window is complete and, if a feature of the model asks
    for ``rr_next``, when the next beat is. Without ``rr_next`` that is at most the
    window after the R peak and 0.35 s for the detector (0.8 s by default); with it,
    one RR interval and 0.35 s. A beat that the detector finds by searching back comes
    later, and so do those of the first 2 s.

    What is remembered does not grow: about 25 s of signal, and what is typical of the
    patient. `copy.deepcopy` and pickle keep all of it.

    Parameters
    ----------
    model : Pipeline
        Fitted, of a `BeatSegmenter` and a classifier. Parameters of the segmenter that
        look at the whole recording (`baseline`, `bandpass`, ``normalize="record"``)
        are refused.
    sampling_rate : float
        In Hz, from 100 to 2000.
    leads : str or sequence of str, default=None
        Names of the leads that are pushed, one for each column. The model reads those
        that its segmenter names, and a `MultiLeadPipeline` a second one if it is there.
        None means those of the segmenter; in their order, if it reads several
        (``channels="all"``).
    r_peaks : object with `push` and `flush`, default=None
        Another source of R peaks, which is handed the samples of the first lead that
        the model reads. None is `RPeakDetector`.

    Attributes
    ----------
    quality : DataFrame of shape (n_stretches, 3)
        Stretches without beats to see that have ended, as `RPeakDetector` tells them.

    Raises
    ------
    TypeError
        If `model` is no such Pipeline.
    ValueError
        If a parameter is not allowed, or the model reads none of the leads.

    See Also
    --------
    annotate : The same for a whole recording.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ecg import make_beat_pipeline
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.stream import BeatStream
    >>> beats = make_ecg(2, duration=60, random_state=0)
    >>> model = make_beat_pipeline(n_epochs=2, n_stages=1, random_state=0)
    >>> model = model.fit(beats.data, beats.target)
    >>> stream = BeatStream(model, sampling_rate=360)
    >>> signal = beats.records[0].p_signal[:, 0]
    >>> for second in np.array_split(signal, 60):
    ...     for beat in stream.push(second).itertuples():
    ...         pass  # beat.time, beat.label
    >>> stream.flush().columns.tolist()[:4]
    ['time', 'sample', 'label', 'p_N']
    """

    def __init__(
        self,
        model: Pipeline,
        sampling_rate: float,
        leads: str | Sequence[str] | None = None,
        *,
        r_peaks: RPeakSource | None = None,
    ) -> None:
        self._labeller = Labeller(model)
        segmenter = self._labeller.segmenter
        self._detector = RPeakDetector(sampling_rate) if r_peaks is None else r_peaks
        self.sampling_rate = float(sampling_rate)
        self._n_pushed, self._views = _columns_of(
            segmenter, leads, self._labeller.second_leads, self.sampling_rate
        )
        memory = LONGEST_WAIT + _MARGIN
        self._rows: list[RowStream] = []
        for view in self._views:
            first = self._rows[0] if self._rows else None
            rows = RowStream(segmenter, self.sampling_rate, list(view), memory, first)
            self._rows.append(rows)
        # Most pushes of a live signal complete no beat.
        self._no_beats: pd.DataFrame | None = None
        self._no_beats = self._labelled([rows.flush(_NONE) for rows in self._rows])

    def push(self, samples: ArrayLike) -> pd.DataFrame:
        """Take the next samples.

        Parameters
        ----------
        samples : array-like of shape (n_samples,) or (n_samples, n_leads)
            In millivolts, NaN where a sample is missing; any number of them.

        Returns
        -------
        DataFrame of shape (n_beats, n_columns)
            The beats that are certain now, in time order: ``time`` in seconds and
            ``sample``, since the first `push`; ``label``, ``"?"`` if the window of the
            beat holds a missing sample; ``p_<class>``, the probability of each class;
            ``rr_prev`` in seconds, NaN for the first beat; ``quality``, ``"good"`` or
            ``"no signal"``.

        Raises
        ------
        ValueError
            If the samples are no numbers, or of another number of leads. The stream
            stays what it was.
        """
        blocks = self._checked(samples)
        r_peaks = self._detector.push(blocks[0][:, 0].copy())
        return self._labelled(
            [
                rows.push(block, r_peaks)
                for rows, block in zip(self._rows, blocks, strict=True)
            ]
        )

    def flush(self) -> pd.DataFrame:
        """End the recording.

        Returns
        -------
        DataFrame
            The last beats, as `push` gives them.
        """
        r_peaks = self._detector.flush()
        return self._labelled([rows.flush(r_peaks) for rows in self._rows])

    @property
    def quality(self) -> pd.DataFrame:
        """Stretches without beats to see; empty if the source of R peaks tells none."""
        columns = ["start", "stop", "reason"]
        return getattr(self._detector, "quality", pd.DataFrame(columns=columns))

    def _checked(self, samples):
        block = np.asarray(samples)
        if block.ndim == 1 and self._n_pushed == 1:
            block = block[:, np.newaxis]
        if block.ndim != 2 or block.shape[1] != self._n_pushed:
            raise ValueError(
                f"samples has the shape {block.shape}; this stream takes "
                f"(n_samples, {self._n_pushed}), a column for each lead."
            )
        if block.dtype.kind not in "iuf":
            raise ValueError(
                f"samples must be numbers, in millivolts; they are of type "
                f"{block.dtype}."
            )
        return [
            block[:, list(view.values())].astype(float, order="C")
            for view in self._views
        ]

    def _labelled(self, views):
        first = views[0]
        if len(first.r_peaks) == 0 and self._no_beats is not None:
            return self._no_beats.copy()
        labels = self._labeller.labels_of(views)
        labels.insert(0, "time", first.r_peaks / self.sampling_rate)
        labels.insert(1, "sample", first.r_peaks)
        labels["rr_prev"] = first.rr_prev
        labels["quality"] = np.where(labels["label"] == UNKNOWN, "no signal", "good")
        return labels


def _columns_of(segmenter, leads, second_leads, rate):
    """Return how many leads are pushed, and of each view the columns of its leads."""
    wanted = segmenter._leads()
    is_first = segmenter.channels == "first"
    if leads is None:
        names = wanted[:1] if is_first else wanted
        return len(names), [{name: place for place, name in enumerate(names)}]
    names = names_of("BeatStream", "leads", leads)
    pushed = [StoredLead(name, rate, 0, "mV") for name in names]
    chosen = choose_leads("the stream", pushed, wanted, first=is_first)
    views = [{one.name: one.place for one in chosen}]
    second = None
    if second_leads:
        second = choose_second(pushed, chosen[0].place, second_leads)
    if second is not None:
        views.append({second.name: second.place})
        chosen.append(second)
    tell_of_choices([], [("the stream", one) for one in chosen])
    return len(names), views

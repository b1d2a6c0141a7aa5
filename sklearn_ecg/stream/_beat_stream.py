"""Labelled beats from a live signal, whose packets may say when they were sampled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._parameter_checks import check
from ..detection import N_MISSING, RATE
from ..records import (
    StoredLead,
    choose_leads,
    choose_second,
    names_of,
    refuse_impossible,
    tell_of_choices,
    without_mask,
)
from ._device_rhythm import LiveDeviceRhythm
from ._engine import RPeakSource
from ._model import labeller_of
from ._packet_clock import JITTER, SampleClock
from ._rhythm import LiveRhythm, why_no_rhythm


class BeatStream:
    """Find and label the beats of a signal that comes piece by piece.

    However the signal is cut into pieces, the beats, labels and probabilities are those
    of :func:`annotate` on the whole recording, to the last bit.

    A beat is certain when its window is complete and, if a feature of the model asks
    for ``rr_next``, when the next beat is. Without ``rr_next`` that is at most the
    window after the R peak and 0.35 s for the detector (0.8 s by default); with it,
    one RR interval and 0.35 s, and 3.5 s where no beat follows, as when a lead comes
    off. A beat that the detector finds by searching back comes later, and so do those
    of the first 2 s.

    What is remembered does not grow, even if a lead is off for days: about 25 s of
    signal, and what is typical of the patient. Only `quality` has a row more for each
    stretch. `copy.deepcopy` and pickle keep all of it.

    Samples are millivolts, and NaN where one is missing. Lost packets are gaps: tell of
    them with `gap`, or give each `push` the time of its first sample.

    Parameters
    ----------
    model : Pipeline or DeviceChain
        A Pipeline, fitted, of a `BeatSegmenter` and a classifier. Parameters of the
        segmenter that look at the whole recording (`baseline`, `bandpass`,
        ``normalize="record"``) are refused. Or a chain that
        :func:`~sklearn_ecg.edge.quantize` made of it: it labels as the device does, bit
        for bit; a signal at another rate than the chain's is resampled first.
    sampling_rate : float
        In Hz, from 100 to 2000.
    leads : str or sequence of str, default=None
        Names of the leads that are pushed, one for each column. The model reads those
        that its segmenter names. Of two that it may read, the better one is believed,
        as `annotate` does where no lead is named. None means those of the segmenter; in
        their order, if it reads several (``channels="all"``).
    r_peaks : object with `push` and `flush`, default=None
        Another source of R peaks, which is handed the samples of the first lead that
        the model reads. None is `RPeakDetector`, or the detector of a chain; only a
        chain without one, of ``quantize(..., detector=False)``, takes another source.
    jitter : float, default=0.025
        How far the time stamps of packets may be off, in seconds. See `push`.

    Attributes
    ----------
    quality : DataFrame of shape (n_stretches, 3)
        Stretches without beats to see that have ended, as `RPeakDetector` tells them,
        whatever the source of R peaks.
    episodes : DataFrame of shape (n_events, 7)
        Episodes of the rhythm that have begun or ended with the last `push`, `gap` or
        `flush`, as :class:`~sklearn_ecg.rhythm.EpisodeFinder` tells them: those of
        `Annotation.episodes`. A beat waits until it is known whether signal was lost
        before it, a fraction of a second; atrial fibrillation is told 63 intervals
        late. When no beat has come for two minutes, what went on ends, and ``"not
        analysable"`` begins; a shorter loss is told with the next beat.

    Raises
    ------
    TypeError
        If `model` is neither.
    ValueError
        If a parameter is not allowed, or the model reads none of the leads.

    See Also
    --------
    annotate : The same for a whole recording.
    PacketClock : Puts packets in order whose stamps are of their last samples.

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
        model: Any,
        sampling_rate: float,
        leads: str | Sequence[str] | None = None,
        *,
        r_peaks: RPeakSource | None = None,
        jitter: float = 0.025,
    ) -> None:
        self.sampling_rate = check("BeatStream", "sampling_rate", sampling_rate, RATE)
        jitter = check("BeatStream", "jitter", jitter, JITTER)
        self._clock = SampleClock(self.sampling_rate, jitter)
        self._n_seen = 0
        self._is_ended = False
        labeller = labeller_of(model)
        self._n_pushed, self._views = _columns_of(
            labeller, leads, self.sampling_rate, r_peaks is None
        )
        names = [list(view) for view in self._views]
        self._engine = labeller.engine(self.sampling_rate, names, r_peaks)
        self._why_no_rhythm = why_no_rhythm(labeller.classes)
        self._rhythm: LiveRhythm | LiveDeviceRhythm | None = None
        if self._why_no_rhythm:
            return
        if self._engine.device_rate is None:
            self._rhythm = LiveRhythm(self.sampling_rate)
        else:
            rates = self.sampling_rate, self._engine.device_rate
            self._rhythm = LiveDeviceRhythm(*rates)

    def push(
        self, samples: ArrayLike, time: float | datetime | np.datetime64 | None = None
    ) -> pd.DataFrame:
        """Take the next samples.

        Parameters
        ----------
        samples : array-like of shape (n_samples,) or (n_samples, n_leads)
            In millivolts, NaN (or masked) where a sample is missing; any number.
        time : float, datetime or datetime64, default=None
            When the first of these samples was taken, by any one clock: in seconds, or
            a date. None means right after the samples before.

            A packet that comes later than the samples before it end, by more than twice
            `jitter`, follows a gap, which is filled with missing samples. One that
            comes earlier by as much is refused. The drift of the clock is no gap: how
            many samples it counts a second is estimated from the stamps, up to 2 % off
            the `sampling_rate`.

        Returns
        -------
        DataFrame of shape (n_beats, n_columns)
            The beats that are certain now, in time order: ``time`` in seconds and
            ``sample``, since the first `push`, gaps counted; ``label``, ``"?"`` if the
            window of the beat holds a missing sample; ``p_<class>``, the probability of
            each class; ``rr_prev`` in seconds, NaN for the first beat, also the first
            after two minutes without one; ``quality``, ``"good"`` or ``"no signal"``;
            and of a Pipeline ``lead``, the one in which the beat was found.

        Raises
        ------
        ValueError
            If the samples are no numbers, infinite or 2**32 and more, or of another
            number of leads; if the packet is late or comes again; or after `flush`. The
            stream stays what it was.
        """
        self._refuse_ended()
        blocks = self._checked(samples)
        n_lost = 0 if time is None else self._clock.samples_lost(time, self._n_seen)
        found = self._skip(n_lost) if n_lost else []
        self._n_seen += len(blocks[0])
        return self._told(found + self._engine.push(blocks))

    def gap(self, n_samples: int) -> pd.DataFrame:
        """Take samples that were lost, as if so many NaN were pushed.

        Parameters
        ----------
        n_samples : int
            How many. Those of days take no longer than those of a minute.

        Returns
        -------
        DataFrame
            The beats that are certain now, as `push` gives them.

        Raises
        ------
        ValueError
            If `n_samples` is no whole number or negative, or after `flush`.

        Examples
        --------
        >>> from sklearn_ecg import BeatStream, load_pretrained
        >>> from sklearn_ecg.datasets import make_ecg
        >>> signal = make_ecg(1, duration=30, random_state=0).records[0].p_signal[:, 0]
        >>> stream = BeatStream(load_pretrained("wearable"), sampling_rate=360)
        >>> before = stream.push(signal)
        >>> last = stream.gap(24 * 3600 * 360)  # a day without the electrode
        >>> after = stream.push(signal)
        >>> bool(after["time"].iloc[0] > 86400)
        True
        """
        self._refuse_ended()
        n_samples = check("BeatStream.gap", "n_samples", n_samples, N_MISSING)
        return self._told(self._skip(n_samples))

    def flush(self) -> pd.DataFrame:
        """End the recording; nothing can be pushed after it.

        Returns
        -------
        DataFrame
            The last beats, as `push` gives them.
        """
        if self._is_ended:
            if self._rhythm is not None:
                self._rhythm.forget()
            return self._engine.none
        self._is_ended = True
        beats = self._engine.flush()
        if self._rhythm is not None:
            self._rhythm.end(beats, self._engine, self._n_seen)
        return beats

    @property
    def quality(self) -> pd.DataFrame:
        """Stretches without beats to see that have ended."""
        return self._engine.quality

    @property
    def episodes(self) -> pd.DataFrame:
        """Episodes of the rhythm that begin and end now."""
        if self._rhythm is None:
            raise ValueError(self._why_no_rhythm)
        return self._rhythm.events

    def _told(self, found):
        """Return beats, and remember what they tell of the rhythm."""
        beats = _joined(found)
        if self._rhythm is not None:
            self._rhythm.take(beats, self._engine, self._n_seen)
        return beats

    def _refuse_ended(self):
        if self._is_ended:
            raise ValueError(
                "This stream has been ended by flush. Make another BeatStream for what "
                "follows."
            )

    def _checked(self, samples):
        """Return the samples of each view, as floats."""
        block = without_mask(samples)
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
        refuse_impossible(block, "samples")
        return [
            block[:, list(view.values())].astype(float, order="C")
            for view in self._views
        ]

    def _skip(self, n_samples):
        self._n_seen += n_samples
        return self._engine.skip(n_samples)


def _joined(found):
    return found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)


def _columns_of(labeller, leads, rate, finds_beats):
    """Return how many leads are pushed, and of each view the columns of its leads."""
    wanted, is_first = labeller.leads, labeller.is_first
    if leads is None:
        names = wanted[:1] if is_first else wanted
        return len(names), [{name: place for place, name in enumerate(names)}]
    names = names_of("BeatStream", "leads", leads)
    pushed = [StoredLead(name, rate, 0, "mV") for name in names]
    chosen = choose_leads("the stream", pushed, wanted, first=is_first)
    views = [{one.name: one.place for one in chosen}]
    second = None
    if labeller.averages or finds_beats:
        second = choose_second(pushed, chosen[0].place, labeller.second_leads)
    if second is not None:
        views.append({second.name: second.place})
        chosen.append(second)
    tell_of_choices([], [("the stream", one) for one in chosen])
    return len(names), views

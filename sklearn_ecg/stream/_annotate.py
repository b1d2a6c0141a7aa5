"""From a recording to labelled beats, in one call."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline
from tqdm.auto import tqdm

from .._types import OnInvalid
from ..beats._build import build_table
from ..beats._lead_r_peaks import (
    Detector,
    align_in_lead,
    r_peaks_of_lead,
    read_one_lead,
)
from ..classifier._multi_lead import MultiLeadPipeline, second_of
from ..detection._detector import RATE, RPeakDetector
from ..records._invalid import LeftOut
from ..records._names import ANY_LEAD, is_stand_in
from ..records._open import RecordingLike, as_recording
from ..records._pieces import SECONDS, leads_to_read, pieces
from ._annotation import Annotation
from ._beat_stream import BeatStream
from ._model import Labeller


def annotate(
    recording: RecordingLike,
    model: Pipeline,
    *,
    lead: str | Sequence[str] | None = None,
    r_peaks: ArrayLike | Detector | None = None,
    align: bool = False,
    on_invalid: OnInvalid = "warn",
    verbose: int = 0,
) -> Annotation:
    """Find the beats of a recording, and label them.

    The recording is read piece by piece, and each piece is forgotten: days take no more
    memory than an hour. Beats, labels and probabilities are those of `BeatStream`, and
    of the model's own `predict` on ``beat_table(recording)``.

    Parameters
    ----------
    recording : Recording, str, path-like or wfdb.Record
        A recording, its path (see :func:`~sklearn_ecg.records.read_recording`), or a
        record held in memory.
    model : Pipeline
        Fitted, of a `BeatSegmenter` and a classifier.
    lead : str or sequence of str, default=None
        The lead to read; of several the first that the recording has. None means those
        that the model's segmenter names, and a `MultiLeadPipeline` looks at a second
        lead beside.
    r_peaks : array-like of int of shape (n_beats,), or callable, default=None
        None detects the R peaks. An array gives them, in samples of the recording at
        its `sampling_rate`, rising. A callable is another detector: it takes the signal
        of the lead and its sampling rate; what it returns is aligned.
    align : bool, default=False
        Move given R peaks to where the detector has its own, see
        :func:`~sklearn_ecg.detection.align_r_peaks`.
    on_invalid : {"warn", "raise", "ignore"}, default="warn"
        What happens to a beat that is given and cannot be, see `beat_table`.
    verbose : int, default=0
        If not 0, a progress bar is shown.

    Returns
    -------
    Annotation
        Without beats if none is found.

    Raises
    ------
    FileNotFoundError
        If the recording is not there.
    TypeError
        If `model` is no such Pipeline.
    ValueError
        If the recording has none of the leads, its rate is not 100 to 2000 Hz, its file
        is damaged, or the model looks at whole recordings (see `BeatStream`).

    Examples
    --------
    >>> from sklearn_ecg import annotate, make_beat_pipeline
    >>> from sklearn_ecg.datasets import make_ecg
    >>> beats = make_ecg(2, duration=60, random_state=0)
    >>> model = make_beat_pipeline(n_epochs=2, n_stages=1, random_state=0)
    >>> model = model.fit(beats.data, beats.target)
    >>> annotation = annotate(beats.records[0], model)
    >>> annotation.beats[["time", "label"]].shape
    (69, 2)
    """
    recording = as_recording(recording)
    labeller = Labeller(model, lead)
    segmenter = labeller.segmenter
    is_first = segmenter.channels == "first"
    leads = leads_to_read(recording, segmenter._leads(), first=is_first)
    names = [stored.name for stored in leads]
    rate = _checked_rate(recording, leads[0])
    second = _second_lead(recording, leads[0], labeller.second_leads)
    leads += second
    source = _source_of_r_peaks(recording, names[0], rate, r_peaks, align, on_invalid)
    pushed = [stored.name for stored in leads]
    reading = _reading(model, names, [stored.name for stored in second])
    stream = BeatStream(reading, rate, pushed, r_peaks=source)
    found = [stream.push(piece) for piece in _shown(recording, leads, verbose)]
    found.append(stream.flush())
    beats = pd.concat(found, ignore_index=True)
    beats["sample"] = np.rint(beats["time"] * recording.sampling_rate).astype(np.int64)
    wanted, *others = segmenter._leads()
    stands_in = is_first and is_stand_in(names[0], wanted) and ANY_LEAD not in others
    return Annotation(
        recording,
        beats,
        lead=names[0],
        quality=_in_seconds(stream.quality, rate),
        classes=tuple(labeller.classes),
        instead_of=wanted if stands_in else None,
        model=str(getattr(model, "card_", model)),
        second_lead=second[0].name if second else None,
    )


def _checked_rate(recording, lead):
    if not RATE.low <= lead.sampling_rate <= RATE.high:
        raise ValueError(
            f"Lead {lead.name!r} of record {str(recording)!r} has "
            f"{lead.sampling_rate:g} samples a second; beats are found in "
            f"{RATE.low:g} to {RATE.high:g}."
        )
    return lead.sampling_rate


def _shown(recording, leads, verbose):
    """Return the pieces of a recording, with a progress bar if it is wanted."""
    read = pieces(recording, leads)
    # A bar has a lock of processes, which is left behind when a worker is killed, even
    # if nothing is shown.
    if not verbose:
        return read
    n_pieces = math.ceil(recording.duration / SECONDS)
    return tqdm(read, f"Annotating {recording.name}", total=n_pieces)


class _Given:
    """R peaks that are known beforehand, as if they were found when they come."""

    def __init__(self, r_peaks, sampling_rate):
        self._r_peaks = r_peaks
        self._n_samples = 0
        # Only its quality is asked for.
        self._detector = RPeakDetector(sampling_rate)

    @property
    def quality(self):
        return self._detector.quality

    def push(self, samples):
        self._detector.push(samples)
        before = self._n_samples
        self._n_samples += len(samples)
        first, last = np.searchsorted(self._r_peaks, [before, self._n_samples])
        return self._r_peaks[first:last]

    def flush(self):
        self._detector.flush()
        return self._r_peaks[:0]


def _source_of_r_peaks(recording, name, rate, r_peaks, align, on_invalid):
    """Return where R peaks come from; None stands for the detector of the package."""
    if r_peaks is None:
        return None
    if callable(r_peaks):
        found = r_peaks_of_lead(read_one_lead(recording, name), r_peaks)
    else:
        left_out = LeftOut(on_invalid)
        table = build_table(recording, recording, r_peaks, None, left_out)
        left_out.tell()
        found = table["sample"].to_numpy()
        if align and len(found):
            found = align_in_lead(read_one_lead(recording, name), found).r_peaks
    return _Given(
        np.rint(found * (rate / recording.sampling_rate)).astype(np.int64), rate
    )


def _second_lead(recording, first, second_leads):
    """Return the second lead to read, if there is one of the rate of the first."""
    if not second_leads:
        return []
    name = second_of(recording.leads, [first.name], second_leads)
    return [
        lead
        for lead in recording.source.leads
        if lead.name == name
        and lead.sampling_rate == first.sampling_rate
        and lead.n_samples == first.n_samples
    ]


def _reading(model, names, second):
    """Return the model with a segmenter that reads other leads."""
    steps = [("segment", Labeller(model, names).segmenter), *model.steps[1:]]
    if not isinstance(model, MultiLeadPipeline):
        return Pipeline(steps)
    return MultiLeadPipeline(steps, second_lead=second or names)


def _in_seconds(stretches, rate):
    return stretches.assign(
        start=stretches["start"] / rate, stop=stretches["stop"] / rate
    )

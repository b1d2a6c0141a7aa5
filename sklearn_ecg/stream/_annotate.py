"""From a recording to labelled beats, in one call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from .._messages import warn
from .._types import OnInvalid
from ..beats import Detector, align_in_lead, build_table, r_peaks_of_lead, read_one_lead
from ..detection import RATE
from ..records import (
    SECONDS,
    Choice,
    LeftOut,
    RecordingLike,
    as_recording,
    choose_second,
    is_voltage,
    leads_to_read,
    pieces,
    tell_of_choices,
)
from ._annotation import Annotation
from ._doubts import REMEDY, doubts_of
from ._leads import leads_used, longest_believed
from ._model import labeller_of

_MOST_TABLES = 500
_LARGE = 10_000
"""Tables of beats that are kept while a recording is read, and beats of a large one."""


def annotate(
    recording: RecordingLike,
    model: Any,
    *,
    lead: str | Sequence[str] | None = None,
    r_peaks: ArrayLike | Detector | None = None,
    align: bool = False,
    on_invalid: OnInvalid = "warn",
    verbose: int = 0,
) -> Annotation:
    """Find the beats of a recording, and label them.

    The recording is read piece by piece, and each piece is forgotten: days take no more
    memory than an hour. Beats, labels and probabilities are those of `BeatStream`; of a
    Pipeline, they are also those of its own `predict` on ``beat_table(recording)``,
    where the first lead was believed throughout and no beat of the other one was added.

    Parameters
    ----------
    recording : Recording, str, path-like or wfdb.Record
        A recording, its path (see :func:`~sklearn_ecg.records.read_recording`), or a
        record held in memory.
    model : Pipeline or DeviceChain
        A Pipeline, fitted, of a `BeatSegmenter` and a classifier; or the chain that
        :func:`~sklearn_ecg.edge.quantize` makes of it for a device. A chain says what
        the device will say, bit for bit; ``beats`` then has two further columns,
        ``margin`` and ``flags``, as `DeviceChain.run` returns them. A recording at
        another rate than the chain's is resampled first.
    lead : str or sequence of str, default=None
        The lead to read, alone; of several the first that the recording has. None means
        those that the model's segmenter names, if it reads one of several, and a second
        one beside: beats are looked for in both, and the better lead is believed, see
        ``leads_used`` of the result. A `MultiLeadPipeline` labels in both, but for a
        lead that is wrong at every second beat.
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
        If `model` is neither.
    ValueError
        If the recording has none of the leads, its rate is not 100 to 2000 Hz, its file
        is damaged, the model looks at whole recordings (see `BeatStream`), or `r_peaks`
        are given to a chain that finds them itself, or missing for one that is told.

    Warns
    -----
    UserWarning
        If the result is one that no heart gives, see ``doubts`` of it; if a lead was
        guessed, or seems to be in another unit.

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
    labeller = labeller_of(model, lead)
    wanted, is_first = labeller.leads, labeller.is_first
    chosen = leads_to_read(recording, wanted, first=is_first)
    rate = _checked_rate(recording, chosen[0])
    # Where beats are given, there is no lead to choose for finding them.
    is_looked_at = labeller.averages or r_peaks is None
    second, other_rate = _second_lead(
        recording, chosen[0], labeller.second_leads if is_looked_at else []
    )
    tell_of_choices(wanted if is_first else [], [(str(recording), chosen[0])])
    others = [*chosen[1:], *second]
    tell_of_choices([], [(str(recording), one) for one in others])
    names = [choice.name for choice in chosen]
    source = _source_of_r_peaks(recording, names[0], rate, r_peaks, align, on_invalid)
    views = [names, *([choice.name] for choice in second)]
    engine = labeller.engine(rate, views, source)
    leads = [recording.source.leads[choice.place] for choice in (*chosen, *second)]
    read = _shown(recording, leads, verbose)
    beats = _labelled(engine, read, [len(view) for view in views])
    used = leads_used(
        engine.changes, [view[0] for view in views], rate, recording.duration
    )
    last = next(lead for lead in leads if lead.name == used["lead"].iloc[-1])
    called = f"lead {last.name!r} of record {str(recording)!r}"
    engine.tell_of_signal(called, is_voltage(last.unit))
    sample = np.rint(beats["time"] * recording.sampling_rate).astype(np.int64)
    beats["sample"] = np.minimum(sample, recording.n_samples - 1)
    stands_in = is_first and chosen[0].stands_in_for(wanted)
    quality = _in_seconds(engine.quality, rate)
    lead = longest_believed(used)
    others = {view[0] for view in views} - {lead}
    is_shown = labeller.averages or (others and (beats["lead"] != lead).any())
    return Annotation(
        recording,
        beats,
        lead=lead,
        quality=quality,
        classes=tuple(labeller.classes),
        instead_of=wanted[0] if stands_in else None,
        model=str(getattr(model, "card_", model)),
        second_lead=others.pop() if others and is_shown else None,
        leads={choice.name: _why(recording, choice) for choice in (*chosen, *second)}
        | other_rate,
        leads_used=used,
        doubts=_told_doubts(recording, labeller, views, beats, quality),
        device_rate=engine.device_rate,
    )


def _labelled(engine, read, widths):
    """Return the beats of all pieces, whose columns are the leads of each view."""
    found: list[pd.DataFrame] = []
    edges = np.cumsum(widths)[:-1]
    for piece in read:
        found += engine.push(np.split(piece, edges, axis=1))
        if len(found) > _MOST_TABLES:
            found = _joined(found)
    return pd.concat([*found, engine.flush()], ignore_index=True)


def _joined(found):
    """Return the small tables among those found as one: each takes its own room."""
    n_large = sum(len(table) > _LARGE for table in found)
    small = pd.concat(found[n_large:], ignore_index=True)
    return [*found[:n_large], small]


def _told_doubts(recording, labeller, views, beats, quality):
    """Return why the result is not to be believed, and warn of it."""
    counts = None
    if labeller.counts is not None and len(views) == 2:
        names = [view[0] for view in views]
        counts = pd.DataFrame(labeller.counts, index=names, columns=labeller.classes)
    doubts = tuple(doubts_of(beats, quality, recording.duration, counts))
    if doubts:
        warn(f"Record {str(recording)!r}: {' '.join(doubts)} {REMEDY}")
    return doubts


def _why(recording, choice):
    """Say why a lead was looked at, and if its unit is no voltage."""
    unit = recording.source.leads[choice.place].unit
    if is_voltage(unit):
        return choice.reason
    named = f"its unit {unit!r} is" if unit else "it has no unit that is"
    return f"{choice.reason}; {named} no voltage: the signal is read as it is"


def _checked_rate(recording, choice):
    lead = recording.source.leads[choice.place]
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

    def __init__(self, r_peaks):
        self._r_peaks = r_peaks
        self._n_samples = 0

    def push(self, samples):
        before = self._n_samples
        self._n_samples += len(samples)
        first, last = np.searchsorted(self._r_peaks, [before, self._n_samples])
        return self._r_peaks[first:last]

    def flush(self):
        return self._r_peaks[:0]


def _source_of_r_peaks(recording, name, rate, r_peaks, align, on_invalid):
    """Return where R peaks come from; None stands for the detector of the package."""
    if r_peaks is None:
        return None
    if callable(r_peaks):
        found = r_peaks_of_lead(read_one_lead(recording, name), r_peaks).r_peaks
    else:
        left_out = LeftOut(on_invalid)
        table = build_table(recording, recording, r_peaks, None, left_out)
        left_out.tell()
        found = table["sample"].to_numpy()
        if align and len(found):
            found = align_in_lead(read_one_lead(recording, name), found).r_peaks
    ratio = rate / recording.sampling_rate
    return _Given(np.rint(found * ratio).astype(np.int64))


def _second_lead(
    recording, first: Choice, second_leads
) -> tuple[list[Choice], dict[str, str]]:
    """Return the second lead to read; one of another rate is not, and told of."""
    leads = recording.source.leads
    second = choose_second(leads, first.place, second_leads)
    if second is None:
        return [], {}
    own, other = leads[first.place], leads[second.place]
    is_alike = (own.sampling_rate, own.n_samples) == (
        other.sampling_rate,
        other.n_samples,
    )
    if is_alike:
        return [second], {}
    told = (
        f"not looked at beside {own.name}, as its samples are {other.n_samples}, "
        f"{other.sampling_rate:g} a second, and not {own.n_samples}, "
        f"{own.sampling_rate:g} a second"
    )
    return [], {other.name: told}


def _in_seconds(stretches, rate):
    return stretches.assign(
        start=stretches["start"] / rate, stop=stretches["stop"] / rate
    )

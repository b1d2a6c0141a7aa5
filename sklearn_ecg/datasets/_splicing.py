"""Rhythms that are rare, put together from the beats of recordings.

Databases hold many ectopic beats that stand alone, and few patients in bigeminy or in
runs. What is learnt of such rhythms is then learnt of one or two people. But what they
are made of is there in many: a beat, an ectopic one, and the pause after it. Cut out
between the beats and joined anew, they are bigeminy, trigeminy, couplets and runs of
patients who had none while they were recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.signal import butter, sosfiltfilt
from sklearn.utils import Bunch, check_random_state
from tqdm.auto import tqdm

from .._parameter_checks import Names, Number, check
from .._types import RandomState
from ..beats import build_table, concatenate, rows_by_record
from ..records import LeftOut, Recording, as_recording, recording_from_array
from ._loading import bunch_of_beats

_NORMAL = "N"
_ALL_CLASSES = ("N", "S", "V", "F", "Q", "O")

_LEAST_ECTOPIC = 6
_EARLY = 0.95
"""An ectopic beat that is used comes after less of the interval before."""

_LEAD_IN = 120.0
"""Seconds of the recording itself that come first, so that the patient is known."""

_BEFORE, _LARGEST_SHARE = 0.25, 0.45
"""Where it is cut before a beat: seconds, and at most this share of the interval."""

_BEFORE_ECTOPIC = 0.18
"""Seconds before an ectopic beat at which a run is cut."""

_CYCLES = 0.85, 1.02
"""Cycle of a run, over the interval before the ectopic beat that it begins with."""

_RUN_LENGTHS = (2, 2, 3, 4, 5, 6, 8, 12, 20, 40)


def splice_rhythms(
    beats: Bunch,
    *,
    classes: Sequence[str] = ("S",),
    duration: float = 300.0,
    random_state: RandomState = None,
    verbose: int = 0,
) -> Bunch:
    """Put beats of recordings together to rhythms that are rare in them.

    Of each recording with at least six S beats that come early and alone among N beats,
    another is made: its first two minutes, then in turn bigeminy,
    trigeminy, or couplets and runs of such beats, and stretches of the recording as it
    is. It is cut between the beats, in the same places in all leads, without the
    baseline (below 0.5 Hz). To train on beside the recordings, not to test on: what it
    shows is true of the beats, and made up of the rhythm. Source of the idea, and of
    the rules, is this package.

    Parameters
    ----------
    beats : Bunch
        As `load_beats` returns it, with labels of AAMI: ``data``, ``target`` and
        ``groups``.
    classes : sequence of str, default=("S",)
        The beats to put together, ``"S"`` or ``"V"`` or both. V beats are told by what
        they look like, whatever rhythm they stand in: the package's own models are
        trained with S alone.
    duration : float, default=300
        Seconds of each recording that is made, beside the two minutes.
    random_state : int, RandomState instance or None, default=None
        Draws the rhythms and the beats.
    verbose : int, default=0
        If not 0, a progress bar over the recordings is shown.

    Returns
    -------
    Bunch
        ``data``, ``target``, ``groups``, ``target_names``, ``records`` and ``DESCR`` as
        in `load_beats`. The recordings are in memory, and have the names and the
        patients of those that they are made from. The first two minutes have no rows.

    Raises
    ------
    ValueError
        If no recording has so many such beats, `classes` are others, or `duration`
        isn't positive.

    See Also
    --------
    load_beats : Load the beats to put together.

    Examples
    --------
    >>> from sklearn_ecg.datasets import make_ecg, splice_rhythms
    >>> beats = make_ecg(n_records=2, duration=180, random_state=0)
    >>> spliced = splice_rhythms(beats, duration=60, random_state=0)
    >>> spliced.records[0]
    Recording('synthetic_000', leads=['MLII', 'V1'], 360 Hz, 226.628 s)
    """
    classes = check("splice_rhythms", "classes", classes, Names("SV"))
    check(
        "splice_rhythms",
        "duration",
        duration,
        Number(0, closed="right", noun="number of seconds"),
    )
    random = check_random_state(random_state)
    parts = []
    grouped = rows_by_record(beats.data)
    for source, rows in tqdm(grouped, "Splicing", unit="record", disable=not verbose):
        recording = as_recording(source)
        rows = rows[np.argsort(beats.data["sample"].to_numpy()[rows], kind="stable")]
        draw = np.random.default_rng(random.randint(2**31 - 1))
        table, labels = beats.data.iloc[rows], beats.target[rows]
        splicer = Splicer(recording, table, labels, classes, draw)
        if splicer.pools:
            table, labels = splicer.spliced(duration)
            parts.append((table, labels, np.full(len(table), beats.groups[rows[0]])))
    if not parts:
        raise ValueError(
            f"None of the {len(grouped)} recordings has {_LEAST_ECTOPIC} "
            f"{' or '.join(classes)} beats that come early, between two N beats."
        )
    tables, targets, groups = zip(*parts, strict=True)
    target = np.concatenate(targets)
    return bunch_of_beats(
        concatenate(tables),
        target,
        np.concatenate(groups),
        [name for name in _ALL_CLASSES if name in target],
        f"Rhythms put together from the beats of {len(parts)} recordings.",
        records=[table["record"].iloc[0] for table in tables],
    )


class Piece(NamedTuple):
    """A stretch of a recording, in samples, and the beats in it."""

    start: int
    stop: int
    beats: Iterable[int]


class Splicer:
    """A recording that is cut between its beats, and put together anew."""

    def __init__(self, recording: Recording, table, labels, classes, draw):
        self._recording = recording
        self._rate = recording.sampling_rate
        self._samples = table["sample"].to_numpy()
        self._labels = labels
        self._draw = draw
        before = np.diff(self._samples, prepend=self._samples[0] - round(self._rate))
        self._intervals = before
        # Not so after a beat that has no row.
        rr_prev = np.rint(table["rr_prev"].to_numpy() * self._rate)
        self._follows = np.abs(before - rr_prev) <= 1
        earlier = np.minimum(_BEFORE * self._rate, _LARGEST_SHARE * before)
        self._cuts = np.maximum(self._samples - earlier.astype(np.int64), 0)
        pools = [self._ectopic(label) for label in classes]
        self.pools = [pool for pool in pools if len(pool) >= _LEAST_ECTOPIC]
        self._pieces: list[Piece] = []
        self._length = 0
        self._next = 1  # Beat of the recording from which it goes on as it is

    def spliced(self, duration):
        """Return the beat table and the labels of the recording that is made."""
        n_first = np.searchsorted(self._samples, _LEAD_IN * self._rate)
        self._as_it_is(max(int(n_first), 1))
        n_lead_in = self._length
        make = self._bigeminy, self._trigeminy, self._runs, self._runs
        while self._length < n_lead_in + duration * self._rate:
            pool = self.pools[self._draw.integers(len(self.pools))]
            make[self._draw.integers(len(make))](pool)
            self._as_it_is(self._draw.integers(20, 120))
        recording, samples, labels = self._joined()
        table = build_table(recording, recording, samples, None, LeftOut("ignore"))
        labels = labels[table.index]
        is_made = table["sample"].to_numpy() >= n_lead_in
        return table[is_made], labels[is_made]

    def _ectopic(self, label):
        """Return the beats of a class that come early and alone."""
        n = len(self._labels)
        places = np.arange(3, n - 2)
        places = places[self._labels[places] == label]
        is_alone = (self._labels[places - 1] == _NORMAL) & (
            self._labels[places + 1] == _NORMAL
        )
        is_early = self._intervals[places] < _EARLY * self._intervals[places - 1]
        is_whole = np.all([self._follows[places + k] for k in (-1, 0, 1)], axis=0)
        return places[is_alone & is_early & is_whole]

    def _append(self, start, stop, beats):
        if stop > start:
            self._pieces.append(Piece(int(start), int(stop), beats))
            self._length += int(stop - start)

    def _as_it_is(self, n_beats):
        """Go on with the recording, from the start again once it has ended."""
        first = self._next if self._next + n_beats < len(self._cuts) else 1
        last = min(first + int(n_beats), len(self._cuts) - 1)
        gaps = first + 1 + np.flatnonzero(~self._follows[first + 1 : last + 1])
        self._next = last
        if len(gaps):
            last, self._next = gaps[0] - 1, gaps[0]
        self._append(self._cuts[first], self._cuts[last], range(first, last))

    def _bigeminy(self, pool):
        self._repeat(pool, self._draw.integers(5, 60), n_before=1)

    def _trigeminy(self, pool):
        self._repeat(pool, self._draw.integers(4, 30), n_before=2)

    def _repeat(self, pool, times, n_before):
        """Add ectopic beats, each after so many of the beats before it."""
        for beat in self._draw.choice(pool, times):
            first = beat - n_before
            self._append(
                self._cuts[first], self._cuts[beat + 1], range(first, beat + 1)
            )

    def _runs(self, pool):
        for _ in range(self._draw.integers(1, 4)):
            self._run(self._draw.choice(pool, self._draw.choice(_RUN_LENGTHS)))
            self._as_it_is(self._draw.integers(5, 30))

    def _run(self, beats):
        """Add a run of ectopic beats; after the last of them comes its own pause."""
        cycle = self._intervals[beats[0]] * self._draw.uniform(*_CYCLES)
        for number, beat in enumerate(beats, start=1):
            earlier = min(
                _BEFORE_ECTOPIC * self._rate, self._samples[beat] - self._cuts[beat]
            )
            start, stop = self._samples[beat] - int(earlier), self._cuts[beat + 1]
            if number < len(beats):
                length = cycle * self._draw.uniform(0.97, 1.03)
                stop = min(start + int(length), stop)
            self._append(start, stop, [beat])

    def _joined(self):
        """Return the recording, its R peaks, and their labels."""
        recording, rate = self._recording, self._rate
        leads = [lead for lead, own in recording.sampling_rates.items() if own == rate]
        signals = [
            _without_baseline(signal, rate) for signal in recording.read(leads).values()
        ]
        joined = [
            np.concatenate([signal[piece.start : piece.stop] for piece in self._pieces])
            for signal in signals
        ]
        starts = np.cumsum([0, *(piece.stop - piece.start for piece in self._pieces)])
        samples, places = [], []
        for start, piece in zip(starts, self._pieces, strict=False):
            places += piece.beats
            samples += [start + self._samples[k] - piece.start for k in piece.beats]
        made = recording_from_array(joined, rate, leads, name=recording.name)
        return made, np.array(samples, dtype=np.int64), self._labels[places]


def _without_baseline(signal, rate):
    """Return a signal without what is slower than 0.5 Hz; missing samples stay."""
    is_missing = np.isnan(signal)
    filled = np.where(is_missing, 0.0, signal)
    sharp = sosfiltfilt(butter(2, 0.5, "high", fs=rate, output="sos"), filled)
    return np.where(is_missing, np.nan, sharp)

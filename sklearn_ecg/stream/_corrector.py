"""What a person said of a recording, done to its beats and stretches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .._messages import listed
from ..records import NO_BEAT, Recording
from ._corrections import ADDED, BEAT, NOISE, STRETCH, TEMPLATE

NEAR = 0.15
"""Seconds within which another model has found the beat that was meant."""

APART = 0.1
"""Seconds that are between two beats, at least."""


class Corrector:
    """The beats of a recording and its unreadable stretches, as a person says.

    What is said of a stretch is done first, so that what is said of a beat in it holds.
    """

    def __init__(
        self,
        beats: pd.DataFrame,
        quality: pd.DataFrame,
        recording: Recording,
        lead: str,
        classes: Sequence[str],
        source: str,
    ) -> None:
        checked = beats.get("checked", pd.Series(False, index=beats.index))
        self.beats = beats.assign(
            label=beats["label"].astype(object), checked=checked.astype(bool)
        )
        self.quality = quality
        self._recording = recording
        self._lead = lead
        self._classes = [label for label in classes if label != NO_BEAT]
        self._labels_of_beats = [*self._classes, NO_BEAT]
        self._source = source
        self._named: dict[int, int] = {}  # The row that named a beat, by its place

    def take(self, table: pd.DataFrame) -> None:
        """Do what was said at once."""
        self._named = {}
        for what, does in (
            (TEMPLATE, self._take_templates),
            (STRETCH, self._take_stretches),
            (BEAT, self._take_beats),
            (ADDED, self._take_added),
        ):
            rows = table[table["what"] == what]
            if len(rows):
                does(rows)

    def _take_templates(self, rows):
        """Name the beats that were shown; what they stand for has its names."""
        self._refuse_labels(rows, self._labels_of_beats)
        samples = rows["sample"].to_numpy()
        places = self._nearest(samples, NEAR)
        lost = samples[places < 0].tolist()
        if lost:
            raise ValueError(
                f"There is no beat at the samples {listed(lost)}{self._source}, nor "
                f"within {NEAR:g} s of them, that a name could be of: leave them out."
            )
        self._label(places, rows["label"].to_numpy())

    def _take_stretches(self, rows):
        self._refuse_labels(rows, [*self._labels_of_beats, NOISE])
        starts, stops = rows["sample"].to_numpy(), rows["stop"].to_numpy(np.int64)
        is_wrong = (starts < 0) | (stops <= starts) | (stops > self._n_samples)
        if is_wrong.any():
            raise ValueError(
                "The stretches that begin at the samples "
                f"{listed(starts[is_wrong].tolist())}{self._source} must stop later, "
                f"and inside of the recording, which has {self._n_samples} samples."
            )
        samples = self.beats["sample"].to_numpy()
        is_beat = self._labels() != NO_BEAT
        told = np.full(len(samples), "", dtype=object)
        for start, stop, label in zip(starts, stops, rows["label"], strict=True):
            inside = is_beat & (samples >= start) & (samples <= stop)
            says = NO_BEAT if label == NOISE else label
            twice = samples[inside & (told != "") & (told != says)]
            if len(twice):
                raise ValueError(
                    f"The beats at the samples {listed(twice.tolist())}{self._source} "
                    "are in stretches of different labels."
                )
            told[inside] = says
        places = np.flatnonzero(told != "")
        self._label(places, told[places])
        is_noise = (rows["label"] == NOISE).to_numpy()
        noise = np.column_stack([starts, stops])[is_noise] / self._rate
        self.quality = with_noise(self.quality, noise)

    def _take_beats(self, rows):
        self._refuse_labels(rows, self._labels_of_beats)
        self._refuse_twice(rows)
        samples = rows["sample"].to_numpy()
        is_none = (rows["label"] == NO_BEAT).to_numpy()
        places = self._nearest(samples, NEAR)
        # A detection that is not there any more need not be removed, nor a neighbour.
        known = np.append(self.beats["sample"].to_numpy(), -1)
        is_gone = is_none & (known[places] != samples)
        is_gone &= (places < 0) | np.isin(places, places[~is_gone])
        lost = samples[(places < 0) & ~is_none].tolist()
        if lost:
            raise ValueError(
                f"There is no beat at the samples {listed(lost)}{self._source} to "
                f"correct, nor within {NEAR:g} s of them. If they are of this "
                f"recording, add the beats: what={ADDED!r}."
            )
        places, rows = places[~is_gone], rows[~is_gone]
        self._refuse_same(places, rows["sample"])
        self._label(places, rows["label"].to_numpy())

    def _take_added(self, rows):
        self._refuse_labels(rows, self._classes)
        self._refuse_twice(rows)
        samples = rows["sample"].to_numpy()
        outside = samples[(samples < 0) | (samples >= self._n_samples)].tolist()
        if outside:
            raise ValueError(
                f"The samples {listed(outside)}{self._source} of beats to add are not "
                f"inside of the recording of {self._n_samples} samples."
            )
        ordered = np.sort(samples)
        close = np.flatnonzero(np.diff(ordered) < APART * self._rate)
        if len(close):
            raise ValueError(
                f"The beats to add at the samples {listed(ordered[close].tolist())}"
                f"{self._source} are followed by another within {APART:g} s."
            )
        # Where there is a beat by now, it is the one that was missed.
        places = self._nearest(samples, APART, self._labels() != NO_BEAT)
        places = np.where(places < 0, self._nearest(samples, 0), places)
        found = places >= 0
        self._refuse_same(places[found], rows["sample"][found])
        self._label(places[found], rows["label"][found].to_numpy())
        self._insert(rows[~found])

    def _insert(self, rows):
        """Put new beats among the others."""
        if rows.empty:
            return
        samples, labels = rows["sample"].to_numpy(), rows["label"].to_numpy()
        values = {
            "time": samples / self._rate,
            "sample": samples,
            "label": labels,
            "quality": "good",
            "lead": self._lead,
            "checked": True,
        }
        for name in self._probabilities():
            values[name] = labels == name.removeprefix("p_")
        columns = {}
        for name, dtype in self.beats.dtypes.items():
            unknown = 0 if dtype.kind in "iu" else np.nan
            column = pd.Series(values.get(name, unknown), index=range(len(rows)))
            columns[name] = column.astype(dtype)
        added = pd.DataFrame(columns)
        tables = [self.beats, added] if len(self.beats) else [added]
        beats = pd.concat(tables, ignore_index=True)
        order = np.argsort(beats["sample"].to_numpy(), kind="stable")
        is_new = order >= len(self.beats)
        self.beats = beats.iloc[order].reset_index(drop=True)
        if "rr_prev" in beats:
            is_changed = is_new | np.append(False, is_new[:-1])
            intervals = self.beats["time"].diff()
            self.beats["rr_prev"] = self.beats["rr_prev"].mask(is_changed, intervals)

    def _label(self, places, labels):
        """Give beats the labels that a person says, of which there is no doubt."""
        beats = self.beats
        names = self._probabilities()
        if names and f"p_{NO_BEAT}" not in names and NO_BEAT in labels:
            last = beats[names[-1]]
            place = beats.columns.get_loc(names[-1]) + 1
            beats.insert(place, f"p_{NO_BEAT}", last.where(last.isna(), 0.0))
        beats.iloc[places, beats.columns.get_loc("label")] = labels
        beats.iloc[places, beats.columns.get_loc("checked")] = True
        for name in self._probabilities():
            is_own = (labels == name.removeprefix("p_")).astype(float)
            beats.iloc[places, beats.columns.get_loc(name)] = is_own

    def _probabilities(self):
        return [name for name in self.beats if name.startswith("p_")]

    def _nearest(self, samples, seconds, among=None):
        """Return the places of the beats nearest to samples, -1 where none is near."""
        own = self.beats["sample"].to_numpy()
        which = np.arange(len(own)) if among is None else np.flatnonzero(among)
        nearest = nearest_beats(own[which], samples, seconds * self._rate)
        return np.append(which, -1)[nearest]

    def _labels(self):
        return self.beats["label"].to_numpy(dtype=object)

    def _refuse_labels(self, rows, allowed):
        unknown = sorted(set(rows["label"]) - set(allowed))
        if unknown:
            raise ValueError(
                f"The labels {listed(unknown)}{self._source} are not the model's. What "
                f"is {rows['what'].iloc[0]!r} can be {listed(allowed)}."
            )

    def _refuse_twice(self, rows):
        twice = rows["sample"][rows["sample"].duplicated()].tolist()
        if twice:
            raise ValueError(
                f"The beats at the samples {listed(twice)}{self._source} are there "
                "twice."
            )

    def _refuse_same(self, places, samples):
        """Refuse rows of beats that other rows have named, and remember these."""
        for place, sample in zip(places.tolist(), samples.tolist(), strict=True):
            if place in self._named:
                at = self.beats["sample"].iloc[place]
                raise ValueError(
                    f"The samples {listed([self._named[place], sample])}{self._source} "
                    f"are of one beat, at {at}: leave one of them out."
                )
            self._named[place] = sample

    @property
    def _rate(self):
        return self._recording.sampling_rate

    @property
    def _n_samples(self):
        return self._recording.n_samples


def nearest_beats(own: np.ndarray, samples: np.ndarray, reach: float) -> np.ndarray:
    """Return the place of the nearest of some beats in order, -1 where none is near."""
    if not len(own):
        return np.full(len(samples), -1)
    right = np.minimum(np.searchsorted(own, samples), len(own) - 1)
    left = np.maximum(right - 1, 0)
    is_left = np.abs(own[left] - samples) < np.abs(own[right] - samples)
    nearest = np.where(is_left, left, right)
    return np.where(np.abs(own[nearest] - samples) <= reach, nearest, -1)


def with_noise(quality: pd.DataFrame, noise: np.ndarray) -> pd.DataFrame:
    """Return unreadable stretches with some of noise, of which none overlaps another.

    What has another reason keeps it.
    """
    if not len(noise):
        return quality
    is_noise = quality["reason"] == NOISE
    others = quality[~is_noise]
    spans = np.concatenate([noise, quality.loc[is_noise, ["start", "stop"]]])
    left: list[tuple[float, float]] = []
    for start, stop in _joined(spans):
        for other in others.itertuples():
            if other.start < stop and other.stop > start:
                left.append((start, other.start))
                start = max(start, other.stop)
        left.append((start, stop))
    kept = [(start, stop) for start, stop in left if stop > start]
    added = pd.DataFrame(kept, columns=["start", "stop"], dtype=float)
    added["reason"] = NOISE
    tables = [others, added] if len(others) else [added]
    return pd.concat(tables).sort_values("start", kind="stable", ignore_index=True)


def _joined(spans):
    """Return spans in order, those that touch as one."""
    joined: list[list[float]] = []
    for start, stop in sorted(spans.tolist()):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], stop)
        else:
            joined.append([start, stop])
    return joined

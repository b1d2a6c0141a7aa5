"""The numbers of a report: each with what it is out of, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._parameter_checks import Number, check
from ..records import NO_BEAT
from ._beats import checked_beats, checked_duration
from ._ectopic import CYCLE_NAMES
from ._events import checked_episodes
from ._fibrillation import AF, FEWEST_INTERVALS
from ._gaps import NOT_ANALYSABLE
from ._kinds import ECTOPIC, RUN_NAMES, names_of
from ._rates import FAST, PAUSE, SLOW
from ._stretches import seconds_between, touched

_SAMPLING_RATE = Number(0, closed="neither", noun="number of Hz")
_COLUMNS = ["kind", "start", "stop", "n_beats", "rate"]

PAUSES = (2.0, 2.5, 3.0)
"""Seconds above which pauses are counted."""

N_INTERVALS = 8
"""Intervals of which the lowest and the highest rate are means."""

BESIDE = 2.0
"""Seconds to what is not analysable within which a pause is doubtful."""


class _Figure(NamedTuple):
    """A row of a summary."""

    name: str
    value: float
    unit: str
    out_of: float = np.nan
    of: str = ""
    excluded: str = ""
    at: float = np.nan  # Seconds


def summarize(
    samples: ArrayLike,
    labels: ArrayLike,
    sampling_rate: float,
    episodes: pd.DataFrame,
    duration: float | None = None,
) -> pd.DataFrame:
    """Count what a report says of a rhythm.

    Parameters
    ----------
    samples : array-like of int, shape (n_beats,)
        R peaks, rising.
    labels : array-like of str, shape (n_beats,)
        As `find_episodes` takes them.
    sampling_rate : float
        Of the positions, in Hz.
    episodes : DataFrame
        What `find_episodes` returns of these beats, or the events of a whole recording
        that `EpisodeFinder` told. Pauses count as far as they are there: let its
        `pause` be 2 s or less.
    duration : float, default=None
        Seconds that the recording lasts; None is until the last R peak.

    Returns
    -------
    DataFrame of shape (n_figures, 6)
        Indexed by the name of each figure: its ``value`` and ``unit``; ``out_of`` and
        ``of``, the denominator and what it is; ``excluded``, what was left out; and
        ``at``, when it was, in seconds. What never occurs is 0, and what cannot be said
        is NaN, as AF where there are fewer than 81 intervals.

    Raises
    ------
    ValueError
        If a parameter is not allowed, positions fall, a label is not known, lengths
        differ, or the last beat is after the end.

    Examples
    --------
    >>> from sklearn_ecg.rhythm import find_episodes, summarize
    >>> samples = [0, 80, 120, 160, 200, 290, 370, 620, 700]
    >>> labels = list("NNVVVNNNN")
    >>> episodes = find_episodes(samples, labels, 100)
    >>> summary = summarize(samples, labels, 100, episodes)
    >>> summary.loc[["V beats", "V runs", "longest pause"], ["value", "unit", "out_of"]]
                   value   unit  out_of
    V beats          3.0  beats     9.0
    V runs           1.0            NaN
    longest pause    2.5      s     NaN
    """
    rate = check("summarize", "sampling_rate", sampling_rate, _SAMPLING_RATE)
    positions, names = checked_beats(samples, labels)
    episodes = checked_episodes(episodes, _COLUMNS)
    last = positions[-1] / rate if len(positions) else 0.0
    duration = checked_duration("summarize", duration, last)
    of_beats = np.array(names, dtype=object)
    is_beat = of_beats != NO_BEAT
    counted = _Counted(positions[is_beat], of_beats[is_beat], rate, episodes, duration)
    figures = [
        *counted.of_recording(),
        *counted.of_rates(),
        *counted.of_fibrillation(),
        *(one for label in ECTOPIC for one in counted.of_ectopic(label)),
        *counted.of_pauses(),
        *counted.of_slow_and_fast(),
    ]
    table = pd.DataFrame(figures, columns=_Figure._fields).set_index("name")
    return table.rename_axis(index=None)


class _Counted:
    """The beats and episodes of a recording, in samples, ready to be counted.

    A difference of seconds is off in its last digit: a pause of 2.5 s would be longer.
    """

    def __init__(self, samples, labels, rate, episodes, duration):
        self.samples, self.labels = samples, labels
        self.rate, self.duration = rate, duration
        name = names_of(episodes)
        start, stop = (np.rint(episodes[of] * rate) for of in ("start", "stop"))
        self.episodes = episodes.assign(
            name=name, start=start, stop=stop, seconds=(stop - start) / rate
        )
        self.lost = self.of_kind(NOT_ANALYSABLE)
        self.analysed = duration - (self.lost["stop"] - self.lost["start"]).sum() / rate
        self.is_cut = touched(samples[:-1], samples[1:], self.lost)

    def of_kind(self, kind: str) -> pd.DataFrame:
        """Return the episodes of a kind."""
        return self.episodes[self.episodes["kind"] == kind]

    def of_recording(self) -> Iterator[_Figure]:
        """Yield how long it lasts, and how much of it was analysed."""
        hours = self.duration / 3600
        yield _Figure("duration", hours, "h")
        yield _Figure(
            "analysed time",
            self.analysed / 3600,
            "h",
            hours,
            "hours",
            "what is not analysable",
        )
        yield _Figure("stretches not analysable", len(self.lost), "")
        yield self._most("longest stretch not analysable", self.lost, "seconds", "s")

    def of_rates(self) -> Iterator[_Figure]:
        """Yield how many beats there are, and how fast they come."""
        n_beats = len(self.samples)
        yield _Figure("beats", n_beats, "beats", self.analysed / 3600, "hours analysed")
        intervals = np.diff(self.samples)[~self.is_cut]
        cut = "intervals in which something was lost"
        total = intervals.sum() / self.rate
        mean = 60 * len(intervals) / total if total > 0 else np.nan
        yield _Figure("mean rate", mean, "/min", len(intervals), "intervals", cut)
        in_a_row = "/min", N_INTERVALS, "intervals in a row", cut
        rates, at = self._rates()
        if not len(rates):
            rates = at = np.array([np.nan])
        for name, place in (("lowest", rates.argmin()), ("highest", rates.argmax())):
            yield _Figure(f"{name} rate", rates[place], *in_a_row, at[place])

    def _rates(self):
        """Return the rates of intervals in a row, and when each begins."""
        first, last = self.samples[:-N_INTERVALS], self.samples[N_INTERVALS:]
        n_cut = np.cumsum(np.append(0, self.is_cut))
        is_whole = n_cut[N_INTERVALS:] == n_cut[:-N_INTERVALS]
        whole = is_whole & (last > first)
        span = last[whole] - first[whole]
        return 60 * N_INTERVALS * self.rate / span, first[whole] / self.rate

    def of_fibrillation(self) -> Iterator[_Figure]:
        """Yield how much atrial fibrillation there is."""
        episodes = self.of_kind(AF)
        edges = episodes[["start", "stop"]].to_numpy().ravel()
        lost = self.lost["start"].to_numpy(), self.lost["stop"].to_numpy()
        own = (episodes["stop"] - episodes["start"]).sum()
        seconds = (own - seconds_between(edges, lost)[::2].sum()) / self.rate
        # Of so few intervals, fibrillation is never told.
        is_told = (~self.is_cut).sum() >= FEWEST_INTERVALS
        yield _Figure("AF episodes", len(episodes) if is_told else np.nan, "")
        yield self._share_of_time("AF burden", seconds if is_told else np.nan)
        yield self._most("longest AF", episodes, "seconds", "s")
        yield self._most("fastest AF", episodes, "rate", "/min")

    def of_ectopic(self, label: str) -> Iterator[_Figure]:
        """Yield how often and how ectopic beats of a kind come."""
        n_beats = len(self.samples)
        n_own = int((self.labels == label).sum())
        share = 100 * n_own / n_beats if n_beats else np.nan
        yield _Figure(f"{label} beats", n_own, "beats", n_beats, "beats")
        yield _Figure(f"{label} burden", share, "%", n_beats, "beats")
        yield _Figure(f"{label} couplets", len(self.of_kind(f"{label} couplet")), "")
        runs = self.of_kind(f"{label} run")
        yield _Figure(f"{label} runs", len(runs), "")
        yield self._most(f"longest {label} run", runs, "n_beats", "beats")
        yield self._most(f"fastest {label} run", runs, "rate", "/min")
        for name in RUN_NAMES[label]:
            of_name = int((runs["name"] == name).sum())
            yield _Figure(f"runs: {name}", of_name, "", len(runs), f"{label} runs")
        for name in CYCLE_NAMES.values():
            kind = f"{label} {name}"
            yield _Figure(kind, len(self.of_kind(kind)), "")

    def of_pauses(self) -> Iterator[_Figure]:
        """Yield how long the heart paused, and which pauses are doubtful."""
        pauses = self.of_kind(PAUSE)
        n_beats = len(self.samples)
        for least in PAUSES:
            n_longer = int((pauses["seconds"] > least).sum())
            yield _Figure(f"pauses > {least} s", n_longer, "", n_beats, "beats")
        yield self._most("longest pause", pauses, "seconds", "s")
        starts, stops = pauses["start"].to_numpy(), pauses["stop"].to_numpy()
        in_af = touched(starts, stops, self.of_kind(AF))
        yield _Figure("pauses in AF", int(in_af.sum()), "", len(pauses), "pauses")
        near = BESIDE * self.rate
        beside = touched(starts - near, stops + near, self.lost)
        yield _Figure(
            "pauses beside what is not analysable",
            int(beside.sum()),
            "",
            len(pauses),
            "pauses",
        )

    def of_slow_and_fast(self) -> Iterator[_Figure]:
        """Yield how long the rate was slow and fast."""
        for kind in (SLOW, FAST):
            yield self._share_of_time(kind, self.of_kind(kind)["seconds"].sum())

    def _share_of_time(self, name, seconds):
        share = 100 * seconds / self.analysed if self.analysed > 0 else np.nan
        hours = self.analysed / 3600
        return _Figure(
            name, share, "%", hours, "hours analysed", "what is not analysable"
        )

    def _most(self, name, episodes, column, unit):
        """Return the figure of the episode that has most of something."""
        values = episodes[column].dropna()
        if values.empty:
            return _Figure(name, np.nan, unit)
        most = values.idxmax()
        at = episodes.loc[most, "start"] / self.rate
        return _Figure(name, values[most], unit, at=at)

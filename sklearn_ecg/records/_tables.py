"""Tables: a row for each sample, a column for each lead, and one for the time."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from numbers import Real

import numpy as np
import pandas as pd

from .._messages import joined, listed, warn
from ._csv_preamble import Preamble
from ._names import is_voltage, numbered, says_ecg
from ._recording import StoredLead
from ._time_axis import (
    Rows,
    TimeAxis,
    axis_of,
    counted_on,
    past_midnight,
    plain_axis,
)
from ._time_columns import best_of, evenly_rising, said_unit, start_of, time_columns

_WITH_UNIT = re.compile(r"(?P<name>.*\S)\s*(\((?P<round>.*)\)|\[(?P<square>.*)\])")
_UNIT_AT_END = re.compile(r"(?P<name>.*[^\s_])[\s_]+(?P<unit>[mun\u00b5\u03bc]V)")
_OTHER_UNIT = re.compile(
    r"%|bpm|[\u00b0]?[cf]|deg.*|g|mg|m/s.*|mmhg|[kh]?pa|k?hz|lux|k?(ohm|\u03a9)|rad.*|"
    r"l/min|[\u00b5\u03bcu]s|raw|counts?|lsb|adu|a\.?u\.?",
    re.I,
)
_ECG = re.compile(r"(lead )?(ml)?(i{1,3}|av[rlf]|v[1-9])|.*(ecg|ekg).*", re.I)

_TURNS = {"date": [3600.0], "clock": [43200.0, 3600.0]}
"""Seconds by which clocks of people fall back: to winter time, or after 12:59."""

_COUNTS = 2.0**32, 2.0**16
"""Counts after which clocks of devices begin anew."""

RATE_TOLERANCE = 0.01
"""Share by which a rate given may differ from that of the times, as clocks do."""


class Table:
    """What CSV and Parquet have in common; columns go by their places."""

    start_time: datetime | None = None

    def __init__(self, path, sampling_rate):
        self.path = path
        self.given = _check_rate(sampling_rate, path)

    def annotations(self, annotator, sampling_rate) -> pd.DataFrame:
        """Say that there are none; see `Source`."""
        raise FileNotFoundError(
            f"{self.path} holds no annotations: hand over the R peaks and symbols "
            "yourself."
        )

    def row_name(self, row: int) -> str:
        """Name a row in messages."""
        return f"row {row}"

    def read(self, indices, spans):
        """Return stretches of some leads, in their own units; see `Source`."""
        first, stop = min(a for a, _ in spans), max(b for _, b in spans)
        if first >= stop:
            return [np.empty(0) for _ in indices]
        columns = self._read_samples({self.columns[i] for i in indices}, first, stop)
        return [
            np.array(columns[self.columns[index]][begin - first : end - first])
            for index, (begin, end) in zip(indices, spans, strict=True)
        ]

    def _read_samples(self, wanted, first, stop):
        """Return columns from one sample to another, NaN where a row is missing."""
        if self.axis.is_plain:
            return self._read_columns(wanted, first, stop)
        rows = self.axis.rows_of(first, stop)
        is_there = rows >= 0
        samples = {place: np.full(stop - first, np.nan) for place in wanted}
        if is_there.any():
            begin = int(rows[is_there].min())
            columns = self._read_columns(wanted, begin, int(rows.max()) + 1)
            for place in wanted:
                samples[place][is_there] = columns[place][rows[is_there] - begin]
        return samples

    def _describe(self, names, heads, preamble=None):
        """Tell leads from times, by the names and first values of the columns."""
        preamble = preamble or Preamble()
        names, heads = _without_empty(names, heads)
        names = _told_apart(names, self.path)
        columns = {place: (name, heads[place]) for place, name in names.items()}
        times = self._time_columns(columns)
        places = {column.place for column in times}
        is_number = {p: heads[p].dtype.kind in "iuf" for p in names if p not in places}
        self.columns = [place for place, is_one in is_number.items() if is_one]
        left_out = [names[place] for place, is_one in is_number.items() if not is_one]
        if not self.columns:
            raise ValueError(
                f"{self.path} has no column of numbers that could be a lead; its "
                f"columns are {listed(list(names.values()))}."
            )
        self.unread_times = [
            f"{name!r} holds {'texts' if name in left_out else 'one value throughout'}"
            for place, name in names.items()
            if said_unit(name)[0] and (name in left_out or heads[place].nunique() < 2)
        ]
        if left_out:
            self._warn(
                f"Columns of {self.path} are left out, because they hold no numbers: "
                f"{listed(left_out)}."
            )
        rate = self._agreed(self.given, preamble.rate, "its first lines, which say")
        try:
            time = best_of(times, heads, rate)
        except ValueError as error:
            raise ValueError(f"{self.path}: {error}.") from None
        sampling_rate = self._set_axis(time, rate)
        self.start_time = start_of(times, time, heads) if time else None
        self.start_time = self.start_time or preamble.start_time
        described = _described([names[p] for p in self.columns], preamble.unit)
        _check_once([name for name, _ in described], self.path)
        self.leads = [
            StoredLead(name, sampling_rate, self.axis.n_samples, unit)
            for name, unit in described
        ]

    def _time_columns(self, columns):
        """Return the columns of times, one that is guessed if none is called so."""
        times = time_columns(columns)
        if any(column.kind != "counter" for column in times):
            return times
        known = {column.place for column in times}
        others = {
            place: (name, values)
            for place, (name, values) in columns.items()
            if place not in known and values.dtype.kind in "iuf"
        }
        guessed = evenly_rising(others)
        if not guessed or _is_measured(guessed[0].name):
            return times
        self._warn(
            f"Column {guessed[0].name!r} of {self.path} is taken as its time, because "
            "it rises evenly and no other does."
        )
        return times + guessed

    def _set_axis(self, time, rate):
        """Place the rows in time, and return the sampling rate."""
        n_rows, seconds = self._read_times(time)
        if not n_rows:
            raise ValueError(f"{self.path} holds no rows below its column names.")
        if time is None or time.kind == "counter":
            if rate is None:
                raise ValueError(self._no_rate())
            self.axis = plain_axis(n_rows)
            # Row numbers that begin anew, as of joined tables, say nothing.
            if time is not None and (np.diff(seconds) > 0).all():
                self.axis = self._axis_of(time, seconds / rate)
            return rate
        seconds = self._counted_on(time, seconds)
        self.axis = self._axis_of(time, seconds)
        found = 1 / self.axis.period
        self._agreed(rate, found, f"its column {time.name!r}, whose times give")
        self._tell(time, found)
        return found

    def _counted_on(self, time, seconds):
        """Go on counting where a clock begins anew, and say so if it is no midnight."""
        if time.kind == "clock":
            seconds = past_midnight(seconds)
        turns = _TURNS.get(time.kind) or [bits * time.seconds for bits in _COUNTS]
        for turn in turns:
            counted = counted_on(seconds, turn)
            is_full = time.kind == "number" and np.ptp(_finite(seconds)) > turn
            if counted is not seconds and not is_full:
                falls = np.flatnonzero(np.diff(seconds) < 0)
                self._warn(
                    f"The clock of {self.path}, column {time.name!r}, falls back by "
                    f"{turn:.9g} s in {self.row_name(int(falls[0]) + 1)}, as clocks do "
                    "that are set back or begin anew: its times are counted on."
                )
                return counted
        return seconds

    def _axis_of(self, time, seconds) -> TimeAxis:
        def differ(one, other):
            begin = int(min(one.min(), other.min()))
            end = int(max(one.max(), other.max())) + 1
            columns = self._read_columns(set(self.columns), begin, end)
            pairs = [(c[one - begin], c[other - begin]) for c in columns.values()]
            return np.any(
                [(a != b) & ~(np.isnan(a) & np.isnan(b)) for a, b in pairs], axis=0
            )

        try:
            return axis_of(seconds, Rows(self.row_name, differ))
        except ValueError as error:
            if self.path in str(error):
                raise
            raise ValueError(f"{self.path}, column {time.name!r}: {error}.") from None

    def _agreed(self, given, found, where):
        """Return the rate given, or else found; refuse one against the other."""
        if given is None or found is None:
            return found if given is None else given
        if abs(given / found - 1) > RATE_TOLERANCE:
            name = (
                "sampling_rate"
                if given == self.given
                else "The rate in its first lines"
            )
            raise ValueError(
                f"{name}={given:g} of {self.path} contradicts {where} {found:g} Hz. "
                "Leave sampling_rate out, or correct the file."
            )
        return given

    def _tell(self, time, rate):
        """Say in a line what was done about times that are not even."""
        for note in self.axis.notes:
            self._warn(f"{self.path}, column {time.name!r}: {note}.")
        if self.axis.stray:
            self._warn(
                f"The times of {self.path}, column {time.name!r}, stray by up to "
                f"{1000 * self.axis.stray:.3g} ms from an even {rate:.5g} Hz: its rows "
                "are taken as evenly spaced."
            )

    def _no_rate(self):
        return (
            f"{self.path} does not say its sampling rate: it has no column of times"
            f"{self._unread_times()}. "
            "Pass the rate in Hz, as in read_recording(path, sampling_rate=250), or at "
            "the shell with --sampling-rate 250; or add a column 'time (s)'."
        )

    def _unread_times(self):
        if not self.unread_times:
            return ""
        return f" that can be read ({joined(self.unread_times)})"

    @staticmethod
    def _warn(text):
        warn(text)


def _check_rate(rate, path):
    if rate is None:
        return None
    is_number = isinstance(rate, Real) and not isinstance(rate, bool)
    if not is_number or not 0 < rate < np.inf:
        raise ValueError(
            f"sampling_rate={rate!r} of {path} must be a positive number of Hz."
        )
    return float(rate)


def _finite(values):
    return values[np.isfinite(values)]


def _told_apart(names, path):
    """Give columns of one name numbers; refuse those of an ECG or a time."""
    _check_once([n for n in names.values() if says_ecg(n) or said_unit(n)[0]], path)
    return dict(zip(names, numbered(list(names.values())), strict=True))


def _check_once(names, path):
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"{path} has more than one column for {listed(twice)}: which is wanted "
            "cannot be told. Give each column a name of its own."
        )


def _without_empty(names, heads):
    """Leave out columns without a name and a value: separators at the end of lines."""
    kept = {p: n for p, n in names.items() if n or heads[p].notna().any()}
    return kept, {place: heads[place] for place in kept}


def _is_measured(column):
    """Tell whether a name is that of a lead, or says the unit of another signal."""
    match = _WITH_UNIT.fullmatch(column)
    return bool(_ECG.fullmatch(column) or _UNIT_AT_END.fullmatch(column) or match)


def _described(columns, usual):
    """Return name and unit of each column; it is mV if no column says another."""
    described = [_name_and_unit(column) for column in columns]
    any_volts = any(is_voltage(unit or "") for _, unit in described)
    return [
        (name, usual or ("" if any_volts and not _ECG.fullmatch(name) else "mV"))
        if unit is None
        else (name, unit)
        for name, unit in described
    ]


def _name_and_unit(column):
    """Split ``II (uV)``, ``II [uV]`` or ``II_uV`` into lead and unit, or None."""
    match = _UNIT_AT_END.fullmatch(column)
    if match:
        return match["name"], match["unit"]
    match = _WITH_UNIT.fullmatch(column)
    unit = (match["round"] or match["square"] or "").strip() if match else ""
    if is_voltage(unit) or _OTHER_UNIT.fullmatch(unit):
        return match["name"], unit
    return column, None

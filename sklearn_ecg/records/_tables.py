"""Tables: a row for each sample, a column for each lead."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from datetime import datetime
from numbers import Real

import numpy as np
import pandas as pd

from .._messages import listed, users_stacklevel
from ._recording import StoredLead
from ._units import is_voltage

_WITH_UNIT = re.compile(r"(?P<name>.*\S)\s*(\((?P<round>.*)\)|\[(?P<square>.*)\])")
_UNIT_AT_END = re.compile(r"(?P<name>.*[^\s_])[\s_]+(?P<unit>[mun\u00b5\u03bc]V)")
_TIME = re.compile(
    r"|t|ms|s|seconds|index|(time|timestamp|elapsed time)([ _](s|ms|sec|seconds))?"
    r"|sample( ?#| number)?"
    # What pandas calls an index that has no name.
    r"|__index_level_0__|unnamed: \d+"
)


class Table:
    """What CSV and Parquet have in common."""

    start_time: datetime | None = None

    def __init__(self, path, sampling_rate):
        self.path = path
        self.sampling_rate = _check_rate(sampling_rate, path)

    def annotations(self, annotator, sampling_rate) -> pd.DataFrame:
        """Say that there are none; see `Source`."""
        raise FileNotFoundError(
            f"{self.path} holds no annotations: hand over the R peaks and symbols "
            "yourself."
        )

    def read(self, indices, spans):
        """Return stretches of some leads, in their own units; see `Source`."""
        first, stop = min(a for a, _ in spans), max(b for _, b in spans)
        if first >= stop:
            return [np.empty(0) for _ in indices]
        wanted = {self.columns[index] for index in indices}
        columns = self._read_columns(wanted, first, stop)
        return [
            np.array(columns[self.columns[index]][begin - first : end - first])
            for index, (begin, end) in zip(indices, spans, strict=True)
        ]

    def _set_leads(self, columns, n_rows):
        """Take the columns of numbers as leads, but for those that count the time."""
        names = [name for name, _ in columns]
        _check_once(names, self.path)
        if not n_rows:
            raise ValueError(f"{self.path} holds no rows below its column names.")
        columns = [(name, other) for name, other in columns if not _is_time(name)]
        left_out = [f"{name!r} ({other})" for name, other in columns if other]
        self.columns = [name for name, other in columns if not other]
        if not self.columns:
            raise ValueError(
                f"{self.path} has no column of numbers that could be a lead; its "
                f"columns are {listed(names)}."
            )
        if left_out:
            warnings.warn(
                f"Columns of {self.path} are left out, because they hold no numbers: "
                f"{', '.join(left_out)}.",
                UserWarning,
                stacklevel=users_stacklevel(),
            )
        described = [_name_and_unit(column) for column in self.columns]
        _check_once([name for name, _ in described], self.path)
        self.leads = [
            StoredLead(name, self.sampling_rate, n_rows, unit)
            for name, unit in described
        ]


def _check_rate(rate, path):
    if rate is None:
        raise ValueError(
            f"{path} does not say its sampling rate: pass it in Hz, as in "
            "read_recording(path, sampling_rate=250)."
        )
    is_number = isinstance(rate, Real) and not isinstance(rate, bool)
    if not is_number or not 0 < rate < np.inf:
        raise ValueError(
            f"sampling_rate={rate!r} of {path} must be a positive number of Hz."
        )
    return float(rate)


def _check_once(names, path):
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"{path} has more than one column for {listed(twice)}: which is wanted "
            "cannot be told. Give each column a name of its own."
        )


def _is_time(column):
    return bool(_TIME.fullmatch(_WITH_UNIT.sub(r"\g<name>", column).casefold()))


def _name_and_unit(column):
    """Split ``II (uV)``, ``II [uV]`` or ``II_uV`` into the lead and its unit."""
    match = _UNIT_AT_END.fullmatch(column)
    if match:
        return match["name"], match["unit"]
    match = _WITH_UNIT.fullmatch(column)
    unit = (match["round"] or match["square"] or "") if match else ""
    return (match["name"], unit) if is_voltage(unit) else (column, "mV")

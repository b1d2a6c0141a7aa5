"""Which column of a table is the time, and what its values are in seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd

_BRACKETS = re.compile(r"(?P<name>.*?)\s*[(\[](?P<unit>[^()\[\]]*)[)\]]\s*")
_WORD = re.compile(r"[^\W\d_]+|#")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

_UNITS = {
    1.0: "s sec secs second seconds",
    1e-3: "ms msec msecs millis millisecond milliseconds",
    1e-6: "us \u00b5s \u03bcs usec micros microsecond microseconds",
    1e-9: "ns nsec nanos nanosecond nanoseconds",
}
_SECONDS = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_IN_BRACKETS = _SECONDS | {"min": 60.0, "minutes": 60.0, "h": 3600.0, "hours": 3600.0}
_TIME_WORDS = {*_SECONDS, "t", "time", "times", "timestamp", "timestamps", "datetime"}
_TIME_WORDS |= {"date", "clock", "elapsed", "epoch", "unixtime"}
_TIME_WORDS |= {"zeit", "zeitstempel", "uhrzeit", "temps", "tiempo", "tempo"}
_BESIDE_TIME = {"unix", "posix", "utc", "gmt", "local", "iso", "phone", "sensor"}
_BESIDE_TIME |= {"device", "system", "recording", "rec", "sample", "sampling", "ecg"}
_BESIDE_TIME |= {"since", "from", "start", "of", "the", "day", "in", "real", "stamp"}
_BESIDE_TIME |= {"relative", "rel", "absolute", "abs", "ekg"}
_NO_UNIT = re.compile(r"|[hdmsy:./ -]+|unix|utc|gmt|local|iso.*|date|clock", re.I)

_CERTAIN_WORDS = {"timestamp", "timestamps", "datetime", "unixtime", "zeitstempel"}
"""Words of times alone, whatever stands beside them."""

_COUNTER = re.compile(
    r"|index|idx|n|nr|no|#|seq|nseq|counter|row|sample( ?#| ?number| ?index| ?no)?"
    # What pandas calls an index that has no name.
    r"|__index_level_0__|unnamed: \d+",
    re.I,
)

_CLOCK = re.compile(r"\d{1,3}:\d{2}(:\d{2})?([.,]\d+)?(\s*[ap]\.?m\.?)?", re.I)
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_OTHER_DATE = re.compile(
    r"(?P<date>\d{1,4}[./-]\d{1,2}[./-]\d{1,4})([T ]+(?P<clock>\d{1,2}:\d\d:\d\d.*))?"
)

_USUAL_RATES = 20.0, 20_000.0
"""Hz; of the units s, ms, \u00b5s and ns, one at most gives such a rate."""

_UNIX_TIMES = 978_307_200.0, 4_102_444_800.0
"""Seconds that are taken as a date: 2001 to 2100. Clocks of devices begin elsewhere."""


@dataclass(frozen=True)
class TimeColumn:
    """A column of times, or of row numbers."""

    place: int
    name: str
    kind: Literal["number", "date", "clock", "counter"]
    seconds: float | None = None  # Of its unit, if it counts in one that is known
    is_guess: bool = False  # Whether its values tell, not its name

    def parse(self, values: pd.Series, base: float | None) -> tuple[np.ndarray, float]:
        """Return seconds (or rows) from a base, NaN if blank; None is the first value.

        Raises
        ------
        NoTimeError
            With the place of a value that is no time.
        """
        if self.kind in ("date", "clock"):
            parsed = (_dates if self.kind == "date" else _clocks)(values)
            stored = parsed.to_numpy().astype(f"{parsed.dtype.kind}8[ns]")
            numbers, unit = stored.astype(np.int64), 1e-9
        else:
            parsed = pd.to_numeric(values, errors="coerce")
            numbers, unit = parsed.to_numpy(), self.seconds or 1.0
        is_blank = parsed.isna().to_numpy()
        bad = np.flatnonzero(is_blank & values.notna() & (values.astype(str) != ""))
        if len(bad):
            raise NoTimeError(int(bad[0]))
        if base is None:
            base = 0 if is_blank.all() else numbers[~is_blank][0].item()
        return np.where(is_blank, np.nan, (numbers - base) * unit), base


class NoTimeError(ValueError):
    """A value of a time column is none; its only argument is its place."""


def time_columns(columns: Mapping[int, tuple[str, pd.Series]]) -> list[TimeColumn]:
    """Return the columns that hold times or row numbers, by their names and values."""
    found = [_time_column(place, *column) for place, column in columns.items()]
    return [column for column in found if column is not None]


def evenly_rising(columns: Mapping[int, tuple[str, pd.Series]]) -> list[TimeColumn]:
    """Return the one column that rises evenly while no other does, if there is one."""
    rising = [place for place, (_, column) in columns.items() if _rises(column)]
    if len(rising) != 1 or len(columns) < 2:
        return []
    name, values = columns[rising[0]]
    is_counter = _counts_by_ones(values.to_numpy())
    kind: Literal["counter", "number"] = "counter" if is_counter else "number"
    return [TimeColumn(rising[0], name, kind, is_guess=True)]


def best_of(
    columns: list[TimeColumn], heads: Mapping[int, pd.Series], rate: float | None
) -> TimeColumn | None:
    """Return the column that tells most rows apart, with its unit.

    Raises
    ------
    ValueError
        If its unit cannot be told.
    """
    columns = [column for column in columns if _varies(column, heads[column.place])]
    times = [column for column in columns if column.kind != "counter"] or columns
    if not times:
        return None
    best = max(times, key=lambda column: _merit(column, heads[column.place]))
    if best.kind == "number" and best.seconds is None:
        return _with_unit(best, heads[best.place], rate)
    return best


def start_of(
    columns: list[TimeColumn], chosen: TimeColumn, heads: Mapping[int, pd.Series]
) -> datetime | None:
    """Return the date and time of the first row; that of unix times is in UTC."""
    for column in [chosen, *columns]:
        values = heads[column.place].dropna()
        if values.empty:
            continue
        if column.kind == "date" and not _is_date_alone(values):
            return _local(values.iloc[0])
        if column.kind == "number" and column.seconds and "sensor" not in column.name:
            seconds = float(values.iloc[0]) * column.seconds
            if _UNIX_TIMES[0] <= seconds < _UNIX_TIMES[1]:
                return datetime(1970, 1, 1) + timedelta(seconds=seconds)
    days = [c for c in columns if c.kind == "date" and len(heads[c.place].dropna())]
    if chosen.kind == "clock" and days:
        day = _local(heads[days[0].place].dropna().iloc[0])
        first = _clocks(heads[chosen.place].dropna().iloc[:1]).iloc[0]
        return day and datetime.combine(day.date(), datetime.min.time()) + first
    return None


def said_unit(name: str) -> tuple[bool, float | None]:
    """Tell whether a name says time, and the seconds of its unit if it says one."""
    match = _BRACKETS.fullmatch(name)
    bracket = match["unit"].strip().casefold() if match else ""
    name = match["name"] if match else name
    words = [word.casefold() for word in _WORD.findall(_CAMEL.sub(" ", name))]
    is_time = set(words) <= _TIME_WORDS | _BESIDE_TIME and set(words) & _TIME_WORDS
    has_digit = re.search(r"\d", name) is not None  # T3 is an electrode.
    if not ((is_time and not has_digit) or _CERTAIN_WORDS & set(words)):
        return False, None
    if bracket in _IN_BRACKETS:
        return True, _IN_BRACKETS[bracket]
    if not _NO_UNIT.fullmatch(bracket):  # A temperature is called t (degC), too.
        return False, None
    return True, _SECONDS.get(words[-1])


def is_counter_name(name: str) -> bool:
    """Tell whether a name is one of row numbers."""
    return bool(_COUNTER.fullmatch(name.strip()))


def _time_column(place, name, values):
    kind = _kind_of_values(values)
    is_time, seconds = said_unit(name)
    if kind in ("date", "clock"):
        return TimeColumn(place, name, kind, is_guess=not is_time)
    if kind == "number" and is_time:
        return TimeColumn(place, name, kind, seconds)
    if kind == "number" and is_counter_name(name):
        return TimeColumn(place, name, "counter")
    return None


def _kind_of_values(values):
    if values.dtype.kind == "M":
        return "date"
    if values.dtype.kind == "m":
        return "clock"
    if values.dtype.kind in "iuf":
        return "number"
    some = values[values.notna()].astype(str).str.strip(" '")
    some = some[some != ""][:50]
    if len(some) and pd.to_numeric(some, errors="coerce").notna().mean() > 0.5:
        return "number"
    for kind, forms in (("clock", (_CLOCK,)), ("date", (_ISO, _OTHER_DATE))):
        if len(some) and all(any(f.fullmatch(text) for f in forms) for text in some):
            return kind
    return "text"


def _rises(column):
    if column.dtype.kind not in "iuf" or len(column) < 10 or column.isna().any():
        return False
    steps = np.diff(column.to_numpy(dtype=np.float64))
    usual = np.median(steps)
    return bool((steps > 0).all() and np.mean(abs(steps - usual) < usual / 2) > 0.95)


def _counts_by_ones(values):
    steps = np.diff(values[np.isfinite(values)])
    return bool(len(steps)) and np.median(steps) == 1 and abs(values[0]) < 1e9


def _varies(column, values):
    if column.kind == "date" and _is_date_alone(values.dropna()):
        return False
    if column.kind != "counter":
        return values.nunique() > 1
    numbers = values.to_numpy(dtype=np.float64)
    return len(numbers) > 1 and bool((np.diff(numbers) > 0).all())


def _merit(column, values):
    known = column.seconds is not None or column.kind in ("date", "clock")
    return not column.is_guess, round(values.nunique() / len(values), 1), known


def _with_unit(column, values, rate):
    """Find the unit of numbers, by the rates that each would give."""
    numbers = values.dropna().to_numpy(dtype=np.float64)
    per_row = np.median(np.diff(np.unique(numbers))) * len(np.unique(numbers))
    per_row /= len(values)  # Of a packet, the first row alone may have a time.
    rates = {seconds: 1 / (per_row * seconds) for seconds in _UNITS}
    if rate is not None:
        near = [unit for unit, found in rates.items() if abs(found / rate - 1) < 0.1]
        if near:
            return replace(column, seconds=near[0])
        if _counts_by_ones(numbers):
            return replace(column, kind="counter")
    lowest, highest = _USUAL_RATES
    near = [unit for unit, found in rates.items() if lowest <= found < highest]
    if not near or _counts_by_ones(numbers):
        raise ValueError(
            f"the unit of its column {column.name!r} is not said and cannot be told: "
            f"name the column {column.name} (s), (ms), (us) or (ns), or pass "
            "sampling_rate in Hz if it counts rows"
        )
    return replace(column, seconds=near[0])


def _is_date_alone(values):
    if values.dtype.kind == "M":
        return bool((values.dt.normalize() == values).all())
    return not values.astype(str).str.contains(":").any()


def _local(value):
    """Return a date as the clock at its place shows it, or None if it is ambiguous."""
    if isinstance(value, datetime):
        return pd.Timestamp(value).to_pydatetime(warn=False).replace(tzinfo=None)
    text = str(value).strip()
    if _ISO.fullmatch(text):
        parsed = pd.to_datetime(text, format="ISO8601", errors="coerce")
        return None if pd.isna(parsed) else _local(parsed)
    match = _OTHER_DATE.fullmatch(text)
    days = _days(pd.Series([match["date"]])) if match else None
    if days is None:
        return None
    first = (days + _clocks(pd.Series([match["clock"] or "00:00:00"]))).iloc[0]
    return None if pd.isna(first) else first.to_pydatetime(warn=False)


def _dates(values):
    if values.dtype.kind == "M":
        return values.dt.tz_convert(None) if values.dt.tz is not None else values
    text = values.astype("str").str.strip(" '")
    some = text[values.notna() & (text != "")]
    if some.empty or _ISO.fullmatch(some.iloc[0]):
        text = text.str.replace(",", ".", regex=False)
        parsed = pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce")
        return parsed.dt.tz_localize(None)
    parts = text.str.split(r"[T ]+", n=1, regex=True, expand=True).reindex(
        columns=[0, 1]
    )
    days = _days(parts[0], day_first=True)
    return days + _clocks(parts[1].fillna("00:00:00"))


def _days(text, day_first=None):
    """Return dates; None if day and month may be one or the other and it matters."""
    formats = ["%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d"]
    tried = [pd.to_datetime(text, format=form, errors="coerce") for form in formats]
    for days in tried:
        if days.notna().any():
            return days
    firsts = pd.to_numeric(text.str.extract(r"^(\d+)[/-]")[0], errors="coerce")
    seconds = pd.to_numeric(text.str.extract(r"^\d+[/-](\d+)")[0], errors="coerce")
    is_day_first = (firsts > 12).any()
    is_ambiguous = not is_day_first and not (seconds > 12).any()
    if is_ambiguous and not day_first and (firsts != seconds).any():
        return None
    if is_ambiguous:
        # The part that changes less is the month.
        is_day_first = firsts.nunique() > seconds.nunique()
    order = "%d/%m/%Y" if is_day_first else "%m/%d/%Y"
    return pd.to_datetime(text.str.replace("-", "/"), format=order, errors="coerce")


def _clocks(values):
    if values.dtype.kind == "m":
        return values
    text = values.astype("str").str.strip(" '").str.replace(",", ".", regex=False)
    half = text.str.extract(r"\s*([ap])\.?m\.?$", flags=re.I)[0].str.lower()
    if half.notna().any():
        text = text.str.replace(r"\s*[ap]\.?m\.?$", "", flags=re.I, regex=True)
    is_short = text.str.count(":") == 1
    clocks = pd.to_timedelta(text.where(~is_short, "00:" + text), errors="coerce")
    if half.isna().all():
        return clocks
    noon = pd.Timedelta(hours=12)
    is_twelfth = clocks >= noon
    clocks = clocks.mask((half == "p") & ~is_twelfth, clocks + noon)
    return clocks.mask((half == "a") & is_twelfth, clocks - noon)

"""What lines above a table say: rate, unit, lead and start, in any language."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from ._names import is_voltage

_RATE_KEY = re.compile(
    r"rate|freq|fr[e\u00e9]q|frec|abtast|\bfs\b|sfreq|"
    r"campion|muestr|\u00e9chant",
    re.I,
)
_NO_RATE_KEY = re.compile(
    r"filter|notch|heart|pulse|cut|pass|mains|line f|resp|display|bit|frame|baud|"
    r"cardia|herz",
    re.I,
)
_SAYS_SAMPLES = re.compile(
    r"sampling|sample|abtast|\bfs\b|sfreq|campion|muestr|\u00e9chant", re.I
)
_RATE_VALUE = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>k?hz|hertz|hercios|hz\.|sps|"
    r"samples/s\w*|1/s)?(?![\w.])",
    re.I,
)
_HERTZ = re.compile(
    r"(?P<number>\d{3,}(?:[.,]\d+)?)\s*(?:hz|hertz|herc\w*|h\u00e9rc\w*|gerc\w*|"
    r"\u0433\u0435\u0440\u0446\w*|\u0413\u0446|\u03c7\u03b5\u03c1\u03c4\u03b6|"
    r"\u30d8\u30eb\u30c4|\u8d6b\u5179|\u8d6b|\ud5e4\ub974\uce20|\u05d4\u05e8\u05e5|"
    r"\u0647\u0631\u062a\u0632)\.?",
    re.I,
)
"""A rate in another language, of three digits at least: filters have lower ones."""

_START = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?")
_START_KEY = re.compile(r"record|start|begin|aufge|aufz|enreg", re.I)
_WITH_ZONE = re.compile(rf"(?:{_START.pattern})\s*[+-]\d\d:?\d\d")
_UNIT_KEY = re.compile(r"unit\w*|einheit|unit\u00e9|unidad|unit\u00e0", re.I)
_SMALL = re.compile(r"[mun\u00b5\u03bc\u043c][^\W\d]{1,2}", re.I)
"""A unit whatever its key: one with a prefix, as a letter alone may be anything."""

_LEAD_KEY = re.compile(
    r"lead|channel|ableitung|kanal|d\u00e9rivation|canal|derivaci.n", re.I
)
_LEAD = re.compile(
    r"(?<![A-Za-z\u00c0-\u024f])(I{1,3}|aV[RLF]|V[1-6])(?![A-Za-z0-9\u00c0-\u024f])"
)


class Preamble(NamedTuple):
    """What the lines before the names say; never shown, since they name people."""

    rate: float | None = None  # In Hz
    unit: str | None = None
    lead: str | None = None
    start_time: datetime | None = None


def preamble_of(lines: list[str]) -> Preamble:
    """Read rate, unit, lead, and start out of lines of key and value.

    Where no key is in a language that is known, values tell: a rate in Hz, a unit of
    voltage, a time with its zone, and behind the rate the name of a standard lead.
    """
    rate = unit = lead = start = None
    pairs = []
    for line in lines:
        key, value = [*re.split(r"[,;:=\t]", line.lstrip("# "), maxsplit=1), ""][:2]
        key, value = key.strip(), value.strip(" \"',;\t")
        pairs.append((key, value))
        rate = rate or _rate(line)
        if _UNIT_KEY.fullmatch(key) and is_voltage(value):
            unit = value
        if _LEAD_KEY.fullmatch(key) and value:
            lead = value
        if _START_KEY.search(key):
            match = _START.search(value)
            start = datetime.fromisoformat(match[0]) if match else start
    return _by_values(pairs, Preamble(rate, unit, lead, start))


def _by_values(pairs, known):
    """Add what values tell, where no key did."""
    rate, unit, lead, start = known
    hertz = [
        i
        for i, (key, value) in enumerate(pairs)
        if _HERTZ.fullmatch(value) and not _NO_RATE_KEY.search(key)
    ]
    if len(hertz) != 1:  # Which of several is the rate?
        return known
    if rate is None:
        rate = float(_HERTZ.fullmatch(pairs[hertz[0]][1])["number"].replace(",", "."))
    below = [value for _, value in pairs[hertz[0] + 1 :]]
    units = [value for value in below if _SMALL.fullmatch(value) and is_voltage(value)]
    found = [match[1] for value in below if (match := _LEAD.search(value))]
    zoned = [match[0] for _, v in pairs if (match := _WITH_ZONE.fullmatch(v))]
    if start is None and zoned:
        start = datetime.fromisoformat(_START.match(zoned[0])[0])
    return Preamble(
        rate, unit or next(iter(units), None), lead or next(iter(found), None), start
    )


def _rate(text):
    key = _RATE_KEY.search(text)
    if not key or _NO_RATE_KEY.search(text):
        return None
    value = _RATE_VALUE.search(text, key.end())
    if not value or not (value["unit"] or _SAYS_SAMPLES.search(text)):
        return None
    number = float(value["number"].replace(",", "."))
    number *= 1000 if (value["unit"] or "").lower() == "khz" else 1
    return number if number > 0 else None

"""Annotations of EDF+ and BDF+: time-stamped lists in the data records.

The format is that of https://www.edfplus.info/specs/edfplus.html#tal.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_LIST = re.compile(
    rb"(?P<onset>[+-]\d+(?:\.\d*)?)(?:\x15(?P<duration>\d+(?:\.\d*)?))?"
    rb"\x14(?P<texts>[^\x00]*)\x14\x00+"
)


class TimedText(NamedTuple):
    """One annotation."""

    onset: float  # In seconds from the time that the header gives
    duration: float  # In seconds; NaN if the file does not say it
    text: str


def parse_lists(raw: bytes) -> list[list[TimedText]]:
    r"""Parse what one annotation signal holds in one data record."""
    lists, end = [], 0
    for match in _LIST.finditer(raw):
        if match.start() != end:
            break
        end = match.end()
        onset = float(match["onset"])
        duration = float(match["duration"] or "nan")
        texts = match["texts"].split(b"\x14")
        lists.append([TimedText(onset, duration, _decoded(text)) for text in texts])
    if raw[end:].strip(b"\x00"):
        raise ValueError(f"{raw[end : end + 30]!r} is no list of annotations")
    return lists


def _decoded(text):
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")

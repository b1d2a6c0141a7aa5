"""Definitions of MFER files, which follow one another as tag, length and value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

BYTE_ORDER, POINTER, COMPRESSION = 0x01, 0x07, 0x0E
BLOCK, CHANNELS, SEQUENCES = 0x04, 0x05, 0x06
KIND, LEAD, TYPE, INTERVAL, SENSITIVITY, OFFSET, NULL = 8, 9, 10, 11, 12, 13, 0x12
WAVES, OF_CHANNEL, SET, END, TIME = 0x1E, 0x3F, 0x67, 0x80, 0x85

_NOT_NULL = re.compile(rb"[^\0]")
_INDEFINITE = 0x80
_DEEPEST = 8


class Definition(NamedTuple):
    """One definition; channels are counted from 0, None stands for all."""

    tag: int
    channel: int | None
    value: bytes


def definitions(raw: bytes, channel: int | None = None) -> Iterator[Definition]:
    """Yield the definitions of a file in order, those inside of others, too.

    Raises
    ------
    ValueError
        If one is longer than what is left of the file.
    """
    yield from _within(raw, 0, len(raw), channel, 0)


def _within(raw, place, end, channel, depth):
    _check_depth(depth)
    while found := _NOT_NULL.search(raw, place, end):  # Zeros fill up.
        place = found.start()
        tag, inner, place = _tag(raw, place)
        if tag == END:
            return
        start, stop, place = _span(raw, place, end, depth)
        if tag in (OF_CHANNEL, SET):
            of = channel if inner is None else inner
            yield from _within(raw, start, stop, of, depth + 1)
        else:
            yield Definition(tag, channel, raw[start:stop])


def _tag(raw, place):
    """Return a tag, the channel that it names if any, and the place behind it."""
    tag, channel = raw[place], None
    place += 1
    if tag == OF_CHANNEL:
        channel = raw[place] & 0x7F
        while raw[place] & 0x80:
            place += 1
            channel = channel << 7 | raw[place] & 0x7F
        place += 1
    return tag, channel, place


def _span(raw, place, end, depth):
    """Return where a value begins and ends, and the place of what follows it."""
    first = raw[place]
    place += 1
    if first == _INDEFINITE:
        stop = _end_of_contents(raw, place, end, depth + 1)
        return place, stop, stop + 2
    size = first
    if first > _INDEFINITE:
        n_bytes = first & 0x7F
        size = int.from_bytes(raw[place : place + n_bytes], "big")
        place += n_bytes
    if n_left := max(size - (end - place), 0):
        raise ValueError(f"it is truncated: the last {n_left} bytes are not there")
    return place, place + size, place + size


def _end_of_contents(raw, place, end, depth):
    """Return where two zeros end a value of no given length."""
    _check_depth(depth)
    while place + 1 < end:
        if raw[place] == raw[place + 1] == 0:
            return place
        if raw[place] == 0:
            place += 1
            continue
        _, _, place = _tag(raw, place)
        _, _, place = _span(raw, place, end, depth)
    raise ValueError("one of its definitions has no end")


def _check_depth(depth):
    if depth > _DEEPEST:
        raise ValueError("its definitions lie in one another without end")

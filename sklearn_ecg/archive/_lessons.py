"""What is to be done with each recording of an archive, and from what it follows."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ._entries import Entry
from ._readers import Sheet


class Order(NamedTuple):
    """How a recording is to be annotated."""

    mark: str  # Of all that its files follow from
    sheets: tuple[Sheet, ...] = ()
    learns: str = ""  # The mark of all lessons
    lessons: tuple[tuple[Entry, tuple[Sheet, ...]], ...] = ()


def orders_of(
    marks: Mapping[Entry, str],
    sheets: Mapping[Entry, tuple[Sheet, ...]],
    patients: Mapping[Entry, str],
) -> dict[Entry, Order]:
    """Return an order for each recording; its mark changes with all that was said.

    `marks` are of the recordings themselves, of the model and of the options.
    """
    orders: dict[Entry, Order] = {}
    lessons = defaultdict(list)
    for entry, mark in marks.items():
        own = sheets.get(entry, ())
        said = [sheet.table.to_csv(index=False) for sheet in own]
        orders[entry] = Order(_joined([mark, *said]), own)
        if own and entry in patients:
            lessons[patients[entry]].append(entry)
    for entry, mark in marks.items():
        taught = lessons[patients[entry]] if entry in patients else []
        if taught and entry not in sheets:
            learns = _joined(orders[each].mark for each in taught)
            of_patient = tuple((each, sheets[each]) for each in taught)
            orders[entry] = Order(_joined([mark, learns]), (), learns, of_patient)
    return orders


def _joined(texts: Iterable[str]) -> str:
    """Return one text as it is, and a digest of several."""
    first, *others = texts
    if not others:
        return first
    return hashlib.sha256("\n".join([first, *others]).encode()).hexdigest()

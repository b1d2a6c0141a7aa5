"""Names of leads: which spellings are the same lead, and which leads are wanted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from .._messages import listed

USUAL_LEADS = ("MLII", "II", "V5")
"""The leads that are looked for, in this order, where nobody names one.

The modified lead II of ambulatory recorders, the lead II that it imitates, and the lead
that the MIT-BIH Arrhythmia Database itself puts in its place in records 102 and 104.
"""

ANY_LEAD = "any"
"""What stands for any ECG lead, the first of a recording, whatever it is called."""

_NO_ECG = re.compile(
    r"resp|abp|art|pap|cvp|icp|nibp|nbp|(^|[^a-z])[bv]p\b|pleth|ppg|spo2|co2|flow|"
    r"temp|eeg|eog|emg|acc|gyro|annotation|marker|event|trigger|noise|"
    r"^(fp|[fcpto])[1-8z]\b",
    re.IGNORECASE,
)
"""Names of what else recordings hold: breath, pressures, brain, muscles, marks."""

_PREFIX = re.compile(r"^(lead|ecg|ekg)[\s_:.-]+(?=.*[a-z])")
_SEPARATORS = re.compile(r"[\s_:.]+|(?<=\w)-+(?=\w)")

_SAME_KIND = ({"mlii", "ii"},)
"""Leads of one kind: the modified lead II of ambulatory recorders imitates lead II."""


def lead_key(name: str) -> str:
    """Return what the spellings of one lead have in common."""
    name = name.strip().casefold()
    return _SEPARATORS.sub("", _PREFIX.sub("", name))


def lead_indices(available: Sequence[str], name: str) -> list[int]:
    """Return the places of a lead: of that very spelling, else of any."""
    if name == ANY_LEAD:
        return ecg_places(available)[:1]
    exact = [place for place, lead in enumerate(available) if lead == name]
    if exact:
        return exact
    key = lead_key(name)
    return [place for place, lead in enumerate(available) if lead_key(lead) == key]


def ecg_places(available: Sequence[str]) -> list[int]:
    """Return the places of the leads that are not called like another signal."""
    return [place for place, name in enumerate(available) if not _NO_ECG.search(name)]


def numbered(names: Sequence[str]) -> list[str]:
    """Tell leads of one name apart by a number."""
    counts = Counter(names)
    seen: Counter[str] = Counter()
    told_apart = []
    for name in names:
        seen[name] += 1
        told_apart.append(f"{name} ({seen[name]})" if counts[name] > 1 else name)
    return told_apart


def find_leads(
    available: Sequence[str],
    wanted: Sequence[str],
    record: str,
    *,
    first: bool = False,
) -> list[int]:
    """Return the places of the wanted leads among those of a recording."""
    if not wanted:
        return []
    places = {name: lead_indices(available, name) for name in wanted}
    missing = [name for name, found in places.items() if not found]
    found = [name for name in wanted if places[name]]
    if not found and ANY_LEAD in wanted:
        raise ValueError(
            f"Record {record!r} has no lead that is called like one of an ECG; "
            + _what_there_is(available)
        )
    if not found or (missing and not first):
        raise ValueError(
            f"Record {record!r} has no lead {' or '.join(map(repr, missing))}; "
            + _what_there_is(available)
        )
    for name in found[:1] if first else found:
        if len(places[name]) > 1:
            named = listed([available[place] for place in places[name]])
            raise ValueError(
                f"Record {record!r} has {len(places[name])} leads that are called "
                f"{name!r}, {named}; which one is wanted cannot be told."
            )
    return [places[name][0] for name in (found[:1] if first else found)]


def _what_there_is(available):
    if not available:
        return "it holds annotations only."
    named = listed(list(available))
    return f"its leads are {named}. Name one of them in the 'lead' parameter."


def is_stand_in(name: str, wanted: str) -> bool:
    """Tell whether a lead is of another kind than the one wanted."""
    keys = {lead_key(name), lead_key(wanted)}
    return len(keys) > 1 and not any(keys <= kind for kind in _SAME_KIND)

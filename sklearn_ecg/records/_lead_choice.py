"""Which lead of a recording is read: by name, or else by what speaks for an ECG.

A lead that is named is taken as it is. Where any lead will do, one whose name says ECG
or is that of a standard lead comes first, then one that is a voltage and not called
like another signal; either at a rate at which beats are found. No other lead is ever
taken unless it is named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._messages import joined, listed, warn
from .._parameter_checks import AnyOf, Name, Names, check
from ._names import (
    ANY_LEAD,
    is_qualified,
    is_stand_in,
    is_voltage,
    lead_key,
    says_ecg,
    says_other,
)

if TYPE_CHECKING:
    from ._recording import StoredLead

AS_NAMED = "it is called as the lead that was asked for"
"""Why a lead was taken, where there was nothing to choose."""

USABLE_RATES = 100.0, 2000.0
"""Rates at which beats are found, in Hz."""

LEAD = AnyOf(
    Name(), Names(), text="the name of a lead, or a sequence of different ones"
)
"""What a parameter that names leads may be."""

_OTHER_QUANTITY = re.compile(
    r"%|°?[cf]|(deg|°|rad|m/s).*|m?g|mmhg|[kh]?pa|cmh2o|bpm|.*/min|lpm|k?hz|[mu]?s"
    r"|[km]?ohms?|m?l(/s)?|dps|lu?x|db|[rp]pm|m?[tawn]|kg"
)
"""Units of other quantities: whatever the name, a lead in one is no ECG."""


@dataclass(frozen=True)
class Choice:
    """A lead that was chosen, and why."""

    place: int  # Among the leads of the recording
    name: str
    wanted: str  # The name that it answers to, ANY_LEAD if it was guessed
    why: str  # In words
    is_certain: bool = True  # False if its name is not the one that was asked for
    passed_over: tuple[str, ...] = ()  # Other leads, and why not them

    @property
    def reason(self) -> str:
        """Why it was taken, and not another."""
        if self.is_certain or not self.passed_over:
            return self.why
        return f"{self.why}; passed over: {joined(self.passed_over)}"

    @property
    def is_told(self) -> bool:
        """Whether it is a guess, which is said."""
        is_alone = self.wanted == ANY_LEAD and not self.passed_over
        return not self.is_certain and not is_alone

    def stands_in_for(self, wanted: Sequence[str]) -> bool:
        """Tell whether it is of another kind than the lead that is wanted first."""
        return ANY_LEAD not in wanted and is_stand_in(self.wanted, wanted[0])


def tell_of_choices(wanted: Sequence[str], taken: Sequence[tuple[str, Choice]]) -> None:
    """Warn once of leads of records that were guessed, or are of another kind."""
    guessed = [item for item in taken if item[1].is_told]
    if guessed:
        record, first = guessed[0]
        others = [os.path.basename(record) for record, _ in guessed[1:]]
        also = f"; as it is in {listed(others)}" if others else ""
        warn(
            f"Lead {first.name!r} of record {os.path.basename(record)!r} is read: "
            f"{first.reason}{also}. Name another in the 'lead' parameter if that is "
            "wrong."
        )
    if len(wanted) < 2:
        return
    others = [one for one in taken if one[1].stands_in_for(wanted)]
    if others:
        named = listed(sorted({one.name for _, one in others}))
        records = listed([os.path.basename(record) for record, _ in others])
        warn(
            f"{named} stands in for {wanted[0]!r} in {len(others)} of {len(taken)} "
            f"records, {records}: a lead of another kind. Name one lead only in "
            "the 'lead' parameter to have none stand in."
        )


def names_of(owner: str, parameter: str, given: str | Sequence[str]) -> list[str]:
    """Return the names that a parameter of leads gives, checked."""
    given = check(owner, parameter, given, LEAD)
    return [given] if isinstance(given, str) else given


def choose_leads(
    record: str,
    leads: Sequence[StoredLead],
    wanted: Sequence[str],
    *,
    first: bool = False,
) -> list[Choice]:
    """Return the wanted leads of a recording; or the first that it has."""
    matches = {name: _matches(leads, name) for name in wanted}
    missing = [name for name, found in matches.items() if not found]
    found = [name for name in wanted if matches[name]]
    if wanted and (not found or (missing and not first)):
        raise ValueError(_missing(record, leads, missing))
    if first:
        usable = [name for name in found if _is_usable(leads[matches[name][0].place])]
        found = (usable or found)[:1]
    chosen: list[Choice] = []
    for name in found:
        taken = {choice.place for choice in chosen}
        left = [one for one in matches[name] if one.place not in taken or first]
        chosen.append(_only(record, name, left or matches[name], len(wanted) == 1))
    return chosen


def choose_second(
    leads: Sequence[StoredLead], first: int, wanted: Sequence[str]
) -> Choice | None:
    """Return the lead to look at beside the first, if the recording has one."""
    for name in wanted:
        others = [one for one in _matches(leads, name, (first,)) if one.place != first]
        if len(others) == 1 or (others and not others[0].is_certain):
            return others[0]
    return None


def ecg_leads(leads: Sequence[StoredLead]) -> list[str]:
    """Return the names of leads that may be an ECG."""
    return [lead.name for lead in leads if _against(lead) is None]


def _matches(leads, name, without=()):
    """Return the leads of a name: of that very spelling, else of any, else longer."""
    if name == ANY_LEAD:
        return _guesses(leads, without)
    spelled = [place for place, lead in enumerate(leads) if lead.name == name]
    key = lead_key(name)
    if not spelled and key:
        spelled = [i for i, lead in enumerate(leads) if lead_key(lead.name) == key]
    if spelled:
        return [Choice(place, leads[place].name, name, AS_NAMED) for place in spelled]
    qualified = [i for i, lead in enumerate(leads) if is_qualified(lead.name, name)]
    return [
        _guess(leads, place, name, f"by its name it is {name}, with a qualifier", ())
        for place in qualified
    ]


def _guesses(leads, without):
    """Return the leads that may be an ECG, those first that are called so."""
    places = [place for place, lead in enumerate(leads) if place not in without]
    able = [i for i in places if _against(leads[i]) is None]
    named = [i for i in able if says_ecg(leads[i].name)]
    others = [i for i in able if i not in named]
    by_name = "its name says ECG or a standard lead"
    by_unit = "no name says ECG, and it is a voltage at a usable rate"
    return [
        _guess(leads, place, ANY_LEAD, by_name if place in named else by_unit, without)
        for place in [*named, *others]
    ]


def _guess(leads, place, wanted, why, without):
    others = tuple(
        f"{lead.name!r} ({_why_not(lead, leads[place], wanted)})"
        for number, lead in enumerate(leads)
        if number != place and number not in without
    )
    return Choice(place, leads[place].name, wanted, why, False, others)


def _why_not(lead, taken, wanted):
    if wanted != ANY_LEAD:
        return "it is not called so" if not is_qualified(lead.name, wanted) else "later"
    against = _against(lead)
    if against is not None:
        return against
    is_less = says_ecg(taken.name) and not says_ecg(lead.name)
    return "its name does not say ECG" if is_less else "later in the file"


def _against(lead):
    """Say why a lead is not taken for an ECG unless it is named, or return None."""
    says, unit = says_ecg(lead.name), str(lead.unit or "").strip()
    if not says and says_other(lead.name):
        return "by its name another signal"
    is_other = _OTHER_QUANTITY.fullmatch(unit.casefold())
    if is_other if says else not is_voltage(unit):
        return f"in {unit}" if unit else "without a unit"
    return None if _is_usable(lead) else f"{lead.sampling_rate:g} Hz"


def _is_usable(lead):
    return USABLE_RATES[0] <= lead.sampling_rate <= USABLE_RATES[1]


def _only(record, name, matches, is_alone):
    """Return the one match, or the first of those of which any will do."""
    is_told = not matches[0].is_certain and not (is_alone and name != ANY_LEAD)
    if len(matches) == 1 or is_told:
        return matches[0]
    names = [one.name for one in matches]
    remedy = f" Name one in the 'lead' parameter, as in lead={names[0]!r}."
    raise ValueError(
        f"Record {record!r} has {len(matches)} leads that are called {name!r}, "
        f"{listed(names)}; which one is wanted cannot be told."
        + (remedy if len(set(names)) == len(names) else "")
    )


def _missing(record, leads, missing):
    """Return what an error says where no lead is one of those wanted."""
    named = " or ".join(map(repr, missing))
    if not leads:
        return f"Record {record!r} has no lead {named}; it holds annotations only."
    described = [
        f"{lead.name!r} ({lead.unit or 'no unit'}, {lead.sampling_rate:g} Hz)"
        for lead in leads
    ]
    if ANY_LEAD in missing:
        named = "that is an ECG by its name, or else by its unit and rate"
    example = next(filter(_is_usable, leads), leads[0]).name
    return (
        f"Record {record!r} has no lead {named}; its leads are {joined(described, 20)}."
        " Name one of them in the 'lead' parameter to have it read, as in "
        f"lead={example!r}."
    )

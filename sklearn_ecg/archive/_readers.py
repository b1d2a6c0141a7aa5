"""What is known of the recordings of an archive: what readers said, and patients."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import pandas as pd

from .._messages import listed
from ..stream import Annotation, read_table
from ._entries import Entry

Corrections: TypeAlias = str | os.PathLike | pd.DataFrame
Patients: TypeAlias = Mapping[str, str] | str | os.PathLike | pd.DataFrame


class Sheet(NamedTuple):
    """What was said of one recording, and where it stands."""

    table: pd.DataFrame
    source: str

    def corrected(self, annotation: Annotation) -> Annotation:
        """Correct the annotation of the recording; an error says which sheet it is."""
        try:
            return annotation.corrected(self.table)
        except ValueError as error:
            raise ValueError(f"{self.source}: {error}") from error


def sheets_of(
    corrections: Iterable[Corrections] | Corrections, entries: Sequence[Entry]
) -> dict[Entry, tuple[Sheet, ...]]:
    """Return what was said of each recording of which anything was, in the order given.

    What names no recording is of the only one.
    """
    names = Names(entries)
    found: dict[Entry, tuple[Sheet, ...]] = {}
    if isinstance(corrections, str | os.PathLike | pd.DataFrame):
        corrections = [corrections]
    for given in corrections:
        if isinstance(given, pd.DataFrame):
            table, source = given, "The table of corrections"
        else:
            table, source = read_table(given), str(given)
        for name, rows in _by_recording(table):
            is_the_only = name is None and len(entries) == 1
            entry = entries[0] if is_the_only else names.find(name, source)
            found[entry] = (*found.get(entry, ()), Sheet(rows, source))
    return found


def _by_recording(table):
    """Yield the name of each recording and its rows; None where there is none."""
    if "recording" not in table or table.empty:
        yield None, table.drop(columns="recording", errors="ignore")
        return
    names = table["recording"].map(lambda name: str(name).strip())
    yield from table.drop(columns="recording").groupby(names, sort=False)


def patients_of(
    patients: Patients | None, entries: Sequence[Entry]
) -> dict[Entry, str]:
    """Return the patient of each recording whose patient is known."""
    if patients is None:
        return {}
    table, source = _table_of(patients)
    missing = [name for name in ("recording", "patient") if name not in table]
    if missing:
        raise ValueError(f"{source} lacks the column {listed(missing)}.")
    names = Names(entries)
    found: dict[Entry, str] = {}
    known = table[["recording", "patient"]].dropna().astype(str)
    for name, patient in known.itertuples(index=False):
        if patient.strip() and name in names:
            entry = names.find(name, source)
            if found.setdefault(entry, patient.strip()) != patient.strip():
                raise ValueError(f"{source} has two patients of {name!r}.")
    if not found:
        raise ValueError(f"{source} has a patient of none of the recordings.")
    return found


def _table_of(patients):
    """Return a table of patients, and what an error calls it."""
    if isinstance(patients, str | os.PathLike):
        return read_table(patients, "patients"), str(patients)
    if not isinstance(patients, pd.DataFrame):
        rows = {"recording": list(patients), "patient": list(patients.values())}
        patients = pd.DataFrame(rows, dtype=object)
    return patients, "The table of patients"


class Names:
    """Recordings by their paths, by their names, and by their numbers.

    Spreadsheets leave out the leading zeros of numbers.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries: dict[Hashable, list[Entry]] = defaultdict(list)
        for entry in entries:
            for key in {str(entry), entry.recording, _number(entry.recording)}:
                self._entries[key].append(entry)

    def __contains__(self, name: str) -> bool:
        return name in self._entries or _number(name) in self._entries

    def find(self, name: str | None, source: str) -> Entry:
        """Return the recording that is called so; `source` is for errors."""
        found = self._entries.get(name) or self._entries.get(_number(name)) or []
        if not found:
            called = "no recording" if name is None else repr(name)
            raise ValueError(
                f"{source} is of {called}, which is not among the recordings."
            )
        if len(found) > 1:
            raise ValueError(
                f"{source} is of {name!r}, and several recordings are called so: "
                f"{listed(map(str, found))}. Give the path of one in the column "
                "'recording'."
            )
        return found[0]


def _number(name):
    return int(name) if name is not None and name.isdecimal() else name

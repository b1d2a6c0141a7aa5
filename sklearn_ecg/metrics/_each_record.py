"""The records of a directory that can be compared, one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import pandas as pd

from .._parameter_checks import NONE, AnyOf, Names, check
from ..records import LeftOut, check_directory, list_records

_Result = TypeVar("_Result")


def compare_each(
    owner: str,
    of_one: str,
    compare: Callable[[str], _Result],
    directory: str | os.PathLike,
    reference: str,
    test: str,
    *,
    records: Sequence[str] | None,
    on_invalid: str,
) -> tuple[dict[str, _Result], pd.DataFrame]:
    """Return what comes of each record, given by its path, and what was left out.

    Errors name the function `owner`, and the one for a single recording, `of_one`.
    """
    for role, annotator in (("reference", reference), ("test", test)):
        _check_annotator(role, annotator, of_one)
    names = AnyOf(NONE, Names(noun="names of records"))
    records = check(owner, "records", records, names)
    check_directory(directory)
    left_out = LeftOut(on_invalid)
    names = list_records(directory, reference, left_out) if records is None else records
    compared = {}
    for name in names:
        path = os.path.join(directory, name)
        try:
            compared[name] = compare(path)
        except (OSError, ValueError) as error:
            if records is not None:
                raise
            left_out.add(path, str(error))
    if not compared:
        raise FileNotFoundError(
            f"No record of {directory} could be compared (reference={reference!r}, "
            f"test={test!r}). {left_out.summary()}".strip()
        )
    left_out.tell(f"The whole list is left_out of what {owner} returns.")
    return compared, left_out.table()


def with_totals(per_record: pd.DataFrame, *totals: pd.Series) -> pd.DataFrame:
    """Return the figures of records, and a row below them for each total."""
    return pd.concat([per_record, *(total.to_frame().T for total in totals)])


def _check_annotator(role, annotator, of_one):
    if not isinstance(annotator, str) or not annotator:
        raise TypeError(
            f"{role}={annotator!r} must be the extension of annotation files, such as "
            f"'atr'. Tables of one recording are for {of_one}."
        )

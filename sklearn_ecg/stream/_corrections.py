"""What a person said of a recording, read from a table or a file."""

from __future__ import annotations

import codecs
import csv
import os
from io import StringIO
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from .._files import DOWNLOAD_FIRST, refuse_url
from .._messages import listed

BEAT, ADDED, STRETCH, TEMPLATE = "beat", "added", "stretch", "template"
CARRIED = "carried"
KINDS = (BEAT, ADDED, STRETCH, TEMPLATE, CARRIED)
"""What a row can be of.

A beat that was found, one that was missed, a stretch, a beat that stands for others, or
one that a page has given the name of another.
"""

NOISE = "noise"
"""The label of a stretch that is not analysable."""

SAID = {
    "sample": "int64",
    "stop": "Int64",
    "time": "float64",
    "before": "object",
    "label": "object",
    "what": "object",
    "who": "object",
    "when": "object",
    "turn": "int64",
}
"""The columns of what was said, and their types; rows of a turn were said at once."""


def nothing_said() -> pd.DataFrame:
    """Return the table of an annotation of which nobody has said anything."""
    return pd.DataFrame(columns=list(SAID)).astype(SAID)


def joined_turns(said: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return what was said before, and after it what is said now."""
    first = said["turn"].max() + 1 if len(said) else 0
    turns = table["turn"].rank(method="dense").astype(np.int64) - 1 + first
    table = table.assign(turn=turns).sort_values("turn", kind="stable")
    tables = [part[list(SAID)].astype(SAID) for part in (said, table) if len(part)]
    return pd.concat(tables, ignore_index=True) if tables else said


def read_corrections(
    corrections: pd.DataFrame | str | os.PathLike, recording: str
) -> pd.DataFrame:
    """Return corrections as a table with the columns of `SAID`, but for ``time``."""
    where = "The table of corrections"
    if isinstance(corrections, pd.DataFrame):
        table = corrections.reset_index(drop=True)
    else:
        where = str(corrections)
        table = read_table(corrections)
    missing = [name for name in ("sample", "label") if name not in table]
    if missing:
        raise ValueError(f"{where} lacks the column {listed(missing)}.")
    others = sorted(_names_in(table))
    if others and not all(is_named(recording, {other}) for other in others):
        raise ValueError(
            f"{where} is of the recording {listed(others)}, not of {recording!r}."
        )
    texts = {name: _texts(table, name) for name in ("before", "label", "who", "when")}
    texts["what"] = _texts(table, "what", BEAT)
    unknown = sorted(set(texts["what"]) - set(KINDS))
    if unknown:
        raise ValueError(
            f"{where} has {listed(unknown)} in the column 'what', which can be "
            f"{listed(KINDS)}."
        )
    numbers = {"sample": _whole(table["sample"], where).astype(np.int64)}
    stops = pd.Series(pd.NA, table.index, dtype="Int64")
    is_stretch = texts["what"] == STRETCH
    if is_stretch.any():
        given = _texts(table, "stop")[is_stretch]
        stops[is_stretch] = _whole(given, where).astype(np.int64)
    turns = _whole(_texts(table, "turn", "0"), where, "turns").astype(np.int64)
    numbers |= {"stop": stops, "turn": turns}
    return pd.DataFrame(numbers | texts)


def _whole(values, where, named="samples"):
    """Return whole numbers; refuse what is none."""
    numbers = pd.to_numeric(values, errors="coerce")
    is_whole = (np.abs(numbers) < 2**53) & (numbers % 1 == 0)
    wrong = values[~is_whole]
    if len(wrong):
        raise ValueError(
            f"{where} has {named} that are no whole numbers: {listed(list(wrong))}."
        )
    return numbers


def _texts(table, name, nothing=""):
    """Return a column as texts, with one where there is nothing."""
    column = table.get(name, pd.Series(pd.NA, table.index, dtype=object))
    texts = [
        "" if is_missing else str(value).strip()
        for value, is_missing in zip(column, column.isna(), strict=True)
    ]
    return pd.Series([text or nothing for text in texts], table.index, dtype=object)


def is_named(recording: str, names: set[str]) -> bool:
    """Tell whether names hold a recording's; spreadsheets leave out leading zeros."""
    return recording in names or (
        recording.isdecimal()
        and any(name.isdecimal() and int(name) == int(recording) for name in names)
    )


def _names_in(table):
    return {str(name).strip() for name in table.get("recording", ())}


def read_table(
    corrections: str | os.PathLike, content: str = "corrections"
) -> pd.DataFrame:
    """Read corrections as texts, as the page writes them and spreadsheets save them."""
    if not Path(corrections).is_file():
        refuse_url(corrections, DOWNLOAD_FIRST)
        raise FileNotFoundError(f"There is no file '{corrections}' of {content}.")
    text = _decoded(Path(corrections).read_bytes()).removeprefix("sep=;").lstrip()
    separator = max(",;\t", key=text.partition("\n")[0].count)
    lines = csv.reader(StringIO(text), delimiter=separator)
    try:
        # Nothing is guessed: a recording may be called 04015, and a label NA.
        cells = [(lines.line_num, [cell.strip() for cell in line]) for line in lines]
    except csv.Error as error:
        raise ValueError(f"{corrections} can't be read as CSV: {error}") from error
    cells = [(number, line) for number, line in cells if any(line)]
    (_, names), *cells = cells or [(0, [])]
    for number, line in cells:
        if any(line[len(names) :]):
            raise ValueError(
                f"Line {number} of {corrections} has more cells than the "
                f"{len(names)} columns {listed(names)}."
            )
    rows = [
        dict(zip_longest(names, line[: len(names)], fillvalue="")) for _, line in cells
    ]
    table = pd.DataFrame(rows, columns=list(dict.fromkeys(names)), dtype=str)
    if separator != ",":
        for name in {"sample", "stop"} & set(table):
            table[name] = table[name].str.replace(",", ".")
    return table


def _decoded(content):
    """Return a text of UTF-8, UTF-16, or what Windows wrote before them."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")

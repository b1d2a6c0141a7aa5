"""Labels that a person has corrected, read and checked."""

from __future__ import annotations

import codecs
import csv
import os
from collections.abc import Sequence
from io import StringIO
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from .._files import DOWNLOAD_FIRST, refuse_url
from .._messages import listed


def read_corrections(
    corrections: pd.DataFrame | str | os.PathLike, recording: str
) -> pd.DataFrame:
    """Return corrections as a table of ``sample`` and ``label``."""
    where = "The table of corrections"
    if isinstance(corrections, pd.DataFrame):
        table = corrections
    else:
        where = str(corrections)
        table = _read(corrections)
    missing = [name for name in ("sample", "label") if name not in table]
    if missing:
        raise ValueError(f"{where} lacks the column {listed(missing)}.")
    others = sorted(_names_in(table))
    if others and not all(is_named(recording, {other}) for other in others):
        raise ValueError(
            f"{where} is of the recording {listed(others)}, not of {recording!r}."
        )
    samples = pd.to_numeric(table["sample"], errors="coerce")
    is_whole = (np.abs(samples) < 2**53) & (samples % 1 == 0)
    wrong = table["sample"][~is_whole]
    if len(wrong):
        raise ValueError(
            f"{where} has samples that are no whole numbers: {listed(list(wrong))}."
        )
    labels = table["label"].astype(str).str.strip()
    return pd.DataFrame({"sample": samples.astype(np.int64), "label": labels})


def recordings_of(corrections: str | os.PathLike) -> set[str]:
    """Return the names of the recordings that a file of corrections says it is of."""
    return _names_in(_read(corrections))


def is_named(recording: str, names: set[str]) -> bool:
    """Tell whether names hold a recording's; spreadsheets leave out leading zeros."""
    return recording in names or (
        recording.isdecimal()
        and any(name.isdecimal() and int(name) == int(recording) for name in names)
    )


def _names_in(table):
    return {str(name).strip() for name in table.get("recording", ())}


def _read(corrections):
    """Read corrections as texts, as the page writes them and spreadsheets save them."""
    if not Path(corrections).is_file():
        refuse_url(corrections, DOWNLOAD_FIRST)
        raise FileNotFoundError(f"There is no file '{corrections}' of corrections.")
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
    if separator != "," and "sample" in table:
        table["sample"] = table["sample"].str.replace(",", ".")
    return table


def _decoded(content):
    """Return a text of UTF-8, UTF-16, or what Windows wrote before them."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def check_corrections(
    table: pd.DataFrame,
    places: np.ndarray,
    classes: Sequence[str],
    corrections: pd.DataFrame | str | os.PathLike,
) -> None:
    """Refuse corrections of beats that are not there, or to unknown labels."""
    file = "" if isinstance(corrections, pd.DataFrame) else f" of {corrections}"
    lost = table["sample"][places < 0].tolist()
    if lost:
        raise ValueError(
            f"There is no beat at the samples {listed(lost)}{file} to correct: the "
            "corrections are of another annotation."
        )
    twice = table["sample"][table["sample"].duplicated()].tolist()
    if twice:
        raise ValueError(
            f"The beats at the samples {listed(twice)}{file} are there twice."
        )
    unknown = sorted(set(table["label"]) - set(classes))
    if unknown:
        raise ValueError(
            f"The labels {listed(unknown)}{file} are not the model's, which are "
            f"{listed(list(classes))}."
        )

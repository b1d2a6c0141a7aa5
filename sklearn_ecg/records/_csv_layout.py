"""How a CSV file is laid out: separator, decimal sign, names, and lines above them."""

from __future__ import annotations

import codecs
import csv
import gzip
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TextIO

from ._csv_preamble import Preamble, preamble_of
from ._names import is_voltage
from ._time_columns import is_counter_name, said_unit

_SEPARATORS = (";", "\t", ",", "|")
_LOOK_BYTES = 1 << 18
_LOOK_LINES = 500
_CELL = {
    ".": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
    ",": re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?"),
}
_WITH_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_TIME_CELL = re.compile(r"(\d{1,4}[./-]\d\d?[./-]\d{1,4})?[T ]*(\d{1,3}:\d\d.*)?")
MISSING = (
    "-",
    "--",
    "*",
    "?",
    "n/a",
    "N/A",
    "NA",
    "nan",
    "NaN",
    "null",
    "NULL",
    "None",
)


@dataclass(frozen=True)
class CsvLayout:
    """How the lines of a file are to be read."""

    encoding: str
    separator: str
    decimal: str
    names: list[str]
    n_before: int  # Lines before the first row
    preamble: Preamble = field(default_factory=Preamble)

    @classmethod
    def of(cls, path: str) -> CsvLayout:
        """Look at the first lines of a file.

        Raises
        ------
        ValueError
            If there is no table of numbers in it, or its columns have no names.
        """
        encoding = encoding_of(path)
        with open_text(path, encoding) as file:
            lines = file.read(_LOOK_BYTES).splitlines()[: 2 * _LOOK_LINES]
        if not any(line.strip() for line in lines):
            raise ValueError(f"{path} is empty.")
        separator = _separator(lines)
        rows = [_fields(line, separator) for line in lines]
        decimal = _decimal(rows)
        begin = _first_row(rows, lines, decimal)
        if begin is None:
            return cls._without_rows(path, encoding, separator, decimal, rows)
        if separator == "," and _are_halves(rows, lines, begin):
            separator, decimal = ";", ","
            rows = [_fields(line, separator) for line in lines]
        _check_decimals(rows, begin, path)
        width = _usual_width(rows[begin:])
        names, n_names = _names(rows, lines, begin, width)
        preamble = preamble_of(lines[: begin - n_names])
        names = names or _made_up(preamble, width)
        if names is None:
            raise ValueError(
                f"The first line of {path} must name the leads, as in 'time (s),ecg "
                f"(mV)': one for each of the {width} numbers in line {begin + 1}. If "
                "commas are decimal signs, put numbers in quotes or ';' between them."
            )
        return cls(encoding, separator, decimal, names, begin, preamble)

    @classmethod
    def _without_rows(cls, path, encoding, separator, decimal, rows):
        """Return the layout of a line of names alone."""
        filled = [row for row in rows if any(row)]
        if len(filled) > 1:
            # Its first lines may name a person: they are not shown.
            raise ValueError(
                f"{path} has no column of numbers that could be a lead. Its first line "
                "must name the columns, and each line below it hold one sample of each."
            )
        return cls(encoding, separator, decimal, filled[0], rows.index(filled[0]) + 1)


def open_text(path: str, encoding: str) -> TextIO:
    """Open a text file, compressed or not."""
    if path.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding=encoding, newline=None)
    return open(path, encoding=encoding)


def encoding_of(path: str) -> str:
    """Return the encoding of a text, by its mark or because it is UTF-8."""
    binary = gzip.open if path.lower().endswith(".gz") else open
    with binary(path, "rb") as file:
        content = file.read(_LOOK_BYTES)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _fields(line, separator):
    if separator == " ":
        return line.split()
    fields = next(csv.reader([line], delimiter=separator), [])
    return [text.strip().strip("'").strip() for text in fields]


def _separator(lines):
    """Return the separator that most lines below the first have, equally often."""
    some = [line for line in lines if line.strip() and not line.startswith("#")]
    some = some[len(some) // 2 :][:_LOOK_LINES]
    for separator in _SEPARATORS:
        widths = Counter(len(_fields(line, separator)) for line in some)
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        if width > 1 and count >= 0.6 * len(some):
            return separator
    widths = {len(line.split()) for line in some}
    are_numbers = all(_CELL["."].fullmatch(text) for text in " ".join(some).split())
    return " " if len(widths) == 1 and max(widths) > 1 and are_numbers else ","


def _decimal(rows):
    """Return the decimal sign of the cells; commas where few have a point."""
    cells = [cell for row in rows[len(rows) // 2 :] for cell in row]
    n_commas = sum(bool(_WITH_COMMA.fullmatch(cell)) for cell in cells)
    n_points = sum("." in cell and bool(_CELL["."].fullmatch(cell)) for cell in cells)
    return "," if n_commas > n_points else "."


def _check_decimals(rows, begin, path):
    """Refuse points and commas in one table: one of them may part thousands."""
    commas, points = (
        [i for i in range(begin, len(rows)) if any(map(sign, rows[i]))]
        for sign in (_WITH_COMMA.fullmatch, re.compile(r"[+-]?\d*\.\d+").fullmatch)
    )
    if commas and points:
        raise ValueError(
            f"{path} has decimal commas, as in line {commas[0] + 1}, and decimal "
            f"points, as in line {points[0] + 1}: write all numbers alike."
        )


def _are_halves(rows, lines, begin):
    """Tell whether one name stands above numbers with an unquoted decimal comma."""
    above = [row for row in rows[:begin] if any(row)]
    filled = [row for row in rows[begin:] if any(row)]
    is_one = (
        not above or len(above[-1]) == 1 or preamble_of(lines[:begin]).lead is not None
    )
    return is_one and all(len(row) < 3 and row[-1].isdigit() for row in filled)


def _is_number(cell, decimal):
    return bool(_CELL[decimal].fullmatch(cell) or _CELL["."].fullmatch(cell))


def _is_value(cell, decimal):
    is_time = bool(cell and _TIME_CELL.fullmatch(cell))
    return not cell or cell in MISSING or _is_number(cell, decimal) or is_time


def _usual_width(rows):
    widths = Counter(len(row) for row in rows[:_LOOK_LINES] if any(row))
    return widths.most_common(1)[0][0] if widths else 0


def _first_row(rows, lines, decimal):
    """Return the first line of the rows of numbers, or None."""
    filled = [i for i, row in enumerate(rows) if any(row) and lines[i][:1] != "#"]
    width = _usual_width([rows[i] for i in filled[len(filled) // 2 :]])
    last = [rows[i] for i in filled[len(filled) // 2 :] if len(rows[i]) == width]
    numeric = [
        place
        for place in range(width)
        if sum(_is_value(row[place], decimal) and row[place] != "" for row in last)
        >= len(last) / 2
    ]
    if not numeric:
        return None
    like = [_is_row(rows[i], width, numeric, decimal) for i in filled]
    for place in range(len(filled)):
        following = like[place : place + 10]
        if like[place] and sum(following) >= len(following) / 2:
            break
    else:
        return None
    # A damaged number may stand in the first of the rows.
    while place > 1 and len(rows[filled[place - 1]]) == width:
        cell = rows[filled[place - 1]][numeric[0]]
        if not cell or not _is_value(cell, decimal):
            break
        place -= 1
    return filled[place]


def _is_row(row, width, numeric, decimal):
    """Tell whether a line holds a sample of each column of numbers."""
    if len(row) != width or not any(row[place] for place in numeric):
        return False
    return all(_is_value(row[place], decimal) for place in numeric)


def _names(rows, lines, begin, width):
    """Return the names of the columns, and how many lines they take."""
    above = [i for i in range(begin) if any(rows[i])]
    if not above:
        return None, 0
    line = above[-1]
    row = _padded(_uncommented(rows[line]), width)
    below = [one for one in rows[begin:] if len(one) == width]
    is_short = len(rows[line]) < width and any(one[-1] for one in below)
    if row is None or is_short or _all_numbers(row):
        return None, 0
    second = _padded(_uncommented(rows[above[-2]]), width) if len(above) > 1 else None
    if second and _are_units(row) and not _are_units(second):
        named = [_with_unit(*pair) for pair in zip(second, row, strict=True)]
        return named, begin - above[-2]
    is_apart = line == 0 or not any(rows[line - 1]) or lines[line - 1][:1] == "#"
    if line < begin - 1 and any(":" in cell for cell in row):
        return None, 0
    if is_apart or any(_speaks(cell) for cell in row):
        return row, begin - line
    return None, 0


def _uncommented(row):
    return [row[0].lstrip("# ").strip(), *row[1:]] if row else row


def _padded(row, width):
    """Return a row of that many cells, whatever separator is at its end, or None."""
    if len(row) == width - 1:
        row = [*row, ""]
    if len(row) == width + 1 and not row[-1]:
        row = row[:-1]
    return row if len(row) == width else None


def _all_numbers(row):
    return all(_is_number(cell, ",") for cell in row if cell)


def _are_units(row):
    units = [cell.strip("()[]") for cell in row]
    return all(
        not unit or is_voltage(unit) or said_unit(f"t ({unit})")[0] for unit in units
    ) and any(is_voltage(unit) for unit in units)


def _with_unit(name, unit):
    unit = unit.strip("()[]")
    return f"{name} ({unit})" if unit else name


def _speaks(cell):
    """Tell whether a cell names a time, row numbers, or something measured."""
    if not cell:
        return False
    unit = re.search(r"[(\[]([^()\[\]]*)[)\]]$|[ _]([a-z\u00b5\u03bc]?V)$", cell)
    has_volts = bool(unit) and is_voltage(unit[1] or unit[2] or "")
    is_lead = re.fullmatch(
        r"(lead )?(ml)?(i{1,3}|av[rlf]|v[1-9])|.*(ecg|ekg).*", cell, re.I
    )
    return bool(has_volts or is_lead or said_unit(cell)[0] or is_counter_name(cell))


def _made_up(preamble, width):
    """Return names for the columns of a file whose preamble says the rate."""
    if preamble.rate is None or width > 2:
        return None
    return ["time"][: width - 1] + [preamble.lead or "lead 1"]

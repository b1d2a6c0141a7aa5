"""CSV files, read through pandas."""

from __future__ import annotations

import warnings
from collections import deque
from contextlib import contextmanager
from itertools import islice

import numpy as np
import pandas as pd
from pandas.errors import EmptyDataError, ParserError, ParserWarning

from .._messages import listed
from ._tables import Table

_ROWS_OF_A_LOOK = 1000
_ROWS_AT_ONCE = 1_000_000


class CsvFile(Table):
    """A CSV file: names of leads in its first line, then a line for each sample."""

    def __init__(self, path: str, sampling_rate: float | None):
        super().__init__(path, sampling_rate)
        with _naming(path):
            self.encoding = _encoding(path)
            names = self._names()
            self.names = list(range(len(names)))
            head = self._parse(nrows=_ROWS_OF_A_LOOK)
            n_rows = self._count_rows()
        others = [_other_than_numbers(head[i]) for i in self.names]
        self._set_leads(list(zip(names, others, strict=True)), n_rows)
        self.places = {column: names.index(column) for column in self.columns}

    def _read_columns(self, wanted, first, stop):
        """Return some columns as arrays, from one row to another."""
        places = {self.places[column]: column for column in wanted}
        with _naming(self.path):
            try:
                table = self._parse_rows(
                    first,
                    usecols=sorted(places),
                    nrows=stop - first,
                    dtype=np.float64,
                )
            except ParserError:
                raise
            except ValueError as error:
                self._name_text(places, error)
        return {column: table[place].to_numpy() for place, column in places.items()}

    def _names(self):
        """Return the names of the columns as they stand in the first line."""
        line = pd.read_csv(
            self.path,
            header=None,
            nrows=1,
            dtype=str,
            encoding=self.encoding,
            keep_default_na=False,
            skip_blank_lines=False,
        )
        names = [str(name).strip() for name in line.iloc[0]]
        for separator, word in ((";", "semicolons"), ("\t", "tabs")):
            if len(names) == 1 and separator in names[0]:
                raise ValueError(
                    f"{self.path} is separated by {word}, not by commas. Read it with "
                    f"pandas.read_csv(path, sep={separator!r}) (and decimal=',' where "
                    "commas are decimal points), and write it with "
                    "to_csv(path, index=False)."
                )
        if all(_is_number(name) for name in names):
            raise ValueError(
                f"The first line of {self.path} must name the leads, and it holds "
                f"{listed(names)}."
            )
        return names

    def _parse_rows(self, first, **options):
        """Parse from one row on; pandas itself skips rows slower than it reads them."""
        with open(self.path, encoding=self.encoding) as file:
            deque(islice(file, 1 + first), maxlen=0)
            return self._parse(file, skiprows=0, **options)

    def _parse(self, file=None, *, skiprows=1, **options):
        with warnings.catch_warnings():
            # Of a line with more fields than there are names, which would be cut.
            warnings.simplefilter("error", ParserWarning)
            return pd.read_csv(
                file or self.path,
                header=None,
                names=self.names,
                index_col=False,
                skiprows=skiprows,
                skip_blank_lines=False,  # A blank line is a sample that is missing.
                encoding=self.encoding,
                **options,
            )

    def _count_rows(self):
        # With all columns: else pandas does not look for lines with more fields.
        with self._parse(chunksize=_ROWS_AT_ONCE, low_memory=False) as pieces:
            return sum(len(piece) for piece in pieces)

    def _name_text(self, places, error):
        """Find the text in columns of numbers, and say where it is."""
        for place, column in places.items():
            text = self._parse(usecols=[place], dtype=str)[place]
            bad = text[pd.to_numeric(text, errors="coerce").isna() & text.notna()]
            if len(bad):
                raise ValueError(
                    f"Column {column!r} of {self.path} holds "
                    f"{bad.iloc[0]!r} in line {bad.index[0] + 2}, which is no number"
                    f"{_and_more(len(bad) - 1)}. Leave the field empty where a sample "
                    "is missing."
                ) from error
        raise error


@contextmanager
def _naming(path):
    """Name the file in what pandas says of it."""
    try:
        yield
    except EmptyDataError as error:
        raise ValueError(f"{path} is empty.") from error
    except (ParserError, ParserWarning, UnicodeDecodeError) as error:
        raise ValueError(
            f"{path} is no table of comma-separated values: {error}"
        ) from error


def _encoding(path):
    with open(path, "rb") as file:
        line = file.readline()
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _is_number(name):
    try:
        float(name)
    except ValueError:
        return False
    return True


def _other_than_numbers(column):
    """Return the first value of a column that is no number, or None."""
    if column.dtype.kind in "iuf" or column.empty:
        return None
    is_text = pd.to_numeric(column, errors="coerce").isna() & column.notna()
    return repr((column[is_text] if is_text.any() else column).iloc[0])


def _and_more(n_more):
    return f" (and {n_more} more such)" if n_more else ""

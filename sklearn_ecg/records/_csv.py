"""CSV files, read through pandas."""

from __future__ import annotations

import csv
import gzip
import warnings
import zlib
from contextlib import contextmanager
from itertools import islice

import numpy as np
import pandas as pd
from pandas.errors import EmptyDataError, ParserError, ParserWarning

from ._csv_layout import MISSING, CsvLayout, open_text
from ._tables import Table
from ._time_columns import NoTimeError

_ROWS_OF_A_LOOK = 1000
_ROWS_AT_ONCE = 1_000_000


class CsvFile(Table):
    """A CSV file: names of columns in a line, then a line for each sample."""

    def __init__(self, path: str, sampling_rate: float | None):
        super().__init__(path, sampling_rate)
        with _naming(path):
            self.layout = self._find_layout()
            self.places = list(range(len(self.layout.names)))
            head = self._parse(nrows=_ROWS_OF_A_LOOK)
            if head.empty:
                raise ValueError(f"{path} holds no rows below its column names.")
            self._describe(
                dict(enumerate(self.layout.names)),
                {place: _as_numbers(head[place]) for place in self.places},
                self.layout.preamble,
            )

    def _find_layout(self) -> CsvLayout:
        return CsvLayout.of(self.path)

    def row_name(self, row):
        """Name a row as an editor does."""
        return f"line {self.layout.n_before + row + 1}"

    def _read_times(self, column):
        """Return how many rows there are, and the times in one column, if wanted."""
        n_rows, n_filled, times, base = 0, 0, [], None
        # With all columns: else pandas does not look for lines with more fields.
        with self._parse(chunksize=_ROWS_AT_ONCE, low_memory=False) as pieces:
            for piece in pieces:
                filled = np.flatnonzero(piece.notna().to_numpy().any(axis=1))
                if len(filled):  # Blank lines at the end are no samples.
                    n_filled = n_rows + int(filled[-1]) + 1
                if column is not None:
                    seconds, base = self._parsed(column, piece, n_rows, base)
                    times.append(seconds)
                n_rows += len(piece)
        return n_filled, np.concatenate(times)[:n_filled] if times else None

    def _parsed(self, column, piece, n_before, base):
        try:
            return column.parse(piece[column.place], base)
        except NoTimeError as error:
            where = self.row_name(n_before + error.args[0])
            raise ValueError(
                f"{where} of {self.path} has no time that can be read in its column "
                f"{column.name!r}: leave out the line, or correct it."
            ) from None

    def _read_columns(self, wanted, first, stop):
        """Return some columns as arrays, from one row to another."""
        with _naming(self.path):
            try:
                table = self._parse_rows(
                    first, usecols=sorted(wanted), nrows=stop - first, dtype=np.float64
                )
            except ParserError:
                raise
            except ValueError as error:
                self._name_text(wanted, error)
        return {place: table[place].to_numpy() for place in wanted}

    def _parse_rows(self, first, **options):
        """Parse from one row on; pandas itself skips rows slower than it reads them."""
        with open_text(self.path, self.layout.encoding) as file:
            for _ in islice(file, self.layout.n_before + first):
                pass
            return self._parse(file, skiprows=0, **options)

    def _parse(self, file=None, *, skiprows=None, **options):
        layout = self.layout
        with warnings.catch_warnings():
            # Of a line with more fields than there are names, which would be cut.
            warnings.simplefilter("error", ParserWarning)
            return pd.read_csv(
                file or self.path,
                header=None,
                names=self.places,
                index_col=False,
                skiprows=layout.n_before if skiprows is None else skiprows,
                skip_blank_lines=False,  # A blank line is a sample that is missing.
                encoding=layout.encoding,
                sep=r"\s+" if layout.separator == " " else layout.separator,
                decimal=layout.decimal,
                na_values=list(MISSING),
                skipinitialspace=True,
                **options,
            )

    def _name_text(self, places, error):
        """Find the text in columns of numbers, and say where it is."""
        for place in places:
            text = self._parse(usecols=[place], dtype=str)[place]
            numbers = text.str.replace(",", ".") if self.layout.decimal == "," else text
            if self.layout.decimal == ",":
                numbers = numbers.where(~text.str.contains(".", regex=False), "x")
            bad = text[pd.to_numeric(numbers, errors="coerce").isna() & text.notna()]
            if len(bad):
                raise ValueError(
                    f"Column {self.layout.names[place]!r} of {self.path} holds "
                    f"{_short(bad.iloc[0])} in {self.row_name(bad.index[0])}, which is "
                    f"no number{_and_more(len(bad) - 1)}. Leave the field empty where "
                    "a sample is missing."
                ) from error
        raise error


@contextmanager
def _naming(path):
    """Name the file in what pandas says of it."""
    try:
        yield
    except EmptyDataError as error:
        raise ValueError(f"{path} holds no rows below its column names.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is truncated or damaged: {error}.") from error
    except UnicodeError as error:
        raise ValueError(
            f"{path} is no text: {_undecodable(path)} holds bytes that are not UTF-8. "
            "Save it in UTF-8."
        ) from error
    except (csv.Error, ParserError, ParserWarning) as error:
        raise ValueError(
            f"{path} is no table of comma-separated values: {error}"
        ) from error
    except (ValueError, OverflowError) as error:
        if path in str(error):
            raise
        raise ValueError(f"{path} cannot be read as CSV: {error}") from error


def _undecodable(path):
    """Name the first line that is no UTF-8."""
    with open_text(path, "latin-1") as file:
        for number, line in enumerate(file, 1):
            try:
                line.encode("latin-1").decode("utf-8")
            except UnicodeDecodeError:
                return f"line {number}"
    return "it"


def _as_numbers(column):
    """Return a column as numbers, if most of its values are."""
    if column.dtype.kind in "iufMm" or column.empty:
        return column
    if column.dtype.kind == "b":
        return column.astype(str)
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers if numbers.notna().sum() >= 0.5 * column.notna().sum() else column


def _short(text):
    return repr(text if len(text) <= 20 else f"{text[:20]}...")


def _and_more(n_more):
    return f" (and {n_more} more such)" if n_more else ""

"""CSV and Parquet files: a row for each sample, a column for each lead."""

from __future__ import annotations

import re
import warnings
from collections import Counter, deque
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from numbers import Real

import numpy as np
import pandas as pd
from pandas.errors import EmptyDataError, ParserError, ParserWarning

from .._messages import listed
from ._recording import StoredLead
from ._units import is_voltage

_WITH_UNIT = re.compile(r"(?P<name>.*\S)\s*(\((?P<round>.*)\)|\[(?P<square>.*)\])")
_TIME = {"time", "t", "seconds", "timestamp", "elapsed time", "sample", "index"}
_TIME |= {"", "__index_level_0__"}  # What pandas calls an index that has no name.

_ROWS_OF_A_LOOK = 1000
_ROWS_AT_ONCE = 1_000_000


class _Table:
    """What CSV and Parquet have in common.

    Attributes
    ----------
    leads : list of StoredLead
    start_time : None
    columns : list of str
        The column of each lead.
    """

    start_time: datetime | None = None

    def __init__(self, path, sampling_rate):
        self.path = path
        self.sampling_rate = _check_rate(sampling_rate, path)

    def annotations(self, annotator, sampling_rate) -> pd.DataFrame:
        """Say that there are none; see `Source`."""
        raise FileNotFoundError(
            f"{self.path} holds no annotations: hand over the R peaks and symbols "
            "yourself."
        )

    def _set_leads(self, names, numbers, examples, n_rows):
        """Take the columns of numbers as leads, but for one that counts the time.

        Parameters
        ----------
        names : list of str
        numbers : list of bool
            Whether a column holds numbers.
        examples : list of str
            What a column holds that does not.
        n_rows : int
        """
        _check_once(names, self.path)
        if not n_rows:
            raise ValueError(f"{self.path} holds no rows below its column names.")
        is_time = [
            bool(_WITH_UNIT.sub(r"\g<name>", n).casefold() in _TIME) for n in names
        ]
        left_out = [
            f"{name!r} ({example})"
            for name, is_number, example, time in zip(
                names, numbers, examples, is_time, strict=True
            )
            if not is_number and not time
        ]
        self.columns = [
            name
            for name, is_number, time in zip(names, numbers, is_time, strict=True)
            if is_number and not time
        ]
        if not self.columns:
            raise ValueError(
                f"{self.path} has no column of numbers that could be a lead; its "
                f"columns are {listed(names)}" + _reasons(left_out)
            )
        if left_out:
            warnings.warn(
                f"Columns of {self.path} are left out{_reasons(left_out)}",
                UserWarning,
                stacklevel=4,
            )
        described = [_name_and_unit(column) for column in self.columns]
        _check_once([name for name, _ in described], self.path)
        self.leads = [
            StoredLead(name, self.sampling_rate, n_rows, unit)
            for name, unit in described
        ]

    def read(self, indices, spans):
        """Return stretches of some leads, in their own units; see `Source`."""
        first, stop = min(a for a, _ in spans), max(b for _, b in spans)
        if first >= stop:
            return [np.empty(0) for _ in indices]
        wanted = {self.columns[index] for index in indices}
        columns = self._read_columns(wanted, first, stop)
        return [
            np.array(columns[self.columns[index]][begin - first : end - first])
            for index, (begin, end) in zip(indices, spans, strict=True)
        ]


class CsvFile(_Table):
    """A CSV file: names of leads in its first line, then a line for each sample.

    Parameters
    ----------
    path : str
    sampling_rate : float
        In Hz.

    Attributes
    ----------
    leads : list of StoredLead
        The columns of numbers, but for one that is called ``time``, ``t``,
        ``seconds``, ``timestamp``, ``elapsed time``, ``sample`` or ``index``, or has no
        name. In mV, unless a name such as ``II (uV)`` says another unit of voltage.
    start_time : None

    Raises
    ------
    ValueError
        If the rate is missing, or the file is no such table.

    Warns
    -----
    UserWarning
        If columns of text are left out.
    """

    def __init__(self, path: str, sampling_rate: float | None):
        super().__init__(path, sampling_rate)
        with _naming(path):
            self.encoding = _encoding(path)
            names = self._names()
            self.names = list(range(len(names)))
            head = self._parse(nrows=_ROWS_OF_A_LOOK)
            n_rows = self._count_rows()
        numbers = [head[i].dtype.kind in "iuf" for i in self.names]
        examples = [_example(head[i]) for i in self.names]
        self._set_leads(names, numbers, examples, n_rows)
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


class ParquetFile(_Table):
    """A Parquet file: a column for each lead, a row for each sample.

    Parameters
    ----------
    path : str
    sampling_rate : float
        In Hz.

    Attributes
    ----------
    leads : list of StoredLead
        As in a CSV file.
    start_time : None

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    ValueError
        If the rate is missing, or the file is damaged or no such table.

    Warns
    -----
    UserWarning
        If columns without numbers are left out.
    """

    def __init__(self, path: str, sampling_rate: float | None):
        super().__init__(path, sampling_rate)
        with self._open() as file:
            schema = file.schema_arrow
            groups = range(file.num_row_groups)
            sizes = [file.metadata.row_group(group).num_rows for group in groups]
        self.ends = np.cumsum(sizes, dtype=np.int64)
        numbers = [_is_numeric(field.type) for field in schema]
        examples = [str(field.type) for field in schema]
        self._set_leads(schema.names, numbers, examples, sum(sizes))

    def _read_columns(self, wanted, first, stop):
        """Return some columns as arrays, from one row to another."""
        begin = int(np.searchsorted(self.ends, first, side="right"))
        end = int(np.searchsorted(self.ends, stop, side="left")) + 1
        offset = first - (int(self.ends[begin - 1]) if begin else 0)
        with self._open() as file:
            groups = file.read_row_groups(list(range(begin, end)), sorted(wanted))
        rows = groups.slice(offset, stop - first)
        return {
            column: rows.column(column).cast("float64", safe=False).to_numpy()
            for column in wanted
        }

    @contextmanager
    def _open(self):
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise ImportError(
                "Parquet files are read with pyarrow, which is not installed: "
                'pip install "sklearn-ecg[parquet]".'
            ) from error
        try:
            with pyarrow.parquet.ParquetFile(self.path) as file:
                yield file
        except pyarrow.ArrowException as error:
            raise ValueError(
                f"{self.path} is no Parquet file, or a truncated or damaged one: "
                f"{error}."
            ) from error


def _check_rate(rate, path):
    if rate is None:
        raise ValueError(
            f"{path} does not say its sampling rate: pass it in Hz, as in "
            "read_recording(path, sampling_rate=250)."
        )
    is_number = isinstance(rate, Real) and not isinstance(rate, bool)
    if not is_number or not 0 < rate < np.inf:
        raise ValueError(
            f"sampling_rate={rate!r} of {path} must be a positive number of Hz."
        )
    return float(rate)


def _check_once(names, path):
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"{path} has more than one column for {listed(twice)}: which is wanted "
            "cannot be told. Give each column a name of its own."
        )


def _reasons(left_out):
    return (
        f", because they hold no numbers: {', '.join(left_out)}." if left_out else "."
    )


def _name_and_unit(column):
    """Split ``II (uV)`` into the name of the lead and its unit."""
    match = _WITH_UNIT.fullmatch(column)
    unit = (match["round"] or match["square"] or "") if match else ""
    return (match["name"], unit) if is_voltage(unit) else (column, "mV")


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


def _example(column):
    if column.dtype.kind == "b":
        return repr(bool(column.iloc[0]))
    is_text = pd.to_numeric(column, errors="coerce").isna() & column.notna()
    return repr(column[is_text].iloc[0]) if is_text.any() else ""


def _and_more(n_more):
    return f" (and {n_more} more such)" if n_more else ""


def _is_numeric(kind):
    import pyarrow.types as types

    return types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)

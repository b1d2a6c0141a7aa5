"""Parquet files, read through pyarrow."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pandas as pd

from ._tables import Table
from ._time_columns import NoTimeError

_ROWS_OF_A_LOOK = 1000


class ParquetFile(Table):
    """A Parquet file: a column for each lead, a row for each sample."""

    def __init__(self, path: str, sampling_rate: float | None):
        super().__init__(path, sampling_rate)
        with self._open() as file:
            self.names = list(file.schema_arrow.names)
            groups = range(file.num_row_groups)
            sizes = [file.metadata.row_group(group).num_rows for group in groups]
            if not sum(sizes):
                raise ValueError(f"{path} holds no rows below its column names.")
            head = next(file.iter_batches(_ROWS_OF_A_LOOK))
        self.ends = np.cumsum(sizes, dtype=np.int64)
        heads = {i: _as_series(column) for i, column in enumerate(head.columns)}
        self._describe(dict(enumerate(self.names)), heads)

    def _read_times(self, column):
        """Return how many rows there are, and the times in one column, if wanted."""
        n_rows = int(self.ends[-1])
        if column is None:
            return n_rows, None
        with self._open() as file:
            values = file.read([column.name]).column(0)
        try:
            seconds, _ = column.parse(_as_series(values), None)
        except NoTimeError as error:
            raise ValueError(
                f"{self.row_name(error.args[0])} of {self.path} has no time that can "
                f"be read in its column {column.name!r}."
            ) from None
        return n_rows, seconds

    def _read_columns(self, wanted, first, stop):
        """Return some columns as arrays, from one row to another."""
        begin = int(np.searchsorted(self.ends, first, side="right"))
        end = int(np.searchsorted(self.ends, stop, side="left")) + 1
        offset = first - (int(self.ends[begin - 1]) if begin else 0)
        names = [self.names[place] for place in sorted(wanted)]
        with self._open() as file:
            groups = file.read_row_groups(list(range(begin, end)), names)
            rows = groups.slice(offset, stop - first)
            return {
                place: rows.column(self.names[place])
                .cast("float64", safe=False)
                .to_numpy()
                for place in wanted
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
        # pyarrow reports a damaged page as an OSError without the path.
        except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
            is_told = self.path in str(error) or getattr(error, "filename", None)
            if is_told and not isinstance(error, pyarrow.ArrowException):
                raise
            raise ValueError(
                f"{self.path} is no Parquet file, or a truncated or damaged one: "
                f"{error}."
            ) from error


def _as_series(values):
    """Return a column as pandas has it: numbers, times, or anything else as text."""
    import pyarrow.types as types

    kind = values.type
    if types.is_decimal(kind):
        values = values.cast("float64", safe=False)
    elif types.is_time(kind):
        values = values.cast("time64[ns]").cast("int64").cast("duration[ns]")
    elif types.is_date(kind):
        values = values.cast("timestamp[ms]")
    elif types.is_boolean(kind) or types.is_nested(kind) or types.is_binary(kind):
        return pd.Series(["-"] * len(values))
    return values.to_pandas()

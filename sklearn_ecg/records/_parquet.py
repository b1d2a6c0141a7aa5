"""Parquet files, read through pyarrow."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

from ._tables import Table


class ParquetFile(Table):
    """A Parquet file: a column for each lead, a row for each sample."""

    def __init__(self, path: str, sampling_rate: float | None):
        super().__init__(path, sampling_rate)
        with self._open() as file:
            schema = file.schema_arrow
            groups = range(file.num_row_groups)
            sizes = [file.metadata.row_group(group).num_rows for group in groups]
        self.ends = np.cumsum(sizes, dtype=np.int64)
        columns = [
            (field.name, None if _is_numeric(field.type) else str(field.type))
            for field in schema
        ]
        self._set_leads(columns, sum(sizes))

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


def _is_numeric(kind):
    import pyarrow.types as types

    return types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)

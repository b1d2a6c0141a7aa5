"""WFDB records of which the header and annotations are all that there is."""

from __future__ import annotations

import os
from datetime import datetime

import numpy as np
import pandas as pd
import wfdb

from ._recording import StoredLead
from ._wfdb_parts import read_annotations


class HeaderAlone:
    """A record without signals, or with such as only a file that is missing tells."""

    def __init__(self, path: str, header: wfdb.Record):
        self.path = path
        self.files = header.file_name or []
        self.annotation_rate = rate_of(path, header)
        self.annotation_length = header.sig_len or 0
        self.leads: list[StoredLead] = []
        self.start_time: datetime | None = header.base_datetime

    def read(self, indices, spans):
        """Refuse to read; see `Source`."""
        self.check_files()

    def annotations(self, annotator, sampling_rate) -> pd.DataFrame:
        """Return the annotations of a file beside the header; see `Source`."""
        return read_annotations(self.path, annotator or "atr", sampling_rate)

    def check_files(self):
        """Say that there is no signal."""
        if not self.files:
            raise ValueError(
                f"Record {self.path!r} has no leads: its header names no signal. Only "
                "its annotations can be read."
            )
        file = os.path.join(os.path.dirname(self.path), self.files[0])
        raise FileNotFoundError(
            f"Record {self.path!r} cannot be read: there is no file {file!r}, which "
            "its header names."
        )


def is_alone(path: str, header: wfdb.Record) -> bool:
    """Tell whether a header says too little for signals that are not there."""
    files, names = header.file_name or [], header.sig_name or []
    home = os.path.dirname(path)
    is_there = any(os.path.exists(os.path.join(home, file)) for file in files)
    if is_there or len(files) != header.n_sig:
        return False
    return not files or not header.sig_len or None in names


def rate_of(name, header) -> float:
    """Return the sampling rate of a header."""
    rate = header.fs
    if not isinstance(rate, int | float | np.number) or not 0 < rate < np.inf:
        raise ValueError(
            f"The header of record {name!r} gives no usable sampling rate: {rate!r}."
        )
    return float(rate)

"""Annotations as they are written in a table of cases."""

import re

import numpy as np
import pandas as pd
import wfdb

from sklearn_ecg.records import recording_from_array

_ONE = re.compile(r"(?:(?P<symbol>\S)(?P<note>\(\w+)?(?:\((?P<subtype>-?\d+)\))? )?")


def recording_of(duration=600, sampling_rate=360):
    """Return a recording of silence, for its length and its rate."""
    signal = np.zeros(int(duration * sampling_rate))
    return recording_from_array(signal, sampling_rate, "II", name="silence")


def annotations(text):
    """Return a table of "N 120000, ~(-1) 120500, +(AFIB 121000, 122000".

    Without a symbol it is a normal beat.
    """
    rows = []
    for one in filter(None, text.split(", ")):
        parts = _ONE.match(one)
        rows.append(
            {
                "sample": int(one[parts.end() :]),
                "symbol": parts["symbol"] or "N",
                "subtype": int(parts["subtype"] or 0),
                "note": parts["note"] or "",
            }
        )
    columns = {"sample": int, "symbol": object, "subtype": int, "note": object}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def written_beats(path, annotator="ext"):
    """Return the samples and the symbols of what was detected, without marks."""
    read = wfdb.rdann(str(path), annotator)
    is_mark = np.isin(read.symbol, ["+", "~", '"'])
    return read.sample[~is_mark].tolist(), np.array(read.symbol)[~is_mark].tolist()


def counts_of(comparison):
    """Return the counts of a matrix that are not 0, as "Nn 1 Vx 2"."""
    named = [
        f"{true}{found.lower()} {count}"
        for true, row in comparison.confusion.iterrows()
        for found, count in row.items()
        if count
    ]
    return " ".join(named)

"""Labels that a person has corrected, read and checked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

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
    if "recording" in table:
        others = sorted(set(map(str, table["recording"])) - {recording})
        if others:
            raise ValueError(
                f"{where} is of the recording {listed(others)}, not of {recording!r}."
            )
    samples = pd.to_numeric(table["sample"], errors="coerce")
    wrong = table["sample"][~np.isfinite(samples) | (samples % 1 != 0)]
    if len(wrong):
        raise ValueError(
            f"{where} has samples that are no whole numbers: {listed(list(wrong))}."
        )
    return pd.DataFrame(
        {"sample": samples.astype(np.int64), "label": table["label"].astype(str)}
    )


def recordings_of(corrections: str | os.PathLike) -> set[str]:
    """Return the names of the recordings that a file of corrections says it is of."""
    table = _read(corrections)
    return set(map(str, table["recording"])) if "recording" in table else set()


def _read(corrections):
    if not Path(corrections).is_file():
        raise FileNotFoundError(f"There is no file '{corrections}' of corrections.")
    try:
        return pd.read_csv(corrections, keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{corrections} can't be read as CSV: {error}") from error


def check_corrections(
    table: pd.DataFrame, places: np.ndarray, classes: Sequence[str]
) -> None:
    """Refuse corrections of beats that are not there, or to unknown labels."""
    lost = table["sample"][places < 0].tolist()
    if lost:
        raise ValueError(
            f"There is no beat at the samples {listed(lost)} to correct: the "
            "corrections are of another annotation."
        )
    twice = table["sample"][table["sample"].duplicated()].tolist()
    if twice:
        raise ValueError(f"The beats at the samples {listed(twice)} are there twice.")
    unknown = sorted(set(table["label"]) - set(classes))
    if unknown:
        raise ValueError(
            f"The labels {listed(unknown)} are not the model's, which are "
            f"{listed(list(classes))}."
        )

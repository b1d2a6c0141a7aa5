"""The annotations of one annotator, as a comparison needs them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..records._recording import Recording
from ..records._spans import Spans, atrial_fibrillation, fibrillation, shutdown
from ..records._symbols import BEAT_SYMBOLS, NO_BEAT, map_symbols

__all__ = ["BEAT_SYMBOLS", "NO_BEAT", "AnnotationSet", "read_sets"]


@dataclass(frozen=True)
class AnnotationSet:
    """Beats of one annotator, and the stretches that change how they count."""

    name: str  # The annotator
    last: int | None  # The sample of the last annotation of any kind
    samples: np.ndarray
    labels: np.ndarray  # Their classes: N, S, V, F or Q
    fibrillation: Spans
    shutdown: Spans
    atrial_fibrillation: Spans

    @classmethod
    def of(cls, annotations: pd.DataFrame, name: str) -> AnnotationSet:
        """Make it of a table with ``sample``, ``symbol``, ``subtype``, ``note``."""
        is_beat = annotations["symbol"].isin(BEAT_SYMBOLS).to_numpy()
        samples = annotations["sample"].to_numpy()
        ventricular = fibrillation(annotations)
        counts = is_beat & ~ventricular.hold(samples)
        return cls(
            name=name,
            last=int(samples[-1]) if len(samples) else None,
            samples=samples[counts],
            labels=map_symbols(annotations["symbol"].to_numpy()[counts], "bxb"),
            fibrillation=ventricular,
            shutdown=shutdown(annotations),
            atrial_fibrillation=atrial_fibrillation(annotations),
        )


def read_sets(
    recording: Recording, reference: str | pd.DataFrame, test: str | pd.DataFrame
) -> tuple[AnnotationSet, AnnotationSet]:
    """Read the annotations of two annotators, or take them from tables."""
    sources = {"reference": reference, "test": test}
    tables = {role: _table(recording, role, given) for role, given in sources.items()}
    if isinstance(reference, str) and isinstance(test, str) and reference != test:
        _check_has_annotators(recording, tables["test"], sources)
    names = {
        role: given if isinstance(given, str) else f"the {role} table"
        for role, given in sources.items()
    }
    first, second = (
        AnnotationSet.of(_complete(table), names[role])
        for role, table in tables.items()
    )
    return first, second


def _table(recording, role, given):
    if isinstance(given, str):
        return recording.annotations(given)
    if isinstance(given, pd.DataFrame):
        return _checked(given, role)
    raise TypeError(
        f"{role} must be the extension of an annotation file, such as 'atr', or a "
        f"DataFrame with the columns sample and symbol, not {type(given).__name__}."
    )


def _checked(table, role):
    missing = [name for name in ("sample", "symbol") if name not in table]
    if missing:
        raise ValueError(
            f"The {role} table has no column {' and no column '.join(missing)}; it "
            "must have sample and symbol, and may have subtype and note."
        )
    for name in ("sample", "subtype"):
        if name in table:
            _check_whole(table[name], f"Column {name} of the {role} table")
    return table


def _check_whole(column, what):
    is_number = pd.api.types.is_numeric_dtype(column)
    values = column.to_numpy(dtype=float, na_value=np.nan) if is_number else []
    if not is_number or not np.isfinite(values).all() or (values % 1).any():
        raise ValueError(f"{what} must hold whole numbers.")


def _check_has_annotators(recording, table, sources):
    """Refuse a file that holds one set of annotations, whatever it is asked for."""
    if "subtype" not in table:
        raise ValueError(
            f"Recording {str(recording)!r} holds one set of annotations, so "
            f"{sources['reference']!r} and {sources['test']!r} would be the same. Hand "
            "over one of them as a DataFrame."
        )


def _complete(table):
    """Return a table in time order that has all columns."""
    table = pd.DataFrame(
        {
            "sample": table["sample"].to_numpy(dtype=np.int64),
            "symbol": table["symbol"].to_numpy(dtype=object),
            "subtype": table["subtype"].to_numpy(np.int64) if "subtype" in table else 0,
            "note": table["note"].to_numpy(object) if "note" in table else "",
        }
    )
    return table.sort_values("sample", kind="stable", ignore_index=True)

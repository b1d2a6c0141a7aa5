"""The annotations of one annotator, as a comparison needs them, and their runs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..records import (
    BEAT_SYMBOLS,
    NO_BEAT,
    Recording,
    Spans,
    atrial_fibrillation,
    fibrillation,
    map_symbols,
    shutdown,
)
from ._ec57 import ratio

__all__ = [
    "BEAT_SYMBOLS",
    "NO_BEAT",
    "AnnotationSet",
    "name_of",
    "read_sets",
    "read_tables",
]

_LEAST_BEATS = {"couplets": 2, "short runs": 3, "long runs": 6}
_LONG = _LEAST_BEATS["long runs"]

COUNTS = ["true", "missed", "right", "false"]

# The class, the class that goes on with a run between two of its beats, and episodes.
_KINDS = {"VE": ("V", "F", "fibrillation"), "SVE": ("S", None, "atrial_fibrillation")}


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
    tables = read_tables(recording, sources)
    first, second = (
        AnnotationSet.of(tables[role], name_of(role, given))
        for role, given in sources.items()
    )
    return first, second


def read_tables(
    recording: Recording, sources: dict[str, str | pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return the annotations of each role, in time order and with all columns."""
    tables = {role: _table(recording, role, given) for role, given in sources.items()}
    names = {given for given in sources.values() if isinstance(given, str)}
    if len(names) > 1:
        _check_has_annotators(recording, tables["test"], sources)
    return {role: _complete(table) for role, table in tables.items()}


def name_of(role: str, given: str | pd.DataFrame) -> str:
    """Return what messages call an annotator."""
    return given if isinstance(given, str) else f"the {role} table"


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


@dataclass(frozen=True)
class _Run:
    """Successive ectopic beats; or an episode, which has none but is long."""

    first: float
    last: float
    beats: np.ndarray | None = None

    def n_beats(self, start=-np.inf, stop=np.inf):
        """Count the beats between two samples; of an episode, as of a long run."""
        if self.beats is None:
            return _LONG
        return int(((self.beats >= start) & (self.beats <= stop)).sum())


def compare_runs(
    reference: AnnotationSet,
    test: AnnotationSet,
    start: float,
    stop: float,
    window: int,
) -> pd.DataFrame:
    """Count the runs of both annotators between two samples, and how many agree."""
    rows = {}
    for name, kind in _KINDS.items():
        true = _runs_of(reference, start, stop, *kind)
        found = _runs_of(test, start, stop, *kind)
        is_found = _are_met(true, found, window)
        is_right = _are_met(found, true, window)
        for length in _LEAST_BEATS:
            hits, misses = _count(true, is_found, length)
            right, false = _count(found, is_right, length)
            rows[f"{name} {length}"] = [hits, misses, right, false]
    counts = pd.DataFrame.from_dict(rows, orient="index", columns=COUNTS)
    return with_ratios(counts)


def with_ratios(counts: pd.DataFrame) -> pd.DataFrame:
    """Add Se and +P to counts of runs."""
    counts = counts[COUNTS]
    columns = {"Se": ("true", "missed"), "+P": ("right", "false")}
    return counts.assign(
        **{
            name: [
                ratio(good, good + bad)
                for good, bad in counts[[*pair]].itertuples(index=False)
            ]
            for name, pair in columns.items()
        }
    )


def _runs_of(annotations, start, stop, label, bridge, episodes):
    """Return couplets and longer runs in time order, episodes among them."""
    spans = getattr(annotations, episodes).within(start, stop)
    samples = annotations.samples
    counts = (samples >= start) & (samples <= stop) & ~spans.hold(samples)
    beats = zip(samples[counts], annotations.labels[counts], strict=True)
    # An episode ends a run as a beat of another class does.
    ends = ((sample, "episode") for sample in spans.starts)
    events = sorted([*beats, *ends], key=lambda event: event[0])
    found = [_Run(*pair) for pair in zip(spans.starts, spans.stops, strict=True)]
    found += [
        _Run(run[0], run[-1], np.array(run))
        for run in _successive(events, label, bridge)
        if len(run) > 1
    ]
    return sorted(found, key=lambda run: run.first)


def _successive(events, label, bridge):
    """Yield the samples of successive beats of a class, bridges between them."""
    beats, bridges = [], []
    for sample, kind in events:
        if kind == label:
            beats += [*bridges, sample]
            bridges = []
        elif kind == bridge and beats:
            bridges.append(sample)
        elif beats:
            yield beats
            beats, bridges = [], []
    if beats:
        yield beats


def _are_met(runs, others, window):
    """Tell which runs the others meet, while they last, with one long enough."""
    firsts = [other.first for other in others]
    lasts = [other.last for other in others]
    met = []
    for run in runs:
        start, stop = run.first - window, run.last + window
        near = others[bisect_left(lasts, start) : bisect_right(firsts, stop)]
        lengths = [other.n_beats(start, stop) for other in near]
        met.append(max(lengths, default=0) >= _LEAST_BEATS[_length_of(run)])
    return met


def _length_of(run):
    """Return the longest kind of run that its beats are enough for."""
    n_beats = run.n_beats()
    return [name for name, least in _LEAST_BEATS.items() if n_beats >= least][-1]


def _count(runs, are_met, length):
    met = [
        is_met
        for run, is_met in zip(runs, are_met, strict=True)
        if _length_of(run) == length
    ]
    return sum(met), len(met) - sum(met)

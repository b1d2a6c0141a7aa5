"""The annotations of many recordings, compared: by record, gross and average."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..records import LeftOut as LeftOut
from ._annotation_set import COUNTS, with_ratios
from ._comparison import (
    SHUT_DOWN,
    AnnotationComparison,
    checked_parameters,
    compare_annotations,
    describe_records,
    scores_of,
)
from ._each_record import compare_each, with_totals

_STATISTICS = {
    "QRS": ("Se", "+P"),
    "VEB": ("Se", "+P", "FPR"),
    "SVEB": ("Se", "+P", "FPR"),
}


@dataclass(frozen=True, eq=False)
class RecordComparison:
    """How the annotations of many recordings agree; print it to read it.

    Made by `compare_records`.

    Attributes
    ----------
    reference, test : str
        The annotators.
    comparisons : dict of str to AnnotationComparison
        What `compare_annotations` says of each record.
    per_record : DataFrame of shape (n_records, n_statistics)
        One row for each record. Columns: ``beats``, ``QRS Se``, ``QRS +P``, and Se, +P
        and FPR of VEB and SVEB; ``RR error`` (ms); ``shutdown`` (s), the number of
        beats ``missed in shutdown``, ``VF`` (s); with runs, their Se and +P.
    gross : Series
        The same of all records together: scores of the sums of all matrices, so that a
        long record counts for more; sums of beats and seconds; the RR error over all
        intervals.
    average : Series
        The mean over the records for which a figure is defined.
    confusion : DataFrame of shape (7, 7)
        The sum of the confusion matrices.
    scores : DataFrame of shape (3, 9)
        The scores of that sum.
    runs : DataFrame of shape (6, 6) or None
        The sum of the runs, if they were asked for.
    left_out : DataFrame
        What could not be compared, and the reason, as in
        :func:`~sklearn_ecg.datasets.load_beats`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.metrics import compare_records
    >>> with TemporaryDirectory() as directory:
    ...     _ = make_ecg(n_records=2, duration=30, random_state=0, directory=directory)
    ...     comparison = compare_records(directory, test="atr", start=0)
    >>> comparison.summary.index.tolist()
    ['synthetic_000', 'synthetic_001', 'Gross', 'Average']
    >>> comparison.comparisons["synthetic_001"].mismatches.empty
    True
    """

    reference: str
    test: str
    comparisons: dict[str, AnnotationComparison]
    per_record: pd.DataFrame
    gross: pd.Series
    average: pd.Series
    confusion: pd.DataFrame
    scores: pd.DataFrame
    runs: pd.DataFrame | None
    left_out: pd.DataFrame

    @property
    def summary(self) -> pd.DataFrame:
        """`per_record` with the rows ``Gross`` and ``Average`` below it."""
        return with_totals(self.per_record, self.gross, self.average)

    def __str__(self) -> str:
        return describe_records(self)


def compare_records(
    directory: str | os.PathLike,
    reference: str = "atr",
    test: str = "ext",
    *,
    records: Sequence[str] | None = None,
    start: float = 300,
    stop: float | None = None,
    window: float = 0.15,
    runs: bool = False,
    on_invalid: Literal["warn", "raise", "ignore"] = "warn",
) -> RecordComparison:
    """Compare the annotations of all records of a directory, as ``bxb`` does.

    Parameters
    ----------
    directory : str or path-like
        Where the records and both annotation files of each are.
    reference : str, default="atr"
        Extension of the annotation files that are taken as true.
    test : str, default="ext"
        Extension of those to score.
    records : sequence of str, default=None
        Names of the records to compare; None is all that have reference annotations.
    start, stop : float, default=300 and None
        Where to begin and to end in each record, in seconds; see
        `compare_annotations`.
    window : float, default=0.15
        The match window, in seconds.
    runs : bool, default=False
        Whether to count couplets and runs of ectopic beats, too.
    on_invalid : {"warn", "raise", "ignore"}, default="warn"
        What happens to records that cannot be compared, as they lack a file or one is
        damaged: they are left out with one warning that names all, are an error, or
        are left out without a word. A record in `records` is an error in any case.

    Returns
    -------
    comparison : RecordComparison
        By record, gross and average.

    Raises
    ------
    FileNotFoundError
        If there is no such directory, or no record in it can be compared.
    ValueError
        If a parameter is not allowed; with ``on_invalid="raise"``, if a record cannot
        be compared.

    Warns
    -----
    UserWarning
        If records are left out.

    See Also
    --------
    compare_annotations : One recording, and the rules.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.metrics import compare_records
    >>> with TemporaryDirectory() as directory:
    ...     _ = make_ecg(n_records=2, duration=30, random_state=0, directory=directory)
    ...     comparison = compare_records(directory, test="atr", start=0)
    >>> comparison.per_record[["QRS Se", "VEB +P"]]
                   QRS Se  VEB +P
    synthetic_000     1.0     1.0
    synthetic_001     1.0     1.0
    >>> float(comparison.gross["QRS +P"])
    1.0
    """
    start, stop, window, runs = checked_parameters(
        "compare_records", start=start, stop=stop, window=window, runs=runs
    )
    compared, left_out = compare_each(
        "compare_records",
        "compare_annotations",
        lambda path: compare_annotations(
            path, reference, test, start=start, stop=stop, window=window, runs=runs
        ),
        directory,
        reference,
        test,
        records=records,
        on_invalid=on_invalid,
    )
    return comparison_of(reference, test, compared, left_out)


def comparison_of(
    reference: str,
    test: str,
    compared: dict[str, AnnotationComparison],
    left_out: pd.DataFrame | None = None,
) -> RecordComparison:
    """Sum the comparisons of records."""
    comparisons = list(compared.values())
    rows = [_statistics(one, one.rr_error) for one in comparisons]
    per_record = pd.DataFrame(rows, index=list(compared))
    total = _Total.of(comparisons)
    intervals = np.array([one.n_rr_intervals for one in comparisons])
    squares = np.array([one.rr_error for one in comparisons]) ** 2
    n_intervals = intervals.sum()
    squares = np.where(intervals > 0, squares * intervals, 0).sum()
    rr_error = np.sqrt(squares / n_intervals) if n_intervals else np.nan
    return RecordComparison(
        reference=reference,
        test=test,
        comparisons=compared,
        per_record=per_record,
        gross=pd.Series(_statistics(total, rr_error), name="Gross"),
        average=per_record.mean().rename("Average"),
        confusion=total.confusion,
        scores=total.scores,
        runs=total.runs,
        left_out=LeftOut("ignore").table() if left_out is None else left_out,
    )


@dataclass(frozen=True)
class _Total:
    """The sums over all records."""

    confusion: pd.DataFrame
    scores: pd.DataFrame
    runs: pd.DataFrame | None
    shutdown: float
    ventricular_fibrillation: float

    @classmethod
    def of(cls, comparisons):
        confusion = sum(one.confusion for one in comparisons)
        runs = None
        if comparisons[0].runs is not None:
            runs = with_ratios(sum(one.runs[COUNTS] for one in comparisons))
        return cls(
            confusion=confusion,
            scores=scores_of(confusion),
            runs=runs,
            shutdown=sum(one.shutdown for one in comparisons),
            ventricular_fibrillation=sum(
                one.ventricular_fibrillation for one in comparisons
            ),
        )


def _statistics(one, rr_error):
    """Return the figures of one record, or of all together, by name."""
    figures = {"beats": float(one.scores.loc["QRS", "beats"])}
    for beat, statistics in _STATISTICS.items():
        for statistic in statistics:
            figures[f"{beat} {statistic}"] = one.scores.loc[beat, statistic]
    figures["RR error"] = rr_error
    figures["shutdown"] = one.shutdown
    figures["missed in shutdown"] = float(one.confusion[SHUT_DOWN].sum())
    figures["VF"] = one.ventricular_fibrillation
    if one.runs is not None:
        for name, row in one.runs.iterrows():
            figures[f"{name} Se"], figures[f"{name} +P"] = row["Se"], row["+P"]
    return figures

"""The episodes of many recordings, compared: by record, gross and average."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..beats import samples_in
from ..records import as_recording
from ._annotation_set import (
    BEAT_SYMBOLS,
    COUNTS,
    AnnotationSet,
    compare_runs,
    read_tables,
    with_ratios,
)
from ._comparison import number, text_of_runs
from ._each_record import compare_each, with_totals
from ._episode_comparison import BURDEN_KINDS, EpisodeComparison, scores_of, what_of
from ._episodes import checked_options, compare_tables

_WINDOW = 0.15
"""How far runs may be apart that bxb takes for the same, in seconds."""


@dataclass(frozen=True, eq=False)
class EpisodeRecordComparison:
    """How the episodes in many recordings agree; print it to read it.

    Made by `compare_episode_records`.

    Attributes
    ----------
    reference, test : str
        The annotators.
    kind : str
        Of what the episodes are.
    comparisons : dict of str to EpisodeComparison
        What `compare_episodes` says of each record.
    per_record : DataFrame of shape (n_records, n_statistics)
        One row for each record. Columns: ``TPs``, ``FN``, ``TPp``, ``FP``; ``episode
        Se``, ``episode +P``, ``duration Se`` and ``duration +P``; ``reference
        duration`` and ``test duration`` (s). Of AF and VF also ``reference burden`` and
        ``test burden``, their shares of the time that was compared, and ``burden
        error``, how far these two are apart, as fractions.
    gross : Series
        The same of all records together: sums of episodes and seconds, and figures
        from these sums, so that a long record counts for more.
    average : Series
        The mean over the records for which a figure is defined.
    burden_error : Series or None
        Of AF and VF, ``median`` and ``90th percentile`` of the burden error over the
        records.
    runs : DataFrame of shape (6, 6) or None
        Of AF and VF, the runs of beats that ``bxb`` counts beside them, as in
        `RecordComparison`: the sum over the records in which the test has beats, or
        None if there is no such record.
    left_out : DataFrame
        What could not be compared, and the reason, as in
        :func:`~sklearn_ecg.datasets.load_beats`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.metrics import compare_episode_records
    >>> with TemporaryDirectory() as directory:
    ...     _ = make_ecg(n_records=2, duration=30, random_state=0, directory=directory)
    ...     comparison = compare_episode_records(directory, test="atr", start=0)
    >>> comparison.summary.index.tolist()
    ['synthetic_000', 'synthetic_001', 'Gross', 'Average']
    >>> float(comparison.burden_error["median"])
    0.0
    """

    reference: str
    test: str
    kind: str
    comparisons: dict[str, EpisodeComparison]
    per_record: pd.DataFrame
    gross: pd.Series
    average: pd.Series
    burden_error: pd.Series | None
    runs: pd.DataFrame | None
    left_out: pd.DataFrame

    @property
    def summary(self) -> pd.DataFrame:
        """`per_record` with the rows ``Gross`` and ``Average`` below it."""
        return with_totals(self.per_record, self.gross, self.average)

    def __str__(self) -> str:
        return _describe(self)


def compare_episode_records(
    directory: str | os.PathLike,
    reference: str = "atr",
    test: str = "ext",
    *,
    kind: Literal["AF", "VF", "ST", "ST0", "ST1"] = "AF",
    records: Sequence[str] | None = None,
    start: float = 300,
    stop: float | None = None,
    shortest: float = 0.0,
    shortest_of: Literal["own", "both"] = "own",
    exclude_flutter: bool = False,
    on_invalid: Literal["warn", "raise", "ignore"] = "warn",
) -> EpisodeRecordComparison:
    """Compare the episodes in all records of a directory, as ``epicmp`` does.

    Parameters
    ----------
    directory : str or path-like
        Where the headers and both annotation files of each record are; signals need
        not be there.
    reference : str, default="atr"
        Extension of the annotation files that are taken as true.
    test : str, default="ext"
        Extension of those to score.
    kind : {"AF", "VF", "ST", "ST0", "ST1"}, default="AF"
        Of what the episodes are; see `compare_episodes`.
    records : sequence of str, default=None
        Names of the records to compare; None is all that have reference annotations.
    start, stop : float, default=300 and None
        Where to begin and to end in each record, in seconds; see `compare_episodes`.
    shortest : float, default=0
        Shorter episodes do not count, in seconds.
    shortest_of : {"own", "both"}, default="own"
        Which episodes have to last as long; see `compare_episodes`.
    exclude_flutter : bool, default=False
        Whether to cut flutter of the reference out of the AF of the test.
    on_invalid : {"warn", "raise", "ignore"}, default="warn"
        What happens to records that cannot be compared, as in `compare_records`.

    Returns
    -------
    comparison : EpisodeRecordComparison
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
        If records are left out, or nothing of a record is compared.

    See Also
    --------
    compare_episodes : One recording, and the rules.
    compare_records : All records of a directory, beat by beat.

    Notes
    -----
    PhysioNet's ``sumstats`` computes its gross figures of durations from percents that
    ``epicmp`` has rounded. Here they are from the durations themselves.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.metrics import compare_episode_records
    >>> with TemporaryDirectory() as directory:
    ...     _ = make_ecg(n_records=2, duration=30, random_state=0, directory=directory)
    ...     comparison = compare_episode_records(directory, test="atr", start=0)
    >>> comparison.per_record[["TPs", "FN", "TPp", "FP"]]
                   TPs  FN  TPp  FP
    synthetic_000    0   0    0   0
    synthetic_001    0   0    0   0
    """
    options = checked_options(
        "compare_episode_records",
        kind=kind,
        start=start,
        stop=stop,
        shortest=shortest,
        shortest_of=shortest_of,
        exclude_flutter=exclude_flutter,
    )
    sources = {"reference": reference, "test": test}
    compared, left_out = compare_each(
        "compare_episode_records",
        "compare_episodes",
        lambda path: _compared(path, sources, options),
        directory,
        reference,
        test,
        records=records,
        on_invalid=on_invalid,
    )
    comparisons = {name: one for name, (one, _) in compared.items()}
    per_record = pd.DataFrame.from_dict(
        {name: _figures([one]) for name, one in comparisons.items()}, orient="index"
    )
    runs = [counts[COUNTS] for _, counts in compared.values() if counts is not None]
    return EpisodeRecordComparison(
        reference=reference,
        test=test,
        kind=options.kind,
        comparisons=comparisons,
        per_record=per_record,
        gross=pd.Series(_figures([*comparisons.values()]), name="Gross"),
        average=per_record.mean().rename("Average"),
        burden_error=_burden_error(per_record),
        runs=with_ratios(sum(runs)) if runs else None,
        left_out=left_out,
    )


def _compared(path, sources, options):
    """Compare the episodes of a record, and runs where the test has beats."""
    recording = as_recording(path)
    tables = read_tables(recording, sources)
    one = compare_tables(recording, tables, sources, options)
    has_beats = tables["test"]["symbol"].isin(BEAT_SYMBOLS).any()
    if not has_beats or options.kind not in BURDEN_KINDS:
        return one, None
    rate = recording.sampling_rate
    sets = [AnnotationSet.of(table, sources[role]) for role, table in tables.items()]
    window = samples_in(_WINDOW, rate)
    return one, compare_runs(*sets, one.start * rate, one.stop * rate, window)


def _figures(comparisons):
    """Return the figures of one record, or of several together, by name."""
    counts = sum(one.counts for one in comparisons)
    lasting = sum(one.durations for one in comparisons)
    scores = scores_of(counts, lasting)
    figures = dict(counts)
    for name, row in (("episode", "episodes"), ("duration", "duration")):
        for statistic, value in scores.loc[row].items():
            figures[f"{name} {statistic}"] = value
    for role in ("reference", "test"):
        figures[f"{role} duration"] = lasting[role]
    if comparisons[0].kind in BURDEN_KINDS:
        seconds = sum(one.stop - one.start for one in comparisons)
        for role in ("reference", "test"):
            figures[f"{role} burden"] = lasting[role] / seconds if seconds else np.nan
        difference = figures["test burden"] - figures["reference burden"]
        figures["burden error"] = abs(difference)
    return figures


def _burden_error(per_record):
    """Return how far burdens are apart in a typical record, and in a bad one."""
    if "burden error" not in per_record:
        return None
    quantiles = per_record["burden error"].quantile([0.5, 0.9])
    return quantiles.set_axis(["median", "90th percentile"])


def _describe(one):
    """Return the text of an `EpisodeRecordComparison`."""
    table = one.summary
    shares = [name for name in table if name.endswith(("burden", "error"))]
    table[shares] *= 100
    scores = [name for name in table if name.endswith(("Se", "+P"))]
    lasting = [name for name in table if name.endswith("duration")] + shares
    digits = dict.fromkeys(scores, 4) | dict.fromkeys(lasting, 1)
    text = pd.DataFrame(
        {name: [_text(x, digits.get(name)) for x in table[name]] for name in table},
        index=table.index,
    )
    n, what = len(one.per_record), what_of(next(iter(one.comparisons.values())))
    units = "Durations are in seconds"
    if one.burden_error is not None:
        units += ", burdens in percent of the time, their errors in percentage points"
    parts = [
        f"{n} record{'' if n == 1 else 's'}: {what}",
        text.drop(columns=lasting).to_string(),
        f"{units}\n{text[lasting].to_string()}",
    ]
    if one.burden_error is not None:
        median, most = (number(100 * error, 1) for error in one.burden_error)
        parts.append(f"Burden error: median {median}, 90th percentile {most}")
    return "\n\n".join([*parts, *text_of_runs(one.runs)])


def _text(value, digits):
    """Return a number as text; a count, if it is a mean, with a decimal."""
    if digits is None:
        digits = 0 if value == int(value) else 1
    return number(value, digits)

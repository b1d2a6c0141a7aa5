"""What a comparison of episodes says, and its text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ._comparison import clock, number
from ._ec57 import ratio

COUNTS = ["TPs", "FN", "TPp", "FP"]
DURATIONS = ["reference", "reference_overlap", "test", "test_overlap"]
BURDEN_KINDS = ("AF", "VF")
"""Kinds of which it is asked for how much of the time they last."""


@dataclass(frozen=True, eq=False)
class EpisodeComparison:
    """How the episodes of two annotators of one recording agree; print it to read it.

    Made by `compare_episodes`.

    Attributes
    ----------
    record : str
        The recording.
    reference, test : str
        The annotators.
    kind : str
        Of what the episodes are: AF, VF, ST, ST0 or ST1.
    start, stop : float
        What was compared, in seconds. Without a stop it is the last annotation of
        either.
    shortest : float
        Shorter episodes do not count, in seconds.
    counts : Series of int
        ``TPs`` and ``FN``: episodes of the reference that the test meets, and that it
        misses. ``TPp`` and ``FP``: episodes of the test that meet the reference, and
        that do not. ``TPs`` and ``TPp`` differ where one episode meets several.
    durations : Series of float
        In seconds: of all episodes of the ``reference``, and what of them overlaps with
        the test (``reference_overlap``); of the ``test``, and what of them overlaps
        with the reference (``test_overlap``).
    scores : DataFrame of shape (2, 2)
        Se and +P, as fractions, of ``episodes`` (from `counts`) and of ``duration``
        (from `durations`). What is undefined is NaN.
    burden : Series of float
        The share of the time between `start` and `stop` that the episodes of the
        ``reference`` and of the ``test`` last, a fraction. NaN if there is no time.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_ecg.metrics import compare_episodes
    >>> from sklearn_ecg.records import recording_from_array
    >>> recording = recording_from_array(np.zeros(250 * 100), 250, "II")
    >>> columns = ["kind", "start", "stop"]
    >>> reference = pd.DataFrame([["AF", 10, 20], ["AF", 30, 40]], columns=columns)
    >>> test = pd.DataFrame([["AF", 15, 40]], columns=columns)
    >>> comparison = compare_episodes(recording, reference, test, start=0)
    >>> comparison.counts.tolist()
    [2, 0, 1, 0]
    >>> float(comparison.scores.loc["duration", "Se"])
    0.75
    >>> float(comparison.burden["test"])
    0.25
    """

    record: str
    reference: str
    test: str
    kind: str
    start: float
    stop: float
    shortest: float
    counts: pd.Series
    durations: pd.Series

    @property
    def scores(self) -> pd.DataFrame:
        """Se and +P of the episodes and of their duration."""
        return scores_of(self.counts, self.durations)

    @property
    def burden(self) -> pd.Series:
        """The share of the time that the episodes of either last."""
        time = self.stop - self.start
        return self.durations[["reference", "test"]] / (time if time > 0 else np.nan)

    def __str__(self) -> str:
        return _describe(self)


def scores_of(counts: pd.Series, durations: pd.Series) -> pd.DataFrame:
    """Return Se and +P of episodes and of durations."""
    tps, fn, tpp, fp = counts[COUNTS]
    reference, found, test, right = durations[DURATIONS]
    rows = {
        "episodes": [ratio(tps, tps + fn), ratio(tpp, tpp + fp)],
        "duration": [ratio(found, reference), ratio(right, test)],
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["Se", "+P"])


def what_of(one: EpisodeComparison) -> str:
    """Say which episodes were compared."""
    least = f" of at least {one.shortest:g} s" if one.shortest else ""
    return f"{one.kind} episodes{least}, {one.test} against {one.reference}"


def _describe(one):
    """Return the text of an `EpisodeComparison`."""
    head = (
        f"Record {one.record}: {what_of(one)}, {clock(one.start)} to {clock(one.stop)}"
    )
    scores = one.scores.map(lambda value: number(value, 4))
    counts = one.counts.astype(str)
    seconds = one.durations.map(lambda value: number(value, 3))
    seconds.index = ["reference", "overlap", "test", "overlap"]
    parts = [head]
    for name, cells in (("episodes", counts), ("duration", seconds)):
        row = pd.concat([cells, scores.loc[name]])
        parts.append(row.to_frame(name).T.to_string())
    if one.kind in BURDEN_KINDS:
        shares = [f"{number(100 * share, 2)} %" for share in one.burden]
        parts.append(
            f"Durations in seconds. {one.kind} of the time: reference {shares[0]}, "
            f"test {shares[1]}."
        )
    return "\n\n".join(parts)

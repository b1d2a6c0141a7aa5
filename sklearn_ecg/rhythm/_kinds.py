"""The kinds of episodes: what each is, what it is measured by, and who says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ._ectopic import CYCLE_NAMES, CYCLES, RUN
from ._fibrillation import (
    AF,
    BEGINS_ABOVE,
    ENDS_BELOW,
    FEWEST_WORDS,
    LONGEST_MS,
    N_WORDS,
    SHORTEST_MS,
)
from ._gaps import (
    LEAST_LOST,
    LEAST_NOISE,
    LEAST_SHARE,
    NOT_ANALYSABLE,
    SHORTEST_NOISE,
)
from ._rates import FAST, PAUSE, SLOW

ECTOPIC = {"V": "ventricular", "S": "supraventricular"}


@dataclass(frozen=True)
class Kind:
    """A kind of episode.

    Attributes
    ----------
    name : str
        The ``kind`` of its rows.
    definition : str
        What it is.
    bounds : str
        What its ``start`` and ``stop`` are, in seconds since the recording began.
    parameters : tuple of str
        What can be set of it, by the names that `find_episodes` takes.
    source : str
        Whose definition it is.

    Examples
    --------
    >>> from sklearn_ecg.rhythm import KINDS
    >>> KINDS["V run"].definition
    'At least 3 ventricular beats in a row.'
    """

    name: str
    definition: str
    bounds: str
    parameters: tuple[str, ...]
    source: str


_BEATS = "R peaks of its first and its last beat"
_MONITORS = "usual in ambulatory monitoring; the number of intervals is ours"


def _fibrillation():
    return Kind(
        AF,
        f"Symbolic entropy of {N_WORDS} words of three successive intervals, decided "
        f"for the middle one; where there are fewer, from {FEWEST_WORDS} on. It begins "
        f"above {BEGINS_ABOVE} and ends below {ENDS_BELOW}. Intervals beside a beat "
        f"labelled V, and those not of {SHORTEST_MS} to {LONGEST_MS} ms, are left out. "
        "Interruptions shorter than shortest_af are filled, then shorter episodes left "
        "out.",
        _BEATS,
        ("shortest_af",),
        "Zhou et al., PLoS ONE 10(9):e0136544 (2015), but for our two thresholds; at "
        "least 30 s: HRS/EHRA expert consensus (2017)",
    )


def _of_ectopic(label, word):
    yield Kind(
        f"{label} couplet",
        f"Exactly two {word} beats in a row.",
        _BEATS,
        (),
        "ANSI/AAMI EC57",
    )
    yield Kind(
        f"{label} run",
        f"At least {RUN} {word} beats in a row.",
        _BEATS,
        (),
        "AHA/ACC/HRS (2017), which call it a tachycardia above 100 a minute, "
        "sustained from 30 s on"
        if label == "V"
        else "usual in ambulatory monitoring",
    )
    for n, name in CYCLE_NAMES.items():
        cycle = "N" * n + label
        yield Kind(
            f"{label} {name}",
            f"At least {CYCLES} times {cycle}, where N is a beat that is neither S "
            "nor V.",
            _BEATS,
            (),
            "usual in ambulatory monitoring, which takes three cycles",
        )


def _of_rates():
    yield Kind(
        PAUSE,
        "An interval longer than `pause` between two beats of pause_beats, N or S, "
        "that is analysable.",
        "R peaks at both ends of the interval",
        ("pause", "pause_beats"),
        "usual in ambulatory monitoring: 2.0, 2.5 and 3.0 s",
    )
    for kind, side in ((SLOW, "below"), (FAST, "above")):
        yield Kind(
            kind,
            f"The mean of n_intervals intervals is {side} {kind} a minute, again and "
            "again for at least shortest_rate.",
            _BEATS,
            (kind, "n_intervals", "shortest_rate"),
            _MONITORS,
        )


def _not_analysable():
    return Kind(
        NOT_ANALYSABLE,
        f"Between two beats, at least {LEAST_LOST} s or {100 * LEAST_SHARE:g} % "
        f"without signal, more than two minutes of silence, or, in {SHORTEST_NOISE:g} "
        f"s and more, at least {LEAST_NOISE} detections that are no beats and come "
        "faster than P waves. No other episode but AF goes on through it.",
        "what was lost",
        (),
        "our own",
    )


KINDS = {
    kind.name: kind
    for kind in (
        _fibrillation(),
        *(kind for item in ECTOPIC.items() for kind in _of_ectopic(*item)),
        *_of_rates(),
        _not_analysable(),
    )
}
"""All kinds of episodes, by name."""

FAST_RUN = 100.0
"""Beats a minute above which a run is a tachycardia."""

SLOW_RUN = 40.0
"""Beats a minute up to which an idioventricular rhythm is not accelerated."""

SUSTAINED = 30.0
"""Seconds from which on a tachycardia is sustained."""


RUN_NAMES = {
    "V": (
        "sustained VT",
        "nonsustained VT",
        "accelerated idioventricular rhythm",
        "idioventricular rhythm",
    ),
    "S": ("SVT",),
}
"""What runs are called by their rate and duration."""


def names_of(episodes: pd.DataFrame) -> pd.Series:
    """Return what a report calls episodes: runs by their rate and duration.

    Parameters
    ----------
    episodes : DataFrame of shape (n_episodes, n_columns)
        As :func:`find_episodes` returns them.

    Returns
    -------
    Series of str, shape (n_episodes,)
        ``"sustained VT"`` and ``"nonsustained VT"`` for V runs above 100 a minute,
        ``"accelerated idioventricular rhythm"`` for those above 40, and
        ``"idioventricular rhythm"``; ``"SVT"`` for S runs above 100 a minute. All other
        episodes are called by their kind.

    References
    ----------
    2017 AHA/ACC/HRS guideline for management of patients with ventricular arrhythmias;
    2019 HRS/EHRA consensus on catheter ablation of ventricular arrhythmias.

    Examples
    --------
    >>> from sklearn_ecg.rhythm import find_episodes, names_of
    >>> episodes = find_episodes([0, 360, 500, 640, 780, 1140], list("NVVVVN"), 360)
    >>> names_of(episodes).tolist()
    ['nonsustained VT']
    """
    kind, rate = episodes["kind"], episodes["rate"].to_numpy(dtype=float)
    seconds = (episodes["stop"] - episodes["start"]).to_numpy(dtype=float)
    # A difference of seconds is off in its last digits.
    is_long = seconds.round(6) >= SUSTAINED
    is_ventricular = (kind == "V run").to_numpy()
    is_fast = rate > FAST_RUN
    names = np.select(
        [
            is_ventricular & is_fast & is_long,
            is_ventricular & is_fast,
            is_ventricular & (rate > SLOW_RUN),
            is_ventricular & (rate <= SLOW_RUN),
            (kind == "S run").to_numpy() & is_fast,
        ],
        [*RUN_NAMES["V"], *RUN_NAMES["S"]],
        kind.to_numpy(dtype=object),
    )
    return pd.Series(names, index=episodes.index, dtype=object)

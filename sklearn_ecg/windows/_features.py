"""What each feature of a beat is: its unit, its limits, and what it is made from.

All that is known about a feature stands here, by its name. A new one is
a line of this table, and a value that the state of its group computes, and the batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

SECONDS, RATIO, CORRELATION = "seconds", "ratio", "correlation"
LOG_RATIO = "logarithm of a ratio"
RHYTHM, RELATIVE = "rhythm", "relative"

SHORTEST = 0.001
"""Seconds below which an interval is unknown.

A device counts milliseconds, and says 0 for an interval that it doesn't know.
"""

LONGEST = 3.0
"""Limit of intervals, in seconds, and of ratios: beyond it, a pause is a pause."""

UNKNOWN = 1.0
"""The interval, in seconds, where nothing is known yet: 60 beats per minute."""

FARTHEST = 3.0
"""Limit of the logarithms of ratios, to either side of 0."""

MEANS = (4, 8, 16, 32, 64, 256)
"""How many beats the running means of intervals look back, about."""

QUANTILES = (50, 75, 90)
"""Running quantiles of intervals, in percent."""

JUMPS = (32, 256)
"""How many beats the running means of differences between intervals look back."""

BEATS_BEFORE = 3
"""How many beats before are told of with each beat."""

OF_BEATS_BEFORE = (
    "rr_prev_over_q50",
    "rr_prev_over_before",
    "qrs_correlation",
    "qrs_width_relative",
    "p_correlation",
    "p_difference",
    "qrs_height_relative",
)
"""The features that are told of them."""

INTERVALS = ("rr_prev", "rr_next", "rr_local")
"""The columns of intervals of a beat table."""


@dataclass(frozen=True)
class Feature:
    """One number that describes a beat, beside its window."""

    name: str  # Of the column
    meaning: str  # What it is, in words
    # "rhythm" (rr_features) or "relative" (relative_features) of BeatSegmenter
    group: str
    unit: str  # "seconds", "ratio", "correlation" or "logarithm of a ratio"
    # The interval that it is, or that it divides; None if there is none
    interval: str | None = None
    is_causal: bool = True  # Whether it is known without waiting for the next beat
    # Of the beat table, that it is computed from
    columns: tuple[str, ...] = ("r_peaks",)
    # Whether it is also computed from the signal around the R peaks
    looks_at_signal: bool = False
    lowest: float = 0.0  # In `unit`
    highest: float = LONGEST  # In `unit`


def _of_rhythm(name, meaning, interval, *, is_ratio=False):
    """Describe a rhythm feature; previous and local interval stand in for others."""
    is_causal = interval != "rr_next"
    return Feature(
        name,
        meaning,
        RHYTHM,
        RATIO if is_ratio else SECONDS,
        interval,
        is_causal,
        columns=("rr_prev", "rr_local") if is_causal else INTERVALS,
        lowest=0.0 if is_ratio else SHORTEST,
    )


def _of_patient(name, meaning, unit=LOG_RATIO, interval=None, **more):
    """Describe a feature that compares the beat with what is typical of its patient."""
    if unit == LOG_RATIO:
        more = {"lowest": -FARTHEST, "highest": FARTHEST} | more
    return Feature(name, meaning, RELATIVE, unit, interval, **more)


def _of_signal(name, meaning, unit=LOG_RATIO, **more):
    """Describe a feature of the patient that is computed from the signal."""
    return _of_patient(name, meaning, unit, looks_at_signal=True, **more)


_WITH_NEXT: dict = {"is_causal": False, "columns": ("rr_next", "r_peaks")}


def _of_rhythm_of_patient():
    """Describe the features that compare intervals with running means and quantiles."""
    references = {f"mean{n}": f"the running mean of about {n}" for n in MEANS}
    references |= {f"q{q}": f"their running {q} % quantile" for q in QUANTILES}
    for interval in ("rr_prev", "rr_next"):
        for name, reference in references.items():
            yield _of_patient(
                f"{interval}_over_{name}",
                f"{interval} over {reference}",
                interval=interval,
                **({} if interval == "rr_prev" else _WITH_NEXT),
            )
    yield _of_patient(
        "rr_prev_over_before", "rr_prev over the interval before it", interval="rr_prev"
    )
    yield _of_patient(
        "rr_next_over_prev", "rr_next over rr_prev", interval="rr_next", **_WITH_NEXT
    )
    for n in JUMPS:
        yield _of_patient(
            f"rr_irregularity{n}",
            f"running mean of about {n} differences of successive intervals, over the "
            "running mean of 32 intervals",
            RATIO,
        )


def _of_qrs():
    """Describe the features that compare QRS complexes."""
    yield _of_signal(
        "qrs_correlation",
        "correlation with the typical one, at the best shift",
        CORRELATION,
        lowest=-1.0,
        highest=1.0,
    )
    yield _of_signal("qrs_shift", "that shift", SECONDS, lowest=-0.1, highest=0.1)
    yield _of_signal("qrs_height_relative", "its height over the typical one's")
    yield _of_signal("qrs_width", "area over height", SECONDS)
    yield _of_signal("qrs_width_relative", "its width over the typical one's")
    yield _of_signal("qrs_half_width", "time above half of its height", SECONDS)
    yield _of_signal(
        "qrs_half_width_difference",
        "that, less the typical one's",
        SECONDS,
        lowest=-3.0,
    )
    yield _of_signal("qrs_area_relative", "its area over the typical one's")
    yield _of_signal("qrs_slope_relative", "its steepest slope over the typical one's")
    yield _of_signal(
        "qrs_sign", "1 if both point the same way, else -1", RATIO, lowest=-1.0
    )
    yield _of_signal(
        "qrs_difference", "root mean square of the difference, over the height", RATIO
    )


def _of_wave(wave):
    """Describe the features of the P or the T wave, from a segment of the signal."""
    named = f"the {wave.upper()} segment"
    yield _of_signal(
        f"{wave}_correlation",
        f"correlation of {named} with the typical one",
        CORRELATION,
        lowest=-1.0,
        highest=1.0,
    )
    logarithm = {"lowest": -8.0}
    yield _of_signal(f"{wave}_size", f"root mean square of {named}", **logarithm)
    yield _of_signal(f"{wave}_size_relative", "that, over the typical one's")
    yield _of_signal(
        f"{wave}_difference", "root mean square of the difference", **logarithm
    )
    for name, meaning in (
        ("highest", f"the highest sample of {named}"),
        ("lowest", f"the lowest sample of {named}"),
        ("slope", f"the slope that was taken out of {named}"),
    ):
        yield _of_signal(f"{wave}_{name}", meaning, RATIO, lowest=-3.0)
    yield _of_signal(f"{wave}_place", "where in it the highest sample is", SECONDS)


def _of_beats_before(features):
    """Describe what is told of the beats before."""
    known = {feature.name: feature for feature in features}
    for back in range(1, BEATS_BEFORE + 1):
        for name in OF_BEATS_BEFORE:
            feature = known[name]
            meaning = f"{name} of the {('', 'second ', 'third ')[back - 1]}beat before"
            yield replace(
                feature,
                name=f"{name}_{back}_before",
                meaning=meaning,
                interval=None,
                # Those of the rhythm are remembered with the others.
                looks_at_signal=True,
            )


_OF_INTERVALS = (
    _of_rhythm("rr_prev", "interval from the beat before to this one", "rr_prev"),
    _of_rhythm("rr_next", "interval from this beat to the next one", "rr_next"),
    _of_rhythm(
        "rr_local",
        "mean of the last ten intervals, rr_prev included, or of as many as there are",
        "rr_local",
    ),
    _of_rhythm("rr_prev_ratio", "rr_prev over rr_local", "rr_prev", is_ratio=True),
    _of_rhythm("rr_next_ratio", "rr_next over rr_local", "rr_next", is_ratio=True),
)
_OF_BEAT = (*_of_rhythm_of_patient(), *_of_qrs(), *_of_wave("p"), *_of_wave("t"))
_TABLE = (*_OF_INTERVALS, *_OF_BEAT, *_of_beats_before(_OF_BEAT))

FEATURES = {feature.name: feature for feature in _TABLE}
"""All features by name, in the order in which the columns of a table stand."""


def feature_names(group: str, *, causal: bool = False) -> tuple[str, ...]:
    """Return the names of the features of a group."""
    return tuple(
        feature.name
        for feature in _TABLE
        if feature.group == group and (feature.is_causal or not causal)
    )


def chosen_features(group: str, choice: str | Iterable[str] | None) -> list[str]:
    """Return the names of the features that a parameter of `BeatSegmenter` asks for."""
    if choice is None:
        return []
    if isinstance(choice, str):
        return list(feature_names(group, causal=choice == "causal"))
    return [str(name) for name in choice]


def required_columns(names: Iterable[str]) -> list[str]:
    """Return the columns of a beat table from which features are computed."""
    needed = {column for name in names for column in FEATURES[name].columns}
    return [column for column in (*INTERVALS, "r_peaks") if column in needed]


def look_at_signal(names: Iterable[str]) -> bool:
    """Tell whether some of the features are computed from the signal."""
    return any(FEATURES[name].looks_at_signal for name in names)


def rhythm_features(intervals, features):
    """Compute rhythm features; the result is finite whatever is unknown."""
    return np.column_stack(_features_of(intervals, features))


def _features_of(intervals, features):
    """Compute each feature, of one beat or of arrays of them."""
    known = {name: _known(values) for name, values in intervals.items()}
    local = _fill(known["rr_local"], _fill(known["rr_prev"], UNKNOWN))
    values = []
    for feature in map(FEATURES.get, features):
        value = _fill(known[feature.interval], local)
        if feature.unit != SECONDS:
            value = np.minimum(value / local, LONGEST)
        values.append(value)
    return values


def _known(seconds):
    """Cap long intervals, and mark by NaN what is no interval."""
    usable = np.isfinite(seconds) & (seconds >= SHORTEST)
    return np.where(usable, np.minimum(seconds, LONGEST), np.nan)


def _fill(values, replacement):
    return np.where(np.isnan(values), replacement, values)

"""What each feature of a beat is: unit, fixed point, limits, and what it is made from.

All that is known about a feature stands here, by its name. It is an integer: so many
milliseconds, 1/1024, or samples. A new one is a line of this table, a value that the
state of its group computes, and the same in C. The C numbers features by their order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ._integers import ONE

SECONDS, RATIO, CORRELATION = "seconds", "ratio", "correlation"
LOG_RATIO = "binary logarithm of a ratio"
RHYTHM, RELATIVE = "rhythm", "relative"

LONGEST_MS = 3000
"""Limit of intervals, in ms: beyond it, a pause is a pause."""

UNKNOWN_MS = 1000
"""The interval, in ms, where nothing is known yet: 60 beats per minute."""

RATIO_MAX = 3 * ONE
LOG_MAX = 4432
"""Limit of the logarithms of ratios, to either side of 0: twenty times."""

LOG_SIZE_MIN = -11819
"""Limit of the logarithms of sizes: 1/3000 of the height of the QRS complex."""

HEIGHT = 2048
"""The height of the typical QRS complex, in the unit of P and T segments."""

WAVE_MAX = 3 * HEIGHT

SAMPLES_MAX = 300
"""Limit of times in samples, of windows at up to 1000 Hz."""

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
    unit: str  # "seconds", "ratio", "correlation" or "binary logarithm of a ratio"
    lowest: int  # As an integer
    highest: int  # As an integer
    one: int = ONE  # What 1 of its unit is, as an integer; of samples, a part of one
    in_samples: bool = False  # Seconds that are counted in samples of the window
    # The interval that it is, or that it divides; None if there is none
    interval: str | None = None
    is_causal: bool = True  # Whether it is known without waiting for the next beat
    # Of the beat table, that it is computed from
    columns: tuple[str, ...] = ("r_peaks",)
    # Whether it is also computed from the signal around the R peaks
    looks_at_signal: bool = False

    def worth(self, window_rate: float) -> float:
        """Return what one of its integers is worth, in its unit."""
        return 1 / (self.one * window_rate if self.in_samples else self.one)


def _of_rhythm(name, meaning, interval, *, is_ratio=False):
    """Describe a rhythm feature; previous and local interval stand in for others."""
    is_causal = interval != "rr_next"
    return Feature(
        name,
        meaning,
        RHYTHM,
        RATIO if is_ratio else SECONDS,
        lowest=0 if is_ratio else 1,
        highest=RATIO_MAX if is_ratio else LONGEST_MS,
        one=ONE if is_ratio else 1000,
        interval=interval,
        is_causal=is_causal,
        columns=("rr_prev", "rr_local") if is_causal else INTERVALS,
    )


def _of_patient(name, meaning, unit=LOG_RATIO, *limits, **more):
    """Describe a feature that compares the beat with what is typical of its patient."""
    lowest, highest = limits or (-LOG_MAX, LOG_MAX)
    return Feature(name, meaning, RELATIVE, unit, lowest, highest, **more)


def _of_signal(name, meaning, unit=LOG_RATIO, *limits, **more):
    """Describe a feature of the patient that is computed from the signal."""
    return _of_patient(name, meaning, unit, *limits, looks_at_signal=True, **more)


_WITH_NEXT: dict = {"is_causal": False, "columns": ("rr_next", "r_peaks")}
_REFERENCES = {f"mean{n}": f"the running mean of about {n}" for n in MEANS}
_REFERENCES |= {f"q{q}": f"their running {q} % quantile" for q in QUANTILES}


def _of_rhythm_of_patient():
    """Describe the features that compare intervals with running means and quantiles."""
    for interval, last in (("rr_prev", "before"), ("rr_next", "prev")):
        more = _WITH_NEXT if interval == "rr_next" else {}
        than = "rr_prev" if last == "prev" else "the interval before it"
        for name, reference in (_REFERENCES | {last: than}).items():
            yield _of_patient(
                f"{interval}_over_{name}",
                f"{interval} over {reference}",
                interval=interval,
                **more,
            )
    for n in JUMPS:
        yield _of_patient(
            f"rr_irregularity{n}",
            f"running mean of about {n} differences of successive intervals, over the "
            "running mean of 32 intervals",
            RATIO,
            0,
            RATIO_MAX,
        )


def _of_qrs():
    """Describe the features that compare QRS complexes."""
    samples = {"in_samples": True, "one": 1}
    yield _of_signal(
        "qrs_correlation",
        "correlation with the typical one, at the best shift",
        CORRELATION,
        -ONE,
        ONE,
    )
    yield _of_signal(
        "qrs_shift", "that shift", SECONDS, -SAMPLES_MAX, SAMPLES_MAX, **samples
    )
    yield _of_signal("qrs_height_relative", "its height over the typical one's")
    yield _of_signal(
        "qrs_width",
        "area over height",
        SECONDS,
        0,
        64 * SAMPLES_MAX,
        in_samples=True,
        one=64,
    )
    yield _of_signal("qrs_width_relative", "its width over the typical one's")
    yield _of_signal(
        "qrs_half_width",
        "time above half of its height",
        SECONDS,
        0,
        SAMPLES_MAX,
        **samples,
    )
    yield _of_signal(
        "qrs_half_width_difference",
        "that, less the typical one's",
        SECONDS,
        -SAMPLES_MAX,
        SAMPLES_MAX,
        **samples,
    )
    yield _of_signal("qrs_area_relative", "its area over the typical one's")
    yield _of_signal("qrs_slope_relative", "its steepest slope over the typical one's")
    yield _of_signal(
        "qrs_sign", "1 if both point the same way, else -1", RATIO, -ONE, ONE
    )
    yield _of_signal(
        "qrs_difference",
        "root mean square of the difference, over the height",
        RATIO,
        0,
        RATIO_MAX,
    )


def _of_wave(wave):
    """Describe the features of the P or the T wave, from a segment of the signal."""
    named = f"the {wave.upper()} segment"
    sizes = LOG_RATIO, LOG_SIZE_MIN, LOG_MAX
    yield _of_signal(
        f"{wave}_correlation",
        f"correlation of {named} with the typical one",
        CORRELATION,
        -ONE,
        ONE,
    )
    yield _of_signal(f"{wave}_size", f"root mean square of {named}", *sizes)
    yield _of_signal(f"{wave}_size_relative", "that, over the typical one's")
    yield _of_signal(f"{wave}_difference", "root mean square of the difference", *sizes)
    for name, meaning in (
        ("highest", f"the highest sample of {named}"),
        ("lowest", f"the lowest sample of {named}"),
        ("slope", f"the slope that was taken out of {named}"),
    ):
        yield _of_signal(
            f"{wave}_{name}", meaning, RATIO, -WAVE_MAX, WAVE_MAX, one=HEIGHT
        )
    yield _of_signal(
        f"{wave}_place",
        "where in it the highest sample is",
        SECONDS,
        0,
        SAMPLES_MAX,
        in_samples=True,
        one=1,
    )


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


def rhythm_features(intervals: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Compute the rhythm features of beats from intervals in ms, 0 where unknown.

    A local mean that is unknown is the previous interval, or 1 s if that is unknown,
    too; an interval that is unknown is the local mean.
    """
    known = {name: np.minimum(each, LONGEST_MS) for name, each in intervals.items()}
    local = _filled(known["rr_local"], _filled(known["rr_prev"], UNKNOWN_MS))
    features = {}
    for name in feature_names(RHYTHM):
        feature = FEATURES[name]
        if feature.interval in known:
            value = _filled(known[feature.interval], local)
            if feature.unit == RATIO:
                value = np.minimum((value * ONE + local // 2) // local, RATIO_MAX)
            features[name] = value
    return features


def _filled(values, replacement):
    return np.where(values == 0, replacement, values)


def milliseconds_of(seconds: np.ndarray) -> np.ndarray:
    """Return intervals in ms, of at least 1, and 0 where one is unknown."""
    usable = np.isfinite(seconds) & (seconds >= 0.001)
    # Those of more than 16 bits are limited first: the product may be infinite.
    known = np.minimum(np.where(usable, seconds, 0), np.iinfo(np.uint16).max / 1000)
    # What is a half but for the rounding of a double goes up, as on a device.
    return np.floor(np.round(known * 1000, 6) + 0.5).astype(np.int64)

"""Measures of heart rate variability, of a whole recording and of its hours."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from ._nn import NNIntervals
from ._spectrum import SEGMENT, band_powers
from ._stretches import Stretches, seconds_between

COLUMNS = [
    "start",
    "stop",
    "n_nn",
    "nn_share",
    "nn_time_share",
    "af_share",
    "not_analysable_share",
    "mean_nn",
    "SDNN",
    "SDANN",
    "RMSSD",
    "pNN50",
    "triangular_index",
    "LF",
    "HF",
    "LF/HF",
    "n_segments",
    "is_24_h",
    "reason",
]

_IN_AN_HOUR = 12
"""Segments."""

_DAY = 18 * 3600
"""Seconds that can be analysed of a recording of 24 h, at least."""

_LEAST_SEGMENTS = 3
"""Segments with a mean interval that SDANN is computed from, at least."""

_LEAST_OF_HISTOGRAM = 20 * 60
"""Seconds of NN intervals that the triangular index is computed from, at least."""

_BINS = 128
"""Bins of the histogram in a second."""

_NO_POWER = 1e-9
"""ms² that rounding leaves of equal intervals, at most."""

_WHY = {
    "SDNN": "SDNN: fewer than 2 NN intervals",
    "SDANN": f"SDANN: fewer than {_LEAST_SEGMENTS} segments of 5 min",
    "RMSSD": "RMSSD, pNN50: no adjacent NN intervals",
    "triangular_index": "triangular_index: less than 20 min of NN intervals",
    "LF": "LF, HF: no segment of 5 min with few and short gaps",
    "LF/HF": "LF/HF: no HF",
}
"""Why a measure is NaN where NN intervals are enough otherwise."""


def measures_of_parts(
    nn: NNIntervals,
    duration: float,
    told: Mapping[str, Stretches],
    least_share: float,
) -> pd.DataFrame:
    """Return the table of `variability`.

    `told` has the stretches of atrial fibrillation, ``"af"``, those that are
    ``"lost"``, and ``"excluded"``, which are both.
    """
    segments = _segments(nn, duration, told, least_share)
    last = np.cumsum(segments["n_nn"].to_numpy())
    jumps = np.where(nn.follows, np.diff(nn.ms, prepend=0), np.nan)
    n_hours = math.ceil(len(segments) / _IN_AN_HOUR)
    parts = {"whole": slice(0, len(segments))}
    for hour in range(n_hours):
        parts[f"hour {hour}"] = slice(hour * _IN_AN_HOUR, (hour + 1) * _IN_AN_HOUR)
    rows = {}
    for name, part in parts.items():
        inside = segments.iloc[part]
        row = _shares(inside)
        why = _too_little(row, least_share)
        if why is None:
            stop = last[part][-1]
            chosen = slice(stop - row["n_nn"], stop)
            row |= _measures(nn.ms[chosen], jumps[chosen], inside)
            missing = [text for name, text in _WHY.items() if np.isnan(row[name])]
            why = "; ".join(missing)
        rows[name] = row | {"reason": why}
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=COLUMNS)


def _segments(nn, duration, told, least_share):
    """Return what is known of each segment, a row for each; the last may be short."""
    n_whole = int(duration / SEGMENT + 1e-9)
    edges = np.arange(n_whole + 1) * float(SEGMENT)
    if duration > edges[-1] or n_whole == 0:
        edges = np.append(edges, duration)
    n_segments = len(edges) - 1
    seconds = seconds_between(edges, (nn.start, nn.stop))
    place = np.minimum(nn.stop // SEGMENT, n_segments - 1).astype(int)
    n_nn = np.bincount(place, minlength=n_segments)
    all_places = np.minimum(nn.all_stops // SEGMENT, n_segments - 1).astype(int)
    means = np.full(n_segments, np.nan)
    has_mean = (n_nn > 0) & (seconds >= least_share * SEGMENT)
    has_mean[n_whole:] = False
    sums = np.bincount(place, nn.ms, minlength=n_segments)
    means[has_mean] = sums[has_mean] / n_nn[has_mean]
    powers = np.full((n_segments, 2), np.nan)
    powers[:n_whole] = band_powers(nn, n_whole)
    return pd.DataFrame(
        {
            "start": edges[:-1],
            "stop": edges[1:],
            "n_nn": n_nn,
            "n_all": np.bincount(all_places, minlength=n_segments),
            "nn": seconds,
            **{name: seconds_between(edges, each) for name, each in told.items()},
            "mean": means,
            "LF": powers[:, 0],
            "HF": powers[:, 1],
        }
    )


def _shares(segments):
    """Return which part of the recording segments are, and what they hold."""
    start, stop = segments["start"].iloc[0], segments["stop"].iloc[-1]
    total = segments[["n_nn", "n_all", "nn", "af", "lost", "excluded"]].sum()
    length = max(stop - start, np.finfo(float).tiny)
    return {
        "start": start,
        "stop": stop,
        "n_nn": int(total["n_nn"]),
        "nn_share": total["n_nn"] / max(total["n_all"], 1),
        "nn_time_share": total["nn"] / length,
        "af_share": total["af"] / length,
        "not_analysable_share": total["lost"] / length,
        "n_segments": int(segments["LF"].notna().sum()),
        "is_24_h": bool(length - total["excluded"] >= _DAY),
    }


def _too_little(row, least_share):
    """Say why nothing can be computed, if so."""
    if row["stop"] - row["start"] < SEGMENT - 1e-6:
        return "shorter than 5 min"
    if row["n_nn"] == 0:
        return "no NN intervals"
    if row["nn_time_share"] >= least_share:
        return None
    return (
        f"NN intervals take {100 * row['nn_time_share']:.1f} % of the time, less than "
        f"{100 * least_share:g} % (AF {100 * row['af_share']:.1f} %, not analysable "
        f"{100 * row['not_analysable_share']:.1f} %)"
    )


def _measures(ms, jumps, segments):
    """Return the measures of some NN intervals and the segments in which they are."""
    jumps = jumps[~np.isnan(jumps)]
    means = segments["mean"].dropna()
    low, high = segments[["LF", "HF"]].mean()
    return {
        "mean_nn": ms.mean(),
        "SDNN": ms.std(ddof=1) if len(ms) > 1 else np.nan,
        "SDANN": means.std() if len(means) >= _LEAST_SEGMENTS else np.nan,
        "RMSSD": np.sqrt(np.mean(jumps**2)) if len(jumps) else np.nan,
        "pNN50": 100 * np.mean(np.abs(jumps) > 50) if len(jumps) else np.nan,
        "triangular_index": _triangular_index(ms),
        "LF": low,
        "HF": high,
        "LF/HF": low / high if high > _NO_POWER else np.nan,
    }


def _triangular_index(ms):
    if ms.sum() < 1000 * _LEAST_OF_HISTOGRAM:
        return np.nan
    # Intervals of whole bins are a rounding error away from their lower end.
    bins = np.floor(ms * _BINS / 1000 + 1e-6).astype(int)
    return len(ms) / np.bincount(bins).max()

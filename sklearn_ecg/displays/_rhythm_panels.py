"""What a display of a rhythm draws over time: the rate, episodes, ectopic beats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from ._style import AF_COLOUR, GREYS, GRID, TRACE, styles_of_classes, with_meaning

BAND, LOST = "#AFC6D9", "#E4E4E4"

_MINUTE, _DAY = 60.0, 86400.0

_FEWEST = 3
"""Rates in a bin that make a band."""

_USUAL_RATES = 50.0, 100.0
"""Beats a minute that are shown at least."""

_BIN_WIDTHS = (1, 5, 10, 30, 60)
"""Minutes in which ectopic beats are counted."""

_MOST_BINS = 150

_THINNEST = 0.003
"""Share of the width that a short episode takes at least, to be seen."""

_BESIDE = 1.01
"""Where numbers stand, right of the axes."""


class Lane(NamedTuple):
    """Episodes that are drawn on one line."""

    name: str
    starts: np.ndarray
    seconds: np.ndarray
    colour: str
    told: str  # How many they are, or which share of the time


def _ectopic_colours():
    styles = styles_of_classes("VS")
    return {label: styles[label][0] for label in "VS"}


def _seconds_of_a_bin(duration):
    if duration < 15 * _MINUTE:
        return 10
    return 60 if duration <= 2 * _DAY else 300


def draw_rate(ax, beats: pd.DataFrame, duration: float) -> None:
    """Draw the median rate of each bin, and between which rates most are."""
    width = _seconds_of_a_bin(duration)
    edges = np.arange(0, duration + width, width, dtype=float)
    bins = range(len(edges) - 1)
    place = np.searchsorted(edges, beats["time"], side="right") - 1
    rates = beats["rate"].groupby(place)
    low, median, high = (rates.quantile(q).reindex(bins) for q in (0.1, 0.5, 0.9))
    is_enough = rates.count().reindex(bins, fill_value=0) >= _FEWEST
    in_af = beats["in_af"].groupby(place).mean().reindex(bins, fill_value=0) > 0.5
    for shown, colour in ((is_enough & ~in_af, BAND), (is_enough & in_af, AF_COLOUR)):
        x, bottom = _steps(edges, low.where(shown))
        _, top = _steps(edges, high.where(shown))
        ax.fill_between(x, bottom, top, color=colour, linewidth=0)
    ax.plot(*_steps(edges, median.where(is_enough)), color=TRACE, linewidth=0.9)
    lowest = min([_USUAL_RATES[0], *low[is_enough]])
    highest = max([_USUAL_RATES[1], *high[is_enough]])
    ax.set_ylim(10 * np.floor(lowest / 10), 10 * np.ceil(highest / 10))
    ax.set_ylabel("Heart rate (beats a minute)")


def lanes_of(episodes: pd.DataFrame, summary: pd.DataFrame) -> Iterator[Lane]:
    """Yield a lane for each kind of episodes that there are."""
    value = summary["value"].to_dict()
    lost = 100 * (1 - value["analysed time"] / max(value["duration"], 1e-9))
    of_label = [
        (f"{label} {name}", [f"{label} {kind}" for kind in kinds], colour, None)
        for label, colour in _ectopic_colours().items()
        for name, kinds in (
            ("runs", ["run"]),
            ("bigeminy etc.", ["bigeminy", "trigeminy", "quadrigeminy"]),
        )
    ]
    for name, kinds, colour, share in [
        ("AF", ["AF"], AF_COLOUR, value["AF burden"]),
        *of_label,
        ("Pauses", ["pause"], TRACE, None),
        ("Bradycardia", ["bradycardia"], TRACE, value["bradycardia"]),
        ("Tachycardia", ["tachycardia"], TRACE, value["tachycardia"]),
        ("Not analysable", ["not analysable"], GREYS[1], lost),
    ]:
        rows = episodes[episodes["kind"].isin(kinds)]
        if len(rows):
            starts, stops = rows["start"].to_numpy(), rows["stop"].to_numpy()
            told = f"{len(rows):,}" if share is None else f"{share:.1f} %"
            yield Lane(name, starts, stops - starts, colour, told)


def draw_lanes(ax, lanes: list[Lane], duration: float) -> None:
    """Draw the episodes of each lane, and tell how many, or which share of the time."""
    across = ax.get_yaxis_transform()
    for place, lane in enumerate(lanes):
        ax.axhline(-place, color=GRID, linewidth=0.6, zorder=0)
        seconds = np.maximum(lane.seconds, _THINNEST * duration)
        spans = list(zip(lane.starts, seconds, strict=True))
        ax.broken_barh(spans, (-place - 0.34, 0.68), color=lane.colour, linewidth=0)
        ax.text(_BESIDE, -place, lane.told, transform=across, va="center", fontsize=9)
    if not lanes:
        nothing = {"ha": "center", "va": "center", "color": GREYS[1]}
        ax.text(0.5, 0, "no episodes", transform=across, **nothing)
    ax.set_yticks(-np.arange(len(lanes)), [lane.name for lane in lanes])
    ax.set_ylim(0.5 - max(len(lanes), 1), 0.5)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(length=0)


def draw_counts(ax, beats: pd.DataFrame, duration: float) -> None:
    """Draw how many V beats there are in each bin upwards, and S beats downwards."""
    from matplotlib.ticker import MaxNLocator

    fitting = [n for n in _BIN_WIDTHS if duration <= _MOST_BINS * n * _MINUTE]
    minutes = fitting[0] if fitting else _BIN_WIDTHS[-1]
    edges = np.arange(0, duration + minutes * _MINUTE, minutes * _MINUTE)
    limits = []
    for label, colour in _ectopic_colours().items():
        times = beats.loc[beats["label"] == label, "time"]
        sign, side = (1, "top") if label == "V" else (-1, "bottom")
        counts = sign * np.histogram(times, edges)[0]
        x, height = _steps(edges, counts)
        ax.fill_between(x, 0, height, color=colour, linewidth=0)
        limits.append(1.05 * sign * max(np.abs(counts).max(initial=0), 1))
        text = f"{label}  {len(times):,}"
        place = _BESIDE, 1.0 if label == "V" else 0.0
        ax.text(*place, text, transform=ax.transAxes, va=side, fontsize=9)
    ax.axhline(0, color=TRACE, linewidth=0.7)
    ax.set_ylim(min(limits), max(limits))
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    each = {1: "a minute", 60: "an hour"}.get(minutes, f"{minutes} minutes")
    ax.set_ylabel(f"Ectopic beats\nin {each}")


def draw_key(ax, duration: float) -> None:
    """Say what the colours mean."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    ax.axis("off")
    seconds = _seconds_of_a_bin(duration)
    each = {60: "a minute", 300: "5 minutes"}.get(seconds, f"{seconds} s")
    line = Line2D([], [], color=TRACE, linewidth=1.2, label=f"rate: median of {each}")
    named = {"10th to 90th percentile": BAND, "atrial fibrillation": AF_COLOUR}
    named |= {with_meaning(label): each for label, each in _ectopic_colours().items()}
    named |= {"not analysable": LOST}
    patches = [Patch(color=colour, label=name) for name, colour in named.items()]
    plain = {"frameon": False, "fontsize": "small", "borderaxespad": 0}
    ax.legend(handles=[line, *patches], loc="upper left", **plain)


def _steps(edges, values):
    """Return points of a curve that is level in each bin."""
    return np.repeat(edges, 2)[1:-1], np.repeat(np.asarray(values, dtype=float), 2)

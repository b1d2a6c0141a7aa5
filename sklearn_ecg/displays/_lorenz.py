"""A Lorenz plot: each interval against the next, as a density of kinds of beats."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_COARSE, _FINE = 50, 100
"""Places from one side to the other, of few points and of many."""

_MANY = 3000

_SHORTEST, _LONGEST = 0.2, 3.0
_MARGIN = 0.08
_LEAST_SPAN = 0.9
"""Seconds: limits of the intervals that are shown, and how much at least."""

_OUTLIERS = 5e-4
"""Share of intervals at either end that may lie outside."""

_FAINTEST = 0.3
"""How opaque a single point is; the place of most points is wholly."""

_BLUR = 3.0
"""Places over which it is averaged where a kind is densest."""


def draw_lorenz(
    ax,
    before: np.ndarray,
    after: np.ndarray,
    kinds: np.ndarray,
    colours: Mapping[str, str],
    sampling_rate: float,
) -> None:
    """Draw intervals before and after beats, both in samples.

    A place has the colour of the kind of most points in it, and is the darker the more
    there are. The name of each kind stands where it is densest.
    """
    start, step, n = _places_of(before, after, sampling_rate)
    counts = np.array(
        [
            _counted(before[kinds == kind], after[kinds == kind], start, step, n)
            for kind in colours
        ]
    )
    stop = start + n * step
    first, last = ((edge - 0.5) / sampling_rate for edge in (start, stop))
    ax.imshow(
        _image(counts, list(colours.values())),
        origin="lower",
        extent=(first, last, first, last),
        interpolation="nearest",
        zorder=1,
    )
    ax.plot([first, last], [first, last], color="#BBBBBB", linewidth=0.7, zorder=0)
    ax.set_xlabel("Interval (s)")
    ax.set_ylabel("Next interval (s)")
    ax.spines[["top", "right"]].set_visible(False)
    for kind, place in zip(colours, _densest(counts), strict=True):
        if place is not None:
            x, y = first + (np.array(place) + 0.5) * step / sampling_rate
            _write(ax, x, y, kind)


def _places_of(before, after, sampling_rate):
    """Return the first sample of the first place, how wide each is, how many."""
    both = np.append(before, after) / sampling_rate
    low, high = _SHORTEST, _SHORTEST + _LEAST_SPAN
    if len(both):
        low, high = np.quantile(both, [_OUTLIERS, 1 - _OUTLIERS])
        low, high = max(low - _MARGIN, _SHORTEST), min(high + _MARGIN, _LONGEST)
        middle = (low + high) / 2
        low = max(min(low, middle - _LEAST_SPAN / 2), _SHORTEST)
        high = max(high, low + _LEAST_SPAN)
    width = (high - low) / (_FINE if len(before) > _MANY else _COARSE)
    # Of a whole number of samples, or stripes would appear.
    step = int(np.ceil(width * sampling_rate))
    start = int(low * sampling_rate)
    return start, step, int(np.ceil((high * sampling_rate - start) / step))


def _counted(before, after, start, step, n):
    x, y = ((each - start) // step for each in (before, after))
    inside = (x >= 0) & (x < n) & (y >= 0) & (y < n)
    places = (y * n + x)[inside].astype(np.int64)
    return np.bincount(places, minlength=n * n).reshape(n, n)


def _image(counts, colours):
    from matplotlib.colors import to_rgb

    image = np.zeros((*counts.shape[1:], 4))
    image[..., :3] = np.array([to_rgb(colour) for colour in colours])[counts.argmax(0)]
    total = counts.sum(axis=0)
    depth = np.log1p(total) / np.log1p(max(int(total.max()), 1))
    image[..., 3] = np.where(total > 0, _FAINTEST + (1 - _FAINTEST) * depth, 0)
    return image


def _write(ax, x, y, text):
    from matplotlib.patheffects import withStroke

    ax.text(
        x,
        y,
        text,
        ha="center",
        va="center",
        fontsize=9,
        fontweight="bold",
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
        clip_on=True,
    )


def _densest(counts):
    """Yield the place of each kind where it is densest and seen; None of no points."""
    from scipy.ndimage import gaussian_filter

    seen = counts.argmax(axis=0)
    for number, of_kind in enumerate(counts):
        shown = np.where(seen == number, of_kind, 0)
        if not shown.any():
            yield None
            continue
        smooth = gaussian_filter(shown.astype(float), _BLUR, mode="constant")
        y, x = np.unravel_index(smooth.argmax(), smooth.shape)
        yield x, y

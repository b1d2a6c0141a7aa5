"""Bimodal compression of SCP-ECG: fewer samples outside of the QRS complexes.

Between protected zones, one sample is stored for some; these are interpolated, and
smoothed over three (EN 1064, annex C).
"""

from __future__ import annotations

import numpy as np


def restore(
    stored: np.ndarray,
    n_samples: int,
    factor: int,
    zones: list[tuple[int, int]],
    bounds: list[int],
) -> np.ndarray:
    """Return samples at the full rate: at most as many as the lead has.

    Parameters
    ----------
    stored : ndarray of shape (n_stored,)
    n_samples : int
        Length of the lead.
    factor : int
        How many samples one stands for, outside of the zones.
    zones : list of (int, int)
        First sample of each protected zone, and the one past its end, in order.
    bounds : list of int
        Samples across which nothing is smoothed: where the reference beat begins and
        ends.
    """
    parts, place, at = [], 0, 0
    for first, stop in [*zones, (n_samples, n_samples)]:
        first, stop = (min(max(bound, at), n_samples) for bound in (first, stop))
        n_groups, n_rest = divmod(first - at, factor)
        groups = stored[place : place + n_groups]
        place += n_groups
        rest = stored[place : place + n_rest]
        place += n_rest
        smooth = np.concatenate([_interpolated(groups, factor), rest])
        parts += _smoothed(smooth, [bound - at for bound in bounds])
        parts.append(stored[place : place + stop - first])
        place += stop - first
        at = stop
    return np.concatenate(parts)


def _interpolated(groups, factor):
    """Return samples on lines from one group to the next, level at the ends."""
    if not len(groups):
        return groups.astype(float)
    places = np.arange(len(groups) * factor)
    return np.interp(places, factor * np.arange(len(groups)) + factor // 2, groups)


def _smoothed(signal, bounds):
    """Return stretches of a signal, each smoothed but for its first and last sample."""
    inner = sorted({bound for bound in bounds if 0 < bound < len(signal)})
    stretches = np.split(signal.astype(float), inner)
    kernel = np.full(3, 1 / 3)
    for stretch in stretches:
        if len(stretch) > 2:
            stretch[1:-1] = np.convolve(stretch, kernel, "valid")
    return stretches

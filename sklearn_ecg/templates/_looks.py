"""What beats look like to a reader: their shape, their P wave, and when they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..records import Recording, pieces
from ..windows import BeatSegmenter, RowStream

_RATE = 125.0
_BEFORE, _AFTER = 0.2, 0.312
_STEP = 2
"""Of the samples of a window, one in so many is compared."""

_SECOND_LEAD = 0.7
"""What the shape in a second lead counts beside that in the first."""

_WEIGHTS = {
    "rr_prev_over_q50": 2.0,
    "rr_next_over_q50": 2.0,
    "rr_prev_over_before": 1.0,
    "rr_next_over_prev": 1.0,
    "p_correlation": 0.5,
    "qrs_correlation": 0.5,
    "qrs_height_relative": 1.0,
    "qrs_width_relative": 1.0,
}
"""What features of the patient count, each between -1 and 1."""

_MANY = 500_000
"""Beats above which less is remembered of each: numbers of 8 bits, in steps."""

_STEP_OF_8_BITS = 1 / 64

_REMEMBERED = 5.0
"""Seconds before a beat that are kept."""


def shape_length() -> int:
    """Return the samples of the shape of a beat in one lead."""
    return len(range(0, round((_BEFORE + _AFTER) * _RATE), _STEP))


def looks_facts() -> dict[str, Any]:
    """Return by name what a page needs that looks at beats itself.

    It compares intervals, and no waves with those typical of the patient.
    """
    return {
        "before": _BEFORE,
        "after": _AFTER,
        "spacing": _STEP / _RATE,
        "length": shape_length(),
        "weights": [
            weight for name, weight in _WEIGHTS.items() if name.startswith("rr_")
        ],
    }


def looks_of(
    recording: Recording, leads: Sequence[str], times: np.ndarray
) -> np.ndarray:
    """Return what beats look like, shape (n_beats, n_features).

    They are as `in_floats` reads them: where beats are very many, numbers have 8 bits.
    The shape of each in the first lead comes first. A beat is missing (NaN, or 0) in
    the lead that has no signal of it, or that is too soon after another.
    """
    segmenter = BeatSegmenter(
        lead=leads[0],
        before=_BEFORE,
        after=_AFTER,
        sampling_rate=_RATE,
        rr_features=None,
        relative_features=list(_WEIGHTS),
    )
    # Nothing is learnt from it.
    columns = ["record", "sample", "rr_prev", "rr_next", "rr_local", "r_peaks"]
    segmenter.fit(pd.DataFrame([[""] + 5 * [0]], columns=columns))
    stored = [recording.source.leads[_place_of(recording, name)] for name in leads]
    rate = stored[0].sampling_rate
    samples = np.rint(times * rate).astype(np.int64)
    rows = RowStream(segmenter, rate, [[name] for name in leads], _REMEMBERED)
    length = shape_length()
    shape = len(times), length * len(leads) + len(_WEIGHTS)
    is_many = len(times) > _MANY
    looks = np.zeros(shape, np.int8) if is_many else np.full(shape, np.nan, np.float32)
    seen = 0
    for piece in pieces(recording, stored):
        first, last = np.searchsorted(samples, [seen, seen + len(piece)])
        seen += len(piece)
        # A beat is told of when its piece is known.
        found = rows.push(
            [piece[:, [number]] for number in range(len(leads))], samples[first:last]
        )
        _fill(looks, samples, found, length)
    _fill(looks, samples, rows.flush(samples[:0]), length)
    return looks


def _fill(looks, samples, views, length):
    """Write the rows of some beats where they belong."""
    places = np.searchsorted(samples, views[0].r_peaks)
    for number, view in enumerate(views):
        n_window = view.features.shape[1] - len(_WEIGHTS)
        shape = view.features[:, :n_window:_STEP] / np.sqrt(length)
        weight = _SECOND_LEAD if number else 1.0
        columns = slice(number * length, (number + 1) * length)
        looks[places, columns] = _as_stored(weight * shape, looks.dtype)
    of_patient = np.clip(views[0].features[:, n_window:], -1, 1)
    weighted = of_patient * list(_WEIGHTS.values())
    looks[places, len(views) * length :] = _as_stored(weighted, looks.dtype)


def _as_stored(values, dtype):
    """Round looks to 8 bits, if that is what is stored."""
    if dtype != np.int8:
        return values
    return np.clip(np.rint(np.nan_to_num(values) / _STEP_OF_8_BITS), -127, 127)


def in_floats(looks: np.ndarray) -> np.ndarray:
    """Return some looks as numbers of 32 bits, 0 for what is missing."""
    if looks.dtype == np.int8:
        return looks * np.float32(_STEP_OF_8_BITS)
    return np.nan_to_num(looks.astype(np.float32))


def _place_of(recording, name):
    return [lead.name for lead in recording.source.leads].index(name)

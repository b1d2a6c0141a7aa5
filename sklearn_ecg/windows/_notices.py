"""What a user is told of the records that were read."""

from __future__ import annotations

import os
import warnings

import numpy as np

from .._messages import listed, users_stacklevel
from ..records._invalid import LeftOut
from ..records._names import ANY_LEAD, is_stand_in

_NO_SIGNAL = "samples of its window are missing (NaN, infinite or beyond ±4.3e9)"


def tell_of_stand_ins(wanted: list[str], taken: list[tuple[str, str]]) -> None:
    """Warn once of leads that are of another kind than the first wanted."""
    if len(wanted) == 1 or ANY_LEAD in wanted:
        return
    others = [(record, name) for record, name in taken if is_stand_in(name, wanted[0])]
    if others:
        named = listed(sorted({name for _, name in others}))
        records = listed([os.path.basename(record) for record, _ in others])
        warnings.warn(
            f"{named} stands in for {wanted[0]!r} in {len(others)} of {len(taken)} "
            f"records, {records}: a lead of another kind. Name one lead only in "
            "the 'lead' parameter to have none stand in.",
            UserWarning,
            stacklevel=users_stacklevel(),
        )


def tell_of_missing_signals(
    on_invalid: str, lost: list[tuple[str, np.ndarray]]
) -> None:
    """Tell of beats without signal, as `on_invalid` of `BeatSegmenter` says."""
    left_out = LeftOut(on_invalid)
    for record, samples in lost:
        left_out.add(record, _NO_SIGNAL, samples)
    left_out.tell(
        "Leave them out with X[segmenter.has_signal(X)].",
        verb="without signal",
    )

"""Which columns of X are samples of which channel, and which are rhythm features."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_SAMPLE_COLUMN = re.compile(r"(?P<lead>.+)@(?P<seconds>[+-]\d+(\.\d+)?)")


@dataclass(frozen=True)
class InputLayout:
    """Shape of one row of X.

    Attributes
    ----------
    n_channels, n_samples, n_rhythm : int
        A row holds the windows, channel after channel, then the rhythm features.
    order : tuple of int or None
        Columns of X in that order; None where X has it already.
    """

    n_channels: int
    n_samples: int
    n_rhythm: int
    order: tuple[int, ...] | None = None

    @property
    def window_shape(self) -> tuple[int, int]:
        """Channels and samples of a window."""
        return self.n_channels, self.n_samples

    @property
    def n_features(self) -> int:
        """Columns of X."""
        return self.n_channels * self.n_samples + self.n_rhythm

    def arrange(self, X: np.ndarray) -> np.ndarray:
        """Columns of `X`, windows first; a copy only where the order differs."""
        return X if self.order is None else X[:, list(self.order)]


def layout_of(names: Sequence, shape: tuple[int, ...]) -> InputLayout:
    """Read the layout from the names of the columns, else from the array's shape.

    Columns named like ``MLII@-0.250`` are samples, by lead and by seconds from the
    R peak; all others of such a table are rhythm features. Without any such name the
    columns are one channel.

    Parameters
    ----------
    names : sequence
        Names of the columns, if any.
    shape : tuple of int
        (n_beats, n_features) or (n_beats, n_channels, n_samples).

    Returns
    -------
    InputLayout
        The layout.

    Raises
    ------
    ValueError
        If the leads of a table have different times.

    Examples
    --------
    >>> layout_of(["MLII@-0.100", "MLII@+0.000", "rr_prev"], (9, 3))
    InputLayout(n_channels=1, n_samples=2, n_rhythm=1, order=None)
    """
    if len(shape) == 3:
        return InputLayout(shape[1], shape[2], 0)
    matches = [_SAMPLE_COLUMN.fullmatch(str(name)) for name in names]
    if not any(matches):
        return InputLayout(1, shape[1], 0)
    return _layout_of_names(matches)


def _layout_of_names(matches: list[re.Match | None]) -> InputLayout:
    columns_of_lead: dict[str, dict[float, int]] = {}
    for column, match in enumerate(matches):
        if match:
            times = columns_of_lead.setdefault(match["lead"], {})
            times[float(match["seconds"])] = column
    rhythm = [column for column, match in enumerate(matches) if not match]
    times_of_lead = {lead: sorted(times) for lead, times in columns_of_lead.items()}
    reference = next(iter(times_of_lead))
    for lead, times in times_of_lead.items():
        if times != times_of_lead[reference]:
            raise ValueError(
                f"lead {lead!r} has {len(times)} samples a beat at other times than "
                f"lead {reference!r} with {len(times_of_lead[reference])}: all leads "
                "must share one window and sampling rate."
            )
    order = [
        columns_of_lead[lead][time]
        for lead, times in times_of_lead.items()
        for time in times
    ] + rhythm
    return InputLayout(
        n_channels=len(times_of_lead),
        n_samples=len(times_of_lead[reference]),
        n_rhythm=len(rhythm),
        order=None if order == list(range(len(matches))) else tuple(order),
    )

"""Names of the columns of X, written and read.

A column is a sample of a channel, by the lead and the seconds from the R peak, as in
``MLII@-0.250``; or it is a feature, by a name without a time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_SAMPLE_COLUMN = re.compile(r"(?P<lead>.+)@(?P<seconds>[+-]\d+(\.\d+)?)", re.DOTALL)

# LightGBM refuses these in feature names, because they mean something in JSON.
_MEANT_IN_JSON = '[]{}":,'
_SAFE = str.maketrans(dict.fromkeys(_MEANT_IN_JSON, "_"))


def channel_names(leads: Sequence[str]) -> list[str]:
    """Return what the channels of some leads are called in the names of columns."""
    lead_of: dict[str, object] = {}
    for lead in leads:
        name = str(lead).translate(_SAFE)
        if name in lead_of:
            raise ValueError(
                f"The leads {lead_of[name]!r} and {str(lead)!r} in the 'lead' "
                f"parameter of BeatSegmenter would both be called {name!r} in the "
                "output: names must differ in more than the characters "
                f"{_MEANT_IN_JSON}"
            )
        lead_of[name] = str(lead)
    return list(lead_of)


def sample_columns(
    channels: Sequence[str], first: int, end: int, sampling_rate: float
) -> list[str]:
    """Name the columns of a window, channel after channel."""
    decimals = max(3, math.ceil(math.log10(sampling_rate)))
    times = [f"{time:+.{decimals}f}" for time in np.arange(first, end) / sampling_rate]
    return [f"{channel}@{time}" for channel in channels for time in times]


def is_sample_column(name: object) -> bool:
    """Tell whether a column is a sample of a channel, by its name."""
    return _SAMPLE_COLUMN.fullmatch(str(name)) is not None


def seconds_of(name: object) -> float | None:
    """Return the time of a sample from the R peak, by the name of its column."""
    match = _SAMPLE_COLUMN.fullmatch(str(name))
    return None if match is None else float(match["seconds"])


def name_of_channel(name: str) -> str:
    """Return the lead of a sample, by the name of its column."""
    return name.rpartition("@")[0]


def without_channels(names: Sequence[str]) -> list[str]:
    """Return names of columns as they are whatever the leads are called."""
    matches = [_SAMPLE_COLUMN.fullmatch(name) for name in names]
    return [
        f"@{match['seconds']}" if match else name
        for name, match in zip(names, matches, strict=True)
    ]


@dataclass(frozen=True)
class InputLayout:
    """Which columns of X are the windows of a beat, and which its features."""

    n_channels: int  # Windows of a beat, one for each lead
    n_samples: int  # Samples of a window
    n_rhythm: int  # Features beside the windows; they come after all windows
    # Columns of X in that order; None where X has it already
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
    """Read the layout from the names of the columns, else from the array's shape."""
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
            seconds = float(match["seconds"])
            if seconds in times:
                raise ValueError(
                    f"Two columns of X are the sample of lead {match['lead']!r} at "
                    f"{seconds:g} s from the R peak; the second is {match[0]!r}. Leave "
                    "one out."
                )
            times[seconds] = column
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

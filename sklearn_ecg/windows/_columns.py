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
    """Return what the channels of some leads are called in the names of columns.

    Parameters
    ----------
    leads : sequence of str

    Returns
    -------
    list of str
        The leads, with ``_`` for each character that has a meaning in JSON.

    Raises
    ------
    ValueError
        If two leads would be called the same.

    Examples
    --------
    >>> channel_names(["MLII", "ECG:1"])
    ['MLII', 'ECG_1']
    """
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
    """Name the columns of a window, channel after channel.

    Parameters
    ----------
    channels : sequence of str
        Of `channel_names`.
    first, end : int
        The first sample of the window and the one past its last; the R peak is at 0.
    sampling_rate : float
        In Hz. It decides how many decimals the seconds have, at least three, so that
        all names differ.

    Returns
    -------
    list of str

    Examples
    --------
    >>> sample_columns(["II"], -1, 2, 180)
    ['II@-0.006', 'II@+0.000', 'II@+0.006']
    """
    decimals = max(3, math.ceil(math.log10(sampling_rate)))
    times = [f"{time:+.{decimals}f}" for time in np.arange(first, end) / sampling_rate]
    return [f"{channel}@{time}" for channel in channels for time in times]


def is_sample_column(name: object) -> bool:
    """Tell whether a column is a sample of a channel, by its name.

    Parameters
    ----------
    name : object
        Of a column; only a str can be one of a sample.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_sample_column("MLII@-0.250"), is_sample_column("rr_prev")
    (True, False)
    """
    return _SAMPLE_COLUMN.fullmatch(str(name)) is not None


def seconds_of(name: object) -> float | None:
    """Return the time of a sample from the R peak, by the name of its column.

    Parameters
    ----------
    name : object

    Returns
    -------
    float or None
        In seconds; None if the column is no sample.

    Examples
    --------
    >>> seconds_of("MLII@-0.250"), seconds_of("rr_prev")
    (-0.25, None)
    """
    match = _SAMPLE_COLUMN.fullmatch(str(name))
    return None if match is None else float(match["seconds"])


def name_of_channel(name: str) -> str:
    """Return the lead of a sample, by the name of its column.

    Examples
    --------
    >>> name_of_channel("MLII@-0.250")
    'MLII'
    """
    return name.rpartition("@")[0]


def without_channels(names: Sequence[str]) -> list[str]:
    """Return names of columns as they are whatever the leads are called.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> without_channels(["MLII@-0.250", "rr_prev"])
    ['@-0.250', 'rr_prev']
    """
    matches = [_SAMPLE_COLUMN.fullmatch(name) for name in names]
    return [
        f"@{match['seconds']}" if match else name
        for name, match in zip(names, matches, strict=True)
    ]


@dataclass(frozen=True)
class InputLayout:
    """Which columns of X are the windows of a beat, and which its features.

    Attributes
    ----------
    n_channels : int
        Windows of a beat, one for each lead.
    n_samples : int
        Samples of a window.
    n_rhythm : int
        Features beside the windows. They come last, after the windows of all channels.
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
    R peak; all others of such a table are features. Without any such name the
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
        If the leads of a table have different times, or one of them a time twice.

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

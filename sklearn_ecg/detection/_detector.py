"""R peaks from a live signal."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._parameter_checks import Number, check
from ._candidates import FindInSamples
from ._decision import DecideBeats
from ._digitize import Digitize
from ._lengths import Lengths
from ._quality import FindStretches, Stretch

RATE = Number(100, 2000, noun="number of Hz")
RESOLUTION = Number(0, closed="neither", noun="number of microvolts")
_FLAT_RANGE = Number(0, noun="number of microvolts")

_SHORTEST = 2
"""Seconds of signal below which beats cannot be told from the rest."""

_BLOCK = 2**18


class RPeakDetector:
    """Detect R peaks in a lead that comes piece by piece.

    All but the first step are in integers, and each remembers what it needs, so that
    the R peaks are those of `detect_r_peaks` of the whole, however the signal is cut
    into pieces. A beat is certain about 0.35 s after its R peak; one that is found by
    searching back comes after a gap of 1.5 RR intervals. In the first 2 s, beats wait
    until what is typical has been learnt; then they are returned, too.

    Parameters
    ----------
    sampling_rate : float
        In Hz, from 100 to 2000.
    resolution : float, default=0.1
        What one count is when millivolts become integers, in microvolts. Samples that
        are integers already are counts of any size.
    limits : tuple of (float, float), default=None
        The lowest and the highest value that the converter gives, in the unit of the
        samples. Where the signal stays at one of them, it is saturated. If None, this
        is not looked for, but a signal that does not move is flat at any level.
    flat_range : float, default=20
        A second of millivolts that spans no more than this is flat, in microvolts.
        Integers are flat where they do not change.

    Attributes
    ----------
    quality : DataFrame of shape (n_stretches, 3)
        Stretches without beats to see that have ended, of this recording or, after
        `flush`, the last one: ``start`` and ``stop`` in samples, ``reason`` ``"flat"``
        (1 s or longer), ``"saturated"`` or ``"invalid"`` (0.1 s or longer). A lead that
        is off shows as one of them.

    Raises
    ------
    ValueError
        If a parameter is not allowed.

    See Also
    --------
    detect_r_peaks : The same of a whole lead.

    Notes
    -----
    Samples are summed to about 125 Hz; two sums of 24 ms smooth them, and a
    sum of 120 ms removes the baseline. The absolute slope over 16 ms, summed over 80
    ms, is the energy. A candidate is the highest energy within 200 ms. `_decision`
    judges it by its height and slope, and by when it comes. The R peak is where the
    signal, smoothed and without its baseline, is farthest from zero, up to 150 ms
    before the middle of the energy and 40 ms after it. The ideas are those of [1]_ and
    [2]_.

    Sums of 16-bit samples fit into 32 bits at every step.

    References
    ----------
    .. [1] J. Pan, W. J. Tompkins (1985), "A real-time QRS detection algorithm", IEEE
       Transactions on Biomedical Engineering 32(3):230-236.
    .. [2] P. Hamilton (2002), "Open source ECG analysis", Computers in Cardiology
       29:101-104.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.detection import RPeakDetector, detect_r_peaks
    >>> record = make_ecg(1, duration=10, random_state=0).records[0]
    >>> signal = record.p_signal[:, 0]
    >>> detector = RPeakDetector(360)
    >>> pieces = [detector.push(piece) for piece in np.array_split(signal, 50)]
    >>> r_peaks = np.concatenate([*pieces, detector.flush()])
    >>> bool((r_peaks == detect_r_peaks(signal, 360)).all())
    True
    """

    def __init__(
        self,
        sampling_rate: float,
        *,
        resolution: float = 0.1,
        limits: tuple[float, float] | None = None,
        flat_range: float = 20.0,
    ) -> None:
        owner = "RPeakDetector"
        self.sampling_rate = check(owner, "sampling_rate", sampling_rate, RATE)
        self.resolution = check(owner, "resolution", resolution, RESOLUTION)
        self.flat_range = check(owner, "flat_range", flat_range, _FLAT_RANGE)
        self.limits = _checked_limits(limits)
        self._is_ended = False
        self._start()

    def push(self, samples: ArrayLike) -> np.ndarray:
        """Take the next samples.

        Parameters
        ----------
        samples : array-like of shape (n_samples,)
            Millivolts as floats, or counts as integers; any number of them. One that is
            NaN or infinite counts as the last valid one.

        Returns
        -------
        r_peaks : ndarray of int64 of shape (n_beats,)
            The R peaks that are now certain, in samples since the first `push`.

        Raises
        ------
        ValueError
            If the samples are not one-dimensional, or no numbers.
        """
        samples = checked_signal("samples", samples)
        if self._is_ended:
            self._start()
        r_peaks: list[int] = []
        for start in range(0, len(samples), _BLOCK):
            r_peaks += self._push_block(samples[start : start + _BLOCK])
        return np.array(r_peaks, dtype=np.int64)

    def flush(self) -> np.ndarray:
        """End the recording; the next `push` begins another one.

        Returns
        -------
        r_peaks : ndarray of int64 of shape (n_beats,)
            The last R peaks. A recording shorter than 2 s has none.
        """
        if self._is_ended:
            return np.zeros(0, dtype=np.int64)
        self._is_ended = True
        candidates = self._find.flush(self._last_count)
        beats = self._decide.update(candidates, self._find.n_working - 1)
        beats += self._decide.flush()
        self._stretches += self._find_stretches.flush(self._n_samples)
        if self._n_samples < _SHORTEST * self.sampling_rate:
            beats = []
        inside = [beat for beat in beats if beat.sample < self._n_samples]
        return np.array(_samples_of(inside), dtype=np.int64)

    @property
    def quality(self) -> pd.DataFrame:
        """Stretches without beats to see."""
        return pd.DataFrame(self._stretches, columns=list(Stretch._fields))

    def _start(self):
        lengths = Lengths.at(self.sampling_rate)
        self._digitize = Digitize(self.resolution)
        self._find = FindInSamples(lengths)
        self._decide = DecideBeats(lengths.working_rate)
        flat_range = round(self.flat_range / self.resolution)
        self._find_stretches = FindStretches(
            self.sampling_rate, self.limits, flat_range
        )
        self._stretches: list[Stretch] = []
        self._n_samples = self._last_count = 0
        self._is_ended = False

    def _push_block(self, block):
        counts = self._digitize.update(block)
        self._stretches += self._find_stretches.update(block, counts)
        self._n_samples += len(counts)
        self._last_count = counts[-1]
        candidates = self._find.update(counts)
        return _samples_of(self._decide.update(candidates, self._find.n_working - 1))


def checked_signal(name: str, signal: ArrayLike) -> np.ndarray:
    """Return a lead as a one-dimensional array of integers or floats."""
    try:
        values = np.asarray(signal)
    except ValueError as error:
        raise ValueError(f"{name} must be numbers of one lead: {error}") from error
    if values.ndim != 1:
        raise ValueError(
            f"{name} must be one lead, an array of one dimension; it has the shape "
            f"{values.shape}. Pass one lead of it at a time."
        )
    if len(values) == 0:
        return np.zeros(0)
    if values.dtype.kind not in "iuf":
        raise ValueError(
            f"{name} must be floats, in millivolts, or integers; it is of the type "
            f"{values.dtype}."
        )
    return values


def _samples_of(beats):
    return [max(beat.sample, 0) for beat in beats]


def _checked_limits(limits):
    if limits is None:
        return None
    try:
        low, high = (float(limit) for limit in limits)
    except (TypeError, ValueError):
        low = high = np.nan
    if not low < high:
        raise ValueError(
            "RPeakDetector: limits must be None or two numbers, the lower one first; "
            f"it is {limits!r}."
        )
    return low, high

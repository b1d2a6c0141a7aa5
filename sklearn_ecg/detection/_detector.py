"""R peaks from a live signal, and of a whole lead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._messages import warn
from .._parameter_checks import Number, WholeNumber, check
from ..records import refuse_impossible, without_mask
from ._decision import LONGEST_WAIT, Beat
from ._filters import Decimate, Digitize, Lengths
from ._find import FindBeats
from ._given import refuse_outside, samples_of
from ._quality import FindStretches, Stretch

RATE = Number(100, 2000, noun="number of Hz")
RESOLUTION = Number(0, closed="neither", noun="number of microvolts")
_FLAT_RANGE = Number(0, noun="number of microvolts")
N_MISSING = WholeNumber(0, noun="number of samples")

_SHORTEST = 2
"""Seconds of signal below which beats cannot be told from the rest."""

_MANY_BEATS = 30
"""Beats from which on the detector says that they are too fast."""

_DOUBLED_SHARE = 0.36
"""Share of them with another one before them from which they are too fast.

It is 0 to 0.05 of people and 0.4 to 0.9 of animals; of noise alone, 0.1 to 0.3.
"""

_SETTLED = LONGEST_WAIT + 4
"""Seconds of missing samples after which only the clocks of the detector go on."""

_BLOCK = 2**15
"""Samples that are filtered together: their temporary arrays are many."""


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
    flat_range : float, default=None
        A second that spans no more than this is flat, in microvolts; integers are then
        flat where they do not change. None is 2 % of what the last eight beats span,
        whatever the unit; where no beat has been, only what does not change is flat.

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

    Two beats are at least 0.2 s apart: up to 300 a minute are found, as people and
    large animals have. Of the 300 to 600 of small animals only every second one is.

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
        flat_range: float | None = None,
    ) -> None:
        owner = "RPeakDetector"
        self.sampling_rate = check(owner, "sampling_rate", sampling_rate, RATE)
        self.resolution = check(owner, "resolution", resolution, RESOLUTION)
        self.flat_range = (
            None
            if flat_range is None
            else check(owner, "flat_range", flat_range, _FLAT_RANGE)
        )
        self.limits = _checked_limits(limits)
        self._is_ended = False
        self._start()

    def push(self, samples: ArrayLike) -> np.ndarray:
        """Take the next samples.

        Parameters
        ----------
        samples : array-like of shape (n_samples,)
            Millivolts as floats, or counts as integers; any number of them. One that is
            NaN, or masked, is missing and counts as the last one before it.

        Returns
        -------
        r_peaks : ndarray of int64 of shape (n_beats,)
            The R peaks that are now certain, in samples since the first `push`.

        Raises
        ------
        ValueError
            If the samples are not one-dimensional, no numbers, infinite, or 2**32 and
            more.
        """
        return _samples_of(self._take(checked_signal("samples", samples)))

    def gap(self, n_samples: int) -> np.ndarray:
        """Take samples that are missing, as if so many NaN were pushed.

        Parameters
        ----------
        n_samples : int
            How many. Those of days take no longer than those of a minute.

        Returns
        -------
        r_peaks : ndarray of int64 of shape (n_beats,)
            As `push` returns.

        Raises
        ------
        ValueError
            If `n_samples` is no whole number, or negative.
        """
        n_samples = check("RPeakDetector.gap", "n_samples", n_samples, N_MISSING)
        if self._is_ended:
            self._start()
        return _samples_of(self._take_missing(n_samples))

    def flush(self) -> np.ndarray:
        """End the recording; the next `push` begins another one.

        Returns
        -------
        r_peaks : ndarray of int64 of shape (n_beats,)
            The last R peaks. A recording shorter than 2 s has none.
        """
        return _samples_of(self._end())

    @property
    def quality(self) -> pd.DataFrame:
        """Stretches without beats to see."""
        return pd.DataFrame(self._stretches, columns=list(Stretch._fields))

    def _start(self):
        self._lengths = lengths = Lengths.at(self.sampling_rate)
        self._digitize = Digitize(self.resolution)
        self._decimate = Decimate(lengths.factor, lengths.shift)
        self._find = FindBeats(lengths)
        flat_range = None if self.flat_range is None else self.flat_range / 1000
        self._find_stretches = FindStretches(
            self.sampling_rate, self.limits, flat_range
        )
        self._stretches: list[Stretch] = []
        self._n_samples = self._last_count = self._n_missing = 0
        self._is_ended = False

    def _take(self, samples):
        """Take checked samples; return the beats, in samples."""
        if self._is_ended:
            self._start()
        beats: list[Beat] = []
        for start in range(0, len(samples), _BLOCK):
            block = samples[start : start + _BLOCK]
            # The first sample alone tells of most blocks that they have a signal.
            if np.isnan(block[0]) and np.isnan(block).all():
                beats += self._take_missing(len(block))
            else:
                beats += self._take_block(block)
                self._n_missing = 0
        return beats

    def _take_missing(self, n_samples):
        """Take missing samples; once all has settled, only the clocks go on."""
        settled = round(_SETTLED * self.sampling_rate)
        n_taken = min(max(settled - self._n_missing, 0), n_samples)
        beats = self._take_block(np.full(n_taken, np.nan)) if n_taken else []
        n_skipped = n_samples - n_taken
        self._find.skip(self._decimate.skip(n_skipped, self._last_count))
        self._find_stretches.skip(n_skipped)
        self._n_samples += n_skipped
        self._n_missing += n_samples
        return beats

    def _take_block(self, block):
        counts = self._digitize.update(block)
        self._n_samples += len(counts)
        self._last_count = counts[-1]
        beats = self._in_samples(self._find.update(self._decimate.update(counts)))
        self._stretches += self._find_stretches.update(block, beats)
        return beats

    def _end(self):
        """End the recording; return the last beats, in samples."""
        if self._is_ended:
            return []
        self._is_ended = True
        # As if the signal stayed where it ended, until nothing is left in the filters.
        n_working = self._lengths.delay + self._lengths.apart + 1
        n_samples = n_working * self._lengths.factor - self._decimate.n_waiting
        tail = np.full(n_samples, self._last_count, dtype=np.int64)
        found = self._find.end(self._decimate.update(tail))
        self._stretches += self._find_stretches.flush(self._n_samples)
        if self._n_samples < _SHORTEST * self.sampling_rate:
            return []
        beats = self._in_samples(found)
        return [beat for beat in beats if beat.sample < self._n_samples]

    def _tell_of_fast_beats(self, called):
        """Warn if beats follow each other too fast to be told apart."""
        decided = self._find.decide
        if decided.n_beats < _MANY_BEATS:
            return
        if decided.n_doubled <= _DOUBLED_SHARE * decided.n_beats:
            return
        warn(
            f"Between many of the beats found in {called} there is another peak as "
            "steep: beats seem to come more than 300 times a minute, as in small "
            "animals, and the detector finds only every second one, or fewer. From "
            "400 Hz on, detect_r_peaks(signal, sampling_rate / 4) finds up to 1,200."
        )

    def _in_samples(self, beats):
        """Return beats with the number of samples after which each was certain."""
        factor = self._lengths.factor
        return [beat._replace(known=(beat.known + 1) * factor) for beat in beats]


def detect_r_peaks(
    signal: ArrayLike,
    sampling_rate: float,
    *,
    method: Callable[[np.ndarray, float], ArrayLike] | None = None,
    resolution: float = 0.1,
) -> np.ndarray:
    """Detect the R peaks of a lead.

    Parameters
    ----------
    signal : array-like of shape (n_samples,)
        One lead: millivolts as floats, or counts as integers. A sample that is NaN, or
        masked, is missing and counts as the last one before it.
    sampling_rate : float
        In Hz, from 100 to 2000.
    method : callable, default=None
        Another detector: ``method(signal, sampling_rate)`` returns the R peaks in
        samples. If None, `RPeakDetector` detects them.
    resolution : float, default=0.1
        What one count is when millivolts become integers, in microvolts. Nothing is
        taken from the rest of the signal, so a device can do the same.

    Returns
    -------
    r_peaks : ndarray of int64 of shape (n_beats,)
        The samples of the R peaks, increasing; empty if there are none or the signal is
        shorter than 2 s.

    Raises
    ------
    ValueError
        If a parameter is not allowed, the signal is not one lead of numbers, holds
        infinite ones or 2**32 and more, or `method` returns something else than samples
        of the signal: seconds, or a mask of 0 and 1.

    Warns
    -----
    UserWarning
        If beats seem to come faster than 300 a minute, and only half are found.

    See Also
    --------
    RPeakDetector : The same from a live signal, bit for bit, and how it works.
    sklearn_ecg.metrics.match_beats : Detected beats against annotated ones.

    Examples
    --------
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.detection import detect_r_peaks
    >>> record = make_ecg(1, duration=10, random_state=0).records[0]
    >>> signal = record.p_signal[:, 0]
    >>> r_peaks = detect_r_peaks(signal, record.fs)
    >>> len(r_peaks), r_peaks.dtype
    (13, dtype('int64'))
    """
    sampling_rate = check("detect_r_peaks", "sampling_rate", sampling_rate, RATE)
    resolution = check("detect_r_peaks", "resolution", resolution, RESOLUTION)
    signal = checked_signal("signal", signal)
    if method is not None:
        return _r_peaks_by(method, signal, sampling_rate)
    return _samples_of(find_beats(signal, sampling_rate, resolution))


def find_beats(
    signal: np.ndarray, sampling_rate: float, resolution: float = 0.1
) -> list[Beat]:
    """Return the beats of a checked lead, in samples, with when each was certain."""
    detector = RPeakDetector(sampling_rate, resolution=resolution)
    beats = detector._take(signal) + detector._end()
    detector._tell_of_fast_beats("the signal")
    return beats


def _r_peaks_by(method, signal, sampling_rate):
    if not callable(method):
        raise ValueError(
            "detect_r_peaks: method must be None or a callable that takes a signal "
            f"and its sampling rate; it is {method!r}."
        )
    called = "detect_r_peaks: the result of method"
    found = samples_of(
        method(signal, sampling_rate), called, len(signal), sampling_rate, rounds=True
    )
    refuse_outside(found, called, len(signal))
    return np.unique(found)


def checked_signal(name: str, signal: ArrayLike) -> np.ndarray:
    """Return a lead as a one-dimensional array of integers or floats."""
    try:
        values = without_mask(signal)
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
    refuse_impossible(values, name)
    return values


def _samples_of(beats):
    return np.array([beat.sample for beat in beats], dtype=np.int64)


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

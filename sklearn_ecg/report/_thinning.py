"""Fewer samples of a signal, for eyes."""

from __future__ import annotations

import numpy as np

from ..records import Recording


def thinned(
    recording: Recording, lead: str, start: float, stop: float, rate: float
) -> tuple[np.ndarray, float]:
    """Return means of samples, about `rate` of them a second, and their exact rate.

    In mV, NaN where a sample is missing. A lead that has fewer samples stays as it is.
    """
    signal = np.asarray(recording.read(lead, start, stop))
    own = recording.sampling_rates[lead]
    step = max(1, round(own / rate))
    whole = signal[: len(signal) // step * step].reshape(-1, step)
    return whole.mean(axis=1), own / step

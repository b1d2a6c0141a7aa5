"""R peaks of a whole lead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .._parameter_checks import check
from ._detector import RATE, RPeakDetector, checked_signal


def detect_r_peaks(
    signal: ArrayLike,
    sampling_rate: float,
    *,
    method: Callable[[np.ndarray, float], ArrayLike] | None = None,
    resolution: float = 0.1,
) -> np.ndarray:
    """Detect the R peaks of a lead."""
    sampling_rate = check("detect_r_peaks", "sampling_rate", sampling_rate, RATE)
    signal = checked_signal("signal", signal)
    detector = RPeakDetector(sampling_rate, resolution=resolution)
    return np.concatenate([detector.push(signal), detector.flush()])

"""Signals with beats whose places are known."""

import numpy as np
import pytest

from sklearn_ecg.datasets import make_ecg


@pytest.fixture(scope="session")
def noisy_lead():
    """Return 40 s of a lead at 250 Hz in mV, with a second without signal."""
    record = make_ecg(1, duration=40, sampling_rate=250, random_state=3).records[0]
    signal = record.p_signal[:, 0].copy()
    signal[4000:4250] = np.nan
    return signal

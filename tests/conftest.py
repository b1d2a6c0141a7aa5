"""Data that several test modules share."""

import os
from pathlib import Path

import numpy as np
import pytest

from sklearn_ecg.datasets import make_ecg


@pytest.fixture(scope="session")
def synthetic_beats():
    """Four synthetic records of a minute, about 300 beats of all five classes."""
    return make_ecg(n_records=4, duration=60, random_state=0)


@pytest.fixture(scope="session")
def beats():
    """240 windows of 40 samples: a narrow, a wide and an inverted wave in noise."""
    random = np.random.RandomState(0)
    time = np.linspace(-1, 1, 40)
    waves = [np.exp(-((time / 0.1) ** 2)), np.exp(-((time / 0.4) ** 2))]
    waves.append(-waves[0])
    codes = random.choice(3, size=240, p=[0.6, 0.3, 0.1])
    X = np.array(waves)[codes] + 0.1 * random.randn(240, 40)
    return X.astype(np.float32), np.array(["N", "V", "S"])[codes]


@pytest.fixture(scope="session")
def mitdb():
    """Directory of the MIT-BIH Arrhythmia Database; it is never downloaded here.

    Without the database the test is skipped, unless SKLEARN_ECG_REQUIRE_DATA=1.
    """
    data = os.environ.get("SKLEARN_ECG_DATA")
    directory = Path(data or "~/sklearn_ecg_data").expanduser() / "mitdb"
    if directory.joinpath("RECORDS").is_file():
        return directory
    reason = (
        f"the MIT-BIH Arrhythmia Database is not in {directory} "
        f"(SKLEARN_ECG_DATA={data!r})"
    )
    if os.environ.get("SKLEARN_ECG_REQUIRE_DATA") == "1":
        pytest.fail(f"{reason}, and SKLEARN_ECG_REQUIRE_DATA=1 requires it")
    pytest.skip(reason)

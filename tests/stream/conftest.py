import numpy as np
import pytest

from sklearn_ecg import make_beat_pipeline
from sklearn_ecg.datasets import make_ecg


@pytest.fixture(scope="session")
def ecg():
    """Two records of a minute, with their beats."""
    return make_ecg(2, duration=60, random_state=0)


@pytest.fixture(scope="session")
def signal(ecg):
    return ecg.records[0].p_signal[:, 0]


@pytest.fixture(scope="session")
def model(ecg):
    """A Pipeline that looks at rhythm, next beat, window and typical beat."""
    pipeline = make_beat_pipeline(n_epochs=2, n_stages=1, random_state=0)
    pipeline.set_params(segment__rr_features="all")
    return pipeline.fit(ecg.data, ecg.target)


@pytest.fixture
def random():
    return np.random.default_rng(0)

import pytest

from sklearn_ecg.datasets import make_ecg


@pytest.fixture(scope="session")
def ecg():
    """Two records of a minute, with their beats."""
    return make_ecg(2, duration=60, random_state=0)

"""A recording, and the page about it."""

import numpy as np
import pytest
from browsers import browser, chromium
from pages import TWELVE

from sklearn_ecg import annotate, make_beat_pipeline
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import recording_from_array

RATE = 360

__all__ = ["browser", "chromium"]


@pytest.fixture(scope="session")
def model():
    training = make_ecg(3, duration=60, random_state=0)
    pipeline = make_beat_pipeline(
        n_epochs=8, n_stages=1, learning_rate=0.02, batch_size=64, random_state=0
    )
    return pipeline.fit(training.data, training.target)


@pytest.fixture(scope="session")
def recording():
    signal = make_ecg(1, duration=60, random_state=5).records[0].p_signal.copy()
    signal[20 * RATE : 25 * RATE] = np.nan
    # A minute or less would have the page of a short recording.
    signal = np.concatenate([signal, signal[: 2 * RATE]])
    return recording_from_array(signal, RATE, ["MLII", "V1"], name='bed <3> & "side"')


@pytest.fixture(scope="session")
def annotation(model, recording):
    return annotate(recording, model)


@pytest.fixture(scope="session")
def page(annotation, tmp_path_factory):
    return annotation.report(tmp_path_factory.mktemp("report") / "night.html")


@pytest.fixture(scope="session")
def resting(model, tmp_path_factory):
    """The page about twelve leads of ten seconds."""
    two = make_ecg(1, duration=10, random_state=5).records[0].p_signal
    mixed = two @ np.random.default_rng(0).uniform(-0.5, 0.5, (2, 12))
    mixed[:, TWELVE.index("II")] = two[:, 0]
    recording = recording_from_array(mixed, RATE, TWELVE, name="resting")
    path = tmp_path_factory.mktemp("report") / "resting.html"
    return annotate(recording, model).report(path)

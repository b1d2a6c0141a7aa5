"""A browser, a recording, and the page about it."""

import os
import shutil

import numpy as np
import pytest
from pages import TWELVE
from selenium import webdriver

from sklearn_ecg import annotate, make_beat_pipeline
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import recording_from_array

RATE = 360


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


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """Chromium without a window."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        if os.environ.get("SKLEARN_ECG_REQUIRE_TOOLCHAIN") == "1":
            pytest.fail("chromium and chromedriver are required, and not here")
        pytest.skip("chromium or chromedriver is not installed")
    downloads = tmp_path_factory.mktemp("downloads")
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--window-size=1200,900"):
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.add_experimental_option(
        "prefs", {"download.default_directory": str(downloads)}
    )
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    driver.downloads = downloads
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium):
    """The browser, which shows errors of no page, and has saved and kept nothing."""
    for path in chromium.downloads.iterdir():
        path.unlink()
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"media": "", "features": []}
    )
    storage = {"origin": "file://", "storageTypes": "local_storage"}
    chromium.execute_cdp_cmd("Storage.clearDataForOrigin", storage)
    yield chromium
    assert [e for e in chromium.get_log("browser") if e["level"] == "SEVERE"] == []

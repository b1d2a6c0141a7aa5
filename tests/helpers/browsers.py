"""Chromium without a window, as fixtures."""

import os
import shutil

import pytest
from selenium import webdriver


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
    chromium.get("about:blank")
    chromium.get_log("browser")  # What an earlier page was told late
    yield chromium
    errors = [e for e in chromium.get_log("browser") if e["level"] == "SEVERE"]
    assert not errors, f"The page shows errors: {errors}"

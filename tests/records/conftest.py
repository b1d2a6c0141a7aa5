"""Files of formats that only some test modules read."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def formats():
    """Directory of published files of other formats; they are never downloaded here.

    Without them the test is skipped, unless SKLEARN_ECG_REQUIRE_DATA=1.
    """
    data = os.environ.get("SKLEARN_ECG_DATA")
    directory = Path(data or "~/sklearn_ecg_data").expanduser() / "formats"
    if directory.is_dir():
        return directory
    reason = f"there is no directory {directory} (SKLEARN_ECG_DATA={data!r})"
    if os.environ.get("SKLEARN_ECG_REQUIRE_DATA") == "1":
        pytest.fail(f"{reason}, and SKLEARN_ECG_REQUIRE_DATA=1 requires it")
    pytest.skip(reason)

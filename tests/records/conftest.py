"""Files of formats that only some test modules read."""

import pytest


@pytest.fixture(scope="session")
def formats(data_directory):
    """Directory of published files of other formats."""
    return data_directory("formats")

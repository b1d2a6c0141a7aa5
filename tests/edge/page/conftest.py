"""A page in which the chain in the box labels, and what a reader does with it."""

import pytest
from browsers import browser, chromium
from firefox import firefox

from sklearn_ecg.edge import export_page
from sklearn_ecg.models import load_pretrained_chain

__all__ = ["browser", "chromium", "firefox"]


@pytest.fixture(scope="session")
def chain():
    return load_pretrained_chain()


@pytest.fixture(scope="session")
def page(chain, tmp_path_factory):
    return export_page(chain, tmp_path_factory.mktemp("page") / "page.html")

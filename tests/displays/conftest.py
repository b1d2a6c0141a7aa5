import matplotlib
import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def _figures_off_screen():
    with matplotlib.rc_context({"backend": "agg"}):
        plt.switch_backend("agg")
        yield
        plt.close("all")

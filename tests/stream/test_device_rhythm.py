import numpy as np

from sklearn_ecg.stream._device_rhythm import certainty_of_margin


def test_certainty_is_nearly_the_logistic_function_of_the_margin():
    margins = np.arange(65_536)
    found = certainty_of_margin(margins)
    expected = 1024 / (1 + np.exp(-margins / 256))
    assert np.abs(found - expected).max() < 16
    assert (np.diff(found) >= 0).all()
    assert found[[0, -1]].tolist() == [512, 1024]

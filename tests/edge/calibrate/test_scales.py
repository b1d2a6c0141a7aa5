import numpy as np

from sklearn_ecg.edge.calibrate._scales import BYTES, HALFWORDS, best_limit


def test_bytes_clip_an_outlier_and_halfwords_leave_it_room():
    values = np.append(np.linspace(-1, 1, 10_000), 3.0)
    assert 1 <= best_limit(values, BYTES) < 3
    assert best_limit(values, HALFWORDS) == 3.75

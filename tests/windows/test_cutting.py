import numpy as np

from sklearn_ecg.windows._cutting import cut_windows, nearest


def test_nearest_rounds_halves_upwards_unlike_round():
    assert [nearest(x) for x in (2.5, 3.5, -2.5, 2.4)] == [3, 4, -2, 2]


def test_windows_past_the_ends_are_filled_with_edge_values():
    windows = cut_windows(np.array([4.0, 5.0, 6.0]), np.array([-3, -1, 2, 3]), 3)
    assert windows.tolist() == [[4, 4, 4], [4, 4, 5], [6, 6, 6], [6, 6, 6]]

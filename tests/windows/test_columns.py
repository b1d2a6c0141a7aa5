import numpy as np
import pytest

from sklearn_ecg.windows._columns import InputLayout, layout_of


def test_leads_become_channels_and_other_columns_rhythm():
    names = ["MLII@-0.1", "MLII@+0.0", "V1@-0.1", "V1@+0.0", "rr_prev"]
    assert layout_of(names, (7, 5)) == InputLayout(2, 2, 1)


def test_columns_in_another_order_are_put_right():
    names = ["rr_prev", "MLII@+0.0", "V1@-0.1", "MLII@-0.1", "V1@+0.0"]
    layout = layout_of(names, (1, 5))
    X = np.array([[9, 1, 2, 0, 3]])
    assert layout.arrange(X).tolist() == [[0, 1, 2, 3, 9]]


def test_columns_in_order_are_not_copied():
    X = np.zeros((3, 2))
    assert layout_of(["II@+0.0", "II@+0.1"], X.shape).arrange(X) is X


def test_unnamed_columns_are_one_channel():
    assert layout_of((), (7, 5)) == InputLayout(1, 5, 0)
    assert layout_of(["a", "b", "c"], (7, 3)) == InputLayout(1, 3, 0)


def test_three_dimensions_are_channels_and_samples():
    assert layout_of((), (7, 2, 5)) == InputLayout(2, 5, 0)


def test_leads_at_different_times_are_refused():
    with pytest.raises(ValueError, match="'V1' has 1 samples a beat at other times"):
        layout_of(["II@+0.0", "II@+0.1", "V1@+0.0"], (1, 3))

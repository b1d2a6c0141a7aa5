import pytest
from pruning_paths import stages

from sklearn_ecg.displays import PruningPathDisplay


@pytest.mark.parametrize("x", ["sparsity", "n_nonzero", "macs"])
def test_dense_is_at_the_left_and_equal_ratios_are_equal_distances(x):
    path = stages(sparsities=(0.0, 0.9, 0.99))
    display = PruningPathDisplay(path).plot(x=x, scores="train_score")
    points = display.lines_["train_score"].get_xydata()
    dense, sparse, sparser = display.ax_.transData.transform(points)[:, 0]
    assert dense < sparse < sparser
    assert sparse - dense == pytest.approx(sparser - sparse)

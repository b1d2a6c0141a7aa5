import numpy as np
import pandas as pd
import pytest
from pruning_paths import stages

from sklearn_ecg.displays import PruningPathDisplay


def test_takes_a_data_frame():
    display = PruningPathDisplay(pd.DataFrame(stages())).plot(scores="train_score")
    assert list(display.lines_) == ["train_score"]


def test_scores_can_be_chosen_by_name_or_mapping():
    path = PruningPathDisplay(stages())
    recall = path.plot(scores="validation_recall")
    assert list(recall.lines_) == ["validation_recall: N", "validation_recall: V"]
    one = path.plot(scores=["validation_recall: V", "train_loss"])
    assert list(one.lines_) == ["validation_recall: V", "train_loss"]


def test_classes_come_in_the_order_of_the_standard_and_those_without_beats_not():
    recall = {"F": 0.1, "N": 0.9, "Q": np.nan, "S": 0.5, "V": 0.8, "other": 0.3}
    path = [{"sparsity": 0.1 * n, "recall": recall} for n in range(3)]
    legend = PruningPathDisplay(path).plot().ax_.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        f"recall: {label}" for label in ("N", "S", "V", "F", "other")
    ]


def test_a_class_with_beats_in_one_of_several_paths_is_drawn():
    paths = [
        [{"sparsity": 0.5, "recall": {"N": 0.9, "Q": recall}}]
        for recall in (np.nan, 0.4)
    ]
    lines = PruningPathDisplay.from_paths(paths).lines_
    assert lines["recall: Q"].get_ydata().tolist() == [0.4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": "bytes"}, "x='bytes' is not among .*'sparsity', 'n_nonzero'"),
        ({"scores": "f1"}, "no score 'f1'; its columns are 'stage'"),
    ],
)
def test_refuses_what_the_path_lacks(options, message):
    with pytest.raises(ValueError, match=message):
        PruningPathDisplay(stages()).plot(**options)


def test_refuses_a_path_without_stages_or_scores():
    with pytest.raises(ValueError, match="no stage"):
        PruningPathDisplay([]).plot()
    with pytest.raises(ValueError, match=r"no scores to draw.*'sparsity'"):
        PruningPathDisplay([{"sparsity": 0.5}]).plot()


def test_refuses_paths_through_different_sparsities():
    paths = [stages(), stages(sparsities=(0.0, 0.5, 0.9, 0.975))]
    with pytest.raises(ValueError, match=r"path 1 through 0, 0\.5, 0\.9, 0\.975"):
        PruningPathDisplay.from_paths(paths)
    with pytest.raises(ValueError, match=r"path 1 through 0, 0\.6"):
        PruningPathDisplay.from_paths([stages(), stages()[:2]])
    with pytest.raises(ValueError, match="paths is empty"):
        PruningPathDisplay.from_paths([])

import numpy as np
import pandas as pd
import pytest
from legends import legend_of
from pruning_paths import stages
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_ecg.displays import PruningPathDisplay
from sklearn_ecg.displays._path_table import curves_of_search


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
    legend = legend_of(PruningPathDisplay(path).plot().ax_)
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


@pytest.mark.parametrize("x", ["sparsity", "n_nonzero", "macs"])
def test_dense_is_at_the_left_and_equal_ratios_are_equal_distances(x):
    path = stages(sparsities=(0.0, 0.9, 0.99))
    display = PruningPathDisplay(path).plot(x=x, scores="train_score")
    points = display.lines_["train_score"].get_xydata()
    dense, sparse, sparser = display.ax_.transData.transform(points)[:, 0]
    assert dense < sparse < sparser
    assert sparse - dense == pytest.approx(sparser - sparse)


class Sparse(ClassifierMixin, BaseEstimator):
    """A classifier whose score is known: it falls with its sparsity."""

    def __init__(self, sparsity=0.0, criterion="lamp", cost=None):
        self.sparsity = sparsity
        self.criterion = criterion
        self.cost = cost

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y):
        spread = 0.1 if X[0, 0] == 0 else 0.0
        return 1 - self.sparsity - spread - 0.05 * (self.criterion == "magnitude")


X, Y = np.arange(24.0).reshape(12, 2), np.repeat([0, 1], 6)


def searched(grid, estimator=None, cv=2, **parameters):
    estimator = Sparse() if estimator is None else estimator
    folds = [(np.arange(6, 12), np.arange(6)), (np.arange(6), np.arange(6, 12))]
    return GridSearchCV(estimator, grid, cv=folds[:cv], **parameters).fit(X, Y)


def test_the_curve_is_the_mean_of_the_folds_and_the_band_their_deviation():
    search = searched({"sparsity": [0.9, 0.0, 0.5]})
    for results in (search, search.cv_results_, pd.DataFrame(search.cv_results_)):
        mean, low, high = curves_of_search(results, None, None)
        assert mean["sparsity"].tolist() == [0, 0.5, 0.9]
        np.testing.assert_allclose(mean["score"], [0.95, 0.45, 0.05])
        np.testing.assert_allclose(low["score"], mean["score"] - 0.05)
        np.testing.assert_allclose(high["score"], mean["score"] + 0.05)


def test_the_sparsity_is_found_in_whatever_holds_it():
    pipeline = make_pipeline(make_pipeline(Sparse()))
    name = "pipeline__sparse__sparsity"
    mean, _, _ = curves_of_search(searched({name: [0, 0.5]}, pipeline), None, None)
    assert mean["sparsity"].tolist() == [0, 0.5]
    in_pipeline = make_pipeline(searched({"sparsity": [0.1]}))
    assert curves_of_search(in_pipeline, None, None)[0]["sparsity"].tolist() == [0.1]


def test_candidates_that_differ_in_more_are_curves_of_their_own():
    grid = [
        {"sparsity": [0, 0.5], "criterion": ["lamp", "magnitude"]},
        {"sparsity": [0.7], "cost": [{"N": 1}]},
    ]
    mean, _, _ = curves_of_search(searched(grid), None, None)
    assert list(mean)[1:] == ["criterion=lamp", "criterion=magnitude", "cost={'N':1}"]
    of_lamp = mean["criterion=lamp"]
    difference = of_lamp - mean["criterion=magnitude"]
    np.testing.assert_allclose(difference, [0.05, 0.05, np.nan])
    assert mean["cost={'N':1}"].notna().tolist() == [False, False, True]


def test_several_scores_are_several_curves():
    grid = {"sparsity": [0, 0.5], "criterion": ["lamp", "magnitude"]}
    search = searched(grid, scoring=["accuracy", "f1"], refit=False)
    mean, _, _ = curves_of_search(search, None, None)
    assert list(mean)[1:] == [
        "criterion=lamp, accuracy",
        "criterion=magnitude, accuracy",
        "criterion=lamp, f1",
        "criterion=magnitude, f1",
    ]
    mean, _, _ = curves_of_search(search, None, "f1")
    assert list(mean)[1:] == ["criterion=lamp", "criterion=magnitude"]
    with pytest.raises(ValueError, match=r"no score 'recall'; it has 'accuracy', 'f1'"):
        curves_of_search(search, None, ["f1", "recall"])


def test_a_halving_search_has_a_curve_for_each_number_of_samples():
    halving = HalvingGridSearchCV(
        Sparse(), {"sparsity": [0, 0.2, 0.5]}, cv=2, min_resources=4, random_state=0
    )
    mean, _, _ = curves_of_search(halving.fit(X, Y), None, None)
    assert list(mean)[1:] == ["n_resources=4", "n_resources=12"]
    assert mean["n_resources=4"].notna().all()
    assert mean["n_resources=12"].notna().tolist() == [True, False, False]


def test_what_is_not_searched_along_sparsities_is_refused():
    with pytest.raises(ValueError, match="is called sparsity: give param_name; there"):
        curves_of_search(searched({"criterion": ["lamp"]}), None, None)
    search = searched({"sparse__sparsity": [0.5]}, make_pipeline(Sparse()))
    with pytest.raises(
        ValueError, match=r"param_name='sparsity' .* 'sparse__sparsity'"
    ):
        curves_of_search(search, "sparsity", None)
    two = {"param_a__sparsity": [0.5], "param_b__sparsity": [0.1]}
    two |= {"mean_test_score": [0.9], "std_test_score": [0.0]}
    with pytest.raises(ValueError, match="Several parameters are a sparsity"):
        curves_of_search(two, None, None)
    assert curves_of_search(two, "b__sparsity", None)[0]["sparsity"].tolist() == [0.1]


def test_what_is_no_search_or_not_fitted_is_refused():
    with pytest.raises(TypeError, match=r"takes a fitted search, .* got a Dummy"):
        curves_of_search(DummyClassifier().fit(X, Y), None, None)
    with pytest.raises(NotFittedError):
        curves_of_search(GridSearchCV(Sparse(), {}), None, None)


def test_more_curves_than_a_figure_holds_are_refused():
    search = searched({"sparsity": [0.5], "cost": list(range(9))})
    with pytest.raises(ValueError, match=r"has 9 curves, of which a figure holds 8"):
        curves_of_search(search, None, None)
    some = pd.DataFrame(search.cv_results_).iloc[:3]
    assert len(curves_of_search(some, None, None)[0].columns) == 4

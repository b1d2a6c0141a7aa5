import matplotlib.pyplot as plt
import numpy as np
import pytest
from pruning_paths import stages
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_ecg import PrunedCNNClassifier, PrunedCNNClassifierCV
from sklearn_ecg.displays import PruningPathDisplay


def test_draws_every_score_and_every_class_of_a_mapping():
    display = PruningPathDisplay(stages()).plot()
    assert list(display.lines_) == [
        "train_score",
        "validation_recall: N",
        "validation_recall: V",
    ]
    sparsity, recall = display.lines_["validation_recall: V"].get_data()
    np.testing.assert_allclose(sparsity, [0, 0.6, 0.9, 0.975])
    np.testing.assert_allclose(recall, [0.9, 0.78, 0.72, 0.705])


def test_several_paths_become_their_median_and_range():
    paths = [stages(offset) for offset in (0.0, 0.03, 0.01)]
    display = PruningPathDisplay.from_paths(paths, scores="train_score")
    expected = np.array([s["train_score"] for s in stages()])
    np.testing.assert_allclose(
        display.lines_["train_score"].get_ydata(), expected + 0.01
    )
    [band] = display.ax_.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.max() == pytest.approx(expected.max() + 0.03)
    assert heights.min() == pytest.approx(expected.min())


def test_one_path_has_no_band():
    assert not PruningPathDisplay(stages()).plot().ax_.collections


class Staged(ClassifierMixin, BaseEstimator):
    """A classifier that is fitted at once, with stages."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.stages_ = stages()
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_takes_stages_from_a_classifier_alone_or_in_a_pipeline():
    classifier = Staged().fit(np.eye(2), [0, 1])
    alone = PruningPathDisplay.from_estimator(classifier, x="macs")
    pipeline = make_pipeline(FunctionTransformer(), classifier)
    piped = PruningPathDisplay.from_estimator(pipeline, x="macs")
    assert list(alone.lines_) == list(piped.lines_)
    assert piped.ax_.get_xlabel() == "MACs per beat"


def test_a_classifier_without_stages_is_not_fitted():
    with pytest.raises(NotFittedError):
        PruningPathDisplay.from_estimator(Staged())
    with pytest.raises(NotFittedError):
        PruningPathDisplay.from_estimator(make_pipeline(Staged()))


def search_over(classifier, parameters):
    return GridSearchCV(classifier, parameters, cv=2)


@pytest.mark.parametrize(
    "hold",
    [
        lambda classifier: search_over(classifier, {}),
        lambda classifier: search_over(make_pipeline(classifier), {}),
        lambda classifier: make_pipeline(search_over(classifier, {})),
        lambda classifier: make_pipeline(make_pipeline(classifier)),
    ],
    ids=["search", "search over a Pipeline", "search in a Pipeline", "nested"],
)
def test_takes_stages_from_whatever_holds_the_classifier(hold):
    fitted = hold(Staged()).fit(np.eye(8), np.arange(8) % 2)
    display = PruningPathDisplay.from_estimator(fitted, scores="train_score")
    expected = [stage["train_score"] for stage in stages()]
    assert display.lines_["train_score"].get_ydata().tolist() == expected


def test_takes_stages_from_a_search_along_a_path_alone_and_held():
    rng = np.random.default_rng(0)
    y = np.repeat(["N", "V"], 30)
    X = rng.normal(size=(60, 64)) + (y == "V")[:, np.newaxis]
    classifier = PrunedCNNClassifier(n_epochs=1, stage_epochs=1, random_state=0)
    along = PrunedCNNClassifierCV(classifier, sparsities=[0, 0.5], cv=2)
    for search in (along, make_pipeline(along), search_over(along, {"rule": ["best"]})):
        search.fit(X, y)
        chosen = search
        while not hasattr(chosen, "stages_"):
            chosen = getattr(chosen, "best_estimator_", None) or chosen[-1]
        display = PruningPathDisplay.from_estimator(search)
        assert display.path is chosen.stages_


def test_says_what_it_takes_when_there_are_no_stages():
    dummy = DummyClassifier().fit(np.eye(2), [0, 1])
    with pytest.raises(TypeError, match="DummyClassifier has no stages: give a fitted"):
        PruningPathDisplay.from_estimator(make_pipeline(dummy))
    search = GridSearchCV(Staged(), {}, cv=2, refit=False)
    search.fit(np.eye(8), np.arange(8) % 2)
    with pytest.raises(TypeError, match="refit=True"):
        PruningPathDisplay.from_estimator(search)


def test_draws_on_given_axes():
    _, ax = plt.subplots()
    assert PruningPathDisplay(stages()).plot(ax=ax).ax_ is ax

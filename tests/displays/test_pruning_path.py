import matplotlib.pyplot as plt
import numpy as np
import pytest
from legends import legend_of
from pruning_paths import stages
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_ecg import (
    PrunedCNNClassifier,
    PrunedCNNClassifierCV,
    load_model,
    load_pretrained,
    save_model,
)
from sklearn_ecg.displays import PruningPathDisplay
from sklearn_ecg.model_selection import compare_pruning


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
    paths = [stages(offset) for offset in (-0.05, -0.02, -0.04)]
    display = PruningPathDisplay.from_paths(paths, scores="train_score")
    expected = np.array([s["train_score"] for s in stages()])
    np.testing.assert_allclose(
        display.lines_["train_score"].get_ydata(), expected - 0.04
    )
    [band] = display.ax_.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.max() == pytest.approx(expected.max() - 0.02)
    assert heights.min() == pytest.approx(expected.min() - 0.05)


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
    X, y = windows()
    classifier = PrunedCNNClassifier(**QUICK)
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


@pytest.mark.parametrize("x", ["sparsity", "n_nonzero", "macs"])
def test_several_displays_share_axes_and_tell_their_curves_apart(x):
    _, ax = plt.subplots()
    others = stages(-0.2, sparsities=(0.0, 0.5, 0.99))
    for name, path in {"lamp": stages(), "magnitude": others}.items():
        display = PruningPathDisplay(path)
        display.plot(x=x, scores=["train_score", "validation_recall"], name=name, ax=ax)
    legend = ax.get_legend()
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == [
        f"{name}: {curve}"
        for name in ("lamp", "magnitude")
        for curve in ("train score", "validation recall: N", "validation recall: V")
    ]
    looks = {(line.get_marker(), line.get_linestyle()) for line in ax.lines}
    assert len(looks) == 6
    left, right = ax.get_xlim()
    positions = np.concatenate([line.get_xdata() for line in ax.lines])
    assert min(left, right) <= positions.min() < positions.max() <= max(left, right)
    assert (left > right) == (x != "sparsity")
    box = legend.get_window_extent()
    points = np.concatenate([line.get_xydata() for line in ax.lines])
    assert not any(box.contains(*point) for point in ax.transData.transform(points))


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ax.plot([], []),
        lambda ax: ax.plot([0.5], [np.nan]),
        lambda ax: ax.scatter([0.0, 0.9], [0.92, 0.91], s=400),
    ],
    ids=["nothing", "NaN", "points"],
)
def test_what_others_have_drawn_on_the_axes_takes_no_room_of_its_own(draw):
    _, (alone, shared) = plt.subplots(2)
    draw(shared)
    for ax in (alone, shared):
        PruningPathDisplay(stages()).plot(scores="train_score", ax=ax)
    assert shared.get_ylim() == pytest.approx(alone.get_ylim(), abs=0.05)


def test_one_axes_has_one_quantity():
    _, ax = plt.subplots()
    PruningPathDisplay(stages()).plot(x="macs", ax=ax)
    with pytest.raises(ValueError, match="x='sparsity': the curves on this ax are aga"):
        PruningPathDisplay(stages()).plot(ax=ax)


def windows():
    rng = np.random.default_rng(0)
    y = np.repeat(["N", "V"], 30)
    return rng.normal(size=(60, 64)) + (y == "V")[:, np.newaxis], y


QUICK = {"n_epochs": 1, "stage_epochs": 1, "random_state": 0}


def test_a_comparison_has_a_curve_for_each_method():
    X, y = windows()
    criteria = ("lamp", "magnitude")
    methods = {name: PrunedCNNClassifier(criterion=name, **QUICK) for name in criteria}
    comparison = compare_pruning(methods, X, y, cv=2, sparsities=[0, 0.9])
    display = PruningPathDisplay.from_estimator(comparison)
    assert list(display.lines_) == list(criteria)
    scores = comparison.rows.groupby(["method", "sparsity"])["score"]
    of_lamp = display.lines_["lamp"].get_ydata()
    np.testing.assert_allclose(of_lamp, scores.mean()["lamp"])
    np.testing.assert_allclose(display.low["lamp"], scores.min()["lamp"])
    same = comparison.plot()
    np.testing.assert_array_equal(same.lines_["lamp"].get_ydata(), of_lamp)
    one = PruningPathDisplay.from_estimator(comparison, x="macs", scores="magnitude")
    assert list(one.lines_) == ["magnitude"]
    assert list(one.plot().lines_) == list(criteria)


def test_a_pruning_path_has_stages():
    X, y = windows()
    path = PrunedCNNClassifier(**QUICK).pruning_path(X, y, sparsities=[0, 0.5])
    display = PruningPathDisplay.from_estimator(path)
    np.testing.assert_allclose(display.path[-1]["sparsity"], 0.5, atol=0.01)
    assert PruningPathDisplay.from_estimator(path.classifiers[-1]).path == display.path


@pytest.mark.parametrize("name", ["ambulatory", "wearable"])
def test_a_model_in_the_box_and_a_loaded_one_have_their_stages(name, tmp_path):
    model = load_pretrained(name)
    display = PruningPathDisplay.from_estimator(model, x="macs")
    sparsities = [stage["sparsity"] for stage in model[-1].stages_]
    assert len(display.lines_["train_score"].get_xdata()) == len(sparsities) > 2
    loaded = load_model(save_model(model, tmp_path / "model.ecg"))
    assert PruningPathDisplay.from_estimator(loaded).path == display.path


def test_a_search_along_a_path_draws_its_scores():
    X, y = windows()
    search = PrunedCNNClassifierCV(
        PrunedCNNClassifier(**QUICK), sparsities=[0, 0.5, 0.9], cv=2
    ).fit(X, y)
    display = PruningPathDisplay.from_cv_results(search, name="path")
    results = search.cv_results_
    curve = display.lines_["score"].get_xydata()
    np.testing.assert_allclose(curve[:, 0], results["param_sparsity"])
    np.testing.assert_allclose(curve[:, 1], results["mean_test_score"])
    spread = (display.high["score"] - display.low["score"]) / 2
    np.testing.assert_allclose(spread, results["std_test_score"])
    [text] = legend_of(display.ax_).get_texts()
    assert text.get_text() == "path: score"


def test_curves_go_on_where_only_others_have_a_sparsity():
    results = {
        "param_sparsity": [0.0, 0.9, 0.5],
        "param_criterion": ["lamp", "lamp", "magnitude"],
        "mean_test_score": [0.9, 0.8, 0.7],
        "std_test_score": [0.1, 0.1, 0.1],
    }
    display = PruningPathDisplay.from_cv_results(results)
    of_lamp = display.lines_["criterion=lamp"]
    assert of_lamp.get_xydata().tolist() == [[0, 0.9], [0.9, 0.8]]
    assert display.lines_["criterion=magnitude"].get_ydata().tolist() == [0.7]
    assert list(display.plot().lines_) == ["criterion=lamp", "criterion=magnitude"]


def ends_of_bands(display):
    """Return the lowest and the highest point of any band that is drawn."""
    bands = [band.get_paths()[0].vertices[:, 1] for band in display.ax_.collections]
    return np.concatenate(bands).min(), np.concatenate(bands).max()


@pytest.mark.parametrize(
    ("mean", "ends"),
    [([0.98, 0.05], (0, 1)), ([-0.02, -0.3], (-0.5, 0.18)), ([1.5, 2], (1.3, 2.2))],
    ids=["bounded", "negative", "of another scale"],
)
def test_bands_go_no_further_than_a_score_can(mean, ends):
    results = {
        "param_sparsity": [0.0, 0.9],
        "mean_test_score": mean,
        "std_test_score": [0.2, 0.2],
    }
    display = PruningPathDisplay.from_cv_results(results)
    np.testing.assert_allclose(ends_of_bands(display), ends)
    # What was found is not changed.
    assert display.high["score"].tolist() == pytest.approx(np.add(mean, 0.2))


def test_bands_that_are_given_are_clipped_likewise():
    path = {"sparsity": [0.0, 0.9], "f1": [0.99, 0.9]}
    low, high = (path | {"f1": np.add(path["f1"], by)} for by in (-0.05, 0.05))
    display = PruningPathDisplay(path, low=low, high=high).plot()
    np.testing.assert_allclose(ends_of_bands(display), (0.85, 1))

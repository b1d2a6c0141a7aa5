"""The classifier as it was when a stage was done."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_ecg import PrunedCNNClassifier, PrunedCNNClassifierCV

QUICK = {
    "n_epochs": 2,
    "stage_epochs": 1,
    "batch_size": 32,
    "module_params": {"conv_channels": (4, 8), "kernel_sizes": (5, 3), "n_hidden": 8},
    "random_state": 0,
}


@pytest.fixture(scope="module")
def fitted(beats):
    return PrunedCNNClassifier(0.9, n_stages=3, **QUICK).fit(*beats)


def same(one, other, X):
    return (
        np.array_equal(one.predict_proba(X), other.predict_proba(X))
        and one.stages_ == other.stages_
        and one.complexity_ == other.complexity_
        and one.sparsity_ == other.sparsity_
    )


def test_every_stage_is_the_classifier_that_its_own_parameters_fit(beats, fitted):
    X, y = beats
    for stage, row in enumerate(fitted.stages_):
        then = fitted.at_stage(stage)
        assert then.stages_ == fitted.stages_[: stage + 1]
        assert then.sparsity_ == row["sparsity"]
        assert then.complexity_.macs == row["macs"]
        assert same(then, clone(then).fit(X, y), X)
    assert fitted.at_stage(3).get_params() == fitted.get_params()


def test_negative_stages_count_from_the_end(beats, fitted):
    for stage in (-1, -4):
        assert same(fitted.at_stage(stage), fitted.at_stage(4 + stage), beats[0])


def test_a_path_and_its_last_classifier_tell_the_same(beats):
    X, y = beats
    path = PrunedCNNClassifier(**QUICK).pruning_path(X, y, sparsities=[0, 0.5, 0.9])
    for stage, classifier in enumerate(path.classifiers):
        assert same(path.classifiers[-1].at_stage(stage), classifier, X)
    assert same(path.classifiers[1].at_stage(0), path.classifiers[0], X)


def test_the_choice_of_a_search_has_its_stages(beats):
    X, y = beats
    search = PrunedCNNClassifierCV(
        PrunedCNNClassifier(**QUICK), sparsities=[0.5, 0.8], cv=2
    ).fit(X, y)
    dense = search.best_estimator_.at_stage(0)
    assert same(dense, PrunedCNNClassifier(0, **QUICK).fit(X, y), X)


def test_copies_and_dumps_have_their_stages(beats, fitted, tmp_path):
    joblib.dump(fitted, tmp_path / "model.joblib")
    for other in (
        copy.deepcopy(fitted),
        pickle.loads(pickle.dumps(fitted)),
        joblib.load(tmp_path / "model.joblib"),
    ):
        for stage in range(4):
            assert same(other.at_stage(stage), fitted.at_stage(stage), beats[0])


def test_a_stage_shares_nothing_with_the_classifier_it_is_of(beats, fitted):
    X, _ = beats
    before = fitted.predict_proba(X)
    for stage in (1, 3):
        then = fitted.at_stage(stage)
        then.stages_[0]["losses"].clear()
        for weight in then.module_.parameters():
            weight.data.zero_()
    assert np.array_equal(fitted.predict_proba(X), before)
    assert fitted.stages_[0]["losses"]


def test_stages_cost_their_weights_that_are_not_zero_and_a_bit_for_each(beats):
    X, y = beats
    wide = QUICK | {"module_params": {"n_hidden": 64}}
    classifier = PrunedCNNClassifier(0.95, n_stages=3, **wide).fit(X, y)
    lean = len(pickle.dumps(classifier.at_stage(-1)))
    dense = 4 * classifier.complexity_.n_prunable
    earlier = [1 - row["sparsity"] for row in classifier.stages_[:-1]]
    weights = sum(min(1, share + 1 / 32) for share in earlier) * dense
    assert weights < len(pickle.dumps(classifier)) - lean < weights + 25_000


@pytest.mark.parametrize("stage", [4, -5])
def test_a_stage_out_of_range_is_told_which_there_are(fitted, stage):
    with pytest.raises(ValueError, match=rf"stage={stage}: .* \[0, 1, 2, 3\]"):
        fitted.at_stage(stage)


def test_a_stage_keeps_its_own_weights_only(beats, fitted):
    then = fitted.at_stage(2)
    assert same(then.at_stage(-1), then, beats[0])
    with pytest.raises(ValueError, match=r"stage=0: .* weights are here, \[2\]"):
        then.at_stage(0)


def test_a_stage_that_is_no_number_is_refused(fitted):
    with pytest.raises(TypeError, match="stage must be an instance of"):
        fitted.at_stage("dense")


def test_before_fit_there_are_no_stages():
    with pytest.raises(NotFittedError):
        PrunedCNNClassifier().at_stage(0)


class TestEpochsOfEachStage:
    LATE = QUICK | {"schedule": [0.5, 0.8, 0.9], "stage_epochs": [1, 2, 3]}

    def test_are_those_listed(self, beats):
        classifier = PrunedCNNClassifier(0.9, **self.LATE).fit(*beats)
        assert [row["n_epochs"] for row in classifier.stages_] == [2, 1, 2, 3]

    def test_hold_for_every_classifier_on_the_way(self, beats):
        X, y = beats
        classifier = PrunedCNNClassifier(0.9, **self.LATE).fit(X, y)
        for stage in range(4):
            then = classifier.at_stage(stage)
            assert same(then, clone(then).fit(X, y), X)
        path = PrunedCNNClassifier(**self.LATE | {"schedule": "cubic"}).pruning_path(
            X, y, sparsities=[0, 0.5, 0.8, 0.9]
        )
        for stage, on_the_way in enumerate(path.classifiers):
            assert same(on_the_way, classifier.at_stage(stage), X)

    @pytest.mark.parametrize("epochs", [[1, 2], [1, 2, 3, 4], 2.5, None])
    def test_of_a_path_are_one_number_for_each_stage(self, beats, epochs):
        classifier = PrunedCNNClassifier(**QUICK | {"stage_epochs": epochs})
        with pytest.raises((ValueError, TypeError), match="stage_epochs"):
            classifier.pruning_path(*beats, sparsities=[0, 0.5, 0.8, 0.9])

    @pytest.mark.parametrize("epochs", [[1, 2], [1, 2, 0], [1, 2, 1.5], []])
    def test_are_one_number_for_each_stage(self, beats, epochs):
        classifier = PrunedCNNClassifier(0.9, **self.LATE | {"stage_epochs": epochs})
        with pytest.raises(ValueError, match=r"stage_epochs.* each of the 3 stages"):
            classifier.fit(*beats)

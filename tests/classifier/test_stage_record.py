import copy
import pickle
import warnings

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_ecg import PrunedCNNClassifier, PrunedCNNClassifierCV
from sklearn_ecg.classifier._classifier_cv import _choose, _results
from sklearn_ecg.classifier._stage_record import RecallGuard, missed_floor, rejection

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


# The last stage leaves next to nothing, and costs most of the rare beats.
TOO_FAR = {
    "sparsity": 0.99,
    "schedule": [0.3, 0.5, 0.99],
    "n_epochs": 15,
    "stage_epochs": 2,
    "batch_size": 32,
    "validation_fraction": 0.3,
    "module_params": {"conv_channels": (4, 8), "kernel_sizes": (5, 3), "n_hidden": 8},
    "random_state": 0,
}

UNTRAINED = TOO_FAR | {"n_epochs": 1, "learning_rate": 1e-6, "random_state": 1}


def fit(classifier, X, y, groups=None):
    """Fit, and return what the warning said, or None."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        classifier.fit(X, y, groups=groups)
    return str(caught[0].message) if caught else None


@pytest.fixture(scope="module")
def guarded(beats):
    classifier = PrunedCNNClassifier(**TOO_FAR, min_recall={"S": 0.9})
    with pytest.warns(UserWarning, match="Pruning stopped: stage 3, at sparsity 0.99"):
        return classifier.fit(*beats)


def test_a_stage_below_the_floor_is_rejected_and_the_last_good_one_kept(guarded):
    rows = guarded.stages_
    assert [row["accepted"] for row in rows] == [True, True, True, False]
    for row in rows:
        assert (row["validation_recall"]["S"] >= 0.9) == row["accepted"]
    assert guarded.recall_floors_ == {"S": 0.9}
    assert guarded.sparsity_ == rows[2]["sparsity"] == pytest.approx(0.5, abs=1e-3)
    assert guarded.complexity_.n_nonzero == rows[2]["n_nonzero"]


def test_the_network_is_that_of_the_last_good_stage(beats, guarded):
    X, y = beats
    then = guarded.at_stage(-1)
    assert [row["stage"] for row in then.stages_] == [0, 1, 2]
    assert then.schedule == [0.3, 0.5]
    assert np.array_equal(then.predict_proba(X), guarded.predict_proba(X))
    again = clone(then).fit(X, y)
    assert np.array_equal(again.predict_proba(X), guarded.predict_proba(X))
    assert again.stages_ == then.stages_
    assert then.recall_floors_ == guarded.recall_floors_


def test_the_rejected_stage_is_none_that_there_is(guarded):
    with pytest.raises(ValueError, match=r"stage=3: .* \[0, 1, 2\]"):
        guarded.at_stage(3)


def test_copies_are_of_the_last_good_stage(beats, guarded, tmp_path):
    joblib.dump(guarded, tmp_path / "model.joblib")
    for other in (copy.deepcopy(guarded), joblib.load(tmp_path / "model.joblib")):
        assert np.array_equal(
            other.at_stage(2).predict_proba(beats[0]), guarded.predict_proba(beats[0])
        )


def test_a_guard_that_nothing_offends_changes_nothing_but_the_beats_held_out(beats):
    X, y = beats
    quick = TOO_FAR | {"sparsity": 0.5, "schedule": [0.3, 0.5], "n_epochs": 3}
    classifier = PrunedCNNClassifier(**quick, min_recall={"S": 0.0})
    assert fit(classifier, X, y) is None
    assert all(row["accepted"] for row in classifier.stages_)
    plain = PrunedCNNClassifier(**quick).fit(X, y)
    new = {"validation_score", "validation_recall", "accepted"}
    assert classifier.stages_[0].keys() - plain.stages_[0].keys() == new
    assert classifier.stages_[0]["n_epochs"] == 3


def test_whole_patients_are_held_out(beats):
    X, y = beats
    patients = np.where(np.arange(240) < 80, "one", "other")
    classifier = PrunedCNNClassifier(**UNTRAINED, min_recall={"V": 0})
    classifier.set_params(sparsity=0.3, schedule=[0.3]).fit(X, y, groups=patients)
    dense = classifier.at_stage(0)
    row, hits = classifier.stages_[0], dense.predict(X) == y
    shares = [hits[patients == patient].mean() for patient in ("one", "other")]
    assert row["validation_score"] in shares


def test_drops_are_relative_to_the_dense_network(beats):
    X, y = beats
    classifier = PrunedCNNClassifier(**TOO_FAR, max_recall_drop={"S": 0.25})
    assert "class 'S'" in fit(classifier, X, y)
    dense = classifier.stages_[0]["validation_recall"]["S"]
    assert classifier.recall_floors_ == {"S": dense - 0.25}
    everything = PrunedCNNClassifier(**TOO_FAR, max_recall_drop=0.25)
    fit(everything, X, y)
    assert everything.recall_floors_.keys() == {"N", "S", "V"}


def test_a_dense_network_that_misses_the_floor_is_kept_with_a_warning(beats):
    X, y = beats
    classifier = PrunedCNNClassifier(**UNTRAINED, min_recall={"S": 1.0})
    with pytest.warns(UserWarning, match=r"Nothing was pruned: .* recall 0\.\d+ of cl"):
        classifier.fit(X, y)
    assert classifier.sparsity_ == 0
    assert [row["accepted"] for row in classifier.stages_] == [False]
    assert np.array_equal(
        classifier.at_stage(0).predict_proba(X), classifier.predict_proba(X)
    )
    with pytest.warns(UserWarning, match="Nothing was pruned"):
        path = classifier.pruning_path(X, y, sparsities=[0.5])
    assert path.sparsities.tolist() == [0]
    assert path.n_nonzero.tolist() == [classifier.complexity_.n_prunable]


def test_a_fit_without_guard_has_no_floors(beats):
    classifier = PrunedCNNClassifier(**TOO_FAR, min_recall={"S": 0.0}).fit(*beats)
    assert "recall_floors_" in vars(classifier)
    classifier.set_params(min_recall=None).fit(*beats)
    assert "recall_floors_" not in vars(classifier)


def test_the_warning_points_to_the_users_line(beats):
    with pytest.warns(UserWarning, match="was pruned") as caught:
        PrunedCNNClassifier(**UNTRAINED, min_recall={"S": 1}).fit(*beats)
    assert caught[0].filename == __file__


def test_early_stopping_and_the_guard_share_a_part(beats):
    classifier = PrunedCNNClassifier(
        **TOO_FAR, early_stopping=True, min_recall={"S": 0.9}
    )
    assert "Pruning stopped" in fit(classifier, *beats)
    for row in classifier.stages_:
        assert {"validation_loss", "validation_recall", "accepted"} <= row.keys()


def test_a_path_ends_at_the_last_good_stage(beats, guarded):
    X, y = beats
    unfitted = clone(guarded)
    with pytest.warns(UserWarning, match="Pruning stopped: stage 3, at sparsity 0.99"):
        path = unfitted.pruning_path(X, y, sparsities=[0, 0.3, 0.5, 0.99])
    assert path.sparsities.tolist() == [0, 0.3, 0.5]
    assert [row["accepted"] for row in path.stages] == [True, True, True, False]
    for stage, classifier in enumerate(path.classifiers):
        then = guarded.at_stage(stage)
        assert np.array_equal(classifier.predict_proba(X), then.predict_proba(X))
        assert classifier.stages_ == then.stages_


@pytest.mark.filterwarnings("ignore:Pruning stopped:UserWarning")
def test_a_search_chooses_among_what_every_fold_reached(beats):
    X, y = beats
    classifier = PrunedCNNClassifier(**TOO_FAR, min_recall={"V": 0.9})
    search = PrunedCNNClassifierCV(classifier, sparsities=[0.3, 0.99], cv=2).fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]
    assert search.cv_results_["rank_test_score"].tolist() == [1, 2]
    assert search.sparsity_ == 0.3
    assert search.predict(X).shape == y.shape
    with pytest.raises(ValueError, match=r"sparsities=\[0\.99\] has none that min_rec"):
        search.set_params(sparsities=[0.99]).fit(X, y)


@pytest.mark.filterwarnings("ignore:Pruning stopped:UserWarning")
def test_a_search_says_where_the_guard_ended_its_last_fit(beats, monkeypatch):
    X, y = beats
    monkeypatch.setattr(
        "sklearn_ecg.classifier._classifier_cv._score_path", lambda *_: [0.8, 0.9]
    )
    classifier = PrunedCNNClassifier(**TOO_FAR, min_recall={"S": 0.9})
    search = PrunedCNNClassifierCV(classifier, sparsities=[0.5, 0.99], cv=2).fit(X, y)
    assert search.best_index_ == 1
    assert search.sparsity_ == 0.5
    assert search.choice_.endswith(
        "the guard of the recall ended the fit on everything at 0.5"
    )


def test_of_what_some_fold_did_not_reach_nothing_is_best():
    scores = np.array([[0.8, 0.9, 0.95], [0.8, 0.9, np.nan]])
    results = _results([0.0, 0.5, 0.8], scores)
    assert results["rank_test_score"].tolist() == [2, 1, 3]
    for rule in ("best", "one_standard_error"):
        assert _choose(results, rule)[0] == 1


def test_a_guarded_class_that_no_split_by_patient_can_keep_is_named(beats):
    X, y = beats
    groups = np.where(y == "S", 0, 1 + np.arange(240) % 8)
    with pytest.raises(ValueError, match="Class 'S' has no beat in the validation pa"):
        PrunedCNNClassifier(min_recall={"S": 0.5}).fit(X, y, groups)


LABELS = ["N", "S", "V"]


def test_nothing_to_guard_is_no_guard():
    assert RecallGuard.of(None, None, LABELS) is None
    assert RecallGuard.of({}, {}, LABELS) is None


def test_floors_are_absolute_or_relative_and_the_higher_counts():
    guard = RecallGuard.of({"V": 0.9, "S": 0.2}, {"V": 0.1, "S": 0.1, "N": 0.5}, LABELS)
    floors = guard.floors_after({"N": 0.3, "S": 0.8, "V": 0.95})
    assert floors == pytest.approx({"V": 0.9, "S": 0.7, "N": 0.0})


def test_one_drop_is_for_all_classes_even_none():
    guard = RecallGuard.of(None, 0.0, LABELS)
    recall = {"N": 1.0, "S": 0.5, "V": 0.7}
    assert guard.floors_after(recall) == recall


@pytest.mark.parametrize(
    ("parameters", "name"),
    [(({"X": 0.9}, None), "min_recall"), ((None, {"X": 0.1}), "max_recall_drop")],
)
def test_a_label_that_is_no_class_is_named(parameters, name):
    with pytest.raises(ValueError, match=rf"{name} names 'X', which is no class of y"):
        RecallGuard.of(*parameters, LABELS)


def test_the_class_furthest_below_its_floor_is_missed():
    floors = {"N": 0.9, "V": 0.9}
    assert missed_floor({"N": 0.89, "S": 0.0, "V": 0.5}, floors) == "V"
    assert missed_floor({"N": 0.9, "S": 0.0, "V": 0.9}, floors) is None


def test_a_floor_is_met_by_the_very_fraction_it_is_the_difference_of():
    for n_beats in range(1, 200):
        dense, drop = n_beats / 200, 1 / 200
        floors = RecallGuard({}, {"V": drop}).floors_after({"V": dense})
        assert missed_floor({"V": (n_beats - 1) / 200}, floors) is None


def test_a_rejection_names_class_stage_recall_and_floor():
    rows = [
        {"stage": 0, "target_sparsity": 0.0, "validation_recall": {"V": 0.95}},
        {"stage": 1, "target_sparsity": 0.5, "validation_recall": {"V": 0.95}},
        {"stage": 2, "target_sparsity": 0.8, "validation_recall": {"V": 0.875}},
    ]
    assert rejection(rows, {"V": 0.9}) == (
        "Pruning stopped: stage 2, at sparsity 0.8, has recall 0.8750 of class 'V' on "
        "the validation part, below its floor of 0.9000. The classifier is that of "
        "stage 1, at sparsity 0.5."
    )
    assert rejection(rows[:1], {"V": 0.96}).startswith(
        "Nothing was pruned: already the dense network has recall 0.9500 of class 'V'"
    )

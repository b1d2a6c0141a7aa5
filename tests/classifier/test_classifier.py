import copy
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from small_classifiers import QUICK, n_nonzero

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.networks._networks import prunable_weights


def test_it_learns(beats):
    X, y = beats
    classifier = PrunedCNNClassifier(0.8, **QUICK | {"n_epochs": 15, "stage_epochs": 5})
    assert classifier.fit(X, y).score(X, y) > 0.97


def test_labels_come_back_as_they_went_in(beats):
    X, y = beats
    for labels in (y, np.array([{"N": 7, "V": -1, "S": 300}[label] for label in y])):
        predicted = PrunedCNNClassifier(0.5, **QUICK).fit(X, labels).predict(X)
        assert predicted.dtype == labels.dtype
        assert set(predicted) <= set(labels)


@pytest.mark.parametrize("sparsity", [0.0, 0.3, 0.6, 0.9, 0.95])
@pytest.mark.parametrize(
    "optimizer",
    [
        {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.01},
        {"optimizer": "adamw", "weight_decay": 0.1},
    ],
)
def test_zeros_are_exact(beats, sparsity, optimizer):
    classifier = PrunedCNNClassifier(sparsity, **QUICK | optimizer).fit(*beats)
    total = sum(weight.numel() for weight in prunable_weights(classifier.module_))
    wanted = round((1 - sparsity) * total)
    assert n_nonzero(classifier) == wanted
    assert classifier.complexity_.n_nonzero == wanted
    assert classifier.sparsity_ == 1 - wanted / total
    assert n_nonzero(pickle.loads(pickle.dumps(classifier))) == wanted
    assert n_nonzero(classifier.fit(*beats)) == wanted


def test_every_layer_keeps_weights(beats):
    classifier = PrunedCNNClassifier(0.95, **QUICK).fit(*beats)
    assert all(w.count_nonzero() > 0 for w in prunable_weights(classifier.module_))


def test_stages_tell_the_story(trained):
    stages = pd.DataFrame(trained.stages_)
    assert stages["stage"].tolist() == [0, 1, 2]
    assert stages["target_sparsity"].tolist() == pytest.approx([0, 0.7, 0.8])
    assert stages["n_epochs"].tolist() == [2, 1, 1]
    assert stages["n_nonzero"].is_monotonic_decreasing
    assert stages["macs"].is_monotonic_decreasing
    assert stages["n_nonzero"].iloc[-1] == n_nonzero(trained)
    assert stages["losses"].map(len).tolist() == [2, 1, 1]
    assert stages["train_score"].between(0, 1).all()


def test_a_path_holds_what_separate_fits_give(beats):
    X, y = beats
    estimator = PrunedCNNClassifier(**QUICK)
    path = estimator.pruning_path(X, y, sparsities=[0.9, 0, 0.5])
    assert path.sparsities.tolist() == [0, 0.5, 0.9]
    assert [stage["stage"] for stage in path.stages] == [0, 1, 2]
    for classifier in path.classifiers:
        again = clone(classifier).fit(X, y)
        assert np.array_equal(again.predict_proba(X), classifier.predict_proba(X))
        assert again.stages_ == classifier.stages_
        assert again.complexity_ == classifier.complexity_
    assert path.n_nonzero.tolist() == [n_nonzero(c) for c in path.classifiers]
    assert not hasattr(estimator, "module_")


def test_a_path_may_leave_out_the_dense_network(beats):
    path = PrunedCNNClassifier(**QUICK).pruning_path(*beats, sparsities=[0.5, 0.7])
    assert [len(c.stages_) for c in path.classifiers] == [2, 3]
    with pytest.raises(ValueError, match="a list of one number at least"):
        PrunedCNNClassifier(**QUICK).pruning_path(*beats, sparsities=[])


def test_no_stage_when_dense_and_a_list_of_sparsities_gives_the_stages(beats):
    dense = PrunedCNNClassifier(0, **QUICK).fit(*beats)
    assert len(dense.stages_) == 1
    listed = PrunedCNNClassifier(0.9, schedule=[0.5, 0.7, 0.9], **QUICK).fit(*beats)
    assert [stage["target_sparsity"] for stage in listed.stages_] == [0, 0.5, 0.7, 0.9]


def test_a_second_fit_starts_anew(beats, trained):
    X, y = beats
    again = clone(trained).fit(X[:100], y[:100]).fit(X, y)
    assert np.array_equal(again.predict_proba(X), trained.predict_proba(X))


def test_predictions_do_not_depend_on_the_company(beats, trained):
    X, _ = beats
    together = trained.predict_proba(X)
    alone = np.vstack([trained.predict_proba(X[i : i + 1]) for i in range(50)])
    assert np.array_equal(together[:50], alone)
    order = np.random.RandomState(0).permutation(len(X))
    assert np.array_equal(trained.predict_proba(X[order]), together[order])
    many = np.tile(X, (3, 1))
    assert np.array_equal(trained.predict_proba(many), np.tile(together, (3, 1)))


def test_copies_predict_the_same_and_hold_no_training_state(beats, trained):
    X, _ = beats
    expected = trained.predict_proba(X)
    for other in (
        copy.deepcopy(trained),
        pickle.loads(pickle.dumps(trained)),
    ):
        assert np.array_equal(other.predict_proba(X), expected)
    weights = 4 * trained.complexity_.n_parameters
    assert len(pickle.dumps(trained)) < weights + 21_000


def test_a_dump_predicts_the_same_in_a_new_process(beats, trained, tmp_path):
    X, _ = beats
    joblib.dump((trained, X), tmp_path / "model.joblib")
    code = (
        "import sys, joblib, numpy as np\n"
        "classifier, X = joblib.load(sys.argv[1])\n"
        "np.save(sys.argv[2], classifier.predict_proba(X))\n"
    )
    files = [str(tmp_path / "model.joblib"), str(tmp_path / "proba.npy")]
    subprocess.run([sys.executable, "-c", code, *files], check=True)
    assert np.array_equal(np.load(files[1]), trained.predict_proba(X))


def test_a_sparse_model_is_smaller_on_disk_once_its_stages_are_left_behind(
    beats, tmp_path
):
    X, y = beats
    sizes = []
    for sparsity in (0, 0.95):
        wide = QUICK | {"module_params": {"n_hidden": 128}}
        classifier = PrunedCNNClassifier(sparsity, **wide).fit(X, y)
        file = tmp_path / f"{sparsity}.joblib"
        joblib.dump(classifier.at_stage(-1), file, compress=3)
        sizes.append(file.stat().st_size)
    assert sizes[1] < sizes[0] / 5


def test_logarithms_of_probabilities_are_finite_where_these_are_rounded(beats, trained):
    X, _ = beats
    logarithms = trained.predict_log_proba(X)
    np.testing.assert_allclose(np.exp(logarithms), trained.predict_proba(X))
    assert np.isfinite(trained.predict_log_proba(1000 * X)).all()
    assert (trained.predict_proba(1000 * X) == 0).any()


@pytest.mark.parametrize("structure", ["weight", "channel"])
def test_weights_are_contiguous(beats, structure):
    classifier = PrunedCNNClassifier(0.8, structure=structure, **QUICK).fit(*beats)
    for then in (classifier, classifier.at_stage(0), classifier.at_stage(1)):
        state = then.module_.state_dict()
        assert all(values.is_contiguous() for values in state.values())


def test_sparsity_and_complexity_are_those_of_the_weights_there_are(beats, trained):
    classifier = copy.deepcopy(trained)
    dense = classifier.at_stage(0)
    classifier.module_.load_state_dict(dense.module_.state_dict())
    assert classifier.sparsity_ == 0
    assert classifier.complexity_ == dense.complexity_
    assert np.array_equal(
        classifier.at_stage(-1).predict(beats[0]), dense.predict(beats[0])
    )


def test_before_fit_there_is_neither_sparsity_nor_complexity():
    for name in ("sparsity_", "complexity_"):
        assert not hasattr(PrunedCNNClassifier(), name)


def test_a_path_by_weights_holds_what_separate_fits_give(beats):
    X, y = beats
    weights = np.where(y == "N", 1.0, 3.0)
    path = PrunedCNNClassifier(**QUICK).pruning_path(
        X, y, sample_weight=weights, sparsities=[0, 0.5]
    )
    for classifier in path.classifiers:
        again = clone(classifier).fit(X, y, sample_weight=weights)
        assert np.array_equal(again.predict_proba(X), classifier.predict_proba(X))

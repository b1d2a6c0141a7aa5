"""What sparsity is counted in, and what goes together."""

import copy
import pickle

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from small_classifiers import QUICK

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.edge import quantize
from sklearn_ecg.networks._networks import prunable_weights


@pytest.mark.parametrize("sparsity", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("module", ["beatcnn", "acharya2017"])
def test_a_budget_in_macs_is_met_at_every_stage(beats, sparsity, module):
    own = {} if module == "beatcnn" else {"module": module, "module_params": None}
    classifier = PrunedCNNClassifier(sparsity, budget="macs", **QUICK | own)
    classifier.fit(*beats)
    dense = classifier.complexity_.dense_macs
    for row in classifier.stages_:
        left_over = (1 - row["target_sparsity"]) * dense - row["macs"]
        # Hidden layer and output take one multiplication a weight.
        assert 0 <= left_over < 1
    cost = classifier.complexity_
    assert cost.macs / dense <= 1 - sparsity
    assert classifier.sparsity_ == 1 - cost.n_nonzero / cost.n_prunable


def test_a_budget_in_macs_spares_weights_that_take_few(beats):
    X, y = beats
    by_weights, by_macs = (
        PrunedCNNClassifier(0.6, budget=budget, **QUICK).fit(X, y).complexity_
        for budget in ("weights", "macs")
    )
    saved = by_macs.dense_macs - by_macs.macs, by_weights.dense_macs - by_weights.macs
    gone = (cost.n_prunable - cost.n_nonzero for cost in (by_macs, by_weights))
    per_weight = [macs / weights for macs, weights in zip(saved, gone, strict=True)]
    assert per_weight[0] > per_weight[1]


def test_a_path_in_macs_holds_what_separate_fits_give(beats):
    X, y = beats
    path = PrunedCNNClassifier(budget="macs", **QUICK).pruning_path(
        X, y, sparsities=[0, 0.5, 0.9]
    )
    last = path.classifiers[-1]
    for stage, classifier in enumerate(path.classifiers):
        expected = clone(classifier).fit(X, y).predict_proba(X)
        assert np.array_equal(classifier.predict_proba(X), expected)
        assert np.array_equal(last.at_stage(stage).predict_proba(X), expected)


@pytest.mark.parametrize("budget", ["weights", "macs"])
@pytest.mark.parametrize("module", ["beatcnn", "acharya2017"])
def test_pairs_are_zero_together_in_the_network(beats, budget, module):
    own = {} if module == "beatcnn" else {"module": module, "module_params": None}
    classifier = PrunedCNNClassifier(
        0.8, structure="pair", budget=budget, **QUICK | own
    ).fit(*beats)
    for weight in prunable_weights(classifier.module_):
        alive = weight != 0
        pairs = alive[..., : weight.shape[-1] // 2 * 2].unflatten(-1, (-1, 2))
        assert torch.equal(pairs.any(-1), pairs.all(-1))
    cost = classifier.complexity_
    left = cost.n_nonzero / cost.n_prunable
    if budget == "macs":
        left = cost.macs / cost.dense_macs
    assert 0.2 - 0.01 < left <= 0.2 + 1 / cost.n_prunable
    then = classifier.at_stage(1)
    assert then.structure == "pair"
    assert then.sparsity_ == classifier.stages_[1]["sparsity"]


CHANNELS = QUICK | {
    "learning_rate": 0.003,
    "structure": "channel",
    "module_params": {"conv_channels": (6, 12), "kernel_sizes": (5, 3), "n_hidden": 16},
}


@pytest.fixture(scope="module")
def smaller(beats):
    return PrunedCNNClassifier(0.8, **CHANNELS).fit(*beats)


def widths(classifier):
    network = classifier.module_
    channels = [block[0].out_channels for block in network.blocks]
    return [*channels, network.hidden.out_features]


def same(one, other, X):
    return (
        np.array_equal(one.predict_proba(X), other.predict_proba(X))
        and one.stages_ == other.stages_
        and one.complexity_ == other.complexity_
        and widths(one) == widths(other)
    )


@pytest.mark.parametrize("budget", ["weights", "macs"])
def test_channels_are_dropped_and_count_against_what_there_was(beats, budget):
    classifier = PrunedCNNClassifier(0.8, budget=budget, **CHANNELS).fit(*beats)
    dense = PrunedCNNClassifier(0, **CHANNELS).fit(*beats)
    cost, before = classifier.complexity_, dense.complexity_
    left = sum(weight.numel() for weight in prunable_weights(classifier.module_))
    assert cost.n_nonzero == left == cost.n_bytes
    assert (cost.n_prunable, cost.dense_macs) == (before.n_prunable, before.dense_macs)
    assert classifier.sparsity_ == 1 - left / before.n_prunable
    parameters = classifier.module_.parameters()
    assert cost.n_parameters == sum(values.numel() for values in parameters)
    share = 1 - classifier.sparsity_
    if budget == "macs":
        share = cost.macs / cost.dense_macs
    assert 0.15 < share <= 0.2
    assert widths(dense) == [6, 12, 16]
    assert sum(widths(classifier)) < 6 + 12 + 16


def test_the_smaller_network_predicts_what_the_masked_one_did(beats, monkeypatch):
    X, y = beats
    smaller = PrunedCNNClassifier(0.8, **CHANNELS).fit(X, y)
    monkeypatch.setattr(
        "sklearn_ecg.classifier._parameters.without_pruned_units", lambda module: module
    )
    masked = PrunedCNNClassifier(0.8, **CHANNELS).fit(X, y)
    assert widths(masked) == [6, 12, 16]
    assert masked.stages_ == smaller.stages_
    np.testing.assert_allclose(
        smaller.predict_proba(X), masked.predict_proba(X), atol=1e-5
    )


def test_a_smaller_network_has_its_stages(beats, smaller, tmp_path):
    X, y = beats
    joblib.dump(smaller, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    sizes = []
    for stage, row in enumerate(smaller.stages_):
        then = smaller.at_stage(stage)
        assert then.sparsity_ == row["sparsity"]
        assert then.complexity_.macs == row["macs"]
        for other in (
            loaded.at_stage(stage),
            copy.deepcopy(smaller).at_stage(stage),
            clone(then).fit(X, y),
        ):
            assert same(then, other, X)
        sizes.append(len(pickle.dumps(then)))
    assert sizes[0] > sizes[1] > sizes[2]


def test_a_path_through_channels_holds_what_separate_fits_give(beats):
    X, y = beats
    path = PrunedCNNClassifier(**CHANNELS).pruning_path(X, y, sparsities=[0, 0.5, 0.8])
    for classifier in path.classifiers:
        assert same(classifier, clone(classifier).fit(X, y), X)
    assert (np.diff(path.n_nonzero) < 0).all()


def test_a_guard_gives_back_the_channels_of_the_last_good_stage(beats):
    X, y = beats
    classifier = PrunedCNNClassifier(
        0.9,
        schedule=[0.3, 0.9],
        max_recall_drop=0.0,
        validation_fraction=0.3,
        **CHANNELS | {"n_epochs": 15},
    )
    with pytest.warns(UserWarning, match="stage 2, at sparsity"):
        classifier.fit(X, y)
    assert classifier.sparsity_ == classifier.stages_[1]["sparsity"]
    assert same(classifier.at_stage(1), clone(classifier.at_stage(1)).fit(X, y), X)
    assert widths(classifier) == widths(classifier.at_stage(-1))


def test_nothing_is_dropped_from_a_network_that_is_not_pruned(beats):
    X, y = beats
    dense = PrunedCNNClassifier(0, **CHANNELS).fit(X, y)
    plain = PrunedCNNClassifier(0, **CHANNELS | {"structure": "weight"}).fit(X, y)
    assert np.array_equal(dense.predict_proba(X), plain.predict_proba(X))


def test_a_smaller_network_goes_onto_a_device(beats, smaller):
    X, _ = beats
    quantized = quantize(smaller, X)
    assert np.mean(quantized.predict(X) == smaller.predict(X)) > 0.97


def test_a_network_that_does_not_call_its_layers_has_no_macs_to_save(beats):
    class Functional(torch.nn.Module):
        def __init__(self, n_channels, n_samples, n_rhythm, n_classes):
            super().__init__()
            self.dense = torch.nn.Linear(n_channels * n_samples, n_classes)

        def forward(self, signal, rhythm):
            return signal.flatten(1) @ self.dense.weight.T + self.dense.bias

    own = QUICK | {"module": Functional, "module_params": None}
    with pytest.raises(ValueError, match="budget='macs' finds no multiplication"):
        PrunedCNNClassifier(budget="macs", **own).fit(*beats)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"budget": "bytes"}, "must be 'weights' or 'macs'"),
        ({"structure": "row"}, "must be 'weight', 'pair' or 'channel'"),
        ({"budget": "macs", "sparsity": 0.999}, r"MACs, fewer than its 4 layers need"),
    ],
)
def test_bad_parameters_are_named(beats, parameters, message):
    with pytest.raises(ValueError, match=message):
        PrunedCNNClassifier(**QUICK | parameters).fit(*beats)


def test_each_stage_starts_the_learning_rate_anew(beats, monkeypatch):
    rates = []
    original = torch.optim.AdamW.step

    def spy(optimizer, closure=None):
        rates.append(optimizer.param_groups[0]["lr"])
        return original(optimizer, closure)

    monkeypatch.setattr(torch.optim.AdamW, "step", spy)
    PrunedCNNClassifier(**QUICK | {"n_epochs": 3, "stage_epochs": 3}).fit(*beats)
    dense, first, second = np.split(np.array(rates), 3)
    assert dense.max() == pytest.approx(0.012, rel=0.05)
    assert dense[-1] < dense.max() / 10
    assert np.array_equal(first, dense)
    assert np.array_equal(second, dense)


def test_distillation_changes_the_retraining_only(beats):
    X, y = beats
    with_teacher = PrunedCNNClassifier(0.8, distillation=0.9, **QUICK).fit(X, y)
    without = PrunedCNNClassifier(0.8, distillation=0, **QUICK).fit(X, y)
    assert with_teacher.stages_[0]["losses"] == without.stages_[0]["losses"]
    assert with_teacher.stages_[1]["losses"] != without.stages_[1]["losses"]


def test_a_constant_stage_learning_rate_replaces_rewinding(beats):
    X, y = beats
    tiny = PrunedCNNClassifier(
        0.5, stage_learning_rate=1e-12, weight_decay=0, **QUICK | {"n_stages": 1}
    ).fit(X, y)
    dense = PrunedCNNClassifier(0, weight_decay=0, **QUICK).fit(X, y)
    pruned, trained = (prunable_weights(model.module_) for model in (tiny, dense))
    for ours, theirs in zip(pruned, trained, strict=True):
        alive = ours != 0
        torch.testing.assert_close(ours[alive], theirs[alive], rtol=0, atol=1e-9)

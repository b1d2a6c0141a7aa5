"""What sparsity is counted in, and what goes together."""

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg._complexity import prunable_weights

QUICK = {
    "n_epochs": 2,
    "stage_epochs": 1,
    "n_stages": 2,
    "batch_size": 32,
    "module_params": {"conv_channels": (4, 8), "kernel_sizes": (5, 3), "n_hidden": 8},
    "random_state": 0,
}


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
        ({"budget": "bytes"}, r"budget='bytes': must be one of .'macs', 'weights'"),
        ({"structure": "row"}, r"structure='row': must be one of"),
        ({"budget": "macs", "sparsity": 0.999}, r"MACs, fewer than its 4 layers need"),
    ],
)
def test_bad_parameters_are_named(beats, parameters, message):
    with pytest.raises(ValueError, match=message):
        PrunedCNNClassifier(**QUICK | parameters).fit(*beats)

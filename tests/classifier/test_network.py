import numpy as np
import pytest
from small_classifiers import QUICK, Averages, InPlace, n_nonzero

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.networks._networks import BeatCNN


def test_the_users_network_is_built_trained_and_pruned(beats):
    own = QUICK | {"module": Averages, "module_params": {"width": 6}}
    classifier = PrunedCNNClassifier(0.5, **own).fit(*beats)
    assert isinstance(classifier.module_, Averages)
    assert n_nonzero(classifier) == round(0.5 * (6 * 5 + 6 * 3))
    assert not any(m._forward_hooks for m in classifier.module_.modules())


def test_a_network_with_the_wrong_number_of_logits_is_refused(beats):
    own = QUICK | {"module": Averages, "module_params": {"n_out": 7}}
    with pytest.raises(ValueError, match=r"gives shape \(2, 7\) .* must give \(2, 3\)"):
        PrunedCNNClassifier(0.5, **own).fit(*beats)


def test_acharya_is_a_name(beats):
    own = QUICK | {"module": "acharya2017", "module_params": None}
    assert PrunedCNNClassifier(0.5, **own).fit(*beats).sparsity_ == pytest.approx(
        0.5, abs=1e-3
    )


@pytest.mark.parametrize("budget", ["weights", "macs"])
def test_a_network_that_works_in_place_leaves_the_users_data_alone(beats, budget):
    X, y = np.tile(beats[0], (3, 1)), np.tile(beats[1], 3)
    before = X.copy()
    classifier = PrunedCNNClassifier(
        0.5, **QUICK | {"module": InPlace, "module_params": None}, budget=budget
    ).fit(X, y)
    one, two = classifier.predict_proba(X), classifier.predict_proba(X)
    assert np.array_equal(one, two)
    assert np.array_equal(X, before)


@pytest.mark.parametrize(
    "module", ["acharya2017", type("OwnCNN", (BeatCNN,), {})], ids=str
)
def test_channels_of_a_network_of_unknown_wiring_are_refused(beats, module):
    own = QUICK | {"structure": "channel"} | {"module": module, "module_params": None}
    with pytest.raises(
        ValueError, match=r"can't drop channels of a .* it takes module="
    ):
        PrunedCNNClassifier(**own).fit(*beats)

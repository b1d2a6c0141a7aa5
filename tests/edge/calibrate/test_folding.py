import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from random_models import random_network

from sklearn_ecg.edge.calibrate._folding import fold
from sklearn_ecg.networks._networks import BeatCNN, TwoBranch


@pytest.mark.parametrize("kind", [BeatCNN, TwoBranch])
@pytest.mark.parametrize("seed", range(4))
def test_folded_networks_give_the_logits_of_the_module(kind, seed):
    rng = np.random.default_rng(seed)
    module = random_network(rng, 2, 40, 3, 4, kind).double()
    signal, rhythm = rng.normal(size=(9, 2, 40)), rng.normal(size=(9, 3))
    with torch.no_grad():
        expected = module(torch.from_numpy(signal), torch.from_numpy(rhythm)).numpy()
    folded = fold(module, 40)
    assert_allclose(
        folded.activations(signal, rhythm)["output"],
        expected,
        atol=1e-9 * np.abs(expected).max(),
    )


def test_networks_without_rhythm_read_the_window_alone():
    rng = np.random.default_rng(0)
    folded = fold(random_network(rng, 1, 40, 0, 4), 40)
    assert folded.n_rhythm == 0
    assert all("rhythm" not in layer.inputs for layer in folded.layers)


def test_classes_of_one_morphology_get_the_same_from_the_window():
    module = TwoBranch(1, 40, 2, 3, classes=["N", "S", "V"], n_hidden=32).eval()
    *_, output = fold(module, 40).layers
    n_maps = output.weight.shape[1] - 32
    assert (output.weight[0, :n_maps] == output.weight[1, :n_maps]).all()
    assert (output.weight[0, :n_maps] != output.weight[2, :n_maps]).any()


def test_windows_with_too_little_room_for_the_poolings_are_refused():
    module = BeatCNN(1, 4, 0, 2, conv_channels=(2, 2, 2), kernel_sizes=(3, 3, 3))
    with pytest.raises(ValueError, match="use fewer convolutions, or a longer window"):
        fold(module.eval(), 4)


def test_networks_that_only_look_like_a_known_one_are_refused():
    class Other(BeatCNN):
        pass

    with pytest.raises(ValueError, match="A Other can't be brought to a device"):
        fold(Other(1, 40, 0, 2).eval(), 40)

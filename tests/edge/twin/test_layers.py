import numpy as np
import pytest
from random_models import random_model

from sklearn_ecg.edge.twin._layers import CONVOLUTION, LOGITS, run
from sklearn_ecg.networks._networks import BeatCNN, TwoBranch


@pytest.mark.parametrize("kind", [BeatCNN, TwoBranch])
@pytest.mark.parametrize("seed", range(5))
def test_sizes_are_those_of_what_layers_hand_on(kind, seed):
    network = random_model(seed, kind).network
    signal = np.zeros((2, network.n_channels, network.n_samples), dtype=np.int64)
    rhythm = np.zeros((2, network.n_rhythm), dtype=np.int64)
    for name, values in run(network.layers, signal, rhythm).items():
        n_rows, length = network.sizes[name]
        assert values.reshape(2, -1).shape[1] == n_rows * length


@pytest.mark.parametrize("kind", [BeatCNN, TwoBranch])
def test_columns_of_a_layer_are_all_that_it_reads(kind):
    network = random_model(1, kind).network
    for layer in network.layers:
        if layer.kind == CONVOLUTION:
            continue
        columns = network.columns(layer)
        ends = [0, *(part.stop for part in columns.values())]
        assert [part.start for part in columns.values()] == ends[:-1]
        assert ends[-1] == layer.weight.shape[1]


@pytest.mark.parametrize("kind", [BeatCNN, TwoBranch])
def test_every_layer_but_the_last_is_read_once(kind):
    network = random_model(2, kind).network
    *others, last = network.layers
    assert last.kind == LOGITS
    for layer in others:
        assert layer.name in network.reader(layer.name).inputs

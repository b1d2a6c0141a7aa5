"""Dense networks with few weights: the networks of the package, made narrower."""

import numpy as np
import torch
from torch import nn

from sklearn_ecg.networks import NETWORKS, prunable_weights
from sklearn_ecg.networks._networks import Acharya2017

BEATCNN = {"conv_channels": (8, 16, 32, 64), "n_hidden": 48}
"""Defaults of the package's network."""

WIDTHS = np.linspace(0.02, 1, 197)


def narrow_network(network, layout, n_classes, density):
    """Scale the width of a network until it has about a fraction of its weights.

    Parameters
    ----------
    network : {"beatcnn", "acharya2017"}
    layout : InputLayout
    n_classes : int
    density : float in (0, 1]
        Prunable weights wanted, over those of the whole network.

    Returns
    -------
    module, module_params : str or callable, and dict
        For `PrunedCNNClassifier`. Widths are whole numbers, so that the number of
        weights is the nearest there is.
    """
    shape = layout.n_channels, layout.n_samples, layout.n_rhythm, n_classes
    wanted = density * _n_weights(NETWORKS[network], {}, shape)

    def distance(width):
        return abs(_n_weights(*_scaled(network, width), shape) - wanted)

    return _scaled(network, min(WIDTHS, key=distance))


def _n_weights(module, module_params, shape):
    # On the device "meta" nothing is initialised, and no random number drawn.
    with torch.device("meta"):
        weights = prunable_weights(
            NETWORKS.get(module, module)(*shape, **module_params)
        )
    return sum(weight.numel() for weight in weights)


def _scaled(network, width):
    if network == "acharya2017":
        return narrow_acharya2017, {"width": float(width)}
    channels = tuple(_times(n, width) for n in BEATCNN["conv_channels"])
    n_hidden = _times(BEATCNN["n_hidden"], width)
    return network, {"conv_channels": channels, "n_hidden": n_hidden}


def _times(n_units, width):
    return max(1, round(n_units * width))


def narrow_acharya2017(n_channels, n_samples, n_rhythm, n_classes, *, width):
    """Make `Acharya2017` with every layer but the output `width` times as wide."""
    network = Acharya2017(n_channels, n_samples, n_rhythm, n_classes)
    n_in = n_channels
    for number, layer in enumerate(network.features):
        if isinstance(layer, nn.Conv1d):
            n_out = _times(layer.out_channels, width)
            network.features[number] = nn.Conv1d(n_in, n_out, layer.kernel_size)
            n_in_before, n_in = layer.out_channels, n_out
    first, *_ = network.classifier
    n_in = (first.in_features - n_rhythm) // n_in_before * n_in + n_rhythm
    layers = [i for i, la in enumerate(network.classifier) if isinstance(la, nn.Linear)]
    for number in layers:
        n_out = network.classifier[number].out_features
        n_out = n_out if number == layers[-1] else _times(n_out, width)
        network.classifier[number] = nn.Linear(n_in, n_out)
        n_in = n_out
    return network

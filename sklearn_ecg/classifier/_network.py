"""The untrained network that the parameters of PrunedCNNClassifier ask for."""

import numpy as np
import torch
from torch import nn

from ..networks._complexity import prunable_layers
from ..networks._networks import NETWORKS, BeatCNN
from ..training._dataset import split_rows


def check_structure(structure, network):
    """Refuse to prune channels of a network whose wiring is not known."""
    if structure == "channel" and type(network) is not BeatCNN:
        raise ValueError(
            f"structure='channel' can't drop channels of a {type(network).__name__}, "
            "as it does not know which layer feeds which: it takes module='beatcnn' "
            "(any module_params). structure='weight' and 'pair' take any network."
        )


def build_network(module, module_params, layout, classes):
    """Make the network anew and try it on two beats of silence."""
    if isinstance(module, str):
        module = NETWORKS[module]
        module_params = _without_arrays(module_params or {})
    labels = (
        {"classes": classes.tolist()} if getattr(module, "takes_classes", False) else {}
    )
    network = module(
        layout.n_channels,
        layout.n_samples,
        layout.n_rhythm,
        len(classes),
        **labels | (module_params or {}),
    )
    _check_network(network, layout, len(classes))
    return network


def _without_arrays(values):
    """Make lists of arrays: our own networks take numbers, as torch does."""
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }


@torch.no_grad()
def _check_network(network, layout, n_classes):
    if not isinstance(network, nn.Module):
        raise ValueError(
            f"module made a {type(network).__name__}, must make a torch.nn.Module."
        )
    for name, layer in prunable_layers(network).items():
        if not isinstance(layer.weight, nn.Parameter):
            raise ValueError(
                f"module made a {type(network).__name__} whose layer {name!r} computes "
                "its weight (by a parametrization such as weight_norm): its zeros "
                "could not be held. Use a plain layer."
            )
    if not prunable_layers(network):
        raise ValueError(
            f"module made a {type(network).__name__} with nothing to prune: it needs "
            "a Conv1d, Conv2d or Linear layer."
        )
    silence = split_rows(torch.zeros(2, layout.n_features), layout.window_shape)
    logits = network.eval()(**silence)
    if tuple(logits.shape) != (2, n_classes):
        raise ValueError(
            f"module made a {type(network).__name__} whose forward gives shape "
            f"{tuple(logits.shape)} for 2 beats, must give (2, {n_classes}): a logit "
            "for each class."
        )

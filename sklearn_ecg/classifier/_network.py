"""The network of a classifier: made anew, and packed without loss."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ..networks import NETWORKS, BeatCNN, prunable_layers
from ..training import split_rows


def check_structure(structure, network):
    """Refuse to prune channels of a network whose wiring is not known."""
    if structure == "channel" and type(network) is not BeatCNN:
        raise ValueError(
            f"structure='channel' can't drop channels of a {type(network).__name__}, "
            "as it does not know which layer feeds which: it takes module='beatcnn' "
            "(any module_params). structure='weight' and 'pair' take any network."
        )


def refuse_unknown_end(network, participle):
    """Refuse a network of which it is not known how its last layer ends."""
    if type(network) not in NETWORKS.values():
        raise ValueError(
            f"A {type(network).__name__} can't be {participle}: it is known of the "
            f"networks {', '.join(NETWORKS)} only how their last layer ends."
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


@dataclass(frozen=True)
class PackedArray:
    """An array as a bitmap and the values that are not zero."""

    shape: tuple[int, ...]
    bitmap: np.ndarray | None
    values: np.ndarray

    @classmethod
    def of(cls, array: np.ndarray) -> PackedArray:
        """Pack an array, unless the bitmap would take more than the zeros do."""
        flat = array.ravel()
        stays = (flat != 0) | np.signbit(flat)
        bitmap, values = np.packbits(stays), flat[stays]
        if bitmap.nbytes + values.nbytes >= flat.nbytes:
            return cls(array.shape, None, flat.copy())
        return cls(array.shape, bitmap, values)

    def unpacked(self) -> np.ndarray:
        """Make the array that was packed."""
        if self.bitmap is None:
            return self.values.reshape(self.shape).copy()
        size = int(np.prod(self.shape))
        flat = np.zeros(size, self.values.dtype)
        flat[np.unpackbits(self.bitmap, count=size).astype(bool)] = self.values
        return flat.reshape(self.shape)


def packed_weights(module: nn.Module) -> dict[str, PackedArray]:
    """Pack all that a network's training has changed."""
    return {
        name: PackedArray.of(values.numpy())
        for name, values in module.state_dict().items()
    }


def with_weights(module: nn.Module, packed: dict[str, PackedArray]) -> nn.Module:
    """Copy a network, and give the copy other weights."""
    state = {name: torch.from_numpy(array.unpacked()) for name, array in packed.items()}
    today = module.state_dict()
    if any(today[name].shape != values.shape for name, values in state.items()):
        return module.with_state(state)
    module = copy.deepcopy(module)
    module.load_state_dict(state)
    return module


def with_contiguous_weights(module: nn.Module) -> nn.Module:
    """Lay out the weights of a network row after row, in place, and return it."""
    for values in (*module.parameters(), *module.buffers()):
        values.data = values.data.contiguous()
    return module

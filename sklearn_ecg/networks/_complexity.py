"""What a network costs: weights, non-zeros, multiplications and bytes."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_PRUNABLE = (nn.Linear, nn.Conv1d, nn.Conv2d)


def prunable_layers(module: nn.Module) -> dict[str, nn.Module]:
    """Convolutions and dense layers by name, each weight tensor once."""
    layers, seen = {}, set()
    for name, layer in module.named_modules():
        if isinstance(layer, _PRUNABLE) and id(layer.weight) not in seen:
            seen.add(id(layer.weight))
            layers[name] = layer
    return layers


def prunable_weights(module: nn.Module) -> list[Tensor]:
    """List the weight tensors that pruning may zero, layer after layer."""
    return [layer.weight for layer in prunable_layers(module).values()]


@dataclass(frozen=True)
class Complexity:
    """Cost of classifying one beat."""

    n_parameters: int  # All trainable parameters, biases and batch norm included
    n_prunable: int
    n_nonzero: int  # Those of them that are not zero
    dense_macs: int
    macs: int
    dense_bytes: int  # Size of all parameters in float32
    n_bytes: int

    @property
    def sparsity(self) -> float:
        """Fraction of the prunable weights that is zero."""
        return 1 - self.n_nonzero / self.n_prunable


def complexity(module: nn.Module, signal: Tensor, rhythm: Tensor) -> Complexity:
    """Count what `module` does with one beat."""
    weights = prunable_weights(module)
    nonzeros = [int(weight.count_nonzero()) for weight in weights]
    positions = output_positions(module, signal, rhythm)
    n_parameters = sum(p.numel() for p in module.parameters())
    return Complexity(
        n_parameters=n_parameters,
        n_prunable=sum(weight.numel() for weight in weights),
        n_nonzero=sum(nonzeros),
        dense_macs=sum(w.numel() * p for w, p in zip(weights, positions, strict=True)),
        macs=sum(n * p for n, p in zip(nonzeros, positions, strict=True)),
        dense_bytes=4 * n_parameters,
        n_bytes=sum(
            min(weight.numel(), nonzero + -(-weight.numel() // 8))
            for weight, nonzero in zip(weights, nonzeros, strict=True)
        ),
    )


@torch.no_grad()
def output_positions(module: nn.Module, signal: Tensor, rhythm: Tensor) -> list[int]:
    """Count how often each prunable weight is used on one beat."""
    probe = copy.deepcopy(module).cpu().eval()
    layers = prunable_layers(probe)
    used = dict.fromkeys(layers, 0)

    def counter(name):
        def count(layer, inputs, output):
            n_units = layer.weight.shape[0]
            used[name] += output.numel() // n_units

        return count

    for name, layer in layers.items():
        layer.register_forward_hook(counter(name))
    probe(signal, rhythm)
    return list(used.values())

"""The float network as a device sees it: batch norm folded into weights and biases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...networks import BeatCNN, TwoBranch
from ..twin._arithmetic import convolve, pool_by_two
from ..twin._layers import (
    CONVOLUTION,
    DENSE,
    LOGITS,
    RHYTHM,
    SIGNAL,
    Layer,
    Network,
    run,
)


@dataclass(frozen=True, eq=False)
class FoldedLayer(Layer):
    """A layer in float64, with the batch norms beside it folded in."""

    def __call__(self, inputs):
        """Compute what the layer hands on."""
        if self.kind == CONVOLUTION:
            return np.maximum(pool_by_two(convolve(inputs, self.weight, self.bias)), 0)
        sums = inputs @ self.weight.T + self.bias
        return sums if self.kind == LOGITS else np.maximum(sums, 0)


@dataclass(frozen=True, eq=False)
class FoldedNetwork(Network):
    """A network whose batch norms are folded away, in float64."""

    def activations(self, signal, rhythm):
        """Run the network and keep what each layer hands on."""
        return run(self.layers, np.asarray(signal, dtype=np.float64), rhythm)


def fold(module, n_samples):
    """Fold the batch norms of a network that is known here."""
    if type(module) not in _LAYERS_OF:
        raise ValueError(
            f"A {type(module).__name__} can't be brought to a device: the integer "
            "arithmetic is known for module='beatcnn' and module='twobranch' only (any "
            "module_params)."
        )
    convolutions = _convolutions(module.blocks)
    n_channels = convolutions[0].weight.shape[1]
    layers, n_rhythm = _LAYERS_OF[type(module)](module, convolutions[-1].name)
    return FoldedNetwork((*convolutions, *layers), n_channels, n_samples, n_rhythm)


def _layers_of_beatcnn(module, maps):
    """List the dense layers of a `BeatCNN`, and count its rhythm features."""
    weight, bias = _fold_into(_array(module.hidden.weight), module.hidden_norm)
    n_rhythm = getattr(module.rhythm_norm, "num_features", 0)
    inputs = (maps,)
    if n_rhythm:
        of_rhythm = weight[:, -n_rhythm:]
        of_rhythm, bias = _fold_norm_before(module.rhythm_norm, of_rhythm, bias)
        weight[:, -n_rhythm:] = of_rhythm
        inputs = (maps, RHYTHM)
    hidden = FoldedLayer("hidden", DENSE, inputs, weight, bias)
    last = _array(module.output.weight), _array(module.output.bias)
    return (hidden, FoldedLayer("output", LOGITS, (hidden.name,), *last)), n_rhythm


def _layers_of_two_branch(module, maps):
    """List the dense layers of a `TwoBranch`, and count its rhythm features."""
    first, first_norm, _, _, second, second_norm, _, _, last = module.rhythm
    norm = module.rhythm_norm
    weight, bias = _fold_into(_array(first.weight), first_norm)
    weight, bias = _fold_norm_before(norm, weight, bias)
    hidden_1 = FoldedLayer("hidden_1", DENSE, (RHYTHM,), weight, bias)
    weight, bias = _fold_into(_array(second.weight), second_norm)
    hidden_2 = FoldedLayer("hidden_2", DENSE, (hidden_1.name,), weight, bias)
    of_maps = _array(module.morphology.weight)[module.morphology_of_class.numpy()]
    weight = np.hstack([of_maps, _array(last.weight)])
    inputs = maps, hidden_2.name
    output = FoldedLayer("output", LOGITS, inputs, weight, _array(last.bias))
    return (hidden_1, hidden_2, output), norm.num_features


_LAYERS_OF = {BeatCNN: _layers_of_beatcnn, TwoBranch: _layers_of_two_branch}
"""What follows the convolutions. By the type itself: a class derived from one of these
may compute something else."""


def _convolutions(blocks):
    convolutions, inputs = [], (SIGNAL,)
    for number, (convolution, norm, _, pool) in enumerate(blocks, start=1):
        if pool.kernel_size != (1, 2):
            raise ValueError(
                f"The network's {len(blocks)} convolutions leave one sample of "
                "the window before the last pooling: use fewer convolutions, or a "
                "longer window."
            )
        folded = _fold_into(_array(convolution.weight)[:, :, 0, :], norm)
        name = f"convolution_{number}"
        convolutions.append(FoldedLayer(name, CONVOLUTION, inputs, *folded))
        inputs = (name,)
    return convolutions


def _array(tensor):
    return tensor.detach().cpu().double().numpy()


def _scale_and_shift(norm):
    scale = _array(norm.weight) / np.sqrt(_array(norm.running_var) + norm.eps)
    return scale, _array(norm.bias) - scale * _array(norm.running_mean)


def _fold_into(weight, norm):
    """Fold a norm that follows; a negative scale flips the weights, ahead of ReLU."""
    scale, shift = _scale_and_shift(norm)
    # Adding 0 makes -0.0, which a negative scale makes of a pruned weight, a plain 0.
    return weight * scale.reshape(-1, *[1] * (weight.ndim - 1)) + 0.0, shift


def _fold_norm_before(norm, weight, bias):
    """Fold a norm into the dense layer that follows it."""
    scale, shift = _scale_and_shift(norm)
    return weight * scale, bias + weight @ shift

"""Batch norms that weigh the beats of a batch.

A beat of weight 2 then moves mean and variance as the same beat twice would.
"""

from __future__ import annotations

import torch
from skorch.callbacks import Callback
from torch import Tensor, nn

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


def batch_norms(module: nn.Module) -> list[nn.Module]:
    """List the batch norms of a network."""
    return [layer for layer in module.modules() if isinstance(layer, _NORMS)]


def moments(inputs: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted mean and variance of each channel."""
    others = [axis for axis in range(inputs.ndim) if axis != 1]
    weights = weights.to(inputs.dtype).view(-1, *[1] * (inputs.ndim - 1))
    share = weights / (weights.sum() * inputs[0, 0].numel())
    mean = (share * inputs).sum(others)
    deviation = inputs - _along_channels(mean, inputs)
    return mean, (share * deviation**2).sum(others)


def normalized(norm: nn.Module, inputs: Tensor, weights: Tensor) -> Tensor:
    """Output of a batch norm that takes its statistics from a weighted batch."""
    mean, variance = moments(inputs, weights)
    scale = (variance + norm.eps).rsqrt()
    if norm.affine:
        scale = scale * norm.weight
    output = (inputs - _along_channels(mean, inputs)) * _along_channels(scale, inputs)
    return output + _along_channels(norm.bias, inputs) if norm.affine else output


def _along_channels(values: Tensor, inputs: Tensor) -> Tensor:
    return values.view(1, -1, *[1] * (inputs.ndim - 2))


class WeighNorms(Callback):
    """Normalize each training batch by the weights of its beats."""

    def on_train_begin(self, net, **kwargs):
        """Take the output of every batch norm in hand."""
        self.weights = None
        self.handles = [
            norm.register_forward_hook(self._replace_output)
            for norm in batch_norms(net.module_)
        ]

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        """Look up the weights of the batch; there are none for a validation."""
        self.weights = batch[1]["weights"] if training else None

    def on_train_end(self, net, **kwargs):
        """Leave the network as it was."""
        for handle in self.handles:
            handle.remove()

    def _replace_output(self, norm, arguments, output):
        [inputs] = arguments
        weights = self.weights
        if weights is None or not norm.training or len(inputs) != len(weights):
            return None
        return normalized(norm, inputs, weights.to(inputs.device))


@torch.no_grad()
def keep_statistics(norm: nn.Module, inputs: Tensor, weights: Tensor, share: float):
    """Move the running statistics of a batch norm towards those of a weighted batch."""
    mean, variance = moments(inputs, weights)
    # A weight of 2 counts as 2 beats, but small weights don't make fewer of them.
    n_beats = max(float(weights.sum()), len(weights))
    n_values = n_beats * inputs[0, 0].numel()
    norm.running_mean.lerp_(mean, share)
    norm.running_var.lerp_(variance * n_values / (n_values - 1), share)

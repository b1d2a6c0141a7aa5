"""Batch norms that weigh the beats of a batch, and at last see all training data.

A beat of weight 2 moves mean and variance as the same beat twice would.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

import torch
from skorch.callbacks import Callback
from torch import Tensor, nn

from ._dataset import Augmentation, BeatDataset, split_rows

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


_ROWS = 1024
"""Rows that go through the network at once, about."""


@torch.no_grad()
def recompute_statistics(
    module: nn.Module, data: BeatDataset, augmentation: Augmentation | None = None
) -> None:
    """Set the mean and variance of every batch norm to those of the training data."""
    module.eval()
    norms = [norm for norm in batch_norms(module) if norm.running_mean is not None]
    if not norms:
        return
    if augmentation is not None:
        fixed = torch.Generator().manual_seed(0)
        augmentation = replace(augmentation, generator=fixed)
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # The plain mean of all batches.
        norm.train()
    try:
        if data.weights is None:
            _see_all_beats(module, data, norms, augmentation)
        else:
            _see_weighted_beats(module, data, norms, augmentation)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()


def _see_all_beats(module, data, norms, augmentation):
    device = norms[0].running_mean.device
    for part in _mixed_parts(len(data)):
        module(**_inputs(data, part, augmentation, device))


def _see_weighted_beats(module, data, norms, augmentation):
    """Show all beats to norms that take their statistics from the weights."""
    device, seen = norms[0].running_mean.device, 0.0
    for part in _mixed_parts(len(data)):
        weights = data.weights[part].to(device)
        seen += float(weights.sum())
        share = float(weights.sum()) / seen
        with _weighing(norms, weights, share):
            module(**_inputs(data, part, augmentation, device))


def _inputs(data, part, augmentation, device):
    inputs = split_rows(data.rows[part], data.window_shape)
    if augmentation is not None:
        inputs["signal"] = augmentation(inputs["signal"])
    return {name: values.to(device) for name, values in inputs.items()}


@contextlib.contextmanager
def _weighing(norms, weights, share):
    """Have the norms take their statistics from the weights; `share` is the batch's."""

    def hold(norm, arguments):
        is_ours = len(arguments[0]) == len(weights)
        norm.momentum = 0.0 if is_ours else None

    def weigh(norm, arguments, output):
        [inputs] = arguments
        if len(inputs) != len(weights):
            return None
        keep_statistics(norm, inputs, weights, share)
        return normalized(norm, inputs, weights)

    handles = [norm.register_forward_pre_hook(hold) for norm in norms]
    handles += [norm.register_forward_hook(weigh) for norm in norms]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _mixed_parts(n_beats: int) -> list[Tensor]:
    """Parts of one size to within a beat, each with beats from all over the data."""
    n_parts = max(1, round(n_beats / _ROWS))
    return [torch.arange(first, n_beats, n_parts) for first in range(n_parts)]

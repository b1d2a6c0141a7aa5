"""The statistics of batch norm, over all training data."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import torch
from torch import Tensor, nn

from ._augmentation import Augmentation
from ._dataset import BeatDataset, split_rows
from ._weighted_norms import batch_norms, keep_statistics, normalized

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

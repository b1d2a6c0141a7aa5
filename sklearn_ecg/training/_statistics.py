"""The statistics of batch norm, over all training data."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ._dataset import BeatDataset, split_rows

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)

_ROWS = 4096
"""Rows that go through the network at once, about."""


@torch.no_grad()
def recompute_statistics(module: nn.Module, data: BeatDataset) -> None:
    """Set the mean and variance of every batch norm to those of the training data.

    While it trains, a batch norm scales by the statistics of the batch, and keeps a
    running average of them for later. After few steps that average still holds its
    starting values: a network that was right on every training beat is wrong on a
    fifth of them. So the average is taken anew, over all beats, by the final weights.

    Parameters
    ----------
    module : Module
        The network; changed in place, and left in evaluation mode.
    data : BeatDataset
        The beats that it was trained on.

    References
    ----------
    Y. Wu, J. Johnson, "Rethinking 'Batch' in BatchNorm", arXiv:2105.07576, section 3.
    """
    module.eval()
    norms = [
        layer
        for layer in module.modules()
        if isinstance(layer, _NORMS) and layer.running_mean is not None
    ]
    if not norms:
        return
    device = norms[0].running_mean.device
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # The plain mean of all batches.
        norm.train()
    try:
        for part in _equal_parts(torch.arange(len(data))):
            rows = data.rows[part].to(device)
            module(**split_rows(rows, data.shape))
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()


def _equal_parts(places: Tensor) -> tuple[Tensor, ...]:
    """Parts of one size, give or take a beat, as all weigh the same in the mean."""
    return places.tensor_split(max(1, round(len(places) / _ROWS)))

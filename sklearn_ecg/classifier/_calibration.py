"""Probabilities that mean what they say: a temperature, and a bias for each class."""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from scipy.special import log_softmax
from torch import nn

from ._network import refuse_unknown_end

_STEPS = 200
_PRIOR = 1.0
"""Standard deviation that a bias is expected to have, for classes of a few beats."""


class Scaling(NamedTuple):
    """What turns logits into calibrated ones: they are divided, then moved."""

    temperature: float
    bias: np.ndarray  # Of shape (n_classes,)

    @classmethod
    def fitted(
        cls,
        log_proba: np.ndarray,
        codes: np.ndarray,
        has_bias: np.ndarray,
        weights: np.ndarray | None = None,
    ) -> Scaling:
        """Fit to beats that the network hasn't learnt from, by their likelihood."""
        weights = np.ones(len(codes)) if weights is None else weights
        logits, codes, weights = map(torch.from_numpy, (log_proba, codes, weights))
        logits = logits.double()
        log_temperature = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        bias = torch.zeros(len(has_bias), dtype=torch.float64, requires_grad=True)
        may_move = torch.from_numpy(has_bias)
        optimizer = torch.optim.LBFGS(
            [log_temperature, bias], max_iter=_STEPS, line_search_fn="strong_wolfe"
        )

        def loss():
            optimizer.zero_grad()
            scaled = logits / log_temperature.exp() + bias * may_move
            misfit = F.cross_entropy(scaled, codes, reduction="none") @ weights
            total = (misfit + bias.square().sum() / (2 * _PRIOR**2)) / weights.sum()
            total.backward()
            return total

        optimizer.step(loss)
        return cls(log_temperature.exp().item(), bias.detach().numpy() * has_bias)

    def applied(self, log_proba: np.ndarray) -> np.ndarray:
        """Return logarithms of probabilities, calibrated."""
        return log_softmax(log_proba / self.temperature + self.bias, axis=1)


@torch.no_grad()
def scaled_network(module: nn.Module, scaling: Scaling) -> nn.Module:
    """Return a copy of a network whose last layers hold the scaling."""
    refuse_unknown_end(module, "calibrated")
    module = copy.deepcopy(module)
    layers = module.last_layers()
    for layer in layers:
        layer.weight /= scaling.temperature
    bias = layers[0].bias
    bias.copy_(bias / scaling.temperature + torch.from_numpy(scaling.bias))
    return module

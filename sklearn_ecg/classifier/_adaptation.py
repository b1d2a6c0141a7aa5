"""The network of a classifier, fitted to a few labelled beats of one patient."""

from __future__ import annotations

import copy
import math
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..training import split_rows
from ._network import refuse_unknown_end

Strength = float | Literal["auto"]
"""How far a weight is expected to move."""

_STRENGTHS = (0.03, 0.1, 0.3)
"""Strengths to choose from; the first needs no proof."""

_PROOF = 20.0
"""Log-likelihood, summed over rows, that a greater strength has to gain."""

_BLOCKS = 5
"""Stretches of time that are left out in turn to judge a strength."""

_AGAINST_ABSENT = 0.1
"""What the odds of a class without a beat count, while others are learnt."""

_STEPS = 200


class _Last(NamedTuple):
    """The last layer of a network, and what reaches it."""

    layer: nn.Linear
    inputs: Tensor  # Tensor of shape (beats, n_inputs)
    rest: Tensor  # What is added to its outputs

    def of(self, rows: Tensor) -> _Last:
        """Take some beats."""
        return _Last(self.layer, self.inputs[rows], self.rest[rows])


class _Weights(NamedTuple):
    """Those of the last layer, in double precision."""

    weight: Tensor
    bias: Tensor

    def logits(self, last: _Last) -> Tensor:
        """Compute what the network says with them."""
        return last.inputs @ self.weight.T + self.bias + last.rest


def adapted_network(
    module: nn.Module,
    rows: Tensor,
    window_shape: tuple[int, int],
    codes: Tensor,
    strength: Strength,
) -> nn.Module:
    """Return a copy of a network whose last layer was fitted to some beats.

    That is a multinomial logistic regression on what reaches the layer, under the masks
    that pruning left. It is drawn towards the weights that it starts from, so that a
    few beats move it little, and classes that they don't show stay where they were.
    """
    refuse_unknown_end(module, "adapted")
    module = copy.deepcopy(module)
    last = _last_of(module, rows, window_shape)
    is_chosen = strength == "auto"
    if is_chosen:
        strength = _proven_strength(last, codes)
    weight, bias = _fitted(last, codes, strength, spares_absent=is_chosen)
    with torch.no_grad():
        last.layer.weight.copy_(weight)
        last.layer.bias.copy_(bias)
    return module


@torch.no_grad()
def _last_of(module, rows, window_shape):
    """Return the last layer with a bias, and what reaches it."""
    seen = []

    def see(layer, inputs, output):
        seen.append((inputs[0].detach(), output.detach()))

    layer = module.last_layers()[0]
    hook = layer.register_forward_hook(see)
    try:
        logits = module(**split_rows(rows, window_shape))
    finally:
        hook.remove()
    [(inputs, outputs)] = seen
    return _Last(layer, inputs.double(), (logits - outputs).double())


def _proven_strength(last, codes):
    """Choose the strength that foretells beats left out, the least unless one gains."""
    if len(codes) < _BLOCKS:
        return _STRENGTHS[0]
    chosen, least = _STRENGTHS[0], _misfit_left_out(last, codes, _STRENGTHS[0])
    for strength in _STRENGTHS[1:]:
        misfit = _misfit_left_out(last, codes, strength)
        if least - misfit > _PROOF:
            chosen, least = strength, misfit
    return chosen


def _misfit_left_out(last, codes, strength):
    """Return the negative log-likelihood of each block, learnt from the others."""
    block = torch.arange(len(codes)) * _BLOCKS // len(codes)
    misfit = 0.0
    for each in range(_BLOCKS):
        is_out = block == each
        weights = _fitted(last.of(~is_out), codes[~is_out], strength)
        logits = weights.logits(last.of(is_out))
        misfit += F.cross_entropy(logits, codes[is_out], reduction="sum").item()
    return misfit


def _fitted(last, codes, strength, *, spares_absent=True):
    """Fit weights to the optimum, which the network's own are where it begins."""
    layer = last.layer
    start = _Weights(layer.weight.detach().double(), layer.bias.detach().double())
    stays = start.weight != 0
    now = _Weights(*(values.clone().requires_grad_() for values in start))
    optimizer = torch.optim.LBFGS(
        list(now), max_iter=_STEPS, line_search_fn="strong_wolfe"
    )
    handicap = torch.zeros(len(start.bias), dtype=torch.double)
    if spares_absent:
        is_absent = torch.bincount(codes, minlength=len(start.bias)) == 0
        handicap[is_absent] = math.log(_AGAINST_ABSENT)

    def loss():
        optimizer.zero_grad()
        logits = _Weights(now.weight * stays, now.bias).logits(last)
        misfit = F.cross_entropy(logits + handicap, codes, reduction="sum")
        moved = sum(
            (new - old).square().sum() for new, old in zip(now, start, strict=True)
        )
        total = misfit + moved / (2 * strength**2)
        total.backward()
        return total

    optimizer.step(loss)
    return _Weights((now.weight * stays).detach(), now.bias.detach())

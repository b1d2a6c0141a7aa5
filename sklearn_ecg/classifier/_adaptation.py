"""The network of a classifier, fitted to a few labelled beats of one patient."""

from __future__ import annotations

import copy
import math
from typing import Literal, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._parameter_checks import AnyOf, Choice, Number
from ..training import split_rows
from ._network import refuse_unknown_end

Strength = float | Literal["auto"]
"""How far a weight is expected to move."""

STRENGTHS = AnyOf(Choice(("auto",)), Number(0, closed="neither"))
"""What a strength may be."""

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


class _Beats(NamedTuple):
    """Beats to learn from."""

    last: _Last
    codes: Tensor
    weights: Tensor  # What each of them counts

    def of(self, rows: Tensor) -> _Beats:
        """Take some beats."""
        return _Beats(self.last.of(rows), self.codes[rows], self.weights[rows])

    def misfit(self, logits: Tensor) -> Tensor:
        """Compute the negative log-likelihood of the labels."""
        each = F.cross_entropy(logits, self.codes, reduction="none")
        return (self.weights * each).sum()


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
    weights: Tensor,
    strength: Strength,
) -> nn.Module:
    """Return a copy of a network whose last layer was fitted to some weighted beats.

    That is a multinomial logistic regression on what reaches the layer, under the masks
    that pruning left. It is drawn towards the weights that it starts from, so that a
    few beats move it little, and classes that they don't show stay where they were.
    """
    refuse_unknown_end(module, "adapted")
    module = copy.deepcopy(module)
    last = _last_of(module, rows, window_shape)
    beats = _Beats(last, codes, weights.double())
    is_chosen = strength == "auto"
    if is_chosen:
        strength = _proven_strength(beats)
    weight, bias = _fitted(beats, strength, spares_absent=is_chosen)
    with torch.no_grad():
        last.layer.weight.copy_(weight)
        last.layer.bias.copy_(bias)
    return module


def adapted_layer(
    weight: np.ndarray,
    bias: np.ndarray,
    inputs: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    strength: Strength,
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and biases of a last layer, fitted to some weighted beats.

    As `adapted_network`, of a layer whose inputs are known, of shape (n_beats,
    n_inputs); `weight` is of shape (n_classes, n_inputs).
    """
    layer = nn.Linear(weight.shape[1], weight.shape[0]).double()
    with torch.no_grad():
        layer.weight.copy_(torch.as_tensor(weight))
        layer.bias.copy_(torch.as_tensor(bias))
    rest = torch.zeros(len(inputs), len(bias), dtype=torch.double)
    last = _Last(layer, torch.as_tensor(inputs).double(), rest)
    shares = torch.as_tensor(weights).double()
    beats = _Beats(last, torch.as_tensor(codes).long(), shares)
    is_chosen = strength == "auto"
    chosen = _proven_strength(beats) if is_chosen else strength
    fitted = _fitted(beats, chosen, spares_absent=is_chosen)
    return fitted.weight.numpy(), fitted.bias.numpy()


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


def _proven_strength(beats):
    """Choose the strength that foretells beats left out, the least unless one gains."""
    if len(beats.codes) < _BLOCKS:
        return _STRENGTHS[0]
    chosen, least = _STRENGTHS[0], _misfit_left_out(beats, _STRENGTHS[0])
    for strength in _STRENGTHS[1:]:
        misfit = _misfit_left_out(beats, strength)
        if least - misfit > _PROOF:
            chosen, least = strength, misfit
    return chosen


def _misfit_left_out(beats, strength):
    """Return the negative log-likelihood of each block, learnt from the others."""
    n_beats = len(beats.codes)
    block = torch.arange(n_beats) * _BLOCKS // n_beats
    misfit = 0.0
    for each in range(_BLOCKS):
        out = beats.of(block == each)
        weights = _fitted(beats.of(block != each), strength)
        misfit += out.misfit(weights.logits(out.last)).item()
    return misfit


def _fitted(beats, strength, *, spares_absent=True):
    """Fit weights to the optimum, which the network's own are where it begins."""
    layer = beats.last.layer
    start = _Weights(layer.weight.detach().double(), layer.bias.detach().double())
    stays = start.weight != 0
    now = _Weights(*(values.clone().requires_grad_() for values in start))
    optimizer = torch.optim.LBFGS(
        list(now), max_iter=_STEPS, line_search_fn="strong_wolfe"
    )
    handicap = torch.zeros(len(start.bias), dtype=torch.double)
    if spares_absent:
        is_absent = torch.bincount(beats.codes, minlength=len(start.bias)) == 0
        handicap[is_absent] = math.log(_AGAINST_ABSENT)

    def loss():
        optimizer.zero_grad()
        logits = _Weights(now.weight * stays, now.bias).logits(beats.last)
        moved = sum(
            (new - old).square().sum() for new, old in zip(now, start, strict=True)
        )
        total = beats.misfit(logits + handicap) + moved / (2 * strength**2)
        total.backward()
        return total

    optimizer.step(loss)
    return _Weights((now.weight * stays).detach(), now.bias.detach())

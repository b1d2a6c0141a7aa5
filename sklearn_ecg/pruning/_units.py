"""Whole channels and hidden units: which to prune, and the network without them.

The layers of a *chain* feed on each other in a row. A unit of one layer (a channel of a
convolution, a hidden unit) goes with all that hangs on it: its own weights, and those
of the next layer that take its output.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..networks import BeatCNN, prunable_weights
from ._criteria import Budget, Criterion, scored


def fans_of(network: BeatCNN) -> list[int]:
    """Count the inputs of the next layer that a unit of each layer feeds."""
    n_rhythm = getattr(network.rhythm_norm, "num_features", 0)
    fans = [1] * len(network.blocks)
    if fans:
        n_maps = network.blocks[-1][0].out_channels
        fans[-1] = (network.hidden.in_features - n_rhythm) // n_maps
    return [*fans, 1]


def prune_units(
    weights: Sequence[Tensor],
    masks: Sequence[Tensor],
    sparsity: float,
    fans: Sequence[int],
    *,
    criterion: str | Criterion = "lamp",
    layer_floor: float = 0.1,
    macs: Sequence[int] | None = None,
) -> list[Tensor]:
    """Masks of a chain in which whole units are pruned."""
    budget = Budget.of(weights, sparsity, macs, at_least=True)
    chain = _Chain(weights, masks, fans, budget.prices)
    scores = [
        scored(criterion, chain.squares(weights, layer)) for layer in range(len(fans))
    ]
    largest = max(map(chain.cost, range(len(fans))))
    budget.check(chain.spent([1] * len(fans)), chain.spent(), largest)
    share = math.sqrt(layer_floor * (1 - sparsity))
    floors = [max(1, int(share * len(alive))) for alive in chain.alive]
    gone = []
    while chain.spent() > budget.kept:
        layer, unit = chain.weakest(scores, floors) or chain.weakest(
            scores, [1] * len(fans)
        )
        chain.alive[layer][unit] = False
        gone.append((layer, unit))
    # The last to go took more than was needed: some that went before may fit in again.
    for layer, unit in reversed(gone):
        if chain.spent() + chain.cost(layer) <= budget.kept:
            chain.alive[layer][unit] = True
    return chain.masks(weights)


class _Chain:
    """Units of a chain that live, and their cost."""

    def __init__(self, weights, masks, fans, prices):
        self.alive = [mask.flatten(1).any(1) for mask in masks[:-1]]
        self.fans = fans
        self.n_last = len(weights[-1])
        self.unfed = [weights[0].shape[1]] + [
            weight.shape[1] - fan * len(alive)
            for weight, fan, alive in zip(weights[1:], fans, self.alive, strict=True)
        ]
        self.prices = [
            price * weight[0, 0].numel()
            for weight, price in zip(weights, prices, strict=True)
        ]

    def _counts(self):
        return [int(alive.sum()) for alive in self.alive]

    def _n_inputs(self, layer, counts):
        fed = self.fans[layer - 1] * counts[layer - 1] if layer else 0
        return self.unfed[layer] + fed

    def spent(self, counts=None):
        """Cost of so many units in each layer, by default of those that live."""
        counts = [*(counts or self._counts()), self.n_last]
        return sum(
            price * counts[layer] * self._n_inputs(layer, counts)
            for layer, price in enumerate(self.prices)
        )

    def cost(self, layer):
        """Cost of one unit of a layer, or what it would cost if it lived."""
        counts = [*self._counts(), self.n_last]
        own = self.prices[layer] * self._n_inputs(layer, counts)
        return own + self.prices[layer + 1] * self.fans[layer] * counts[layer + 1]

    def squares(self, weights, layer):
        """Sum of the squares of the weights that go with each unit."""
        own, following = (
            weights[number].detach().double() ** 2 for number in (layer, layer + 1)
        )
        n_units, fan = len(own), self.fans[layer]
        fed = following.transpose(0, 1).flatten(1).sum(1)[: n_units * fan]
        return own.flatten(1).sum(1) + fed.view(n_units, fan).sum(1)

    def weakest(self, scores, floors):
        """Return layer and number of the unit to go next; None if all are at floors."""
        candidates = []
        for layer, (alive, floor) in enumerate(zip(self.alive, floors, strict=True)):
            if int(alive.sum()) > floor:
                living = scores[layer].masked_fill(~alive, torch.inf)
                unit = int(living.argmin())
                value = float(living[unit]) / max(self.cost(layer), 1)
                candidates.append((value, layer, unit))
        return min(candidates)[1:] if candidates else None

    def ends(self, layer, weight):
        """Tell which outputs and which inputs of a layer live."""
        outputs, inputs = (torch.ones(n, dtype=torch.bool) for n in weight.shape[:2])
        if layer < len(self.alive):
            outputs = self.alive[layer]
        if layer:
            fed = self.alive[layer - 1].repeat_interleave(self.fans[layer - 1])
            inputs[: len(fed)] = fed
        return outputs, inputs

    def masks(self, weights):
        """Masks of the layers, in which what hangs on a pruned unit is pruned."""
        masks = []
        for layer, weight in enumerate(weights):
            outputs, inputs = self.ends(layer, weight)
            grid = (outputs[:, None] & inputs).view(
                *weight.shape[:2], *[1] * (weight.ndim - 2)
            )
            masks.append(grid.expand_as(weight).contiguous())
        return masks


def without_pruned_units(network: BeatCNN) -> BeatCNN:
    """Make the network without the units whose weights are all zero."""
    weights, fans = prunable_weights(network), fans_of(network)
    masks = [torch.ones_like(weight, dtype=torch.bool) for weight in weights]
    chain = _Chain(weights, masks, fans, [1] * len(weights))
    chain.alive = [chain.squares(weights, layer) > 0 for layer in range(len(fans))]
    if all(alive.all() for alive in chain.alive):
        return network
    state = network.state_dict()
    convolutions = [f"blocks.{number}.0" for number in range(len(network.blocks))]
    norms = [f"blocks.{number}.1" for number in range(len(network.blocks))]
    for layer, name in enumerate([*convolutions, "hidden", "output"]):
        weight = state[f"{name}.weight"]
        outputs, inputs = chain.ends(layer, weight)
        state[f"{name}.weight"] = weight[outputs][:, inputs]
    for alive, norm in zip(chain.alive, [*norms, "hidden_norm"], strict=True):
        for values in ("weight", "bias", "running_mean", "running_var"):
            state[f"{norm}.{values}"] = state[f"{norm}.{values}"][alive]
    return network.with_state(state)

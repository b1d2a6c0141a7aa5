"""Criteria, schedules and masks: pure functions on tensors.

A *mask* is a boolean tensor of the shape of its weight, true where the weight lives.
Masks are owned here rather than left to `torch.nn.utils.prune`, whose
reparametrisation breaks `copy.deepcopy` and state dicts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

Criterion: TypeAlias = Callable[[Tensor], Tensor]
"""Scores the squared weights of a layer; the lowest scores are pruned first."""

SCHEDULES = ("linear", "cubic", "geometric")
BUDGETS = ("weights", "macs")
STRUCTURES = ("weight", "pair", "channel")


def stage_sparsities(
    sparsity: float, n_stages: int, schedule: str | Sequence[float] = "cubic"
) -> list[float]:
    """Sparsity to reach at the end of each stage."""
    if sparsity == 0:
        return []
    if not isinstance(schedule, str):
        return [float(value) for value in schedule]
    shares = [stage / n_stages for stage in range(1, n_stages)]
    sparsity_at: Callable[[float], float] = {
        "linear": lambda share: sparsity * share,
        "cubic": lambda share: sparsity * (1 - (1 - share) ** 3),
        "geometric": lambda share: 1 - (1 - sparsity) ** share,
    }[schedule]
    return [sparsity_at(share) for share in shares] + [sparsity]


def magnitude_scores(squares: Tensor) -> Tensor:
    """Score a weight by its square, which ranks as its absolute value does."""
    return squares


def lamp_scores(squares: Tensor) -> Tensor:
    """Layer-adaptive magnitude (LAMP; Lee et al. 2021, arXiv:2010.07611)."""
    ordered, order = squares.sort(descending=True)
    scores = torch.zeros_like(squares)
    scores[order] = ordered / ordered.cumsum(0).clamp_min(
        torch.finfo(squares.dtype).tiny
    )
    return scores


CRITERIA: dict[str, Criterion] = {"lamp": lamp_scores, "magnitude": magnitude_scores}


def scored(criterion: str | Criterion, squares: Tensor) -> Tensor:
    """Score weights by a named criterion, or by a function of the user's own."""
    if isinstance(criterion, str):
        return CRITERIA[criterion](squares)
    name = getattr(criterion, "__name__", type(criterion).__name__)
    scores = torch.as_tensor(criterion(squares.clone()))
    if scores.shape != squares.shape or not torch.isfinite(scores).all():
        raise ValueError(
            f"criterion={name} returned scores of shape {tuple(scores.shape)} for "
            f"{len(squares)} weights: it must return a finite score for each, in a "
            f"tensor of shape ({len(squares)},)."
        )
    return scores.to(squares.dtype)


def n_kept(n_weights: int, sparsity: float) -> int:
    """Weights that live when the fraction `sparsity` of `n_weights` is zero."""
    return round((1 - sparsity) * n_weights)


def most_kept(total: int, sparsity: float) -> int:
    """Largest part of `total` that leaves out at least the fraction `sparsity`."""
    kept = int((1 - sparsity) * total)
    # The product may have been rounded up to a whole number.
    return kept - 1 if kept / total > 1 - sparsity else kept


@dataclass(frozen=True)
class Budget:
    """How many weights, or multiplications, a pruned network may keep."""

    sparsity: float  # Fraction to be pruned
    prices: Sequence[int]  # Cost of one weight of each layer: 1, or its MACs
    total: int  # Cost of all weights
    kept: int  # Largest cost of the weights that stay
    unit: str  # "prunable weights" or "MACs"

    @classmethod
    def of(
        cls,
        weights: Sequence[Tensor],
        sparsity: float,
        macs: Sequence[int] | None,
        *,
        at_least: bool = False,
    ) -> Budget:
        """Count weights, or multiplications if `macs` has their number per weight."""
        prices = [1] * len(weights) if macs is None else macs
        sizes = [weight.numel() for weight in weights]
        total = sum(size * price for size, price in zip(sizes, prices, strict=True))
        if total == 0:
            raise ValueError(
                "budget='macs' finds no multiplication to save: the network never "
                "calls its layers, but takes their weights by other ways."
            )
        rounded = macs is None and not at_least
        kept = (n_kept if rounded else most_kept)(total, sparsity)
        unit = "prunable weights" if macs is None else "MACs"
        return cls(sparsity, prices, total, kept, unit)

    def check(self, least: int, left: int, largest: int) -> None:
        """Refuse a budget below `least`, or above what is `left`, by a block or more.

        `largest` is the largest cost of any single block.
        """
        if self.kept < least:
            raise ValueError(
                f"sparsity={self.sparsity} leaves {self.kept} of the network's "
                f"{self.total} {self.unit}, fewer than its {len(self.prices)} layers "
                f"need, {least}: at most {1 - least / self.total:.6g} is possible."
            )
        # An earlier stage may have left less over than one block costs.
        if self.kept - left >= largest:
            raise ValueError(
                f"sparsity={self.sparsity} asks for {self.kept} {self.unit} but only "
                f"{left} are left: stages cannot lower the sparsity."
            )


def prune(
    weights: Sequence[Tensor],
    masks: Sequence[Tensor],
    sparsity: float,
    *,
    criterion: str | Criterion = "lamp",
    layer_floor: float = 0.1,
    macs: Sequence[int] | None = None,
    width: int = 1,
) -> list[Tensor]:
    """Masks that keep the budget; `width` neighbouring weights are one block.

    Without `macs`, exactly ``n_kept(total, sparsity)`` weights live (`width` of 1).
    """
    budget = Budget.of(weights, sparsity, macs)
    costs = [
        _sums(torch.full(weight.shape, price), width)
        for weight, price in zip(weights, budget.prices, strict=True)
    ]
    scores = [
        _scores(weight, mask, cost, criterion, width)
        for weight, mask, cost in zip(weights, masks, costs, strict=True)
    ]
    density = layer_floor * (1 - sparsity)
    ranks = torch.cat([_privileges(layer, density) for layer in scores])
    chosen = _choose(torch.cat(scores), ranks, torch.cat(costs), budget)
    blocks = chosen.split([len(layer) for layer in scores])
    return [
        _of_blocks(living, weight.shape, width)
        for living, weight in zip(blocks, weights, strict=True)
    ]


def _sums(values: Tensor, width: int) -> Tensor:
    """Sum the blocks of a tensor, row after row."""
    missing = -values.shape[-1] % width
    return F.pad(values, (0, missing)).unflatten(-1, (-1, width)).sum(-1).flatten()


def _of_blocks(living: Tensor, shape: Sequence[int], width: int) -> Tensor:
    """Mask of that shape in which the weights of a block are alike."""
    rows = living.view(*shape[:-1], -1)
    return rows.repeat_interleave(width, dim=-1)[..., : shape[-1]].contiguous()


def _scores(weight, mask, costs, criterion, width):
    """Score the blocks of a layer per cost; minus infinity if pruned."""
    squares = _sums(weight.detach().double() ** 2, width)
    scores = scored(criterion, squares) / costs.clamp_min(1)
    return scores.masked_fill(_sums(mask.long(), width) == 0, -torch.inf)


def _choose(scores: Tensor, ranks: Tensor, costs: Tensor, budget: Budget) -> Tensor:
    """Choose blocks by rank, then by score, as many as the budget pays for."""
    alive = ~torch.isneginf(scores)
    least, left = int(costs[ranks == 2].sum()), int(costs[alive].sum())
    budget.check(least, left, int(costs[alive].max()))
    order = scores.argsort(descending=True, stable=True)
    order = order[ranks[order].argsort(descending=True, stable=True)]
    chosen = torch.zeros(len(scores), dtype=torch.bool)
    chosen[_affordable(order[alive[order]], costs, budget.kept)] = True
    return chosen


def _affordable(order: Tensor, costs: Tensor, kept: int) -> Tensor:
    """Take from `order` what `kept` pays for, passing over what it does not."""
    taken = []
    while len(order):
        spent = costs[order].cumsum(0)
        n_taken = int((spent <= kept).sum())
        taken.append(order[:n_taken])
        kept -= int(costs[order[:n_taken]].sum())
        order = order[n_taken:]
        order = order[costs[order] <= kept]
    return torch.cat(taken)


def _privileges(scores: Tensor, density: float) -> Tensor:
    """Rank each weight of a layer: the best 2, those of its floor 1, the others 0."""
    order = scores.argsort(descending=True, stable=True)
    alive = int(torch.isfinite(scores).sum())
    ranks = torch.zeros(len(scores), dtype=torch.int8)
    ranks[order[: min(alive, int(density * len(scores)))]] = 1
    ranks[order[:1]] = 2
    return ranks


@torch.no_grad()
def apply_masks(weights: Sequence[Tensor], masks: Sequence[Tensor]) -> None:
    """Set the pruned weights to exactly zero, in place."""
    for weight, mask in zip(weights, masks, strict=True):
        weight.masked_fill_(~mask, 0.0)

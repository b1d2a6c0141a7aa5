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
"""Of the squares of the weights of a layer it makes scores; the lowest go first."""

SCHEDULES = ("linear", "cubic", "geometric")
BUDGETS = ("weights", "macs")
STRUCTURES = ("weight", "pair", "channel")


def stage_sparsities(
    sparsity: float, n_stages: int, schedule: str | Sequence[float] = "cubic"
) -> list[float]:
    """Sparsity to reach at the end of each stage.

    Parameters
    ----------
    sparsity : float in [0, 1)
        Final sparsity. 0 means no stage at all.
    n_stages : int
        Number of stages.
    schedule : {"linear", "cubic", "geometric"} or sequence of float
        ``"linear"`` removes the same number of weights in each stage; ``"cubic"``
        removes many at first and few at the end (Zhu and Gupta 2017,
        arXiv:1710.01878); ``"geometric"`` removes the same share of what is left
        (Han et al. 2015, arXiv:1506.02626). A sequence is taken as it is.

    Returns
    -------
    list of float
        Rising sparsities, the last of which is `sparsity`.

    Examples
    --------
    >>> stage_sparsities(0.75, 2, "geometric")
    [0.5, 0.75]
    """
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
    """Score a weight by its square, which ranks as its absolute value does.

    Han et al. 2015, arXiv:1506.02626.
    """
    return squares


def lamp_scores(squares: Tensor) -> Tensor:
    """Layer-adaptive magnitude (LAMP; Lee et al. 2021, arXiv:2010.07611).

    The score of a weight is its square over the sum of the squares of all weights of
    its layer that are at least as large. The largest weight of every layer scores 1,
    so that scores of different layers compare without a constant to tune.
    """
    ordered, order = squares.sort(descending=True)
    scores = torch.zeros_like(squares)
    scores[order] = ordered / ordered.cumsum(0).clamp_min(
        torch.finfo(squares.dtype).tiny
    )
    return scores


CRITERIA: dict[str, Criterion] = {
    "lamp": lamp_scores,
    "magnitude": magnitude_scores,
}


def scored(criterion: str | Criterion, squares: Tensor) -> Tensor:
    """Score weights by a criterion of ours, by its name, or by one of the user's own.

    Parameters
    ----------
    criterion : str or callable
    squares : Tensor of shape (n_weights,)
        Of the weights of a layer; a callable gets a copy.

    Returns
    -------
    Tensor of shape (n_weights,)

    Raises
    ------
    ValueError
        If a callable returns anything else than a finite score for each.

    Examples
    --------
    >>> scored("magnitude", torch.tensor([4.0, 1.0])).tolist()
    [4.0, 1.0]
    """
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
    """Most of `total` that may stay when at least the fraction `sparsity` goes."""
    kept = int((1 - sparsity) * total)
    # The product may have been rounded up to a whole number.
    return kept - 1 if kept / total > 1 - sparsity else kept


@dataclass(frozen=True)
class Budget:
    """What may stay of a network.

    Attributes
    ----------
    sparsity : float
        Fraction that goes.
    prices : sequence of int
        What one weight of each layer takes.
    total, kept : int
        What all weights take, and what may be left of it.
    unit : str
        What is counted.
    """

    sparsity: float
    prices: Sequence[int]
    total: int
    kept: int
    unit: str

    @classmethod
    def of(
        cls,
        weights: Sequence[Tensor],
        sparsity: float,
        macs: Sequence[int] | None,
        *,
        at_least: bool = False,
    ) -> Budget:
        """Budget in weights, or in multiplications if `macs` has those of a weight.

        Multiplications, and weights with `at_least`, are never more than the sparsity
        says; else their number is rounded.
        """
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
        """Refuse what cannot be met.

        Parameters
        ----------
        least : int
            What the best of each layer take.
        left : int
            What all take that live today.
        largest : int
            What the one of them takes that takes most.
        """
        if self.kept < least:
            raise ValueError(
                f"sparsity={self.sparsity} leaves {self.kept} of the network's "
                f"{self.total} {self.unit}, fewer than its {len(self.prices)} layers "
                f"need, {least}: at most {1 - least / self.total:.6g} is possible."
            )
        # Less than what one takes may be left over from an earlier stage.
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
    """Masks that leave exactly ``n_kept(total, sparsity)`` weights alive.

    A weight that is already pruned stays so. All layers compete in one ranking, but
    each keeps at least the fraction ``layer_floor * (1 - sparsity)`` of its weights,
    and one weight: a ranking over all layers can otherwise empty a thin layer and cut
    the network in two. Where these floors add up to more than may live, the one weight
    comes first.

    Given `macs`, `sparsity` is the fraction of the multiplications that goes, and
    weights rank by score over cost. Those that live take at most ``most_kept(total,
    sparsity)`` of them, and what they leave of it pays for none that was pruned now.

    With a `width` of 2 the same goes for pairs of neighbours, which live or are pruned
    together; where a single weight is left over at the end of a row it is on its own.
    At most ``n_kept(total, sparsity)`` weights live then.

    Parameters
    ----------
    weights : sequence of Tensor
        The prunable weights, a tensor for each layer.
    masks : sequence of Tensor of bool
        What lives before this stage.
    sparsity : float in [0, 1)
        Fraction of all weights that is zero afterwards; not below today's.
    criterion : {"lamp", "magnitude"} or callable
        Which weights matter least.
    layer_floor : float in [0, 1]
        0 leaves the layers to the ranking, 1 gives all the same sparsity.
    macs : sequence of int or None
        Multiplications that one weight of each layer takes.
    width : int
        How many neighbours along the last axis make a block.

    Returns
    -------
    list of Tensor of bool
        The new masks.

    Raises
    ------
    ValueError
        If less would be left than a weight in each layer, or more than today.
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
    """Score the blocks of a layer for what they take; minus infinity if pruned."""
    squares = _sums(weight.detach().double() ** 2, width)
    scores = scored(criterion, squares) / costs.clamp_min(1)
    return scores.masked_fill(_sums(mask.long(), width) == 0, -torch.inf)


def _choose(scores: Tensor, ranks: Tensor, costs: Tensor, budget: Budget) -> Tensor:
    """Choose by rank, then by score, as many as the budget pays for."""
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
    """Set the pruned weights to exactly zero, in place.

    `masked_fill_` rather than a product: a product turns a negative weight to -0.0
    and leaves an infinite one as NaN.
    """
    for weight, mask in zip(weights, masks, strict=True):
        weight.masked_fill_(~mask, 0.0)

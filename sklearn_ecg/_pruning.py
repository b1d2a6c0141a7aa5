"""Criteria, schedules and masks: pure functions on tensors.

A *mask* is a boolean tensor of the shape of its weight, true where the weight lives.
Masks are owned here rather than left to `torch.nn.utils.prune`, whose
reparametrisation breaks `copy.deepcopy` and state dicts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

SCHEDULES = ("linear", "cubic", "geometric")


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
    shape: Callable[[float], float] = {
        "linear": lambda share: sparsity * share,
        "cubic": lambda share: sparsity * (1 - (1 - share) ** 3),
        "geometric": lambda share: 1 - (1 - sparsity) ** share,
    }[schedule]
    return [shape(share) for share in shares] + [sparsity]


def magnitude_scores(weight: Tensor) -> Tensor:
    """Score a weight by its absolute value (Han et al. 2015, arXiv:1506.02626)."""
    return weight.detach().abs()


def lamp_scores(weight: Tensor) -> Tensor:
    """Layer-adaptive magnitude (LAMP; Lee et al. 2021, arXiv:2010.07611).

    The score of a weight is its square over the sum of the squares of all weights of
    its layer that are at least as large. The largest weight of every layer scores 1,
    so that scores of different layers compare without a constant to tune.
    """
    squares = weight.detach().flatten().double() ** 2
    ordered, order = squares.sort(descending=True)
    scores = torch.zeros_like(squares)
    scores[order] = ordered / ordered.cumsum(0).clamp_min(
        torch.finfo(squares.dtype).tiny
    )
    return scores.view_as(weight)


CRITERIA: dict[str, Callable[[Tensor], Tensor]] = {
    "lamp": lamp_scores,
    "magnitude": magnitude_scores,
}


def n_kept(n_weights: int, sparsity: float) -> int:
    """Weights that live when the fraction `sparsity` of `n_weights` is zero."""
    return round((1 - sparsity) * n_weights)


def prune(
    weights: Sequence[Tensor],
    masks: Sequence[Tensor],
    sparsity: float,
    *,
    criterion: str = "lamp",
    layer_floor: float = 0.1,
) -> list[Tensor]:
    """Masks that leave exactly ``n_kept(total, sparsity)`` weights alive.

    A weight that is already pruned stays so. All layers compete in one ranking, but
    each keeps at least the fraction ``layer_floor * (1 - sparsity)`` of its weights,
    and one weight: a ranking over all layers can otherwise empty a thin layer and cut
    the network in two. Where these floors add up to more than may live, the one weight
    comes first.

    Parameters
    ----------
    weights : sequence of Tensor
        The prunable weights, a tensor for each layer.
    masks : sequence of Tensor of bool
        What lives before this stage.
    sparsity : float in [0, 1)
        Fraction of all weights that is zero afterwards; not below today's.
    criterion : {"lamp", "magnitude"}
        Which weights matter least.
    layer_floor : float in [0, 1]
        0 leaves the layers to the ranking, 1 gives all the same sparsity.

    Returns
    -------
    list of Tensor of bool
        The new masks.

    Raises
    ------
    ValueError
        If fewer weights would be left than there are layers, or more than live today.
    """
    total = sum(weight.numel() for weight in weights)
    keep = n_kept(total, sparsity)
    alive = sum(int(mask.sum()) for mask in masks)
    if keep < len(weights):
        highest = 1 - len(weights) / total
        raise ValueError(
            f"sparsity={sparsity} leaves {keep} of the network's {total} prunable "
            f"weights, fewer than its {len(weights)} layers: at most {highest:.6g} "
            "is possible."
        )
    if keep > alive:
        raise ValueError(
            f"sparsity={sparsity} asks for {keep} weights but only {alive} are left: "
            "stages cannot lower the sparsity."
        )
    score = CRITERIA[criterion]
    scores = [
        score(weight).flatten().double().masked_fill(~mask.flatten(), -torch.inf)
        for weight, mask in zip(weights, masks, strict=True)
    ]
    density = layer_floor * (1 - sparsity)
    ranks = torch.cat([_privileges(layer, density) for layer in scores])
    order = torch.cat(scores).argsort(descending=True, stable=True)
    order = order[ranks[order].argsort(descending=True, stable=True)]
    chosen = torch.zeros(total, dtype=torch.bool)
    chosen[order[:keep]] = True
    sizes = [weight.numel() for weight in weights]
    return [
        mask.view_as(weight)
        for mask, weight in zip(chosen.split(sizes), weights, strict=True)
    ]


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

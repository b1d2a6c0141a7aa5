"""The loss of a batch of beats."""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor, nn


class BeatLoss(nn.Module):
    """Cross-entropy, mixed with the distance to a teacher where there is one."""

    def __init__(self, class_weight=None, distillation=0.0, temperature=2.0):
        super().__init__()
        self.register_buffer("class_weight", class_weight)
        self.distillation = distillation
        self.temperature = temperature

    def forward(self, logits: Tensor, target: Mapping[str, Tensor]) -> Tensor:
        """Mean loss of a batch with a target from a `BeatDataset`."""
        weight = self._weight_of_each_beat(logits, target)
        hard = self._cross_entropy(logits, target, weight)
        if "teacher" not in target:
            return hard
        T = self.temperature
        soft = F.kl_div(
            F.log_softmax(logits / T, dim=1),
            F.log_softmax(target["teacher"] / T, dim=1),
            reduction="none",
            log_target=True,
        ).sum(dim=1)
        soft = weighted_mean(soft, weight)
        return (1 - self.distillation) * hard + self.distillation * T**2 * soft

    def _weight_of_each_beat(self, logits, target):
        """Weights of class and beat multiplied; None where there are neither."""
        weights = target.get("weights")
        if weights is not None:
            weights = weights.to(logits.dtype)
        if self.class_weight is None:
            return weights
        of_class = self.class_weight.to(logits.dtype)[target["classes"]]
        return of_class if weights is None else weights * of_class

    def _cross_entropy(self, logits, target, weight):
        if "weights" not in target:
            of_class = self.class_weight
            if of_class is not None:
                of_class = of_class.to(logits.dtype)
            return F.cross_entropy(logits, target["classes"], weight=of_class)
        each = F.cross_entropy(logits, target["classes"], reduction="none")
        return weighted_mean(each, weight)


def weighted_mean(values: Tensor, weights: Tensor | None) -> Tensor:
    if weights is None:
        return values.mean()
    return (weights * values).sum() / weights.sum()

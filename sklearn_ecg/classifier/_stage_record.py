"""What the stages of a pruning left: rows of `stages_`, and their weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from ..networks._complexity import Complexity, complexity
from ..training._dataset import BeatDataset, split_rows
from ..training._stage_loop import Stage
from ..training._torch_state import ordinary_tensors
from ..training._train import infer
from ..windows._columns import InputLayout
from ._packed_weights import packed_weights, with_weights
from ._recall_guard import RecallGuard, missed_floor, rejection


@ordinary_tensors()
def complexity_of(
    module: nn.Module, layout: InputLayout, before: Complexity | None = None
) -> Complexity:
    """Count what `module` does with a beat of that layout."""
    silence = torch.zeros(1, layout.n_features)
    cost = complexity(module, **split_rows(silence, layout.window_shape))
    if before is None:
        return cost
    return replace(cost, n_prunable=before.n_prunable, dense_macs=before.dense_macs)


def describe(
    stage: Stage,
    cost: Complexity,
    module: nn.Module,
    logits: Tensor,
    data: BeatDataset,
    validation: BeatDataset | None,
    classes: np.ndarray,
) -> dict:
    """Row of `stages_`."""
    log = stage.log
    row = {
        "stage": stage.number,
        "target_sparsity": stage.target_sparsity,
        "sparsity": cost.sparsity,
        "n_nonzero": cost.n_nonzero,
        "macs": cost.macs,
        "n_epochs": len(log.loss),
        "train_loss": log.loss[-1],
        "train_score": _share_of(_hits(logits, data), data.weights),
        "losses": log.loss,
        "scores": log.score,
    }
    if log.validation_loss:
        row["validation_loss"] = min(log.validation_loss)
        row["validation_losses"] = log.validation_loss
    if validation is not None:
        row |= _validation_scores(module, validation, classes)
    return row


def _validation_scores(module, validation, classes):
    """Accuracy on the validation part, and the share found of each class."""
    logits = infer(module, validation.rows, validation.window_shape)
    hits, weights = _hits(logits, validation), validation.weights
    recall = {}
    for code, label in enumerate(classes.tolist()):
        of_class = validation.classes == code
        own = None if weights is None else weights[of_class]
        recall[label] = _share_of(hits[of_class.numpy()], own)
    return {
        "validation_score": _share_of(hits, weights),
        "validation_recall": recall,
    }


def _hits(logits: Tensor, data: BeatDataset) -> np.ndarray:
    """Tell of each beat whether it is labelled right."""
    return (logits.argmax(dim=1) == data.classes).numpy()


def _share_of(hits: np.ndarray, weights: Tensor | None) -> float:
    """Share of the beats that are hits, each by its weight; NaN of no beats."""
    if not len(hits):
        return np.nan
    if weights is not None:
        weights = weights.double().numpy()
    return float(np.average(hits, weights=weights))


class StageRecord:
    """Rows and weights of the stages of a fit, and the guard that may end it."""

    def __init__(
        self,
        layout: InputLayout,
        classes: np.ndarray,
        data: BeatDataset,
        validation: BeatDataset | None,
        guard: RecallGuard | None,
        compact: Callable[[nn.Module], nn.Module] = lambda module: module,
    ):
        self.layout = layout
        self.classes = classes
        self.data = data
        self.validation = validation
        self.guard = guard
        self.compact = compact
        self.rows: list[dict] = []
        self.weights: dict[int, dict] = {}
        self.floors: dict | None = None

    @property
    def rejected(self) -> bool:
        """Whether the guard refused the last stage."""
        return bool(self.rows) and not self.rows[-1].get("accepted", True)

    def accepts(self, stage: Stage, module: nn.Module) -> bool:
        """Record a stage, and ask the guard whether pruning may go on."""
        kept = self.compact(module)
        cost = complexity_of(module, self.layout)
        logits = stage.logits
        if kept is not module:
            # Smaller, it rounds its sums in another order.
            logits = infer(kept, self.data.rows, self.data.window_shape)
        row = describe(
            stage, cost, kept, logits, self.data, self.validation, self.classes
        )
        self.rows.append(row)
        if self.guard is not None:
            recall = row["validation_recall"]
            if self.floors is None:
                self.floors = self.guard.floors_after(recall)
            row["accepted"] = missed_floor(recall, self.floors) is None
        if self.rejected:
            return False
        self.weights[stage.number] = packed_weights(kept)
        return True

    def rejection(self) -> str:
        """Say which stage the guard refused, and why."""
        assert self.floors is not None  # A stage was refused.
        return rejection(self.rows, self.floors)

    def last_accepted(self, module: nn.Module) -> nn.Module:
        """Return the network of the last accepted stage, or else the dense one."""
        if self.rejected and self.weights:
            return with_weights(module, self.weights[max(self.weights)])
        return self.compact(module)

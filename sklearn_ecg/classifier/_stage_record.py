"""What the stages of a pruning left, and the guard of recall that may end them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from ..networks import Complexity, complexity
from ..training import BeatDataset, Stage, infer, ordinary_tensors, split_rows
from ..windows import InputLayout
from ._network import packed_weights, with_weights

# A floor derived from the dense network's recall is a difference of two fractions, and
# may lie a rounding error above the very fraction that it stands for.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class RecallGuard:
    """Lowest recall of each guarded class."""

    floors: dict  # Lowest recall allowed
    drops: dict  # How far the recall may fall below the dense network's

    @classmethod
    def of(cls, min_recall, max_recall_drop, labels) -> RecallGuard | None:
        """Make the guard that two parameters of the classifier ask for."""
        floors, drops = min_recall or {}, max_recall_drop or {}
        if isinstance(max_recall_drop, float):
            drops = dict.fromkeys(labels, max_recall_drop)
        for name, guarded in (("min_recall", floors), ("max_recall_drop", drops)):
            unknown = [label for label in guarded if label not in labels]
            if unknown:
                raise ValueError(
                    f"{name} names {unknown[0]!r}, which is no class of y; these are "
                    f"{labels}."
                )
        return cls(dict(floors), dict(drops)) if floors or drops else None

    @property
    def parameter(self) -> str:
        """The parameter that asks for the guard."""
        return "min_recall" if self.floors else "max_recall_drop"

    @property
    def labels(self) -> list:
        """The guarded classes."""
        return [
            *self.floors,
            *(label for label in self.drops if label not in self.floors),
        ]

    def floors_after(self, dense_recall: dict) -> dict:
        """Floor of each guarded class, the higher where it has two."""
        lowered = {
            label: max(0.0, dense_recall[label] - drop)
            for label, drop in self.drops.items()
        }
        return {
            label: max(self.floors.get(label, 0.0), lowered.get(label, 0.0))
            for label in self.labels
        }


def missed_floor(recall: dict, floors: dict):
    """Find the class that is furthest below its floor."""
    short = {label: floor - recall[label] for label, floor in floors.items()}
    worst = max(short, key=lambda label: short[label], default=None)
    return worst if short.get(worst, 0.0) > _ROUNDING else None


def rejection(rows: list[dict], floors: dict) -> str:
    """Say which stage was rejected, and why."""
    rejected = rows[-1]
    label = missed_floor(rejected["validation_recall"], floors)
    finding = (
        f"recall {rejected['validation_recall'][label]:.4f} of class {label!r} on the "
        f"validation part, below its floor of {floors[label]:.4f}"
    )
    if len(rows) == 1:
        return (
            f"Nothing was pruned: already the dense network has {finding}. It is kept. "
            "Train it longer or weigh its classes, or lower min_recall."
        )
    return (
        f"Pruning stopped: stage {rejected['stage']}, at sparsity "
        f"{rejected['target_sparsity']:.4g}, has {finding}. The classifier is that of "
        f"stage {rows[-2]['stage']}, at sparsity {rows[-2]['target_sparsity']:.4g}."
    )


@ordinary_tensors()
def complexity_of(
    module: nn.Module, layout: InputLayout, before: Complexity | None = None
) -> Complexity:
    """Count the operations of `module` on a beat.

    `before` is the cost of the unpruned network; sparsity is relative to it.
    """
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
    return {"validation_score": _share_of(hits, weights), "validation_recall": recall}


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

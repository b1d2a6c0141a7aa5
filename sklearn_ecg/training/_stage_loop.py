"""Multistage pruning: train, then prune and retrain, stage by stage.

Source of the method: Li, Panicker, Cardiff, John, "Multistage Pruning of CNN Based ECG
Classifiers for Edge Devices", arXiv:2109.00516. Its abstract leaves schedule,
criterion and retraining open; the choices here are this project's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from ..networks import output_positions, prunable_weights
from ..pruning import Criterion, apply_masks, fans_of, prune, prune_units
from ._dataset import BeatDataset, split_rows
from ._train import TrainingLog, TrainingPlan, infer, train


@dataclass(frozen=True)
class PruningPlan:
    """What each stage does."""

    sparsities: Sequence[float]  # Sparsity after each stage; empty to stay dense
    criterion: str | Criterion
    layer_floor: float
    budget: str  # What the sparsities are fractions of
    structure: str  # What is pruned together
    n_epochs: int  # Epochs of the dense training
    stage_epochs: Sequence[int]  # Epochs of the retraining in each stage
    learning_rate: float
    stage_learning_rate: float | None
    distillation: float  # If above 0, retrain with the dense network as the teacher

    @property
    def total_epochs(self) -> int:
        """Epochs of all stages, if none stops early."""
        return self.n_epochs + sum(self.stage_epochs)


@dataclass(frozen=True)
class Stage:
    """A stage that is done."""

    number: int  # 0 is the dense training
    target_sparsity: float
    log: TrainingLog
    logits: Tensor  # Of the training beats, by the network as the stage left it


def run_stages(
    module: nn.Module,
    data: BeatDataset,
    validation: BeatDataset | None,
    training: TrainingPlan,
    pruning: PruningPlan,
    on_epoch: Callable[[str, dict], None] = lambda where, epoch: None,
) -> Iterator[Stage]:
    """Train `module` in place and yield after each stage, the dense one first."""
    log = train(
        module,
        data,
        training,
        n_epochs=pruning.n_epochs,
        learning_rate=pruning.learning_rate,
        validation=validation,
        where="dense training",
        on_epoch=lambda epoch: on_epoch("dense", epoch),
    )
    dense = Stage(0, 0.0, log, infer(module, data.rows, data.window_shape))
    yield dense

    if pruning.distillation:
        data = replace(data, teacher=dense.logits)
    weights = prunable_weights(module)
    masks = [torch.ones_like(weight, dtype=torch.bool) for weight in weights]
    macs = None
    if pruning.budget == "macs":
        # A copy, lest a network that works in place write into the user's X.
        one_beat = split_rows(data.rows[:1].clone(), data.window_shape)
        macs = output_positions(module, **one_beat)
    n_stages = len(pruning.sparsities)
    stages = zip(pruning.sparsities, pruning.stage_epochs, strict=True)
    for number, (sparsity, n_epochs) in enumerate(stages, start=1):
        where = f"stage {number}/{n_stages} at sparsity {sparsity:.3g}"
        masks = _prune(module, masks, sparsity, pruning, macs)
        apply_masks(weights, masks)
        log = train(
            module,
            data,
            training,
            n_epochs=n_epochs,
            learning_rate=pruning.stage_learning_rate or pruning.learning_rate,
            rewind=pruning.stage_learning_rate is None,
            masks=masks,
            validation=validation,
            where=where,
            on_epoch=partial(on_epoch, where),
        )
        logits = infer(module, data.rows, data.window_shape)
        yield Stage(number, sparsity, log, logits)


def _prune(module, masks, sparsity, pruning, macs):
    weights = prunable_weights(module)
    options = {
        "criterion": pruning.criterion,
        "layer_floor": pruning.layer_floor,
        "macs": macs,
    }
    if pruning.structure == "channel":
        return prune_units(weights, masks, sparsity, fans_of(module), **options)
    width = 2 if pruning.structure == "pair" else 1
    return prune(weights, masks, sparsity, width=width, **options)

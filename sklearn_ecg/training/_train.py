"""Training a network for some epochs, on top of a skorch net.

The skorch net lives only as long as a call of `train`: it is composed, not inherited
from, so that the estimator stays a plain scikit-learn one and its pickle holds neither
optimizer nor history.
"""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from skorch import NeuralNet
from skorch.callbacks import Callback, LRScheduler, PassthroughScoring
from skorch.helper import predefined_split
from torch import Tensor, nn

from ..networks import prunable_weights
from ..pruning import apply_masks
from ._batch_norm import WeighNorms, recompute_statistics
from ._dataset import Augmentation, BatchIterator, BeatDataset, split_rows
from ._torch_state import ordinary_tensors


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


class Converged(Exception):
    """Raised to leave the training loop early."""


class HoldMasks(Callback):
    """Zero the pruned weights after each optimizer step."""

    def __init__(self, weights, masks):
        self.weights = weights
        self.masks = masks

    def on_train_begin(self, net, **kwargs):
        pairs = zip(self.masks, self.weights, strict=True)
        self.masks = [mask.to(weight.device) for mask, weight in pairs]

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            apply_masks(self.weights, self.masks)


class Watch(Callback):
    """Refuse a loss that is not finite, count the hits, tell each epoch's figures."""

    def __init__(self, where, on_epoch):
        self.where = where
        self.on_epoch = on_epoch

    def on_batch_end(self, net, batch=None, training=False, **step):
        target = batch[1]
        weights = target.get("weights")
        if weights is not None:
            size = "train_batch_size" if training else "valid_batch_size"
            net.history.record_batch(size, weights.sum().item())
        if not training:
            return
        if not torch.isfinite(step["loss"]):
            epoch = len(net.history)
            rate = net.optimizer_.param_groups[0]["lr"]
            raise ValueError(
                f"The loss became {step['loss'].item()} in epoch {epoch} of "
                f"{self.where}, at a learning rate of {rate:.3g}. Lower learning_rate, "
                "or look for extreme values in X."
            )
        hits = step["y_pred"].argmax(dim=1).cpu() == target["classes"]
        score = weighted_mean(hits.float(), weights)
        net.history.record_batch("train_score", score.item())

    def on_epoch_end(self, net, **kwargs):
        epoch = net.history[-1]
        if not math.isfinite(epoch.get("valid_loss", 0.0)):
            raise ValueError(
                f"The loss on the validation part became {epoch['valid_loss']} in "
                f"epoch {len(net.history)} of {self.where}. Look for extreme values in "
                "X, or lower learning_rate."
            )
        self.on_epoch(epoch)


class KeepBest(Callback):
    """Keep the weights of the epoch with the lowest validation loss; stop in time."""

    def __init__(self, patience, data, augmentation):
        self.patience = patience
        self.data = data
        self.augmentation = augmentation

    def on_train_begin(self, net, **kwargs):
        self.best_loss, self.best_epoch, self.best_state = float("inf"), 0, None
        self.has_trained = False

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        if self.has_trained and not training:
            recompute_statistics(net.module_, self.data, self.augmentation)
        self.has_trained = training

    def on_epoch_end(self, net, **kwargs):
        loss = net.history[-1, "valid_loss"]
        if loss < self.best_loss:
            self.best_loss, self.best_epoch = loss, len(net.history)
            self.best_state = copy.deepcopy(net.module_.state_dict())
        elif len(net.history) - self.best_epoch >= self.patience:
            raise Converged

    def on_train_end(self, net, **kwargs):
        net.module_.load_state_dict(self.best_state)


OPTIMIZERS = {"adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}

# Rows that go through the network at once when it is not training. Always this many
# (the last chunk is padded), because the rounding of a matrix product depends on its
# shape: so a beat's scores do not depend on the beats it comes with.
_INFERENCE_ROWS = 128


@dataclass(frozen=True)
class TrainingPlan:
    """How to train; all that stays the same from stage to stage."""

    batch_size: int
    optimizer: str
    momentum: float  # Of SGD
    weight_decay: float
    loss: BeatLoss
    patience: int | None  # Stop after so many epochs without a lower validation loss
    device: str
    generator: torch.Generator  # Shuffles the batches
    augmentation: Augmentation | None = None  # Varies the windows of a batch


@dataclass
class TrainingLog:
    """What happened, an entry for each epoch."""

    loss: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)


def train(
    module: nn.Module,
    data: BeatDataset,
    plan: TrainingPlan,
    *,
    n_epochs: int,
    learning_rate: float,
    rewind: bool = True,
    masks: Sequence[Tensor] = (),
    validation: BeatDataset | None = None,
    where: str = "training",
    on_epoch: Callable[[dict], None] = lambda epoch: None,
) -> TrainingLog:
    """Train `module` in place, and leave it ready for use, on the CPU."""
    callbacks = _callbacks(module, data, plan, masks, validation, where, on_epoch)
    if rewind:
        callbacks.append(("schedule", _one_cycle(learning_rate, n_epochs, data, plan)))
    net = NeuralNet(
        module,
        criterion=plan.loss,
        max_epochs=n_epochs,
        batch_size=plan.batch_size,
        iterator_train=BatchIterator,
        iterator_train__generator=plan.generator,
        iterator_train__augmentation=plan.augmentation,
        iterator_valid=BatchIterator,
        train_split=None if validation is None else predefined_split(validation),
        callbacks=callbacks,
        callbacks__print_log=None,
        device=plan.device,
        verbose=0,
        **_optimizer_parameters(plan, learning_rate),
    ).initialize()
    net.notify("on_train_begin", X=data, y=None)
    # fit_loop, not fit: skorch's fit swallows the user's Ctrl-C.
    with contextlib.suppress(Converged):
        net.fit_loop(data)
    net.notify("on_train_end", X=data, y=None)
    recompute_statistics(module.cpu(), data, plan.augmentation)
    _check_finite(module, where)
    figures = ["train_loss", "train_score"]
    if validation is not None:
        figures.append("valid_loss")
    return TrainingLog(*(list(map(float, net.history[:, name])) for name in figures))


def _callbacks(module, data, plan, masks, validation, where, on_epoch):
    callbacks = [
        ("train_score", PassthroughScoring("train_score", on_train=True)),
        ("watch", Watch(where, on_epoch)),
    ]
    if masks:
        callbacks.insert(0, ("masks", HoldMasks(prunable_weights(module), masks)))
    if data.weights is not None:
        callbacks.append(("norms", WeighNorms()))
    if validation is not None:
        callbacks.append(
            ("keep_best", KeepBest(plan.patience, data, plan.augmentation))
        )
    return callbacks


def _check_finite(module: nn.Module, where: str) -> None:
    """Refuse a network that extreme values have broken without breaking the loss."""
    for name, values in module.state_dict().items():
        if not torch.isfinite(values).all():
            raise ValueError(
                f"The network's {name} became infinite or NaN in {where}. Look for "
                "extreme values in X."
            )


def _one_cycle(learning_rate, n_epochs, data, plan) -> LRScheduler:
    return LRScheduler(
        policy=torch.optim.lr_scheduler.OneCycleLR,
        step_every="batch",
        max_lr=learning_rate,
        total_steps=n_epochs * len(BatchIterator(data, plan.batch_size)),
        pct_start=0.15,
        cycle_momentum=False,
    )


def _optimizer_parameters(plan: TrainingPlan, learning_rate: float) -> dict:
    parameters = {
        "optimizer": OPTIMIZERS[plan.optimizer],
        "lr": learning_rate,
        "optimizer__weight_decay": plan.weight_decay,
        "optimizer__fused": True,
    }
    if plan.optimizer == "sgd":
        parameters["optimizer__momentum"] = plan.momentum
    return parameters


@ordinary_tensors()
@torch.no_grad()
def infer(module: nn.Module, rows: Tensor, window_shape: tuple[int, int]) -> Tensor:
    """Logits of every row, on the CPU."""
    logits = []
    for chunk in rows.split(_INFERENCE_ROWS):
        # A copy, as a user's network may work in place.
        padded = F.pad(chunk, (0, 0, 0, _INFERENCE_ROWS - len(chunk))).clone()
        logits.append(module(**split_rows(padded, window_shape))[: len(chunk)])
    return torch.cat(logits)

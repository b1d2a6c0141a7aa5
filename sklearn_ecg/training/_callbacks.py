"""What watches over a training, batch by batch and epoch by epoch."""

from __future__ import annotations

import copy
import math

import torch
from skorch.callbacks import Callback

from ..pruning._criteria import apply_masks
from ._loss import weighted_mean
from ._statistics import recompute_statistics


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

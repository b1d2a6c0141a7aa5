"""What a stage of the pruning left: a row of `stages_`."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ._complexity import Complexity, complexity
from ._layout import InputLayout
from ._multistage import Stage
from ._training import BeatDataset, infer, split_rows


def complexity_of(module: nn.Module, layout: InputLayout) -> Complexity:
    """Count what `module` does with a beat of that layout."""
    shape = (layout.n_channels, layout.n_samples)
    return complexity(module, **split_rows(torch.zeros(1, layout.n_features), shape))


def describe(
    stage: Stage,
    module: nn.Module,
    layout: InputLayout,
    validation: BeatDataset | None,
    classes: np.ndarray,
) -> dict:
    """Row of `stages_`, while `module` is as the stage left it.

    Parameters
    ----------
    stage : Stage
        Its number, target and log.
    module : Module
        The network.
    layout : InputLayout
        Shape of a row of X.
    validation : BeatDataset or None
        Beats to score it on.
    classes : ndarray of shape (n_classes,)
        The labels.

    Returns
    -------
    dict
        The figures by name.
    """
    cost = complexity_of(module, layout)
    log = stage.log
    row = {
        "stage": stage.number,
        "target_sparsity": stage.target_sparsity,
        "sparsity": cost.sparsity,
        "n_nonzero": cost.n_nonzero,
        "macs": cost.macs,
        "n_epochs": len(log.loss),
        "train_loss": log.loss[-1],
        "train_score": log.score[-1],
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
    codes = infer(module, validation.rows, validation.shape).argmax(dim=1)
    hits = (codes == validation.classes).numpy()
    of_class = {
        label: hits[(validation.classes == code).numpy()]
        for code, label in enumerate(classes.tolist())
    }
    return {
        "validation_score": float(hits.mean()),
        "validation_recall": {
            label: float(found.mean()) if len(found) else np.nan
            for label, found in of_class.items()
        },
    }

"""What the parameters of PrunedCNNClassifier ask of its training and pruning."""

import contextlib
from dataclasses import fields

import numpy as np
import torch
from sklearn.utils import compute_class_weight
from tqdm.auto import tqdm

from ..pruning._units import without_pruned_units
from ..training._augmentation import Augmentation
from ..training._holdout import split_validation
from ..training._loss import BeatLoss
from ..training._stage_loop import PruningPlan
from ..training._train import TrainingPlan


def training_plan(parameters, class_weight, generator):
    """Plan what stays the same from stage to stage."""
    augmentation = None
    if parameters.max_shift or parameters.max_noise:
        augmentation = Augmentation(
            parameters.max_shift, parameters.max_noise, generator
        )
    loss = BeatLoss(class_weight, parameters.distillation)
    made_here = {"loss": loss, "generator": generator, "augmentation": augmentation}
    return TrainingPlan(**_of_fields(TrainingPlan, parameters), **made_here)


def pruning_plan(parameters):
    """Plan the stages."""
    return PruningPlan(**_of_fields(PruningPlan, parameters))


def _of_fields(plan, parameters):
    """Parameters that have the name of a field of the plan."""
    values = vars(parameters)
    return {
        field.name: values[field.name] for field in fields(plan) if field.name in values
    }


def compaction(structure):
    """Return what makes the network to keep of the one that was trained."""
    if structure == "channel":
        return without_pruned_units
    return lambda module: module


def class_weights(class_weight, beats):
    """Weigh the classes as scikit-learn does."""
    if class_weight is None:
        return None
    weight = compute_class_weight(
        class_weight, classes=beats.classes, y=beats.y, sample_weight=beats.weights
    )
    if not (np.isfinite(weight) & (weight > 0)).all():
        raise ValueError(
            f"class_weight={class_weight!r}: every weight must be positive."
        )
    return torch.from_numpy(weight).float()


def held_out(parameters, beats, guard, random):
    """Hold out a validation part, if there is a use for it."""
    data = beats.dataset()
    if guard is None and not parameters.early_stopping:
        return data, None
    training, validation = split_validation(
        beats.y,
        beats.groups,
        parameters.validation_fraction,
        random,
        needed_by="early_stopping" if guard is None else guard.parameter,
        guarded=[] if guard is None else guard.labels,
    )
    return data.part(training), data.part(validation)


@contextlib.contextmanager
def progress(n_epochs, verbose):
    """Show a progress bar over stages and epochs, if asked for."""
    with tqdm(total=n_epochs, disable=not verbose, unit="epoch") as bar:

        def show(where, epoch):
            bar.set_description(where)
            figures = {
                "loss": f"{epoch['train_loss']:.4f}",
                "score": f"{epoch['train_score']:.4f}",
            }
            if "valid_loss" in epoch:
                figures["validation loss"] = f"{epoch['valid_loss']:.4f}"
            bar.set_postfix(figures)
            bar.update()

        yield show

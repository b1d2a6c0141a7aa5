"""What the parameters of PrunedCNNClassifier ask of its training and pruning."""

import contextlib
from numbers import Integral

import numpy as np
import torch
from sklearn.utils import compute_class_weight
from tqdm.auto import tqdm

from ..pruning._criteria import stage_sparsities
from ..pruning._units import without_pruned_units
from ..training._augmentation import Augmentation
from ..training._holdout import split_validation
from ..training._stage_loop import PruningPlan
from ..training._train import BeatLoss, TrainingPlan


def training_plan(classifier, class_weight, generator):
    """Plan what stays the same from stage to stage.

    Parameters
    ----------
    classifier : PrunedCNNClassifier
    class_weight : Tensor of shape (n_classes,) or None
    generator : torch.Generator
        Shuffles the batches, and varies the windows.

    Returns
    -------
    TrainingPlan
    """
    augmentation = None
    if classifier.max_shift or classifier.max_noise:
        augmentation = Augmentation(
            classifier.max_shift, classifier.max_noise, generator
        )
    return TrainingPlan(
        batch_size=classifier.batch_size,
        optimizer=classifier.optimizer,
        momentum=classifier.momentum,
        weight_decay=classifier.weight_decay,
        loss=BeatLoss(class_weight, classifier.distillation),
        patience=classifier.patience,
        device=classifier.device,
        generator=generator,
        augmentation=augmentation,
    )


def pruning_plan(classifier):
    """Plan the stages.

    Parameters
    ----------
    classifier : PrunedCNNClassifier

    Returns
    -------
    PruningPlan
    """
    sparsities = stage_sparsities(
        classifier.sparsity, classifier.n_stages, classifier.schedule
    )
    epochs = classifier.stage_epochs
    if isinstance(epochs, Integral):
        epochs = [epochs] * len(sparsities)
    return PruningPlan(
        sparsities=sparsities,
        criterion=classifier.criterion,
        layer_floor=classifier.layer_floor,
        budget=classifier.budget,
        structure=classifier.structure,
        n_epochs=classifier.n_epochs,
        stage_epochs=epochs[: len(sparsities)],
        learning_rate=classifier.learning_rate,
        stage_learning_rate=classifier.stage_learning_rate,
        distill=classifier.distillation > 0,
    )


def compaction(structure):
    """Return what makes the network to keep of the one that was trained."""
    if structure == "channel":
        return without_pruned_units
    return lambda module: module


def class_weights(class_weight, classes, y):
    """Weigh the classes as scikit-learn does.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        The classifier's parameter.
    classes : ndarray of shape (n_classes,)
    y : ndarray of shape (n_beats,)

    Returns
    -------
    Tensor of shape (n_classes,) or None

    Raises
    ------
    ValueError
        If a weight is not positive.
    """
    if class_weight is None:
        return None
    weight = compute_class_weight(class_weight, classes=classes, y=y)
    if not (np.isfinite(weight) & (weight > 0)).all():
        raise ValueError(
            f"class_weight={class_weight!r}: every weight must be positive."
        )
    return torch.from_numpy(weight).float()


def held_out(classifier, data, y, groups, guard, random):
    """Hold out a validation part, if there is a use for it.

    Parameters
    ----------
    classifier : PrunedCNNClassifier
    data : BeatDataset
    y : ndarray of shape (n_beats,)
    groups : array-like of shape (n_beats,) or None
    guard : RecallGuard or None
    random : RandomState

    Returns
    -------
    data : BeatDataset
        The beats to train on.
    validation : BeatDataset or None
        Those held out.
    """
    if guard is None and not classifier.early_stopping:
        return data, None
    training, validation = split_validation(
        y,
        groups,
        classifier.validation_fraction,
        random,
        needed_by="early_stopping" if guard is None else guard.parameter,
        guarded=[] if guard is None else guard.labels,
    )
    return data.part(training), data.part(validation)


@contextlib.contextmanager
def progress(n_epochs, verbose):
    """Show a progress bar over stages and epochs, if asked for.

    Parameters
    ----------
    n_epochs : int
        In all stages.
    verbose : int
        0 shows nothing.

    Yields
    ------
    callable
        To be told the name of the stage and the figures of each epoch.
    """
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

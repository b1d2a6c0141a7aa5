"""What each parameter of PrunedCNNClassifier may be, and what it asks of a training."""

import contextlib
from collections.abc import Iterable
from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import torch
from sklearn.utils import compute_class_weight
from torch import nn
from tqdm.auto import tqdm

from .._parameter_checks import (
    FLAG,
    NONE,
    AnyOf,
    Anything,
    Choice,
    Function,
    ListOf,
    MappingTo,
    Number,
    WholeNumber,
    check,
    checked,
    refuse,
)
from ..networks import NETWORKS
from ..pruning import (
    BUDGETS,
    CRITERIA,
    SCHEDULES,
    STRUCTURES,
    stage_sparsities,
    without_pruned_units,
)
from ..training import (
    OPTIMIZERS,
    Augmentation,
    BeatLoss,
    PruningPlan,
    TrainingPlan,
    split_validation,
)

_SHARE = Number(0, 1)
_FRACTION_THAT_GOES = Number(0, 1, closed="left")
_RATE = Number(0, closed="neither")
_FLOORS = MappingTo(_SHARE, "a dict of label to number")
_EPOCHS = WholeNumber(1)

_KINDS = {
    "sparsity": _FRACTION_THAT_GOES,
    "n_stages": WholeNumber(1),
    "criterion": AnyOf(Choice(CRITERIA), Function("the squared weights of a layer")),
    "schedule": AnyOf(
        Choice(SCHEDULES), ListOf(_FRACTION_THAT_GOES, "a list of sparsities")
    ),
    "layer_floor": _SHARE,
    "budget": Choice(BUDGETS),
    "structure": Choice(STRUCTURES),
    "n_epochs": _EPOCHS,
    "batch_size": WholeNumber(2),
    "learning_rate": _RATE,
    "stage_learning_rate": AnyOf(_RATE, NONE),
    "optimizer": Choice(OPTIMIZERS),
    "momentum": Number(0, 1, closed="left"),
    "weight_decay": Number(0),
    "distillation": _SHARE,
    "max_shift": WholeNumber(0),
    "max_noise": Number(0),
    "min_recall": AnyOf(_FLOORS, NONE),
    "max_recall_drop": AnyOf(_SHARE, _FLOORS, NONE),
    "early_stopping": FLAG,
    "validation_fraction": Number(0, 0.5, closed="right"),
    "patience": WholeNumber(1),
    "module_params": AnyOf(MappingTo(Anything()), NONE, text="a dict or None"),
    "verbose": AnyOf(WholeNumber(0), FLAG),
}


def checked_parameters(classifier):
    """Check everything that can be checked without data."""
    owner = type(classifier).__name__
    values = checked(owner, classifier.get_params(deep=False), _KINDS)
    _check_module(owner, values["module"])
    _check_device(owner, values["device"])
    _check_schedule(owner, values["schedule"], values["sparsity"])
    values["sparsities"] = stage_sparsities(
        values["sparsity"], values["n_stages"], values["schedule"]
    )
    values["stage_epochs"] = checked_stage_epochs(
        owner, classifier.stage_epochs, len(values["sparsities"])
    )
    return SimpleNamespace(**values)


def _check_module(owner, module):
    allowed = f"one of {sorted(NETWORKS)}, or a class or function that makes a network"
    if isinstance(module, nn.Module):
        unfit = (
            f"{allowed} anew for every fit, not the finished {type(module).__name__}"
        )
        refuse(owner, "module", module, unfit)
    is_known = module in NETWORKS if isinstance(module, str) else callable(module)
    if not is_known:
        refuse(owner, "module", module, allowed)


def _check_device(owner, device):
    if not isinstance(device, str | torch.device) or str(device) == "meta":
        refuse(owner, "device", device, "the name of a device that computes, as 'cpu'")
    try:
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError, TypeError) as error:
        reason = str(error).splitlines()[0]
        refuse(owner, "device", device, f"one that torch has here ({reason})")


def _check_schedule(owner, schedule, sparsity):
    if isinstance(schedule, str):
        return
    rising = all(a < b for a, b in zip([0.0, *schedule], schedule, strict=False))
    if not schedule or not rising or schedule[-1] != sparsity:
        allowed = (
            "a name, or a list of sparsities that must rise from above 0 and end with "
            f"sparsity={sparsity!r}"
        )
        refuse(owner, "schedule", schedule, allowed)


def checked_stage_epochs(owner, epochs, n_stages):
    """Check the parameter `stage_epochs` for a number of stages."""
    allowed = f"{_EPOCHS}, or a list with one for each of the {n_stages} stages"
    kind = AnyOf(_EPOCHS, ListOf(_EPOCHS), text=allowed)
    listed = check(owner, "stage_epochs", epochs, kind)
    if isinstance(listed, int):
        return [listed] * n_stages
    if n_stages not in (0, len(listed)):
        refuse(owner, "stage_epochs", epochs, allowed)
    return listed[:n_stages]


def epochs_of_first(epochs, n_stages):
    """Return the parameter `stage_epochs` for the first stages, if there are any."""
    if not isinstance(epochs, list | tuple | np.ndarray) or n_stages == 0:
        return epochs
    return epochs[:n_stages]


def checked_sparsities(owner, sparsities):
    """Sort the sparsities of a path, each once."""
    kind = ListOf(_FRACTION_THAT_GOES, "a list of one number at least")
    if isinstance(sparsities, Iterable) and not isinstance(sparsities, str):
        sparsities = list(sparsities)
    stops = sorted(set(check(owner, "sparsities", sparsities, kind)))
    if not stops:
        refuse(owner, "sparsities", sparsities, kind)
    return stops


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

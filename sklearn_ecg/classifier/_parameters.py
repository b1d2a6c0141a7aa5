"""Check the parameters of PrunedCNNClassifier, and name the one that is wrong."""

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils import check_scalar
from torch import nn

from ..networks._complexity import prunable_layers
from ..networks._networks import NETWORKS, BeatCNN
from ..pruning._criteria import (
    BUDGETS,
    CRITERIA,
    SCHEDULES,
    STRUCTURES,
    stage_sparsities,
)
from ..training._dataset import split_rows
from ..training._train import OPTIMIZERS

_LISTS = list | tuple | np.ndarray


def check_parameters(classifier):
    """Check everything that can be checked without data.

    Parameters
    ----------
    classifier : PrunedCNNClassifier
        The estimator, left as it is.

    Raises
    ------
    TypeError, ValueError
        If a parameter has the wrong type or is out of range.
    """
    _check_numbers(classifier)
    _check_choice("criterion", classifier.criterion, CRITERIA)
    _check_choice("budget", classifier.budget, BUDGETS)
    _check_choice("structure", classifier.structure, STRUCTURES)
    _check_choice("optimizer", classifier.optimizer, OPTIMIZERS)
    _check_guard("min_recall", classifier.min_recall)
    if not isinstance(classifier.max_recall_drop, Real):
        _check_guard("max_recall_drop", classifier.max_recall_drop)
    _check_device(classifier.device)
    _check_schedule(classifier.schedule, classifier.sparsity)
    if classifier.sparsity > 0:
        stages = stage_sparsities(
            classifier.sparsity, classifier.n_stages, classifier.schedule
        )
        check_stage_epochs(classifier.stage_epochs, len(stages))
    if not isinstance(classifier.module_params, Mapping | None):
        raise TypeError(
            f"module_params={classifier.module_params!r}: must be a dict or None."
        )


def _check_numbers(classifier):
    def number(name, kind, low, high=None, closed="both"):
        value = getattr(classifier, name)
        if isinstance(value, Real) and not math.isfinite(value):
            raise ValueError(f"{name}={value!r}: must be a finite number.")
        check_scalar(
            value,
            name,
            target_type=kind,
            min_val=low,
            max_val=high,
            include_boundaries=closed,
        )

    number("sparsity", Real, 0, 1, "left")
    number("layer_floor", Real, 0, 1)
    number("distillation", Real, 0, 1)
    number("momentum", Real, 0, 1, "left")
    number("weight_decay", Real, 0)
    number("learning_rate", Real, 0, closed="neither")
    number("validation_fraction", Real, 0, 0.5, "right")
    number("batch_size", Integral, 2)
    number("max_shift", Integral, 0)
    number("max_noise", Real, 0)
    for name in ("n_stages", "n_epochs", "patience"):
        number(name, Integral, 1)
    if isinstance(classifier.max_recall_drop, Real):
        number("max_recall_drop", Real, 0, 1)
    if classifier.stage_learning_rate is not None:
        number("stage_learning_rate", Real, 0, closed="neither")
    number("verbose", Integral, 0)
    if not isinstance(classifier.early_stopping, bool | np.bool_):
        raise TypeError(
            f"early_stopping={classifier.early_stopping!r}: must be True or False."
        )


def _check_choice(name, value, allowed):
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name}={value!r}: must be one of {sorted(allowed)}.")


def _check_guard(name, values):
    if values is None:
        return
    if not isinstance(values, Mapping):
        also = " a number," if name == "max_recall_drop" else ""
        raise TypeError(
            f"{name}={values!r}: must be{also} a dict of label to number, or None."
        )
    for label, value in values.items():
        if not isinstance(value, Real) or not 0 <= value <= 1:
            raise ValueError(
                f"{name} has {value!r} for {label!r}: must be a number in [0, 1]."
            )


def _check_device(device):
    if not isinstance(device, str | torch.device) or str(device) == "meta":
        raise ValueError(
            f"device={device!r}: must name a device that computes, such as 'cpu'."
        )
    try:
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"device={device!r} is none that torch has here: {reason}"
        ) from error


def _check_schedule(schedule, sparsity):
    if isinstance(schedule, str):
        if schedule not in SCHEDULES:
            raise ValueError(
                f"schedule={schedule!r}: must be one of {sorted(SCHEDULES)}, or a list "
                "of sparsities."
            )
        return
    if not isinstance(schedule, _LISTS) or not all(
        isinstance(value, Real) for value in schedule
    ):
        raise ValueError(
            f"schedule={schedule!r}: must be a name or a list of sparsities."
        )
    stages = [float(value) for value in schedule]
    rising = all(a < b for a, b in zip([0.0, *stages], [*stages, 1.0], strict=True))
    if not stages or not rising or stages[-1] != sparsity:
        raise ValueError(
            f"schedule={schedule!r}: a list of sparsities must rise from above 0 and "
            f"end with sparsity={sparsity!r}."
        )


def check_stage_epochs(epochs, n_stages):
    """Check the parameter `stage_epochs` for a number of stages.

    Parameters
    ----------
    epochs : int or list of int
        The classifier's parameter.
    n_stages : int
        Stages of pruning; without any, a list may have any length.

    Raises
    ------
    TypeError, ValueError
        If it is neither a number of epochs, nor a list of as many as there are stages.
    """
    if not isinstance(epochs, _LISTS):
        check_scalar(epochs, "stage_epochs", Integral, min_val=1)
        return
    are_numbers = all(isinstance(each, Integral) and each >= 1 for each in epochs)
    if not are_numbers or n_stages not in (0, len(epochs)):
        raise ValueError(
            f"stage_epochs={epochs!r}: must be an int of at least 1, or a list with "
            f"one for each of the {n_stages} stages."
        )


def epochs_of_first(epochs, n_stages):
    """Return the parameter `stage_epochs` for the first stages, if there are any."""
    if not isinstance(epochs, _LISTS) or n_stages == 0:
        return epochs
    return epochs[:n_stages]


def checked_sparsities(sparsities):
    """Sort the sparsities of a path, each once.

    Parameters
    ----------
    sparsities : sequence of float
        What the user gave.

    Returns
    -------
    list of float
        Rising.

    Raises
    ------
    ValueError
        If it is no sequence, empty, or has a value outside [0, 1).
    """
    if not isinstance(sparsities, Iterable) or isinstance(sparsities, str):
        raise ValueError(f"sparsities={sparsities!r}: must be a list of numbers.")
    stops = sorted({float(sparsity) for sparsity in sparsities})
    if not stops:
        raise ValueError("sparsities is empty: at least one is needed.")
    wrong = [sparsity for sparsity in stops if not 0 <= sparsity < 1]
    if wrong:
        raise ValueError(f"sparsities has {wrong[0]!r}: each must be in [0, 1).")
    return stops


def check_structure(structure, network):
    """Refuse to prune channels of a network whose wiring is not known.

    Parameters
    ----------
    structure : str
        The classifier's parameter.
    network : torch.nn.Module
        Its network.

    Raises
    ------
    ValueError
        If channels of any other network than a `BeatCNN` are to be pruned.
    """
    if structure == "channel" and type(network) is not BeatCNN:
        raise ValueError(
            f"structure='channel' can't drop channels of a {type(network).__name__}, "
            "as it does not know which layer feeds which: it takes module='beatcnn' "
            "(any module_params). structure='weight' and 'pair' take any network."
        )


def build_network(module, module_params, layout, classes):
    """Make the network anew and try it on two beats of silence.

    Parameters
    ----------
    module : str or callable
        The classifier's parameter.
    module_params : dict or None
        Further arguments for it.
    layout : InputLayout
        Shape of a row.
    classes : ndarray of shape (n_classes,)
        The labels, one for each logit. A network whose class says
        ``takes_classes = True`` is handed them as a keyword argument.

    Returns
    -------
    torch.nn.Module
        An untrained network in evaluation mode.

    Raises
    ------
    ValueError
        If `module` is not known, is a finished network, or makes one that does not fit.
    """
    if isinstance(module, nn.Module):
        raise ValueError(
            "module must be a class or a function that makes a network, not the "
            f"finished {type(module).__name__}: every fit starts with new weights."
        )
    if isinstance(module, str):
        if module not in NETWORKS:
            raise ValueError(
                f"module={module!r}: must be one of {sorted(NETWORKS)}, or a class or "
                "function that makes a torch.nn.Module."
            )
        module = NETWORKS[module]
    if not callable(module):
        raise ValueError(
            f"module={module!r}: must be a name, or a class or function that makes a "
            "torch.nn.Module."
        )
    labels = (
        {"classes": classes.tolist()} if getattr(module, "takes_classes", False) else {}
    )
    network = module(
        layout.n_channels,
        layout.n_samples,
        layout.n_rhythm,
        len(classes),
        **labels | (module_params or {}),
    )
    _check_network(network, layout, len(classes))
    return network


@torch.no_grad()
def _check_network(network, layout, n_classes):
    if not isinstance(network, nn.Module):
        raise ValueError(
            f"module made a {type(network).__name__}, must make a torch.nn.Module."
        )
    for name, layer in prunable_layers(network).items():
        if not isinstance(layer.weight, nn.Parameter):
            raise ValueError(
                f"module made a {type(network).__name__} whose layer {name!r} computes "
                "its weight (by a parametrization such as weight_norm): its zeros "
                "could not be held. Use a plain layer."
            )
    if not prunable_layers(network):
        raise ValueError(
            f"module made a {type(network).__name__} with nothing to prune: it needs "
            "a Conv1d, Conv2d or Linear layer."
        )
    shape = (layout.n_channels, layout.n_samples)
    silence = split_rows(torch.zeros(2, layout.n_features), shape)
    logits = network.eval()(**silence)
    if tuple(logits.shape) != (2, n_classes):
        raise ValueError(
            f"module made a {type(network).__name__} whose forward gives shape "
            f"{tuple(logits.shape)} for 2 beats, must give (2, {n_classes}): a logit "
            "for each class."
        )

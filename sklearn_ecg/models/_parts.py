"""What must be written of each estimator, and how it is made again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from ..classifier._classifier import PrunedCNNClassifier
from ..classifier._network import build_network
from ..classifier._packed_weights import with_contiguous_weights
from ..classifier._parameters import checked_parameters
from ..networks._complexity import Complexity
from ..networks._networks import NETWORKS
from ..windows._columns import InputLayout
from ..windows._segmenter import BeatSegmenter
from ._plain import from_plain, to_plain

_UNNAMED = "a network of the user's own"
_LABEL_KINDS = "biufU"


def described_segmenter(segmenter: BeatSegmenter) -> dict[str, Any]:
    """Return the parameters of a segmenter, from which all else follows."""
    return {"parameters": _parameters(segmenter)}


def restored_segmenter(content: Mapping[str, Any]) -> BeatSegmenter:
    """Make a fitted segmenter of what `described_segmenter` returned."""
    segmenter = BeatSegmenter(**_read_parameters(BeatSegmenter, content))
    return segmenter._name_outputs()


def described_classifier(
    classifier: PrunedCNNClassifier,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what describes a fitted classifier, and the weights of its network."""
    parameters = _parameters(classifier)
    network = classifier.module if isinstance(classifier.module, str) else None
    layout = classifier.layout_
    content = {
        "parameters": parameters,
        "network": network or _UNNAMED,
        "classes": {
            "dtype": classifier.classes_.dtype.str,
            "values": to_plain(classifier.classes_.tolist()),
        },
        "layout": to_plain(
            [layout.n_channels, layout.n_samples, layout.n_rhythm, layout.order]
        ),
        "columns": to_plain(
            classifier.feature_names_in_.tolist()
            if hasattr(classifier, "feature_names_in_")
            else None
        ),
        "n_columns": int(classifier.n_features_in_),
        "sample_range": to_plain(getattr(classifier, "sample_range_", None)),
        "stages": to_plain(classifier.stages_),
        "unpruned": to_plain(vars(classifier._unpruned_)),
        "recall_floors": to_plain(getattr(classifier, "recall_floors_", None)),
    }
    state = classifier.module_.state_dict()
    return content, {name: values.numpy() for name, values in state.items()}


def restored_classifier(
    content: Mapping[str, Any],
    weights: Mapping[str, np.ndarray],
    module: Callable[..., nn.Module] | None,
) -> PrunedCNNClassifier:
    """Make a fitted classifier of what `described_classifier` returned."""
    parameters = _read_parameters(PrunedCNNClassifier, content)
    parameters["module"] = _module(content["network"], module)
    classifier = PrunedCNNClassifier(**parameters)
    checked_parameters(classifier.set_params(device="cpu"))
    classifier.classes_ = _classes(content["classes"])
    n_channels, n_samples, n_rhythm, order = from_plain(content["layout"])
    layout = InputLayout(n_channels, n_samples, n_rhythm, order)
    classifier.layout_ = layout
    classifier.n_features_in_ = content["n_columns"]
    # Files of earlier versions don't have it.
    sample_range = from_plain(content.get("sample_range"))
    if sample_range is not None:
        classifier.sample_range_ = sample_range
    columns = from_plain(content["columns"])
    if columns is not None:
        classifier.feature_names_in_ = np.array(columns, dtype=object)
    floors = from_plain(content["recall_floors"])
    if floors is not None:
        classifier.recall_floors_ = floors
    unpruned = Complexity(**from_plain(content["unpruned"]))
    network = _network(classifier, weights)
    return classifier._finish(network, from_plain(content["stages"]), {}, unpruned)


def _parameters(estimator):
    """Return the parameters of an estimator as plain values."""
    parameters = estimator.get_params(deep=False)
    if not isinstance(parameters.get("module", ""), str):
        parameters["module"] = None
    if isinstance(parameters.get("random_state"), np.random.RandomState):
        parameters["random_state"] = None
    plain = {}
    for name, value in parameters.items():
        try:
            plain[name] = to_plain(value)
        except TypeError as error:
            owner = type(estimator).__name__
            raise TypeError(
                f"The parameter {name} of {owner} can't be saved: {error}. Set it to a "
                "plain value, or write the model with joblib."
            ) from error
    return plain


def _read_parameters(kind, content):
    parameters = {
        name: from_plain(value) for name, value in content["parameters"].items()
    }
    unknown = set(parameters) - set(inspect.signature(kind).parameters)
    if unknown:
        raise ValueError(
            f"{kind.__name__} has no parameter {', '.join(sorted(unknown))}"
        )
    return parameters


def _module(network, module):
    if network == _UNNAMED:
        if module is None:
            raise ValueError(
                "its network is the user's own: give the class or function that makes "
                "it, as the parameter 'module'"
            )
        return module
    if module is not None:
        raise ValueError(
            f"its network is {network!r}: leave out the parameter 'module'"
        )
    if network not in NETWORKS:
        raise ValueError(f"there is no network {network!r}")
    return network


def _classes(content):
    dtype = np.dtype(content["dtype"])
    if dtype.kind == "O":
        return np.array(from_plain(content["values"]), dtype=object)
    if dtype.kind not in _LABEL_KINDS:
        raise ValueError(f"labels can't be of the type {dtype}")
    return np.array(from_plain(content["values"]), dtype=dtype)


def _network(classifier, weights):
    """Make the network, and give it its weights."""
    for name, values in weights.items():
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError(f"the weights {name!r} are not finite")
    state = {name: torch.from_numpy(values.copy()) for name, values in weights.items()}
    if isinstance(classifier.module, str):
        network = _own_network(classifier, state)
    else:
        with torch.random.fork_rng(devices=[]):
            network = build_network(
                classifier.module,
                classifier.module_params,
                classifier.layout_,
                classifier.classes_,
            )
        network.load_state_dict(state)
    return with_contiguous_weights(network.eval())


def _own_network(classifier, state):
    """Make a network of this package, without memory until its weights fit."""
    layout, classes = classifier.layout_, classifier.classes_
    kind = NETWORKS[classifier.module]
    labels = {"classes": classes.tolist()} if getattr(kind, "takes_classes", 0) else {}
    with torch.device("meta"):
        network = kind(
            layout.n_channels,
            layout.n_samples,
            layout.n_rhythm,
            len(classes),
            **labels | (classifier.module_params or {}),
        )
    shapes = {name: values.shape for name, values in network.state_dict().items()}
    if shapes.keys() == state.keys() and classifier.structure == "channel":
        return network.with_state(state)
    if shapes != {name: values.shape for name, values in state.items()}:
        raise ValueError("its weights are not those of its network")
    network.to_empty(device="cpu").load_state_dict(state)
    return network

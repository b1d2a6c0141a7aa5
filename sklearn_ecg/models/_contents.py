"""How estimators, networks and chains stand in a model file, and how they are read.

All is JSON and arrays: `to_plain` and `from_plain` say which values there are.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import torch
from torch import nn

from .._parameter_checks import check
from ..classifier import (
    PrunedCNNClassifier,
    build_network,
    checked_parameters,
    with_contiguous_weights,
)
from ..detection import DEVICE_RATE
from ..edge import (
    CONVOLUTION,
    FORMATS,
    ChainInputs,
    DeviceChain,
    FeatureScaling,
    Gate,
    IntegerLayer,
    IntegerNetwork,
    LeadGate,
    Origin,
    WindowScaling,
)
from ..networks import NETWORKS, Complexity, with_memory
from ..patient import FEATURES
from ..training import ordinary_torch
from ..windows import BeatSegmenter, InputLayout

_TUPLE, _DICT, _FLOAT = "tuple", "dict", "float"


def to_plain(value: Any) -> Any:
    """Write a value so that JSON can hold it, and `from_plain` gives it back."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_FLOAT: repr(value)}
    if isinstance(value, list):
        return [to_plain(item) for item in value]
    if isinstance(value, tuple):
        return {_TUPLE: [to_plain(item) for item in value]}
    if isinstance(value, dict):
        return {_DICT: [[to_plain(key), to_plain(of)] for key, of in value.items()]}
    raise TypeError(f"a {type(value).__name__} can't be written without pickle")


def from_plain(value: Any) -> Any:
    """Return what `to_plain` wrote."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [from_plain(item) for item in value]
    if isinstance(value, dict) and len(value) == 1:
        [(kind, content)] = value.items()
        if kind == _FLOAT and content in ("nan", "inf", "-inf"):
            return float(content)
        if kind == _TUPLE and isinstance(content, list):
            return tuple(from_plain(item) for item in content)
        if kind == _DICT and _is_pairs(content):
            return {_key(key): from_plain(of) for key, of in content}
    raise ValueError(f"it holds {str(value)[:60]!r}, which no model of ours does")


def _is_pairs(content):
    return isinstance(content, list) and all(
        isinstance(pair, list) and len(pair) == 2 for pair in content
    )


def _key(value):
    key = from_plain(value)
    if isinstance(key, list | dict):
        raise ValueError(f"it holds the key {str(key)[:60]!r}, which no dict has")
    return key


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
        with ordinary_torch(), torch.random.fork_rng(devices=[]):
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
    with_memory(network.float()).load_state_dict(state)
    return network


_ARRAYS = ("weight", "bias", "input_max", "multiplier")
_OF_LAYER = ("name", "kind", "inputs", "multiplier_shift", "input_offset", "bias_shift")
_OF_NETWORK = ("n_channels", "n_samples", "n_rhythm", "logit_scale")
_SCALINGS = {
    "inputs": ChainInputs,
    "window_scaling": WindowScaling,
    "feature_scaling": FeatureScaling,
}


def described_chain(chain: DeviceChain) -> tuple[dict, dict[str, np.ndarray]]:
    """Write a chain as plain values and arrays."""
    network, origin = chain.network, chain.origin
    arrays = {
        f"{layer.name}.{part}": getattr(layer, part)
        for layer in network.layers
        for part in _ARRAYS
        if getattr(layer, part) is not None
    }
    arrays |= {f"example.{n}": array for n, array in enumerate(origin.examples)}
    about = {field.name: getattr(origin, field.name) for field in fields(origin)}
    del about["examples"]
    content: dict[str, Any] = {
        "layers": [
            {part: getattr(layer, part) for part in _OF_LAYER}
            for layer in network.layers
        ],
        "network": {part: getattr(network, part) for part in _OF_NETWORK},
        "form": next(name for name, form in FORMATS.items() if form == network.form),
        "classes": chain.classes,
        "lead": tuple(chain.lead),
        "second_lead": tuple(chain.second_lead),
        "adc_gain": chain.adc_gain,
        "origin": about,
        "gate": None if chain.gate is None else asdict(chain.gate),
    }
    content |= {name: asdict(getattr(chain, name)) for name in _SCALINGS}
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return {"chain": to_plain(content)}, contiguous


def restored_chain(content: dict, arrays: dict[str, np.ndarray]) -> DeviceChain:
    """Make the chain that `described_chain` wrote."""
    parts = from_plain(content["chain"])
    form = FORMATS[parts["form"]]
    layers = []
    for layer in parts["layers"]:
        of_layer: dict[str, Any] = {name: layer[name] for name in _OF_LAYER}
        of_layer |= {part: arrays.get(f"{layer['name']}.{part}") for part in _ARRAYS}
        layers.append(IntegerLayer(form=form, **of_layer))
    network = IntegerNetwork(
        tuple(layers), **{name: parts["network"][name] for name in _OF_NETWORK}
    )
    _check_network(network)
    n_examples = sum(name.startswith("example.") for name in arrays)
    examples = tuple(arrays[f"example.{n}"] for n in range(n_examples))
    gate = parts.get("gate")
    chain = DeviceChain(
        network,
        **{name: kind(**parts[name]) for name, kind in _SCALINGS.items()},
        classes=np.array(parts["classes"]),
        lead=parts["lead"],
        adc_gain=parts["adc_gain"],
        origin=Origin(**parts["origin"], examples=examples),
        gate=_gate(gate),
        second_lead=parts.get("second_lead", ()),
    )
    _check_inputs(chain.inputs)
    _check_sizes(chain)
    return chain


def _gate(numbers):
    """Make a gate of either kind, or none."""
    if numbers is None:
        return None
    return LeadGate(**numbers) if "label" in numbers else Gate(**numbers)


def _check_inputs(inputs):
    """Refuse features that there are not, and rates that no chain is for."""
    unknown = set(inputs.names) - set(FEATURES)
    if unknown:
        raise ValueError(f"there is no feature {min(unknown)!r}")
    check("DeviceChain", "sampling_rate", inputs.sampling_rate, DEVICE_RATE)
    if inputs.n_leads not in (1, 2):
        raise ValueError(f"a chain takes one lead or two, and not {inputs.n_leads}")


def _check_sizes(chain):
    """Refuse a network that is of other classes, or of other features."""
    n_classes, n_outputs = len(chain.classes), len(chain.network.layers[-1].weight)
    if n_classes != n_outputs:
        raise ValueError(f"there are {n_classes} classes, and {n_outputs} outputs")
    n_features, n_rhythm = len(chain.inputs.names), chain.network.n_rhythm
    if n_features != n_rhythm:
        raise ValueError(f"there are {n_features} features, and inputs for {n_rhythm}")
    if chain.gate is not None:
        _check_gate(chain.gate, chain.inputs.n_leads, n_features, n_classes)


def _check_gate(gate, n_leads, n_features, n_classes):
    """Refuse a gate that is of another chain, or that the C could not hold."""
    is_for_leads = isinstance(gate, LeadGate)
    if is_for_leads != (n_leads == 2):
        raise ValueError("the gate is of another number of leads")
    if not is_for_leads:
        sizes = {len(gate.centers), len(gate.below), len(gate.above)}
        if sizes != {n_features} or len(gate.logits) != n_classes:
            raise ValueError("the gate is of other features, or of other classes")
        return
    are_whole = isinstance(gate.label, int) and isinstance(gate.limit, int)
    if not are_whole or not 0 <= gate.limit < 2**31:
        raise ValueError("the gate is of numbers that no device has")
    if not 0 <= gate.label < n_classes:
        raise ValueError("the gate is of other classes")


def _check_network(network):
    """Refuse layers that don't fit together."""
    for layer in network.layers:
        n_rows = sum(network.sizes[name][0] for name in layer.inputs)
        n_values = sum(np.prod(network.sizes[name]) for name in layer.inputs)
        n_inputs = n_rows if layer.kind == CONVOLUTION else n_values
        if layer.weight.dtype != np.int8 or layer.weight.shape[1] != n_inputs:
            raise ValueError(f"the weights of {layer.name} don't fit its inputs")

"""A device's chain as JSON and arrays, and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from .._parameter_checks import check
from ..detection._lengths import DEVICE_RATE
from ..edge._device_chain import DeviceChain
from ..edge._origin import Origin
from ..edge.twin._arithmetic import FORMATS
from ..edge.twin._beat_features import FeatureScaling
from ..edge.twin._chain import ChainInputs
from ..edge.twin._layers import CONVOLUTION
from ..edge.twin._network import IntegerLayer, IntegerNetwork
from ..edge.twin._window import WindowScaling
from ..windows._features import FEATURES
from ._plain import from_plain, to_plain

_ARRAYS = ("weight", "bias", "input_max", "multiplier")
_OF_LAYER = (
    "name",
    "kind",
    "inputs",
    "multiplier_shift",
    "input_offset",
    "bias_shift",
)
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
        "adc_gain": chain.adc_gain,
        "origin": about,
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
    chain = DeviceChain(
        network,
        **{name: kind(**parts[name]) for name, kind in _SCALINGS.items()},
        classes=np.array(parts["classes"]),
        lead=parts["lead"],
        adc_gain=parts["adc_gain"],
        origin=Origin(**parts["origin"], examples=examples),
    )
    _check_inputs(chain.inputs)
    _check_sizes(chain)
    return chain


def _check_inputs(inputs):
    """Refuse features that there are not, and rates that no chain is for."""
    unknown = set(inputs.names) - set(FEATURES)
    if unknown:
        raise ValueError(f"there is no feature {min(unknown)!r}")
    check("DeviceChain", "sampling_rate", inputs.sampling_rate, DEVICE_RATE)


def _check_sizes(chain):
    """Refuse a network that is of other classes, or of other features."""
    n_classes, n_outputs = len(chain.classes), len(chain.network.layers[-1].weight)
    if n_classes != n_outputs:
        raise ValueError(f"there are {n_classes} classes, and {n_outputs} outputs")
    n_features, n_rhythm = len(chain.inputs.names), chain.network.n_rhythm
    if n_features != n_rhythm:
        raise ValueError(f"there are {n_features} features, and inputs for {n_rhythm}")


def _check_network(network):
    """Refuse layers that don't fit together."""
    for layer in network.layers:
        n_rows = sum(network.sizes[name][0] for name in layer.inputs)
        n_values = sum(np.prod(network.sizes[name]) for name in layer.inputs)
        n_inputs = n_rows if layer.kind == CONVOLUTION else n_values
        if layer.weight.dtype != np.int8 or layer.weight.shape[1] != n_inputs:
            raise ValueError(f"the weights of {layer.name} don't fit its inputs")

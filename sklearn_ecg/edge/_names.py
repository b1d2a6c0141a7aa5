"""Names on a device: the last layer of a chain, learnt from what a reader has said."""

from __future__ import annotations

import copy
import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..classifier import adapted_layer
from .twin._front_end import LATE
from .twin._layers import LOGITS, run

if TYPE_CHECKING:
    from ._device_chain import DeviceChain

NAMES_VERSION = 1
"""Of the form of the table."""

_HEADER = struct.Struct("<BBHI")
"""Version, layout and bias shift, bytes in all, and the number of the model."""

_WEIGHT_MAX = 127
_MOST_SHIFT = 3
"""Places by which weights of a table may be shifted, beside those of biases."""

_SHIFT_BIT = 5
IN_LANES = 128
"""Bits of the layout: the shift of weights; inputs are in the order of lanes."""


def last_layer_fitted(chain, beats, codes, weights, strength):
    """Return a chain whose last layer was fitted to some weighted beats.

    It is fitted as that of a Pipeline, as if the largest activation were 1.
    """
    network, last = chain.network, chain.network.layers[-1]
    one = network.logit_scale * network.form.activation_max
    signal, rhythm = chain.entering(beats)
    rhythm = np.left_shift(rhythm, network.form.rhythm_shift)
    values = run(network.layers[:-1], signal, rhythm) if len(signal) else {}
    read = [values[name].reshape(len(signal), -1) for name in last.inputs]
    inputs = np.concatenate(read, axis=1) / network.form.activation_max
    start = last.weight * one, last.bias * network.logit_scale
    weight, bias = adapted_layer(*start, inputs, codes, weights, strength)
    layer = replace(last, weight=_rounded(weight / one))
    return with_last_layer(chain, layer.with_bias(bias / network.logit_scale))


def _rounded(weight):
    """Round weights to so many of their bits as a table has, the largest included."""
    shift = _shift_of(np.rint(weight))
    most = _WEIGHT_MAX << shift
    return (
        np.rint(np.clip(weight, -most, most) / (1 << shift)).astype(np.int32) << shift
    )


def _shift_of(weight):
    """Return places by which weights are shifted, so that they fit a table."""
    largest = int(np.abs(weight).max(initial=0))
    return min(max(largest.bit_length() - 7, 0), _MOST_SHIFT)


def with_last_layer(chain, layer):
    """Return a chain with another last layer."""
    adapted = copy.copy(chain)
    layers = (*chain.network.layers[:-1], layer)
    adapted.network = replace(chain.network, layers=layers)
    return adapted


def with_odd_names(chain):
    """Return a chain that labels otherwise, for the self-test of an export."""
    last = chain.network.layers[-1]
    layer = replace(last, weight=last.weight // 2)
    return with_last_layer(chain, layer.with_bias(last.bias[::-1] / 2))


def usable_beats(beats, samples):
    """Return the places of beats at samples of the converter, -1 where none is."""
    places = np.searchsorted(beats.samples, samples - 1)
    places = np.minimum(places, len(beats.samples) - 1)
    is_there = np.abs(beats.samples[places] - samples) <= 1
    is_there &= (beats.flags[places] & LATE) == 0
    return np.where(is_there, places, -1)


def n_names_bytes(chain: DeviceChain) -> int:
    """Return how many bytes a table of names of a chain has."""
    last = chain.network.layers[-1]
    return _HEADER.size + 2 * len(last.bias) + last.n_nonzero + 4


def names_table(
    chain: DeviceChain,
    adapted: DeviceChain,
    optimize: Literal["speed", "size", "fast"] = "speed",
) -> bytes:
    """Return what a phone sends to a device, so that it labels as an adapted chain.

    Parameters
    ----------
    chain : DeviceChain
        What the device has, exported with ``names=True``.
    adapted : DeviceChain
        What :func:`~sklearn_ecg.adapt` made of it.
    optimize : {"speed", "size", "fast"}, default="speed"
        As `export_c` was told.

    Returns
    -------
    bytes
        For ``ecg_beat_stream_adapt`` of the C: a header with the number of the model,
        the biases and weights of the last layer, and a checksum.

    Raises
    ------
    ValueError
        If `adapted` was not made of `chain`.

    Examples
    --------
    >>> from sklearn_ecg import adapt, annotate
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.edge import names_table
    >>> from sklearn_ecg.models import load_pretrained_chain
    >>> chain = load_pretrained_chain()
    >>> annotation = annotate(make_ecg(1, random_state=0).records[0], chain)
    >>> named = annotation.templates(2).named({0: "V", 1: "N"})
    >>> table = names_table(chain, adapt(chain, named))
    >>> len(table) < 2048
    True
    """
    base, last = chain.network.layers[-1], adapted.network.layers[-1]
    bare = (with_last_layer(each, base).fingerprint_ for each in (chain, adapted))
    is_of_chain = len(set(bare)) == 1 and base.weight.shape == last.weight.shape
    if not is_of_chain or (last.weight[base.weight == 0] != 0).any():
        raise ValueError(
            "adapted is no adaptation of chain: make it by adapt(chain, ...)."
        )
    is_fast = optimize == "fast"
    order = _order(chain, is_fast)
    weights = [
        row[order][of_base[order] != 0]
        for row, of_base in zip(last.weight, base.weight, strict=True)
    ]
    shift = _shift_of(last.weight)
    layout = last.bias_shift | shift << _SHIFT_BIT | (IN_LANES if is_fast else 0)
    number = int(chain.fingerprint_[:8], 16)
    size = n_names_bytes(chain)
    table = _HEADER.pack(NAMES_VERSION, layout, size, number)
    table += last.stored_bias().astype("<i2").tobytes()
    table += (np.concatenate(weights) >> shift).astype(np.int8).tobytes()
    return table + struct.pack("<I", zlib.crc32(table))


def _order(chain, in_lanes):
    """Return the order in which the C reads the inputs of the last layer."""
    from .c._memory import plan_memory

    last = chain.network.layers[-1]
    assert last.kind == LOGITS
    offsets = plan_memory(chain.network, in_lanes=in_lanes).offsets(last)
    return np.argsort(offsets, kind="stable")

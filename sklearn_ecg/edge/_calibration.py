"""Choosing the scales of a quantised network from what flows through the float one.

Scales are symmetric and one for each output channel, so that a pruned weight is exactly
0. That of a channel follows from its multiplier, a small integer: the weights make up
for its rounding.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ._arithmetic import (
    ACTIVATION_MAX,
    MULTIPLIER_BITS,
    MULTIPLIER_MAX,
    STORED_OFFSET,
)
from ._front_end import RHYTHM_MAX
from ._integer_network import PACKED_LIMIT, IntegerLayer, IntegerNetwork

_WEIGHT_MAX = 127
_INT32_MAX = 2**31 - 1
_SAMPLED = 200_000

_STORED_BITS = 8
"""Bits in which multipliers are stored."""

_MARGIN = 1.05
"""For the rounding of multipliers and weights."""

_SPURIOUS = 3
"""Strips of outputs run over the ends of rows, where any byte may lie: up to 255 in
place of 127. Their sums are thrown away, but mustn't overflow."""

_TOLERATED_PACKING_ERROR = 0.06
"""Measured on MIT-BIH: errors up to 0.05 cost 0.01 points of accuracy."""


def best_limit(values, levels=ACTIVATION_MAX):
    """Find the limit that loses least when values are clipped to it and rounded.

    Parameters
    ----------
    values : ndarray
        What is to be represented.
    levels : int
        Steps from 0 to the limit.

    Returns
    -------
    float
        The limit, of 40 between a quarter of the largest value and that value, with
        the least mean squared error.

    Examples
    --------
    >>> values = np.append(np.linspace(-1, 1, 10_000), 3.0)  # one outlier
    >>> 1 <= best_limit(values) < 3
    True
    """
    magnitudes = np.abs(values).ravel()
    largest = magnitudes.max(initial=0.0)
    if largest == 0:
        return 1.0
    # Every so many, so that the largest ones don't decide alone what they cost.
    magnitudes = magnitudes[:: max(1, magnitudes.size // _SAMPLED)]
    limits = np.linspace(0.25, 1, 40) * largest
    errors = [_rounding_error(magnitudes, limit / levels, levels) for limit in limits]
    return float(limits[int(np.argmin(errors))])


def _rounding_error(values, step, levels):
    rounded = np.minimum(np.rint(values / step), levels) * step
    return float(np.square(values - rounded).mean())


def quantise_layer(
    weight, bias, input_scale, input_max, output_scale, packed=False, input_offset=0
):
    """Quantise a layer that is followed by a ReLU.

    Parameters
    ----------
    weight : ndarray of shape (n_out, n_in) or (n_out, n_in, kernel_size)
        In units of the inputs, so that 1 turns a step of the input into `input_scale`.
    bias : ndarray of shape (n_out,)
    input_scale, output_scale : float
        What one step of an input and of an output is worth.
    input_max : ndarray of shape (n_in,)
        Largest absolute values of the inputs, in steps.
    packed : bool
        Keep all sums within 16 bits, by coarser weights.
    input_offset : int
        What the C adds to inputs.

    Returns
    -------
    IntegerLayer
    """
    sum_max = PACKED_LIMIT if packed else _INT32_MAX
    bias = bias / input_scale
    unit = output_scale / (input_scale * 2.0**MULTIPLIER_BITS)
    least = _finest_steps(weight, bias, input_max, sum_max) / unit
    multiplier_shift = max(0, math.frexp(least.max())[1] - _STORED_BITS)
    while True:
        grain = 1 << multiplier_shift
        multiplier = np.maximum(np.ceil(least / grain), 1) * grain
        layer = _rounded(weight, bias, input_max, multiplier * unit, input_offset)
        # Rounding makes some sums larger: coarser steps for these channels.
        over = layer.sum_limits > sum_max
        least = np.where(over, multiplier + grain, least)
        if multiplier.max() >= grain << _STORED_BITS:
            multiplier_shift += 1
        elif not over.any():
            break
    largest = _SPURIOUS * layer.sum_limits * multiplier + 2**MULTIPLIER_BITS
    assert multiplier.max() <= MULTIPLIER_MAX
    assert largest.max() <= _INT32_MAX
    return replace(
        layer,
        multiplier=multiplier.astype(np.uint16),
        multiplier_shift=multiplier_shift,
    )


def least_output_scale(weight, bias, input_scale, input_max, packed=False):
    """Smallest step of the outputs of a layer with which no product exceeds an int32.

    It matters only where calibration beats cause next to no activation.

    Parameters
    ----------
    weight, bias, input_scale, input_max, packed
        As for `quantise_layer`.

    Returns
    -------
    float
    """
    bias = bias / input_scale
    sum_max = PACKED_LIMIT if packed else _INT32_MAX
    finest = _finest_steps(weight, bias, input_max, sum_max).max()
    worst = _worst_sums(weight, bias, input_max).max()
    by_multiplier = finest * 2**MULTIPLIER_BITS / MULTIPLIER_MAX
    by_product = _SPURIOUS * worst * 2**MULTIPLIER_BITS / _INT32_MAX
    return _MARGIN * input_scale * max(by_multiplier, by_product)


def _finest_steps(weight, bias, input_max, sum_max):
    """Smallest step of each channel's weights that keeps weights and sums in range."""
    largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
    by_sum = _worst_sums(weight, bias, input_max) / sum_max
    steps = np.maximum(largest / _WEIGHT_MAX, by_sum)
    # A channel without a weight has no step of its own: any will do.
    return np.where(steps == 0, steps.max(initial=0) or 1.0, steps)


def _worst_sums(weight, bias, input_max):
    """Largest absolute value of each output, before rounding, for any input."""
    flat = np.abs(weight).reshape(len(weight), -1)
    reach = np.repeat(input_max, flat.shape[1] // len(input_max))
    return flat @ reach + np.abs(bias)


def _rounded(weight, bias, input_max, steps, input_offset=0):
    """Round weights and biases to multiples of the steps of their channels."""
    columns = np.reshape(steps, (-1, *[1] * (weight.ndim - 1)))
    layer = IntegerLayer(
        weight=np.rint(weight / columns).astype(np.int8),
        bias=np.zeros(len(weight), dtype=np.int32),
        input_max=np.asarray(input_max, dtype=np.int64),
        input_offset=input_offset,
    )
    return layer.with_bias(bias / steps)


def quantise_output(weight, bias, input_scale):
    """Quantise the last layer: one scale for all classes, so that logits compare.

    Parameters
    ----------
    weight : ndarray of shape (n_classes, n_in)
    bias : ndarray of shape (n_classes,)
    input_scale : float
        What one step of an input is worth.

    Returns
    -------
    IntegerLayer
    logit_scale : float
        What one unit of a logit is worth.
    """
    step = (np.abs(weight).max() / _WEIGHT_MAX) or 1.0
    reach = np.full(weight.shape[1], ACTIVATION_MAX)
    steps = np.full(len(weight), step)
    return _rounded(weight, bias / input_scale, reach, steps), input_scale * step


def choose_packed(folded, accumulators):
    """Decide for each convolution whether its sums shall fit into 16 bits.

    Parameters
    ----------
    folded : FoldedNetwork
    accumulators : {"auto", "int16", "int32"}

    Returns
    -------
    list of bool
    """
    if accumulators != "auto":
        return [accumulators == "int16"] * len(folded.convolutions)
    return [
        _packing_error(weight) <= _TOLERATED_PACKING_ERROR
        for weight, _ in folded.convolutions
    ]


def _packing_error(weight):
    """Relative error of weights that are rounded until sums fit into 16 bits."""
    flat = weight.reshape(len(weight), -1)
    step = np.abs(flat).sum(axis=1, keepdims=True) * ACTIVATION_MAX / PACKED_LIMIT
    step = np.where(step == 0, 1.0, step)
    return float(
        np.linalg.norm(np.rint(flat / step) * step - flat) / np.linalg.norm(flat)
    )


def quantise_network(folded, signal, rhythm, input_scale, rhythm_scaling, packed):
    """Quantise every layer of a network.

    Parameters
    ----------
    folded : FoldedNetwork
    signal : ndarray of shape (n_beats, n_channels, n_samples)
        Calibration windows, as the float network sees them.
    rhythm : ndarray of shape (n_beats, n_rhythm)
        Their rhythm features, in seconds and ratios.
    input_scale : float
        What one step of a sample of a window is worth.
    rhythm_scaling : RhythmScaling
    packed : sequence of bool
        For each convolution, whether to keep its sums within 16 bits.

    Returns
    -------
    IntegerNetwork
    """
    *activations, _ = folded.activations(signal, rhythm)
    scales = [best_limit(values) / ACTIVATION_MAX for values in activations]
    convolutions, scale = [], input_scale
    for number, (weight, bias) in enumerate(folded.convolutions):
        reach = np.full(weight.shape[1], ACTIVATION_MAX)
        layer, scale = _with_scale(
            weight,
            bias,
            scale,
            reach,
            scales[number],
            packed[number],
            STORED_OFFSET if number == 0 else 0,
        )
        convolutions.append(layer)
    hidden, scale = _quantise_hidden(folded, scale, scales[-1], rhythm_scaling)
    output, logit_scale = quantise_output(*folded.output, scale)
    return IntegerNetwork(
        tuple(convolutions), hidden, output, logit_scale, signal.shape[2]
    )


def _with_scale(
    weight, bias, input_scale, input_max, output_scale, packed=False, input_offset=0
):
    """Quantise a layer; return it and the scale of its outputs."""
    inputs = weight, bias, input_scale, input_max
    scale = max(output_scale, least_output_scale(*inputs, packed))
    return quantise_layer(*inputs, scale, packed, input_offset), scale


def _quantise_hidden(folded, input_scale, output_scale, rhythm_scaling):
    """Bring the rhythm features to the unit of the maps, so that one sum serves."""
    weight, bias = folded.hidden
    n_pooled = weight.shape[1] - folded.n_rhythm
    reach = np.full(weight.shape[1], ACTIVATION_MAX)
    if folded.n_rhythm:
        weight = weight.copy()
        bias = bias + weight[:, n_pooled:] @ rhythm_scaling.offsets()
        weight[:, n_pooled:] *= rhythm_scaling.units() / input_scale
        reach[n_pooled:] = RHYTHM_MAX
    return _with_scale(weight, bias, input_scale, reach, output_scale)

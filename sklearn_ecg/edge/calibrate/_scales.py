"""Choosing the scales of a quantised network from what flows through the float one.

Scales of weights are symmetric and one for each output channel, so that a pruned
weight is exactly 0. That of a channel follows from its multiplier, a small integer:
the weights make up for its rounding. Activations have one for each channel, too, which
costs nothing: a multiplier makes it, and the weights of the next layer take it in.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..twin._arithmetic import BYTES, HALFWORDS
from ..twin._front_end import RHYTHM_MAX
from ..twin._network import IntegerLayer, IntegerNetwork

WEIGHT_MAX = 127
_INT32_MAX = 2**31 - 1
_HEADROOM = 1.25
"""Of halfwords, over the largest value of any calibration beat."""

_STORED_BITS = 8
"""Bits in which multipliers are stored."""

_LEAST_SHARE = 1e-3
"""So that a channel that nothing follows gets a step, too."""

_MARGIN = 1.05
"""For the rounding of multipliers and weights."""


def best_limit(values, form):
    """Find the largest value that activations shall be able to take.

    Halfwords have levels to spare: other beats may be larger by a quarter than all of
    these. Bytes have not, and get the limit that loses least, in the mean square, when
    these values are clipped to it and rounded.

    Parameters
    ----------
    values : ndarray
        What is to be represented.
    form : Format

    Returns
    -------
    float

    Examples
    --------
    >>> values = np.append(np.linspace(-1, 1, 10_000), 3.0)  # one outlier
    >>> 1 <= best_limit(values, BYTES) < 3
    True
    >>> best_limit(values, HALFWORDS)
    3.75
    """
    magnitudes = np.abs(values).ravel()
    largest = float(magnitudes.max(initial=0.0))
    if largest == 0:
        return 1.0
    if form == HALFWORDS:
        return _HEADROOM * largest
    rounded = np.count_nonzero(magnitudes)
    large = magnitudes[magnitudes > largest / 4]
    limits = np.linspace(0.25, 1, 40) * largest
    errors = [
        rounded * (limit / form.activation_max) ** 2 / 12
        + np.square(np.maximum(large - limit, 0)).sum()
        for limit in limits
    ]
    return float(limits[int(np.argmin(errors))])


def channel_steps(maps, following, form):
    """Find what a step of the activations of each channel is worth.

    With few levels, the range of each channel decides. Where there are levels to spare,
    the weights that follow matter more: those of an output share one step, in which the
    small ones are rounded badly. So half of the difference, on a logarithmic scale,
    between the ranges goes to the activations, and half of that between the weights.

    Parameters
    ----------
    maps : ndarray of shape (n_beats, n_channels, ...)
    following : ndarray of shape (n_out, n_channels, ...)
        Weights of the next layer.
    form : Format

    Returns
    -------
    ndarray of shape (n_channels,)
    """
    channels = np.moveaxis(maps, 1, 0)
    limits = np.array([best_limit(values, form) for values in channels])
    worth = np.sqrt(limits / _shares(following))
    worth *= (limits / worth).max()
    return np.clip(worth, limits, limits * form.spare) / form.activation_max


def _shares(weight):
    """Largest weight of each input channel, each relative to the largest beside it."""
    magnitudes = np.abs(weight).reshape(len(weight), weight.shape[1], -1)
    largest = magnitudes.max(axis=(1, 2), keepdims=True)
    largest = np.where(largest == 0, 1.0, largest)
    return np.maximum((magnitudes / largest).max(axis=(0, 2)), _LEAST_SHARE)


def quantise_layer(weight, bias, input_max, output_step, form, input_offset=0):
    """Quantise a layer that is followed by a ReLU.

    Parameters
    ----------
    weight : ndarray of shape (n_out, n_in) or (n_out, n_in, kernel_size)
        What a step of an input adds to an output.
    bias : ndarray of shape (n_out,)
    input_max : ndarray of shape (n_in,)
        Largest absolute values of the inputs, in steps.
    output_step : ndarray of shape (n_out,)
        What a step of each output is worth.
    form : Format
        Of inputs and outputs.
    input_offset : int
        What the C adds to inputs.

    Returns
    -------
    layer : IntegerLayer
    exact : ndarray of the shape of `weight`
        Its weights before they were rounded.
    """
    most = sum_max(weight, form)
    unit = output_step / 2.0**form.multiplier_bits
    least = _finest_steps(weight, bias, input_max, most) / unit
    multiplier_shift = max(0, math.frexp(least.max())[1] - _STORED_BITS)
    while True:
        grain = 1 << multiplier_shift
        multiplier = np.maximum(np.ceil(least / grain), 1) * grain
        steps = multiplier * unit
        layer = _rounded(weight, bias, input_max, steps, form, input_offset)
        # Rounding makes some sums larger: coarser steps for these channels.
        over = layer.sum_limits > most
        least = np.where(over, multiplier + grain, least)
        if multiplier.max() >= grain << _STORED_BITS:
            multiplier_shift += 1
        elif not over.any():
            break
    assert multiplier.max() <= form.multiplier_max
    layer = replace(
        layer,
        multiplier=multiplier.astype(np.uint32),
        multiplier_shift=multiplier_shift,
    )
    assert products_fit(layer)
    return layer, weight / _as_columns(steps, weight)


def products_fit(layer):
    """Whether no product of a sum and a multiplier overflows, spurious ones included.

    Parameters
    ----------
    layer : IntegerLayer

    Returns
    -------
    bool
    """
    if layer.multiplier is None or layer.form.multiplier_bits == 32:
        return True
    sums = _rubbish(layer.form) * layer.sum_limits
    largest = sums * layer.multiplier + 2**layer.form.multiplier_bits
    return bool(largest.max() <= _INT32_MAX)


def least_output_step(weight, bias, input_max, form):
    """Smallest step of the outputs of a layer with which no product overflows.

    It matters only where calibration beats cause next to no activation.

    Parameters
    ----------
    weight, bias, input_max, form
        As for `quantise_layer`.

    Returns
    -------
    ndarray of shape (n_out,)
    """
    one = 2.0**form.multiplier_bits
    finest = _finest_steps(weight, bias, input_max, sum_max(weight, form))
    least = finest * one / form.multiplier_max
    if form.multiplier_bits < 32:
        worst = _rubbish(form) * _worst_sums(weight, bias, input_max)
        least = np.maximum(least, worst * one / _INT32_MAX)
    return _MARGIN * least


def _rubbish(form):
    """How much larger than an activation what is read beyond a row may be."""
    return math.ceil(form.rubbish_max / form.activation_max)


def sum_max(weight, form):
    """Largest sum that is allowed; with rubbish, too, it has to fit into 32 bits.

    Parameters
    ----------
    weight : ndarray
    form : Format

    Returns
    -------
    int
    """
    most = _INT32_MAX // _rubbish(form)
    return min(most, form.sum_max) if weight.ndim == 3 else most


def _finest_steps(weight, bias, input_max, sum_max):
    """Smallest step of each channel's weights that keeps weights and sums in range."""
    largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
    by_sum = _worst_sums(weight, bias, input_max) / sum_max
    steps = np.maximum(largest / WEIGHT_MAX, by_sum)
    # A channel without a weight has no step of its own: any will do.
    return np.where(steps == 0, steps.max(initial=0) or 1.0, steps)


def _worst_sums(weight, bias, input_max):
    """Largest absolute value of each output, before rounding, for any input."""
    flat = np.abs(weight).reshape(len(weight), -1)
    reach = np.repeat(input_max, flat.shape[1] // len(input_max))
    return flat @ reach + np.abs(bias)


def _as_columns(values, like):
    return np.reshape(values, (-1, *[1] * (like.ndim - 1)))


def _rounded(weight, bias, input_max, steps, form, input_offset=0):
    """Round weights and biases to multiples of the steps of their channels."""
    layer = IntegerLayer(
        weight=np.rint(weight / _as_columns(steps, weight)).astype(np.int8),
        bias=np.zeros(len(weight), dtype=np.int32),
        input_max=np.asarray(input_max, dtype=np.int64),
        form=form,
        input_offset=input_offset,
    )
    return layer.with_bias(bias / steps)


def quantise_output(weight, bias, form):
    """Quantise the last layer: one scale for all classes, so that logits compare.

    Parameters
    ----------
    weight : ndarray of shape (n_classes, n_in)
        What a step of an input adds to a logit.
    bias : ndarray of shape (n_classes,)
    form : Format
        Of inputs.

    Returns
    -------
    layer : IntegerLayer
    exact : ndarray of the shape of `weight`
        Its weights before they were rounded.
    logit_scale : float
        What one unit of a logit is worth.
    """
    step = (np.abs(weight).max() / WEIGHT_MAX) or 1.0
    reach = np.full(weight.shape[1], form.activation_max)
    layer = _rounded(weight, bias, reach, np.full(len(weight), step), form)
    return layer, weight / step, step


def quantise_network(folded, signal, rhythm, input_step, rhythm_scaling, form=BYTES):
    """Quantise every layer of a network.

    Parameters
    ----------
    folded : FoldedNetwork
    signal : ndarray of shape (n_beats, n_channels, n_samples)
        Calibration windows, as the float network sees them.
    rhythm : ndarray of shape (n_beats, n_rhythm)
        Their rhythm features, in seconds and ratios.
    input_step : float
        What one step of a sample of a window is worth.
    rhythm_scaling : RhythmScaling
    form : Format
        Of all activations.

    Returns
    -------
    network : IntegerNetwork
    exact : list of ndarray
        The weights of each layer before they were rounded.
    """
    *activations, _ = folded.activations(signal, rhythm)
    layers, exact = [], []
    steps, offset = np.full(signal.shape[1], input_step), form.sample_offset
    for number, (weight, bias) in enumerate(folded.convolutions):
        weight = weight * steps[:, np.newaxis]
        reach = np.full(len(steps), form.activation_max)
        steps = channel_steps(activations[number], _following(folded, number), form)
        layer, steps, unrounded = _with_step(weight, bias, reach, steps, form, offset)
        layers.append(layer)
        exact.append(unrounded)
        offset = 0
    weight, bias, reach = _hidden_in_steps(folded, steps, rhythm_scaling, form)
    steps = channel_steps(activations[-1], folded.output[0], form)
    hidden, steps, unrounded = _with_step(weight, bias, reach, steps, form)
    weight, bias = folded.output
    output, last, logit_scale = quantise_output(weight * steps, bias, form)
    network = IntegerNetwork(
        tuple(layers), hidden, output, logit_scale, signal.shape[2]
    )
    return network, [*exact, unrounded, last]


def _following(folded, number):
    """Weights of the layer after a convolution, channel by channel of its outputs."""
    if number + 1 < len(folded.convolutions):
        return folded.convolutions[number + 1][0]
    weight, _ = folded.hidden
    n_channels = len(folded.convolutions[number][0])
    pooled = weight[:, : weight.shape[1] - folded.n_rhythm]
    return pooled.reshape(len(weight), n_channels, -1)


def _with_step(weight, bias, input_max, output_step, form, input_offset=0):
    """Quantise a layer; return it, the steps of its outputs, and unrounded weights."""
    steps = np.maximum(output_step, least_output_step(weight, bias, input_max, form))
    layer, exact = quantise_layer(weight, bias, input_max, steps, form, input_offset)
    return layer, steps, exact


def _hidden_in_steps(folded, steps, rhythm_scaling, form):
    """Weights of the hidden layer for steps of its inputs; their largest values."""
    weight, bias = folded.hidden
    n_pooled = weight.shape[1] - folded.n_rhythm
    reach = np.full(weight.shape[1], form.activation_max)
    worth = np.repeat(steps, n_pooled // len(steps))
    if folded.n_rhythm:
        shift = form.rhythm_shift
        bias = bias + weight[:, n_pooled:] @ rhythm_scaling.offsets()
        worth = np.append(worth, rhythm_scaling.units() / 2**shift)
        reach[n_pooled:] = RHYTHM_MAX << shift
    return weight * worth, bias, reach

"""Choosing the scales of a quantized network from what flows through the float one.

Scales of weights are symmetric and one for each output, so that a pruned weight is
exactly 0. The scale of an output follows from its multiplier, a small integer: the
weights make up for its rounding. Activations have one for each output, too, which costs
nothing: a multiplier makes it, and the weights of the next layer take it in. The scales
of what enters follow from calibration beats.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..twin._arithmetic import BYTES, HALFWORDS
from ..twin._features import FEATURE_MAX, FeatureScaling
from ..twin._inputs import DeviceInputs, RowInputs, in_millivolts
from ..twin._layers import CONVOLUTION, LOGITS, RHYTHM, SIGNAL
from ..twin._network import IntegerLayer, IntegerNetwork
from ..twin._row import COUNT_MAX, RowScaling
from ..twin._window import WindowScaling

WEIGHT_MAX = 127
_INT32_MAX = 2**31 - 1
_HEADROOM = 1.25
"""Of halfwords, over the largest value of any calibration beat."""

_STORED_BITS = 8
"""Bits in which multipliers are stored."""

_LEAST_SHARE = 1e-3
"""So that an output that nothing reads gets a step, too."""

_MARGIN = 1.05
"""For the rounding of multipliers and weights."""


def best_limit(values, form):
    """Find the largest value that activations shall be able to take."""
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


def activation_steps(activations, following, form):
    """Find what a step of the activations of each output is worth."""
    outputs = np.moveaxis(activations, 1, 0)
    limits = np.array([best_limit(values, form) for values in outputs])
    worth = np.sqrt(limits / _shares(following))
    worth *= (limits / worth).max()
    return np.clip(worth, limits, limits * form.spare) / form.activation_max


def _shares(weight):
    """Largest weight of each input, each relative to the largest beside it."""
    magnitudes = np.abs(weight).reshape(len(weight), weight.shape[1], -1)
    largest = magnitudes.max(axis=(1, 2), keepdims=True)
    largest = np.where(largest == 0, 1.0, largest)
    return np.maximum((magnitudes / largest).max(axis=(0, 2)), _LEAST_SHARE)


def quantize_layer(layer, input_max, output_step, form, input_offset=0):
    """Quantize a layer that is followed by a ReLU."""
    weight, bias = layer.weight, layer.bias
    most = sum_max(layer, form)
    unit = output_step / 2.0**form.multiplier_bits
    least = _finest_steps(weight, bias, input_max, most) / unit
    multiplier_shift = max(0, math.frexp(least.max())[1] - _STORED_BITS)
    while True:
        grain = 1 << multiplier_shift
        multiplier = np.maximum(np.ceil(least / grain), 1) * grain
        steps = multiplier * unit
        rounded = _rounded(layer, input_max, steps, form, input_offset)
        # Rounding makes some sums larger: coarser steps for these outputs.
        over = rounded.sum_limits > most
        least = np.where(over, multiplier + grain, least)
        if multiplier.max() >= grain << _STORED_BITS:
            multiplier_shift += 1
        elif not over.any():
            break
    assert multiplier.max() <= form.multiplier_max
    rounded = replace(
        rounded,
        multiplier=multiplier.astype(np.uint32),
        multiplier_shift=multiplier_shift,
    )
    assert products_fit(rounded)
    return rounded, weight / _as_columns(steps, weight)


def products_fit(layer):
    """Whether no product of a sum and a multiplier overflows, even a spurious one."""
    if layer.multiplier is None or layer.form.multiplier_bits == 32:
        return True
    sums = _rubbish(layer.form) * layer.sum_limits
    largest = sums * layer.multiplier + 2**layer.form.multiplier_bits
    return bool(largest.max() <= _INT32_MAX)


def least_output_step(layer, input_max, form):
    """Smallest step of the outputs of a layer with which no product overflows."""
    weight, bias = layer.weight, layer.bias
    one = 2.0**form.multiplier_bits
    finest = _finest_steps(weight, bias, input_max, sum_max(layer, form))
    least = finest * one / form.multiplier_max
    if form.multiplier_bits < 32:
        worst = _rubbish(form) * _worst_sums(weight, bias, input_max)
        least = np.maximum(least, worst * one / _INT32_MAX)
    return _MARGIN * least


def _rubbish(form):
    """How much larger than an activation what is read beyond a row may be."""
    return math.ceil(form.rubbish_max / form.activation_max)


def sum_max(layer, form):
    """Largest sum that is allowed; with rubbish, too, it has to fit into 32 bits."""
    most = _INT32_MAX // _rubbish(form)
    return min(most, form.sum_max) if layer.kind == CONVOLUTION else most


def _finest_steps(weight, bias, input_max, sum_max):
    """Smallest step of each output's weights that keeps weights and sums in range."""
    largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
    by_sum = _worst_sums(weight, bias, input_max) / sum_max
    steps = np.maximum(largest / WEIGHT_MAX, by_sum)
    # An output without a weight has no step of its own: any will do.
    return np.where(steps == 0, steps.max(initial=0) or 1.0, steps)


def _worst_sums(weight, bias, input_max):
    """Largest absolute value of each output, before rounding, for any input."""
    flat = np.abs(weight).reshape(len(weight), -1)
    reach = np.repeat(input_max, flat.shape[1] // len(input_max))
    return flat @ reach + np.abs(bias)


def _as_columns(values, like):
    return np.reshape(values, (-1, *[1] * (like.ndim - 1)))


def _rounded(layer, input_max, steps, form, input_offset=0):
    """Round weights and biases to multiples of the steps of their outputs."""
    weight = np.rint(layer.weight / _as_columns(steps, layer.weight))
    rounded = IntegerLayer(
        layer.name,
        layer.kind,
        layer.inputs,
        weight.astype(np.int8),
        bias=np.zeros(len(weight), dtype=np.int32),
        input_max=np.asarray(input_max, dtype=np.int64),
        form=form,
        input_offset=input_offset,
    )
    return rounded.with_bias(layer.bias / steps)


def quantize_logits(layer, input_max, form):
    """Quantize the last layer: one scale for all classes, so that logits compare."""
    weight = layer.weight
    step = _finest_steps(weight, layer.bias, input_max, sum_max(layer, form)).max()
    rounded = _rounded(layer, input_max, np.full(len(weight), step), form)
    return rounded, weight / step, step


def quantize_network(folded, signal, rhythm, input_step, feature_scaling, form=BYTES):
    """Quantize every layer of a network."""
    activations = folded.activations(signal, rhythm)
    reading = _Reading(folded, input_step, feature_scaling, form)
    layers, exact = [], []
    for layer in folded.layers:
        in_steps, input_max = reading.in_steps(layer)
        if layer.kind == LOGITS:
            quantized, unrounded, logit_scale = quantize_logits(
                in_steps, input_max, form
            )
        else:
            following = _following(folded, layer.name)
            steps = activation_steps(activations[layer.name], following, form)
            least = least_output_step(in_steps, input_max, form)
            reading.steps[layer.name] = steps = np.maximum(steps, least)
            offset = form.sample_offset if layer.inputs == (SIGNAL,) else 0
            quantized, unrounded = quantize_layer(
                in_steps, input_max, steps, form, offset
            )
        layers.append(quantized)
        exact.append(unrounded)
    size = folded.n_channels, folded.n_samples, folded.n_rhythm
    return IntegerNetwork(tuple(layers), *size, logit_scale), exact


def _following(folded, name):
    """Weights by which the next layer reads an output: (n_out, n_rows, ...)."""
    reader = folded.reader(name)
    if reader.kind == CONVOLUTION:
        return reader.weight
    weight = reader.weight[:, folded.columns(reader)[name]]
    return weight.reshape(len(weight), *folded.sizes[name])


class _Reading:
    """What layers read, in steps: what each is worth, and how many there can be."""

    def __init__(self, folded, input_step, feature_scaling, form):
        self.folded = folded
        self.form = form
        self.rhythm_offsets = feature_scaling.offsets()
        self.steps = {
            SIGNAL: np.full(folded.n_channels, input_step),
            RHYTHM: feature_scaling.units() / 2**form.rhythm_shift,
        }

    def in_steps(self, layer):
        """Return a layer for steps of its inputs, and their largest values."""
        if layer.kind == CONVOLUTION:
            worth = self.steps[layer.inputs[0]]
            input_max = np.full(len(worth), self.form.activation_max)
            weight = layer.weight * worth[:, np.newaxis]
            return replace(layer, weight=weight), input_max
        bias = layer.bias
        worth = np.empty(layer.weight.shape[1])
        input_max = np.full(len(worth), self.form.activation_max)
        for name, columns in self.folded.columns(layer).items():
            worth[columns] = np.repeat(self.steps[name], self.folded.sizes[name][1])
            if name == RHYTHM:
                bias = bias + layer.weight[:, columns] @ self.rhythm_offsets
                input_max[columns] = FEATURE_MAX << self.form.rhythm_shift
        return replace(layer, weight=layer.weight * worth, bias=bias), input_max


_MOST_CLIPPED = 0.001
"""Share of calibration windows that may be clipped: about as many as rounding changes
the labels of."""

_LEAST_COUNTS = 16
"""Of the largest sample: with fewer, less than five bits are left of a window."""

_MOST_MILLIVOLTS = 2000
"""More than any electrode gives, drift and saturation included."""


def row_inputs(classifier, rows, rhythm, input_scale, step, form):
    """Choose the scales for rows of X."""
    names = getattr(classifier, "feature_names_in_", None)
    layout = classifier.layout_
    n_window = layout.n_channels * layout.n_samples
    scaling = RowScaling.of(1 / step, n_window, rhythm, form.activation_max)
    if input_scale is not None:
        _check_input_scale(input_scale, layout.arrange(rows)[:, :n_window])
        scaling = scaling.in_counts(input_scale)
    inputs = RowInputs(None if names is None else tuple(names), layout, scaling)
    return inputs, inputs.read(rows)


def _check_input_scale(input_scale, windows):
    """Refuse a scale at which windows don't fit 16 bits, or are next to nothing."""
    largest = np.abs(windows).max(axis=1)
    most = np.quantile(largest, 1 - _MOST_CLIPPED, method="higher")
    problem = (
        f"input_scale={input_scale:.10g}: the samples of the calibration beats reach "
        f"{most:.4g}, which is {most / input_scale:.4g} counts"
    )
    if most == 0:
        raise ValueError(
            "input_scale can't be checked: all samples of the calibration beats are 0. "
            "Give beats that the classifier was trained on."
        )
    # Rounded inwards, so that what is advised is allowed.
    least = f"{1.001 * most / COUNT_MAX:.4g}"
    if most / input_scale > COUNT_MAX + 0.5:
        raise ValueError(
            f"{problem}; the C takes up to {COUNT_MAX}. A count has to be worth at "
            f"least {least}."
        )
    if most / input_scale < _LEAST_COUNTS:
        raise ValueError(
            f"{problem}: too few to tell beats apart. Give what a count is worth, from "
            f"{least} to {0.999 * most / _LEAST_COUNTS:.4g}."
        )


def device_inputs(segmenter, classifier, beats, rhythm, adc_gain, step, form):
    """Choose the scales for what a device reads."""
    layout = classifier.layout_
    standardized = segmenter.normalize == "beat"
    scale = 1 / step if standardized else 1 / (step * adc_gain)
    inputs = DeviceInputs(
        in_millivolts(segmenter, beats),
        float(adc_gain),
        WindowScaling.of(scale, layout.n_samples, standardized, form.activation_max),
        _feature_scaling(rhythm, rhythm_names(classifier)),
        layout.n_channels,
    )
    read = inputs.read(beats)
    _check_range(inputs, read[0], beats)
    return inputs, read


def rhythm_names(classifier):
    """Return the names of the rhythm features, in the order of the network."""
    layout = classifier.layout_
    names = layout.arrange(np.asarray(classifier.feature_names_in_)[np.newaxis])[0]
    return names[layout.n_features - layout.n_rhythm :].tolist()


def _feature_scaling(rhythm, names):
    values = FeatureScaling.of(names, np.zeros((1, len(names)))).integers(rhythm)
    return FeatureScaling.of(names, values)


def _check_range(inputs, windows, beats):
    """Refuse a gain at which more than a few windows don't fit 16 bits."""
    limits = np.iinfo(np.int16)
    at_limits = (windows == limits.min) | (windows == limits.max)
    clipped = at_limits.any(axis=(1, 2)).mean()
    if clipped <= _MOST_CLIPPED:
        return
    largest = np.abs(inputs.millivolts(beats)).max(axis=(1, 2))
    most = np.quantile(largest, 1 - _MOST_CLIPPED, method="higher")
    problem = (
        f"adc_gain={inputs.adc_gain:.10g}: {100 * clipped:.1f} % of the calibration "
        "windows have samples that 16 bits can't hold, which is what the C takes."
    )
    if most > _MOST_MILLIVOLTS:
        raise ValueError(
            f"{problem} They reach {most:.4g} mV, more than any electrode gives, so "
            "that no gain is right for them: see to it that the records say in which "
            "unit their signals are (µV may stand there as V), and fit again."
        )
    places = max(1, math.ceil(math.log2(most * inputs.adc_gain / (limits.max - 1))))
    raise ValueError(
        f"{problem} Let the device shift samples right by {places} bits, and give "
        f"adc_gain={inputs.adc_gain / 2**places:.10g}."
    )

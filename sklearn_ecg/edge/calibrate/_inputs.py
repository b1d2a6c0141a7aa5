"""Choosing the scales of what enters an integer network, from calibration beats."""

from __future__ import annotations

import math

import numpy as np

from ..twin._inputs import DeviceInputs, RowInputs, in_millivolts
from ..twin._rhythm import RhythmScaling
from ..twin._row import COUNT_MAX, RowScaling
from ..twin._window import WindowScaling

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
        _rhythm_scaling(rhythm, rhythm_names(classifier)),
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


def _rhythm_scaling(rhythm, names):
    if not names:
        return RhythmScaling()
    one = RhythmScaling.fixed_point(names)
    low, high = np.percentile(rhythm, [0.05, 99.95], axis=0) * one
    return RhythmScaling.of(names, low, high)


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

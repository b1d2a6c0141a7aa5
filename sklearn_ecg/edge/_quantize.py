"""quantize: from a fitted Pipeline to a classifier that computes in integers."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from .._parameter_checks import (
    NONE,
    AnyOf,
    Choice,
    Number,
    WholeNumber,
    check,
    refuse,
)
from .._types import RandomState
from ..classifier._classifier import PrunedCNNClassifier
from ..classifier._classifier_cv import PrunedCNNClassifierCV
from ..classifier._data import read_rows
from ..training._dataset import split_rows
from ._origin import Origin
from ._parts import parts_of
from ._quantized_classifier import QuantizedClassifier
from .calibrate._fine_tune import fine_tune
from .calibrate._folding import fold
from .calibrate._inputs import device_inputs, row_inputs
from .calibrate._scales import best_limit, quantize_network
from .twin._arithmetic import FORMATS

_INPUT_SCALE = AnyOf(NONE, Number(0, closed="neither"))
_NOT_OF_A_PIPELINE = (
    "None for a pipeline, which takes samples of a converter: adc_gain says what their "
    "counts are worth"
)


def quantize(
    estimator: Pipeline | PrunedCNNClassifier | PrunedCNNClassifierCV,
    X_calibration: pd.DataFrame | ArrayLike | None = None,
    *,
    adc_gain: float = 200.0,
    input_scale: float | None = None,
    activations: Literal["int16", "int8"] = "int16",
    fine_tune_epochs: int = 20,
    random_state: RandomState = 0,
) -> QuantizedClassifier:
    """Quantize a fitted pipeline, or classifier, to 8-bit integers.

    Batch norm is folded into the weights, which get one symmetric scale an output, so
    that a pruned weight stays exactly 0. So do activations, by their ranges on the
    calibration beats. Then weights are moved by some steps, until the logits of
    these beats, rounded everywhere, are nearest to those of the float network: that
    takes no labels, and no weight comes back from 0.

    Parameters
    ----------
    estimator : Pipeline or PrunedCNNClassifier
        Fitted, with the network ``"beatcnn"`` or ``"twobranch"``. A pipeline consists
        of a `BeatSegmenter` that a device can repeat (see its `deployable_`) and a
        `PrunedCNNClassifier`. Of a classifier alone, rows come in as it was fitted on.
    X_calibration : DataFrame, or array-like of shape (n_beats, n_features)
        What the estimator predicts from: some hundreds to thousands of typical beats,
        of the training data.
    adc_gain : float > 0, default=200
        Counts per millivolt of the device's converter at its lead; the MIT-BIH
        Arrhythmia Database has 200. Here it turns records into the counts that the
        device would have read; those that 16 bits can't hold are clipped. With
        ``normalize="beat"`` the exported C runs with any other gain, too.
    input_scale : float > 0, default=None
        Of a classifier alone: what one count of a sample is worth, in the unit of X.
        The exported C then takes the samples of a row as counts of 16 bits, and scales
        them itself: with 0.001, rows from 0 to 1 come in as 0 to 1000. None lets the
        header of the C name the scale by which to round samples before.
    activations : {"int16", "int8"}, default="int16"
        Width of what layers hand on. With 8 bits, the sums of two outputs share a
        register, which takes instructions and half of the RAM away, but rounding
        changes more labels.
    fine_tune_epochs : int >= 0, default=20
        Passes over the calibration beats in which weights are moved; with 0 they are
        the nearest integers.
    random_state : int, RandomState instance or None, default=0
        Of the order of the beats in these passes.

    Returns
    -------
    QuantizedClassifier

    Raises
    ------
    ValueError
        If there are no calibration beats, or they are not what the estimator was
        fitted with; if their samples don't fit 16 bits, as `adc_gain` is too high,
        `input_scale` too low or the records say the wrong unit; if `input_scale` is
        given with a pipeline; if the segmenter's preprocessing can't be
        repeated by a device; or if the network isn't known here.
    sklearn.exceptions.NotFittedError
        If the estimator isn't fitted.
    TypeError
        If it is neither such a pipeline nor a `PrunedCNNClassifier`.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.edge import quantize
    >>> beats = make_ecg(n_records=2, random_state=0)
    >>> classifier = PrunedCNNClassifier(sparsity=0.8, n_stages=2, random_state=0)
    >>> pipeline = make_pipeline(BeatSegmenter(), classifier)
    >>> pipeline = pipeline.fit(beats.data, beats.target)
    >>> quantized = quantize(pipeline, beats.data)
    >>> agreement = quantized.predict(beats.data) == pipeline.predict(beats.data)
    >>> bool(agreement.mean() > 0.95)
    True
    """
    adc_gain = check("quantize", "adc_gain", adc_gain, Number(0, closed="neither"))
    input_scale = check("quantize", "input_scale", input_scale, _INPUT_SCALE)
    fine_tune_epochs = check(
        "quantize", "fine_tune_epochs", fine_tune_epochs, WholeNumber(0)
    )
    activations = check("quantize", "activations", activations, Choice(FORMATS))
    form = FORMATS[activations]
    segmenter, classifier = parts_of(estimator)
    if segmenter is not None and input_scale is not None:
        refuse("quantize", "input_scale", input_scale, _NOT_OF_A_PIPELINE)
    _check_calibration(X_calibration)
    layout = classifier.layout_
    folded = fold(classifier.module_, layout.n_samples)
    rows = X_calibration if segmenter is None else segmenter.transform(X_calibration)
    rows = read_rows(classifier, rows, layout, np.float64)
    shape = layout.n_channels, layout.n_samples
    signal, rhythm = split_rows(layout.arrange(rows), shape).values()
    step = best_limit(signal, form) / form.activation_max
    if segmenter is None:
        inputs, read = row_inputs(classifier, rows, rhythm, input_scale, step, form)
    else:
        inputs, read = device_inputs(
            segmenter, classifier, X_calibration, rhythm, adc_gain, step, form
        )
    network, exact = quantize_network(
        folded, signal, rhythm, step, inputs.rhythm_scaling, form
    )
    entering = inputs.scale(*read)
    if fine_tune_epochs:
        logits = folded.activations(signal, rhythm)[folded.layers[-1].name]
        seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
        network = fine_tune(network, exact, entering, logits, fine_tune_epochs, seed)
    examples = _examples(network.logits(*entering), *read)
    origin = Origin.of(classifier, network, len(rows), examples)
    return QuantizedClassifier(network, inputs, classifier.classes_, origin)


def _check_calibration(X):
    if X is None or len(X) == 0:
        raise ValueError(
            "X_calibration has no beats: quantize needs some, of the training data, to "
            "see how large the signals in the network get."
        )


def _examples(logits, windows, intervals):
    """Choose the first beat of each class that is predicted."""
    _, first = np.unique(logits.argmax(axis=1), return_index=True)
    return windows[first], intervals[first]

"""From a fitted Pipeline to integers: its classifier, or a whole chain for a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._parameter_checks import NONE, AnyOf, Choice, Number, WholeNumber, check, refuse
from .._types import RandomState
from ..beats._build import read_one_lead
from ..classifier._classifier import PrunedCNNClassifier
from ..classifier._classifier_cv import PrunedCNNClassifierCV
from ..classifier._data import read_rows
from ..detection._filters import DEVICE_RATE
from ..training._dataset import split_rows
from ..windows._segmenter import BeatSegmenter
from ._device_chain import DeviceChain, read_counts
from ._quantized_classifier import Origin, QuantizedClassifier
from .calibrate._fine_tune import fine_tune
from .calibrate._folding import fold
from .calibrate._scales import (
    best_limit,
    device_inputs,
    quantize_network,
    rhythm_names,
    row_inputs,
)
from .twin._arithmetic import FORMATS
from .twin._chain import ChainInputs
from .twin._features import FeatureScaling
from .twin._front_end import LATE
from .twin._window import WindowScaling

CLASSIFIERS = (PrunedCNNClassifier, PrunedCNNClassifierCV)

_MOST_WINDOW_RATE = 200
_OF_A_CHAIN = {
    "baseline": None,
    "bandpass": None,
    "normalize": "beat",
    "channels": "first",
}
"""What parameters of the segmenter a chain can repeat."""


def ways_onto_a_device(model) -> dict[str, str]:
    """Say of each way onto a device why it is closed to a model; "" if it is open.

    The ways are "rows" and "windows", by `quantize`, and "chain", by `quantize_chain`.
    """
    is_alone = isinstance(model, CLASSIFIERS)
    none = f"it takes {'rows' if is_alone else 'recordings'}"
    return {
        "rows": _obstacle(parts_of, model) if is_alone else none,
        "windows": none if is_alone else _obstacle(parts_of, model),
        "chain": none if is_alone else _obstacle(chain_parts_of, model),
    }


def _obstacle(parts, model):
    try:
        _, classifier = parts(model)
        fold(classifier.module_, classifier.layout_.n_samples)
    except (TypeError, ValueError) as error:
        return str(error)
    return ""


def parts_of(estimator):
    """Return the segmenter (None for a classifier alone) and the classifier."""
    if isinstance(estimator, CLASSIFIERS):
        return None, fitted_classifier(estimator)
    parts = _steps_of(estimator, "quantize", "a Pipeline or a PrunedCNNClassifier")
    _check_windows(parts[0])
    return parts


def chain_parts_of(pipeline):
    """Return the segmenter and the classifier of a Pipeline that a chain can repeat."""
    kind = "a Pipeline of a BeatSegmenter and a PrunedCNNClassifier"
    parts = _steps_of(pipeline, "quantize_chain", kind)
    _check_chain(parts[0])
    return parts


def fitted_classifier(classifier):
    """Check that a classifier is fitted; of a cross-validated one, return the best."""
    check_is_fitted(classifier)
    if isinstance(classifier, PrunedCNNClassifierCV):
        return classifier.best_estimator_
    return classifier


def _steps_of(pipeline, owner, kind):
    """Return the two steps of a fitted Pipeline that looks at one lead."""
    if not isinstance(pipeline, Pipeline):
        raise TypeError(f"{owner} takes {kind}, got a {type(pipeline).__name__}.")
    if hasattr(pipeline, "second_lead"):
        raise TypeError(
            f"{owner} takes a Pipeline that looks at one lead, and this one looks at a "
            "second: give Pipeline(model.steps), or load_pretrained('wearable')."
        )
    steps = [(n, s) for n, s in pipeline.steps if s is not None and s != "passthrough"]
    kinds = [BeatSegmenter, CLASSIFIERS]
    if len(steps) != 2 or not all(
        isinstance(step, kind) for (_, step), kind in zip(steps, kinds, strict=True)
    ):
        names = ", ".join(f"{name!r} ({type(step).__name__})" for name, step in steps)
        raise TypeError(
            f"{owner} takes a Pipeline of a BeatSegmenter and a PrunedCNNClassifier, "
            f"as a device repeats nothing else; this one has {names}."
        )
    (_, segmenter), (_, classifier) = steps
    check_is_fitted(segmenter)
    return segmenter, fitted_classifier(classifier)


def _check_windows(segmenter):
    obstacles = segmenter.undeployable_parameters_
    if not obstacles:
        return
    defaults = BeatSegmenter().get_params()
    message = _refusal(
        segmenter, {name: defaults[name] for name in obstacles}, "window"
    )
    if obstacles == ("relative_features",):
        message += " Or let quantize_chain export it with all that comes before it."
    raise ValueError(message)


def _check_chain(segmenter):
    parameters = segmenter.get_params()
    wanted = {k: v for k, v in _OF_A_CHAIN.items() if parameters[k] != v}
    if wanted:
        raise ValueError(_refusal(segmenter, wanted, "lead"))
    if segmenter.sampling_rate > _MOST_WINDOW_RATE:
        raise ValueError(
            f"A chain takes windows at up to {_MOST_WINDOW_RATE} Hz, and the segmenter "
            f"makes them at {segmenter.sampling_rate:g}. Fit the pipeline with "
            "BeatSegmenter(sampling_rate=125)."
        )


def _refusal(segmenter, wanted, source):
    given = ", ".join(f"{name}={getattr(segmenter, name)!r}" for name in wanted)
    changes = ", ".join(f"{name}={value!r}" for name, value in wanted.items())
    return (
        f"A device can't repeat BeatSegmenter({given}) from the raw samples of one "
        f"{source}. Fit the pipeline with {changes}."
    )


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
        folded, signal, rhythm, step, inputs.feature_scaling, form
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


_LATENCIES = ("next_beat", "immediate")
_MOST_RING = 2048


def quantize_chain(
    pipeline: Pipeline,
    recordings: Sequence,
    *,
    sampling_rate: float,
    adc_gain: float = 200.0,
    limits: tuple[int, int] = (-32768, 32767),
    latency: Literal["next_beat", "immediate"] = "next_beat",
    detector: bool = True,
    activations: Literal["int16", "int8"] = "int8",
    fine_tune_epochs: int = 20,
    random_state: RandomState = 0,
) -> DeviceChain:
    """Quantize a fitted Pipeline together with all that comes before it on a device.

    The chain takes the samples of a converter: it detects the R peaks, cuts and scales
    the windows, computes the features, and runs the network, in integers throughout.
    Its scales are chosen on the beats that it finds itself in some recordings; weights
    are then moved as `quantize` does. No labels are needed.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, of a `BeatSegmenter` with ``normalize="beat"``, one channel and no
        filters, and a `PrunedCNNClassifier`; such as `make_beat_pipeline` and
        ``load_pretrained("wearable")`` give.
    recordings : sequence of Recording, str, path-like or wfdb.Record
        To calibrate on: some hours of typical ones, of the training data.
    sampling_rate : float
        Of the device's converter, in Hz, from 100 to 1000.
    adc_gain : float > 0, default=200
        Its counts per millivolt.
    limits : tuple of (int, int), default=(-32768, 32767)
        The lowest and the highest count that it gives: there it is saturated.
    latency : {"next_beat", "immediate"}, default="next_beat"
        ``"next_beat"`` labels a beat when the next one is found, or none came for
        3.5 s; ``"immediate"`` as soon as its window is there, 0.7 to 0.8 s after the R
        peak, as if no beat followed.
    detector : bool, default=True
        Whether the chain finds the R peaks. If not, the device tells where they are, as
        chips do that find them in hardware: to ``run`` and to ``_stream_beat`` of the
        C, right after the sample of each. All else is as with the detector.
    activations : {"int8", "int16"}, default="int8"
        Width of what layers hand on; see `quantize`.
    fine_tune_epochs : int >= 0, default=20
        Passes over the calibration beats in which weights are moved.
    random_state : int, RandomState instance or None, default=0
        Of the order of the beats in these passes.

    Returns
    -------
    DeviceChain

    Raises
    ------
    TypeError
        If the pipeline is another one.
    ValueError
        If a device can't repeat a parameter of the segmenter, which is named; if the
        gain makes samples leave 16 bits; or if no beat is found in the recordings.

    Examples
    --------
    >>> from sklearn_ecg import make_beat_pipeline
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.edge import quantize_chain
    >>> beats = make_ecg(n_records=2, random_state=0)
    >>> pipeline = make_beat_pipeline(n_epochs=2, n_stages=1, random_state=0)
    >>> pipeline = pipeline.fit(beats.data, beats.target)
    >>> chain = quantize_chain(
    ...     pipeline, beats.records, sampling_rate=250, fine_tune_epochs=1
    ... )
    >>> len(chain.annotate(beats.records[0])) > 30
    True
    """
    owner = "quantize_chain"
    sampling_rate = check(owner, "sampling_rate", sampling_rate, DEVICE_RATE)
    adc_gain = check(owner, "adc_gain", adc_gain, Number(0, closed="neither"))
    latency = check(owner, "latency", latency, Choice(_LATENCIES))
    form = FORMATS[check(owner, "activations", activations, Choice(FORMATS))]
    epochs = check(owner, "fine_tune_epochs", fine_tune_epochs, WholeNumber(0))
    limits = _checked_limits(limits)
    segmenter, classifier = chain_parts_of(pipeline)
    names = tuple(rhythm_names(classifier))
    layout = classifier.layout_
    inputs = ChainInputs(
        sampling_rate,
        float(segmenter.sampling_rate),
        round(segmenter.times_[0] * segmenter.sampling_rate),
        layout.n_samples,
        names,
        latency == "next_beat",
        limits,
        bool(detector),
    )
    _check_memory(inputs, segmenter)
    leads = segmenter.lead
    leads = (leads,) if isinstance(leads, str) else tuple(leads)
    windows, features = _calibration(inputs, recordings, leads, adc_gain)
    folded = fold(classifier.module_, layout.n_samples)
    signal = _standardized(windows)[:, np.newaxis]
    step = best_limit(signal, form) / form.activation_max
    window_scaling = WindowScaling.of(
        1 / step, layout.n_samples, True, form.activation_max
    )
    scaling = FeatureScaling.of(names, features, inputs.window_rate)
    rhythm = features * np.array(scaling.worth)
    network, exact = quantize_network(folded, signal, rhythm, step, scaling, form)
    entering = window_scaling(windows)[:, np.newaxis], scaling(features)
    if epochs:
        logits = folded.activations(signal, rhythm)[folded.layers[-1].name]
        seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
        network = fine_tune(network, exact, entering, logits, epochs, seed)
    return DeviceChain(
        network,
        inputs,
        window_scaling,
        scaling,
        classifier.classes_,
        leads,
        adc_gain,
        Origin.of(classifier, network, len(windows), ()),
    )


def _check_memory(inputs, segmenter):
    """Refuse windows for which a device would have to remember very much."""
    ring = inputs.front_end.ring
    if ring > _MOST_RING:
        raise ValueError(
            f"Windows of {segmenter.before:g} + {segmenter.after:g} s are too long for "
            f"a device, which would have to remember {ring} samples of 16 bits. Fit "
            "the pipeline with shorter ones ('before' and 'after')."
        )


def _checked_limits(limits):
    try:
        low, high = (int(limit) for limit in limits)
    except (TypeError, ValueError):
        low, high = 0, 0
    if not -32768 <= low < high <= 32767:
        raise ValueError(
            "quantize_chain: limits must be the lowest and the highest count of the "
            f"converter, within 16 bits; it is {limits!r}."
        )
    return low, high


def _calibration(inputs, recordings, leads, adc_gain):
    """Return windows of counts, and features, of the beats that a chain finds."""
    windows, features = [], []
    for recording in recordings:
        lead = read_one_lead(recording, leads)
        counts, lead_off = read_counts(lead, inputs.sampling_rate, adc_gain)
        _check_range(counts, adc_gain, lead)
        off = np.zeros(len(counts), dtype=bool) if lead_off is None else lead_off
        beats = replace(inputs, detects=True).beats(counts, off)
        usable = (beats.flags & LATE) == 0
        windows.append(beats.windows[usable])
        features.append(beats.features[usable])
    if sum(map(len, windows)) < 2:
        raise ValueError(
            "quantize_chain needs some beats to see how large the signals in the "
            f"network get, and finds none in {len(windows)} recordings."
        )
    return np.concatenate(windows), np.concatenate(features)


def _check_range(counts, adc_gain, lead):
    limits = np.iinfo(np.int16)
    clipped = np.mean((counts == limits.min) | (counts == limits.max))
    if clipped > 0.001:
        raise ValueError(
            f"adc_gain={adc_gain:.10g}: {100 * clipped:.1f} % of the samples of "
            f"the {lead} leave the 16 bits that the chain takes. Give a lower gain, "
            "and let the device shift its samples right."
        )


def _standardized(windows):
    deviations = windows - windows.mean(axis=1, keepdims=True)
    spread = deviations.std(axis=1, keepdims=True)
    return np.divide(
        deviations, spread, out=np.zeros(deviations.shape), where=spread > 0
    )

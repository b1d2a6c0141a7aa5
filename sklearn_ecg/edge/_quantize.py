"""From a fitted Pipeline to integers: its classifier, or a whole chain for a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from tqdm.auto import tqdm

from .._messages import warn
from .._parameter_checks import (
    FLAG,
    NONE,
    AnyOf,
    Choice,
    Number,
    WholeNumber,
    check,
    refuse,
)
from .._types import RandomState
from ..classifier import PrunedCNNClassifier, PrunedCNNClassifierCV, read_rows
from ..detection import DEVICE_RATE
from ..training import split_rows
from ..windows import CHAIN, WINDOW, BeatSegmenter, obstacle
from ._counts import read_counts
from ._device_chain import DeviceChain
from ._quantized_classifier import Origin, QuantizedClassifier
from .calibrate._fine_tune import fine_tune
from .calibrate._folding import fold
from .calibrate._gate import fit_gate, fit_lead_gate
from .calibrate._scales import (
    best_limit,
    device_inputs,
    quantize_network,
    rhythm_names,
    row_inputs,
)
from .twin._arithmetic import FORMATS, Format
from .twin._chain import ChainInputs
from .twin._features import FeatureScaling
from .twin._front_end import LATE
from .twin._window import WindowScaling

CLASSIFIERS = (PrunedCNNClassifier, PrunedCNNClassifierCV)


def ways_onto_a_device(model) -> dict[str, str]:
    """Say of each way onto a device why it is closed to a model; "" if it is open.

    The ways are those of `quantize`: "rows" and "windows", and, with the sampling_rate
    of a device, "chain".
    """
    is_alone = isinstance(model, CLASSIFIERS)
    none = f"it takes {'rows' if is_alone else 'recordings'}"
    return {
        "rows": _obstacle(model, None) if is_alone else none,
        "windows": none if is_alone else _obstacle(model, WINDOW),
        "chain": none if is_alone else _obstacle(model, CHAIN),
    }


def _obstacle(model, way):
    try:
        _, classifier = _parts_of(model, way)
        fold(classifier.module_, classifier.layout_.n_samples)
    except (TypeError, ValueError) as error:
        return str(error)
    return ""


def _parts_of(model, way):
    """Return segmenter and classifier of a model; None of a classifier alone."""
    if isinstance(model, CLASSIFIERS):
        if way == CHAIN:
            raise TypeError(
                "A classifier alone takes rows, and a device with a sampling_rate "
                "takes samples: give quantize a Pipeline, or no sampling_rate."
            )
        return None, fitted_classifier(model)
    segmenter, classifier = _steps_of(model, way)
    problem = obstacle(segmenter, way)
    if problem:
        raise ValueError(problem)
    return segmenter, classifier


def fitted_classifier(classifier):
    """Check that a classifier is fitted; of a cross-validated one, return the best."""
    check_is_fitted(classifier)
    if isinstance(classifier, PrunedCNNClassifierCV):
        return classifier.best_estimator_
    return classifier


def _steps_of(pipeline, way):
    """Return the two steps of a fitted Pipeline; a chain may look at two leads."""
    takes = "quantize takes a Pipeline of a BeatSegmenter and a PrunedCNNClassifier"
    if not isinstance(pipeline, Pipeline):
        raise TypeError(
            f"{takes}, or a PrunedCNNClassifier; got a {type(pipeline).__name__}."
        )
    if way != CHAIN and hasattr(pipeline, "second_lead"):
        raise TypeError(
            "quantize without a sampling_rate takes a Pipeline that looks at one lead, "
            "and this one looks at a second: give Pipeline(model.steps), or the "
            "sampling_rate of the device, for a chain of two leads."
        )
    steps = [(n, s) for n, s in pipeline.steps if s is not None and s != "passthrough"]
    kinds = [BeatSegmenter, CLASSIFIERS]
    if len(steps) != 2 or not all(
        isinstance(step, kind) for (_, step), kind in zip(steps, kinds, strict=True)
    ):
        names = ", ".join(f"{name!r} ({type(step).__name__})" for name, step in steps)
        raise TypeError(
            f"{takes}, as a device repeats nothing else; this one has {names}."
        )
    (_, segmenter), (_, classifier) = steps
    check_is_fitted(segmenter)
    return segmenter, fitted_classifier(classifier)


_INPUT_SCALE = AnyOf(NONE, Number(0, closed="neither"))
_RATE = AnyOf(NONE, DEVICE_RATE)
_ACTIVATIONS = AnyOf(NONE, Choice(FORMATS))
_LATENCIES = ("next_beat", "immediate")
_LIMITS = (-32768, 32767)
_MOST_RING = 2048


@overload
def quantize(
    model: Pipeline | PrunedCNNClassifier | PrunedCNNClassifierCV,
    calibration: pd.DataFrame | ArrayLike | None = None,
    *,
    sampling_rate: None = None,
    adc_gain: float = ...,
    input_scale: float | None = None,
    limits: tuple[int, int] = ...,
    latency: Literal["next_beat", "immediate"] = ...,
    detector: bool = ...,
    gate: bool = ...,
    activations: Literal["int16", "int8"] | None = None,
    fine_tune_epochs: int = ...,
    random_state: RandomState = ...,
    verbose: int = ...,
) -> QuantizedClassifier: ...


@overload
def quantize(
    model: Pipeline | PrunedCNNClassifier | PrunedCNNClassifierCV,
    calibration: Sequence,
    *,
    sampling_rate: float,
    adc_gain: float = ...,
    input_scale: float | None = None,
    limits: tuple[int, int] = ...,
    latency: Literal["next_beat", "immediate"] = ...,
    detector: bool = ...,
    gate: bool = ...,
    activations: Literal["int16", "int8"] | None = None,
    fine_tune_epochs: int = ...,
    random_state: RandomState = ...,
    verbose: int = ...,
) -> DeviceChain: ...


def quantize(
    model: Pipeline | PrunedCNNClassifier | PrunedCNNClassifierCV,
    calibration: pd.DataFrame | ArrayLike | Sequence | None = None,
    *,
    sampling_rate: float | None = None,
    adc_gain: float = 200.0,
    input_scale: float | None = None,
    limits: tuple[int, int] = _LIMITS,
    latency: Literal["next_beat", "immediate"] = "next_beat",
    detector: bool = True,
    gate: bool = True,
    activations: Literal["int16", "int8"] | None = None,
    fine_tune_epochs: int = 20,
    random_state: RandomState = 0,
    verbose: int = 0,
) -> QuantizedClassifier | DeviceChain:
    """Quantize a fitted model to integers of 8 bits, with what comes before it.

    What a device takes decides what comes of it:

    - the samples of its converter, with `sampling_rate`: a chain that detects the R
      peaks, cuts and scales the windows, computes the features, and runs the network,
      in integers throughout;
    - the raw samples of one beat and its RR intervals, of a Pipeline without
      `sampling_rate`;
    - rows of X, of a classifier alone.

    Batch norm is folded into the weights, which get one symmetric scale an output, so
    that a pruned weight stays exactly 0. So do activations, by their ranges on the
    calibration beats. Then weights are moved by some steps, until the logits of
    these beats, rounded everywhere, are nearest to those of the float network: that
    takes no labels, and no weight comes back from 0.

    Parameters
    ----------
    model : Pipeline or PrunedCNNClassifier
        Fitted, with the network ``"beatcnn"`` or ``"twobranch"``. A Pipeline consists
        of a `BeatSegmenter` and a `PrunedCNNClassifier`; such as `make_beat_pipeline`
        and ``load_pretrained("wearable")`` give. Of one that looks at a second lead,
        such as ``load_pretrained("ambulatory")``, a chain takes two leads.
    calibration : sequence of recordings, DataFrame, or array-like
        Of a chain, recordings: paths, Recordings or wfdb.Records, some hours of typical
        ones; its scales are chosen on the beats that it finds there itself. Else what
        the model predicts from, a beat table or rows: some hundreds to thousands of
        typical beats. Both of the training data.
    sampling_rate : float, default=None
        Of the device's converter, in Hz, from 100 to 1000, for a chain.
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
    limits : tuple of (int, int), default=(-32768, 32767)
        Of a chain: the lowest and the highest count that the converter gives, where it
        is saturated; what is beyond counts as they do. The narrower, the less has to be
        rounded where samples are summed to 16 bits: give those of a converter with
        fewer bits.
    latency : {"next_beat", "immediate"}, default="next_beat"
        Of a chain: ``"next_beat"`` labels a beat when the next one is found, or none
        came for 3.5 s; ``"immediate"`` as soon as its window is there, 0.7 to 0.8 s
        after the R peak, as if no beat followed.
    detector : bool, default=True
        Of a chain: whether it finds the R peaks. If not, the device tells where they
        are, as chips do that find them in hardware: to ``run`` and to ``_stream_beat``
        of the C, right after the sample of each. All else is as with the detector.
    gate : bool, default=True
        Of a chain: whether beats that surely are of the commonest class skip the
        network. Of one lead, their features alone say so: fitted to the network on the
        calibration beats, so that of each other label 3 beats of 1,000 pass at most, in
        recordings that were held out. Of two leads, the network looks at the first one,
        and at the second only if the first one leaves a doubt: how much is the least
        that changes the label of no calibration beat. It is left out where there are
        fewer than 20 recordings, which have to be of different people, fewer than 50
        beats of any other label, or where fewer than a fifth of the beats would pass.
        `DeviceChain.gate` is what came of it.
    activations : {"int16", "int8"}, default=None
        Width of what layers hand on. With 8 bits, the sums of two outputs share a
        register, which takes instructions and half of the RAM away, but rounding
        changes more labels. None is 8 bits for a chain, and 16 else.
    fine_tune_epochs : int >= 0, default=20
        Passes over the calibration beats in which weights are moved; with 0 they are
        the nearest integers.
    random_state : int, RandomState instance or None, default=0
        Of the order of the beats in these passes.
    verbose : int, default=0
        Whether to show progress bars.

    Returns
    -------
    DeviceChain or QuantizedClassifier
        A chain with `sampling_rate`.

    Raises
    ------
    ValueError
        If there are no calibration beats, or they are not what the model was fitted
        with; if their samples don't fit 16 bits, as `adc_gain` is too high,
        `input_scale` too low or the records say the wrong unit; if a parameter is given
        that is of another kind of model; if a device can't repeat a parameter of the
        segmenter, which is named; or if the network isn't known here.
    sklearn.exceptions.NotFittedError
        If the model isn't fitted.
    TypeError
        If it is neither such a Pipeline nor a `PrunedCNNClassifier`.

    See Also
    --------
    export_c : The next step.

    Examples
    --------
    >>> from sklearn_ecg import annotate, make_beat_pipeline
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.edge import quantize
    >>> beats = make_ecg(n_records=2, random_state=0)
    >>> new = make_beat_pipeline(n_epochs=2, n_stages=1, random_state=0)
    >>> new = new.fit(beats.data, beats.target)
    >>> chain = quantize(new, beats.records, sampling_rate=250, fine_tune_epochs=1)
    >>> len(annotate(beats.records[0], chain).beats) > 30
    True
    >>> known = make_beat_pipeline("known", sparsity=0.8, n_stages=2, random_state=0)
    >>> known = known.fit(beats.data, beats.target)
    >>> quantized = quantize(known, beats.data)
    >>> agreement = quantized.predict(beats.data) == known.predict(beats.data)
    >>> bool(agreement.mean() > 0.95)
    True
    """
    rate = check("quantize", "sampling_rate", sampling_rate, _RATE)
    adc_gain = check("quantize", "adc_gain", adc_gain, Number(0, closed="neither"))
    input_scale = check("quantize", "input_scale", input_scale, _INPUT_SCALE)
    latency = check("quantize", "latency", latency, Choice(_LATENCIES))
    activations = check("quantize", "activations", activations, _ACTIVATIONS)
    epochs = check("quantize", "fine_tune_epochs", fine_tune_epochs, WholeNumber(0))
    limits = _checked_limits(limits)
    of_chain = {"limits": limits, "latency": latency, "detector": detector}
    of_chain["gate"] = check("quantize", "gate", gate, FLAG)
    _refuse_what_is_of_another_kind(model, rate is None, input_scale, of_chain)
    form = FORMATS[activations or ("int16" if rate is None else "int8")]
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    how = _How(float(adc_gain), form, epochs, seed, bool(gate), verbose)
    if rate is None:
        return _quantized_classifier(model, calibration, input_scale, how)
    segmenter, classifier = _parts_of(model, CHAIN)
    inputs = ChainInputs(
        float(rate),
        float(segmenter.sampling_rate),
        round(segmenter.times_[0] * segmenter.sampling_rate),
        classifier.layout_.n_samples,
        tuple(rhythm_names(classifier)),
        latency == "next_beat",
        limits,
        bool(detector),
        2 if hasattr(model, "second_names") else 1,
    )
    _check_memory(inputs, segmenter)
    if inputs.n_leads == 2 and not detector:
        raise ValueError(
            "quantize: a chain of two leads finds the R peaks itself, as it judges "
            "which lead to believe. Give detector=True, or Pipeline(model.steps) for "
            "a chain of one lead that is told."
        )
    leads = tuple(segmenter._leads())
    seconds = tuple(model.second_names()) if inputs.n_leads == 2 else ()
    return _chain((leads, seconds), classifier, inputs, calibration, how)


class _How(NamedTuple):
    """How networks are quantized."""

    adc_gain: float
    form: Format
    epochs: int
    seed: int
    has_gate: bool
    verbose: int


def _refuse_what_is_of_another_kind(model, is_no_chain, input_scale, of_chain):
    if input_scale is not None and not isinstance(model, CLASSIFIERS):
        allowed = (
            "None for a pipeline, which takes samples of a converter: adc_gain says "
            "what their counts are worth"
        )
        refuse("quantize", "input_scale", input_scale, allowed)
    defaults = {"limits": _LIMITS, "latency": "next_beat", "detector": True}
    defaults["gate"] = True
    for name, default in defaults.items():
        if is_no_chain and of_chain[name] != default:
            allowed = f"{default!r} without sampling_rate: it is of a chain"
            refuse("quantize", name, of_chain[name], allowed)


def quantize_chain(
    pipeline: Pipeline, recordings: Sequence, *, sampling_rate: float, **parameters: Any
) -> DeviceChain:
    """Quantize a Pipeline and all before it: the old name of `quantize`.

    .. deprecated:: 0.3
        It goes in 0.5. Write ``quantize(pipeline, recordings, sampling_rate=250)``.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    recordings : sequence of Recording, str, path-like or wfdb.Record
        To calibrate on.
    sampling_rate : float
        Of the device's converter, in Hz.
    **parameters
        As in `quantize`.

    Returns
    -------
    DeviceChain
    """
    warn(
        "quantize_chain goes in sklearn_ecg 0.5: write quantize(pipeline, recordings, "
        "sampling_rate=...), with the other parameters as they are.",
        FutureWarning,
    )
    return quantize(pipeline, recordings, sampling_rate=sampling_rate, **parameters)


def _quantized_classifier(model, X, input_scale, how):
    """Quantize a classifier, and what a device does to one window."""
    segmenter, classifier = _parts_of(model, WINDOW)
    _check_calibration(X)
    form, layout = how.form, classifier.layout_
    folded = fold(classifier.module_, layout.n_samples)
    rows = X if segmenter is None else segmenter.transform(X)
    rows = read_rows(classifier, rows, layout, np.float64)
    shape = layout.n_channels, layout.n_samples
    signal, rhythm = split_rows(layout.arrange(rows), shape).values()
    step = best_limit(signal, form) / form.activation_max
    if segmenter is None:
        inputs, read = row_inputs(classifier, rows, rhythm, input_scale, step, form)
    else:
        inputs, read = device_inputs(
            segmenter, classifier, X, rhythm, how.adc_gain, step, form
        )
    entering, floats = inputs.scale(*read), (signal, rhythm)
    network = _network(folded, floats, step, inputs.feature_scaling, entering, how)
    examples = _examples(network.logits(*entering), *read)
    origin = Origin.of(classifier, network, len(rows), examples)
    return QuantizedClassifier(network, inputs, classifier.classes_, origin)


def _network(folded, floats, step, feature_scaling, entering, how):
    """Round a network, and move its weights to where its logits are nearest."""
    network, exact = quantize_network(folded, *floats, step, feature_scaling, how.form)
    if how.epochs == 0:
        return network
    logits = folded.activations(*floats)[folded.layers[-1].name]
    passes = tqdm(range(how.epochs), "Moving weights", disable=not how.verbose)
    return fine_tune(network, exact, entering, logits, passes, how.seed)


def _chain(leads, classifier, inputs, recordings, how):
    """Quantize a classifier, and all that a device does before it."""
    form = how.form
    windows, features, of, looked = _calibration(inputs, recordings, leads, how)
    folded = fold(classifier.module_, inputs.n_samples)
    signal = _standardized(windows)[:, np.newaxis]
    step = best_limit(signal, form) / form.activation_max
    window_scaling = WindowScaling.of(
        1 / step, inputs.n_samples, True, form.activation_max
    )
    scaling = FeatureScaling.of(inputs.names, features, inputs.window_rate)
    rhythm = features * np.array(scaling.worth)
    entering = window_scaling(windows)[:, np.newaxis], scaling(features)
    network = _network(folded, (signal, rhythm), step, scaling, entering, how)
    gate = _gate(network, entering, of, looked, how.seed) if how.has_gate else None
    return DeviceChain(
        network,
        inputs,
        window_scaling,
        scaling,
        classifier.classes_,
        leads[0],
        how.adc_gain,
        Origin.of(classifier, network, len(windows), ()),
        gate,
        leads[1],
    )


def _gate(network, entering, of, looked, seed):
    """Fit what spares the network, or a second look of it; None where it can't be."""
    logits = network.logits(*entering)
    if looked.shape[1] == 1:
        return fit_gate(entering[1], logits, network.logit_scale, of, seed)
    of_leads = np.zeros((*looked.shape, logits.shape[1]), dtype=logits.dtype)
    of_leads[looked] = logits
    return fit_lead_gate(of_leads, looked, len(np.unique(of)))


def _check_calibration(X):
    if X is None or len(X) == 0:
        raise ValueError(
            "calibration has no beats: quantize needs some, of the training data, to "
            "see how large the signals in the network get."
        )


def _examples(logits, windows, intervals):
    """Choose the first beat of each class that is predicted."""
    _, first = np.unique(logits.argmax(axis=1), return_index=True)
    return windows[first], intervals[first]


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
            "quantize: limits must be the lowest and the highest count of the "
            f"converter, within 16 bits; it is {limits!r}."
        )
    return low, high


def _calibration(inputs, recordings, leads, how):
    """Return what a chain finds: of each lead that it looks at, and which those are.

    Windows, features, and the number of the recording, a row for each beat and lead;
    and of each beat, which leads have a row.
    """
    windows, features, of, looked = [], [], [], []
    recordings = tqdm(
        _sequence_of(recordings), "Reading recordings", disable=not how.verbose
    )
    for number, recording in enumerate(recordings):
        counts, lead_off, read = read_counts(
            recording, leads, inputs.n_leads, inputs.sampling_rate, how.adc_gain
        )
        columns = counts.reshape(len(counts), -1).T
        for lead, column in zip(read, columns, strict=False):
            _check_range(column, how.adc_gain, lead)
        off = np.zeros(counts.shape, dtype=bool) if lead_off is None else lead_off
        beats = replace(inputs, detects=True).beats(counts, off)
        is_late = (beats.flags & LATE) != 0
        usable = beats.is_looked_at & ~is_late[:, np.newaxis]
        windows.append(beats.windows[usable])
        features.append(beats.features[usable])
        of.append(np.full(len(windows[-1]), number))
        looked.append(usable)
    if sum(map(len, windows)) < 2:
        raise ValueError(
            "quantize needs some beats to see how large the signals in the "
            f"network get, and finds none in {len(windows)} recordings."
        )
    return tuple(map(np.concatenate, (windows, features, of, looked)))


def _sequence_of(recordings):
    """Refuse what is no sequence of recordings."""
    is_other = isinstance(recordings, pd.DataFrame | np.ndarray | str)
    if is_other or not hasattr(recordings, "__iter__"):
        raise ValueError(
            "quantize with a sampling_rate is calibrated on recordings, as in "
            'quantize(model, ["night.edf"], sampling_rate=250); calibration is a '
            f"{type(recordings).__name__}."
        )
    return recordings


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

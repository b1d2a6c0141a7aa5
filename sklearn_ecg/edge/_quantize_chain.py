"""quantize_chain: from a fitted Pipeline to the chain of a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from .._parameter_checks import Choice, Number, WholeNumber, check
from .._types import RandomState
from ..beats._lead_r_peaks import read_one_lead
from ..detection._lengths import DEVICE_RATE
from ._device_chain import DeviceChain, read_counts
from ._origin import Origin
from ._parts import chain_parts_of
from .calibrate._fine_tune import fine_tune
from .calibrate._folding import fold
from .calibrate._inputs import rhythm_names
from .calibrate._scales import best_limit, quantize_network
from .twin._arithmetic import FORMATS
from .twin._beat_features import FeatureScaling
from .twin._chain import ChainInputs
from .twin._front_end import LATE
from .twin._window import WindowScaling

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
    begin = inputs.first - inputs.front_end.first
    for recording in recordings:
        lead = read_one_lead(recording, leads)
        counts, lead_off = read_counts(lead, inputs.sampling_rate, adc_gain)
        _check_range(counts, adc_gain, lead)
        off = np.zeros(len(counts), dtype=bool) if lead_off is None else lead_off
        beats = replace(inputs, detects=True).beats(counts, off, [])
        usable = (beats.flags & LATE) == 0
        windows.append(beats.windows[usable, begin : begin + inputs.n_samples])
        features.append(beats.rows(inputs.names)[usable])
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

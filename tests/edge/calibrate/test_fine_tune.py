import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from random_models import random_model

from sklearn_ecg.edge import quantize
from sklearn_ecg.edge.calibrate._fine_tune import _Student


def centred(logits):
    return logits - logits.mean(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def errors_of(pipeline, synthetic_beats):
    """Return how far the logits are from the float ones, after so many epochs."""
    classifier, beats = pipeline[-1], synthetic_beats.data
    logits = np.log(classifier.predict_proba(pipeline[0].transform(beats)))

    def errors(**parameters):
        quantized = quantize(pipeline, beats, **parameters)
        found = quantized.logits(beats) * quantized.network.logit_scale
        return np.sqrt(np.square(centred(found) - centred(logits)).mean())

    return errors


@pytest.mark.parametrize("activations", ["int8", "int16"])
def test_logits_come_nearer_to_the_float_network(activations, errors_of):
    before = errors_of(activations=activations, fine_tune_epochs=0)
    after = errors_of(activations=activations)
    assert after < 0.9 * before


@pytest.mark.parametrize("activations", ["int8", "int16"])
def test_zeros_and_scales_stay(activations, pipeline, synthetic_beats):
    before, after = (
        quantize(
            pipeline,
            synthetic_beats.data,
            activations=activations,
            fine_tune_epochs=epochs,
        ).network
        for epochs in (0, 20)
    )
    for old, new in zip(before.layers, after.layers, strict=True):
        assert_array_equal(new.weight[old.weight == 0], 0)
        assert_array_equal(new.multiplier, old.multiplier)
        assert new.sum_limit < (2**15 if new.two_sums_a_register else 2**27)
    assert any(
        (old.weight != new.weight).any()
        for old, new in zip(before.layers, after.layers, strict=True)
    )


def test_order_of_the_beats_is_that_of_the_random_state(pipeline, synthetic_beats):
    fingerprints = [
        quantize(pipeline, synthetic_beats.data, random_state=seed).fingerprint_
        for seed in (0, 0, 1)
    ]
    assert fingerprints[0] == fingerprints[1]
    assert fingerprints[0] != fingerprints[2]


@pytest.mark.parametrize("seed", range(6))
def test_what_is_adjusted_is_what_the_twin_computes(seed):
    quantized = random_model(seed)
    network = quantized.network
    signal, rhythm = quantized.inputs.scale(*quantized.origin.examples)
    shifted = rhythm << network.form.rhythm_shift
    student = _Student(network)
    tensors = (torch.as_tensor(part).float() for part in (signal, shifted))
    found = student(*tensors).detach().numpy() / network.logit_scale
    expected = network.logits(signal, rhythm)
    # Sums of float32 may fall on the other side of a half, for single activations.
    assert np.median(np.abs(found - expected)) <= 0.01 * np.abs(expected).max()

import ctypes
import subprocess

import numpy as np
import pytest
from compiled import STRICT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from random_models import (
    random_model,
    random_model_of_counts,
    random_model_of_rows,
)
from sklearn.pipeline import make_pipeline

from sklearn_ecg import (
    BeatSegmenter,
    PrunedCNNClassifier,
    make_beat_pipeline,
)
from sklearn_ecg.edge import export_c, quantize
from sklearn_ecg.edge.c._memory import fits_lanes
from sklearn_ecg.networks._networks import BeatCNN, TwoBranch

LOW, HIGH = np.iinfo(np.int16).min, np.iinfo(np.int16).max


def extreme_windows(shape, seed):
    """Noise, and what a broken electrode gives: saturated, constant, full swing."""
    rng = np.random.default_rng(seed)
    windows = [rng.integers(LOW, HIGH + 1, shape) for _ in range(3)]
    windows += [rng.integers(-200, 200, shape) for _ in range(3)]
    windows += [np.full(shape, value) for value in (LOW, -1, 0, HIGH)]
    swing, step, spike, tiny = (np.full(shape, LOW) for _ in range(4))
    swing[..., ::2] = HIGH
    step[..., shape[-1] // 2 :] = HIGH
    spike[..., 3] = HIGH
    tiny[..., 5] += 1
    return np.array([*windows, swing, step, spike, tiny], dtype=np.int16)


@pytest.mark.parametrize("optimize", ["size", "speed"])
def test_c_equals_the_twin_on_every_beat(
    optimize, quantized, synthetic_beats, tmp_path, compile_model
):
    export_c(quantized, tmp_path, optimize=optimize)
    model = compile_model(tmp_path, 5)
    windows, intervals = quantized.inputs.read(synthetic_beats.data)
    logits, codes = model(windows, intervals)
    expected = quantized.logits(synthetic_beats.data)
    assert_array_equal(logits, expected)
    assert_array_equal(codes, expected.argmax(axis=1))
    assert len(np.unique(codes)) > 1


@pytest.mark.slow
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 10**6),
    make=st.sampled_from([random_model, random_model_of_rows, random_model_of_counts]),
    kind=st.sampled_from([BeatCNN, TwoBranch]),
    optimize=st.sampled_from(["size", "speed", "fast"]),
)
def test_c_equals_the_twin_for_any_network_and_extreme_input(
    seed, make, kind, optimize, tmp_path_factory, compile_model, free_decoders
):
    quantized = make(seed, kind)
    if optimize == "fast" and not fits_lanes(quantized.network):
        optimize = "speed"
    directory = tmp_path_factory.mktemp("random")
    export_c(quantized, directory, optimize=optimize)
    model = compile_model(directory, len(quantized.classes_))
    inputs = quantized.inputs
    windows = extreme_windows(inputs.window_shape, seed)
    values = np.array([0, 1, 299, 800, 3000, 3001, 65535])
    shape = len(windows), len(inputs.intervals)
    rng = np.random.default_rng(seed)
    intervals = rng.choice(values, shape).astype(np.uint16)
    logits, codes = model(windows, intervals)
    expected = quantized.device_logits(windows, intervals)
    assert_array_equal(logits, expected)
    assert_array_equal(codes, expected.argmax(axis=1))


@pytest.mark.parametrize("kind", [BeatCNN, TwoBranch])
def test_lanes_give_the_logits_of_the_twin(kind, tmp_path, compile_model):
    """A word of two samples changes nothing, at any length that it fits."""
    lengths = set()
    for seed in range(60):
        quantized = random_model(seed, kind)
        if not fits_lanes(quantized.network):
            continue
        lengths.add(quantized.network.n_samples)
        directory = tmp_path / str(seed)
        export_c(quantized, directory, optimize="fast")
        model = compile_model(directory, len(quantized.classes_))
        windows = extreme_windows(quantized.inputs.window_shape, seed)
        shape = len(windows), len(quantized.inputs.intervals)
        intervals = np.full(shape, 800, dtype=np.uint16)
        logits, _ = model(windows, intervals)
        assert_array_equal(logits, quantized.device_logits(windows, intervals))
    assert len(lengths) > 2


@pytest.fixture(scope="module")
def of_two_branches(synthetic_beats):
    """Rows of the pipeline for unseen patients, and its classifier, fitted on them."""
    pipeline = make_beat_pipeline(
        sparsity=0.5,
        n_stages=1,
        n_epochs=6,
        stage_epochs=2,
        batch_size=32,
        random_state=0,
    )
    pipeline.fit(synthetic_beats.data, synthetic_beats.target)
    return pipeline[-1], pipeline[0].transform(synthetic_beats.data)


@pytest.mark.parametrize("activations", ["int8", "int16"])
def test_two_branches_of_rows_give_the_logits_of_the_twin(
    activations, of_two_branches, tmp_path, compile_model
):
    classifier, rows = of_two_branches
    quantized = quantize(classifier, rows, activations=activations)
    assert (quantized.predict(rows) == classifier.predict(rows)).mean() > 0.97
    export_c(quantized, tmp_path)
    inputs = quantized.inputs
    logits, _ = compile_model(tmp_path, 5)(*inputs.read(rows.to_numpy(float)))
    assert_array_equal(logits, quantized.logits(rows))


def test_two_branches_of_a_device_give_the_logits_of_the_twin(
    synthetic_beats, tmp_path, compile_model
):
    classifier = PrunedCNNClassifier(
        0.5, module="twobranch", n_stages=1, n_epochs=4, stage_epochs=1, random_state=0
    )
    pipeline = make_pipeline(BeatSegmenter(), classifier)
    pipeline.fit(synthetic_beats.data, synthetic_beats.target)
    quantized = quantize(pipeline, synthetic_beats.data)
    export_c(quantized, tmp_path)
    read = quantized.inputs.read(synthetic_beats.data)
    logits, _ = compile_model(tmp_path, 5)(*read)
    assert_array_equal(logits, quantized.logits(synthetic_beats.data))


@pytest.mark.parametrize("activations", ["int8", "int16"])
def test_counts_of_a_declared_scale_give_the_logits_of_the_rows(
    activations, tmp_path, compile_model
):
    X, y = heartbeats()
    classifier = PrunedCNNClassifier(
        0.5, n_stages=1, n_epochs=4, stage_epochs=1, random_state=0
    )
    classifier.fit(X, y)
    quantized = quantize(classifier, X, input_scale=1 / 1000, activations=activations)
    assert (quantized.predict(X) == classifier.predict(X)).mean() > 0.97
    export_c(quantized, tmp_path)
    counts = np.floor(X * 1000 + 0.5).astype(np.int16)
    logits, _ = compile_model(tmp_path, 2)(counts, np.empty((len(X), 0)))
    assert_array_equal(logits, quantized.logits(X))
    assert_array_equal(logits, quantized.logits(counts / 1000))


def heartbeats():
    """Rows such as those of Kaggle: from 0 to 1, and 0 after the next beat."""
    rng = np.random.default_rng(0)
    X, y = rng.uniform(0, 0.3, (120, 187)), np.repeat([0.0, 1.0], 60)
    X[y == 1, 40:60] += 0.5
    X[:, 0], X[:, 140:] = 1, 0
    return X, y


ROUNDING = """
#include "ecg_beat.h"
#include <math.h>

static int16_t limited(double units, int low, int high)
{
    const double rounded = floor(units + 0.5);
    return (int16_t)(rounded < low ? low : rounded > high ? high : rounded);
}

int classify(const double *x, int32_t *logits);

int classify(const double *x, int32_t *logits)
{
    static uint8_t scratch[ECG_BEAT_SCRATCH_BYTES];
    const int n_samples = ECG_BEAT_N_INPUTS - ECG_BEAT_N_FEATURES;
    int16_t row[ECG_BEAT_N_INPUTS];
    for (int i = 0; i < n_samples; ++i) {
        row[i] = limited(x[i] * ECG_BEAT_SAMPLE_SCALE, -ECG_BEAT_SAMPLE_LIMIT,
                         ECG_BEAT_SAMPLE_LIMIT);
    }
#if ECG_BEAT_N_FEATURES > 0
    static const double low[] = ECG_BEAT_FEATURE_LOWS, step[] = ECG_BEAT_FEATURE_STEPS;
    for (int i = 0; i < ECG_BEAT_N_FEATURES; ++i) {
        row[n_samples + i] = limited((x[n_samples + i] - low[i]) / step[i], 0, 255);
    }
#endif
    return ecg_beat_classify(row, scratch, logits);
}
"""


@pytest.mark.parametrize("with_features", [True, False])
def test_rows_rounded_as_the_header_says_give_the_labels_of_the_twin(
    with_features, pipeline, synthetic_beats, tmp_path, tool
):
    if with_features:
        rows = pipeline[0].transform(synthetic_beats.data)
        quantized = quantize(pipeline[-1], rows)
        assert '{ "rr_prev", "rr_next", ' in header_of(quantized, tmp_path)
    else:
        X, y = synthetic_rows()
        classifier = PrunedCNNClassifier(0.5, n_stages=1, n_epochs=2, stage_epochs=1)
        quantized, rows = quantize(classifier.fit(X, y), X), X
        assert "FEATURE_LOWS" not in header_of(quantized, tmp_path)
    (tmp_path / "rounding.c").write_text(ROUNDING)
    command = [tool("gcc"), "-O2", "-ffp-contract=off", "-shared", "-fPIC", *STRICT]
    command += ["ecg_beat.c", "rounding.c", "-lm", "-o", "model.so"]
    subprocess.run(command, cwd=tmp_path, check=True)
    classify = ctypes.CDLL(str(tmp_path / "model.so")).classify
    found = np.empty((len(rows), len(quantized.classes_)), dtype=np.int32)
    X = np.ascontiguousarray(rows, dtype=np.float64)
    codes = [
        classify(*(ctypes.c_void_p(array.ctypes.data) for array in pair))
        for pair in zip(X, found, strict=True)
    ]
    assert_array_equal(found, quantized.logits(rows))
    assert_array_equal(quantized.classes_[codes], quantized.predict(rows))


def synthetic_rows():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 40)), np.repeat([0, 1], 60)
    X[y == 1, 20:24] += 3
    return X, y


def header_of(quantized, directory):
    header, *_ = export_c(quantized, directory)
    return header.read_text()

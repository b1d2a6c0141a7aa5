"""Untrained networks of random shape and sparsity, quantized."""

import numpy as np
import pandas as pd
import torch

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.edge._quantized_classifier import Origin, QuantizedClassifier
from sklearn_ecg.edge.calibrate._folding import fold
from sklearn_ecg.edge.calibrate._scales import quantize_network
from sklearn_ecg.edge.twin._arithmetic import FORMATS
from sklearn_ecg.edge.twin._features import FeatureScaling
from sklearn_ecg.edge.twin._inputs import DeviceInputs, RowInputs
from sklearn_ecg.edge.twin._row import RowScaling
from sklearn_ecg.edge.twin._window import WindowScaling
from sklearn_ecg.networks._networks import BeatCNN
from sklearn_ecg.patient import feature_names
from sklearn_ecg.windows._columns import InputLayout


def random_network(rng, n_channels, n_samples, n_rhythm, n_classes, kind=BeatCNN):
    """Return a network with random weights, many of them 0, and random norms."""
    depth = rng.integers(1, 4)
    more = {} if kind is BeatCNN else {"classes": range(n_classes)}
    network = kind(
        n_channels,
        n_samples,
        n_rhythm,
        n_classes,
        conv_channels=rng.integers(1, 20, depth).tolist(),
        kernel_sizes=rng.choice([1, 3, 5, 7, 9], depth).tolist(),
        n_hidden=int(rng.integers(1, 20)),
        **more,
    ).eval()
    sparsity = rng.choice([0.0, 0.5, 0.9, 0.99])
    for name, values in [*network.named_parameters(), *network.named_buffers()]:
        if not values.is_floating_point():
            continue
        new = rng.normal(size=tuple(values.shape))
        if name.endswith("running_var"):
            new = 0.1 + new**2
        elif values.ndim > 1:
            new *= rng.random(new.shape) >= sparsity
        values.data = torch.from_numpy(np.asarray(new)).float()
    return network


def random_model(seed, kind=BeatCNN):
    """Return a `QuantizedClassifier` of a random network, with random inputs."""
    rng = np.random.default_rng(seed)
    n_channels, n_samples = int(rng.integers(1, 4)), int(rng.integers(16, 150))
    n_rhythm = int(rng.integers(0 if kind is BeatCNN else 1, 6))
    features = rng.permutation(feature_names("rhythm"))[:n_rhythm].tolist()
    n_classes = int(rng.integers(2, 7))
    shape = n_channels, n_samples, n_rhythm
    folded = fold(random_network(rng, *shape, n_classes, kind), n_samples)
    limits = np.vstack([np.full(n_rhythm, 300), rng.integers(400, 2500, n_rhythm)])
    feature_scaling = FeatureScaling.of(features, limits)
    network = quantized_network(rng, folded, feature_scaling)
    standardized = bool(rng.random() < 0.7)
    scale = float(rng.uniform(5, 60) if standardized else rng.uniform(0.01, 2))
    most = network.form.activation_max
    inputs = DeviceInputs(
        fitted_segmenter(n_samples),
        200.0,
        WindowScaling.of(scale, n_samples, standardized, most),
        feature_scaling,
        n_channels,
    )
    shape = 2, n_channels, n_samples
    windows = rng.integers(-500, 500, shape).astype(np.int16)
    intervals = np.full((2, len(feature_scaling.intervals)), 800, dtype=np.uint16)
    return with_examples(network, inputs, n_classes, windows, intervals)


def random_model_of_counts(seed, kind=BeatCNN):
    """Return the same, whose rows have counts for samples."""
    return random_model_of_rows(seed, kind, in_counts=True)


def random_model_of_rows(seed, kind=BeatCNN, in_counts=False):
    """Return a `QuantizedClassifier` of a random network, whose inputs are rows."""
    rng = np.random.default_rng(seed)
    n_channels, n_samples = int(rng.integers(1, 3)), int(rng.integers(16, 100))
    n_rhythm = int(rng.integers(0 if kind is BeatCNN else 1, 6))
    n_classes = int(rng.integers(2, 7))
    shape = n_channels, n_samples, n_rhythm
    folded = fold(random_network(rng, *shape, n_classes, kind), n_samples)
    n_window = n_channels * n_samples
    scaling = RowScaling.of(20.0, n_window, rng.normal(size=(50, n_rhythm)))
    network = quantized_network(rng, folded, scaling)
    most = network.form.activation_max
    scaling = RowScaling(n_window, 20.0, scaling.low, scaling.step, most)
    if in_counts:
        scaling = scaling.in_counts(10 ** rng.uniform(-4, -1))
    names = tuple(f"lead@+{n / 100:.2f}" for n in range(n_window))
    names += tuple(f"feature {n}" for n in range(n_rhythm))
    inputs = RowInputs(names, InputLayout(*shape), scaling)
    rows = rng.integers(-200, 200, (2, n_window + n_rhythm)).astype(np.int16)
    intervals = np.empty((2, 0), dtype=np.uint16)
    return with_examples(network, inputs, n_classes, rows, intervals)


def quantized_network(rng, folded, feature_scaling):
    """Quantize a folded network on beats of random numbers."""
    signal = rng.normal(size=(50, folded.n_channels, folded.n_samples))
    rhythm = rng.uniform(0.3, 2.0, (50, folded.n_rhythm))
    form = FORMATS[rng.choice(["int8", "int16"])]
    return quantize_network(folded, signal, rhythm, 0.05, feature_scaling, form)[0]


def with_examples(network, inputs, n_classes, *examples):
    """Put a network and its inputs together, with beats for the self-test."""
    origin = Origin(0.0, 0, 0, 50, {}, examples)
    return QuantizedClassifier(network, inputs, np.arange(n_classes), origin)


def fitted_segmenter(n_samples):
    columns = ["record", "sample", "rr_prev", "rr_next", "rr_local"]
    table = pd.DataFrame([["none", 0, 0.8, 0.8, 0.8]], columns=columns)
    return BeatSegmenter(before=0, after=n_samples / 180).fit(table)

"""Untrained networks of random shape and sparsity, quantised."""

import numpy as np
import pandas as pd
import torch

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.edge._quantized_classifier import Origin, QuantizedClassifier
from sklearn_ecg.edge.calibrate._folding import fold
from sklearn_ecg.edge.calibrate._scales import quantise_network
from sklearn_ecg.edge.twin._arithmetic import FORMATS
from sklearn_ecg.edge.twin._front_end import RhythmScaling, WindowScaling
from sklearn_ecg.edge.twin._inputs import DeviceInputs
from sklearn_ecg.networks._networks import BeatCNN
from sklearn_ecg.windows._features import feature_names


def random_network(rng, n_channels, n_samples, n_rhythm, n_classes):
    """Return a `BeatCNN` with random weights, many of them 0, and random norms."""
    depth = rng.integers(1, 4)
    network = BeatCNN(
        n_channels,
        n_samples,
        n_rhythm,
        n_classes,
        conv_channels=rng.integers(1, 20, depth).tolist(),
        kernel_sizes=rng.choice([1, 3, 5, 7, 9], depth).tolist(),
        n_hidden=int(rng.integers(1, 20)),
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


def random_model(seed):
    """Return a `QuantizedClassifier` of a random network, with random inputs."""
    rng = np.random.default_rng(seed)
    n_channels, n_samples = int(rng.integers(1, 4)), int(rng.integers(16, 150))
    n_rhythm = int(rng.integers(0, 6))
    features = rng.permutation(feature_names("rhythm"))[:n_rhythm].tolist()
    n_classes = int(rng.integers(2, 7))
    folded = fold(random_network(rng, n_channels, n_samples, n_rhythm, n_classes))
    low, high = np.full(n_rhythm, 300.0), rng.uniform(400, 2500, n_rhythm)
    rhythm_scaling = RhythmScaling.of(features, low, high)
    signal = rng.normal(size=(50, n_channels, n_samples))
    rhythm = rng.uniform(0.3, 2.0, (50, n_rhythm))
    form = FORMATS[rng.choice(["int8", "int16"])]
    network, _ = quantise_network(folded, signal, rhythm, 0.05, rhythm_scaling, form)
    standardized = bool(rng.random() < 0.7)
    scale = float(rng.uniform(5, 60) if standardized else rng.uniform(0.01, 2))
    inputs = DeviceInputs(
        fitted_segmenter(n_samples),
        200.0,
        WindowScaling.of(scale, n_samples, standardized, form.activation_max),
        rhythm_scaling,
        n_channels,
    )
    quantized = QuantizedClassifier(
        network, inputs, np.arange(n_classes), Origin(0.0, 0, 0, 50)
    )
    shape = 2, n_channels, n_samples
    windows = rng.integers(-500, 500, shape).astype(np.int16)
    intervals = np.full((2, len(rhythm_scaling.intervals)), 800, dtype=np.uint16)
    origin = Origin(0.0, 0, 0, 50, {}, (windows, intervals))
    return quantized.set_params(origin=origin)


def fitted_segmenter(n_samples):
    columns = ["record", "sample", "rr_prev", "rr_next", "rr_local"]
    table = pd.DataFrame([["none", 0, 0.8, 0.8, 0.8]], columns=columns)
    return BeatSegmenter(before=0, after=n_samples / 180).fit(table)

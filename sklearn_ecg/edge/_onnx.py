"""export_onnx: the float network as one ONNX file, for phones and gateways."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from sklearn.pipeline import Pipeline

from .._files import local_path, made_directory, written_whole
from .._types import PathLike
from .._version import __version__
from ..classifier import PrunedCNNClassifier, PrunedCNNClassifierCV
from ._quantize import CLASSIFIERS, fitted_classifier
from .calibrate._folding import fold
from .twin._layers import CONVOLUTION, LOGITS, RHYTHM, SIGNAL

OPSET = 17
"""Operator set of the file: ONNX 1.12 of 2022, which all runtimes in use know."""

_IR_VERSION = 8


def export_onnx(
    classifier: Pipeline | PrunedCNNClassifier | PrunedCNNClassifierCV, path: PathLike
) -> Path:
    """Write a fitted classifier as an ONNX file.

    The graph holds the float network with its batch norms folded in: convolutions,
    max-pooling, dense layers, and a softmax. Pruned weights are zeros in it.

    Parameters
    ----------
    classifier : PrunedCNNClassifier or Pipeline
        Fitted; of a pipeline, its last step is taken.
    path : str or Path
        The file. Written at once: it is never seen half written.

    Returns
    -------
    Path
        The file. Its input ``X``, of shape (n_beats, n_features) and type float32, is a
        row of X as the classifier takes it; its output ``probabilities``, of shape
        (n_beats, n_classes), is what `predict_proba` returns. The number of beats is
        free. Operator set 17. The metadata hold ``classes`` and ``columns`` as JSON
        lists, and ``sparsity``.

    Raises
    ------
    ImportError
        If the package onnx isn't installed.
    TypeError
        If `classifier` isn't a PrunedCNNClassifier, or a Pipeline that ends with one.
    ValueError
        If its network is neither a ``"beatcnn"`` nor a ``"twobranch"``.
    sklearn.exceptions.NotFittedError
        If it isn't fitted.

    Examples
    --------
    >>> from sklearn_ecg import PrunedCNNClassifier
    >>> from sklearn_ecg.edge import export_onnx
    >>> export_onnx(PrunedCNNClassifier(), "beats.onnx")
    Traceback (most recent call last):
    ...
    sklearn.exceptions.NotFittedError: This PrunedCNNClassifier instance...
    """
    if isinstance(classifier, Pipeline):
        classifier = classifier.steps[-1][1]
    if not isinstance(classifier, CLASSIFIERS):
        raise TypeError(
            "export_onnx takes a PrunedCNNClassifier or a Pipeline that ends with one, "
            f"got a {type(classifier).__name__}."
        )
    classifier = fitted_classifier(classifier)
    layout = classifier.layout_
    folded = fold(classifier.module_, layout.n_samples)
    try:
        import onnx
    except ImportError as error:
        raise ImportError(
            "export_onnx needs the package onnx: pip install 'sklearn-ecg[onnx]'"
        ) from error
    graph = _Graph(onnx)
    _add_layers(graph, folded, layout)
    model = _model(graph, classifier)
    onnx.checker.check_model(model, full_check=True)
    return _write(path, model.SerializeToString())


def _write(path, content):
    path = local_path(path)
    made_directory(path.parent)
    with written_whole(path) as unfinished:
        unfinished.write_bytes(content)
    return path


class _Graph:
    """Nodes and constants of a graph in the making; each node takes the last result."""

    def __init__(self, onnx):
        self.onnx = onnx
        self.nodes = []
        self.constants = []

    def constant(self, name, values):
        """Add a constant; return its name."""
        array = np.ascontiguousarray(values)
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def add(self, operator, inputs, output, **attributes):
        """Add a node; return the name of its result."""
        self.nodes.append(
            self.onnx.helper.make_node(
                operator, inputs, [output], name=output, **attributes
            )
        )
        return output


def _model(graph, classifier):
    """Turn a graph that ends with logits into a model that gives probabilities."""
    helper, FLOAT = graph.onnx.helper, graph.onnx.TensorProto.FLOAT
    layout = classifier.layout_
    graph.add("Softmax", ["logits"], "probabilities", axis=1)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "sklearn_ecg",
            [helper.make_tensor_value_info("X", FLOAT, ["n_beats", layout.n_features])],
            [
                helper.make_tensor_value_info(
                    "probabilities", FLOAT, ["n_beats", len(classifier.classes_)]
                )
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=_IR_VERSION,
        producer_name="sklearn_ecg",
        producer_version=__version__,
    )
    helper.set_model_props(
        model,
        {
            "classes": json.dumps(classifier.classes_.tolist()),
            "columns": json.dumps(list(getattr(classifier, "feature_names_in_", ()))),
            "sparsity": f"{classifier.sparsity_:.6f}",
        },
    )
    return model


def _add_layers(graph, folded, layout):
    """Add everything up to the logits."""
    results = _add_inputs(graph, layout)
    for layer in folded.layers:
        read = [results[name] for name in layer.inputs]
        if layer.kind != CONVOLUTION:
            results[layer.name] = _add_dense(graph, layer, read)
            continue
        maps = _add_convolution(graph, layer, *read)
        if folded.reader(layer.name).kind != CONVOLUTION:
            maps = graph.add("Flatten", [maps], f"{layer.name}_flat", axis=1)
        results[layer.name] = maps


def _add_convolution(graph, layer, signal):
    """Add a convolution and its pooling; return the name of the maps."""
    halo = layer.weight.shape[2] // 2
    inputs = [signal, *_layer_constants(graph, layer)]
    sums = graph.add("Conv", inputs, layer.name, pads=[halo, halo])
    maps = graph.add("Relu", [sums], f"{layer.name}_relu")
    pooling = {"kernel_shape": [2], "strides": [2]}
    return graph.add("MaxPool", [maps], f"{layer.name}_pooled", **pooling)


def _add_dense(graph, layer, features):
    """Add a dense layer; return the name of what it hands on."""
    if len(features) > 1:
        features = [graph.add("Concat", features, f"{layer.name}_inputs", axis=1)]
    inputs = [*features, *_layer_constants(graph, layer)]
    if layer.kind == LOGITS:
        return graph.add("Gemm", inputs, "logits", transB=1)
    sums = graph.add("Gemm", inputs, layer.name, transB=1)
    return graph.add("Relu", [sums], f"{layer.name}_relu")


def _layer_constants(graph, layer):
    return [
        graph.constant(f"{layer.name}_weight", layer.weight.astype(np.float32)),
        graph.constant(f"{layer.name}_bias", layer.bias.astype(np.float32)),
    ]


def _add_inputs(graph, layout):
    """Split rows into windows and, where there are any, the features beside them."""
    order = np.arange(layout.n_features) if layout.order is None else layout.order
    order = np.asarray(order, dtype=np.int64)
    width = layout.n_channels * layout.n_samples
    columns = graph.constant("window_columns", order[:width])
    windows = graph.add("Gather", ["X", columns], "windows", axis=1)
    shape = np.array([-1, layout.n_channels, layout.n_samples], dtype=np.int64)
    reshaped = [windows, graph.constant("window_shape", shape)]
    inputs = {SIGNAL: graph.add("Reshape", reshaped, "signal")}
    if layout.n_rhythm:
        columns = graph.constant("rhythm_columns", order[width:])
        inputs[RHYTHM] = graph.add("Gather", ["X", columns], "rhythm", axis=1)
    return inputs

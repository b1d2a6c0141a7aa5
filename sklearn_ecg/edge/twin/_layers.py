"""A network as one list of layers, whatever numbers they hold and whatever they read.

A layer says what it does and what it reads: the window, the rhythm features, or layers
before it. Where it reads several, they stand side by side. So another topology is
another list, and code that works on a network walks along its list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIGNAL, RHYTHM = "signal", "rhythm"
"""What the first layers read: windows, and the features beside them."""

CONVOLUTION = "convolution"
"""Kind of a layer along time, followed by a ReLU and max-pooling by two."""

DENSE = "dense"
"""Kind of a layer that is followed by a ReLU."""

LOGITS = "logits"
"""Kind of the last layer, which is followed by nothing."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a network."""

    name: str  # Its own in the network, and in the C
    kind: str  # "convolution", "dense" or "logits"
    # Layers before it, SIGNAL or RHYTHM; a convolution reads one
    inputs: tuple[str, ...]
    weight: np.ndarray  # shape (n_out, n_in, kernel_size) or (n_out, n_in)
    bias: np.ndarray  # shape (n_out,)


@dataclass(frozen=True, eq=False)
class Network:
    """A list of layers, and the size of what enters it."""

    layers: tuple  # In the order in which they run; each is read by one later layer
    n_channels: int  # Leads of a window
    n_samples: int  # Samples of each lead
    n_rhythm: int  # Features beside the window

    @property
    def sizes(self):
        """Rows that a layer may read, and the length of a row, by name."""
        sizes = {SIGNAL: (self.n_channels, self.n_samples), RHYTHM: (self.n_rhythm, 1)}
        for layer in self.layers:
            length = 1
            if layer.kind == CONVOLUTION:
                length = sizes[layer.inputs[0]][1] // 2
            sizes[layer.name] = len(layer.weight), length
        return sizes

    def columns(self, layer):
        """Return which columns of a dense layer's weights go with each input."""
        columns, start = {}, 0
        for name in layer.inputs:
            n_rows, length = self.sizes[name]
            columns[name] = slice(start, start + n_rows * length)
            start += n_rows * length
        return columns

    def reader(self, name):
        """Return the layer that reads the named activation."""
        (reader,) = (layer for layer in self.layers if name in layer.inputs)
        return reader


def run(layers, signal, rhythm, concatenate=np.concatenate):
    """Run layers, one after the other."""
    values = {SIGNAL: signal, RHYTHM: rhythm}
    for layer in layers:
        read = [values[name] for name in layer.inputs]
        if layer.kind != CONVOLUTION:
            read = [concatenate([part.reshape(len(part), -1) for part in read], 1)]
        values[layer.name] = layer(read[0])
    return values

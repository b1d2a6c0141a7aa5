"""The network in integers: what the C computes, on whole arrays of beats.

Sums are taken by the float matrix products of the BLAS, which are exact as long as
every partial sum stays below 2**24 (float32) or 2**53 (float64): each layer proves its
bound and takes the narrowest type that is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ._arithmetic import (
    BYTES,
    EXACT_IN_FLOAT32,
    Format,
    convolve,
    pool_by_two,
    requantize,
)
from ._layers import CONVOLUTION, Layer, Network, run

_CHUNK = 256
"""Beats that go through the network at once, so that its maps stay in the cache."""


@dataclass(frozen=True, eq=False)
class IntegerLayer(Layer):
    """A layer with int8 weights."""

    input_max: np.ndarray  # Largest absolute value of each input
    form: Format = BYTES  # Of inputs and outputs
    multiplier: np.ndarray | None = None  # Makes activations of sums: see `requantize`
    multiplier_shift: int = 0  # Low bits that are 0 in every multiplier
    input_offset: int = 0  # What the C adds to inputs, so as to store them in cells
    # Low bits that are 0 in every bias less the share of input_offset
    bias_shift: int = 0

    def __call__(self, inputs):
        """Compute what the layer hands on: activations, or the logits."""
        exact = self.float_type()
        inputs, weight, bias = (
            part.astype(exact) for part in (inputs, self.weight, self.bias)
        )
        if self.kind == CONVOLUTION:
            # Pooled as sums: a larger sum never gives a smaller activation.
            return self.activate(pool_by_two(convolve(inputs, weight, bias)))
        return self.activate(inputs @ weight.T + bias)

    @property
    def sum_limits(self):
        """Largest absolute value that the sums of each output can take."""
        reach = self.input_max.reshape(-1, *[1] * (self.weight.ndim - 2))
        terms = np.abs(self.weight.astype(np.int64)) * reach
        terms = terms.reshape(len(self.weight), -1).sum(axis=1)
        return terms + np.abs(self.bias.astype(np.int64))

    @property
    def sum_limit(self):
        """Largest absolute value that any sum can take, for any input."""
        return int(self.sum_limits.max())

    @property
    def two_sums_a_register(self):
        """Whether two sums of the C share one 32-bit register."""
        return self.kind == CONVOLUTION and self.form == BYTES

    @property
    def n_nonzero(self):
        """Weights that are not 0."""
        return int(np.count_nonzero(self.weight))

    def stored_bias(self):
        """Return what the C starts from, in units of ``2**bias_shift``, as int16."""
        stored = (self.bias - self._offset_sums()) >> self.bias_shift
        assert np.abs(stored).max() < 2**15
        return stored.astype(np.int16)

    def stored_multiplier(self):
        """Return the multipliers, in units of ``2**multiplier_shift``; 0 of logits."""
        if self.multiplier is None:
            return np.zeros(len(self.weight), dtype=np.uint8)
        return (self.multiplier >> self.multiplier_shift).astype(np.uint8)

    def with_bias(self, bias):
        """Return a copy with biases, rounded until 16 bits are enough to store them."""
        layer = replace(self, bias=np.rint(bias).astype(np.int32))
        shift = max(0, (2 * layer.sum_limit + 1).bit_length() - 15)
        offset = self._offset_sums()
        coarse = np.rint((bias - offset) / (1 << shift)).astype(np.int64) << shift
        return replace(layer, bias=(coarse + offset).astype(np.int32), bias_shift=shift)

    def _offset_sums(self):
        weight = self.weight.astype(np.int64).reshape(len(self.weight), -1)
        return self.input_offset * weight.sum(axis=1)

    def float_type(self):
        """Type in which a matrix product of this layer is exact."""
        return np.float32 if self.sum_limit < EXACT_IN_FLOAT32 else np.float64

    def activate(self, sums):
        """Make activations of sums; the logits are left as they are."""
        if self.multiplier is None:
            return sums.astype(np.int32)
        return requantize(sums, self.multiplier, self.form)


@dataclass(frozen=True, eq=False)
class IntegerNetwork(Network):
    """A network in integers."""

    logit_scale: float  # What one unit of a logit is worth

    @property
    def form(self):
        """How activations are stored."""
        return self.layers[0].form

    @property
    def n_nonzero(self):
        """Weights that are not 0."""
        return sum(layer.n_nonzero for layer in self.layers)

    @property
    def macs(self):
        """Multiplications a beat by weights that are not 0."""
        return sum(
            layer.n_nonzero * self.sizes[layer.inputs[0]][1]
            if layer.kind == CONVOLUTION
            else layer.n_nonzero
            for layer in self.layers
        )

    def digest(self):
        """Return all numbers of the network, as bytes that say one from another."""
        parts = [repr(self.form).encode()]
        for layer in self.layers:
            for array in (layer.weight, layer.bias, layer.multiplier):
                if array is not None:
                    parts.append(repr((array.shape, array.dtype.str)).encode())
                    parts.append(np.ascontiguousarray(array).tobytes())
        return b"".join(parts)

    def logits(self, signal, rhythm):
        """Compute the logits."""
        rhythm = np.left_shift(rhythm, self.form.rhythm_shift)
        last = self.layers[-1]
        found = [np.empty((0, len(last.weight)), dtype=np.int32)]
        for start in range(0, len(signal), _CHUNK):
            beats = slice(start, start + _CHUNK)
            found.append(run(self.layers, signal[beats], rhythm[beats])[last.name])
        return np.concatenate(found)

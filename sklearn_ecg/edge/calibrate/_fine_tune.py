"""Adjusting the weights of a quantized network until its logits are the float ones.

Rounding each weight to the nearest integer isn't the best that integers can do: what
one rounding does to the logits another can take back. The network is run as it will be,
every rounding included; gradients pass through the roundings as if they weren't there
(straight-through estimation, Bengio et al. 2013, arXiv:1308.3432). The teacher is the
float network, so no labels are needed. Scales and zeros stay what they were.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from ...training import ordinary_torch
from ..twin._layers import CONVOLUTION, run
from ._scales import WEIGHT_MAX, products_fit, sum_max

_BATCH = 256
_RATE = 0.005
"""Highest learning rate of weights, in their steps."""

_BIAS_RATE = 2e-4
"""That of biases, as a share of the largest activation, or logit."""

_CHUNK = 2048


@ordinary_torch()
def fine_tune(network, exact, inputs, logits, epochs, seed):
    """Adjust weights and biases to the logits of the float network.

    `epochs` is iterated over, once through the beats for each; it has a length.
    """
    signal, rhythm = (torch.as_tensor(part, dtype=torch.float32) for part in inputs)
    rhythm = rhythm * 2**network.form.rhythm_shift
    target = _centred(torch.as_tensor(logits, dtype=torch.float32))
    student = _Student(network, exact)
    best, best_error = network, _error(_Student(network), signal, rhythm, target)
    generator = torch.Generator().manual_seed(seed)
    n_batches = -(-len(target) // _BATCH)
    optimizer = torch.optim.Adam(student.parameter_groups())
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, len(epochs) * n_batches
    )
    for _ in epochs:
        order = torch.randperm(len(target), generator=generator)
        for batch in order.tensor_split(n_batches):
            found = _centred(student(signal[batch], rhythm[batch]))
            optimizer.zero_grad()
            F.mse_loss(found, target[batch]).backward()
            optimizer.step()
            schedule.step()
            student.shrink()
        candidate = student.network()
        error = _error(_Student(candidate), signal, rhythm, target)
        if error < best_error:
            best, best_error = candidate, error
    return best


def _centred(logits):
    """Logits less their mean: adding the same to all changes no probability."""
    return logits - logits.mean(dim=1, keepdim=True)


@torch.no_grad()
def _error(student, signal, rhythm, target):
    pairs = zip(signal.split(_CHUNK), rhythm.split(_CHUNK), strict=True)
    found = torch.cat([_centred(student(*pair)) for pair in pairs])
    return float(torch.square(found - target).mean())


def _pass_through(values, rounded):
    """Take rounded values, with the gradient of the values."""
    return values + (rounded - values).detach()


class _Student:
    """An integer network in floating point, with weights that can be adjusted."""

    def __init__(self, original, exact=None):
        self.original = original
        exact = exact or [layer.weight for layer in original.layers]
        self.layers = [
            _Layer(layer, weight, original.logit_scale)
            for layer, weight in zip(original.layers, exact, strict=True)
        ]

    def parameter_groups(self):
        return [
            {"params": [layer.weight for layer in self.layers], "lr": _RATE},
            {"params": [layer.bias for layer in self.layers], "lr": _BIAS_RATE},
        ]

    def __call__(self, signal, rhythm):
        values = run(self.layers, signal, rhythm, torch.cat)
        return values[self.layers[-1].name]

    def shrink(self):
        for layer in self.layers:
            layer.shrink()

    def network(self):
        layers = tuple(layer.integers() for layer in self.layers)
        return replace(self.original, layers=layers)


class _Layer:
    """Weights in steps of their outputs; a bias as a share of the largest output."""

    def __init__(self, original, weight, logit_scale):
        self.original = original
        self.name, self.kind, self.inputs = (
            original.name,
            original.kind,
            original.inputs,
        )
        kept = torch.as_tensor(original.weight != 0)
        self.weight = _leaf(np.where(kept, weight, 0.0))
        self.kept = kept
        self.sum_max = sum_max(original, original.form)
        form = original.form
        if original.multiplier is None:
            self.scale = torch.full((len(weight),), logit_scale)
            self.most = None
            share = self.scale
        else:
            scale = original.multiplier / 2.0**form.multiplier_bits
            self.scale = torch.as_tensor(scale, dtype=torch.float32)
            self.most = form.activation_max
            share = self.scale / self.most
        self.share = share
        self.bias = _leaf(original.bias * share.double().numpy())

    def __call__(self, inputs):
        weight, bias = self.rounded_weight(), self.sum_bias()
        if self.kind == CONVOLUTION:
            sums = F.conv1d(inputs, weight, bias, padding=weight.shape[2] // 2)
            return self.activate(F.max_pool1d(sums, 2))
        return self.activate(F.linear(inputs, weight, bias))

    def rounded_weight(self):
        rounded = self.weight.round().clamp(-WEIGHT_MAX, WEIGHT_MAX)
        return _pass_through(self.weight, rounded) * self.kept

    def sum_bias(self):
        return self.bias / self.share

    def activate(self, sums):
        values = sums * self.scale.reshape(-1, *[1] * (sums.ndim - 2))
        if self.most is None:
            return values
        return _pass_through(values, torch.floor(values + 0.5)).clamp(0, self.most)

    @torch.no_grad()
    def shrink(self):
        """Make the weights of an output smaller whose sums might grow too large."""
        limits = torch.as_tensor(self._rounded_layer().sum_limits)
        excess = (limits / self.sum_max).clamp(min=1.0)
        # A little more than is needed, so that it isn't needed at the next step again.
        factor = torch.where(excess > 1, 0.999 / excess, 1.0).float()
        self.weight *= factor.reshape(-1, *[1] * (self.weight.ndim - 1))

    def integers(self):
        """Return the layer in integers; an output that might overflow as it was."""
        layer, original = self._rounded_layer(), self.original
        over = layer.sum_limits > self.sum_max
        if over.any():
            weight, bias = layer.weight.copy(), layer.bias.copy()
            weight[over], bias[over] = original.weight[over], original.bias[over]
            layer = replace(layer, weight=weight).with_bias(bias.astype(float))
        return layer if products_fit(layer) else original

    def _rounded_layer(self):
        weight = self.rounded_weight().detach().numpy().astype(np.int8)
        bias = self.sum_bias().detach().double().numpy()
        return replace(self.original, weight=weight).with_bias(bias)


def _leaf(values):
    return torch.tensor(values, dtype=torch.float32, requires_grad=True)

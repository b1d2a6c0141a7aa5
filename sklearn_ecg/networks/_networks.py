"""The networks that ship, in plain torch, and what a network costs.

Every network is built as ``module(n_channels, n_samples, n_rhythm, n_classes)`` and
called as ``forward(signal, rhythm)`` with

- signal : Tensor of shape (beats, n_channels, n_samples), the windows;
- rhythm : Tensor of shape (beats, n_rhythm), the rhythm features (n_rhythm may be 0);

and returns logits of shape (beats, n_classes).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def with_memory(network: nn.Module) -> nn.Module:
    """Give a network on the device "meta" memory, in which there is nothing yet.

    `to_empty` does the same, but imports sympy, which takes 34 MB.
    """
    empty = {
        name: torch.empty_strided(
            values.shape, values.stride(), dtype=values.dtype, device="cpu"
        )
        for name, values in network.state_dict().items()
    }
    network.load_state_dict(empty, assign=True)
    return network


class _Halve(nn.MaxPool2d):
    """Max-pooling over two samples; five times as fast where no gradient is wanted."""

    def __init__(self) -> None:
        super().__init__((1, 2))

    def forward(self, maps: Tensor) -> Tensor:
        """Return the higher of each two samples, without an odd last one."""
        if torch.is_grad_enabled():
            return super().forward(maps)
        end = maps.shape[-1] // 2 * 2
        return torch.maximum(maps[..., 0:end:2], maps[..., 1:end:2])


class _ConvBlock(nn.Sequential):
    """Convolution, batch norm, ReLU and max-pooling along time."""

    def __init__(self, n_in: int, n_out: int, kernel_size: int, pool: int):
        super().__init__(
            nn.Conv2d(
                n_in, n_out, (1, kernel_size), padding=(0, kernel_size // 2), bias=False
            ),
            nn.BatchNorm2d(n_out),
            nn.ReLU(),
            _Halve() if pool == 2 else nn.MaxPool2d((1, pool)),
        )


def _conv_blocks(
    n_channels: int,
    n_samples: int,
    conv_channels: Sequence[int],
    kernel_sizes: Sequence[int],
) -> tuple[nn.Sequential, int]:
    """Make a block for each convolution; return them and the number of outputs."""
    if len(conv_channels) != len(kernel_sizes):
        raise ValueError(
            f"conv_channels has {len(conv_channels)} entries and kernel_sizes "
            f"{len(kernel_sizes)}: one kernel size for each convolution."
        )
    if any(size % 2 == 0 for size in kernel_sizes):
        raise ValueError(f"kernel_sizes must be odd, got {tuple(kernel_sizes)}.")
    blocks, n_in = [], n_channels
    for n_out, kernel_size in zip(conv_channels, kernel_sizes, strict=True):
        pool = 2 if n_samples >= 2 else 1
        blocks.append(_ConvBlock(n_in, n_out, kernel_size, pool))
        n_in, n_samples = n_out, n_samples // pool
    maps = nn.Sequential(*blocks).to(memory_format=torch.channels_last)
    return maps, n_in * n_samples


def _dense_block(n_in: int, n_out: int) -> tuple[nn.Module, ...]:
    """Dense layer, batch norm and ReLU."""
    return nn.Linear(n_in, n_out, bias=False), nn.BatchNorm1d(n_out), nn.ReLU()


class BeatCNN(nn.Module):
    """A small convolutional network for beats, batch-normed so that it prunes well."""

    def __init__(
        self,
        n_channels: int,
        n_samples: int,
        n_rhythm: int,
        n_classes: int,
        *,
        conv_channels: Sequence[int] = (8, 16, 32, 64),
        kernel_sizes: Sequence[int] = (7, 7, 5, 5),
        n_hidden: int = 48,
        dropout: float = 0.0,
    ):
        super().__init__()
        self._sizes = (n_channels, n_samples, n_rhythm, n_classes)
        self._rest: dict[str, Any] = {
            "kernel_sizes": tuple(kernel_sizes),
            "dropout": dropout,
        }
        self.blocks, n_features = _conv_blocks(
            n_channels, n_samples, conv_channels, kernel_sizes
        )
        self.rhythm_norm = nn.BatchNorm1d(n_rhythm) if n_rhythm else nn.Identity()
        self.hidden = nn.Linear(n_features + n_rhythm, n_hidden, bias=False)
        self.hidden_norm = nn.BatchNorm1d(n_hidden)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(n_hidden, n_classes)

    def forward(self, signal: Tensor, rhythm: Tensor) -> Tensor:
        """Logits of shape (beats, n_classes)."""
        maps = signal[:, :, None].contiguous(memory_format=torch.channels_last)
        morphology = self.blocks(maps).flatten(1)
        features = torch.cat([morphology, self.rhythm_norm(rhythm)], dim=1)
        hidden = torch.relu(self.hidden_norm(self.hidden(features)))
        return self.output(self.dropout(hidden))

    def last_layers(self) -> list[nn.Linear]:
        """Layers whose outputs add up to the logits; the first has a bias."""
        return [self.output]

    def with_state(self, state: Mapping[str, Tensor]) -> BeatCNN:
        """Make a network like this one, with the widths and values of `state`."""
        widths = [
            len(state[f"blocks.{number}.0.weight"])
            for number in range(len(self.blocks))
        ]
        # Without memory, as initial weights would draw from torch's global generator.
        with torch.device("meta"):
            network = BeatCNN(
                *self._sizes,
                conv_channels=widths,
                n_hidden=len(state["hidden.weight"]),
                **self._rest,
            )
        with_memory(network.float()).load_state_dict(state)
        return network.eval()


class TwoBranch(nn.Module):
    """Rhythm and morphology apart, so that neither is learnt in the other's place."""

    takes_classes = True

    def __init__(
        self,
        n_channels: int,
        n_samples: int,
        n_rhythm: int,
        n_classes: int,
        *,
        classes: Sequence,
        same_morphology: Sequence[Sequence] = (("N", "S"), ("F", "Q", "O")),
        conv_channels: Sequence[int] = (8, 16, 16),
        kernel_sizes: Sequence[int] = (7, 7, 7),
        n_hidden: int = 128,
        dropout: float = 0.2,
        feature_noise: float = 0.1,
        morphology_dropout: float = 0.5,
    ):
        super().__init__()
        if n_rhythm == 0:
            raise ValueError(
                "module='twobranch' needs features beside the window, such as those of "
                "BeatSegmenter(relative_features='all')."
            )
        morphologies = _morphology_of_class(classes, same_morphology)
        self.blocks, n_features = _conv_blocks(
            n_channels, n_samples, conv_channels, kernel_sizes
        )
        self.morphology = nn.Linear(n_features, max(morphologies) + 1, bias=False)
        self.register_buffer("morphology_of_class", torch.tensor(morphologies))
        self.feature_noise = feature_noise
        self.dropout = dropout
        self.morphology_dropout = morphology_dropout
        self.rhythm_norm = nn.BatchNorm1d(n_rhythm)
        self.rhythm = nn.Sequential(
            *_dense_block(n_rhythm, n_hidden),
            nn.Dropout(dropout),
            *_dense_block(n_hidden, n_hidden),
            nn.Dropout(dropout),
            nn.Linear(n_hidden, n_classes),
        )

    def forward(self, signal: Tensor, rhythm: Tensor) -> Tensor:
        """Logits of shape (beats, n_classes)."""
        maps = signal[:, :, None].contiguous(memory_format=torch.channels_last)
        maps = self.blocks(maps).flatten(1)
        features = self.rhythm_norm(rhythm)
        if self.training:
            maps = F.dropout(maps, self.dropout)
            features = features + self.feature_noise * torch.randn_like(features)
            features = F.dropout(features, self.dropout / 2)
        morphology = self.morphology(maps)
        if self.training and self.morphology_dropout:
            looked_at = torch.rand_like(morphology[:, :1]) >= self.morphology_dropout
            morphology = morphology * looked_at
        return self.rhythm(features) + morphology[:, self.morphology_of_class]

    def last_layers(self) -> list[nn.Linear]:
        """Layers whose outputs add up to the logits; the first has a bias."""
        return [self.rhythm[-1], self.morphology]


def _morphology_of_class(
    classes: Sequence, same_morphology: Sequence[Sequence]
) -> list:
    """Give each class a number, the same to those of one morphology."""
    if any(isinstance(labels, str) for labels in same_morphology):
        raise ValueError(
            f"same_morphology={same_morphology!r}: must be a list of groups of labels, "
            "such as [('N', 'S')]."
        )
    first_of = {label: labels[0] for labels in same_morphology for label in labels}
    names = [first_of.get(label, label) for label in classes]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return [numbers[name] for name in names]


class Acharya2017(nn.Module):
    """The 9-layer CNN of Acharya et al. 2017 (doi:10.1016/j.compbiomed.2017.08.022)."""

    def __init__(self, n_channels: int, n_samples: int, n_rhythm: int, n_classes: int):
        super().__init__()
        blocks, n_in, length = [], n_channels, n_samples
        for n_out, kernel_size in ((5, 3), (10, 4), (20, 4)):
            blocks += [
                nn.Conv1d(n_in, n_out, kernel_size),
                nn.LeakyReLU(),
                nn.MaxPool1d(2),
            ]
            n_in, length = n_out, (length - kernel_size + 1) // 2
        if length < 1:
            raise ValueError(
                "module='acharya2017' needs windows of at least 28 samples, "
                f"got {n_samples}."
            )
        self.features = nn.Sequential(*blocks)
        self.classifier = nn.Sequential(
            nn.Linear(n_in * length + n_rhythm, 30),
            nn.LeakyReLU(),
            nn.Linear(30, 20),
            nn.LeakyReLU(),
            nn.Linear(20, n_classes),
        )

    def forward(self, signal: Tensor, rhythm: Tensor) -> Tensor:
        """Logits of shape (beats, n_classes)."""
        morphology = self.features(signal).flatten(1)
        return self.classifier(torch.cat([morphology, rhythm], dim=1))

    def last_layers(self) -> list[nn.Linear]:
        """Layers whose outputs add up to the logits; the first has a bias."""
        return [self.classifier[-1]]


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "beatcnn": BeatCNN,
    "twobranch": TwoBranch,
    "acharya2017": Acharya2017,
}


_PRUNABLE = (nn.Linear, nn.Conv1d, nn.Conv2d)


def prunable_layers(module: nn.Module) -> dict[str, nn.Module]:
    """Convolutions and dense layers by name, each weight tensor once."""
    layers, seen = {}, set()
    for name, layer in module.named_modules():
        if isinstance(layer, _PRUNABLE) and id(layer.weight) not in seen:
            seen.add(id(layer.weight))
            layers[name] = layer
    return layers


def prunable_weights(module: nn.Module) -> list[Tensor]:
    """List the weight tensors that pruning may zero, layer after layer."""
    return [layer.weight for layer in prunable_layers(module).values()]


@dataclass(frozen=True)
class Complexity:
    """Cost of classifying one beat."""

    n_parameters: int  # All trainable parameters, biases and batch norm included
    n_prunable: int
    n_nonzero: int  # Those of them that are not zero
    dense_macs: int
    macs: int
    dense_bytes: int  # Size of all parameters in float32
    n_bytes: int

    @property
    def sparsity(self) -> float:
        """Fraction of the prunable weights that is zero."""
        return 1 - self.n_nonzero / self.n_prunable


def complexity(module: nn.Module, signal: Tensor, rhythm: Tensor) -> Complexity:
    """Count what `module` does with one beat."""
    weights = prunable_weights(module)
    nonzeros = [int(weight.count_nonzero()) for weight in weights]
    positions = output_positions(module, signal, rhythm)
    n_parameters = sum(p.numel() for p in module.parameters())
    return Complexity(
        n_parameters=n_parameters,
        n_prunable=sum(weight.numel() for weight in weights),
        n_nonzero=sum(nonzeros),
        dense_macs=sum(w.numel() * p for w, p in zip(weights, positions, strict=True)),
        macs=sum(n * p for n, p in zip(nonzeros, positions, strict=True)),
        dense_bytes=4 * n_parameters,
        n_bytes=sum(
            min(weight.numel(), nonzero + -(-weight.numel() // 8))
            for weight, nonzero in zip(weights, nonzeros, strict=True)
        ),
    )


@torch.no_grad()
def output_positions(module: nn.Module, signal: Tensor, rhythm: Tensor) -> list[int]:
    """Count how often each prunable weight is used on one beat."""
    probe = copy.deepcopy(module).cpu().eval()
    layers = prunable_layers(probe)
    used = dict.fromkeys(layers, 0)

    def counter(name):
        def count(layer, inputs, output):
            n_units = layer.weight.shape[0]
            used[name] += output.numel() // n_units

        return count

    for name, layer in layers.items():
        layer.register_forward_hook(counter(name))
    probe(signal, rhythm)
    return list(used.values())

"""The networks that ship, in plain torch.

Every network is built as ``module(n_channels, n_samples, n_rhythm, n_classes)`` and
called as ``forward(signal, rhythm)`` with

- signal : Tensor of shape (beats, n_channels, n_samples), the windows;
- rhythm : Tensor of shape (beats, n_rhythm), the rhythm features (n_rhythm may be 0);

and returns logits of shape (beats, n_classes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class _ConvBlock(nn.Sequential):
    """Convolution, batch norm, ReLU and max-pooling along time."""

    def __init__(self, n_in: int, n_out: int, kernel_size: int, pool: int):
        super().__init__(
            nn.Conv2d(
                n_in,
                n_out,
                (1, kernel_size),
                padding=(0, kernel_size // 2),
                bias=False,
            ),
            nn.BatchNorm2d(n_out),
            nn.ReLU(),
            nn.MaxPool2d((1, pool)),
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
        network.float().to_empty(device="cpu").load_state_dict(state)
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


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "beatcnn": BeatCNN,
    "twobranch": TwoBranch,
    "acharya2017": Acharya2017,
}

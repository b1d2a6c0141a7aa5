"""Beats in memory, and batches of them, varied as another recording would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import Dataset


@dataclass
class BeatDataset(Dataset):
    """Beats in memory: windows, rhythm features, classes and weights."""

    rows: Tensor  # Tensor of shape (beats, n_channels * n_samples + n_rhythm)
    classes: Tensor  # Tensor of int64, shape (beats,)
    window_shape: tuple[int, int]
    teacher: Tensor | None = None  # Logits to distil from
    weights: Tensor | None = None

    def __len__(self) -> int:
        """Count the beats."""
        return len(self.rows)

    def __getitem__(self, index):
        """Take a batch at once, where torch's loader would take beat after beat."""
        target = {"classes": self.classes[index]}
        if self.teacher is not None:
            target["teacher"] = self.teacher[index]
        if self.weights is not None:
            target["weights"] = self.weights[index]
        return split_rows(self.rows[index], self.window_shape), target

    def part(self, index) -> BeatDataset:
        """Take some of the beats, without soft targets."""
        weights = None if self.weights is None else self.weights[index]
        return BeatDataset(
            self.rows[index], self.classes[index], self.window_shape, weights=weights
        )


def split_rows(rows, window_shape: tuple[int, int]) -> dict:
    """Arguments of a network's `forward`, as views on rows of X: tensors or arrays."""
    width = window_shape[0] * window_shape[1]
    signal = rows[:, :width].reshape(len(rows), *window_shape)
    return {"signal": signal, "rhythm": rows[:, width:]}


class BatchIterator:
    """Batches of a `BeatDataset`, shuffled at each pass if a generator is given."""

    def __init__(self, dataset, batch_size, generator=None, augmentation=None):
        self.dataset = dataset
        self.augmentation = augmentation
        size = len(dataset)
        self.n_batches = max(1, min(-(-size // batch_size), size // 2))
        self.generator = generator

    def __len__(self) -> int:
        """Count the batches."""
        return self.n_batches

    def __iter__(self) -> Iterator:
        """Yield ``(inputs, target)``."""
        size = len(self.dataset)
        if self.generator is None:
            order = torch.arange(size)
        else:
            order = torch.randperm(size, generator=self.generator)
        for index in order.tensor_split(self.n_batches):
            inputs, target = self.dataset[index]
            if self.augmentation is not None:
                inputs["signal"] = self.augmentation(inputs["signal"])
            yield inputs, target


@dataclass(frozen=True)
class Augmentation:
    """What a training step does to the windows of its beats; rhythm stays as it is."""

    max_shift: int  # Every beat is shifted by up to so many samples, later or earlier
    max_noise: float
    generator: torch.Generator  # Draws them

    def __call__(self, signal: Tensor) -> Tensor:
        """Return windows of shape (beats, n_channels, n_samples), varied."""
        if self.max_shift:
            signal = self._shifted(signal)
        if self.max_noise:
            signal = signal + self._noise(signal.shape)
        return signal

    def _shifted(self, signal: Tensor) -> Tensor:
        size, last = (len(signal), 1, 1), signal.shape[2] - 1
        bounds = -self.max_shift, self.max_shift + 1
        shift = torch.randint(*bounds, size, generator=self.generator)
        places = (torch.arange(last + 1) + shift).clamp(0, last)
        return signal.gather(2, places.expand_as(signal))

    def _noise(self, shape: torch.Size) -> Tensor:
        level = torch.rand(shape[0], 1, 1, generator=self.generator)
        return self.max_noise * level * torch.randn(shape, generator=self.generator)

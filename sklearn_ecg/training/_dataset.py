"""Beats in memory, and batches of them."""

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

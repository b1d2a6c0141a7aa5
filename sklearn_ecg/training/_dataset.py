"""Beats in memory, and batches of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import Dataset


@dataclass
class BeatDataset(Dataset):
    """Beats in memory: rows of windows and rhythm features, classes, and soft targets.

    Attributes
    ----------
    rows : Tensor of shape (beats, n_channels * n_samples + n_rhythm)
    classes : Tensor of int64, shape (beats,)
    shape : (n_channels, n_samples)
    teacher : Tensor of shape (beats, n_classes) or None
        Logits to distil from.
    """

    rows: Tensor
    classes: Tensor
    shape: tuple[int, int]
    teacher: Tensor | None = None

    def __len__(self) -> int:
        """Count the beats."""
        return len(self.rows)

    def __getitem__(self, index):
        """Take a batch at once, where torch's loader would take beat after beat."""
        target = self.classes[index]
        if self.teacher is not None:
            target = (target, self.teacher[index])
        return split_rows(self.rows[index], self.shape), target

    def part(self, index) -> BeatDataset:
        """Take some of the beats, without soft targets."""
        return BeatDataset(self.rows[index], self.classes[index], self.shape)


def split_rows(rows: Tensor, shape: tuple[int, int]) -> dict[str, Tensor]:
    """Arguments of a network's `forward`, as views on rows of X."""
    width = shape[0] * shape[1]
    return {"signal": rows[:, :width].unflatten(1, shape), "rhythm": rows[:, width:]}


class BatchIterator:
    """Batches of a `BeatDataset`, shuffled anew at each pass if a generator is given.

    The batches of a pass differ by one beat at most, and none has a single beat, from
    which batch norm could not estimate a variance (an odd beat makes one batch larger).
    """

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

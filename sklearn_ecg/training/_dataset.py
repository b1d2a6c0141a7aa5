"""Beats in memory: batches, varied as another recording would, and a part held out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from sklearn.model_selection import StratifiedGroupKFold, train_test_split
from sklearn.utils import check_consistent_length
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


def split_validation(
    y, groups, fraction, random_state, *, needed_by="early_stopping", guarded=()
):
    """Split beats into a training and a validation part."""
    if groups is None:
        parts = _split_stratified(y, fraction, random_state, needed_by)
    else:
        check_consistent_length(y, groups)
        groups = np.asarray(groups)
        parts = _split_grouped(y, groups, fraction, random_state, needed_by, guarded)
    absent = _absent(guarded, y[parts[1]])
    if absent:
        raise ValueError(
            f"Class {absent[0]!r} has no beat in the validation part, where "
            f"{needed_by} watches its recall. It takes a larger validation_fraction "
            f"than {fraction!r}, or more patients with such beats."
        )
    return parts


def _absent(labels, y):
    present = set(y.tolist())
    return [label for label in labels if label not in present]


def _split_stratified(y, fraction, random_state, needed_by):
    classes, counts = np.unique(y, return_counts=True)
    if counts.min() < 2:
        lonely = classes.tolist()[counts.argmin()]
        raise ValueError(
            f"Class {lonely!r} has one beat: {needed_by} needs at least two of "
            "every class, one to train with and one to validate with."
        )
    size = min(max(round(fraction * len(y)), len(classes)), len(y) - len(classes))
    training, validation = train_test_split(
        np.arange(len(y)), test_size=size, stratify=y, random_state=random_state
    )
    for label in _absent(classes.tolist(), y[validation]):
        moved = random_state.choice(training[y[training] == label])
        training = training[training != moved]
        validation = np.append(validation, moved)
    return np.sort(training), np.sort(validation)


def _split_grouped(y, groups, fraction, random_state, needed_by, guarded):
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(
            f"groups has one patient only, {groups.tolist()[0]!r}: {needed_by} needs "
            "at least two, one to train with and one to validate with."
        )
    classes, counts = np.unique(y, return_counts=True)
    n_joined, n_splits = _share(fraction, min(n_groups, counts.max()))
    folds = StratifiedGroupKFold(n_splits, shuffle=True, random_state=random_state)
    classes, whole = classes.tolist(), []
    for training, validation in _joined(_folds(folds, y, groups), n_joined):
        missing = _absent(classes, y[training])
        if missing:
            continue
        if not _absent(guarded, y[validation]):
            return training, validation
        whole.append((training, validation))
    if whole:
        return whole[0]
    raise ValueError(
        f"Class {missing[0]!r} is found in too few patients for {needed_by}: every "
        "split by patient leaves a class out of the training part."
    )


def _share(fraction, most):
    """Return how many folds to join of how many: two at least, `most` at most."""
    finest = max(2, min(max(10, round(1 / fraction)), most))
    share = Fraction(fraction).limit_denominator(finest)
    if not 0 < share < 1:
        share = Fraction(1, finest)
    return share.numerator, share.denominator


def _joined(folds, n_joined):
    """Yield the two parts of each run of folds, joined."""
    validations = [validation for _, validation in folds]
    every = np.sort(np.concatenate(validations))
    for start in range(len(folds)):
        run = [validations[(start + step) % len(folds)] for step in range(n_joined)]
        validation = np.sort(np.concatenate(run))
        yield np.setdiff1d(every, validation), validation


def _folds(folds, y, groups):
    # Encoded, as the splitter balances classes through their codes; its warning that a
    # class has fewer beats than there are folds is nothing the user can act on here.
    codes = np.unique(y, return_inverse=True)[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return list(folds.split(np.zeros(len(y)), codes, groups))

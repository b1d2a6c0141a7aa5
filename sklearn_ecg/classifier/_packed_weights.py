"""Weights with many zeros, in little memory and without loss."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn


@dataclass(frozen=True)
class PackedArray:
    """An array as a bitmap and the values that are not zero."""

    shape: tuple[int, ...]
    bitmap: np.ndarray | None
    values: np.ndarray

    @classmethod
    def of(cls, array: np.ndarray) -> PackedArray:
        """Pack an array, unless the bitmap would take more than the zeros do."""
        flat = array.ravel()
        stays = (flat != 0) | np.signbit(flat)
        bitmap, values = np.packbits(stays), flat[stays]
        if bitmap.nbytes + values.nbytes >= flat.nbytes:
            return cls(array.shape, None, flat.copy())
        return cls(array.shape, bitmap, values)

    def unpacked(self) -> np.ndarray:
        """Make the array that was packed."""
        if self.bitmap is None:
            return self.values.reshape(self.shape).copy()
        size = int(np.prod(self.shape))
        flat = np.zeros(size, self.values.dtype)
        flat[np.unpackbits(self.bitmap, count=size).astype(bool)] = self.values
        return flat.reshape(self.shape)


def packed_weights(module: nn.Module) -> dict[str, PackedArray]:
    """Pack all that a network's training has changed."""
    return {
        name: PackedArray.of(values.numpy())
        for name, values in module.state_dict().items()
    }


def with_weights(module: nn.Module, packed: dict[str, PackedArray]) -> nn.Module:
    """Copy a network, and give the copy other weights."""
    state = {name: torch.from_numpy(array.unpacked()) for name, array in packed.items()}
    today = module.state_dict()
    if any(today[name].shape != values.shape for name, values in state.items()):
        return module.with_state(state)
    module = copy.deepcopy(module)
    module.load_state_dict(state)
    return module


def with_contiguous_weights(module: nn.Module) -> nn.Module:
    """Lay out the weights of a network row after row, in place, and return it."""
    for values in (*module.parameters(), *module.buffers()):
        values.data = values.data.contiguous()
    return module

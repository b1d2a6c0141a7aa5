"""Weights with many zeros, in little memory and without loss."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn


@dataclass(frozen=True)
class PackedArray:
    """An array as a bitmap and the values that are not zero.

    Attributes
    ----------
    shape : tuple of int
    bitmap : ndarray of uint8 or None
        A bit for each value, set where it is in `values`; None where all are.
    values : ndarray of one dimension
    """

    shape: tuple[int, ...]
    bitmap: np.ndarray | None
    values: np.ndarray

    @classmethod
    def of(cls, array: np.ndarray) -> PackedArray:
        """Pack an array, unless the bitmap would take more than the zeros do.

        A negative zero is kept as a value, so that not a bit is lost.
        """
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
    """Pack all that a network's training has changed.

    Parameters
    ----------
    module : Module
        A network on the CPU; it is left as it is.

    Returns
    -------
    dict of str to PackedArray
        Its parameters and buffers.
    """
    return {
        name: PackedArray.of(values.numpy())
        for name, values in module.state_dict().items()
    }


def with_weights(module: nn.Module, packed: dict[str, PackedArray]) -> nn.Module:
    """Copy a network, and give the copy other weights.

    Parameters
    ----------
    module : Module
        The network, left as it is.
    packed : dict of str to PackedArray
        What `packed_weights` made of a network like it, or of a `BeatCNN` of other
        widths.

    Returns
    -------
    Module
        The copy.
    """
    state = {name: torch.from_numpy(array.unpacked()) for name, array in packed.items()}
    today = module.state_dict()
    if any(today[name].shape != values.shape for name, values in state.items()):
        return module.with_state(state)
    module = copy.deepcopy(module)
    module.load_state_dict(state)
    return module


def with_contiguous_weights(module: nn.Module) -> nn.Module:
    """Lay out the weights of a network row after row, in place, and return it.

    Convolutions are trained with channels last, which other tools refuse to store.
    """
    for values in (*module.parameters(), *module.buffers()):
        values.data = values.data.contiguous()
    return module

"""Sums of products on arrays, exact for integers, and the one rule of rounding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


@dataclass(frozen=True)
class Format:
    """How activations are stored, and what follows from that."""

    cell: str  # Type in C
    n_bytes: int
    # Largest activation, and largest absolute value of a window's sample
    activation_max: int
    sample_offset: int  # Added to a window's samples in C, to store them in a cell
    rhythm_shift: int  # Gives a step of rhythm features the worth of a step of the maps
    # How much coarser activations may be where that makes the next weights finer
    spare: int
    # Fraction bits of the multipliers that make activations of sums
    multiplier_bits: int
    multiplier_max: int
    sum_max: int  # Largest absolute value of a sum of a convolution
    # Largest absolute value in a cell that was not written, whose sums are dropped
    rubbish_max: int


BYTES = Format("uint8_t", 1, 127, 128, 0, 1, 16, 2**15 - 1, 2**15 - 1, 255)
"""Two sums share a register, so none may exceed 16 bits; nor may the product of one and
a multiplier exceed 32."""

HALFWORDS = Format("int16_t", 2, 2047, 0, 3, 8, 32, 2**31 - 1, 2**31 - 1, 2**15)
"""Sums of 32 bits, whose products with multipliers have 64."""

FORMATS = {"int8": BYTES, "int16": HALFWORDS}

EXACT_IN_FLOAT32 = 2**24
"""Integers below it, and sums of them that stay below it, are exact in float32."""


def convolve(maps, weight, bias):
    """Convolve along time with zeros beyond the ends, so that the length stays."""
    n_out, n_in, kernel_size = weight.shape
    halo = kernel_size // 2
    padded = np.pad(maps, ((0, 0), (0, 0), (halo, halo)))
    taps = sliding_window_view(padded, maps.shape[2], axis=2)
    columns = taps.reshape(len(maps), n_in * kernel_size, maps.shape[2])
    return weight.reshape(n_out, -1) @ columns + bias[:, np.newaxis]


def pool_by_two(maps):
    """Keep the larger of each two samples; an odd last sample is dropped."""
    end = maps.shape[2] // 2 * 2
    return np.maximum(maps[:, :, 0:end:2], maps[:, :, 1:end:2])


def requantize(sums, multiplier, form):
    """Scale sums to activations: negative ones to 0, the rest rounded half up."""
    wide = np.int32 if form.multiplier_bits < 32 else np.int64
    multiplier = multiplier.reshape(-1, *[1] * (sums.ndim - 2)).astype(wide)
    scaled = sums.astype(wide)
    scaled *= multiplier
    scaled += 1 << (form.multiplier_bits - 1)
    scaled >>= form.multiplier_bits
    return np.clip(scaled, 0, form.activation_max, out=scaled).astype(np.int32)

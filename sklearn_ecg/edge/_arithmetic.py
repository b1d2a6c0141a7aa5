"""Sums of products on arrays, exact for integers, and the one rule of rounding."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

ACTIVATION_MAX = 127
"""Largest activation of a quantised layer: non-negative, and within an int8."""

STORED_OFFSET = 128
"""What the C adds to samples of a window, so that all activations are unsigned."""

MULTIPLIER_BITS = 16
"""Fraction bits of the multipliers that make activations of sums."""

MULTIPLIER_MAX = 2**15 - 1
"""Largest multiplier, so that its product with a sum of 16 bits fits into an int32."""

EXACT_IN_FLOAT32 = 2**24
"""Integers below it, and sums of them that stay below it, are exact in float32."""


def convolve(maps, weight, bias):
    """Convolve along time with zeros beyond the ends, so that the length stays.

    Parameters
    ----------
    maps : ndarray of shape (n_beats, n_in, n_samples)
    weight : ndarray of shape (n_out, n_in, kernel_size)
        Odd kernels, of the type of `maps`.
    bias : ndarray of shape (n_out,)

    Returns
    -------
    ndarray of shape (n_beats, n_out, n_samples)

    Examples
    --------
    >>> maps = np.array([[[1.0, 2.0, 4.0]]])
    >>> convolve(maps, np.array([[[1.0, 0.0, -1.0]]]), np.zeros(1))
    array([[[-2., -3.,  2.]]])
    """
    n_out, n_in, kernel_size = weight.shape
    halo = kernel_size // 2
    padded = np.pad(maps, ((0, 0), (0, 0), (halo, halo)))
    taps = sliding_window_view(padded, maps.shape[2], axis=2)
    columns = taps.reshape(len(maps), n_in * kernel_size, maps.shape[2])
    return weight.reshape(n_out, -1) @ columns + bias[:, np.newaxis]


def pool_by_two(maps):
    """Keep the larger of each two samples; an odd last sample is dropped.

    Examples
    --------
    >>> pool_by_two(np.array([[[1, 3, 2, 2, 9]]]))
    array([[[3, 2]]])
    """
    end = maps.shape[2] // 2 * 2
    return np.maximum(maps[:, :, 0:end:2], maps[:, :, 1:end:2])


def requantise(sums, multiplier):
    """Scale sums to activations: negative ones to 0, the rest rounded half up.

    ``clip((sum * multiplier + 2**15) >> 16, 0, 127)``, where the shift rounds down.

    Parameters
    ----------
    sums : ndarray of shape (n_beats, n_out, ...)
        Integers in an array of any type.
    multiplier : ndarray of shape (n_out,)
        From 1 to `MULTIPLIER_MAX`. Whoever chooses it sees to it that no product
        exceeds an int32.

    Returns
    -------
    ndarray of the shape of `sums`, int32

    Examples
    --------
    >>> requantise(np.array([[-9, 2, 3, 900]]), np.array([1 << 14] * 4))
    array([[  0,   1,   1, 127]], dtype=int32)
    """
    multiplier = multiplier.reshape(-1, *[1] * (sums.ndim - 2)).astype(np.int32)
    scaled = sums.astype(np.int32)
    scaled *= multiplier
    scaled += 1 << (MULTIPLIER_BITS - 1)
    scaled >>= MULTIPLIER_BITS
    return np.clip(scaled, 0, ACTIVATION_MAX, out=scaled)

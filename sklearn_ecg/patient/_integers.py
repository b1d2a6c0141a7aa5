"""Quotients, roots and logarithms of integers, each defined once for Python and C."""

from __future__ import annotations

import numpy as np

ONE = 1024
"""The fixed point of ratios, correlations and binary logarithms."""


def divided(values, by):
    """Divide by a positive number, rounded to the nearest; halves away from zero."""
    values = np.asarray(values, dtype=np.int64)
    return np.sign(values) * ((np.abs(values) + np.asarray(by) // 2) // by)


def bit_length(values):
    """Return the number of bits of integers from 0 to 2**52."""
    return np.frexp(np.asarray(values, dtype=np.float64))[1].astype(np.int64)


def shifted(values, places):
    """Shift left, or right, rounded down, where `places` is negative."""
    left = np.left_shift(values, np.maximum(places, 0))
    return np.right_shift(left, np.maximum(np.negative(places), 0))


def square_root(values):
    """Return roots of integers below 2**52, rounded down."""
    # Exact, as a double's square root is correctly rounded.
    return np.sqrt(np.asarray(values, dtype=np.float64)).astype(np.int64)


def logarithm(values):
    """Return binary logarithms in 1/1024, of integers from 1 to 2**52."""
    values = np.asarray(values, dtype=np.int64)
    exponent = bit_length(values) - 1
    part = shifted(values, 16 - exponent) & 0xFFFF
    bend = 14507 + ((part * ((part * 2733 >> 16) - 8107)) >> 16)
    bent = ((part * (65536 - part) >> 16) * bend) >> 15
    return (exponent << 10) + ((part + bent + 32) >> 6)


def log_ratio(values, by):
    """Return binary logarithms of ratios in 1/1024, 0 where one part is 0."""
    both = np.array([values, by])
    logs = logarithm(np.maximum(both, 1))
    return np.where((both > 0).all(axis=0), logs[0] - logs[1], 0)


def around_mean(rows):
    """Take the mean out of each row."""
    return rows - divided(rows.sum(axis=1), rows.shape[1])[:, np.newaxis]


def normalized(rows, bits=12):
    """Shift each row so that its largest absolute value has so many bits."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    return shifted(rows, np.where(largest > 0, bits - bit_length(largest), 0))


def squared_correlation(products, squares, of_other):
    """Return squared correlations with their signs, times `of_other`: 12-bit rows."""
    size = np.minimum(np.abs(products) >> 13, 65535)
    score = size * size // np.maximum(squares >> 13, 1)
    known = (squares > 0) & (of_other > 0)
    return np.where(known, np.sign(products) * np.minimum(score, 65535), 0)


def correlation(score, of_other):
    """Return correlations in 1/1024, from what `squared_correlation` returns."""
    share = (np.abs(score) << 14) // np.maximum(of_other >> 13, 1)
    size = square_root(np.minimum(share, 1 << 14) << 6)
    return np.where(of_other > 0, np.sign(score) * size, 0)

"""Parameters and results as JSON knows them, and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_TUPLE, _DICT, _FLOAT = "tuple", "dict", "float"


def to_plain(value: Any) -> Any:
    """Write a value so that JSON can hold it, and `from_plain` gives it back."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_FLOAT: repr(value)}
    if isinstance(value, list):
        return [to_plain(item) for item in value]
    if isinstance(value, tuple):
        return {_TUPLE: [to_plain(item) for item in value]}
    if isinstance(value, dict):
        return {_DICT: [[to_plain(key), to_plain(of)] for key, of in value.items()]}
    raise TypeError(f"a {type(value).__name__} can't be written without pickle")


def from_plain(value: Any) -> Any:
    """Return what `to_plain` wrote."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [from_plain(item) for item in value]
    if isinstance(value, dict) and len(value) == 1:
        [(kind, content)] = value.items()
        if kind == _FLOAT and content in ("nan", "inf", "-inf"):
            return float(content)
        if kind == _TUPLE and isinstance(content, list):
            return tuple(from_plain(item) for item in content)
        if kind == _DICT and _is_pairs(content):
            return {_key(key): from_plain(of) for key, of in content}
    raise ValueError(f"it holds {str(value)[:60]!r}, which no model of ours does")


def _is_pairs(content):
    return isinstance(content, list) and all(
        isinstance(pair, list) and len(pair) == 2 for pair in content
    )


def _key(value):
    key = from_plain(value)
    if isinstance(key, list | dict):
        raise ValueError(f"it holds the key {str(key)[:60]!r}, which no dict has")
    return key

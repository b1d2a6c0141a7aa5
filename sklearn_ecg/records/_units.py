"""Units of voltage, however they are spelled."""

import re

import numpy as np

_PREFIXES = {"": 1e3, "m": 1.0, "milli": 1.0, "n": 1e-6, "nano": 1e-6}
_VOLTAGE = re.compile(
    r"[\[(]?(?P<prefix>milli|micro|nano|mc|m|u|n|\?|[^\x00-\x7f]{1,6})?\s*"
    r"v(?:ol(?:ts?)?)?[\])]?"
)


def _millivolts(unit):
    """Return how many millivolts a unit is, None if it is no voltage."""
    match = _VOLTAGE.fullmatch(str(unit).strip().lower())
    # Micro is the one prefix beyond ASCII, whatever a code page has made of its sign.
    return _PREFIXES.get(match["prefix"] or "", 1e-3) if match else None


def is_voltage(unit: str) -> bool:
    """Tell whether a unit is one of voltage."""
    return _millivolts(unit) is not None


def to_millivolts(signal: np.ndarray, unit: str) -> np.ndarray:
    """Convert a signal to millivolts, in place; one in another unit stays as it is."""
    factor = _millivolts(unit)
    if factor not in (None, 1.0):
        signal *= factor
    return signal

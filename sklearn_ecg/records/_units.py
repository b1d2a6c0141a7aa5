"""Units of voltage, however they are spelled."""

import numpy as np

_MILLIVOLTS_PER_UNIT = {"v": 1e3, "mv": 1.0, "uv": 1e-3, "nv": 1e-6}
_WORDS = {"volt": "v", "volts": "v", "millivolt": "mv", "millivolts": "mv"}
_WORDS |= {"microvolt": "uv", "microvolts": "uv", "nanovolt": "nv", "nanovolts": "nv"}
_MU_AS_U = str.maketrans({"\N{MICRO SIGN}": "u", "\N{GREEK SMALL LETTER MU}": "u"})


def _spelling(unit):
    # Writers differ in the case, and Unicode has two signs for micro.
    spelling = str(unit).strip().translate(_MU_AS_U).lower()
    return _WORDS.get(spelling, spelling)


def is_voltage(unit: str) -> bool:
    """Tell whether a unit is one of voltage."""
    return _spelling(unit) in _MILLIVOLTS_PER_UNIT


def to_millivolts(signal: np.ndarray, unit: str) -> np.ndarray:
    """Convert a signal to millivolts, in place; one in another unit stays as it is."""
    factor = _MILLIVOLTS_PER_UNIT.get(_spelling(unit), 1.0)
    if factor != 1.0:
        signal *= factor
    return signal

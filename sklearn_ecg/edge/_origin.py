"""Where a quantized network comes from: for the header of the C, and for reports."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from ..classifier._classifier import PrunedCNNClassifier

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class Origin:
    """Where a quantized network comes from, for the header of the C and for reports."""

    sparsity: float
    n_nonzero: int  # Weights that are not 0 after rounding to integers
    macs: int  # Multiplications a beat
    n_calibration: int  # Calibration beats
    # Of the classifier, other than the defaults, as text
    parameters: dict = field(default_factory=dict)
    # What the C takes of one beat of each class: for its self-test
    examples: tuple = ()

    @classmethod
    def of(cls, classifier, network, n_calibration, examples):
        """Say where a network comes from."""
        return cls(
            classifier.sparsity_,
            network.n_nonzero,
            network.macs,
            n_calibration,
            _changed_parameters(classifier),
            examples,
        )


def _changed_parameters(classifier):
    defaults = PrunedCNNClassifier().get_params()
    texts = {
        name: stable_repr(value)
        for name, value in sorted(classifier.get_params().items())
        if name not in ("verbose", "device")
    }
    return {
        name: text
        for name, text in texts.items()
        if name not in defaults or text != stable_repr(defaults[name])
    }


def stable_repr(value):
    """Return the value of a parameter as text, the same in every process."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        items = (f"{stable_repr(key)}: {stable_repr(value[key])}" for key in value)
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(stable_repr, value)) + "]"
    if type(value) is tuple:
        comma = "," * (len(value) == 1)
        return "(" + ", ".join(map(stable_repr, value)) + comma + ")"
    if isinstance(value, str) or not _ADDRESS.search(repr(value)):
        return repr(value)
    return getattr(value, "__qualname__", type(value).__name__)

"""A classifier in integers, the twin of the exported C, and where it comes from."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin

from ..classifier import PrunedCNNClassifier
from .twin._inputs import DeviceInputs, RowInputs
from .twin._network import IntegerNetwork

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


class QuantizedClassifier(ClassifierMixin, BaseEstimator):
    """A heartbeat classifier in integers, bit for bit what the exported C computes.

    Made by `quantize`. It takes the same X as the estimator that it was quantized from:
    beat tables, or rows of windows for a classifier alone.

    Parameters
    ----------
    network : IntegerNetwork
        Weights, biases and multipliers, all integers.
    inputs : DeviceInputs or RowInputs
        What becomes of X before the network.
    classes : ndarray of shape (n_classes,)
        Labels.
    origin : Origin
        Of what it was made.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, in the order of the logits.
    fingerprint_ : str
        Hash of all numbers of the model, as 64 hexadecimal digits.
    n_features_in_ : int
        Columns of X, if it was made of a classifier alone.
    feature_names_in_ : ndarray of str
        Their names, if the classifier was fitted with any.

    See Also
    --------
    quantize : Makes it.
    export_c : Writes it as C.

    Notes
    -----
    Of equal logits the first class wins, here and in C.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ecg import PrunedCNNClassifier
    >>> from sklearn_ecg.edge import quantize
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(100, 64)), np.repeat([0, 1], 50)
    >>> X[y == 1, 30:34] += 3
    >>> classifier = PrunedCNNClassifier(
    ...     0.5, n_stages=1, batch_size=16, random_state=0
    ... )
    >>> quantized = quantize(classifier.fit(X, y), X)
    >>> quantized.logits(X).dtype
    dtype('int32')
    >>> quantized.score(X, y) > 0.9
    True
    """

    def __init__(
        self,
        network: IntegerNetwork,
        inputs: DeviceInputs | RowInputs,
        classes: np.ndarray,
        origin: Origin,
    ) -> None:
        self.network = network
        self.inputs = inputs
        self.classes = classes
        self.origin = origin

    def fit(self, X: object, y: object = None) -> QuantizedClassifier:
        """Do nothing: a quantized network is fixed, like a `FrozenEstimator`.

        Parameters
        ----------
        X, y : object
            Ignored.

        Returns
        -------
        QuantizedClassifier
        """
        return self

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = self.inputs.takes_rows
        return tags

    @property
    def classes_(self) -> np.ndarray:
        """Labels, in the order of the logits."""
        return self.classes

    @property
    def n_features_in_(self) -> int:
        """Columns of X; of a classifier alone."""
        return self.inputs.layout.n_features

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns of X; of a classifier alone fitted with names."""
        return np.array(self.inputs.column_names, dtype=object)

    @property
    def fingerprint_(self) -> str:
        """Hash of all numbers of the model."""
        digest = hashlib.sha256(self.network.digest())
        numbers = self.inputs.parameters, self.classes.tolist()
        digest.update(repr(numbers).encode())
        return digest.hexdigest()

    @property
    def calibration(self) -> str:
        """What more there is to say of the calibration beats."""
        return self.inputs.calibration

    def logits(self, X: pd.DataFrame | ArrayLike) -> np.ndarray:
        """Compute the logits.

        Parameters
        ----------
        X : DataFrame, or array-like of shape (n_beats, n_features)
            What the estimator predicted from that was quantized.

        Returns
        -------
        ndarray of shape (n_beats, n_classes), int32

        Raises
        ------
        ValueError
            If X isn't what the estimator was fitted with.
        """
        return self._logits(*self.inputs.read(self.inputs.check(X, self)))

    def device_logits(
        self, windows: ArrayLike, intervals: ArrayLike | None = None
    ) -> np.ndarray:
        """Compute the logits of the arguments of the C.

        Parameters
        ----------
        windows : array-like of shape (n_beats, n_samples) or \
(n_beats, n_channels, n_samples), int16
            Of a pipeline, counts at the `sampling_rate` of the segmenter. Of a
            classifier alone, rows of units, of shape (n_beats, n_features), as
            ``inputs.read`` makes them: where `quantize` was given an `input_scale`,
            samples are counts.
        intervals : array-like of shape (n_beats, n_intervals), uint16, default=None
            RR intervals in ms, 0 where unknown, in the order of the C structure: the
            previous, the next (if a feature needs it), the local mean. Not needed
            without rhythm features.

        Returns
        -------
        ndarray of shape (n_beats, n_classes), int32

        Raises
        ------
        ValueError
            If the shapes are not those of the model.
        """
        shape = self.inputs.window_shape
        windows = _as_integers(windows, "windows", np.int16)
        names = self.inputs.intervals
        if intervals is None:
            intervals = np.zeros((len(windows), len(names)), dtype=np.uint16)
        intervals = _as_integers(intervals, "intervals", np.uint16)
        if windows.size != len(windows) * np.prod(shape):
            expected = ", ".join(map(str, ("n_beats", *shape)))
            raise ValueError(
                f"windows has shape {windows.shape}, must be ({expected})."
            )
        if intervals.shape != (len(windows), len(names)):
            raise ValueError(
                f"intervals has shape {intervals.shape}, must be ({len(windows)}, "
                f"{len(names)}): {', '.join(names)}."
            )
        return self._logits(windows.reshape(len(windows), *shape), intervals)

    def predict(self, X: pd.DataFrame | ArrayLike) -> np.ndarray:
        """Most probable class.

        Parameters
        ----------
        X : DataFrame, or array-like of shape (n_beats, n_features)

        Returns
        -------
        ndarray of shape (n_beats,)
            Labels.
        """
        return self.classes_[self.logits(X).argmax(axis=1)]

    def predict_proba(self, X: pd.DataFrame | ArrayLike) -> np.ndarray:
        """Probability of each class: the softmax of the scaled logits.

        Parameters
        ----------
        X : DataFrame, or array-like of shape (n_beats, n_features)

        Returns
        -------
        ndarray of shape (n_beats, n_classes)
        """
        return softmax(self.logits(X) * self.network.logit_scale, axis=1)

    def predict_log_proba(self, X: pd.DataFrame | ArrayLike) -> np.ndarray:
        """Logarithm of the probability of each class.

        Parameters
        ----------
        X : DataFrame, or array-like of shape (n_beats, n_features)

        Returns
        -------
        ndarray of shape (n_beats, n_classes)
            Natural logarithms.
        """
        return log_softmax(self.logits(X) * self.network.logit_scale, axis=1)

    def _logits(self, windows, intervals):
        return self.network.logits(*self.inputs.scale(windows, intervals))


def check_quantized(quantized, caller):
    """Refuse what `quantize` didn't return."""
    if not isinstance(quantized, QuantizedClassifier):
        raise TypeError(
            f"{caller} takes what quantize returns, got a {type(quantized).__name__}."
        )


def _as_integers(values, name, kind):
    """Convert to an integer type, refusing what it can't hold."""
    values = np.asarray(values)
    limits = np.iinfo(kind)
    outside = (
        (values < limits.min) | (values > limits.max) | (values != np.rint(values))
    )
    if outside.any():
        raise ValueError(
            f"{name} must be integers from {limits.min} to {limits.max}, got "
            f"{values[outside][0]}."
        )
    return values.astype(kind)

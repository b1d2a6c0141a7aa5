"""A classifier in integers, the twin of the exported C."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin

from .twin._inputs import DeviceInputs, RowInputs, checked_rows
from .twin._network import IntegerNetwork

_CHUNK = 256
"""Beats that go through the network at once, so that its maps stay in the cache."""


@dataclass(frozen=True)
class Origin:
    """Where a quantised network comes from, for the header of the C and for reports.

    Attributes
    ----------
    sparsity : float
    n_nonzero : int
        Weights that are not 0 after rounding to integers.
    macs : int
        Multiplications a beat.
    n_calibration : int
        Calibration beats.
    parameters : dict of str to str
        Parameters of the classifier that differ from the defaults, as text.
    examples : tuple of ndarray
        Windows and RR intervals of one calibration beat for each class that was
        predicted, as a device would read them: for the self-test of the C.
    """

    sparsity: float
    n_nonzero: int
    macs: int
    n_calibration: int
    parameters: dict = field(default_factory=dict)
    examples: tuple = ()


class QuantizedClassifier(ClassifierMixin, BaseEstimator):
    """A heartbeat classifier in integers, bit for bit what the exported C computes.

    Made by `quantize`. It predicts from what the estimator predicted from that it was
    made of: beat tables, or rows of windows for a classifier alone.

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

    def __init__(self, network: IntegerNetwork, inputs, classes, origin: Origin):
        self.network = network
        self.inputs = inputs
        self.classes = classes
        self.origin = origin

    def fit(self, X, y=None):
        """Do nothing: a quantised network is fixed, like a `FrozenEstimator`.

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
        tags.input_tags.two_d_array = isinstance(self.inputs, RowInputs)
        return tags

    @property
    def classes_(self):
        """Labels, in the order of the logits."""
        return self.classes

    @property
    def n_features_in_(self):
        """Columns of X; of a classifier alone."""
        return self._row_inputs().layout.n_features

    @property
    def feature_names_in_(self):
        """Names of the columns of X; of a classifier alone fitted with names."""
        names = self._row_inputs().names
        if names is None:
            raise AttributeError("The classifier was fitted without feature names.")
        return np.array(names, dtype=object)

    def _row_inputs(self):
        if not isinstance(self.inputs, RowInputs):
            raise AttributeError(
                "A pipeline takes beat tables, which have no features."
            )
        return self.inputs

    @property
    def fingerprint_(self):
        """Hash of all numbers of the model."""
        digest = hashlib.sha256(repr(self.network.form).encode())
        for layer in self.network.layers:
            for array in (layer.weight, layer.bias, layer.multiplier):
                if array is not None:
                    digest.update(repr((array.shape, array.dtype.str)).encode())
                    digest.update(np.ascontiguousarray(array).tobytes())
        if isinstance(self.inputs, RowInputs):
            inputs = self.inputs
        else:
            inputs = [self.inputs.window_scaling, self.inputs.rhythm_scaling]
        digest.update(repr((inputs, self.classes.tolist())).encode())
        return digest.hexdigest()

    def logits(self, X):
        """Compute the logits.

        Parameters
        ----------
        X : DataFrame, or array-like of shape (n_beats, n_features)
            What the estimator predicted from that was quantised.

        Returns
        -------
        ndarray of shape (n_beats, n_classes), int32

        Raises
        ------
        ValueError
            If X isn't what the estimator was fitted with.
        """
        if isinstance(self.inputs, RowInputs):
            X = checked_rows(self, X, self.inputs.layout)
        return self._network_logits(*self.inputs(X))

    def device_logits(self, windows, intervals=None):
        """Compute the logits of what a device reads; the arguments of the C.

        Parameters
        ----------
        windows : array-like of shape (n_beats, n_samples) or \
(n_beats, n_channels, n_samples), int16
            Counts, at the `sampling_rate` of the segmenter.
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
            If the shapes are not those of the model, or it was made of a classifier
            alone.
        """
        check_of_pipeline(self, "device_logits")
        shape = self.inputs.n_channels, self.inputs.window_scaling.n_samples
        windows = _as_integers(windows, "windows", np.int16)
        n_intervals = len(self.inputs.rhythm_scaling.intervals)
        if intervals is None:
            intervals = np.zeros((len(windows), n_intervals), dtype=np.uint16)
        intervals = _as_integers(intervals, "intervals", np.uint16)
        if windows.size != len(windows) * shape[0] * shape[1]:
            raise ValueError(
                f"windows has shape {windows.shape}, must be (n_beats, {shape[0]}, "
                f"{shape[1]})."
            )
        if intervals.shape != (len(windows), n_intervals):
            raise ValueError(
                f"intervals has shape {intervals.shape}, must be ({len(windows)}, "
                f"{n_intervals}): {', '.join(self.inputs.rhythm_scaling.intervals)}."
            )
        windows = windows.reshape(len(windows), *shape)
        return self._network_logits(*self.inputs.scale(windows, intervals))

    def predict(self, X):
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

    def predict_proba(self, X):
        """Probability of each class: the softmax of the scaled logits.

        Parameters
        ----------
        X : DataFrame, or array-like of shape (n_beats, n_features)

        Returns
        -------
        ndarray of shape (n_beats, n_classes)
        """
        return softmax(self.logits(X) * self.network.logit_scale, axis=1)

    def predict_log_proba(self, X):
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

    def _network_logits(self, signal, rhythm):
        chunks = [
            self.network.logits(
                signal[start : start + _CHUNK], rhythm[start : start + _CHUNK]
            )
            for start in range(0, len(signal), _CHUNK)
        ]
        n_classes = len(self.classes)
        return np.vstack(chunks or [np.empty((0, n_classes), dtype=np.int32)])


def check_of_pipeline(quantized, caller):
    """Refuse what isn't a quantised pipeline: a device needs all of it."""
    if not isinstance(quantized, QuantizedClassifier):
        raise TypeError(
            f"{caller} takes what quantize returns, got a {type(quantized).__name__}."
        )
    if not isinstance(quantized.inputs, DeviceInputs):
        raise ValueError(
            "This QuantizedClassifier was made of a classifier alone, which doesn't "
            f"say what becomes of a device's samples; {caller} has to know: quantize "
            "the whole Pipeline."
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

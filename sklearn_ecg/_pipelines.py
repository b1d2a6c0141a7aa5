"""Pipelines put together for a purpose, and adapted to a patient."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline

from ._parameter_checks import check
from ._types import RandomState
from .classifier._adapt import ADAPTATION
from .classifier._classifier import PrunedCNNClassifier
from .classifier._multi_lead import MultiLeadPipeline
from .detection._lengths import DEVICE_RATE, Lengths
from .windows._features import feature_names
from .windows._segmenter import BeatSegmenter

_BEFORE, _AFTER = 25, 39
"""Samples of a window of a device before its R peak, and from it on."""


def make_interpatient_pipeline(
    sparsity: float = 0.9,
    *,
    causal: bool = False,
    second_lead: str | Sequence[str] | None = None,
    random_state: RandomState = None,
    verbose: int = 0,
    **parameters: Any,
) -> Pipeline:
    """Make a Pipeline for patients who are not in the training data.

    The segmenter's relative features say how a beat differs from what is typical of
    its own patient, and the network ``"twobranch"`` keeps them apart from the window,
    which is shifted by up to 3 samples, and noisy, while training. All this was chosen
    by cross-validation between patients; what it is worth is in the results of the
    documentation. For patients who are known, whose beats are in the training data,
    the defaults of the two steps do better.

    Parameters
    ----------
    sparsity : float in [0, 1), default=0.9
        Fraction of the prunable weights that is zero at the end.
    causal : bool, default=False
        Do without the interval to the next beat, which a device must wait for.
    second_lead : str or sequence of str, default=None
        A lead to look at beside the first, as `MultiLeadPipeline` does; such as
        `sklearn_ecg.classifier.SECOND_LEADS`. None looks at one lead only.
    random_state : int, RandomState instance or None, default=None
        As in `PrunedCNNClassifier`.
    verbose : int, default=0
        If not 0, progress is shown.
    **parameters
        Further parameters of `PrunedCNNClassifier`, but `module`. Other than its
        defaults are here `max_shift` (3), `max_noise` (0.2), `batch_size` (1024),
        `learning_rate` (0.006), `n_epochs` (6) and `stage_epochs` (3).

    Returns
    -------
    Pipeline
        With the steps ``segment`` and ``classify``, not fitted.

    See Also
    --------
    sklearn_ecg.model_selection.DeChazalSplit : Measure it on patients kept apart.

    Examples
    --------
    >>> from sklearn_ecg import make_interpatient_pipeline
    >>> from sklearn_ecg.datasets import make_ecg
    >>> beats = make_ecg(n_records=3, random_state=0)
    >>> training = beats.groups != beats.groups[-1]
    >>> pipeline = make_interpatient_pipeline(n_epochs=2, n_stages=1, random_state=0)
    >>> pipeline = pipeline.fit(beats.data[training], beats.target[training])
    >>> labels = pipeline.predict(beats.data[~training])
    """
    chosen = {
        "max_shift": 3,
        "max_noise": 0.2,
        "batch_size": 1024,
        "learning_rate": 0.006,
        "n_epochs": 6,
        "stage_epochs": 3,
    }
    segmenter = BeatSegmenter(
        rr_features=["rr_prev"] if causal else ["rr_prev", "rr_next"],
        relative_features="causal" if causal else "all",
        verbose=verbose,
    )
    classifier = PrunedCNNClassifier(
        sparsity,
        module="twobranch",
        random_state=random_state,
        verbose=verbose,
        **chosen | parameters,
    )
    steps = [("segment", segmenter), ("classify", classifier)]
    if second_lead is None:
        return Pipeline(steps)
    return MultiLeadPipeline(steps, second_lead=second_lead)


def make_device_pipeline(
    device_rate: float,
    sparsity: float = 0.9,
    *,
    known_patients: bool = False,
    causal: bool = False,
    random_state: RandomState = None,
    verbose: int = 0,
    **parameters: Any,
) -> Pipeline:
    """Make a Pipeline for a device: small windows, at the rate at which it works.

    A device sums its samples to some 125 Hz, and finds beats in these sums. Windows at
    that rate are cut out of them as they are; 64 samples fill the registers of its
    processor four times, and nothing is computed in vain. What that costs in accuracy,
    and what it saves, is in the user guide.

    Parameters
    ----------
    device_rate : float
        Of the device's converter, in Hz, from 100 to 1000.
    sparsity : float in [0, 1), default=0.9
        Fraction of the prunable weights that is zero at the end.
    known_patients : bool, default=False
        If True, for patients whose beats are in the training data: the network
        ``"beatcnn"``. Otherwise for others, as `make_interpatient_pipeline` does, with
        64 hidden units.
    causal : bool, default=False
        Do without the interval to the next beat, which a device must wait for.
    random_state : int, RandomState instance or None, default=None
        As in `PrunedCNNClassifier`.
    verbose : int, default=0
        If not 0, progress is shown.
    **parameters
        Further parameters of `PrunedCNNClassifier`, but `module`.

    Returns
    -------
    Pipeline
        With the steps ``segment`` and ``classify``, not fitted.

    Raises
    ------
    ValueError
        If `device_rate` isn't from 100 to 1000.

    See Also
    --------
    sklearn_ecg.edge.quantize_chain : The next step, once it is fitted.

    Examples
    --------
    >>> from sklearn_ecg import make_device_pipeline
    >>> pipeline = make_device_pipeline(device_rate=500)
    >>> pipeline["segment"].sampling_rate
    125.0
    """
    check("make_device_pipeline", "device_rate", device_rate, DEVICE_RATE)
    rate = Lengths.at(device_rate).working_rate
    window: dict[str, Any] = {
        "sampling_rate": rate,
        "before": _BEFORE / rate,
        "after": _AFTER / rate,
    }
    if known_patients:
        rhythm = feature_names("rhythm", causal=causal)
        segmenter = BeatSegmenter(rr_features=rhythm, verbose=verbose, **window)
        parameters = {"max_shift": 2, "stage_epochs": 8} | parameters
        classifier = PrunedCNNClassifier(
            sparsity, random_state=random_state, verbose=verbose, **parameters
        )
        return Pipeline([("segment", segmenter), ("classify", classifier)])
    chosen: dict[str, Any] = {"max_shift": 2, "module_params": {"n_hidden": 64}}
    pipeline = make_interpatient_pipeline(
        sparsity,
        causal=causal,
        random_state=random_state,
        verbose=verbose,
        **chosen | parameters,
    )
    return pipeline.set_params(
        **{f"segment__{name}": value for name, value in window.items()}
    )


def adapt(
    model: Pipeline, X: pd.DataFrame, y: ArrayLike, *, strength: float = ADAPTATION
) -> Pipeline:
    """Return a model that a few labelled beats of one patient have adapted.

    The last layer of the network is fitted to them, drawn towards what it was; pruned
    weights stay zero. Label the first minutes of a recording by hand, and the rest of
    it is labelled better: EC57 allows five minutes. The model given is left as it is.

    Parameters
    ----------
    model : Pipeline
        Fitted, of a `BeatSegmenter` and a `PrunedCNNClassifier`; such as
        `load_pretrained` returns.
    X : DataFrame of shape (n_beats, n_columns)
        A beat table. Beats without signal are left out.
    y : array-like of shape (n_beats,)
        Their labels, all of them known to the model. A class that has no beat here
        stays what it was.
    strength : float > 0, default=0.3
        How far a weight is expected to move; see `PrunedCNNClassifier.adapted`.

    Returns
    -------
    Pipeline
        Fitted.

    Raises
    ------
    TypeError
        If the model is another kind of Pipeline.
    ValueError
        If no beat has a signal, or a label is unknown to the model.

    Examples
    --------
    >>> from sklearn_ecg import adapt, load_pretrained
    >>> from sklearn_ecg.datasets import make_ecg
    >>> beats = make_ecg(n_records=1, random_state=0)
    >>> is_early = (beats.data["sample"] < 20 * 360).to_numpy()
    >>> model = load_pretrained()
    >>> adapted = adapt(model, beats.data[is_early], beats.target[is_early])
    >>> labels = adapted.predict(beats.data[~is_early])
    """
    if not isinstance(model, Pipeline) or not isinstance(
        model[-1], PrunedCNNClassifier
    ):
        raise TypeError(
            "adapt takes a Pipeline of a BeatSegmenter and a PrunedCNNClassifier, not "
            f"a {type(model).__name__}."
        )
    labels = pd.Series(y).to_numpy()
    if len(labels) != len(X):
        raise ValueError(f"X has {len(X)} rows and y has {len(labels)} labels.")
    views = _views(model, X)
    windows = pd.concat([view for view, _ in views], ignore_index=True)
    labels = np.concatenate([labels[rows] for _, rows in views])
    usable = windows.notna().all(axis=1).to_numpy()
    if not usable.any():
        raise ValueError("X has no beat with a signal to adapt to.")
    adapted = copy.copy(model)
    name, classifier = model.steps[-1]
    last = classifier.adapted(windows[usable], labels[usable], strength=strength)
    adapted.steps = [*model.steps[:-1], (name, last)]
    return adapted


def _views(model, X):
    """Return windows and rows of a beat table, for each lead that the model sees."""
    if isinstance(model, MultiLeadPipeline):
        return model.views(X)
    return [(model[:-1].transform(X), np.arange(len(X)))]

"""Pipelines put together for a purpose."""

import inspect
from collections.abc import Sequence
from typing import Any, Literal

from sklearn.pipeline import Pipeline

from ._messages import warn
from ._parameter_checks import Choice, check
from ._types import RandomState
from .classifier import MultiLeadPipeline, PrunedCNNClassifier
from .detection import DEVICE_RATE, Lengths
from .windows import BeatSegmenter

_BEFORE, _AFTER = 25, 39
"""Samples of a window of a device before its R peak, and from it on."""

_NEW_RATE = 125.0
"""Sampling rate of windows for new patients, in Hz: near that of working samples."""

_PATIENTS = Choice(("new", "known"))


def make_beat_pipeline(
    patients: Literal["new", "known"] = "new",
    *,
    device_rate: float | None = None,
    second_lead: str | Sequence[str] | None = None,
    sparsity: float = 0.9,
    causal: bool = False,
    random_state: RandomState = None,
    verbose: int = 0,
    **parameters: Any,
) -> Pipeline:
    """Make the Pipeline that suits the patients, the device and the leads.

    For new patients, the segmenter's relative features say how a beat differs from what
    is typical of its own patient, and the network ``"twobranch"`` keeps them apart from
    the window, which is shifted by up to 2 samples, and noisy, while training. All this
    was chosen by cross-validation between patients. For known patients, whose beats are
    in the training data, the defaults of `BeatSegmenter` and `PrunedCNNClassifier` do
    better.

    A device sums its samples to some 125 Hz, finds beats in these sums, and cuts
    windows out of them. So does the Pipeline for new patients, with `device_rate` and
    without: 64 samples at 125 Hz, which fill the registers of a device's processor four
    times. There, `device_rate` only makes the network smaller (64 hidden units). For
    known patients, it takes such windows, too, in place of the default's.

    Parameters
    ----------
    patients : {"new", "known"}, default="new"
        Whether the patients to be labelled are absent from the training data, or in it.
    device_rate : float, default=None
        Sampling rate of a device's converter, in Hz, from 100 to 1000. None is for a
        computer. A model for new patients suits a device of any rate.
    second_lead : str or sequence of str, default=None
        A lead to look at beside the first, as
        `sklearn_ecg.MultiLeadPipeline` does; such as
        `sklearn_ecg.classifier.SECOND_LEADS`. None looks at one lead only, as the C for
        a device does.
    sparsity : float in [0, 1), default=0.9
        Fraction of the prunable weights that is zero at the end.
    causal : bool, default=False
        Do without the interval to the next beat, which a device must wait for.
    random_state : int, RandomState instance or None, default=None
        As in `PrunedCNNClassifier`.
    verbose : int, default=0
        If not 0, progress is shown.
    **parameters
        Further parameters of `PrunedCNNClassifier`. For new patients, other than its
        defaults are `module` ("twobranch"), `max_shift` (2), `max_noise` (0.2),
        `batch_size` (1024), `learning_rate` (0.006), `n_epochs` (6) and `stage_epochs`
        (3), and for a device `module_params` (``{"n_hidden": 64}``). For known patients
        and a device, they are `max_shift` (2) and `stage_epochs` (8).

    Returns
    -------
    Pipeline
        With the steps ``segment`` and ``classify``, not fitted; a `MultiLeadPipeline`
        with `second_lead`.

    Raises
    ------
    ValueError
        If `patients` is another word, or `device_rate` isn't from 100 to 1000.
    TypeError
        If `PrunedCNNClassifier` has no parameter of a name given.

    See Also
    --------
    sklearn_ecg.model_selection.DeChazalSplit : Measure it on patients kept apart.
    sklearn_ecg.edge.quantize : The next step for a device, once it is fitted.

    Examples
    --------
    >>> from sklearn_ecg import make_beat_pipeline
    >>> from sklearn_ecg.datasets import make_ecg
    >>> beats = make_ecg(n_records=3, random_state=0)
    >>> training = beats.groups != beats.groups[-1]
    >>> pipeline = make_beat_pipeline(n_epochs=2, n_stages=1, random_state=0)
    >>> pipeline = pipeline.fit(beats.data[training], beats.target[training])
    >>> labels = pipeline.predict(beats.data[~training])
    >>> make_beat_pipeline("known", device_rate=500)["segment"].sampling_rate
    125.0
    """
    owner = "make_beat_pipeline"
    patients = check(owner, "patients", patients, _PATIENTS)
    _check_names(owner, parameters)
    if device_rate is not None:
        check(owner, "device_rate", device_rate, DEVICE_RATE)
    window = _window(patients, device_rate)
    segmenter = BeatSegmenter(**_features(patients, causal), **window, verbose=verbose)
    classifier = PrunedCNNClassifier(
        sparsity,
        random_state=random_state,
        verbose=verbose,
        **_training(patients, device_rate is not None) | parameters,
    )
    steps = [("segment", segmenter), ("classify", classifier)]
    if second_lead is None:
        return Pipeline(steps)
    return MultiLeadPipeline(steps, second_lead=second_lead)


def _features(patients, causal):
    """Return the parameters of a segmenter that choose its features."""
    choice = "causal" if causal else "all"
    if patients == "known":
        return {"rr_features": choice}
    intervals = ["rr_prev"] if causal else ["rr_prev", "rr_next"]
    return {"rr_features": intervals, "relative_features": choice}


def _window(patients, device_rate):
    """Return the parameters of a segmenter that say where a window is."""
    if patients == "known" and device_rate is None:
        return {}
    rate = _NEW_RATE if patients == "new" else Lengths.at(device_rate).working_rate
    return {"sampling_rate": rate, "before": _BEFORE / rate, "after": _AFTER / rate}


def _training(patients, on_device):
    """Return the parameters of a classifier that are not its defaults."""
    if patients == "known":
        return {"max_shift": 2, "stage_epochs": 8} if on_device else {}
    chosen = {
        "module": "twobranch",
        "max_shift": 2,
        "max_noise": 0.2,
        "batch_size": 1024,
        "learning_rate": 0.006,
        "n_epochs": 6,
        "stage_epochs": 3,
    }
    smaller = {"module_params": {"n_hidden": 64}}
    return chosen | smaller if on_device else chosen


def _check_names(owner, parameters):
    """Refuse what is no parameter of the classifier, and say where it belongs."""
    unknown = [
        name for name in parameters if name not in _names_of(PrunedCNNClassifier)
    ]
    if not unknown:
        return
    message = (
        f"{owner} takes parameters of PrunedCNNClassifier; {unknown[0]!r} is none."
    )
    if unknown[0] in _names_of(BeatSegmenter):
        message += (
            " It is one of the BeatSegmenter: set it afterwards, by "
            f"pipeline.set_params(segment__{unknown[0]}=...)."
        )
    raise TypeError(message)


def _names_of(estimator):
    return inspect.signature(estimator).parameters


def _warn_of_old_name(name, arguments):
    warn(
        f"{name} goes in sklearn_ecg 0.4: write make_beat_pipeline({arguments}), with "
        "the other parameters as they are.",
        FutureWarning,
    )


def make_interpatient_pipeline(sparsity: float = 0.9, **parameters: Any) -> Pipeline:
    """Make a Pipeline for new patients: the old name of `make_beat_pipeline`.

    .. deprecated:: 0.2
        It goes in 0.4. Write ``make_beat_pipeline(sparsity=0.9, ...)``.

    Parameters
    ----------
    sparsity : float in [0, 1), default=0.9
        Fraction of the prunable weights that is zero at the end.
    **parameters
        As in `make_beat_pipeline`.

    Returns
    -------
    Pipeline
    """
    _warn_of_old_name("make_interpatient_pipeline", f"sparsity={sparsity!r}")
    return make_beat_pipeline(sparsity=sparsity, **parameters)


def make_device_pipeline(
    device_rate: float,
    sparsity: float = 0.9,
    *,
    known_patients: bool = False,
    **parameters: Any,
) -> Pipeline:
    """Make a Pipeline for a device: the old name of `make_beat_pipeline`.

    .. deprecated:: 0.2
        It goes in 0.4. Write ``make_beat_pipeline("new", device_rate=250, ...)``, or
        "known" in place of ``known_patients=True``.

    Parameters
    ----------
    device_rate : float
        Of the device's converter, in Hz, from 100 to 1000.
    sparsity : float in [0, 1), default=0.9
        Fraction of the prunable weights that is zero at the end.
    known_patients : bool, default=False
        Whether the patients to be labelled are in the training data.
    **parameters
        As in `make_beat_pipeline`.

    Returns
    -------
    Pipeline
    """
    patients: Literal["new", "known"] = "known" if known_patients else "new"
    _warn_of_old_name(
        "make_device_pipeline",
        f'"{patients}", device_rate={device_rate!r}, sparsity={sparsity!r}',
    )
    return make_beat_pipeline(
        patients, device_rate=device_rate, sparsity=sparsity, **parameters
    )

"""Which fitted models a device can run, and how: as rows, windows or a whole chain."""

from __future__ import annotations

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..classifier._classifier import PrunedCNNClassifier
from ..classifier._classifier_cv import PrunedCNNClassifierCV
from ..windows._segmenter import BeatSegmenter
from .calibrate._folding import fold

CLASSIFIERS = (PrunedCNNClassifier, PrunedCNNClassifierCV)

_MOST_WINDOW_RATE = 200
_OF_A_CHAIN = {
    "baseline": None,
    "bandpass": None,
    "normalize": "beat",
    "channels": "first",
}
"""What parameters of the segmenter a chain can repeat."""


def ways_onto_a_device(model) -> dict[str, str]:
    """Say of each way onto a device why it is closed to a model; "" if it is open.

    The ways are "rows" and "windows", by `quantize`, and "chain", by `quantize_chain`.
    """
    is_alone = isinstance(model, CLASSIFIERS)
    none = f"it takes {'rows' if is_alone else 'recordings'}"
    return {
        "rows": _obstacle(parts_of, model) if is_alone else none,
        "windows": none if is_alone else _obstacle(parts_of, model),
        "chain": none if is_alone else _obstacle(chain_parts_of, model),
    }


def _obstacle(parts, model):
    try:
        _, classifier = parts(model)
        fold(classifier.module_, classifier.layout_.n_samples)
    except (TypeError, ValueError) as error:
        return str(error)
    return ""


def parts_of(estimator):
    """Return the segmenter (None for a classifier alone) and the classifier."""
    if isinstance(estimator, CLASSIFIERS):
        return None, fitted_classifier(estimator)
    parts = _steps_of(estimator, "quantize", "a Pipeline or a PrunedCNNClassifier")
    _check_windows(parts[0])
    return parts


def chain_parts_of(pipeline):
    """Return the segmenter and the classifier of a Pipeline that a chain can repeat."""
    kind = "a Pipeline of a BeatSegmenter and a PrunedCNNClassifier"
    parts = _steps_of(pipeline, "quantize_chain", kind)
    _check_chain(parts[0])
    return parts


def fitted_classifier(classifier):
    """Check that a classifier is fitted; of a cross-validated one, return the best."""
    check_is_fitted(classifier)
    if isinstance(classifier, PrunedCNNClassifierCV):
        return classifier.best_estimator_
    return classifier


def _steps_of(pipeline, owner, kind):
    """Return the two steps of a fitted Pipeline that looks at one lead."""
    if not isinstance(pipeline, Pipeline):
        raise TypeError(f"{owner} takes {kind}, got a {type(pipeline).__name__}.")
    if hasattr(pipeline, "second_lead"):
        raise TypeError(
            f"{owner} takes a Pipeline that looks at one lead, and this one looks at a "
            "second: give Pipeline(model.steps), or load_pretrained('wearable')."
        )
    steps = [(n, s) for n, s in pipeline.steps if s is not None and s != "passthrough"]
    kinds = [BeatSegmenter, CLASSIFIERS]
    if len(steps) != 2 or not all(
        isinstance(step, kind) for (_, step), kind in zip(steps, kinds, strict=True)
    ):
        names = ", ".join(f"{name!r} ({type(step).__name__})" for name, step in steps)
        raise TypeError(
            f"{owner} takes a Pipeline of a BeatSegmenter and a PrunedCNNClassifier, "
            f"as a device repeats nothing else; this one has {names}."
        )
    (_, segmenter), (_, classifier) = steps
    check_is_fitted(segmenter)
    return segmenter, fitted_classifier(classifier)


def _check_windows(segmenter):
    obstacles = segmenter.undeployable_parameters_
    if not obstacles:
        return
    defaults = BeatSegmenter().get_params()
    message = _refusal(
        segmenter, {name: defaults[name] for name in obstacles}, "window"
    )
    if obstacles == ("relative_features",):
        message += " Or let quantize_chain export it with all that comes before it."
    raise ValueError(message)


def _check_chain(segmenter):
    parameters = segmenter.get_params()
    wanted = {k: v for k, v in _OF_A_CHAIN.items() if parameters[k] != v}
    if wanted:
        raise ValueError(_refusal(segmenter, wanted, "lead"))
    if segmenter.sampling_rate > _MOST_WINDOW_RATE:
        raise ValueError(
            f"A chain takes windows at up to {_MOST_WINDOW_RATE} Hz, and the segmenter "
            f"makes them at {segmenter.sampling_rate:g}. Fit the pipeline with "
            "BeatSegmenter(sampling_rate=125)."
        )


def _refusal(segmenter, wanted, source):
    given = ", ".join(f"{name}={getattr(segmenter, name)!r}" for name in wanted)
    changes = ", ".join(f"{name}={value!r}" for name, value in wanted.items())
    return (
        f"A device can't repeat BeatSegmenter({given}) from the raw samples of one "
        f"{source}. Fit the pipeline with {changes}."
    )

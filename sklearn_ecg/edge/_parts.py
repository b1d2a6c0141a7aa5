"""The parts of an estimator that go to a device: its segmenter and its classifier."""

from __future__ import annotations

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..classifier._classifier import PrunedCNNClassifier
from ..classifier._classifier_cv import PrunedCNNClassifierCV
from ..windows._segmenter import BeatSegmenter

CLASSIFIERS = (PrunedCNNClassifier, PrunedCNNClassifierCV)


def parts_of(estimator):
    """Return the segmenter (None for a classifier alone) and the classifier."""
    if isinstance(estimator, CLASSIFIERS):
        return None, fitted_classifier(estimator)
    if not isinstance(estimator, Pipeline):
        raise TypeError(
            "quantize takes a Pipeline or a PrunedCNNClassifier, got a "
            f"{type(estimator).__name__}."
        )
    steps = [
        (name, step)
        for name, step in estimator.steps
        if step is not None and step != "passthrough"
    ]
    kinds = [BeatSegmenter, CLASSIFIERS]
    if len(steps) != 2 or not all(
        isinstance(step, kind) for (_, step), kind in zip(steps, kinds, strict=True)
    ):
        names = ", ".join(f"{name!r} ({type(step).__name__})" for name, step in steps)
        raise TypeError(
            "quantize takes a Pipeline of a BeatSegmenter and a PrunedCNNClassifier, "
            f"as a device repeats nothing else; this one has {names}."
        )
    segmenter, classifier = (step for _, step in steps)
    check_is_fitted(segmenter)
    classifier = fitted_classifier(classifier)
    _check_deployable(segmenter)
    return segmenter, classifier


def fitted_classifier(classifier):
    """Check that a classifier is fitted; of a cross-validated one, return the best."""
    check_is_fitted(classifier)
    if isinstance(classifier, PrunedCNNClassifierCV):
        return classifier.best_estimator_
    return classifier


def _check_deployable(segmenter):
    obstacles = segmenter.undeployable_parameters_
    if not obstacles:
        return
    settings = ", ".join(f"{name}={getattr(segmenter, name)!r}" for name in obstacles)
    defaults = BeatSegmenter()
    changes = ", ".join(f"{name}={getattr(defaults, name)!r}" for name in obstacles)
    message = (
        f"A device can't repeat BeatSegmenter({settings}) from the raw samples of one "
        f"window. Fit the pipeline with {changes}."
    )
    if obstacles == ("relative_features",):
        message += " Or let quantize_chain export it with all that comes before it."
    raise ValueError(message)

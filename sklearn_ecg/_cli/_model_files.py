"""Reading and writing model files, and finding the models in the box."""

import joblib
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._files import written_whole
from ..classifier import PrunedCNNClassifier, PrunedCNNClassifierCV
from ..edge import DeviceChain
from ..models import list_pretrained, load_pretrained
from ..models import load_model as load_without_pickle
from ..models import save_model as save_without_pickle
from ..models._file import is_model_file
from ..windows._segmenter import BeatSegmenter

_PICKLES = (".joblib", ".pkl", ".pickle")
"""Endings of the files that joblib writes."""


def save_model(pipeline, path):
    """Write a Pipeline, all or nothing: with joblib if the file's name says so."""
    if path.suffix.lower() not in _PICKLES:
        save_without_pickle(pipeline, path)
        return
    with written_whole(path) as temporary:
        joblib.dump(pipeline, temporary)


def load_model(path, *, or_classifier=False):
    """Read a fitted Pipeline that starts with a BeatSegmenter."""
    if is_in_the_box(path):
        return load_pretrained(str(path))
    check_is_file(path)
    model = load_without_pickle(path) if is_model_file(path) else _unpickle(path)
    is_classifier = isinstance(model, PrunedCNNClassifier | PrunedCNNClassifierCV)
    if not (or_classifier and is_classifier):
        _check_is_ours(model, path)
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        kind = type(model).__name__
        raise ValueError(f"{path} holds a {kind} that was not fitted.") from error
    return model


def is_in_the_box(path):
    """Tell whether a path is the name of a pretrained model, and no file."""
    return not path.exists() and str(path) in list_pretrained().index


def check_is_file(path):
    """Raise an error if there is no model file."""
    if not path.is_file():
        known = ", ".join(list_pretrained().index)
        raise FileNotFoundError(
            f"There is no model file '{path}', and in the box are {known} only."
        )


def _unpickle(path):
    try:
        return joblib.load(path)
    except OSError:
        raise
    # A damaged pickle, or one whose classes are not installed, fails in any way.
    except Exception as error:
        raise ValueError(
            f"{path} is no model file that can be read here: "
            f"{type(error).__name__}: {error}"
        ) from error


def _check_is_ours(model, path):
    if isinstance(model, DeviceChain):
        raise ValueError(
            f"{path} holds the chain of a device, not a Pipeline. In Python, "
            "sklearn_ecg.load_model opens it, and sklearn_ecg.edge.export_c writes its "
            "C."
        )
    if not isinstance(model, Pipeline):
        raise ValueError(
            f"{path} holds an object of type {type(model).__name__}, not a Pipeline "
            "such as 'sklearn-ecg train' writes."
        )
    if not isinstance(model[0], BeatSegmenter):
        raise ValueError(
            f"{path} holds a Pipeline that starts with a {type(model[0]).__name__}, "
            "not with a BeatSegmenter."
        )

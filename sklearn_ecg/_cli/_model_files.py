"""Reading and writing model files."""

import joblib
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._files import written_whole
from ..classifier import PrunedCNNClassifier, PrunedCNNClassifierCV
from ..windows._segmenter import BeatSegmenter


def save_model(pipeline, path):
    """Write a Pipeline with joblib, all or nothing.

    Parameters
    ----------
    pipeline : Pipeline
        The fitted Pipeline.
    path : Path
        Where it is to be.
    """
    with written_whole(path) as temporary:
        joblib.dump(pipeline, temporary)


def load_model(path, *, or_classifier=False):
    """Read a fitted Pipeline that starts with a BeatSegmenter.

    The file is a pickle: reading it can run anything that whoever wrote it wished.

    Parameters
    ----------
    path : Path
        A file written with `joblib.dump`.
    or_classifier : bool, default=False
        Take a classifier of this package alone as well.

    Returns
    -------
    model : Pipeline, PrunedCNNClassifier or PrunedCNNClassifierCV
        Fitted.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds anything else.
    """
    check_is_file(path)
    model = _unpickle(path)
    is_classifier = isinstance(model, PrunedCNNClassifier | PrunedCNNClassifierCV)
    if not (or_classifier and is_classifier):
        _check_is_ours(model, path)
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        kind = type(model).__name__
        raise ValueError(f"{path} holds a {kind} that was not fitted.") from error
    return model


def check_is_file(path):
    """Raise an error if there is no model file.

    Parameters
    ----------
    path : Path

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no model file '{path}'.")


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

"""Reading model files, and writing files that are either whole or not there."""

import os
from contextlib import contextmanager, suppress

import joblib
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..windows._segmenter import BeatSegmenter


def check_writable(path):
    """Raise an error if no file can be written to `path`, before work is done for it.

    Parameters
    ----------
    path : Path
        Where a file is to be.

    Raises
    ------
    OSError
        If `path` is a directory, or its own directory is missing or not writable.
    """
    parent = path.parent
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a directory; give the name of a file.")
    if not parent.is_dir():
        raise FileNotFoundError(
            f"There is no directory {parent} to write {path.name} to; make it first."
        )
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(f"The directory {parent} is not writable.")


@contextmanager
def written_whole(path):
    """Give a temporary path that becomes `path` at the end, or disappears on an error.

    Parameters
    ----------
    path : Path
        Where the file is to be. A file that is there is replaced.

    Yields
    ------
    temporary : Path
        A path in the same directory, where renaming is all or nothing. It has the
        extension of `path`, which some writers choose a format by.
    """
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise


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


def load_model(path):
    """Read a fitted Pipeline that starts with a BeatSegmenter.

    The file is a pickle: reading it can run anything that whoever wrote it wished.

    Parameters
    ----------
    path : Path
        A file written with `joblib.dump`.

    Returns
    -------
    pipeline : Pipeline
        The fitted Pipeline.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds anything else.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no model file '{path}'.")
    pipeline = _unpickle(path)
    _check_is_ours(pipeline, path)
    return pipeline


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
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        raise ValueError(f"{path} holds a Pipeline that was not fitted.") from error

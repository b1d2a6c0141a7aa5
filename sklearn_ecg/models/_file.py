"""Fitted models in one file that runs no code when it is read; those in the box.

The file is one of safetensors, whose header holds the rest as JSON: the weights of the
network, the parameters and results of the estimators, and the card.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted
from torch import nn

from .._constants import CHAINS, PRETRAINED
from .._files import DOWNLOAD_FIRST, local_path, refuse_url, written_whole
from .._types import PathLike
from .._version import __version__
from ..classifier import MultiLeadPipeline, PrunedCNNClassifier, PrunedCNNClassifierCV
from ..edge import DeviceChain
from ..windows import BeatSegmenter
from ._card import ModelCard
from ._contents import (
    described_chain,
    described_classifier,
    described_segmenter,
    from_plain,
    restored_chain,
    restored_classifier,
    restored_segmenter,
    to_plain,
)

FORMAT = 2
"""Number of the format. One that is higher is of a later version of this package."""

_INTEGER_FEATURES = 2
"""The format from which on what compares a beat with its patient's is integers."""

_KEY = "sklearn_ecg"
_PICKLES = {".joblib", ".pkl", ".pickle"}
_PICKLE = b"\x80"
_COMPRESSED = {
    b"\x1f\x8b",
    b"BZ",
    b"\xfd7",
    b"]\x00",
    b"x\x01",
    b"x^",
    b"x\x9c",
    b"x\xda",
}
"""First bytes of what gzip, bz2, xz, lzma and zlib write, as joblib calls them."""
_SEGMENTER, _CLASSIFIER = "BeatSegmenter", "PrunedCNNClassifier"
_CHAIN = "DeviceChain"


def save_model(
    model: BaseEstimator, path: PathLike, *, card: ModelCard | None = None
) -> Path:
    """Write a fitted model to one file that runs no code when it is loaded.

    It holds the final network; of those of earlier stages (`at_stage`) nothing, so it
    is smaller than what joblib writes.

    Parameters
    ----------
    model : Pipeline, PrunedCNNClassifier, PrunedCNNClassifierCV or DeviceChain
        A Pipeline may consist of a `BeatSegmenter` and a classifier. Of a search, the
        classifier chosen is saved. A chain is what
        :func:`~sklearn_ecg.edge.quantize` makes.
    path : str or Path
        The file; ``.ecg`` is what we call it. It is written whole or not at all.
    card : ModelCard, default=None
        What the model was made of. None takes the card of the model that it was loaded
        with, if any.

    Returns
    -------
    Path

    Raises
    ------
    TypeError
        If the model, or a parameter of it, is of another kind: joblib writes all.
    sklearn.exceptions.NotFittedError
        If it isn't fitted.

    See Also
    --------
    load_model

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from sklearn_ecg import load_model, make_beat_pipeline, save_model
    >>> from sklearn_ecg.datasets import make_ecg
    >>> beats = make_ecg(n_records=2, random_state=0)
    >>> model = make_beat_pipeline(n_epochs=2, n_stages=1, random_state=0)
    >>> model = model.fit(beats.data, beats.target)
    >>> path = save_model(model, f"{mkdtemp()}/model.ecg")
    >>> loaded = load_model(path)
    >>> bool((loaded.predict(beats.data) == model.predict(beats.data)).all())
    True
    """
    steps, weights = _described(model)
    card = getattr(model, "card_", None) if card is None else card
    content = {
        "format": FORMAT,
        "version": __version__,
        "is_pipeline": isinstance(model, Pipeline),
        "second_lead": _second_lead(model),
        "steps": steps,
        "card": None if card is None else card.to_dict(),
    }
    content["checksum"] = _checksum(content, weights)
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    path = local_path(path)
    with written_whole(path) as temporary:
        temporary.write_bytes(save(weights, metadata={_KEY: text}))
    return path


def load_model(
    path: PathLike, *, module: Callable[..., nn.Module] | None = None
) -> Pipeline | PrunedCNNClassifier | DeviceChain:
    """Load a model that `save_model` wrote.

    Nothing that the file says is run or imported: estimators and networks are those of
    this package, found by their names.

    Parameters
    ----------
    path : str or Path
    module : callable, default=None
        The class or function that makes the network, if it is one of your own: what the
        classifier's `module` was.

    Returns
    -------
    Pipeline, PrunedCNNClassifier or DeviceChain
        Fitted; its predictions are those of the model that was saved, bit for bit. If
        there is a card, it is its attribute `card_`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no such model (a pickle is never opened; the message says how it
        becomes one), damaged, of another version of this package that this one doesn't
        read, or needs `module`.

    See Also
    --------
    save_model
    read_card : The card alone.
    """
    path = Path(path)
    content, weights = _read(path, with_weights=True)
    if content.get("checksum") != _checksum(content, weights):
        raise ValueError(_unreadable(path, "it is damaged: its checksum is wrong"))
    try:
        _refuse_other_features(content, path)
        return _restored(content, weights, module)
    except _OtherFeaturesError:
        raise
    except (ArithmeticError, AttributeError, LookupError) as error:
        raise ValueError(_unreadable(path, repr(error), content)) from error
    except (MemoryError, RuntimeError, TypeError, ValueError) as error:
        raise ValueError(_unreadable(path, str(error), content)) from error


def read_card(path: PathLike) -> ModelCard | None:
    """Read the card of a model file, and nothing else.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    ModelCard or None
        None if it has none.

    Raises
    ------
    FileNotFoundError, ValueError
        As `load_model`.
    """
    path = Path(path)
    content, _ = _read(path)
    try:
        return _card(content)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(_unreadable(path, str(error))) from error


def is_model_file(path: PathLike) -> bool:
    """Tell whether a file looks like one of `save_model`, by its first bytes."""
    try:
        with open(path, "rb") as file:
            start = file.read(9)
    except OSError:
        return False
    # The length of the header, and its first character.
    return (
        len(start) == 9 and start[8:] == b"{" and struct.unpack("<Q", start[:8])[0] > 1
    )


def _refuse_what_is_no_model(path):
    """Refuse other files by their first bytes, a pickle with the way to convert it."""
    if is_model_file(path):
        return
    with open(path, "rb") as file:
        start = file.read(2)
    if start[:1] == _PICKLE or start in _COMPRESSED or path.suffix in _PICKLES:
        raise ValueError(
            f"{path} is a pickle, such as joblib writes, or compressed like one. A "
            "pickle can run any program when it is opened, so it is not opened here. "
            "If you trust it, turn it into a model file in Python: import joblib; "
            "from sklearn_ecg import save_model; "
            f"save_model(joblib.load({str(path)!r}), {str(path.with_suffix('.ecg'))!r})"
        )
    raise ValueError(_unreadable(path, "it is a file of something else"))


def read_content(path: PathLike) -> dict[str, Any]:
    """Read all that a model file says beside the weights, as it stands there."""
    content, _ = _read(Path(path))
    return content


def _described(model):
    if isinstance(model, DeviceChain):
        content, weights = described_chain(model)
        return [{"name": "", "kind": _CHAIN} | content], weights
    steps = (
        [step for _, step in model.steps] if isinstance(model, Pipeline) else [model]
    )
    names = [name for name, _ in model.steps] if isinstance(model, Pipeline) else [""]
    classifier = steps[-1]
    is_ours = isinstance(classifier, PrunedCNNClassifier | PrunedCNNClassifierCV)
    if not is_ours or not all(isinstance(step, BeatSegmenter) for step in steps[:-1]):
        kinds = ", ".join(type(step).__name__ for step in steps)
        raise TypeError(
            "save_model takes a PrunedCNNClassifier, a Pipeline of a BeatSegmenter and "
            f"one, or a DeviceChain, not {kinds}. joblib.dump writes any model, as "
            "a pickle."
        )
    check_is_fitted(model)
    if isinstance(classifier, PrunedCNNClassifierCV):
        classifier = classifier.best_estimator_
    check_is_fitted(classifier)
    described, weights = described_classifier(classifier)
    contents = [described_segmenter(step) for step in steps[:-1]] + [described]
    kinds = [_SEGMENTER] * (len(steps) - 1) + [_CLASSIFIER]
    return [
        {"name": name, "kind": kind} | content
        for name, kind, content in zip(names, kinds, contents, strict=True)
    ], weights


class _OtherFeaturesError(ValueError):
    """A model learnt from features that are computed otherwise now."""


def _refuse_other_features(content, path):
    """Refuse a model that would label beats by features that it has never seen."""
    if content["format"] >= _INTEGER_FEATURES:
        return
    for step in content["steps"]:
        learnt = step.get("parameters", {}).get("relative_features")
        if step["kind"] == _CHAIN or learnt:
            version = content.get("version")
            raise _OtherFeaturesError(
                f"{path} was written by sklearn_ecg {version}, in format "
                f"{content['format']}. It learnt from features and windows that are "
                "computed otherwise now, as on a device, and it would mislabel beats. "
                "Train it anew, take load_pretrained(), or go on with the version that "
                "wrote it."
            )


def _restored(content, weights, module):
    if content["is_pipeline"] not in (True, False) or not content["steps"]:
        raise ValueError("it has no steps")
    if [step["kind"] for step in content["steps"]] == [_CHAIN]:
        return _with_card(restored_chain(content["steps"][0], weights), content)
    steps = []
    for step in content["steps"]:
        if step["kind"] == _SEGMENTER:
            steps.append((step["name"], restored_segmenter(step)))
        elif step["kind"] == _CLASSIFIER:
            classifier = restored_classifier(step, weights, module)
            steps.append((step["name"], classifier))
        else:
            raise ValueError(f"there is no estimator {step['kind']!r}")
    _check_steps([estimator for _, estimator in steps])
    return _with_card(_assembled(content, steps), content)


def _with_card(model, content):
    card = _card(content)
    if card is not None:
        model.card_ = card
    return model


def _second_lead(model):
    is_one = isinstance(model, MultiLeadPipeline)
    return to_plain(model.second_lead) if is_one else None


def _assembled(content, steps):
    if not content["is_pipeline"]:
        return steps[0][1]
    second_lead = from_plain(content["second_lead"])
    if second_lead is None:
        return Pipeline(steps)
    model = MultiLeadPipeline(steps, second_lead=second_lead)
    model._check()
    return model


def _check_steps(estimators):
    """Refuse steps that don't fit together."""
    *before, last = estimators
    if not isinstance(last, PrunedCNNClassifier):
        raise ValueError("it ends with no classifier")
    for segmenter in before:
        if not isinstance(segmenter, BeatSegmenter):
            raise ValueError("a classifier comes before its last step")
        if segmenter.feature_names_out_.tolist() != last.feature_names_in_.tolist():
            raise ValueError("the columns of its steps differ")


def _card(content):
    card = content["card"]
    return None if card is None else ModelCard.from_dict(card)


def _read(path, *, with_weights=False):
    """Return the JSON of a file, and its weights if they are wanted."""
    if not path.is_file():
        refuse_url(path, DOWNLOAD_FIRST)
        raise FileNotFoundError(f"There is no model file '{path}'.")
    _refuse_what_is_no_model(path)
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(_KEY)
            names = file.keys() if with_weights else []
            weights = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(_unreadable(path, str(error))) from error
    if text is None:
        raise ValueError(_unreadable(path, "it is a file of something else"))
    try:
        content = json.loads(text)
        number = content["format"]
        if not isinstance(number, int) or not isinstance(content["steps"], list):
            raise ValueError("its header is not what save_model writes")
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(_unreadable(path, str(error))) from error
    if number > FORMAT:
        raise ValueError(
            f"{path} was written by sklearn_ecg {content.get('version')}, in format "
            f"{number}; this is {__version__}, which reads up to {FORMAT}. Install a "
            "later version: pip install --upgrade sklearn-ecg"
        )
    return content, weights


def _checksum(content, weights):
    """Return a number that changes with anything in the file."""
    rest = {name: value for name, value in content.items() if name != "checksum"}
    digest = hashlib.sha256(json.dumps(rest, sort_keys=True).encode())
    for name in sorted(weights):
        values = weights[name]
        digest.update(f"{name} {values.dtype} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def _unreadable(path, reason, content=None):
    message = f"{path} can't be loaded as a model that save_model wrote: {reason}"
    written_by = __version__ if content is None else content.get("version")
    if written_by != __version__:
        message += (
            f". It was written by sklearn_ecg {written_by}, and this is {__version__}; "
            "the version that wrote it reads it"
        )
    return f"{message.rstrip('.')}."


def list_pretrained() -> pd.DataFrame:
    """List the models that come with the package.

    Returns
    -------
    DataFrame
        Indexed by ``name``, with ``title``, the ``n_nonzero`` weights that pruning left
        and the ``bytes`` of the file.

    Examples
    --------
    >>> from sklearn_ecg import list_pretrained
    >>> list_pretrained().index.tolist()
    ['ambulatory', 'wearable']
    """
    rows = {}
    for name, path in PRETRAINED.items():
        card = read_card(path)
        stages = read_content(path)["steps"][-1]["stages"]
        rows[name] = {
            "title": card.title if card else "",
            "n_nonzero": dict(stages[-1]["dict"])["n_nonzero"],
            "bytes": path.stat().st_size,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis("name")


def load_pretrained(name: str = "ambulatory") -> Pipeline:
    """Load a model that comes with the package.

    Parameters
    ----------
    name : str, default="ambulatory"
        One of those that `list_pretrained` lists.

    Returns
    -------
    Pipeline
        Fitted: what `annotate`, `BeatStream` and `predict` take. Its attribute `card_`
        says what it was trained on, how well it does, and what it is not for.

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> from sklearn_ecg import load_pretrained
    >>> model = load_pretrained("wearable")
    >>> model.classes_.tolist()
    ['F', 'N', 'O', 'Q', 'S', 'V']
    >>> print(model.card_)
    Heartbeats of patients never seen, small...
    """
    if name not in PRETRAINED:
        raise ValueError(f"name={name!r}: must be one of {', '.join(PRETRAINED)}.")
    return load_model(PRETRAINED[name])


def load_pretrained_chain(name: str = "wearable") -> DeviceChain:
    """Load the chain of a device that comes with the package.

    It is what :func:`~sklearn_ecg.edge.quantize` makes of the model of that name, at
    250 Hz and 200 counts per mV, with 24 records of the MIT-BIH Arrhythmia
    Database.

    Parameters
    ----------
    name : str, default="wearable"
        A model in the box that a device can run.

    Returns
    -------
    DeviceChain
        What `annotate`, :func:`~sklearn_ecg.edge.export_c` and
        :func:`~sklearn_ecg.edge.export_page` take.

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> from sklearn_ecg.models import load_pretrained_chain
    >>> chain = load_pretrained_chain()
    >>> chain.inputs.sampling_rate
    250.0
    """
    if name not in CHAINS:
        raise ValueError(f"name={name!r}: must be one of {', '.join(CHAINS)}.")
    return load_model(CHAINS[name])

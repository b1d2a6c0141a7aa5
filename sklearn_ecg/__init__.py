"""Heartbeat classification with multistage-pruned CNNs, for scikit-learn."""

import importlib
import pkgutil
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from ._pipelines import (
        make_beat_pipeline,
        make_device_pipeline,
        make_interpatient_pipeline,
    )
    from .archive import annotate_many
    from .classifier import (
        MultiLeadPipeline,
        PrunedCNNClassifier,
        PrunedCNNClassifierCV,
    )
    from .datasets import load_beats
    from .models import list_pretrained, load_model, load_pretrained, save_model
    from .stream import BeatStream, adapt, annotate
    from .windows import BeatSegmenter

__all__ = [
    "BeatSegmenter",
    "BeatStream",
    "MultiLeadPipeline",
    "PrunedCNNClassifier",
    "PrunedCNNClassifierCV",
    "__version__",
    "adapt",
    "annotate",
    "annotate_many",
    "list_pretrained",
    "load_beats",
    "load_model",
    "load_pretrained",
    "make_beat_pipeline",
    "make_device_pipeline",
    "make_interpatient_pipeline",
    "save_model",
]

# Importing torch takes seconds, so each name is imported when it is first used.
_MODULE_OF = {
    "BeatSegmenter": "windows",
    "BeatStream": "stream",
    "MultiLeadPipeline": "classifier",
    "PrunedCNNClassifier": "classifier",
    "PrunedCNNClassifierCV": "classifier",
    "adapt": "stream",
    "annotate": "stream",
    "annotate_many": "archive",
    "list_pretrained": "models",
    "load_beats": "datasets",
    "load_model": "models",
    "load_pretrained": "models",
    "make_beat_pipeline": "_pipelines",
    "make_device_pipeline": "_pipelines",
    "make_interpatient_pipeline": "_pipelines",
    "save_model": "models",
}


def __getattr__(name):
    if name in _MODULE_OF:
        module = importlib.import_module(f".{_MODULE_OF[name]}", __name__)
        value = getattr(module, name)
    elif name in _public_modules():
        value = importlib.import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # The next time it is found without coming here.
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_MODULE_OF, *_public_modules()})


def _public_modules():
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return [name for name in names if not name.startswith("_")]

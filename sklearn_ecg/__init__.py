"""Heartbeat classification with multistage-pruned CNNs, for scikit-learn."""

from ._classifier import PrunedCNNClassifier
from ._classifier_cv import PrunedCNNClassifierCV
from ._segmenter import BeatSegmenter
from .datasets import load_beats

__all__ = [
    "BeatSegmenter",
    "PrunedCNNClassifier",
    "PrunedCNNClassifierCV",
    "__version__",
    "load_beats",
]

__version__ = "0.1.0"

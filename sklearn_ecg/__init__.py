"""Heartbeat classification with multistage-pruned CNNs, for scikit-learn."""

from ._classifier import PrunedCNNClassifier
from ._classifier_cv import PrunedCNNClassifierCV
from ._pipelines import make_interpatient_pipeline
from ._segmenter import BeatSegmenter
from .datasets import load_beats

__all__ = [
    "BeatSegmenter",
    "PrunedCNNClassifier",
    "PrunedCNNClassifierCV",
    "__version__",
    "load_beats",
    "make_interpatient_pipeline",
]

__version__ = "0.1.0"
